/**
 * The components of a tile in groups: those that are transformed together go side by side, row by row, so that three rows meet while they
 * are in the cache; the others go one after another.
 */
import type { PrecinctSnapshot } from '../packets/precinct-source.ts';
import type { GroupMemory } from '../transform/rows.ts';
import { ComponentRows, memoryOf } from './component-rows.ts';
import type { DecodeContext } from './decode-context.ts';
import type { RowGroup } from './row-schedule.ts';
import {
  type ComponentTarget,
  ComponentWriter,
  type RowWriter,
  sideBySide,
  SideBySideWriter,
  TransformWriter,
  type Triple,
} from './store.ts';
import { checkDepth, type TileJob } from './tile-plan.ts';

/** The components of one group, by number. */
export type ComponentList = readonly number[];

/** Which components of a tile go together, in the order in which they are decoded. */
export function componentGroups(job: TileJob, targets: readonly { readonly component: number }[]): ComponentList[] {
  const transformed = job.mct && job.windows.has(0);
  const groups: ComponentList[] = transformed ? [[0, 1, 2]] : [];
  for (const { component } of targets) {
    if (job.windows.has(component) && !(transformed && component < 3)) groups.push([component]);
  }
  return groups;
}

/** Components of a tile that go side by side, with the memory of their rows. */
export interface OpenComponents {
  readonly components: ComponentList;
  readonly rows: readonly ComponentRows[];
  readonly memory: GroupMemory;
}

/** Gets the components of a group ready. */
export function openComponents(
  components: ComponentList,
  job: TileJob,
  snapshot: PrecinctSnapshot,
  context: DecodeContext,
): OpenComponents {
  const { reversible } = job.geometry.components[components[0]].parameters.style;
  const length = components.reduce((sum, c) => sum + memoryOf(job.windows.get(c)!, reversible), 0);
  const memory = context.takeRows(length, reversible);
  const rows = components.map((c) => {
    const component = job.geometry.components[c];
    checkDepth(component, job.geometry.header.cod.mct && c < 3, snapshot);
    const packets = job.missing ? undefined : snapshot;
    return new ComponentRows(job.geometry.tile, component, job.windows.get(c)!, packets, memory, context);
  });
  return { components, rows, memory };
}

/** A group whose rows go to targets. */
export function groupOf(
  open: OpenComponents,
  targets: readonly ComponentTarget[],
  { main }: PrecinctSnapshot,
): RowGroup {
  return { rows: open.rows, memory: open.memory, writer: writerOf(open, targets, main.siz.components) };
}

function writerOf(
  { components, rows, memory }: OpenComponents,
  targets: readonly ComponentTarget[],
  siz: PrecinctSnapshot['main']['siz']['components'],
): RowWriter {
  const own = components.map((c) => targets.find((target) => target.component === c));
  if (rows.length === 1) return new ComponentWriter(rows[0], memory, own[0]!, siz[components[0]]);
  const triple = rows as unknown as Triple<ComponentRows>;
  if (sideBySide(own, siz)) return new SideBySideWriter(triple, memory, own[0], siz[0].precision);
  const writers = own.map((target, k) => target && new ComponentWriter(rows[k], memory, target, siz[components[k]]));
  return new TransformWriter(triple, memory, writers);
}

/**
 * The components of a tile in groups: those that are transformed together go side by side, row by row, so that three rows meet while they
 * are in the cache; the others go one after another.
 */
import type { PrecinctSnapshot } from '../packets/precinct-source.ts';
import { ComponentStrips } from './component-strips.ts';
import type { DecodeContext } from './decode-context.ts';
import { type PooledSpans, RowGroup } from './row-schedule.ts';
import { type ComponentTarget, type StoreTarget, storeTarget } from './store.ts';
import { HERE } from './subband-strips.ts';
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

/** Gets the components of a group ready. */
export function openGroup(
  components: ComponentList,
  job: TileJob,
  snapshot: PrecinctSnapshot,
  context: DecodeContext,
  spans: PooledSpans | undefined,
): RowGroup {
  const decoderOf = () => spans?.decoderOf() ?? HERE;
  const strips = components.map((c) => {
    const component = job.geometry.components[c];
    checkDepth(component, job.geometry.header.cod.mct && c < 3, snapshot);
    const packets = job.missing ? undefined : snapshot;
    return new ComponentStrips(job.geometry.tile, component, job.windows.get(c)!, packets, context, decoderOf);
  });
  return new RowGroup(strips);
}

/** Targets by component, of which there may be thousands. */
export function byComponent<T extends { readonly component: number }>(targets: readonly T[]): ReadonlyMap<number, T> {
  return new Map(targets.map((target) => [target.component, target]));
}

/** Where the components of a group go. */
export function targetsOf(
  group: RowGroup,
  targets: ReadonlyMap<number, ComponentTarget>,
  { main }: PrecinctSnapshot,
): (StoreTarget | undefined)[] {
  return group.components.map(({ component, window }) => {
    const target = targets.get(component);
    return target && storeTarget(target, window, main.siz);
  });
}

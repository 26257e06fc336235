/**
 * A decode in strips: some rows at a time, from the top, over the whole width, so that memory does not grow with the height of the picture.
 *
 * All tiles beside each other are open at once, each with a row or two of code-blocks, and give their rows in turns. Precincts are loaded
 * strip by strip too, so that an untiled picture costs no more than a tiled one, provided that its precincts are not as large as itself.
 *
 * Where something is to be done with samples that needs those around them (subsampled components that are brought to full size), rows of
 * components are kept until the strip that they belong to is complete, which may be one strip later.
 */
import type { DiagnosticLog } from '../errors.ts';
import { clip, type Interval, lengthOf } from '../geometry/axis.ts';
import { regionOfSamples, tilesOfRegion } from '../geometry/region.ts';
import { tileBounds } from '../geometry/tile-component.ts';
import type { Limits } from '../limits.ts';
import type { ComponentSelection, PrecinctSnapshot } from '../packets/precinct-source.ts';
import type { Bounds, Rect } from '../rect.ts';
import type { ComponentStrips } from './component-strips.ts';
import type { DecodeContext } from './decode-context.ts';
import {
  checkPixels,
  type ComponentArea,
  contextOf,
  convertedImage,
  countsOf,
  type Decoded,
  type DecodePlan,
  type DecodeTools,
  directImage,
  directTargets,
  ownTarget,
  type Picture,
  planDecode,
  reducedBounds,
  spansOf,
} from './decode-plan.ts';
import type { DecodeWork } from './decode-work.ts';
import type { DecodeOptions } from './options.ts';
import { makeRows, type PooledSpans, type RowGroup, type Span } from './row-schedule.ts';
import type { ComponentTarget } from './store.ts';
import { byComponent, componentGroups, openGroup, targetsOf } from './tile-groups.ts';
import { planTile, type TileJob } from './tile-plan.ts';

/** A strip, and where it lies in the decoded window. */
export interface DecodedStrip extends Decoded {
  readonly rect: Rect;
}

/** Takes strips; what it returns is waited for before the next one is made. */
export type StripSink = (strip: DecodedStrip) => Promise<void> | undefined;

/** Samples of a strip where the caller does not say how many rows it has; workers need more to share out. */
const STRIP_SAMPLES = 1 << 20;
const STRIP_SAMPLES_OF_POOL = 1 << 22;
/** Strips end where rows of code-blocks usually do. */
const STRIP_ROWS = 64;

/** Components of a tile that go together, open from the first strip of the tile to the last. */
interface OpenGroup {
  readonly rows: RowGroup;
  readonly job: TileJob;
  /** Rows that are made already, of each component. */
  done: number;
}

/** Decodes a window in strips of `rowsAtOnce` rows; the last one may have fewer, and so may those at the end of a row of tiles. */
export function* decodeStrips(
  picture: Picture,
  options: DecodeOptions,
  rowsAtOnce: number | undefined,
  tools: DecodeTools,
  limits: Limits,
  log: DiagnosticLog,
  sink: StripSink,
): DecodeWork<void> {
  const plan = yield* planDecode(picture, options, tools);
  const spans = spansOf(options, tools, plan);
  const context = contextOf(picture, options, tools, spans, limits, log);
  const strips = new Strips(picture, plan, options, tools, limits, context, spans, sink);
  const { region, reduce } = plan;
  const { siz } = picture.source.main;
  const all = tilesOfRegion(picture.source.main, regionOfSamples(siz, plan.windows, reduce));
  const bounds = reducedBounds(region, reduce);
  const width = bounds.x1 - bounds.x0;
  const samples = spans ? STRIP_SAMPLES_OF_POOL : STRIP_SAMPLES;
  const usual = Math.max(STRIP_ROWS, Math.floor(samples / Math.max(1, width) / STRIP_ROWS) * STRIP_ROWS);
  const atOnce = rowsAtOnce ?? usual;
  let tilesDone = 0;
  for (const tiles of rowsOf(all, (tile) => tileBounds(siz, tile).y0)) {
    const groups = yield* openTiles(tiles, plan, options, context, spans);
    const { y1 } = tileBounds(siz, tiles[0]);
    const end = Math.min(bounds.y1, Math.ceil(y1 / 2 ** reduce));
    while (strips.made < end) {
      yield* strips.make(groups, Math.min(end, strips.made + atOnce));
      if (strips.made === end) tilesDone += tiles.length;
      const fraction = (strips.made - bounds.y0) / (bounds.y1 - bounds.y0);
      options.onProgress?.({ tilesDone, tiles: all.length, codeBlocks: context.codeBlocks, fraction });
    }
  }
}

/** Tiles that stand beside each other. */
function rowsOf(tiles: readonly number[], top: (tile: number) => number): number[][] {
  const rows = new Map<number, number[]>();
  for (const tile of tiles) {
    const y = top(tile);
    const row = rows.get(y);
    if (row) row.push(tile);
    else rows.set(y, [tile]);
  }
  return [...rows.values()];
}

function* openTiles(
  tiles: readonly number[],
  { reduce, windows }: DecodePlan,
  { inverseMct = true }: DecodeOptions,
  context: DecodeContext,
  spans: PooledSpans | undefined,
): DecodeWork<OpenGroup[]> {
  const start = context.now();
  const headers = (yield tiles.map((tile) => ({ tile, components: [], layers: 0 })))!;
  context.stages.read += context.now() - start;
  context.take(headers.diagnostics);
  const groups: OpenGroup[] = [];
  for (const tile of tiles) {
    const job = planTile(headers, tile, { reduce, inverseMct, targets: windows }, context);
    for (const components of componentGroups(job, windows)) {
      groups.push({ job, rows: openGroup(components, job, headers, context, spans), done: 0 });
    }
  }
  return groups;
}

/** Makes strips one after another. */
class Strips {
  /** Rows are made up to here, and given up to there, on the reduced reference grid. */
  made: number;
  private given: number;
  private readonly picture: Picture;
  private readonly plan: DecodePlan;
  private readonly options: DecodeOptions;
  private readonly tools: DecodeTools;
  private readonly limits: Limits;
  private readonly context: DecodeContext;
  private readonly pooled: PooledSpans | undefined;
  private readonly sink: StripSink;
  private readonly bounds: Bounds;
  /** Rows of components that no strip has had yet. */
  private kept: readonly ComponentTarget[] = [];

  constructor(
    picture: Picture,
    plan: DecodePlan,
    options: DecodeOptions,
    tools: DecodeTools,
    limits: Limits,
    context: DecodeContext,
    pooled: PooledSpans | undefined,
    sink: StripSink,
  ) {
    this.picture = picture;
    this.plan = plan;
    this.options = options;
    this.tools = tools;
    this.limits = limits;
    this.context = context;
    this.pooled = pooled;
    this.sink = sink;
    this.bounds = reducedBounds(plan.region, plan.reduce);
    this.made = this.bounds.y0;
    this.given = this.bounds.y0;
  }

  /** Makes the rows up to `end`, and gives what is complete then. */
  *make(groups: readonly OpenGroup[], end: number): DecodeWork<void> {
    const areas = this.plan.windows.map((window): ComponentArea => ({ ...window, y: this.newRows(window, end) }));
    checkPixels(areas, this.limits);
    const { natural, isDirect, isInterleaved } = this.plan;
    const { siz } = this.picture.source.main;
    const total = areas.reduce((sum, area) => sum + lengthOf(area.x) * lengthOf(area.y), 0);
    const data = isDirect ? new natural(total) : undefined;
    const targets = data
      ? directTargets(areas, data, isInterleaved)
      : areas.map((area, k) => withRowsOf(this.kept[k], ownTarget({ ...area, y: this.heldRows(k, area.y) }, siz)));
    yield* this.load(groups, targets);
    this.made = end;
    if (data) yield* this.give(end, () => this.direct(targets, data));
    else yield* this.giveConverted(targets);
  }

  /** The rows of a component that are made up to `end`; those that the very first and last strip need beyond come with them. */
  private newRows(window: ComponentArea, end: number): Interval {
    const { yrsiz } = this.picture.source.main.siz.components[window.component];
    const isFirst = this.made === this.bounds.y0;
    return {
      lo: isFirst ? window.y.lo : Math.ceil(this.made / yrsiz),
      hi: end === this.bounds.y1 ? window.y.hi : Math.ceil(end / yrsiz),
    };
  }

  private heldRows(k: number, added: Interval): Interval {
    return { lo: this.kept[k]?.y.lo ?? added.lo, hi: added.hi };
  }

  /** Brings in the precincts of some rows, and makes the rows. */
  private *load(groups: readonly OpenGroup[], targets: readonly ComponentTarget[]): DecodeWork<void> {
    const { context } = this;
    const places = byComponent(targets);
    const spans: Span[] = [];
    const wanted = new Map<TileJob, { groups: OpenGroup[]; to: number[] }>();
    for (const group of groups) {
      const { components } = group.rows;
      const shown = components.find(({ component }) => places.has(component))!.component;
      const { window, height } = components[0];
      const kept = window.y.kept[window.target];
      const to = Math.max(group.done, Math.min(height, places.get(shown)!.y.hi - kept.lo));
      if (to === group.done) continue;
      const entry = wanted.get(group.job) ?? { groups: [], to: [] };
      entry.groups.push(group);
      entry.to.push(to);
      wanted.set(group.job, entry);
    }
    const selections = [...wanted].map(([job, entry]) => ({
      ...job.selection,
      components: job.missing
        ? []
        : entry.groups.flatMap((g, k) => g.rows.components.map((c) => selectionOf(c, entry.to[k]))),
    }));
    const start = context.now();
    const snapshot: PrecinctSnapshot = (yield selections)!;
    context.stages.read += context.now() - start;
    context.take(snapshot.diagnostics);
    for (const entry of wanted.values()) {
      for (const [k, group] of entry.groups.entries()) {
        const to = entry.to[k];
        const { components } = group.rows;
        for (const component of components) yield* feed(component, snapshot, to);
        const isLast = to === components[0].height;
        const own = targetsOf(group.rows, places, snapshot);
        spans.push({ group: group.rows, from: group.done, to, targets: own, isLast });
        group.done = to;
      }
    }
    yield* makeRows(spans, context, this.pooled);
    if (this.pooled) yield* this.pooled.finish(context);
  }

  private direct(targets: readonly ComponentTarget[], data: ComponentTarget['out']): Decoded['image'] {
    const status = this.context.partial ? 'partial' : 'complete';
    return directImage(this.picture, this.plan, targets, data, this.tools, status);
  }

  /** Gives the rows that have all they depend on, and keeps what the next ones need. */
  private *giveConverted(targets: readonly ComponentTarget[]): DecodeWork<void> {
    const isLast = this.made === this.bounds.y1;
    let end = this.made;
    while (!isLast && end > this.given && !this.isComplete(targets, end)) end--;
    this.kept = targets;
    if (end === this.given) return;
    const bounds = { ...this.bounds, y0: this.given, y1: end };
    const parts = targets.map((target) => part(target, this.needOf(target, this.given, end)));
    const image = yield* convertedImage(this.picture, this.plan, parts, bounds, this.options, this.tools, this.context);
    this.kept = targets.map((target) => {
      if (isLast) return part(target, { lo: target.y.hi, hi: target.y.hi });
      const { lo } = this.needOf(target, end, end + 1);
      return part(target, { lo: Math.min(lo, target.y.hi), hi: target.y.hi });
    });
    yield* this.give(end, () => image);
  }

  private isComplete(targets: readonly ComponentTarget[], end: number): boolean {
    return targets.every((target) => this.needOf(target, this.given, end).hi <= target.y.hi);
  }

  /** The rows of a component that rows `y0 .. y1` of the strip depend on. */
  private needOf({ component }: ComponentArea, y0: number, y1: number): Interval {
    const { xrsiz, yrsiz } = this.picture.source.main.siz.components[component];
    const window = this.plan.windows.find((w) => w.component === component)!;
    const own = {
      lo: y0 === this.bounds.y0 ? window.y.lo : Math.ceil(y0 / yrsiz),
      hi: y1 === this.bounds.y1 ? window.y.hi : Math.ceil(y1 / yrsiz),
    };
    const { stage } = this.plan;
    if (stage === undefined || (xrsiz === 1 && yrsiz === 1)) return own;
    const wide = stage.widen({ ...this.bounds, y0, y1 }, xrsiz, yrsiz, this.options);
    return clip({ lo: Math.min(own.lo, wide.y0), hi: Math.max(own.hi, wide.y1) }, window.y);
  }

  private *give(end: number, imageOf: () => Decoded['image']): DecodeWork<void> {
    const image = imageOf();
    const y = this.given - this.bounds.y0;
    this.given = end;
    const rect = { x: 0, y, width: image.width, height: image.height };
    const accepted = this.sink({ image, rect, ...countsOf(this.context) });
    if (accepted) yield accepted;
  }
}

/** Some of the rows of a component in an array of its own. */
function part(target: ComponentTarget, y: Interval): ComponentTarget {
  const from = (y.lo - target.y.lo) * target.strideY;
  return { ...target, y, out: target.out.subarray(from, from + lengthOf(y) * target.strideY) };
}

/** Puts the rows of one array at the start of a larger one. */
function withRowsOf(old: ComponentTarget | undefined, target: ComponentTarget): ComponentTarget {
  if (old) target.out.set(old.out);
  return target;
}

/** The precincts that the first `count` rows of a component need and that have not been asked for yet. */
function selectionOf(strips: ComponentStrips, count: number): ComponentSelection {
  const last = lastPrecinctRows(strips, count);
  const resolutions = strips.levels.map(({ precincts }, r) => {
    if (precincts === undefined) return undefined;
    const { x0, x1, y1 } = precincts.rect;
    const y0 = precincts.nextRow;
    const end = Math.min(last[r] + 1, y1);
    return y0 < end ? { x0, x1, y0, y1: end } : undefined;
  });
  return { component: strips.component, resolutions };
}

/** Takes what {@link selectionOf} asked for: opens it, since the next snapshot will not have it any more. */
function* feed(strips: ComponentStrips, snapshot: PrecinctSnapshot, count: number): DecodeWork<void> {
  const last = lastPrecinctRows(strips, count);
  for (const [r, { precincts }] of strips.levels.entries()) {
    if (precincts === undefined) continue;
    precincts.snapshot = snapshot;
    const end = Math.min(last[r] + 1, precincts.rect.y1);
    if (precincts.nextRow < end) yield* precincts.row(end - 1);
  }
}

/** By level: the row of precincts that the first `count` rows reach to; all of them for the last row. */
function lastPrecinctRows(strips: ComponentStrips, count: number): number[] {
  const isAll = count >= strips.height;
  const last = strips.levels.map(({ precincts }) => (isAll && precincts ? precincts.rect.y1 - 1 : -1));
  for (const { r, band, rows: wanted } of strips.need(count)) {
    const { y } = band.plan;
    last[r] = Math.max(last[r], band.precinctRowAt(Math.min(y.lo + wanted, y.hi) - 1));
  }
  return last;
}

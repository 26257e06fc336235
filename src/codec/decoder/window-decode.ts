/**
 * A window of a picture from packets to component samples, tile by tile.
 *
 * Written once for both worlds: a generator that yields either a plan to load or nothing, meaning "this is a good moment to
 * pause". {@link runNow} drives it without waiting, {@link runFrom} with loading, pauses, aborts and a time limit.
 */
import type { Cod } from '../codestream/cod.ts';
import { joinTileHeaders } from '../codestream/coding-parameters.ts';
import { unsupported, usage } from '../errors.ts';
import { Deadline, type Executor, PAUSE_INTERVAL_MS } from '../executor.ts';
import { clip, lengthOf } from '../geometry/axis.ts';
import { reducedInterval, tilesOfRegion } from '../geometry/region.ts';
import { type TileComponent, type TileGeometry, tileGeometry } from '../geometry/tile.ts';
import type { TileComponentGeometry } from '../geometry/tile-component.ts';
import { type ComponentWindow, planWindow, precinctsOfWindow } from '../geometry/window.ts';
import type { Limits } from '../limits.ts';
import type { PrecinctPlan, PrecinctSnapshot, PrecinctSource, TileSelection } from '../packets/precinct-source.ts';
import type { Bounds } from '../rect.ts';
import { type AbortSignalLike, throwIfAborted } from '../source.ts';
import {
  type ComponentTarget,
  sideBySide,
  storePlane,
  storeSideBySide,
  transformPlanes,
  type Triple,
  withOneStride,
} from './store.ts';
import { type ComponentPlane, type DecodeContext, decodeTileComponent, zeroPlane } from './tile-decoder.ts';

/** What to decode. */
export interface WindowRequest {
  /** On the reference grid. */
  readonly region: Bounds;
  readonly reduce: number;
  readonly inverseMct: boolean;
  readonly targets: readonly ComponentTarget[];
  /** Called when a tile is done. */
  readonly onTile?: ((done: number, of: number) => void) | undefined;
}

/** A plan to load, or a moment to pause. */
export type DecodeStep = PrecinctPlan | undefined;

/** A decode in steps; a plan is answered with a snapshot. */
export type DecodeWork<T> = Generator<DecodeStep, T, PrecinctSnapshot | undefined>;

/** Tiles whose bytes are asked for at once. */
const TILES_AT_ONCE = 16;
const TILE_COMPONENTS_AT_ONCE = 4096;

/** Decodes a window into its targets. */
export function* decodeWindow(
  source: PrecinctSource,
  request: WindowRequest,
  context: DecodeContext,
): DecodeWork<void> {
  const tiles = tilesOfRegion(source.main, request.region);
  const { length } = source.main.siz.components;
  const atOnce = Math.max(1, Math.min(TILES_AT_ONCE, Math.floor(TILE_COMPONENTS_AT_ONCE / length)));
  for (let k = 0; k < tiles.length; k += atOnce) {
    const group = tiles.slice(k, k + atOnce);
    const headers = (yield group.map((tile) => ({ tile, components: [], layers: 0 })))!;
    context.take(headers.diagnostics);
    const jobs = group.map((tile) => planTile(headers, tile, request, context));
    const snapshot = (yield jobs.map((job) => job.selection))!;
    context.take(snapshot.diagnostics);
    for (const job of jobs) {
      yield* decodeTile(job, snapshot, request, context);
      request.onTile?.(k + jobs.indexOf(job) + 1, tiles.length);
    }
  }
}

interface TileJob {
  readonly geometry: TileGeometry;
  /** True when the codestream does not have the tile: its coefficients are zeros, which the level shift makes mid-grey. */
  readonly missing: boolean;
  readonly windows: ReadonlyMap<number, ComponentWindow>;
  readonly mct: boolean;
  readonly selection: TileSelection;
}

/** A window of a tile-component's geometry, and the precincts that it touches by resolution level. */
interface SharedWindow {
  readonly window: ComponentWindow | undefined;
  readonly rects: readonly (Bounds | undefined)[];
}

function planTile(snapshot: PrecinctSnapshot, tile: number, request: WindowRequest, context: DecodeContext): TileJob {
  const found = snapshot.tile(tile);
  const missing = found === undefined;
  const header = found ?? joinTileHeaders(snapshot.main, tile, []);
  const geometry = tileGeometry(snapshot.main, header);
  const mct = usesMct(geometry, header.cod, request, context);
  const wanted = new Set(request.targets.map((target) => target.component));
  if (mct && (wanted.has(0) || wanted.has(1) || wanted.has(2))) for (const c of [0, 1, 2]) wanted.add(c);
  const windows = new Map<number, ComponentWindow>();
  const components = [];
  // components that share their geometry share its window, which matters where there are thousands
  const shared = new Map<TileComponentGeometry, Map<boolean, SharedWindow>>();
  for (const c of wanted) {
    const component = geometry.components[c];
    const { reversible } = component.parameters.style;
    const known = shared.get(component.geometry) ?? new Map<boolean, SharedWindow>();
    shared.set(component.geometry, known);
    let plan = known.get(reversible);
    if (plan === undefined) {
      const window = planComponent(component, request);
      const resolutions = window ? component.geometry.resolutions.slice(0, window.target + 1) : [];
      plan = { window, rects: resolutions.map((resolution) => precinctsOfWindow(window!, resolution)) };
      known.set(reversible, plan);
    }
    if (plan.window === undefined) continue;
    windows.set(c, plan.window);
    components.push({ component: c, resolutions: plan.rects });
  }
  // a tile without a sample at this reduction is missed by nobody
  if (missing && windows.size > 0) context.notePackets(0, 0, false);
  const layers = Math.min(context.layers, header.cod.numLayers);
  context.mostLayers = Math.max(context.mostLayers, layers);
  return { geometry, missing, windows, mct, selection: { tile, components: missing ? [] : components, layers } };
}

/** Components 0 to 2 can only be transformed together when they are alike (G.1). */
function usesMct(tile: TileGeometry, cod: Cod, request: WindowRequest, context: DecodeContext): boolean {
  if (!cod.mct || !request.inverseMct) return false;
  const [a, b, c] = tile.components;
  const alike = (p: TileComponent | undefined): boolean =>
    a !== undefined &&
    p !== undefined &&
    p.xrsiz === a.xrsiz &&
    p.yrsiz === a.yrsiz &&
    p.parameters.style.reversible === a.parameters.style.reversible;
  if (alike(b) && alike(c)) return true;
  context.log.add('cod-value', `tile ${tile.tile}: a component transform over components that differ is left out`, {
    clause: '15444-1 G.1',
  });
  return false;
}

function planComponent(component: TileComponent, request: WindowRequest): ComponentWindow | undefined {
  const { geometry, parameters, xrsiz, yrsiz } = component;
  const target = geometry.numDecompositionLevels - request.reduce;
  if (target < 0) {
    const message = `component ${component.component} has ${geometry.numDecompositionLevels} decomposition levels in a tile, reduce is ${request.reduce}`;
    throw usage('option-value', message);
  }
  const { x, y } = geometry.resolutions[target];
  const { region, reduce } = request;
  const wx = clip(reducedInterval(region.x0, region.x1, xrsiz, reduce), x);
  const wy = clip(reducedInterval(region.y0, region.y1, yrsiz, reduce), y);
  if (lengthOf(wx) === 0 || lengthOf(wy) === 0) return undefined;
  return planWindow(geometry, target, wx, wy, parameters.style.reversible);
}

function* decodeTile(
  job: TileJob,
  snapshot: PrecinctSnapshot,
  request: WindowRequest,
  context: DecodeContext,
): DecodeWork<void> {
  const { windows, mct } = job;
  const { components } = snapshot.main.siz;
  const transformed: ComponentPlane[] = [];
  if (mct && windows.has(0)) {
    for (const c of [0, 1, 2]) transformed.push(yield* plane(job, c, snapshot, context));
    const triple = withOneStride(transformed as unknown as Triple<ComponentPlane>);
    const targets = [0, 1, 2].map((c) => request.targets.find((target) => target.component === c));
    if (sideBySide(targets, components)) {
      yield* storeSideBySide(triple, windows.get(0)!, targets[0], components[0].precision);
    } else {
      yield* transformPlanes(triple);
      for (const target of targets) {
        if (!target) continue;
        const { component } = target;
        yield* storePlane(triple[component], windows.get(component)!, target, components[component]);
      }
    }
  }
  for (const target of request.targets) {
    const { component } = target;
    const window = windows.get(component);
    if (window === undefined || component < transformed.length) continue;
    yield* storePlane(yield* plane(job, component, snapshot, context), window, target, components[component]);
  }
}

function* plane(
  { geometry, missing, windows }: TileJob,
  c: number,
  snapshot: PrecinctSnapshot,
  context: DecodeContext,
): DecodeWork<ComponentPlane> {
  const component = geometry.components[c];
  checkDepth(component, geometry.header.cod.mct && c < 3, snapshot);
  if (missing) {
    const { target, x, y } = windows.get(c)!;
    return zeroPlane(lengthOf(x.kept[target]), lengthOf(y.kept[target]), component.parameters.style.reversible);
  }
  const work = decodeTileComponent(geometry.tile, component, windows.get(c)!, snapshot, context);
  let step = work.next();
  while (!step.done) {
    yield undefined;
    step = work.next();
  }
  return step.value;
}

/**
 * Where 32-bit arithmetic ends. A reversible HH coefficient of B-bit samples reaches 4 · 2^(B-1) (two 5/3 high-pass steps double
 * it twice), RCT adds a bit, and coefficients are held doubled: B + 3 (+ 1) bits and a sign must fit 32, so B <= 28, 27 with RCT.
 * The irreversible path works in 32-bit floats and is offered up to the same 28 bits.
 */
function checkDepth(component: TileComponent, mct: boolean, snapshot: PrecinctSnapshot): void {
  const { precision } = snapshot.main.siz.components[component.component];
  const most = mct && component.parameters.style.reversible ? 27 : 28;
  if (precision > most) {
    throw unsupported('sample-depth', `component ${component.component} has ${precision} bits, ${most} are carried`, {
      clause: '15444-1 A.5.1',
    });
  }
}

/** Runs a decode over a source in memory. */
export function runNow<T>(work: DecodeWork<T>, source: PrecinctSource, executor: Executor, limits: Limits): T {
  const deadline = new Deadline(executor, limits.time);
  let step = work.next();
  while (!step.done) {
    deadline.check();
    if (step.value && !source.loadSync) throw usage('sync-source', 'only bytes in memory can be read synchronously');
    step = step.value ? work.next(source.loadSync!(step.value, { deadline })) : work.next();
  }
  return step.value;
}

/** Runs a decode over any source, giving the event loop a turn every few milliseconds. */
export async function runFrom<T>(
  work: DecodeWork<T>,
  source: PrecinctSource,
  executor: Executor,
  limits: Limits,
  signal?: AbortSignalLike,
): Promise<T> {
  throwIfAborted(signal);
  const deadline = new Deadline(executor, limits.time);
  let last = executor.now();
  let step = work.next();
  while (!step.done) {
    deadline.check();
    if (step.value) {
      const snapshot = await source.load(step.value, { executor, deadline, ...(signal ? { signal } : {}) });
      throwIfAborted(signal);
      step = work.next(snapshot);
      continue;
    }
    if (executor.pause && executor.now() - last >= PAUSE_INTERVAL_MS) {
      await executor.pause();
      throwIfAborted(signal);
      last = executor.now();
    }
    step = work.next();
  }
  return step.value;
}

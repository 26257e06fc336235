/**
 * What a window needs of one tile: component windows, the precincts to load, and whether there is a component transform to undo.
 */
import type { Cod } from '../codestream/cod.ts';
import { joinTileHeaders } from '../codestream/coding-parameters.ts';
import { unsupported, usage } from '../errors.ts';
import { clip, lengthOf } from '../geometry/axis.ts';
import type { ComponentSamples } from '../geometry/region.ts';
import { type TileComponent, type TileGeometry, tileGeometry } from '../geometry/tile.ts';
import type { TileComponentGeometry } from '../geometry/tile-component.ts';
import { planWindow, precinctsOfWindow, type TileWindow } from '../geometry/window.ts';
import type { PrecinctSnapshot, TileSelection } from '../packets/precinct-source.ts';
import type { DecodeContext } from './decode-context.ts';
import type { SamplesRequest } from './decode-work.ts';

/** One tile of a decode. */
export interface TileJob {
  readonly geometry: TileGeometry;
  /** True when the codestream does not have the tile: its coefficients are zeros, which the level shift makes mid-grey. */
  readonly missing: boolean;
  readonly windows: ReadonlyMap<number, TileWindow>;
  readonly mct: boolean;
  readonly selection: TileSelection;
}

/** Works out what a window needs of a tile, by its header. */
export function planTile(
  snapshot: PrecinctSnapshot,
  tile: number,
  request: SamplesRequest,
  context: DecodeContext,
): TileJob {
  const found = snapshot.tile(tile);
  const missing = found === undefined;
  const header = found ?? joinTileHeaders(snapshot.main, tile, []);
  const geometry = tileGeometry(snapshot.main, header);
  const mct = usesMct(geometry, header.cod, request, context);
  const wanted = new Set(request.targets.map((target) => target.component));
  if (mct && (wanted.has(0) || wanted.has(1) || wanted.has(2))) for (const c of [0, 1, 2]) wanted.add(c);
  const windows = new Map<number, TileWindow>();
  const components = [];
  // components that share their geometry share its window, which matters where there are thousands
  const shared = new Map<TileComponentGeometry, (TileWindow | false | undefined)[]>();
  for (const c of wanted) {
    const component = geometry.components[c];
    const kind = component.parameters.style.reversible ? 1 : 0;
    let known = shared.get(component.geometry);
    if (known === undefined) shared.set(component.geometry, (known = []));
    // of components that are transformed together, one that nobody asked for has the window of another
    const plan = (known[kind] ??= planComponent(
      component,
      request.targets.find((t) => t.component === c) ?? request.targets.find((t) => t.component < 3)!,
      request.reduce,
    ));
    if (plan === false) continue;
    windows.set(c, plan);
    components.push({ component: c, resolutions: plan.resolutions });
  }
  // a tile without a sample at this reduction is missed by nobody
  if (missing && windows.size > 0) context.notePackets(0, 0, false);
  const layers = Math.min(context.layers, header.cod.numLayers);
  context.mostLayers = Math.max(context.mostLayers, layers);
  return { geometry, missing, windows, mct, selection: { tile, components: missing ? [] : components, layers } };
}

/** Components 0 to 2 can only be transformed together when they are alike (G.1). */
function usesMct(tile: TileGeometry, cod: Cod, request: SamplesRequest, context: DecodeContext): boolean {
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

function planComponent(component: TileComponent, wanted: ComponentSamples, reduce: number): TileWindow | false {
  const { geometry, parameters } = component;
  const target = geometry.numDecompositionLevels - reduce;
  if (target < 0) {
    const message = `component ${component.component} has ${geometry.numDecompositionLevels} decomposition levels in a tile, reduce is ${reduce}`;
    throw usage('option-value', message);
  }
  const { x, y } = geometry.resolutions[target];
  const wx = clip(wanted.x, x);
  const wy = clip(wanted.y, y);
  if (lengthOf(wx) === 0 || lengthOf(wy) === 0) return false;
  const window = planWindow(geometry, target, wx, wy, parameters.style.reversible);
  const resolutions = geometry.resolutions.slice(0, target + 1);
  return { window, resolutions: resolutions.map((resolution) => precinctsOfWindow(window, resolution)) };
}

/**
 * Where 32-bit arithmetic ends. A reversible HH coefficient of B-bit samples reaches 4 · 2^(B-1) (two 5/3 high-pass steps double
 * it twice), RCT adds a bit, and coefficients are held doubled: B + 3 (+ 1) bits and a sign must fit 32, so B <= 28, 27 with RCT.
 * The irreversible path works in 32-bit floats and is offered up to the same 28 bits.
 */
export function checkDepth(component: TileComponent, mct: boolean, snapshot: PrecinctSnapshot): void {
  const { precision } = snapshot.main.siz.components[component.component];
  const most = mct && component.parameters.style.reversible ? 27 : 28;
  if (precision > most) {
    throw unsupported('sample-depth', `component ${component.component} has ${precision} bits, ${most} are carried`, {
      clause: '15444-1 A.5.1',
    });
  }
}

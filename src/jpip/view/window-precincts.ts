/**
 * From a window of a codestream to the precincts that it needs, exactly: everything that synthesis of its samples reaches, no more
 * (15444-1 F.3; 15444-9 C.4.1).
 */
import type { MainHeader } from '../../codec/codestream/main-header.ts';
import { clip, type Interval, lengthOf } from '../../codec/geometry/axis.ts';
import { tilesOfRegion } from '../../codec/geometry/region.ts';
import type { TileComponent, TileGeometry } from '../../codec/geometry/tile.ts';
import { planWindow, precinctsOfWindow } from '../../codec/geometry/window.ts';
import type { ComponentSelection, TileSelection } from '../../codec/packets/precinct-source.ts';
import { type Bounds, isEmpty } from '../../codec/rect.ts';
import type { SampledRange } from '../request/fields.ts';
import { inRange } from '../bins/cache-model.ts';

/** Decomposition levels that every component of a picture can leave out, as the main header says. */
export function commonLevels({ siz, cod, segments }: MainHeader, components: readonly number[]): number {
  let least = cod.style.numDecompositionLevels;
  const all = segments.coc.size === 0 ? [] : components.length > 0 ? components : siz.components.map((_, c) => c);
  if (all.length > 0) least = 32;
  for (const c of all) least = Math.min(least, (segments.coc.get(c) ?? cod.style).numDecompositionLevels);
  return least;
}

/**
 * The components that a request needs: those that `comps` names, and all three of a component transform where one of them is asked for
 * (15444-1 G.1), for a sample of one needs all.
 */
export function neededComponents(main: MainHeader, comps: readonly SampledRange[] | undefined): number[] {
  const all = main.siz.components.map((_, c) => c);
  if (comps === undefined) return all;
  const wanted = all.filter((c) => comps.some((range) => inRange(range, c)));
  if (!main.cod.mct || !wanted.some((c) => c < 3)) return wanted;
  return all.filter((c) => c < 3 || wanted.includes(c));
}

/** The tiles that a window needs, in raster order. `bounds` is on the reference grid divided by 2^reduce. */
export function tilesOfWindow(
  main: MainHeader,
  bounds: Bounds,
  reduce: number,
  components: readonly number[],
): number[] {
  if (isEmpty(bounds)) return [];
  const scale = 2 ** reduce;
  let region: Bounds | undefined;
  const seen = new Set<string>();
  for (const c of components) {
    const { xrsiz, yrsiz } = main.siz.components[c];
    const name = `${xrsiz} ${yrsiz}`;
    if (seen.has(name)) continue;
    seen.add(name);
    const x = samplesTouched(bounds.x0, bounds.x1, xrsiz);
    const y = samplesTouched(bounds.y0, bounds.y1, yrsiz);
    // sample n of a reduced component belongs to the tile that holds point n * XRsiz * 2^reduce
    const own = {
      x0: x.lo * xrsiz * scale,
      y0: y.lo * yrsiz * scale,
      x1: (x.hi - 1) * xrsiz * scale + 1,
      y1: (y.hi - 1) * yrsiz * scale + 1,
    };
    region = region
      ? {
          x0: Math.min(region.x0, own.x0),
          y0: Math.min(region.y0, own.y0),
          x1: Math.max(region.x1, own.x1),
          y1: Math.max(region.y1, own.y1),
        }
      : own;
  }
  if (region === undefined) return [];
  const { xosiz, yosiz, xsiz, ysiz } = main.siz;
  const cut = {
    x0: Math.min(Math.max(region.x0, xosiz), xsiz - 1),
    y0: Math.min(Math.max(region.y0, yosiz), ysiz - 1),
    x1: Math.max(Math.min(region.x1, xsiz), xosiz + 1),
    y1: Math.max(Math.min(region.y1, ysiz), yosiz + 1),
  };
  return tilesOfRegion(main, cut);
}

/** The precincts of one tile that a window needs, of its first `layers` quality layers. */
export function selectionOf(
  tile: TileGeometry,
  bounds: Bounds,
  reduce: number,
  components: readonly number[],
  layers: number,
): TileSelection {
  const selected: ComponentSelection[] = [];
  const shared = new Map<string, readonly (Bounds | undefined)[]>();
  for (const c of components) {
    const component = tile.components[c];
    const { style } = component.parameters;
    const name = `${component.xrsiz} ${component.yrsiz} ${style.reversible} ${style.numDecompositionLevels} ${style.precincts ?? ''}`;
    let resolutions = shared.get(name);
    if (resolutions === undefined) {
      resolutions = precinctsOf(component, bounds, reduce);
      shared.set(name, resolutions);
    }
    if (resolutions.length > 0) selected.push({ component: c, resolutions });
  }
  return { tile: tile.tile, components: selected, layers: Math.min(layers, tile.header.cod.numLayers) };
}

function precinctsOf({ geometry, parameters, xrsiz, yrsiz }: TileComponent, bounds: Bounds, reduce: number) {
  // a tile with fewer levels than the main header promised gives the smallest it has
  const target = Math.max(0, geometry.numDecompositionLevels - reduce);
  const resolution = geometry.resolutions[target];
  const x = clip(samplesTouched(bounds.x0, bounds.x1, xrsiz), resolution.x);
  const y = clip(samplesTouched(bounds.y0, bounds.y1, yrsiz), resolution.y);
  if (lengthOf(x) === 0 || lengthOf(y) === 0) return [];
  const window = planWindow(geometry, target, x, y, parameters.style.reversible);
  return geometry.resolutions.slice(0, target + 1).map((r) => precinctsOfWindow(window, r));
}

/** Samples of a component that an interval of the reference grid touches: those in it, and one before where it begins between two. */
function samplesTouched(lo: number, hi: number, rsiz: number): Interval {
  return { lo: Math.floor(lo / rsiz), hi: Math.ceil(hi / rsiz) };
}

/** How much of a window is held, precinct by precinct, for showing it. */
import type { PrecinctPlan } from '../../codec/packets/precinct-source.ts';
import type { Rect } from '../../codec/rect.ts';
import type { BinCache } from '../bins/bin-store.ts';
import type { CachedSource } from './cache-source.ts';

/** One precinct. */
export interface HeldPrecinct {
  readonly tile: number;
  readonly component: number;
  readonly resolution: number;
  /** Raster index within the resolution level. */
  readonly precinct: number;
  /** What it covers, in reference-grid units from the image area's top left corner. */
  readonly region: Rect;
  /** Bytes held of its data-bin; 0 for none. */
  readonly bytes: number;
  /** True when all of it is held. */
  readonly complete: boolean;
}

/** The precincts of a plan, whatever is held of them. */
export function heldPrecincts(source: CachedSource, cache: BinCache, plan: PrecinctPlan): HeldPrecinct[] {
  const { xosiz, yosiz } = source.main.siz;
  const precincts: HeldPrecinct[] = [];
  for (const { tile, component, resolution, precinct, bin } of source.wantedBy(plan)) {
    const { geometry, xrsiz, yrsiz } = source.geometryOf(tile).components[component];
    const level = geometry.resolutions[resolution];
    const column = level.firstPrecinctX + (precinct % level.numPrecinctsWide);
    const row = level.firstPrecinctY + Math.floor(precinct / level.numPrecinctsWide);
    const scale = 2 ** (geometry.numDecompositionLevels - resolution);
    const x0 = Math.max(level.x.lo, column * 2 ** level.ppx) * scale * xrsiz - xosiz;
    const y0 = Math.max(level.y.lo, row * 2 ** level.ppy) * scale * yrsiz - yosiz;
    const x1 = Math.min(level.x.hi, (column + 1) * 2 ** level.ppx) * scale * xrsiz - xosiz;
    const y1 = Math.min(level.y.hi, (row + 1) * 2 ** level.ppy) * scale * yrsiz - yosiz;
    const { length, complete } = cache.extentOf(bin);
    const region = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    precincts.push({ tile, component, resolution, precinct, region, bytes: length, complete });
  }
  return precincts;
}

/** Regions of the reference grid: the tiles that they touch, and the component samples inside. */
import { numXTiles, type Siz } from '../codestream/siz.ts';
import type { Bounds } from '../rect.ts';
import { type Interval, resolutionInterval } from './axis.ts';

/** Interval of component samples that a reference-grid interval holds, reduced by 2^d (15444-1 B-12, B-14). */
export function reducedInterval(lo: number, hi: number, rsiz: number, d: number): Interval {
  return resolutionInterval({ lo: Math.ceil(lo / rsiz), hi: Math.ceil(hi / rsiz) }, d);
}

/** Samples of a component on its own grid, reduced by 2^d. */
export interface ComponentSamples {
  readonly component: number;
  readonly x: Interval;
  readonly y: Interval;
}

/** The part of the reference grid that holds the given samples of components: each stands at its coordinates times 2^d XRsiz. */
export function regionOfSamples({ components }: Siz, samples: readonly ComponentSamples[], d: number): Bounds {
  let [x0, y0, x1, y1] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  for (const { component, x, y } of samples) {
    if (x.hi <= x.lo || y.hi <= y.lo) continue;
    const dx = components[component].xrsiz * 2 ** d;
    const dy = components[component].yrsiz * 2 ** d;
    x0 = Math.min(x0, x.lo * dx);
    y0 = Math.min(y0, y.lo * dy);
    x1 = Math.max(x1, (x.hi - 1) * dx + 1);
    y1 = Math.max(y1, (y.hi - 1) * dy + 1);
  }
  return { x0, y0, x1, y1 };
}

/** The tiles that a region touches, in raster order. */
export function tilesOfRegion({ siz }: { readonly siz: Siz }, region: Bounds): number[] {
  const columns = numXTiles(siz);
  const tiles: number[] = [];
  const x0 = Math.floor((region.x0 - siz.xtosiz) / siz.xtsiz);
  const x1 = Math.ceil((region.x1 - siz.xtosiz) / siz.xtsiz);
  const y0 = Math.floor((region.y0 - siz.ytosiz) / siz.ytsiz);
  const y1 = Math.ceil((region.y1 - siz.ytosiz) / siz.ytsiz);
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) tiles.push(y * columns + x);
  return tiles;
}

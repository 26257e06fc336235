/** Regions of the reference grid: the tiles that they touch, and the component samples inside. */
import { numXTiles, type Siz } from '../codestream/siz.ts';
import type { Bounds } from '../rect.ts';
import { type Interval, resolutionInterval } from './axis.ts';

/** Interval of component samples that a reference-grid interval holds, reduced by 2^d (15444-1 B-12, B-14). */
export function reducedInterval(lo: number, hi: number, rsiz: number, d: number): Interval {
  return resolutionInterval({ lo: Math.ceil(lo / rsiz), hi: Math.ceil(hi / rsiz) }, d);
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

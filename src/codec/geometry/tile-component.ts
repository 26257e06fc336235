/**
 * A tile-component cut into resolution levels, subbands, precincts and code-blocks (15444-1 B.5 to B.7).
 *
 * Nothing here is allocated by precinct or code-block: a resolution level is a few numbers, and {@link precinctGeometry} works
 * out one precinct when it is asked for. A picture of a hundred thousand precincts costs nothing until a window needs them.
 */
import { pow2 } from '../bits/int-math.ts';
import { type ComponentCodingStyle, ppxOf, ppyOf } from '../codestream/cod.ts';
import type { Siz } from '../codestream/siz.ts';
import { numXTiles } from '../codestream/siz.ts';
import type { Bounds } from '../rect.ts';
import {
  type Interval,
  cellRange,
  clip,
  componentInterval,
  lengthOf,
  precinctRange,
  resolutionInterval,
  subbandInterval,
  tileInterval,
} from './axis.ts';

/** Subbands by number, as the context tables and step lists count them; HL is horizontally high-pass. */
export const LL = 0;
export const HL = 1;
export const LH = 2;
export const HH = 3;
/** LL, HL, LH or HH. */
export type Orientation = 0 | 1 | 2 | 3;

/** One subband of a tile-component. */
export interface SubbandGeometry {
  readonly orientation: Orientation;
  /** n_b, the decomposition level. */
  readonly nb: number;
  /** tbx0..tbx1 and tby0..tby1. */
  readonly x: Interval;
  readonly y: Interval;
}

/** One resolution level of a tile-component. */
export interface ResolutionGeometry {
  readonly r: number;
  /** trx0..trx1 and try0..try1. */
  readonly x: Interval;
  readonly y: Interval;
  readonly ppx: number;
  readonly ppy: number;
  /** xcb' and ycb': code-block exponents, bounded by the precinct (B-17, B-18). */
  readonly xcbPrime: number;
  readonly ycbPrime: number;
  /** Column and row of the first precinct on the infinite precinct grid. */
  readonly firstPrecinctX: number;
  readonly firstPrecinctY: number;
  readonly numPrecinctsWide: number;
  readonly numPrecinctsHigh: number;
  /** LL alone at r = 0, else HL, LH, HH. */
  readonly subbands: readonly SubbandGeometry[];
}

/** One tile-component; components with equal parameters share one. */
export interface TileComponentGeometry {
  /** tcx0..tcx1 and tcy0..tcy1. */
  readonly x: Interval;
  readonly y: Interval;
  readonly numDecompositionLevels: number;
  readonly resolutions: readonly ResolutionGeometry[];
}

/** The part of one subband that belongs to one precinct, and its code-blocks in raster order. */
export interface PrecinctBand {
  /** Index in `ResolutionGeometry.subbands`. */
  readonly band: number;
  readonly subband: SubbandGeometry;
  /** The precinct's share of the subband. */
  readonly x: Interval;
  readonly y: Interval;
  /** Column and row of the first code-block on the infinite code-block grid. */
  readonly firstBlockX: number;
  readonly firstBlockY: number;
  readonly numBlocksWide: number;
  readonly numBlocksHigh: number;
}

/** One precinct. */
export interface PrecinctGeometry {
  readonly r: number;
  readonly index: number;
  readonly bands: readonly PrecinctBand[];
  /** Code-blocks over all bands; they are numbered band by band, raster order inside. */
  readonly numBlocks: number;
  readonly xcbPrime: number;
  readonly ycbPrime: number;
}

/** The area of tile t on the reference grid (B-7 to B-10). */
export function tileBounds(siz: Siz, t: number): Bounds {
  const columns = numXTiles(siz);
  const x = tileInterval(t % columns, siz.xtosiz, siz.xtsiz, siz.xosiz, siz.xsiz);
  const y = tileInterval(Math.floor(t / columns), siz.ytosiz, siz.ytsiz, siz.yosiz, siz.ysiz);
  return { x0: x.lo, y0: y.lo, x1: x.hi, y1: y.hi };
}

/** Geometry of a component with sample distances xrsiz and yrsiz inside a tile. */
export function tileComponentGeometry(
  tile: Bounds,
  xrsiz: number,
  yrsiz: number,
  style: ComponentCodingStyle,
): TileComponentGeometry {
  const x = componentInterval({ lo: tile.x0, hi: tile.x1 }, xrsiz);
  const y = componentInterval({ lo: tile.y0, hi: tile.y1 }, yrsiz);
  const levels = style.numDecompositionLevels;
  const resolutions: ResolutionGeometry[] = [];
  for (let r = 0; r <= levels; r++) resolutions.push(resolutionGeometry(x, y, levels, r, style));
  return { x, y, numDecompositionLevels: levels, resolutions };
}

function resolutionGeometry(
  tcx: Interval,
  tcy: Interval,
  levels: number,
  r: number,
  style: ComponentCodingStyle,
): ResolutionGeometry {
  const x = resolutionInterval(tcx, levels - r);
  const y = resolutionInterval(tcy, levels - r);
  const ppx = ppxOf(style, r);
  const ppy = ppyOf(style, r);
  const px = precinctRange(x, ppx);
  const py = precinctRange(y, ppy);
  const half = r === 0 ? 0 : 1;
  const nb = r === 0 ? levels : levels - r + 1;
  const subbands: SubbandGeometry[] = [];
  for (const orientation of r === 0 ? ([LL] as const) : ([HL, LH, HH] as const)) {
    subbands.push({
      orientation,
      nb,
      x: subbandInterval(tcx, nb, orientation & 1 ? 1 : 0),
      y: subbandInterval(tcy, nb, orientation & 2 ? 1 : 0),
    });
  }
  return {
    r,
    x,
    y,
    ppx,
    ppy,
    xcbPrime: Math.min(style.xcb, ppx - half),
    ycbPrime: Math.min(style.ycb, ppy - half),
    firstPrecinctX: px.first,
    firstPrecinctY: py.first,
    // B-16: no precinct in either direction when the resolution level is empty in one
    numPrecinctsWide: py.count === 0 ? 0 : px.count,
    numPrecinctsHigh: px.count === 0 ? 0 : py.count,
    subbands,
  };
}

/** Precincts of a resolution level. */
export function numPrecinctsOf(resolution: ResolutionGeometry): number {
  return resolution.numPrecinctsWide * resolution.numPrecinctsHigh;
}

/** Geometry of precinct `index` (raster order) of a resolution level. */
export function precinctGeometry(resolution: ResolutionGeometry, index: number): PrecinctGeometry {
  const half = resolution.r === 0 ? 0 : 1;
  const column = resolution.firstPrecinctX + (index % resolution.numPrecinctsWide);
  const row = resolution.firstPrecinctY + Math.floor(index / resolution.numPrecinctsWide);
  // a precinct of the resolution level is 2^(PP - 1) wide in the subbands of r > 0 (B.6)
  const width = pow2(resolution.ppx - half);
  const height = pow2(resolution.ppy - half);
  const cellX = { lo: column * width, hi: (column + 1) * width };
  const cellY = { lo: row * height, hi: (row + 1) * height };
  const bands: PrecinctBand[] = [];
  let numBlocks = 0;
  for (let b = 0; b < resolution.subbands.length; b++) {
    const subband = resolution.subbands[b];
    const x = clip(subband.x, cellX);
    const y = clip(subband.y, cellY);
    const empty = lengthOf(x) === 0 || lengthOf(y) === 0;
    const bx = cellRange(x, resolution.xcbPrime);
    const by = cellRange(y, resolution.ycbPrime);
    bands.push({
      band: b,
      subband,
      x,
      y,
      firstBlockX: bx.first,
      firstBlockY: by.first,
      numBlocksWide: empty ? 0 : bx.count,
      numBlocksHigh: empty ? 0 : by.count,
    });
    if (!empty) numBlocks += bx.count * by.count;
  }
  return {
    r: resolution.r,
    index,
    bands,
    numBlocks,
    xcbPrime: resolution.xcbPrime,
    ycbPrime: resolution.ycbPrime,
  };
}

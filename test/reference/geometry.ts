/**
 * Annex B of 15444-1 in whole numbers of any size, formula by formula and as slow as it likes: the other side of
 * `src/codec/geometry`.
 */
import { type ComponentCodingStyle, ppxOf, ppyOf } from '../../src/codec/codestream/cod.ts';
import type { Siz } from '../../src/codec/codestream/siz.ts';

/** x0 <= x < x1, y0 <= y < y1. */
export interface BigRect {
  readonly x0: bigint;
  readonly y0: bigint;
  readonly x1: bigint;
  readonly y1: bigint;
}

/** floor(a / b) for b > 0. */
export function floorDiv(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b);
}

/** ceil(a / b) for b > 0. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  return -floorDiv(-a, b);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** True when nothing is inside. */
export function empty(r: BigRect): boolean {
  return r.x1 <= r.x0 || r.y1 <= r.y0;
}

/** The common part. */
export function cut(a: BigRect, b: BigRect): BigRect {
  return { x0: max(a.x0, b.x0), y0: max(a.y0, b.y0), x1: min(a.x1, b.x1), y1: min(a.y1, b.y1) };
}

/** B-5. */
export function numTiles(siz: Siz): { x: bigint; y: bigint } {
  return {
    x: ceilDiv(BigInt(siz.xsiz) - BigInt(siz.xtosiz), BigInt(siz.xtsiz)),
    y: ceilDiv(BigInt(siz.ysiz) - BigInt(siz.ytosiz), BigInt(siz.ytsiz)),
  };
}

/** B-6 to B-10. */
export function tileRect(siz: Siz, t: number): BigRect {
  const p = BigInt(t) % numTiles(siz).x;
  const q = BigInt(t) / numTiles(siz).x;
  const xt = BigInt(siz.xtsiz);
  const yt = BigInt(siz.ytsiz);
  return {
    x0: max(BigInt(siz.xtosiz) + p * xt, BigInt(siz.xosiz)),
    y0: max(BigInt(siz.ytosiz) + q * yt, BigInt(siz.yosiz)),
    x1: min(BigInt(siz.xtosiz) + (p + 1n) * xt, BigInt(siz.xsiz)),
    y1: min(BigInt(siz.ytosiz) + (q + 1n) * yt, BigInt(siz.ysiz)),
  };
}

function divideUp(r: BigRect, x: bigint, y: bigint): BigRect {
  return { x0: ceilDiv(r.x0, x), y0: ceilDiv(r.y0, y), x1: ceilDiv(r.x1, x), y1: ceilDiv(r.y1, y) };
}

/** B-12. */
export function tileComponentRect(tile: BigRect, xrsiz: number, yrsiz: number): BigRect {
  return divideUp(tile, BigInt(xrsiz), BigInt(yrsiz));
}

/** B-14. */
export function resolutionRect(tc: BigRect, levels: number, r: number): BigRect {
  const scale = 2n ** BigInt(levels - r);
  return divideUp(tc, scale, scale);
}

/** B-15 with Table B.1: `xob` and `yob` are 1 where the subband is high-pass. */
export function subbandRect(tc: BigRect, nb: number, xob: 0 | 1, yob: 0 | 1): BigRect {
  const scale = 2n ** BigInt(nb);
  const dx = xob === 1 ? 2n ** BigInt(nb - 1) : 0n;
  const dy = yob === 1 ? 2n ** BigInt(nb - 1) : 0n;
  return divideUp({ x0: tc.x0 - dx, y0: tc.y0 - dy, x1: tc.x1 - dx, y1: tc.y1 - dy }, scale, scale);
}

/** B-16. */
export function numPrecincts(tr: BigRect, ppx: number, ppy: number): { wide: bigint; high: bigint } {
  const w = 2n ** BigInt(ppx);
  const h = 2n ** BigInt(ppy);
  return {
    wide: tr.x1 > tr.x0 ? ceilDiv(tr.x1, w) - floorDiv(tr.x0, w) : 0n,
    high: tr.y1 > tr.y0 ? ceilDiv(tr.y1, h) - floorDiv(tr.y0, h) : 0n,
  };
}

/** B-17 and B-18. */
export function codeBlockExponents(style: ComponentCodingStyle, r: number): { xcb: number; ycb: number } {
  const half = r > 0 ? 1 : 0;
  return { xcb: Math.min(style.xcb, ppxOf(style, r) - half), ycb: Math.min(style.ycb, ppyOf(style, r) - half) };
}

/** B.6: precinct k of a resolution level, on the level's own grid and before it is cut to the level. */
export function precinctCell(tr: BigRect, ppx: number, ppy: number, k: number): BigRect {
  const w = 2n ** BigInt(ppx);
  const h = 2n ** BigInt(ppy);
  const { wide } = numPrecincts(tr, ppx, ppy);
  const x = (floorDiv(tr.x0, w) + (BigInt(k) % wide)) * w;
  const y = (floorDiv(tr.y0, h) + BigInt(k) / wide) * h;
  return { x0: x, y0: y, x1: x + w, y1: y + h };
}

/** B.7: the cells of 2^xcb x 2^ycb that a rectangle touches, cut to it, in raster order. */
export function codeBlocks(area: BigRect, xcb: number, ycb: number): BigRect[] {
  const blocks: BigRect[] = [];
  if (empty(area)) return blocks;
  const w = 2n ** BigInt(xcb);
  const h = 2n ** BigInt(ycb);
  for (let y = floorDiv(area.y0, h) * h; y < area.y1; y += h) {
    for (let x = floorDiv(area.x0, w) * w; x < area.x1; x += w) {
      blocks.push(cut(area, { x0: x, y0: y, x1: x + w, y1: y + h }));
    }
  }
  return blocks;
}

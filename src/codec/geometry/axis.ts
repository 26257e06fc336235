/**
 * One axis of the canvas (15444-1 Annex B). Every rectangle of the standard is a pair of these intervals, one horizontal and
 * one vertical, and the formulas are the same for both; a volume has a third.
 *
 * Intervals are half-open. Coordinates are below 2^32, so they are handled as doubles (see `int-math`).
 */
import { ceilDiv, ceilDivPow2, floorDivPow2, pow2 } from '../bits/int-math.ts';

/** `lo <= x < hi`. */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

/** Tile p along an axis, cut to the image area (B-7 to B-10). */
export function tileInterval(p: number, xtosiz: number, xtsiz: number, xosiz: number, xsiz: number): Interval {
  return { lo: Math.max(xtosiz + p * xtsiz, xosiz), hi: Math.min(xtosiz + (p + 1) * xtsiz, xsiz) };
}

/** An interval of the reference grid in samples of a component with distance `xrsiz` (B-12). */
export function componentInterval(t: Interval, xrsiz: number): Interval {
  return { lo: ceilDiv(t.lo, xrsiz), hi: ceilDiv(t.hi, xrsiz) };
}

/** A tile-component's interval at a resolution level that is `d` halvings below full (B-14, d = N_L - r). */
export function resolutionInterval(tc: Interval, d: number): Interval {
  return { lo: ceilDivPow2(tc.lo, d), hi: ceilDivPow2(tc.hi, d) };
}

/** A tile-component's interval in a subband of decomposition level nb; `xob` is 1 where the band is high-pass (B-15). */
export function subbandInterval(tc: Interval, nb: number, xob: 0 | 1): Interval {
  const shift = xob === 0 ? 0 : pow2(nb - 1);
  return { lo: ceilDivPow2(tc.lo - shift, nb), hi: ceilDivPow2(tc.hi - shift, nb) };
}

/** The precincts of exponent `pp` that a resolution level's interval touches (B-16): index of the first, and how many. */
export function precinctRange(tr: Interval, pp: number): { first: number; count: number } {
  const first = floorDivPow2(tr.lo, pp);
  return { first, count: tr.hi > tr.lo ? ceilDivPow2(tr.hi, pp) - first : 0 };
}

/** Cells of size 2^exponent that an interval touches: index of the first, and how many (B.7 for code-blocks). */
export function cellRange(t: Interval, exponent: number): { first: number; count: number } {
  if (t.hi <= t.lo) return { first: 0, count: 0 };
  const first = floorDivPow2(t.lo, exponent);
  return { first, count: ceilDivPow2(t.hi, exponent) - first };
}

/** Cuts an interval to another. */
export function clip(a: Interval, b: Interval): Interval {
  return { lo: Math.max(a.lo, b.lo), hi: Math.min(a.hi, b.hi) };
}

/** Number of integers inside; 0 when empty. */
export function lengthOf(a: Interval): number {
  return a.hi > a.lo ? a.hi - a.lo : 0;
}

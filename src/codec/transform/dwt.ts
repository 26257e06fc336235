/**
 * One level of two-dimensional synthesis or analysis, in place (15444-1 F.3.2 to F.3.5: 2D_SR with 2D_INTERLEAVE, HOR_SR and VER_SR;
 * F.4.2 to F.4.5: 2D_SD).
 *
 * Each row of the plane holds low-pass samples and then high-pass ones; the rows themselves are interleaved already, low-pass rows
 * at even coordinates ({@link spreadRows} puts the result of the level below there, and subbands are decoded into their rows). Rows
 * are synthesised first, then columns, as F.3.2 has it; for 5/3 the order matters, since rounding does not commute.
 *
 * The result may be cut: `skip` samples at the start of each line and everything after `count` are filter margin of a partial
 * window. With the rows interleaved from the start, the vertical steps work on whole rows in place: no column is ever gathered,
 * which with rows a power of two apart would miss the cache at every sample (23 to 5 ns a sample, V8 11.3, 2026-11).
 */
import { forward53LastRow, forward53Row, forward53RowsAt, inverse53Columns, inverse53Row } from './lifting-53.ts';
import {
  firstOdd97,
  forward97FewRows,
  forward97FirstRows,
  forward97LastRows,
  forward97Row,
  forward97RowsAt,
  inverse97Columns,
  inverse97Row,
  K,
  STREAMED,
} from './lifting-97.ts';

/** One axis of one synthesis step. */
export interface AxisStep {
  readonly numLow: number;
  readonly numHigh: number;
  /** Parity of the line's first coordinate: 1 when it begins with a high-pass sample. */
  readonly parity: 0 | 1;
  /** Samples of the synthesised line to drop at its start. */
  readonly skip: number;
  /** Samples to keep after that. */
  readonly count: number;
}

/** Moves `numLow` rows of `width` samples from the top of the plane to their interleaved places. */
export function spreadRows(
  plane: Int32Array | Float32Array,
  stride: number,
  width: number,
  numLow: number,
  parity: number,
): void {
  for (let n = numLow - 1; n >= 0; n--) {
    const to = 2 * n + parity;
    if (to !== n) plane.copyWithin(to * stride, n * stride, n * stride + width);
  }
}

/** Rows `y0 <= y < y1` of the plane: each becomes `h.count` samples from column 0 on. `scratch` holds at least one line. */
export function synthesise53Rows(
  plane: Int32Array,
  stride: number,
  h: AxisStep,
  y0: number,
  y1: number,
  scratch: Int32Array,
): void {
  const { numLow, numHigh, parity, skip, count } = h;
  const kept = scratch.subarray(skip, skip + count);
  for (let y = y0; y < y1; y++) {
    const at = y * stride;
    inverse53Row(plane, at, numLow, numHigh, parity, scratch);
    plane.set(kept, at);
  }
}

/** Columns `x0 <= x < x1` of the plane: each becomes `v.count` samples from row 0 on. */
export function synthesise53Columns(plane: Int32Array, stride: number, v: AxisStep, x0: number, x1: number): void {
  inverse53Columns(plane, stride, v.numLow + v.numHigh, v.parity, x0, x1);
  dropRows(plane, stride, v, x0, x1);
}

/** As {@link synthesise53Rows}, with the 9/7 filter; the vertical scaling is done here too, by `v`. */
export function synthesise97Rows(
  plane: Float32Array,
  stride: number,
  h: AxisStep,
  v: AxisStep,
  y0: number,
  y1: number,
  scratch: Float32Array,
): void {
  const { numLow, numHigh, parity, skip, count } = h;
  const kept = scratch.subarray(skip, skip + count);
  for (let y = y0; y < y1; y++) {
    const at = y * stride;
    inverse97Row(plane, at, numLow, numHigh, parity, verticalScale(v, y), scratch);
    plane.set(kept, at);
  }
}

/** K for low-pass rows, 1/K for high-pass ones; a lone row is not filtered, only halved when odd (F.3.6). */
function verticalScale(v: AxisStep, y: number): number {
  const low = (y & 1) === v.parity;
  if (v.numLow + v.numHigh === 1) return low ? 1 : 1 / 2;
  return low ? K : 1 / K;
}

/** As {@link synthesise53Columns}, with the 9/7 filter, on rows from {@link synthesise97Rows}. */
export function synthesise97Columns(plane: Float32Array, stride: number, v: AxisStep, x0: number, x1: number): void {
  inverse97Columns(plane, stride, v.numLow + v.numHigh, v.parity, x0, x1);
  dropRows(plane, stride, v, x0, x1);
}

/** Moves the rows that are kept to the top. */
function dropRows(plane: Int32Array | Float32Array, stride: number, v: AxisStep, x0: number, x1: number): void {
  if (v.skip === 0) return;
  for (let y = 0; y < v.count; y++) {
    const from = (y + v.skip) * stride;
    plane.copyWithin(y * stride + x0, from + x0, from + x1);
  }
}

/**
 * Where the samples of one analysis step lie in a plane. Rows stay interleaved: the low-pass rows of the result, which the next step
 * works on, begin at the first even coordinate and are twice as far apart, so that no row is ever moved.
 */
export interface AnalysisStep {
  /** Index of the first sample. */
  readonly at: number;
  /** From a row to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  /** Parity of the first column and of the first row. */
  readonly parityX: 0 | 1;
  readonly parityY: 0 | 1;
}

/**
 * Analysis of a step as far as its rows `y < to` allow, when rows `y < from` were there the last time; rows from `to` on are not looked
 * at. Begins with `from` at 0 and is done when `to` is the height: then each row is its low-pass and after that its high-pass
 * samples.
 *
 * Vertical steps come first (F.4.2), and each finishes two rows, which take their horizontal step while they are still in the cache.
 * So the plane passes through it once, with whoever brings the rows (docs/performance.md has the gain).
 *
 * `scratch` holds at least half a line.
 */
export function analyse53(plane: Int32Array, s: AnalysisStep, from: number, to: number, scratch: Int32Array): void {
  const { at, stride, width, height, parityX, parityY } = s;
  const highs = scratch.subarray(0, numHighOf(s));
  const end = finalRows(s, to);
  for (let k = oddFrom(s, Math.max(0, finalRows(s, from))); k < end; k += 2) {
    forward53RowsAt(plane, at, stride, height, k, width);
    for (let y = Math.max(0, k - 2); y < k; y++) forward53Row(plane, at + y * stride, width, parityX, highs);
  }
  if (to < height) return;
  if (((height - 1) & 1) === parityY) forward53LastRow(plane, at, stride, height, width);
  const lastOdd = oddFrom(s, height) - 2;
  for (let y = Math.max(0, lastOdd); y < height; y++) forward53Row(plane, at + y * stride, width, parityX, highs);
}

/** As {@link analyse53}, with the 9/7 filter. */
export function analyse97(plane: Float32Array, s: AnalysisStep, from: number, to: number, scratch: Float32Array): void {
  const { at, stride, width, height, parityY } = s;
  const highs = scratch.subarray(0, numHighOf(s));
  if (height < STREAMED) {
    if (to < height) return;
    forward97FewRows(plane, at, stride, height, parityY, width);
    for (let y = 0; y < height; y++) analyse97Row(plane, s, y, highs);
    return;
  }
  const first = firstOdd97(parityY);
  const end = Math.min(finalRows(s, to), height - 1);
  let k = Math.max(first, oddFrom(s, Math.max(0, finalRows(s, from))));
  for (; k < end; k += 2) {
    if (k === first) forward97FirstRows(plane, at, stride, height, parityY, width);
    forward97RowsAt(plane, at, stride, k, width);
    for (let y = k === first ? 0 : k - 4; y <= k - 3; y++) analyse97Row(plane, s, y, highs);
  }
  if (to < height) return;
  forward97LastRows(plane, at, stride, height, k, width);
  for (let y = k - 4; y < height; y++) analyse97Row(plane, s, y, highs);
}

/** The horizontal step of one row; the vertical scaling is done here too. */
function analyse97Row(plane: Float32Array, s: AnalysisStep, y: number, highs: Float32Array): void {
  const low = (y & 1) === s.parityY;
  const scale = s.height === 1 ? (low ? 1 : 2) : low ? 1 / K : K; // F.4.6: a lone odd row is doubled
  forward97Row(plane, s.at + y * s.stride, s.width, s.parityX, scale, highs);
}

/** How many rows have the row below them, when `count` are there. */
function finalRows(s: AnalysisStep, count: number): number {
  return count < s.height ? count - 1 : s.height;
}

/** The first row from y on that is at an odd coordinate. */
function oddFrom(s: AnalysisStep, y: number): number {
  return y + ((y ^ s.parityY ^ 1) & 1);
}

function numHighOf(s: AnalysisStep): number {
  return (s.width + s.parityX) >> 1;
}

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
import { forward53Columns, forward53Row, inverse53Columns, inverse53Row } from './lifting-53.ts';
import { forward97Columns, forward97Row, inverse97Columns, inverse97Row, K } from './lifting-97.ts';

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

/** Columns `x0 <= x < x1` of the step, vertically: comes first (F.4.2). */
export function analyse53Columns(plane: Int32Array, s: AnalysisStep, x0: number, x1: number): void {
  forward53Columns(plane, s.at, s.stride, s.height, s.parityY, x0, x1);
}

/** Rows `y0 <= y < y1` of the step, horizontally: each becomes its low-pass and then its high-pass samples. */
export function analyse53Rows(plane: Int32Array, s: AnalysisStep, y0: number, y1: number, scratch: Int32Array): void {
  const highs = scratch.subarray(0, numHighOf(s));
  for (let y = y0; y < y1; y++) forward53Row(plane, s.at + y * s.stride, s.width, s.parityX, highs);
}

/** As {@link analyse53Columns}, with the 9/7 filter. */
export function analyse97Columns(plane: Float32Array, s: AnalysisStep, x0: number, x1: number): void {
  forward97Columns(plane, s.at, s.stride, s.height, s.parityY, x0, x1);
}

/** As {@link analyse53Rows}, with the 9/7 filter; the vertical scaling is done here too. */
export function analyse97Rows(
  plane: Float32Array,
  s: AnalysisStep,
  y0: number,
  y1: number,
  scratch: Float32Array,
): void {
  const highs = scratch.subarray(0, numHighOf(s));
  for (let y = y0; y < y1; y++) {
    const low = (y & 1) === s.parityY;
    const scale = s.height === 1 ? (low ? 1 : 2) : low ? 1 / K : K; // F.4.6: a lone odd row is doubled
    forward97Row(plane, s.at + y * s.stride, s.width, s.parityX, scale, highs);
  }
}

function numHighOf(s: AnalysisStep): number {
  return (s.width + s.parityX) >> 1;
}

/**
 * One level of two-dimensional analysis, in place (15444-1 F.4.2 to F.4.5: 2D_SD). Synthesis, which goes row by row, is in synthesis.ts.
 *
 * Columns come first, then rows (F.4.2). Vertical steps work on whole rows in place: no column is ever gathered, which with rows a power
 * of two apart would miss the cache at every sample.
 */
import { forward53Columns, forward53Row } from './lifting-53.ts';
import { forward97Columns, forward97Row, K } from './lifting-97.ts';

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

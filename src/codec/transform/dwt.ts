/**
 * One level of two-dimensional synthesis, in place (15444-1 F.3.2 to F.3.5: 2D_SR with 2D_INTERLEAVE, HOR_SR and VER_SR).
 *
 * The plane holds the four subbands in Mallat arrangement: low-pass rows above high-pass rows, low-pass columns left of high-pass
 * columns. Rows are synthesised first, then columns, as F.3.2 has it; for 5/3 the order matters, since rounding does not commute.
 * The result may be cut: `skip` samples at the start of each line and everything after `count` are filter margin of a partial
 * window.
 *
 * Lines are worked on in a scratch line, rows one by one and columns {@link COLUMNS} at a time, one cache line wide.
 */
import { inverse53Columns, inverse53Row } from './lifting-53.ts';
import { inverse97Columns, inverse97Row } from './lifting-97.ts';

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

/** Columns that are worked on together: sixteen 32-bit samples fill a cache line. */
export const COLUMNS = 16;

/** Samples of scratch that a step with lines of `width` and `height` samples needs. */
export function scratchLength(width: number, height: number): number {
  return Math.max(width, height * COLUMNS);
}

/** Rows `y0 <= y < y1` of the plane: each becomes `h.count` samples from column 0 on. */
export function synthesise53Rows(
  plane: Int32Array,
  stride: number,
  h: AxisStep,
  y0: number,
  y1: number,
  scratch: Int32Array,
): void {
  const { numLow, numHigh, parity, skip, count } = h;
  for (let y = y0; y < y1; y++) {
    const at = y * stride;
    inverse53Row(plane, at, numLow, numHigh, parity, scratch);
    for (let x = 0; x < count; x++) plane[at + x] = scratch[skip + x];
  }
}

/** Columns `x0 <= x < x1` of the plane: each becomes `v.count` samples from row 0 on. */
export function synthesise53Columns(
  plane: Int32Array,
  stride: number,
  v: AxisStep,
  x0: number,
  x1: number,
  scratch: Int32Array,
): void {
  const { numLow, numHigh, parity, skip, count } = v;
  for (let x = x0; x < x1; x += COLUMNS) {
    const width = Math.min(COLUMNS, x1 - x);
    inverse53Columns(plane, x, stride, width, numLow, numHigh, parity, scratch);
    for (let y = 0; y < count; y++) {
      const from = (skip + y) * width;
      const to = y * stride + x;
      for (let k = 0; k < width; k++) plane[to + k] = scratch[from + k];
    }
  }
}

/** As {@link synthesise53Rows}, with the 9/7 filter. */
export function synthesise97Rows(
  plane: Float32Array,
  stride: number,
  h: AxisStep,
  y0: number,
  y1: number,
  scratch: Float32Array,
): void {
  const { numLow, numHigh, parity, skip, count } = h;
  for (let y = y0; y < y1; y++) {
    const at = y * stride;
    inverse97Row(plane, at, numLow, numHigh, parity, scratch);
    for (let x = 0; x < count; x++) plane[at + x] = scratch[skip + x];
  }
}

/** As {@link synthesise53Columns}, with the 9/7 filter. */
export function synthesise97Columns(
  plane: Float32Array,
  stride: number,
  v: AxisStep,
  x0: number,
  x1: number,
  scratch: Float32Array,
): void {
  const { numLow, numHigh, parity, skip, count } = v;
  for (let x = x0; x < x1; x += COLUMNS) {
    const width = Math.min(COLUMNS, x1 - x);
    inverse97Columns(plane, x, stride, width, numLow, numHigh, parity, scratch);
    for (let y = 0; y < count; y++) {
      const from = (skip + y) * width;
      const to = y * stride + x;
      for (let k = 0; k < width; k++) plane[to + k] = scratch[from + k];
    }
  }
}

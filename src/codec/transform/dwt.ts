/**
 * One level of two-dimensional analysis, in place (15444-1 F.4.2 to F.4.5: 2D_SD). Synthesis, which goes row by row, is in synthesis.ts.
 *
 * Columns come first, then rows (F.4.2). Vertical steps work on whole rows in place: no column is ever gathered, which with rows a power
 * of two apart would miss the cache at every sample.
 */
import { forward53LastRow, forward53Row, forward53RowsAt } from './lifting-53.ts';
import {
  firstOdd97,
  forward97FewRows,
  forward97FirstRows,
  forward97LastRows,
  forward97Row,
  forward97RowsAt,
  K,
  STREAMED,
} from './lifting-97.ts';

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

/**
 * From decoded planes to the arrays of the result: component transform, level shift, clipping (15444-1 Annex G).
 *
 * The general road transforms in place and stores component by component. Where three transformed components go side by side into
 * one unsigned array, which is the commonest picture of all, one pass does everything; {@link sideBySide} decides.
 */
import type { SizComponent } from '../codestream/siz.ts';
import type { Interval } from '../geometry/axis.ts';
import type { ComponentWindow } from '../geometry/window.ts';
import type { SampleArray } from '../image.ts';
import { inverseIct, inverseRct } from '../transform/component-transform.ts';
import { storeSamples } from '../transform/level-shift.ts';
import { storeIct, storeRct, type TransformedTarget } from '../transform/transformed-store.ts';
import type { ComponentPlane } from './tile-decoder.ts';

/** Where the samples of one component go. */
export interface ComponentTarget {
  readonly component: number;
  /** The component's window after reduction, on its own grid. */
  readonly x: Interval;
  readonly y: Interval;
  /** Sample (x, y) of the window is written to `out[offset + x * strideX + y * strideY]`. */
  readonly out: SampleArray;
  readonly offset: number;
  readonly strideX: number;
  readonly strideY: number;
}

/** Samples stored between two moments to pause. */
const STORE_PIECE = 1 << 19;

/** Three planes that belong together. */
export type Triple<T> = readonly [T, T, T];

/** Inverse RCT or ICT, in place, on three planes of one {@link ComponentPlane.stride}. Yields now and then. */
export function* transformPlanes([a, b, c]: Triple<ComponentPlane>): Generator<undefined, void, unknown> {
  const n = a.stride * a.height;
  for (let from = 0; from < n; from += STORE_PIECE) {
    const to = Math.min(n, from + STORE_PIECE);
    if (a.data instanceof Int32Array) inverseRct(a.data, b.data as Int32Array, c.data as Int32Array, from, to);
    else inverseIct(a.data, b.data as Float32Array, c.data as Float32Array, from, to);
    yield undefined;
  }
}

/**
 * Three planes with one stride. They have it nearly always; components that differ in their number of decomposition levels have
 * different margins, and a plane of zeros has only one row, and then the rows are moved together.
 */
export function withOneStride(planes: Triple<ComponentPlane>): Triple<ComponentPlane> {
  const [a, b, c] = planes;
  if (a.stride === b.stride && a.stride === c.stride) return planes;
  return [packed(a), packed(b), packed(c)];
}

function packed(plane: ComponentPlane): ComponentPlane {
  const { data, stride, width, height } = plane;
  if (stride === 0) {
    const zeros = data instanceof Int32Array ? new Int32Array(width * height) : new Float32Array(width * height);
    return { data: zeros, stride: width, width, height };
  }
  for (let y = 1; y < height; y++) data.copyWithin(y * width, y * stride, y * stride + width);
  return { data, stride: width, width, height };
}

/** Stores one component. Yields now and then. */
export function* storePlane(
  plane: ComponentPlane,
  window: ComponentWindow,
  target: ComponentTarget,
  { precision, signed }: SizComponent,
): Generator<undefined, void, unknown> {
  const { out, strideX, strideY } = target;
  const offset = offsetOf(window, target);
  for (const [row, count] of pieces(plane)) {
    const from = row * plane.stride;
    const to = offset + row * strideY;
    storeSamples(plane.data, from, plane.stride, plane.width, count, out, to, strideX, strideY, precision, signed);
    yield undefined;
  }
}

/** True when three targets are the neighbouring channels of one unsigned array, so that {@link storeSideBySide} may be used. */
export function sideBySide(
  targets: readonly (ComponentTarget | undefined)[],
  components: readonly SizComponent[],
): targets is Triple<ComponentTarget> {
  const [a, b, c] = targets;
  if (a === undefined || b === undefined || c === undefined) return false;
  return (
    (a.out instanceof Uint8Array || a.out instanceof Uint16Array) &&
    [b, c].every((t, k) => t.out === a.out && t.offset === a.offset + k + 1 && t.strideX === a.strideX) &&
    [a, b, c].every((t) => !components[t.component].signed) &&
    [b, c].every((t) => components[t.component].precision === components[a.component].precision)
  );
}

/** Inverse RCT or ICT and storing of three components at once. Yields now and then. */
export function* storeSideBySide(
  [a, b, c]: Triple<ComponentPlane>,
  window: ComponentWindow,
  target: ComponentTarget,
  precision: number,
): Generator<undefined, void, unknown> {
  const { strideX, strideY } = target;
  const out = target.out as TransformedTarget;
  const offset = offsetOf(window, target);
  const { stride, width } = a;
  for (const [row, count] of pieces(a)) {
    const from = row * stride;
    const to = offset + row * strideY;
    if (a.data instanceof Int32Array) {
      const [y1, y2] = [b.data as Int32Array, c.data as Int32Array];
      storeRct(a.data, y1, y2, from, stride, width, count, out, to, strideX, strideY, precision);
    } else {
      const [y1, y2] = [b.data as Float32Array, c.data as Float32Array];
      storeIct(a.data, y1, y2, from, stride, width, count, out, to, strideX, strideY, precision);
    }
    yield undefined;
  }
}

/** Index in the target of the window's first sample. */
function offsetOf(window: ComponentWindow, target: ComponentTarget): number {
  const x = window.x.kept[window.target];
  const y = window.y.kept[window.target];
  return target.offset + (x.lo - target.x.lo) * target.strideX + (y.lo - target.y.lo) * target.strideY;
}

/** Rows in pieces: first row and number of rows. */
function* pieces(plane: ComponentPlane): Generator<readonly [number, number]> {
  const rows = Math.max(1, Math.floor(STORE_PIECE / Math.max(1, plane.width)));
  for (let row = 0; row < plane.height; row += rows) yield [row, Math.min(rows, plane.height - row)];
}

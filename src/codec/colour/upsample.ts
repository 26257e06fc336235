/**
 * Bringing subsampled components to the full grid (15444-1 A.5.1, B.2).
 *
 * Sample `i` of a component lies at `i * XRsiz` on the reference grid, counted from the grid's origin and not from
 * the image's, so an odd image offset starts between two samples. At a resolution reduced by 2^r the same holds on
 * the grid divided by 2^r, because rounding up twice is rounding up once: all coordinates here are of the reduced
 * grid.
 */
import type { Plane, SampleArray } from '../image.ts';
import type { Bounds } from '../rect.ts';

/** `nearest` repeats samples (the left or upper one when two are as near), `linear` draws a line between them. */
export type UpsampleMethod = 'nearest' | 'linear';

/** How to upsample. */
export interface UpsampleOptions {
  readonly method: UpsampleMethod;
  /** The window to fill, in reference grid coordinates. */
  readonly bounds: Bounds;
}

/**
 * A plane that may say which sample of its component is its first. Without, it is the first inside the window, the
 * one that a decode of exactly the window gives; {@link upsampleSource} says how much more makes a window equal to
 * the crop of the full picture.
 */
export interface MaybePlacedPlane extends Plane {
  readonly x0?: number;
  readonly y0?: number;
}

/** The samples of a component that the window depends on, in samples of that component; clip it to the component. */
export function upsampleSource(bounds: Bounds, dx: number, dy: number, method: UpsampleMethod): Bounds {
  const x = sourceSpan(bounds.x0, bounds.x1, dx, method);
  const y = sourceSpan(bounds.y0, bounds.y1, dy, method);
  return { x0: x[0], y0: y[0], x1: x[1], y1: y[1] };
}

function sourceSpan(from: number, to: number, step: number, method: UpsampleMethod): [number, number] {
  if (method === 'nearest') return [nearestIndex(from, step), nearestIndex(to - 1, step) + 1];
  return [Math.floor(from / step), Math.ceil((to - 1) / step) + 1];
}

function nearestIndex(x: number, step: number): number {
  return Math.floor((x + Math.floor((step - 1) / 2)) / step);
}

/** One component on the grid of the window. Beyond its first and last samples they are repeated. */
export function upsample(plane: MaybePlacedPlane, options: UpsampleOptions): Plane {
  const { bounds, method } = options;
  const width = bounds.x1 - bounds.x0;
  const height = bounds.y1 - bounds.y0;
  const { dx, dy, precision, signed } = plane;
  const x0 = plane.x0 ?? Math.ceil(bounds.x0 / dx);
  const y0 = plane.y0 ?? Math.ceil(bounds.y0 / dy);
  const placed = dx === 1 && dy === 1 && x0 === bounds.x0 && y0 === bounds.y0;
  if (placed && plane.width === width && plane.height === height) return plane;
  const columns = axisOf(bounds.x0, width, dx, x0, plane.width, method);
  const rows = axisOf(bounds.y0, height, dy, y0, plane.height, method);
  const data = sameArray(plane.data, width * height);
  if (plane.width > 0 && plane.height > 0) {
    if (method === 'nearest') fillNearest(plane, data, columns, rows);
    else fillLinear(plane, data, columns, rows);
  }
  return { width, height, dx: 1, dy: 1, precision, signed, data };
}

/**
 * For every target position: the sample at or before it, the one after, and how far it is between, in parts of
 * `step`.
 */
interface Axis {
  readonly step: number;
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly part: Int32Array;
}

function axisOf(
  from: number,
  count: number,
  step: number,
  origin: number,
  length: number,
  method: UpsampleMethod,
): Axis {
  const before = new Int32Array(count);
  const after = new Int32Array(count);
  const part = new Int32Array(count);
  const last = Math.max(0, length - 1);
  const clamp = (index: number) => Math.min(Math.max(index - origin, 0), last);
  for (let k = 0; k < count; k++) {
    const x = from + k;
    const index = method === 'nearest' ? nearestIndex(x, step) : Math.floor(x / step);
    before[k] = clamp(index);
    after[k] = clamp(index + 1);
    part[k] = x - Math.floor(x / step) * step;
  }
  return { step, before, after, part };
}

function fillNearest({ data, width }: Plane, out: SampleArray, columns: Axis, rows: Axis): void {
  const count = columns.before.length;
  for (let y = 0; y < rows.before.length; y++) {
    const from = rows.before[y] * width;
    for (let x = 0; x < count; x++) out[y * count + x] = data[from + columns.before[x]];
  }
}

/** Bilinear; integers are rounded half up, so that the result does not depend on the window. */
function fillLinear({ data, width }: Plane, out: SampleArray, columns: Axis, rows: Axis): void {
  const count = columns.before.length;
  const whole = columns.step * rows.step;
  const isFloat = out instanceof Float32Array || out instanceof Float64Array;
  for (let y = 0; y < rows.before.length; y++) {
    const above = rows.before[y] * width;
    const below = rows.after[y] * width;
    const down = rows.part[y];
    const up = rows.step - down;
    for (let x = 0; x < count; x++) {
      const left = columns.before[x];
      const right = columns.after[x];
      const toRight = columns.part[x];
      const toLeft = columns.step - toRight;
      const first = data[above + left] * toLeft + data[above + right] * toRight;
      const second = data[below + left] * toLeft + data[below + right] * toRight;
      const sum = first * up + second * down;
      out[y * count + x] = isFloat ? sum / whole : Math.floor(sum / whole + 0.5);
    }
  }
}

/** An array of the same kind. */
function sameArray(like: SampleArray, length: number): SampleArray {
  return new (like.constructor as new (length: number) => SampleArray)(length);
}

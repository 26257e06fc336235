/** Rectangles of integers, half-open as everywhere in the standard: x0 <= x < x1. */

/** A rectangle as users write it. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rectangle as the formulas of Annex B write it. */
export interface Bounds {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** True when the rectangle holds no sample. */
export function isEmpty(b: Bounds): boolean {
  return b.x1 <= b.x0 || b.y1 <= b.y0;
}

/** The common part of two rectangles; possibly empty. */
export function intersect(a: Bounds, b: Bounds): Bounds {
  return {
    x0: Math.max(a.x0, b.x0),
    y0: Math.max(a.y0, b.y0),
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
  };
}

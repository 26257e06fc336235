/**
 * From pixels to the ground and back: an affine map in six numbers.
 */

/**
 * `[a, b, c, d, e, f]`: x = a·col + b·row + c, y = d·col + e·row + f.
 *
 * Columns and rows count from the top left *corner* of the picture, so that the centre of its first pixel is (0.5, 0.5) and its lower
 * right corner (width, height). GDAL's geotransform has the same six numbers as `[c, a, b, f, d, e]`.
 */
export type Affine = readonly [number, number, number, number, number, number];

/** A point: `x` is east or longitude, `y` north or latitude. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle on the ground that holds the whole picture. */
export interface GeoBounds {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** The same map for columns and rows that count from pixel centres, made one for corners: half a pixel further back. */
export function fromCentres([a, b, c, d, e, f]: Affine): Affine {
  return [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2];
}

/** The map for columns and rows that count from pixel centres. */
export function toCentres([a, b, c, d, e, f]: Affine): Affine {
  return [a, b, c + (a + b) / 2, d, e, f + (d + e) / 2];
}

/** Where a place in the picture lies on the ground. */
export function apply([a, b, c, d, e, f]: Affine, col: number, row: number): Point {
  return { x: a * col + b * row + c, y: d * col + e * row + f };
}

/** The map the other way; `undefined` when the picture has no area on the ground. */
export function invert([a, b, c, d, e, f]: Affine): Affine | undefined {
  const det = a * e - b * d;
  if (det === 0 || !Number.isFinite(det)) return undefined;
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det];
}

/** True when all six numbers are finite and the picture has an area. */
export function isUsable(affine: Affine): boolean {
  return affine.every(Number.isFinite) && invert(affine) !== undefined;
}

/** What a picture of a size covers. */
export function boundsOf(affine: Affine, width: number, height: number): GeoBounds {
  const corners = [
    apply(affine, 0, 0),
    apply(affine, width, 0),
    apply(affine, 0, height),
    apply(affine, width, height),
  ];
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
}

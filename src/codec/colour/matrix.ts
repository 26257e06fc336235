/**
 * Linear colour: three by three matrices, white points, and the way from XYZ to sRGB.
 */

/** Row by row. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];
export type Vector3 = readonly [number, number, number];

/** The product of two matrices. */
export function multiply(a: Matrix3, b: Matrix3): Matrix3 {
  const at = (r: number, c: number) => a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

/** A matrix times a column. */
export function transform(m: Matrix3, v: Vector3): Vector3 {
  const row = (r: number) => m[3 * r] * v[0] + m[3 * r + 1] * v[1] + m[3 * r + 2] * v[2];
  return [row(0), row(1), row(2)];
}

/** The inverse, by cofactors. */
export function invert(m: Matrix3): Matrix3 {
  const [a, b, c, d, e, f, g, h, i] = m;
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const n = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f];
  const o = [d * h - e * g, b * g - a * h, a * e - b * d];
  return [...n, ...o].map((x) => x / det) as unknown as Matrix3;
}

/** A diagonal matrix. */
export function diagonal(v: Vector3): Matrix3 {
  return [v[0], 0, 0, 0, v[1], 0, 0, 0, v[2]];
}

/** The white of the profile connection space (ICC.1:2010 6.3.4.3), as a profile's 16 bits write it. */
export const WHITE_D50: Vector3 = [0.9642, 1, 0.8249];

/** The white of sRGB: x = 0.3127, y = 0.3290 (IEC 61966-2-1). */
export const WHITE_D65: Vector3 = /* @__PURE__ */ whiteOf(0.3127, 0.329);

/** XYZ of a white from its chromaticity, with Y = 1. */
export function whiteOf(x: number, y: number): Vector3 {
  return [x / y, 1, (1 - x - y) / y];
}

/** Cone responses of the Bradford adaptation (ICC.1:2010 Annex E). */
const BRADFORD: Matrix3 = [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296];

/** Colours seen under one white to the same colours under another. */
export function adaptation(from: Vector3, to: Vector3): Matrix3 {
  const source = transform(BRADFORD, from);
  const target = transform(BRADFORD, to);
  const scale: Vector3 = [target[0] / source[0], target[1] / source[1], target[2] / source[2]];
  return multiply(invert(BRADFORD), multiply(diagonal(scale), BRADFORD));
}

/** XYZ under the given white to linear sRGB. */
export function xyzToLinearSrgb(white: Vector3): Matrix3 {
  return multiply(invert(linearSrgbToXyz()), adaptation(white, WHITE_D65));
}

/**
 * Linear sRGB to XYZ under D65, from the primaries of ITU-R BT.709: each scaled so that together they make the white.
 */
function linearSrgbToXyz(): Matrix3 {
  const [r, g, b] = [whiteOf(0.64, 0.33), whiteOf(0.3, 0.6), whiteOf(0.15, 0.06)];
  const primaries: Matrix3 = [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
  return multiply(primaries, diagonal(transform(invert(primaries), WHITE_D65)));
}

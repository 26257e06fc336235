/**
 * The transfer curve of sRGB (IEC 61966-2-1), and an exact and fast way from linear light to levels.
 */

/** Levels to linear light. */
export function srgbToLinear(v: number): number {
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/** Linear light to the encoded value 0…1. */
export function linearToSrgb(x: number): number {
  return x <= 0.0031308 ? x * 12.92 : 1.055 * x ** (1 / 2.4) - 0.055;
}

/** Steps of the first guess. */
const STEPS = 8192;

/**
 * Linear light to levels of `bits` bits, rounded to nearest.
 *
 * A power for every sample would be slow, and one big table inexact near black, where the curve is steep. So a table
 * of steps guesses the level from below, and the exact boundaries between levels correct the guess; from above a few
 * thousandths of full light that is at most one comparison more.
 */
export class SrgbEncoder {
  private readonly max: number;
  private readonly guess: Uint16Array;
  /** `boundary[v]` is the least light that is level `v`. */
  private readonly boundary: Float64Array;

  constructor(bits: number) {
    this.max = 2 ** bits - 1;
    this.boundary = new Float64Array(this.max + 2);
    for (let v = 1; v <= this.max; v++) this.boundary[v] = srgbToLinear((v - 0.5) / this.max);
    this.boundary[this.max + 1] = Number.POSITIVE_INFINITY;
    this.guess = new Uint16Array(STEPS + 1);
    let v = 0;
    for (let k = 0; k <= STEPS; k++) {
      while (this.boundary[v + 1] <= k / STEPS) v++;
      this.guess[k] = v;
    }
  }

  /** The level of `x`; light below black or above white is clipped. */
  encode(x: number): number {
    if (!(x > 0)) return 0;
    if (x >= 1) return this.max;
    let v = this.guess[(x * STEPS) | 0];
    while (x >= this.boundary[v + 1]) v++;
    return v;
  }
}

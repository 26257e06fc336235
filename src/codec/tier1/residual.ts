/** The squared error that a code-block has when its lower bit-planes are left out, for the classic and the high-throughput encoder. */

/** What is known of the coefficients of a code-block. */
export interface MeasuredCoefficients {
  width: number;
  height: number;
  /** Row major; the magnitude that is coded is `|v| >> fractionBits`. */
  coefficients: Int32Array;
  fractionBits: number;
  /** Whether a coefficient that is decoded to the end is exact, or is taken to be in the middle of its interval. */
  exact: boolean;
}

/** Squared error of a block that is decoded down to a bit-plane, in squared quantiser steps. */
export function residualOf(
  { width, height, coefficients, fractionBits, exact }: MeasuredCoefficients,
  plane: number,
): number {
  if (exact && plane === 0) return 0;
  const shift = plane + fractionBits;
  const mask = ((1 << shift) - 1) | 0;
  const one = 1 << shift; // with 31 bits nothing is significant yet, and this is not used
  let sum = 0;
  if (shift <= 8) {
    // 4096 squares below 2^18: integers are enough, and need no conversion
    for (let k = (width * height - 1) | 0; k >= 0; k = (k - 1) | 0) {
      const v = coefficients[k];
      const a = ((v ^ (v >> 31)) - (v >> 31)) | 0;
      const twice = (2 * (a & mask) - (((mask - a) >> 31) & one)) | 0; // two times the error, so that half a unit is whole
      sum = (sum + Math.imul(twice, twice)) | 0;
    }
  } else {
    for (let k = width * height - 1; k >= 0; k--) {
      const v = coefficients[k];
      const a = ((v ^ (v >> 31)) - (v >> 31)) | 0;
      const twice = 2 * (a & mask) - (((mask - a) >> 31) & one);
      sum += twice * twice;
    }
  }
  return sum / 4 ** (fractionBits + 1);
}

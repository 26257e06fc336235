/**
 * How many bytes of a codeword segment its first coding passes need, when nobody has written it down (15444-1 D.4.2).
 *
 * Measured, not derived: the passes of 150 000 code-blocks of seven photographs, lossless and at two quantiser steps. What is listed is
 * what 97 of 100 of them need at most, so that a layer rarely has too little. How fast the bytes of a code-block fall off from its last
 * pass to its first depends on how dense it is (bits a coefficient) and on which of the three passes came last.
 */

/** Upper ends of the classes of density, bits a coefficient. */
const DENSITIES = [0.35, 0.7, 1.5, 2.5, 3.5, 5];

/** The most passes before the last that the table knows of. */
const MOST_PASSES = 24;

/** A dense code-block's lowest bit-planes are noise: a bit a coefficient for the three passes of each. */
const NOISE = 7.5;

/**
 * Percent of a segment's bytes that are needed without its last 1, 2, 3... passes. Three rows a class of density: for segments that end
 * with cleanup, with significance propagation, with refinement.
 */
const PERCENT: readonly (readonly number[])[] = /* @__PURE__ */ [
  [96, 81, 62, 58, 46, 38, 31, 25, 20, 16, 13, 11, 9, 8, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4],
  [83, 73, 65, 49, 41, 36, 29, 22, 21, 16, 13, 11, 9, 8, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4],
  [100, 79, 63, 59, 46, 36, 35, 25, 20, 16, 13, 11, 9, 8, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4],
  [88, 79, 54, 44, 41, 26, 26, 26, 17, 14, 12, 10, 8, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4],
  [72, 60, 54, 35, 25, 24, 15, 11, 10, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [100, 62, 46, 42, 25, 15, 14, 8, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [88, 79, 53, 45, 40, 26, 18, 16, 10, 7, 7, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [75, 67, 60, 39, 29, 27, 17, 13, 12, 8, 8, 8, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [96, 64, 55, 49, 31, 20, 19, 11, 11, 10, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [100, 97, 61, 54, 49, 32, 26, 23, 15, 11, 10, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [78, 73, 65, 45, 38, 35, 21, 15, 14, 9, 8, 7, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [94, 66, 61, 54, 36, 26, 25, 15, 11, 10, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
  [100, 92, 68, 65, 57, 41, 36, 32, 20, 15, 14, 9, 7, 6, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3],
  [84, 82, 72, 52, 48, 42, 28, 22, 20, 13, 10, 9, 6, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3],
  [90, 70, 67, 59, 42, 37, 32, 22, 18, 17, 11, 9, 8, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4],
  [100, 88, 77, 76, 66, 53, 51, 45, 33, 30, 26, 18, 16, 14, 9, 7, 7, 4, 3, 3, 2, 2, 2, 2],
  [96, 96, 81, 72, 71, 61, 48, 46, 40, 29, 25, 22, 15, 12, 11, 7, 5, 5, 3, 3, 3, 3, 3, 3],
  [88, 78, 78, 66, 56, 56, 45, 36, 35, 27, 20, 16, 13, 11, 9, 8, 7, 6, 5, 4, 4, 4, 4, 4],
  [100, 88, 86, 86, 74, 71, 71, 60, 55, 55, 47, 38, 38, 33, 24, 21, 19, 12, 10, 9, 6, 6, 6, 4],
  [100, 100, 86, 85, 85, 72, 69, 69, 59, 53, 53, 45, 37, 36, 31, 23, 20, 18, 12, 10, 9, 6, 5, 5],
  [88, 88, 88, 76, 75, 75, 66, 64, 63, 55, 52, 50, 42, 40, 36, 30, 26, 19, 15, 12, 10, 8, 7, 6],
];

/**
 * Bytes of a segment of `length` bytes that hold its first `n` of `passes` passes, rather more than they need. The segment begins with
 * pass `first` of its code-block, which has `samples` coefficients.
 */
export function estimatedEnd(n: number, passes: number, first: number, length: number, samples: number): number {
  if (n >= passes) return length;
  // segments of bypass are so short that nothing is known of their inside but the end
  if (first > 0) return length;
  let left = passes - n;
  let held = length;
  while (left >= 3 && 8 * held > NOISE * samples) {
    held -= samples >> 3;
    left -= 3;
  }
  if (left === 0) return Math.min(length, held + MARGIN);
  const density = (8 * held) / samples;
  let row = 0;
  while (row < DENSITIES.length && density >= DENSITIES[row]) row++;
  const last = (passes - (passes - n - left) - 1) % 3;
  const percent = PERCENT[3 * row + last][Math.min(left, MOST_PASSES) - 1];
  return Math.min(length, Math.ceil((held * percent) / 100) + MARGIN);
}

/** The decoder reads a little ahead of the decisions it has made (15444-1 C.3.4). */
const MARGIN = 4;

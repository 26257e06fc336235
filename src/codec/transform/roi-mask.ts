/**
 * Which coefficients a region of interest needs (15444-1 H.3): all whose basis functions reach into it.
 *
 * A low-pass coefficient at coordinate 2n touches samples 2n - R to 2n + R, a high-pass one at 2n + 1 likewise with its own R. So a
 * mask of the picture becomes one of coefficients by widening it along a line, for both axes in turn, level by level.
 */

/** Reach of the synthesis filters to either side: low-pass and high-pass, 5/3 (H.3.2) and 9/7 (H.3.3). */
const REACH_53 = [1, 2] as const;
const REACH_97 = [3, 4] as const;

/** A mask of one level: not 0 where a sample is needed. */
export interface LevelMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The mask of coefficients for a mask of samples, arranged as analysis leaves a plane: on each axis low-pass coordinates first.
 * `x0` and `y0` are the coordinates of the first sample, whose parity decides which those are.
 */
export function coefficientMask(mask: LevelMask, x0: number, y0: number, reversible: boolean): LevelMask {
  const { width, height } = mask;
  const reach = reversible ? REACH_53 : REACH_97;
  const rows = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) widen(mask.data, y * width, 1, width, x0 & 1, reach, rows, y * width);
  const data = new Uint8Array(width * height);
  for (let x = 0; x < width; x++) widen(rows, x, width, height, y0 & 1, reach, data, x);
  return { width, height, data };
}

/** One line: `n` samples of `mask`, `step` apart, to `out` with the low-pass ones in front. */
function widen(
  mask: Uint8Array,
  from: number,
  step: number,
  n: number,
  parity: number,
  reach: readonly [number, number],
  out: Uint8Array,
  to: number,
): void {
  const numLow = (n + 1 - parity) >> 1;
  for (let k = 0; k < n; k++) {
    const isHigh = (k + parity) & 1;
    const r = reach[isHigh];
    let any = 0;
    for (let i = Math.max(0, k - r); i <= Math.min(n - 1, k + r); i++) any |= mask[from + i * step];
    const place = isHigh ? numLow + ((k - (1 - parity)) >> 1) : (k - parity) >> 1;
    out[to + place * step] = any === 0 ? 0 : 1;
  }
}

/** The low-pass quarter of a coefficient mask: the mask of the next level. */
export function lowPassMask(mask: LevelMask, x0: number, y0: number): LevelMask {
  const width = (mask.width + 1 - (x0 & 1)) >> 1;
  const height = (mask.height + 1 - (y0 & 1)) >> 1;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) data.set(mask.data.subarray(y * mask.width, y * mask.width + width), y * width);
  return { width, height, data };
}

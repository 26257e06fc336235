/**
 * The passes of a code-block at which it pays to stop: the upper convex hull of gain over length (15444-1 J.14).
 *
 * Between two neighbours of the hull no truncation is on the best curve of any sum of code-blocks, so rate control looks at no other.
 */
import type { CodedBlock } from './block-jobs.ts';

/** Slopes 2^-64 .. 2^192 have a code, 256 to an octave; finer than any decision needs, and they sort as integers. */
const SLOPE_OFFSET = 64;
const SLOPE_STEPS = 256;
/** The code of the largest slope. 0 stands for no slope at all. */
export const MAX_SLOPE_CODE = 65535;

/** The code of a slope. */
export function slopeCodeOf(slope: number): number {
  if (!(slope > 0)) return 0;
  return Math.max(1, Math.min(MAX_SLOPE_CODE, Math.round(SLOPE_STEPS * (Math.log2(slope) + SLOPE_OFFSET))));
}

/** The slope that a code stands for. */
export function slopeOf(code: number): number {
  return code === 0 ? 0 : 2 ** (code / SLOPE_STEPS - SLOPE_OFFSET);
}

/** Finds hulls, one after another, in memory of its own. */
export class ConvexHull {
  /** Points of the hull found last. */
  length = 0;
  /** By point: index of the pass, bytes up to its end, code of the slope of the stretch that ends there. Slopes fall. */
  readonly passes = new Int32Array(256);
  readonly bytes = new Float64Array(256);
  readonly slopes = new Int32Array(256);
  /** By point: squared error that the passes after it take away, negated. */
  private readonly gains = new Float64Array(256);
  /** The same by pass. */
  private readonly passGains = new Float64Array(256);

  /**
   * The hull of a code-block. `weight` turns its distortions into squared error of the picture.
   *
   * Gains are counted from the last pass, where they are 0. The shift of a region of interest makes its errors so much larger than those
   * of the background that sums from the first pass would have no digits left for the last ones.
   */
  find({ numPasses, passLengths, passDistortions }: CodedBlock, weight: number): void {
    const { passes, bytes, gains, passGains, slopes } = this;
    let nothing = 0;
    for (let k = numPasses - 1; k >= 0; k--) {
      passGains[k] = nothing;
      nothing -= passDistortions[k];
    }
    let n = 0;
    for (let k = 0; k < numPasses; k++) {
      const gain = passGains[k];
      if (gain <= (n > 0 ? gains[n - 1] : nothing)) continue;
      const length = passLengths[k];
      // a point below the line between its neighbours goes, and so does one that costs as much as its successor
      while (n > 0) {
        const previousBytes = n > 1 ? bytes[n - 2] : 0;
        const previousGain = n > 1 ? gains[n - 2] : nothing;
        const rise = (gains[n - 1] - previousGain) * (length - bytes[n - 1]);
        if ((gain - gains[n - 1]) * (bytes[n - 1] - previousBytes) < rise) break;
        n--;
      }
      passes[n] = k;
      bytes[n] = length;
      gains[n++] = gain;
    }
    this.length = n;
    let most = MAX_SLOPE_CODE;
    for (let k = 0; k < n; k++) {
      const rise = gains[k] - (k > 0 ? gains[k - 1] : nothing);
      const slope = (rise * weight) / (bytes[k] - (k > 0 ? bytes[k - 1] : 0));
      most = Math.min(most, slopeCodeOf(slope));
      slopes[k] = most;
    }
  }
}

/** How many bytes there are at each slope, over many code-blocks. */
export class SlopeHistogram {
  /** By slope code. */
  readonly bytes = new Float64Array(MAX_SLOPE_CODE + 1);
  /** Squared error that is left when every pass is in. */
  residual = 0;

  /** Takes in `bytes` at a slope. */
  add(code: number, bytes: number): void {
    this.bytes[code] += bytes;
  }

  /** Takes in the points of a hull, so many times. */
  addHull(hull: ConvexHull, times: number): void {
    for (let k = 0; k < hull.length; k++) {
      this.bytes[hull.slopes[k]] += times * (hull.bytes[k] - (k > 0 ? hull.bytes[k - 1] : 0));
    }
  }

  /** The lowest code above which, itself included, there are no more than so many bytes, counting each `scale` times. */
  codeForBytes(most: number, scale: number): number {
    let sum = 0;
    let code = MAX_SLOPE_CODE + 1;
    while (code > 1) {
      sum += this.bytes[code - 1] * scale;
      if (sum > most) break;
      code--;
    }
    return code;
  }

  /** The highest code that leaves no more than so much error when everything of at least its slope is in. */
  codeForDistortion(most: number, scale: number): number {
    let left = this.residual * scale;
    for (let code = 1; code <= MAX_SLOPE_CODE; code++) {
      left += this.bytes[code] * slopeOf(code) * scale;
      if (left > most) return code;
    }
    return MAX_SLOPE_CODE;
  }
}

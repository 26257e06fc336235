/**
 * A size shared out over tiles that have not all come yet.
 *
 * The passes of all tiles so far say how many bytes any slope costs. Supposing that the rest of the picture is like them, the slope
 * for the next tiles is the one at which what is left of the size would just do. Whatever was spent too much or too little is made
 * up for by what comes after, and the last tiles get exactly what is left.
 */
import { type CodedTile, MAX_SLOPE_CODE } from './coded-tile.ts';
import type { Overhead } from './overhead.ts';

/** Follows the size of a file while it is written. */
export class RunningSlope {
  /** The size of the whole file. */
  readonly budget: number;
  private readonly points: number;
  private readonly bytes = new Float64Array(MAX_SLOPE_CODE + 1);
  private seen = 0;

  constructor(budget: number, points: number) {
    this.budget = budget;
    this.points = points;
  }

  /**
   * What the next tiles may have. `points` is their area, `left` what they and all that follow may take, not counting the least that
   * those need in any case.
   */
  next(
    tiles: readonly CodedTile[],
    points: number,
    left: number,
    overhead: Overhead,
    isLast: boolean,
  ): { kind: 'slope'; slopeCode: number; bytes: number } | { kind: 'bytes'; bytes: number } {
    const remaining = this.points - this.seen;
    for (const coded of tiles) this.add(coded);
    this.seen += points;
    if (isLast) return { kind: 'bytes', bytes: left };
    const scale = remaining / this.seen;
    const body = left - overhead.fixed;
    let slopeCode = MAX_SLOPE_CODE;
    let sum = 0;
    while (slopeCode > 1) {
      sum += this.bytes[slopeCode - 1] * scale;
      if (sum > body) break;
      slopeCode--;
    }
    // nobody may take more than three times his share, so that the last tiles are not left with nothing
    return { kind: 'slope', slopeCode, bytes: Math.min(left, overhead.fixed + (3 * body * points) / remaining) };
  }

  private add({ firstPass, passLengths, passSlopes, numBlocks }: CodedTile): void {
    for (let b = 0; b < numBlocks; b++) {
      let length = 0;
      for (let k = firstPass[b]; k < firstPass[b + 1]; k++) {
        const code = passSlopes[k];
        if (code === 0) continue;
        this.bytes[code] += passLengths[k] - length;
        length = passLengths[k];
      }
    }
  }
}

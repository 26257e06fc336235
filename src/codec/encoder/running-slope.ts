/**
 * A size shared out over tiles that have not all come yet.
 *
 * The passes of all tiles so far say how many bytes any slope costs. Supposing that the rest of the picture is like them, the slope
 * for the next tiles is the one at which what is left of the size would just do. Whatever was spent too much or too little is made
 * up for by what comes after, and the last tiles get exactly what is left.
 */
import { addPasses, type CodedTile } from './coded-tile.ts';
import { SlopeHistogram } from './convex-hull.ts';
import type { Overhead } from './overhead.ts';

/** Follows the size of a file while it is written. */
export class RunningSlope {
  /** The size of the whole file. */
  readonly budget: number;
  /** The slope that was chosen last; 0 before there was one. */
  slopeCode = 0;
  private readonly points: number;
  private readonly histogram = new SlopeHistogram();
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
    for (const coded of tiles) addPasses(coded, this.histogram);
    this.seen += points;
    if (isLast) return { kind: 'bytes', bytes: left };
    const body = left - overhead.fixed;
    this.slopeCode = this.histogram.codeForBytes(body, remaining / this.seen);
    // nobody may take more than three times his share, so that the last tiles are not left with nothing
    return {
      kind: 'slope',
      slopeCode: this.slopeCode,
      bytes: Math.min(left, overhead.fixed + (3 * body * points) / remaining),
    };
  }
}

/**
 * A tile of high-throughput code-blocks of which each has been given its plane (15444-15 B.1).
 *
 * Rate control chooses among sets of passes, one for each bit-plane, as if they were the passes of classic code-blocks. What it chose is
 * then one set: a cleanup pass, and perhaps refinement. Seen so, a code-block is coded as others are, a pass after another, with missing
 * bit-planes down to its plane; and layers can be made of it.
 */
import type { TileGeometry } from '../geometry/tile.ts';
import { NO_VALUE } from '../tier2/precinct-writer.ts';
import type { CodedPasses, CodedPrecinct, CodedTile } from './coded-tile.ts';
import { slopeCodeOf, slopeOf } from './convex-hull.ts';

/** What was chosen of a coded tile. Bytes are those of the tile, wherever they are at the time. */
export class ChosenPlanes implements CodedPasses {
  readonly geometry: TileGeometry;
  readonly precincts: readonly CodedPrecinct[];
  readonly numBlocks: number;
  readonly zeroBitPlanes: Uint8Array;
  readonly firstPass: Int32Array;
  readonly passLengths: Uint16Array;
  readonly passSlopes: Uint16Array;
  readonly dataStart: Float64Array;
  readonly residual: number;
  private readonly tile: CodedTile;

  /** `passes`: how many of each code-block, counted as in the tile. */
  constructor(tile: CodedTile, passes: Uint8Array) {
    const { numBlocks } = tile;
    this.tile = tile;
    this.geometry = tile.geometry;
    this.precincts = tile.precincts;
    this.numBlocks = numBlocks;
    this.zeroBitPlanes = new Uint8Array(numBlocks).fill(NO_VALUE);
    this.firstPass = new Int32Array(numBlocks + 1);
    this.passLengths = new Uint16Array(3 * numBlocks);
    this.passSlopes = new Uint16Array(3 * numBlocks);
    this.dataStart = new Float64Array(numBlocks);
    let residual = tile.residual;
    for (let b = 0; b < numBlocks; b++) {
      const to = this.firstPass[b];
      this.firstPass[b + 1] = to + this.choose(b, passes[b], to);
      residual += leftOut(tile, b, passes[b]);
    }
    this.residual = residual;
  }

  get data(): Uint8Array | undefined {
    return this.tile.data;
  }

  /** Takes the set that pass `count - 1` of code-block b belongs to; the number of its passes. */
  private choose(b: number, count: number, to: number): number {
    if (count === 0) return 0;
    const { tile } = this;
    const from = tile.firstPass[b];
    const set = Math.floor((count - 1) / 3);
    const first = from + 3 * set;
    let numPasses = count - 3 * set;
    // a pass without bytes is none: the coder does not refine
    while (numPasses > 1 && tile.passLengths[first + numPasses - 1] === tile.passLengths[first + numPasses - 2])
      numPasses--;
    let start = tile.dataStart[b];
    // a set is as long as its last pass says, and all but the last have three
    for (let k = 0; k < set; k++) start += tile.passLengths[from + 3 * k + 2];
    this.dataStart[b] = start;
    this.zeroBitPlanes[b] = tile.zeroBitPlanes[b] + set;
    // between two points of the hull what a pass gains is taken to grow with its bytes
    let gain = 0;
    let length = 0;
    for (let k = from; length < tile.passLengths[first] && k < tile.firstPass[b + 1]; k++) {
      if (tile.passSlopes[k] === 0) continue;
      gain += slopeOf(tile.passSlopes[k]) * (Math.min(tile.passLengths[k], tile.passLengths[first]) - length);
      length = tile.passLengths[k];
    }
    // the cleanup pass brings all that its set and those before it gain
    let most = Math.max(1, slopeCodeOf(gain / tile.passLengths[first]));
    this.passLengths[to] = tile.passLengths[first];
    this.passSlopes[to] = most;
    for (let k = 1; k < numPasses; k++) {
      const slope = tile.passSlopes[first + k];
      if (slope > 0) most = Math.min(most, slope);
      this.passLengths[to + k] = tile.passLengths[first + k];
      this.passSlopes[to + k] = slope === 0 ? 0 : most;
    }
    return numPasses;
  }
}

/** Squared error that passes from the one numbered `count` on would take away. */
function leftOut({ firstPass, passLengths, passSlopes }: CodedTile, b: number, count: number): number {
  let sum = 0;
  let length = 0;
  for (let k = firstPass[b]; k < firstPass[b + 1]; k++) {
    if (passSlopes[k] === 0) continue;
    if (k - firstPass[b] >= count) sum += slopeOf(passSlopes[k]) * (passLengths[k] - length);
    length = passLengths[k];
  }
  return sum;
}

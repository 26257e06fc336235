/**
 * What the block coder made of a tile: for each code-block its bytes, and for each coding pass where it ends and what it is worth.
 *
 * Nothing here is an object by code-block: a picture of 30 000 x 30 000 samples has two thirds of a million of them.
 */
import { numPrecinctsOf, type PrecinctGeometry, precinctGeometry } from '../geometry/tile-component.ts';
import type { TileGeometry } from '../geometry/tile.ts';
import { NO_VALUE } from '../tier2/precinct-writer.ts';
import type { CodedBlock } from './block-jobs.ts';
import type { ConvexHull, SlopeHistogram } from './convex-hull.ts';

/** One precinct of a tile and where its code-blocks begin among the tile's. */
export interface CodedPrecinct {
  readonly component: number;
  readonly resolution: number;
  readonly precinct: number;
  readonly geometry: PrecinctGeometry;
  readonly firstBlock: number;
}

/** Coded code-blocks of a tile, numbered by component, resolution level, precinct and within the precinct, and where they can be cut. */
export interface CodedPasses {
  readonly geometry: TileGeometry;
  readonly precincts: readonly CodedPrecinct[];
  readonly numBlocks: number;
  /** Missing bit-planes by code-block, `NO_VALUE` where it has only zeros. */
  readonly zeroBitPlanes: Uint8Array;
  /** Passes of block b are `firstPass[b] .. firstPass[b + 1]` in the two lists below. */
  readonly firstPass: Int32Array;
  /** Bytes from the start of the code-block to the end of the pass. */
  readonly passLengths: Uint16Array;
  /** Code of the slope of distortion over length on the convex hull, 0 off it; falls from pass to pass. */
  readonly passSlopes: Uint16Array;
  /** Where the bytes of block b begin in {@link data}. */
  readonly dataStart: Float64Array;
  /** Bytes of all code-blocks; undefined while they are away in a spill store. */
  readonly data: Uint8Array | undefined;
  /** Weighted squared error that remains when every pass is in. */
  readonly residual: number;
}

/** Adds the passes that are on a hull, and what is left after them, to a histogram. */
export function addPasses(
  { numBlocks, firstPass, passLengths, passSlopes, residual }: CodedPasses,
  histogram: SlopeHistogram,
): void {
  for (let b = 0; b < numBlocks; b++) {
    let length = 0;
    for (let k = firstPass[b]; k < firstPass[b + 1]; k++) {
      if (passSlopes[k] === 0) continue;
      histogram.add(passSlopes[k], passLengths[k] - length);
      length = passLengths[k];
    }
  }
  histogram.residual += residual;
}

/**
 * A tile whose code-blocks have been coded. Those of high throughput that can be cut have one set of passes after another, each of
 * three but for the last; lengths are then those of a set up to a pass.
 */
export class CodedTile implements CodedPasses {
  readonly geometry: TileGeometry;
  readonly precincts: readonly CodedPrecinct[];
  readonly numBlocks: number;
  readonly zeroBitPlanes: Uint8Array;
  readonly firstPass: Int32Array;
  passLengths: Uint16Array;
  passSlopes: Uint16Array;
  /** Where the bytes of block b begin in {@link data}; one more at the end. */
  readonly dataStart: Float64Array;
  /** Bytes of all code-blocks; undefined while they are away in a spill store. */
  data: Uint8Array | undefined;
  /** Weighted squared error that remains when every pass is in. */
  residual = 0;
  private blocks = 0;
  /** Slope below which bit-planes may have been left out. */
  readonly stopSlope: number;

  constructor(geometry: TileGeometry, stopSlope = 0) {
    this.stopSlope = stopSlope;
    this.geometry = geometry;
    const precincts: CodedPrecinct[] = [];
    let firstBlock = 0;
    for (const { component, geometry: g } of geometry.components) {
      for (const level of g.resolutions) {
        const count = numPrecinctsOf(level);
        for (let precinct = 0; precinct < count; precinct++) {
          const one = precinctGeometry(level, precinct);
          precincts.push({ component, resolution: level.r, precinct, geometry: one, firstBlock });
          firstBlock += one.numBlocks;
        }
      }
    }
    this.precincts = precincts;
    this.numBlocks = firstBlock;
    this.zeroBitPlanes = new Uint8Array(firstBlock);
    this.firstPass = new Int32Array(firstBlock + 1);
    this.dataStart = new Float64Array(firstBlock + 1);
    this.passLengths = new Uint16Array(16 * firstBlock);
    this.passSlopes = new Uint16Array(16 * firstBlock);
    this.data = new Uint8Array(512 * firstBlock);
  }

  /** Takes in the next code-block. `mb` is M_b with any shift. */
  add(coded: CodedBlock, mb: number, hull: ConvexHull): void {
    const b = this.blocks++;
    const { numPasses, dataLength, passLengths } = coded;
    this.zeroBitPlanes[b] = coded.bitPlanes === 0 ? NO_VALUE : mb - coded.bitPlanes;
    const from = this.firstPass[b];
    this.firstPass[b + 1] = from + numPasses;
    if (from + numPasses > this.passLengths.length) this.growPasses(from + numPasses);
    for (let k = 0; k < numPasses; k++) this.passLengths[from + k] = passLengths[k];
    this.passSlopes.fill(0, from, from + numPasses);
    for (let k = 0; k < hull.length; k++) this.passSlopes[from + hull.passes[k]] = hull.slopes[k];
    const start = this.dataStart[b];
    this.dataStart[b + 1] = start + dataLength;
    let data = this.data!;
    if (start + dataLength > data.length) {
      data = new Uint8Array(Math.max(start + dataLength, Math.ceil(data.length * 1.5)));
      data.set(this.data!.subarray(0, start));
      this.data = data;
    }
    data.set(dataLength === coded.data.length ? coded.data : coded.data.subarray(0, dataLength), start);
  }

  /** Gives back what was allocated too much. */
  finish(): void {
    const passes = this.firstPass[this.numBlocks];
    this.passLengths = this.passLengths.slice(0, passes);
    this.passSlopes = this.passSlopes.slice(0, passes);
    this.data = this.data!.slice(0, this.numBytes);
  }

  /** Bytes of all code-blocks. */
  get numBytes(): number {
    return this.dataStart[this.numBlocks];
  }

  private growPasses(least: number): void {
    const length = Math.max(least, Math.ceil(this.passLengths.length * 1.5));
    const lengths = new Uint16Array(length);
    lengths.set(this.passLengths);
    this.passLengths = lengths;
    const slopes = new Uint16Array(length);
    slopes.set(this.passSlopes);
    this.passSlopes = slopes;
  }
}

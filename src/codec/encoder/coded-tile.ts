/**
 * What the block coder made of a tile: for each code-block its bytes, and for each coding pass where it ends and what it is worth.
 *
 * Nothing here is an object by code-block: a picture of 30 000 x 30 000 samples has two thirds of a million of them. Slopes are
 * kept as 16-bit logarithms, 256 steps to an octave, which is finer than any decision needs and sorts as integers.
 */
import { numPrecinctsOf, type PrecinctGeometry, precinctGeometry } from '../geometry/tile-component.ts';
import type { TileGeometry } from '../geometry/tile.ts';
import { NO_VALUE } from '../tier2/precinct-writer.ts';
import type { CodedBlock } from './block-jobs.ts';

/** One precinct of a tile and where its code-blocks begin among the tile's. */
export interface CodedPrecinct {
  readonly component: number;
  readonly resolution: number;
  readonly precinct: number;
  readonly geometry: PrecinctGeometry;
  readonly firstBlock: number;
}

/** Slopes 2^-64 .. 2^192 have a code; 0 means that no layer ends with this pass. */
const SLOPE_OFFSET = 64;
const SLOPE_STEPS = 256;
/** The code of the largest slope. */
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

/** A tile whose code-blocks have been coded. They are numbered by component, resolution level, precinct and within the precinct. */
export class CodedTile {
  readonly geometry: TileGeometry;
  readonly precincts: readonly CodedPrecinct[];
  readonly numBlocks: number;
  /** Missing bit-planes by code-block, `NO_VALUE` where it has only zeros. */
  readonly zeroBitPlanes: Uint8Array;
  /** Passes of block b are `firstPass[b] .. firstPass[b + 1]` in the two lists below. */
  readonly firstPass: Int32Array;
  /** Bytes from the start of the code-block to the end of the pass. */
  passLengths: Uint16Array;
  /** Code of the slope of distortion over length on the convex hull, 0 off it; falls from pass to pass. */
  passSlopes: Uint16Array;
  /** Where the bytes of block b begin in {@link data}; one more at the end. */
  readonly dataStart: Float64Array;
  /** Bytes of all code-blocks; undefined while they are away in a spill store. */
  data: Uint8Array | undefined;
  /** Weighted squared error that remains when every pass is in. */
  residual = 0;
  private blocks = 0;
  private hullLength = new Float64Array(256);
  private hullGain = new Float64Array(256);
  private hullPass = new Int32Array(256);

  constructor(geometry: TileGeometry) {
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

  /** Takes in the next code-block. `weight` turns its distortions into squared error of the picture; `mb` is M_b with any shift. */
  add(coded: CodedBlock, mb: number, weight: number): void {
    const b = this.blocks++;
    const { numPasses, dataLength, passLengths } = coded;
    this.zeroBitPlanes[b] = coded.bitPlanes === 0 ? NO_VALUE : mb - coded.bitPlanes;
    const from = this.firstPass[b];
    this.firstPass[b + 1] = from + numPasses;
    if (from + numPasses > this.passLengths.length) this.growPasses(from + numPasses);
    for (let k = 0; k < numPasses; k++) this.passLengths[from + k] = passLengths[k];
    this.findHull(coded, from, weight);
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

  /**
   * Upper convex hull of the code-block's distortion over its length: the passes at which it pays to stop, with the slope of the
   * stretch that ends there. Between two of them no truncation is on the best curve of any sum of blocks.
   */
  private findHull(coded: CodedBlock, from: number, weight: number): void {
    const { numPasses, passLengths, passDistortions } = coded;
    const { hullLength, hullGain, hullPass } = this;
    let n = 0;
    let gain = 0;
    for (let k = 0; k < numPasses; k++) {
      gain += passDistortions[k];
      const length = passLengths[k];
      // a point below the line of its neighbours goes, and so does one that costs as much as its successor
      let lengthBefore = 0;
      let gainBefore = 0;
      let better = true;
      for (;;) {
        lengthBefore = n > 0 ? hullLength[n - 1] : 0;
        gainBefore = n > 0 ? hullGain[n - 1] : 0;
        if (gain <= gainBefore) {
          better = false;
          break;
        }
        if (n === 0) break;
        const previousLength = n > 1 ? hullLength[n - 2] : 0;
        const previousGain = n > 1 ? hullGain[n - 2] : 0;
        const slopeBefore = (gainBefore - previousGain) * (length - lengthBefore);
        const slope = (gain - gainBefore) * (lengthBefore - previousLength);
        if (slope < slopeBefore) break;
        n--;
      }
      if (!better) continue;
      hullLength[n] = length;
      hullGain[n] = gain;
      hullPass[n] = k;
      n++;
    }
    this.passSlopes.fill(0, from, from + numPasses);
    let length = 0;
    gain = 0;
    let most = MAX_SLOPE_CODE;
    for (let k = 0; k < n; k++) {
      const slope = ((hullGain[k] - gain) * weight) / (hullLength[k] - length);
      most = Math.min(most, slopeCodeOf(slope));
      this.passSlopes[from + hullPass[k]] = most;
      length = hullLength[k];
      gain = hullGain[k];
    }
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

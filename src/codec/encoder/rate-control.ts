/**
 * Post-compression rate-distortion optimisation: which coding passes go into which quality layer (15444-1 J.14).
 *
 * Every code-block offers points on its convex hull, each with a slope: the squared error that one more byte takes away. For a given
 * threshold all passes above it go in, and no other choice of the same size has less error. So a layer is a threshold, found by
 * bisection; sizes are exact, because the packet headers are written each time. Blocks whose passes have just the slope of the
 * threshold go in up to some block, and what then is left of the budget is given away pass by pass.
 */
import { PacketBitWriter } from '../bits/packet-bit-writer.ts';
import { usage } from '../errors.ts';
import type { Work } from '../executor.ts';
import { PrecinctWriter } from '../tier2/precinct-writer.ts';
import { addPasses, type CodedPasses } from './coded-tile.ts';
import { MAX_SLOPE_CODE, SlopeHistogram, slopeOf } from './convex-hull.ts';
import { ContentsBuffer, LayeredTile } from './layered-tile.ts';
import type { Overhead } from './overhead.ts';

/** What a layer has to be. */
export type LayerTarget =
  | { readonly kind: 'everything' }
  /** At most so many bytes of file; with `least`, what is empty is all right even when it is more. */
  | { readonly kind: 'bytes'; readonly bytes: number; readonly least?: boolean }
  /** The passes of this slope code and above, but at most so many bytes. */
  | { readonly kind: 'slope'; readonly slopeCode: number; readonly bytes: number }
  /** At most so much weighted squared error; with `trim` no less than that either, which only makes sense when somebody measures. */
  | { readonly kind: 'distortion'; readonly distortion: number; readonly trim?: boolean };

/** A layer as it came out. */
export interface LayerCut {
  /** Bytes of the file up to this layer. */
  readonly bytes: number;
  /** Code of the slope threshold; 0 when everything is in that is worth anything. */
  readonly slopeCode: number;
  /** Estimated weighted squared error that is left. */
  readonly distortion: number;
}

/** Passes of slope code above `slope` are in, those of just this code in the code-blocks below `limit`. */
interface Threshold {
  readonly slope: number;
  readonly limit: number;
  /** Of the code-block with the number `limit` so many passes are in, whatever their slope. */
  readonly partial?: number;
}

/** Everything, also what is on no hull. */
const EVERYTHING: Threshold = { slope: -1, limit: 0 };

/** Trials of a search that are chosen by the sizes of packet bodies, before the interval is halved. */
const MOST_GUESSES = 12;

/** Precincts between two yields. */
const PRECINCTS_AT_ONCE = 64;

/** A budget that is so nearly used up is not searched for more. */
const CLOSE_ENOUGH = 24;

/** Up to so many code-blocks all may fill a gap, beyond that those whose next slope is within an octave of the threshold. */
const FEW_BLOCKS = 4096;
const NEAR_SLOPES = 256;

/** One tile in the course of the allocation. */
interface TileState {
  readonly coded: CodedPasses;
  /** Number of its first code-block among all. */
  readonly base: number;
  readonly writers: PrecinctWriter[];
  /** Passes in the layers that are settled, and in the one that is tried. */
  before: Uint8Array;
  after: Uint8Array;
  readonly layers: Uint8Array[];
}

/** Shares out the passes of a picture. */
export class RateControl {
  readonly cuts: LayerCut[] = [];
  private readonly tiles: TileState[];
  private readonly style: number;
  private readonly overhead: Overhead;
  private readonly numBlocks: number;
  private readonly histogram = new SlopeHistogram();
  private readonly bits = new PacketBitWriter(4096);
  private readonly contents = new ContentsBuffer();
  /** Bytes of the layers that are settled, headers of the file included. */
  private settled: number;
  /** What the size was more than packet bodies at the last trial. */
  private headerBytes = 0;

  constructor(tiles: readonly CodedPasses[], style: number, overhead: Overhead) {
    let base = 0;
    this.tiles = tiles.map((coded) => {
      const state: TileState = {
        coded,
        base,
        writers: coded.precincts.map(({ geometry, firstBlock }) => {
          const end = firstBlock + geometry.numBlocks;
          return new PrecinctWriter(geometry, coded.zeroBitPlanes.subarray(firstBlock, end));
        }),
        before: new Uint8Array(coded.numBlocks),
        after: new Uint8Array(coded.numBlocks),
        layers: [],
      };
      base += coded.numBlocks;
      addPasses(coded, this.histogram);
      return state;
    });
    this.numBlocks = base;
    this.style = style;
    this.overhead = overhead;
    this.settled = overhead.fixed;
  }

  /** Size with nothing in. */
  *sizeOfNothing(): Work<number> {
    return yield* this.sizeAt({ slope: MAX_SLOPE_CODE + 1, limit: 0 });
  }

  /** Settles the next layer. */
  *addLayer(target: LayerTarget): Work<LayerCut> {
    let threshold = EVERYTHING;
    let size: number | undefined;
    if (target.kind === 'slope') {
      threshold = { slope: target.slopeCode, limit: this.numBlocks };
      size = yield* this.sizeAt(threshold);
    }
    if (target.kind === 'bytes' || (target.kind === 'slope' && size! > target.bytes)) {
      size = yield* this.sizeAt(EVERYTHING);
      if (size > target.bytes) {
        threshold = yield* this.thresholdOfSize(target.bytes, size);
        size = yield* this.sizeAt(threshold);
        if (size > target.bytes && !(target.kind === 'bytes' && target.least)) {
          const layer = this.cuts.length;
          const taken =
            layer === 0 ? 'headers and empty packets take' : `with the layers below it layer ${layer} takes`;
          throw usage('rate-value', `${Math.floor(target.bytes)} bytes are too few: ${taken} ${size}`);
        }
        if (target.bytes - size > CLOSE_ENOUGH) size = yield* this.fillUp(target.bytes, size, threshold.slope);
      } else threshold = EVERYTHING;
    } else if (target.kind === 'distortion') {
      threshold = this.thresholdOfDistortion(target.distortion);
      this.apply(threshold);
      if (target.trim && this.numBlocks <= FEW_BLOCKS) this.trim(target.distortion);
      size = yield* this.sizeOfAfter();
    }
    size ??= yield* this.sizeAt(threshold);
    return this.settle(threshold, size);
  }

  /** The tiles with their layers. */
  layered(eph: boolean): LayeredTile[] {
    return this.tiles.map(({ coded, layers }) => new LayeredTile(coded, layers, this.style, eph));
  }

  private settle(threshold: Threshold, size: number): LayerCut {
    let left = 0;
    for (const tile of this.tiles) {
      left += this.distortionLeft(tile);
      tile.layers.push(tile.after.slice());
      tile.before.set(tile.after);
      // the writers have just written this layer's headers
      for (const writer of tile.writers) writer.mark();
    }
    this.settled = size;
    const slopeCode = left === 0 ? 0 : Math.max(0, threshold.slope);
    const cut = { bytes: size, slopeCode, distortion: this.histogram.residual + left };
    this.cuts.push(cut);
    return cut;
  }

  /** Squared error of what is on the hull and not in; between two points of a hull it is taken to fall in a straight line. */
  private distortionLeft({ coded, after }: TileState): number {
    const { firstPass, passLengths, passSlopes, numBlocks } = coded;
    let sum = 0;
    for (let b = 0; b < numBlocks; b++) {
      const first = firstPass[b];
      const taken = after[b] > 0 ? passLengths[first + after[b] - 1] : 0;
      let length = 0;
      for (let k = first; k < firstPass[b + 1]; k++) {
        const code = passSlopes[k];
        if (code === 0) continue;
        if (k - first >= after[b]) sum += (passLengths[k] - Math.max(length, taken)) * slopeOf(code);
        length = passLengths[k];
      }
    }
    return sum;
  }

  /** Puts into `after` what a threshold lets in, never less than before. */
  private apply({ slope, limit, partial = 0 }: Threshold): void {
    for (const { coded, base, before, after } of this.tiles) {
      const { firstPass, passSlopes, numBlocks } = coded;
      for (let b = 0; b < numBlocks; b++) {
        const first = firstPass[b];
        let k = firstPass[b + 1];
        if (slope >= 0) {
          const least = base + b < limit ? slope : slope + 1;
          // slopes fall along the block, with zeros between them
          while (k > first && (passSlopes[k - 1] === 0 || passSlopes[k - 1] < least)) k--;
        }
        const passes = base + b === limit ? Math.max(partial, k - first) : k - first;
        after[b] = Math.max(before[b], passes);
      }
    }
  }

  private *sizeAt(threshold: Threshold): Work<number> {
    this.apply(threshold);
    return yield* this.sizeOfAfter();
  }

  /** Size of the file when the next layer brings every block to `after`. */
  private *sizeOfAfter(): Work<number> {
    let size = this.settled;
    for (const tile of this.tiles) {
      for (let p = 0; p < tile.writers.length; p++) {
        size += this.sizeOfPacket(tile, p);
        if (p % PRECINCTS_AT_ONCE === 0) yield;
      }
    }
    return size;
  }

  /** Size of the packet that brings the blocks of one precinct from `before` to `after`, with what surrounds it. */
  private sizeOfPacket({ coded, writers, before, after }: TileState, p: number): number {
    const { bits, contents } = this;
    contents.fill(coded, coded.precincts[p], this.style, before, after);
    bits.reset();
    writers[p].rewind();
    writers[p].writeHeader(bits, contents);
    const packet = this.overhead.perPacket + bits.length + contents.bodyLength;
    return packet + this.overhead.lengthLists * lengthBytes(packet);
  }

  /** The lowest threshold whose size is within a budget. The size of everything, which `after` says now, is not. */
  private *thresholdOfSize(budget: number, sizeNow: number): Work<Threshold> {
    this.headerBytes = sizeNow - this.bodyBytes();
    const slope = yield* this.lastThatFits(MAX_SLOPE_CODE, 0, budget, (at) => ({ slope: at, limit: 0 }));
    // of the passes with just that slope, as many as there is room for
    const limit = yield* this.lastThatFits(0, this.numBlocks + 1, budget, (at) => ({ slope, limit: at }));
    return { slope, limit };
  }

  /**
   * The last number on the way from one that fits to one that exceeds a budget whose threshold fits. Packet bodies are quickly added up,
   * and headers change little, so bodies with the headers of the last trial tell where to try next: two or three trials
   * instead of twenty.
   */
  private *lastThatFits(
    first: number,
    end: number,
    budget: number,
    thresholdAt: (n: number) => Threshold,
  ): Work<number> {
    let fits = first;
    let exceeds = end;
    for (let trial = 0; Math.abs(exceeds - fits) > 1; trial++) {
      let low = fits;
      let high = exceeds;
      let at = (low + high) >> 1;
      // sizes that do not grow as expected could make guesses endless
      if (trial < MOST_GUESSES) {
        while (Math.abs(high - low) > 1) {
          const middle = (low + high) >> 1;
          this.apply(thresholdAt(middle));
          if (this.bodyBytes() + this.headerBytes > budget) high = middle;
          else low = middle;
        }
        at = low === fits ? high : low;
      }
      const size = yield* this.sizeAt(thresholdAt(at));
      this.headerBytes = size - this.bodyBytes();
      if (size > budget) exceeds = at;
      else fits = at;
    }
    return fits;
  }

  /** Bytes of packet bodies when the next layer brings every block to `after`. */
  private bodyBytes(): number {
    let sum = 0;
    for (const { coded, before, after } of this.tiles) {
      const { firstPass, passLengths, numBlocks } = coded;
      for (let b = 0; b < numBlocks; b++) {
        if (after[b] === before[b]) continue;
        const first = firstPass[b] - 1;
        sum += passLengths[first + after[b]] - (before[b] > 0 ? passLengths[first + before[b]] : 0);
      }
    }
    return sum;
  }

  /** The highest threshold with no more error than is wanted. */
  private thresholdOfDistortion(wanted: number): Threshold {
    const slope = this.histogram.codeForDistortion(wanted, 1);
    let left = this.histogram.residual;
    for (let code = 1; code <= slope; code++) left += this.histogram.bytes[code] * slopeOf(code);
    return left > wanted ? this.upTo(slope, left - wanted) : { slope, limit: 0 };
  }

  /**
   * Takes so much error away by passes of just one slope code, code-block after code-block. The last one may stop between two points of
   * its hull: errors are taken to fall in a straight line there, which a trial with a decoder corrects.
   */
  private upTo(slope: number, error: number): Threshold {
    let left = error;
    for (const { coded, base } of this.tiles) {
      const { firstPass, passLengths, passSlopes, numBlocks } = coded;
      for (let b = 0; b < numBlocks; b++) {
        let length = 0;
        let next = firstPass[b];
        for (let k = firstPass[b]; k < firstPass[b + 1]; k++) {
          if (passSlopes[k] === 0) continue;
          if (passSlopes[k] === slope) {
            const gain = (passLengths[k] - length) * slopeOf(slope);
            if (gain >= left) {
              while (next < k && (passLengths[next] - length) * slopeOf(slope) < left) next++;
              return { slope, limit: base + b, partial: next + 1 - firstPass[b] };
            }
            left -= gain;
          }
          length = passLengths[k];
          next = k + 1;
        }
      }
    }
    return { slope, limit: this.numBlocks };
  }

  /**
   * Takes out passes one by one, the worst first, as long as the error stays within what is allowed. Where code-blocks are few, a
   * threshold alone would leave the error far below it.
   */
  private trim(allowed: number): void {
    let slack = allowed - this.histogram.residual;
    const candidates: { tile: TileState; block: number; slope: number }[] = [];
    for (const tile of this.tiles) {
      slack -= this.distortionLeft(tile);
      for (let block = 0; block < tile.coded.numBlocks; block++) {
        const slope = lastSlope(tile, block);
        if (slope > 0 && tile.after[block] > tile.before[block]) candidates.push({ tile, block, slope });
      }
    }
    candidates.sort((a, b) => a.slope - b.slope);
    for (const { tile, block, slope } of candidates) {
      const { firstPass, passLengths } = tile.coded;
      const last = firstPass[block] + tile.after[block] - 1;
      const before = tile.after[block] > 1 ? passLengths[last - 1] : 0;
      const loss = (passLengths[last] - before) * slopeOf(slope);
      if (loss > slack) continue;
      slack -= loss;
      tile.after[block]--;
    }
  }

  /**
   * Gives what is left of a budget to passes below the threshold that are small enough, the best first. Where code-blocks are few and
   * large, that is the difference between a promise of 1 % and one of 10 %.
   */
  private *fillUp(budget: number, sizeNow: number, slope: number): Work<number> {
    let size = sizeNow;
    const candidates: { tile: TileState; precinct: number; block: number; slope: number }[] = [];
    const worst = this.numBlocks > FEW_BLOCKS ? slope - NEAR_SLOPES : 0;
    for (const tile of this.tiles) {
      tile.coded.precincts.forEach(({ firstBlock, geometry }, precinct) => {
        for (let block = firstBlock; block < firstBlock + geometry.numBlocks; block++) {
          const next = nextSlope(tile, block);
          if (next !== undefined && next >= worst) candidates.push({ tile, precinct, block, slope: next });
        }
      });
    }
    candidates.sort((a, b) => b.slope - a.slope);
    for (const { tile, precinct, block } of candidates) {
      const gap = budget - size;
      if (gap <= CLOSE_ENOUGH) break;
      const { firstPass, passLengths } = tile.coded;
      const first = firstPass[block];
      const had = tile.after[block];
      const from = had > 0 ? passLengths[first + had - 1] : 0;
      let passes = firstPass[block + 1] - first;
      while (passes > had && passLengths[first + passes - 1] - from > gap) passes--;
      if (passes === had) continue;
      const old = this.sizeOfPacket(tile, precinct);
      tile.after[block] = passes;
      const grown = this.sizeOfPacket(tile, precinct) - old;
      if (grown <= gap) size += grown;
      else {
        tile.after[block] = had;
        this.sizeOfPacket(tile, precinct); // its writer has to have written what stays
      }
      yield;
    }
    return size;
  }
}

/** Slope of the stretch of a code-block's hull that its last pass lies in; 0 for a pass beyond the hull. */
function lastSlope({ coded, after }: TileState, block: number): number {
  const end = coded.firstPass[block + 1];
  let k = coded.firstPass[block] + after[block] - 1;
  if (after[block] === 0) return 0;
  while (k < end && coded.passSlopes[k] === 0) k++;
  return k < end ? coded.passSlopes[k] : 0;
}

/** Slope of the next point on a code-block's hull, 0 when only passes off the hull are left, undefined when none is. */
function nextSlope({ coded, after }: TileState, block: number): number | undefined {
  const end = coded.firstPass[block + 1];
  let k = coded.firstPass[block] + after[block];
  if (k >= end) return undefined;
  while (k < end && coded.passSlopes[k] === 0) k++;
  return k < end ? coded.passSlopes[k] : 0;
}

/** Bytes of a packet length in PLT or PLM (A.7.2). */
function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5;
}

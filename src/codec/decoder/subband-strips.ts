/**
 * The code-blocks of a subband of a window, decoded one row of them at a time (15444-1 Annexes D, E and H).
 */
import { pow2 } from '../bits/int-math.ts';
import { CLASSIC_STYLES } from '../codestream/cod.ts';
import { unsupported } from '../errors.ts';
import type { Work } from '../executor.ts';
import { clip, type Interval, lengthOf } from '../geometry/axis.ts';
import type { PrecinctBand, ResolutionGeometry, SubbandGeometry } from '../geometry/tile-component.ts';
import { inverseMaxshift } from '../transform/roi-maxshift.ts';
import type { StripArea } from '../block-pool.ts';
import type { FinishedBlock } from './block-cache.ts';
import type { DecodeContext } from './decode-context.ts';
import type { LevelPrecincts, PrecinctRow } from './level-precincts.ts';
import type { StripMemory } from './strip-memory.ts';
import type { DecodedStrip } from './strip-rows.ts';

/** Bit-planes that fit a coefficient of twice the magnitude in 32 bits with sign. */
const MAX_BIT_PLANES = 30;

/** A code-block counts as so many bytes more: clearing, dequantising, looking for it. */
export const BLOCK_OVERHEAD = 64;

/** What is the same for all code-blocks of a subband. */
export interface SubbandPlan {
  readonly subband: SubbandGeometry;
  /** Index in `ResolutionGeometry.subbands`. */
  readonly band: number;
  /** The coefficients that are wanted, in subband coordinates. */
  readonly x: Interval;
  readonly y: Interval;
  /** Code-block style byte (Table A.19). */
  readonly style: number;
  /** M_b plus region shift. */
  readonly bitPlanes: number;
  readonly roiShift: number;
  readonly step: number;
  /** What names the subband among all of the picture. */
  readonly name: string;
}

/** One row of code-blocks, and the memory that it holds. */
export interface Strip extends DecodedStrip {
  memory: StripMemory | undefined;
}

/** Decodes the code-blocks of strips, here or elsewhere. */
export interface StripDecoder {
  /** Sets out to decode a strip, which is the row `row` of the code-block grid. */
  decode(subband: SubbandStrips, precincts: PrecinctRow, strip: Strip, row: number): Work<void>;
  /** The subband has done with a strip. */
  letGo(subband: SubbandStrips, strip: Strip): void;
}

/** Brings in the code-blocks of a subband. */
export class SubbandStrips {
  readonly plan: SubbandPlan;
  readonly area: StripArea;
  readonly context: DecodeContext;
  readonly decoder: StripDecoder;
  /** Strips that are there or on their way, and not let go of yet. */
  readonly strips: Strip[] = [];
  /** Columns of a strip: those of the code-blocks that the window touches. */
  private readonly x: Interval;
  private readonly resolution: ResolutionGeometry;
  private readonly precincts: LevelPrecincts;
  /** Rows that are there or on their way. */
  private begunTo: number;

  constructor(
    plan: SubbandPlan,
    resolution: ResolutionGeometry,
    precincts: LevelPrecincts,
    context: DecodeContext,
    decoder: StripDecoder,
  ) {
    const cell = pow2(resolution.xcbPrime);
    const lo = Math.floor(plan.x.lo / cell) * cell;
    this.x = clip({ lo, hi: Math.ceil(plan.x.hi / cell) * cell }, plan.subband.x);
    const { step } = plan;
    const { reconstruction } = context;
    const skip = plan.x.lo - this.x.lo;
    this.area = { stride: lengthOf(this.x) | 0, skip, width: lengthOf(plan.x) | 0, step, reconstruction };
    this.plan = plan;
    this.resolution = resolution;
    this.precincts = precincts;
    this.context = context;
    this.decoder = decoder;
    this.begunTo = plan.y.lo;
  }

  /** Sets out to bring in the first `count` rows; decoded here, they are there afterwards. Yields between code-blocks. */
  *begin(count: number): Work<void> {
    const to = Math.min(this.plan.y.lo + count, this.plan.y.hi);
    while (this.begunTo < to) yield* this.beginStrip();
  }

  /** The row of precincts that the next strip is in; beyond all when nothing is left to load. */
  get nextPrecinctRow(): number {
    return this.begunTo < this.plan.y.hi ? this.precinctRowAt(this.begunTo) : Number.POSITIVE_INFINITY;
  }

  /** The row of precincts that row `y` of the subband is in. */
  precinctRowAt(y: number): number {
    const half = this.resolution.r === 0 ? 0 : 1;
    return Math.floor(y / pow2(this.resolution.ppy - half)) - this.resolution.firstPrecinctY;
  }

  /** Gives the memory back. */
  release(): void {
    for (const strip of this.strips) this.decoder.letGo(this, strip);
    this.strips.length = 0;
  }

  /** Gives the memory of a strip back. */
  free(strip: Strip): void {
    if (strip.memory === undefined) return;
    this.context.strips.give(strip.memory);
    strip.memory = undefined;
  }

  private *beginStrip(): Work<void> {
    const { plan, resolution, precincts } = this;
    const height = pow2(resolution.ycbPrime);
    const row = Math.floor(this.begunTo / height);
    const y = clip({ lo: row * height, hi: (row + 1) * height }, plan.subband.y);
    const strip: Strip = { y, memory: undefined };
    const beside = yield* precincts.row(this.precinctRowAt(y.lo));
    yield* this.decoder.decode(this, beside, strip, row);
    this.strips.push(strip);
    this.begunTo = y.hi;
  }

  /**
   * The code-blocks of row `row` of the code-block grid that the window touches and that are coded, from all precincts beside each other.
   * Each is put into the context's job; what comes out is where its first coefficient goes in the strip. Those that were decoded before
   * are taken from the cache, and do not come.
   */
  *blocks(precincts: PrecinctRow, strip: Strip, row: number): Generator<number> {
    const { plan, resolution, context } = this;
    const width = pow2(resolution.xcbPrime);
    const { job } = context;
    for (const blocks of precincts) {
      if (blocks === undefined) continue;
      const band = blocks.geometry.bands[plan.band];
      const by = row - band.firstBlockY;
      if (by < 0 || by >= band.numBlocksHigh) continue;
      const first = firstBlockOf(blocks.geometry.bands, plan.band) + by * band.numBlocksWide;
      for (let bx = 0; bx < band.numBlocksWide; bx++) {
        const x0 = Math.max((band.firstBlockX + bx) * width, band.x.lo);
        const x1 = Math.min((band.firstBlockX + bx + 1) * width, band.x.hi);
        if (x1 <= plan.x.lo || x0 >= plan.x.hi) continue;
        job.gather(blocks, first + bx, context.layers);
        if (job.numPasses === 0) continue;
        job.width = x1 - x0;
        job.height = lengthOf(strip.y);
        job.subband = plan.subband.orientation;
        const { zeroBitPlanes, classicBlocks } = blocks.contributions;
        job.style = classicBlocks?.[first + bx] === 1 ? plan.style & CLASSIC_STYLES : plan.style;
        job.magnitudeBits = plan.bitPlanes;
        job.bitPlanes = plan.bitPlanes - zeroBitPlanes[first + bx];
        if (!this.hasBitPlanes(job.bitPlanes)) continue;
        const at = x0 - this.x.lo;
        if (!this.useCached(this.memoryOf(strip), at, row)) yield at;
      }
    }
  }

  private memoryOf(strip: Strip): StripMemory {
    strip.memory ??= this.context.strips.take(this.area.stride * lengthOf(strip.y));
    return strip.memory;
  }

  /** What a code-block is kept under. */
  keyOf(at: number, row: number): string {
    return this.context.cache ? `${this.plan.name} ${this.x.lo + at} ${row}` : '';
  }

  private hasBitPlanes(bitPlanes: number): boolean {
    const { context } = this;
    if (bitPlanes > MAX_BIT_PLANES) {
      const message = `${bitPlanes} bit-planes in a code-block, ${MAX_BIT_PLANES} are carried`;
      throw unsupported('code-block-depth', message, { clause: '15444-1 E.1' });
    }
    if (bitPlanes > 0) return true;
    context.partial = true;
    context.log.add('code-block-depth', 'passes without a bit-plane', {
      clause: '15444-1 B.10.5',
    });
    return false;
  }

  /** Takes the code-block of the context's job from those that were decoded before, if it is there. */
  private useCached(memory: StripMemory, at: number, row: number): boolean {
    const { job, cache } = this.context;
    const findings = cache?.lend(this.keyOf(at, row), job, memory.ints, at, this.area.stride);
    if (findings === undefined) return false;
    if (findings !== 0) this.context.noteDamage(findings);
    this.shiftRegion(memory, at, job.width, job.height);
    return true;
  }

  /** What follows a code-block's decoding: it is counted and kept for later. */
  finishBlock(memory: StripMemory, block: FinishedBlock, findings: number): void {
    const { context } = this;
    context.codeBlocks++;
    context.cache?.keep(block, memory.ints, this.area.stride, findings);
    if (findings !== 0) context.noteDamage(findings);
    this.shiftRegion(memory, block.at, block.width, block.height);
  }

  /** Region shift, in place. */
  private shiftRegion({ ints }: StripMemory, at: number, width: number, height: number): void {
    const { roiShift } = this.plan;
    if (roiShift === 0) return;
    for (let y = 0; y < height; y++) inverseMaxshift(ints, at + y * this.area.stride, width, roiShift);
  }
}

/** Decodes strips on the spot. */
export const HERE: StripDecoder = {
  *decode(subband, precincts, strip, row) {
    const { context, area } = subband;
    const { job, stages, now } = context;
    let start = now();
    for (const at of subband.blocks(precincts, strip, row)) {
      const findings = context.coderFor(job.style).decoder.decode(job, strip.memory!.ints, at, area.stride);
      const { width, height, numPasses, dataLength } = job;
      const block = { at, width, height, key: subband.keyOf(at, row), numPasses, dataLength };
      subband.finishBlock(strip.memory!, block, findings);
      if (!context.tires(dataLength + BLOCK_OVERHEAD)) continue;
      stages.blocks += now() - start;
      yield;
      start = now();
    }
    stages.blocks += now() - start;
  },
  letGo: (subband, strip) => subband.free(strip),
};

/** Code-blocks of a precinct are numbered band by band. */
function firstBlockOf(bands: readonly PrecinctBand[], band: number): number {
  let first = 0;
  for (let b = 0; b < band; b++) first += bands[b].numBlocksWide * bands[b].numBlocksHigh;
  return first;
}

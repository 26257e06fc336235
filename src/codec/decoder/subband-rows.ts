/**
 * A subband of a window as rows of coefficients: code-blocks are decoded one row of them at a time (15444-1 Annexes D, E and H).
 *
 * A strip is one row of code-blocks, whole ones, so that the block decoder writes straight into it; what the window does not want of
 * it is skipped when rows are read, which is when coefficients are dequantised. Strips without a coded code-block take no memory.
 */
import { unsupported } from '../errors.ts';
import type { WaitingWork, Work } from '../executor.ts';
import { clip, type Interval, lengthOf } from '../geometry/axis.ts';
import type { PrecinctBand, ResolutionGeometry, SubbandGeometry } from '../geometry/tile-component.ts';
import { dequantiseIrreversible, dequantiseReversible } from '../transform/quantization.ts';
import { inverseMaxshift } from '../transform/roi-maxshift.ts';
import type { BandSource } from '../transform/rows.ts';
import type { BatchedBlock, Batches } from './block-batch.ts';
import type { FinishedBlock } from './block-cache.ts';
import type { BlockDecoder } from './block-jobs.ts';
import type { DecodeContext } from './decode-context.ts';
import type { LevelPrecincts, PrecinctRow } from './level-precincts.ts';
import type { StripMemory } from './strip-memory.ts';

/** Bit-planes that fit a coefficient of twice the magnitude in 32 bits with sign. */
const MAX_BIT_PLANES = 30;

/** Bytes of code-blocks that are decoded between two yields: some milliseconds of work. */
const PIECE_BYTES = 1 << 14;
/** A code-block counts as so many bytes more: clearing, dequantising, looking for it. */
const BLOCK_OVERHEAD = 64;

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

/** One row of code-blocks. */
interface Strip {
  /** Rows in subband coordinates. */
  readonly y: Interval;
  /** Undefined as long as every coefficient is 0. */
  memory: StripMemory | undefined;
  /** Code-blocks that a pool has, until their coefficients are where they belong. */
  pending: BatchedBlock[];
}

const NOTHING = /* @__PURE__ */ new Int32Array(0);

/** Gives the rows of a subband once their strips are there: integers where it is reversible, else floats. */
export class SubbandRows implements BandSource<Int32Array>, BandSource<Float64Array> {
  coefficients: Int32Array = NOTHING;
  at = 0;
  readonly scale: number;
  readonly plan: SubbandPlan;
  private readonly resolution: ResolutionGeometry;
  private readonly precincts: LevelPrecincts;
  private readonly context: DecodeContext;
  private readonly coder: { readonly name: string; readonly decoder: BlockDecoder };
  /** Columns of a strip: those of the code-blocks that the window touches. */
  private readonly x: Interval;
  /** Loaded strips, the current one first. */
  private readonly strips: Strip[] = [];
  /** Rows that are there or on their way, and the next row to give. */
  private begunTo: number;
  private y: number;

  constructor(plan: SubbandPlan, resolution: ResolutionGeometry, precincts: LevelPrecincts, context: DecodeContext) {
    this.plan = plan;
    this.resolution = resolution;
    this.precincts = precincts;
    this.context = context;
    this.coder = context.coderFor(plan.style);
    const cell = 2 ** resolution.xcbPrime;
    const { x } = plan.subband;
    this.x = clip({ lo: Math.floor(plan.x.lo / cell) * cell, hi: Math.ceil(plan.x.hi / cell) * cell }, x);
    // doubled coefficients, in the middle of their intervals (see quantization.ts)
    this.scale = context.reconstruction === 0.5 ? plan.step / 2 : 0;
    this.begunTo = plan.y.lo;
    this.y = plan.y.lo;
  }

  /** Sets out to bring in the first `count` rows: without a pool they are there afterwards. Yields between code-blocks. */
  *begin(count: number): Work<void> {
    const to = Math.min(this.plan.y.lo + count, this.plan.y.hi);
    while (this.begunTo < to) yield* this.beginStrip();
  }

  /** Brings in the first `count` rows, and those that come with them. */
  *bring(count: number): WaitingWork<void> {
    yield* this.begin(count);
    const to = Math.min(this.plan.y.lo + count, this.plan.y.hi);
    for (const strip of this.strips) {
      if (strip.y.lo < to && strip.pending.length > 0) yield* this.finishBlocks(strip);
    }
  }

  /** The row of precincts that the next strip is in; beyond all when nothing is left to load. */
  get nextPrecinctRow(): number {
    return this.begunTo < this.plan.y.hi ? this.precinctRowAt(this.begunTo) : Number.POSITIVE_INFINITY;
  }

  /** The row of precincts that row `y` of the subband is in. */
  precinctRowAt(y: number): number {
    const half = this.resolution.r === 0 ? 0 : 1;
    return Math.floor(y / 2 ** (this.resolution.ppy - half)) - this.resolution.firstPrecinctY;
  }

  next(): boolean {
    const { y, plan } = this;
    let strip: Strip | undefined = this.strips[0];
    if (strip !== undefined && y >= strip.y.hi) {
      this.letGo(strip);
      this.strips.shift();
      strip = this.strips[0];
    }
    if (strip === undefined || strip.pending.length > 0) throw new Error(`row ${y} was read before it was decoded`);
    this.y = y + 1;
    if (strip.memory === undefined) return false;
    this.coefficients = strip.memory.ints;
    this.at = ((y - strip.y.lo) * this.stride + plan.x.lo - this.x.lo) | 0;
    return true;
  }

  load(memory: Int32Array | Float64Array, to: number): void {
    const { coefficients, at, plan } = this;
    const { reconstruction } = this.context;
    const n = lengthOf(plan.x) | 0;
    if (memory instanceof Int32Array) dequantiseReversible(coefficients, at, memory, to, n, reconstruction);
    else dequantiseIrreversible(coefficients, at, memory, to, n, plan.step, reconstruction);
  }

  /** Gives the memory back. */
  release(): void {
    for (const strip of this.strips) this.letGo(strip);
    this.strips.length = 0;
  }

  private letGo(strip: Strip): void {
    if (strip.memory === undefined) return;
    this.context.heldCoefficients -= strip.memory.ints.length;
    // a pool may still write to what it has not given back
    if (strip.pending.length === 0) this.context.strips.give(strip.memory);
    strip.memory = undefined;
  }

  private *beginStrip(): Work<void> {
    const { plan, resolution, precincts } = this;
    const height = 2 ** resolution.ycbPrime;
    const row = Math.floor(this.begunTo / height);
    const y = clip({ lo: row * height, hi: (row + 1) * height }, plan.subband.y);
    const strip: Strip = { y, memory: undefined, pending: [] };
    const beside = yield* precincts.row(this.precinctRowAt(y.lo));
    if (this.context.batches) this.sendBlocks(this.context.batches, beside, strip, row);
    else yield* this.decodeBlocks(beside, strip, row);
    this.strips.push(strip);
    this.begunTo = y.hi;
  }

  /**
   * The code-blocks of row `row` of the code-block grid that the window touches and that are coded, from all precincts beside each other.
   * Each is put into the context's job; what comes out is its first column.
   */
  private *blocks(precincts: PrecinctRow, { y }: Strip, row: number): Generator<number> {
    const { plan, resolution, context } = this;
    const width = 2 ** resolution.xcbPrime;
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
        job.height = lengthOf(y);
        job.subband = plan.subband.orientation;
        job.style = plan.style;
        job.bitPlanes = plan.bitPlanes - blocks.contributions.zeroBitPlanes[first + bx];
        yield x0;
      }
    }
  }

  private *decodeBlocks(precincts: PrecinctRow, strip: Strip, row: number): Work<void> {
    const { context } = this;
    const { job, stages, now } = context;
    let start = now();
    let work = 0;
    for (const x0 of this.blocks(precincts, strip, row)) {
      if (!this.hasBitPlanes(job.bitPlanes)) continue;
      const memory = this.memoryOf(strip);
      const at = x0 - this.x.lo;
      const key = this.keyOf(x0, row);
      if (!this.useCached(memory, at, key)) {
        const findings = this.coder.decoder.decode(job, memory.ints, at, this.stride);
        const { width, height, numPasses, dataLength } = job;
        this.finishBlock(memory, { at, width, height, key, numPasses, dataLength }, findings);
      }
      work += job.dataLength + BLOCK_OVERHEAD;
      if (work < PIECE_BYTES) continue;
      work = 0;
      stages.blocks += now() - start;
      yield;
      start = now();
    }
    stages.blocks += now() - start;
    yield;
  }

  /** Hands the code-blocks of a strip to a pool. */
  private sendBlocks(batches: Batches, precincts: PrecinctRow, strip: Strip, row: number): void {
    const { job } = this.context;
    for (const x0 of this.blocks(precincts, strip, row)) {
      if (!this.hasBitPlanes(job.bitPlanes)) continue;
      const memory = this.memoryOf(strip);
      const at = x0 - this.x.lo;
      const key = this.keyOf(x0, row);
      if (this.useCached(memory, at, key)) continue;
      strip.pending.push(batches.add(this.coder.name, job, memory, at, this.stride, key));
    }
  }

  /** Waits for the pool, and finishes what it decoded. */
  private *finishBlocks(strip: Strip): WaitingWork<void> {
    const { stages, now, batches } = this.context;
    const start = now();
    const memory = strip.memory!;
    for (const block of strip.pending) {
      const findings = yield* batches!.fetch(block, memory, this.stride);
      this.finishBlock(memory, block, findings);
    }
    strip.pending = [];
    stages.blocks += now() - start;
  }

  private get stride(): number {
    return (this.x.hi - this.x.lo) | 0;
  }

  private memoryOf(strip: Strip): StripMemory {
    if (strip.memory === undefined) {
      strip.memory = this.context.strips.take(this.stride * lengthOf(strip.y));
      this.context.heldCoefficients += strip.memory.ints.length;
    }
    return strip.memory;
  }

  /** What a code-block is kept under. */
  private keyOf(x0: number, row: number): string {
    return this.context.cache ? `${this.plan.name} ${x0} ${row}` : '';
  }

  private hasBitPlanes(bitPlanes: number): boolean {
    const { context } = this;
    if (bitPlanes > MAX_BIT_PLANES) {
      const message = `${bitPlanes} bit-planes in a code-block, ${MAX_BIT_PLANES} are carried`;
      throw unsupported('code-block-depth', message, { clause: '15444-1 E.1' });
    }
    if (bitPlanes > 0) return true;
    context.partial = true;
    context.log.add('code-block-depth', 'a code-block has passes but no bit-plane left for them', {
      clause: '15444-1 B.10.5',
    });
    return false;
  }

  /** Takes the code-block of the context's job from those that were decoded before, if it is there. */
  private useCached(memory: StripMemory, at: number, key: string): boolean {
    const { job, cache } = this.context;
    const findings = cache?.lend(key, job, memory.ints, at, this.stride);
    if (findings === undefined) return false;
    if (findings !== 0) this.context.noteDamage(findings);
    this.shiftRegion(memory, at, job.width, job.height);
    return true;
  }

  /** What follows a code-block's decoding: it is counted and kept for later. */
  private finishBlock(memory: StripMemory, block: FinishedBlock, findings: number): void {
    const { context } = this;
    context.codeBlocks++;
    context.cache?.keep(block, memory.ints, this.stride, findings);
    if (findings !== 0) context.noteDamage(findings);
    this.shiftRegion(memory, block.at, block.width, block.height);
  }

  /** Region shift, in place. */
  private shiftRegion({ ints }: StripMemory, at: number, width: number, height: number): void {
    const { roiShift } = this.plan;
    if (roiShift === 0) return;
    for (let y = 0; y < height; y++) inverseMaxshift(ints, at + y * this.stride, width, roiShift);
  }
}

/** Code-blocks of a precinct are numbered band by band. */
function firstBlockOf(bands: readonly PrecinctBand[], band: number): number {
  let first = 0;
  for (let b = 0; b < band; b++) first += bands[b].numBlocksWide * bands[b].numBlocksHigh;
  return first;
}

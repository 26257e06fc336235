/**
 * Code-blocks in batches for a pool of workers, across strips, subbands and tiles: a message costs as much as decoding a kilobyte or so, and
 * strips of small tiles, or at low rates, hold less.
 */
import { type BlockPool, DECODE_PARAMS, type DecodedBatch } from '../block-pool.ts';
import { STYLE_HIGH_THROUGHPUT } from '../codestream/cod.ts';
import type { WaitingWork } from '../executor.ts';
import type { AbortSignalLike } from '../source.ts';
import type { BlockJob } from './block-jobs.ts';
import { copyRows, StripMemory, StripStore } from './strip-memory.ts';

/** Bytes of a batch, some milliseconds of work; a code-block counts as so many more. */
const BATCH_BYTES = 1 << 14;
const BLOCK_OVERHEAD = 64;
/** A byte of high throughput is a quarter of the work of one of the MQ coder. */
const HT_SHIFT = 2;

/** A code-block on its way, with what is needed when it comes back. */
export interface BatchedBlock {
  readonly batch: PendingBatch;
  /** Its number in the batch, and where it stands in an array without gaps. */
  readonly index: number;
  readonly from: number;
  /** Where it goes in its strip. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  /** What it is kept under, and how much of it there is. */
  readonly key: string;
  readonly numPasses: number;
  readonly dataLength: number;
}

/**
 * Makes strips as parts of a few large slabs of shared memory: a batch names one piece of it, and should be able to hold code-blocks of
 * many strips.
 */
function sharedStrips(pool: BlockPool, slabLength: number): StripStore {
  let slab: Int32Array = new Int32Array(0);
  let used = 0;
  return new StripStore((length) => {
    if (slab.length - used < length) {
      slab = pool.allocate(Math.max(length, slabLength));
      used = 0;
    }
    const memory = new StripMemory(slab, used, length);
    used += length;
    return memory;
  });
}

/** Batches that are being filled or are under way. */
export class Batches {
  /** How many the pool has. */
  underWay = 0;
  /** Workers of the pool. */
  readonly size: number;
  /** Memory that they may write to. */
  readonly strips: StripStore;
  private readonly pool: BlockPool;
  private readonly signal: AbortSignalLike | undefined;
  private open: PendingBatch | undefined;

  /** Where memory is shared it comes in slabs of so many coefficients. */
  constructor(pool: BlockPool, signal: AbortSignalLike | undefined, slabLength: number) {
    this.pool = pool;
    this.signal = signal;
    this.size = pool.size;
    this.strips = pool.sharesMemory ? sharedStrips(pool, slabLength) : new StripStore();
  }

  /** Adds a code-block that goes to `at` of a strip whose rows are `stride` apart. */
  add(coder: string, job: BlockJob, memory: StripMemory, at: number, stride: number, key: string): BatchedBlock {
    const slab = this.pool.sharesMemory ? memory.slab : undefined;
    if (this.open && (this.open.coder !== coder || this.open.slab !== slab)) this.send();
    this.open ??= new PendingBatch(coder, slab);
    const block = this.open.add(job, memory.start, at, stride, key);
    if (this.open.cost >= BATCH_BYTES) this.send();
    return block;
  }

  /** Waits for a code-block, which is in its strip afterwards; returns what was wrong with it. */
  *fetch(
    { batch, index, from, at, width, height }: BatchedBlock,
    memory: StripMemory,
    stride: number,
  ): WaitingWork<number> {
    if (batch.done === undefined) this.send();
    if (batch.result === undefined) yield batch.done;
    const { coefficients, findings } = batch.result!;
    if (batch.slab === undefined) copyRows(coefficients, from, width, memory.ints, at, stride, width, height);
    return findings[index];
  }

  /** Hands over what has been gathered. */
  send(): void {
    const batch = this.open;
    if (batch === undefined) return;
    this.open = undefined;
    this.underWay++;
    batch.send(this.pool, this.signal, () => {
      this.underWay--;
    });
  }
}

/** One batch. */
export class PendingBatch {
  readonly coder: string;
  /** Shared memory that coefficients go to. */
  readonly slab: Int32Array | undefined;
  cost = 0;
  /** Settled when the pool is done; a failure is thrown to who waits for it, and to nobody else. */
  done: Promise<DecodedBatch> | undefined;
  result: DecodedBatch | undefined;
  private readonly params: number[] = [];
  private readonly segments: number[] = [];
  private data = new Uint8Array(BATCH_BYTES);
  private dataLength = 0;
  private length = 0;

  constructor(coder: string, slab: Int32Array | undefined) {
    this.coder = coder;
    this.slab = slab;
  }

  add(job: BlockJob, start: number, at: number, stride: number, key: string): BatchedBlock {
    const { width, height, numPasses, dataLength, numSegments } = job;
    const { params, segments } = this;
    const p = params.length;
    const from = this.length;
    params[p + DECODE_PARAMS.width] = width;
    params[p + DECODE_PARAMS.height] = height;
    params[p + DECODE_PARAMS.subband] = job.subband;
    params[p + DECODE_PARAMS.style] = job.style;
    params[p + DECODE_PARAMS.bitPlanes] = job.bitPlanes;
    params[p + DECODE_PARAMS.magnitudeBits] = job.magnitudeBits;
    params[p + DECODE_PARAMS.numPasses] = numPasses;
    params[p + DECODE_PARAMS.numSegments] = numSegments;
    params[p + DECODE_PARAMS.dataLength] = dataLength;
    params[p + DECODE_PARAMS.at] = this.slab ? start + at : from;
    params[p + DECODE_PARAMS.stride] = this.slab ? stride : width;
    for (let s = 0; s < numSegments; s++) segments.push(job.segmentPasses[s], job.segmentLengths[s]);
    this.append(job.data.subarray(0, dataLength));
    this.length += width * height;
    const bytes = (job.style & STYLE_HIGH_THROUGHPUT) !== 0 ? dataLength >> HT_SHIFT : dataLength;
    this.cost += bytes + BLOCK_OVERHEAD;
    const index = p / DECODE_PARAMS.count;
    return { batch: this, index, from, at, width, height, key, numPasses, dataLength };
  }

  private append(bytes: Uint8Array): void {
    const need = this.dataLength + bytes.length;
    if (need > this.data.length) {
      const grown = new Uint8Array(Math.max(need, 2 * this.data.length));
      grown.set(this.data.subarray(0, this.dataLength));
      this.data = grown;
    }
    this.data.set(bytes, this.dataLength);
    this.dataLength = need;
  }

  send(pool: BlockPool, signal: AbortSignalLike | undefined, onDone: () => void): void {
    this.done = pool.decode(
      {
        coder: this.coder,
        params: Int32Array.from(this.params),
        segments: Int32Array.from(this.segments),
        data: this.data.subarray(0, this.dataLength),
        out: this.slab,
        length: this.slab?.length ?? this.length,
        cost: this.cost,
      },
      signal,
    );
    this.done.then((result) => {
      this.result = result;
      onDone();
    }, onDone);
  }
}

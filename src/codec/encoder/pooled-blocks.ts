/**
 * Code-blocks of a tile through a pool of workers (15444-1 Annex D): quantised and coded there, taken in here in their order. Where they
 * do not lie in shared memory, and where there is a region of interest, they are quantised here.
 *
 * They go in batches, so that messages are few, and so many batches are under way that no worker waits: two for each, and one on its
 * way back. Memory is bounded by that, and each batch's memory is used again for a later one.
 */
import { type BlockPool, ENCODE_PARAMS, ENCODED_PARAMS, type EncodedBatch } from '../block-pool.ts';
import type { Siz } from '../codestream/siz.ts';
import type { WaitingWork } from '../executor.ts';
import type { AbortSignalLike } from '../source.ts';
import type { CodeBlockCoefficients, CodedBlock } from './block-jobs.ts';
import { type LoadGroup, PooledAnalysis, type SharedPlanes } from './pooled-analysis.ts';

/** Coefficients of one batch: some tens of milliseconds of work, and fewer where a tile would give no more than four batches a worker. */
const MOST_COEFFICIENTS = 1 << 17;
const LEAST_COEFFICIENTS = 1 << 13;
const BATCHES_PER_WORKER = 4;
/** Coefficients of the largest code-block (Table A.18), by which a batch may be longer than it should. */
const LARGEST_BLOCK = 4096;

/** Samples of a tile for which shared memory is asked for: it takes 1.4 GB then, and not every host has more in one piece. */
const MOST_SHARED = 1 << 28;

const NONE = new Int32Array(0);

/** Where a code-block lies in a plane, and what quantises it. */
export interface PlaneBlock {
  readonly plane: Int32Array | Float32Array;
  readonly from: number;
  readonly stride: number;
  readonly factor: number;
}

/** Where code-blocks come from and go to. */
export interface BlockStream<Place extends PlaneBlock, Kept> {
  readonly places: Iterable<Place>;
  /** About how many coefficients there are in all. */
  readonly size: number;
  /** What has to be remembered of a place, which is used again for the next one. */
  keep(place: Place): Kept;
  /** The code-block, where it has been coded before. */
  known(place: Place): CodedBlock | undefined;
  /** Shared memory that planes are parts of, where they are, and code-blocks can be taken from there. */
  readonly memory: Int32Array | Float32Array | undefined;
  /** The code-block that is to be coded, without its coefficients where they stay in their place; valid until the next call. */
  prepare(place: Place, inPlace: boolean): CodeBlockCoefficients;
  /** Called for one after another; a block is valid during the call. */
  take(kept: Kept, block: CodedBlock): void;
}

/** A batch that is filled, or under way. */
interface Batch<Kept> {
  /** Quantised coefficients, where they are not in planes that workers can read. */
  readonly copied: Int32Array | undefined;
  readonly blocks: { readonly kept: Kept; readonly known: CodedBlock | undefined }[];
  readonly params: number[];
  readonly stopSlopes: number[];
  readonly places: number[];
  readonly factors: number[];
  used: number;
  outcome: Promise<EncodedBatch> | undefined;
}

/** What codes code-blocks in place of this thread, where there is a pool and enough to do; `coder` is the name by which workers know it. */
export function pooledBlocksFor(
  { pool, signal }: { readonly pool?: BlockPool | undefined; readonly signal?: AbortSignalLike | undefined },
  coder: string,
  { xsiz, ysiz, xosiz, yosiz, components }: Siz,
): PooledBlocks | undefined {
  if (pool === undefined || (xsiz - xosiz) * (ysiz - yosiz) * components.length < pool.leastSamples) return undefined;
  return new PooledBlocks(pool, coder, signal);
}

/** What all tiles of one encode have in common that is coded in a pool. */
export class PooledBlocks {
  private readonly pool: BlockPool;
  private readonly coder: string;
  private readonly signal: AbortSignalLike | undefined;
  private readonly analysis: PooledAnalysis | undefined;
  private readonly free: Int32Array[] = [];

  constructor(pool: BlockPool, coder: string, signal: AbortSignalLike | undefined) {
    this.pool = pool;
    this.coder = coder;
    this.signal = signal;
    this.analysis = pool.sharesMemory ? new PooledAnalysis(pool, signal) : undefined;
  }

  /** Loads and analyses a tile of so many samples, where workers can do it and it is worth it; undefined, too, where a sample is none. */
  *analyse(groups: readonly LoadGroup[], size: number, reversible: boolean): WaitingWork<SharedPlanes | undefined> {
    if (this.analysis === undefined || size < this.pool.leastSamples || size > MOST_SHARED) return undefined;
    return yield* this.analysis.run(groups, reversible);
  }

  /** Codes all code-blocks of a stream. */
  *code<Place extends PlaneBlock, Kept>(stream: BlockStream<Place, Kept>): WaitingWork<void> {
    const share = stream.size / (BATCHES_PER_WORKER * this.pool.size);
    const enough = Math.max(LEAST_COEFFICIENTS, Math.min(MOST_COEFFICIENTS, share));
    const underWay: Batch<Kept>[] = [];
    const { memory } = stream;
    let batch = this.begin<Kept>(memory !== undefined);
    for (const place of stream.places) {
      const known = stream.known(place);
      batch.blocks.push({ kept: stream.keep(place), known });
      if (!known) {
        add(batch, stream.prepare(place, memory !== undefined));
        if (memory) addPlace(batch, place, memory);
      }
      yield;
      if (batch.used < enough) continue;
      underWay.push(this.send(batch, memory));
      batch = this.begin(memory !== undefined);
      if (underWay.length > 2 * this.pool.size) yield* this.finish(underWay.shift()!, stream);
    }
    underWay.push(this.send(batch, memory));
    for (const one of underWay) yield* this.finish(one, stream);
  }

  private begin<Kept>(inPlace: boolean): Batch<Kept> {
    const copied = inPlace ? undefined : (this.free.pop() ?? this.allocate(MOST_COEFFICIENTS + LARGEST_BLOCK));
    return { copied, blocks: [], params: [], stopSlopes: [], places: [], factors: [], used: 0, outcome: undefined };
  }

  /** What workers can read where it lies needs no copy. */
  private allocate(length: number): Int32Array {
    return this.pool.sharesMemory ? this.pool.allocate(length) : new Int32Array(length);
  }

  private send<Kept>(batch: Batch<Kept>, memory: Int32Array | Float32Array | undefined): Batch<Kept> {
    if (batch.stopSlopes.length === 0) return batch;
    batch.outcome = this.pool.encode(
      {
        coder: this.coder,
        params: Int32Array.from(batch.params),
        stopSlopes: Float64Array.from(batch.stopSlopes),
        coefficients: batch.copied?.subarray(0, batch.used) ?? NONE,
        planes: memory && {
          plane: memory,
          places: Int32Array.from(batch.places),
          factors: Float64Array.from(batch.factors),
        },
        cost: batch.used,
      },
      this.signal,
    );
    // it is waited for later, or never, when another one fails
    batch.outcome.catch(() => {});
    return batch;
  }

  private *finish<Place extends PlaneBlock, Kept>(
    batch: Batch<Kept>,
    { take }: BlockStream<Place, Kept>,
  ): WaitingWork<void> {
    let encoded: EncodedBatch | undefined;
    if (batch.outcome) {
      yield batch.outcome.then((outcome) => {
        encoded = outcome;
      });
    }
    if (batch.copied) this.free.push(batch.copied);
    const blocks = encoded && blocksOf(encoded);
    for (const { kept, known } of batch.blocks) {
      take(kept, known ?? blocks!.next().value!);
      yield;
    }
  }
}

function add<Kept>(batch: Batch<Kept>, block: CodeBlockCoefficients): void {
  const { width, height, subband, style, fractionBits, exact, measured, distortions = true } = block;
  const numbers = new Array<number>(ENCODE_PARAMS.count);
  numbers[ENCODE_PARAMS.width] = width;
  numbers[ENCODE_PARAMS.height] = height;
  numbers[ENCODE_PARAMS.subband] = subband;
  numbers[ENCODE_PARAMS.style] = style;
  numbers[ENCODE_PARAMS.fractionBits] = fractionBits;
  numbers[ENCODE_PARAMS.exact] = exact ? 1 : 0;
  numbers[ENCODE_PARAMS.measured] = measured ? 1 : 0;
  numbers[ENCODE_PARAMS.distortions] = distortions ? 1 : 0;
  batch.params.push(...numbers);
  batch.stopSlopes.push(block.stopSlope);
  const count = width * height;
  batch.copied?.set(block.coefficients.subarray(0, count), batch.used);
  batch.used += count;
}

function addPlace<Kept>(
  { places, factors }: Batch<Kept>,
  { plane, from, stride, factor }: PlaneBlock,
  memory: Int32Array | Float32Array,
): void {
  places.push((plane.byteOffset - memory.byteOffset) / memory.BYTES_PER_ELEMENT + from, stride);
  factors.push(factor);
}

/** The code-blocks of a batch, as their coder would have said them. */
function* blocksOf(batch: EncodedBatch): Generator<CodedBlock, undefined> {
  const { params, residuals } = batch;
  let byte = 0;
  let pass = 0;
  for (let k = 0; k < residuals.length; k++) {
    const p = k * ENCODED_PARAMS.count;
    const bitPlanes = params[p + ENCODED_PARAMS.bitPlanes];
    const numPasses = params[p + ENCODED_PARAMS.numPasses];
    const dataLength = params[p + ENCODED_PARAMS.dataLength];
    yield {
      bitPlanes,
      numPasses,
      data: batch.data.subarray(byte, byte + dataLength),
      dataLength,
      passLengths: batch.passLengths.subarray(pass, pass + numPasses),
      passDistortions: batch.passDistortions.subarray(pass, pass + numPasses),
      residual: residuals[k],
    };
    byte += dataLength;
    pass += numPasses;
  }
  return undefined;
}

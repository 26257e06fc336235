/** A pool without threads: batches come back late and in any order, and whoever reads memory that is not theirs any more is found out. */
import fc from 'fast-check';
import type {
  AnalysedBatch,
  AnalysisBatch,
  BlockPool,
  DecodeBatch,
  DecodedBatch,
  EncodeBatch,
  EncodedBatch,
  SynthesisBatch,
  SynthesisedBatch,
} from '../../src/codec/block-pool.ts';
import { type AbortSignalLike, throwIfAborted } from '../../src/codec/source.ts';
import { BatchCoder } from '../../src/workers/batch-coder.ts';
import { DECODERS, ENCODERS } from '../../src/workers/coders.ts';
import { type Random, randomFrom } from './random.ts';

/** Codes batches on this thread, after some turns of the event loop. */
export class SlowPool implements BlockPool {
  readonly size: number;
  readonly leastSamples = 0;
  readonly sharesMemory: boolean;
  /** Batches of code-blocks and of bands that were handed over, and the most that were under way at the same time. */
  batches = 0;
  bands = 0;
  most = 0;
  private underWay = 0;
  private readonly random: Random;
  private readonly coder = new BatchCoder(DECODERS, ENCODERS);

  constructor(size: number, sharesMemory: boolean, seed: number) {
    this.size = size;
    this.sharesMemory = sharesMemory;
    this.random = randomFrom(seed);
  }

  /** What a failing property prints of it. */
  [fc.toStringMethod](): string {
    return `SlowPool(${this.size}, ${this.sharesMemory})`;
  }

  allocate(length: number): Int32Array {
    if (!this.sharesMemory) throw new Error('there is no shared memory');
    return new Int32Array(new SharedArrayBuffer(4 * length));
  }

  decode(batch: DecodeBatch, signal?: AbortSignalLike): Promise<DecodedBatch> {
    this.batches++;
    return this.run(() => finish(this.coder.decode(batch)), signal);
  }

  synthesise(batch: SynthesisBatch, signal?: AbortSignalLike): Promise<SynthesisedBatch> {
    this.bands++;
    return this.run(() => finish(this.coder.synthesise(batch)), signal);
  }

  analyse(batch: AnalysisBatch, signal?: AbortSignalLike): Promise<AnalysedBatch> {
    this.bands++;
    return this.run(() => finish(this.coder.analyse(batch)), signal);
  }

  encode(batch: EncodeBatch, signal?: AbortSignalLike): Promise<EncodedBatch> {
    this.batches++;
    return this.run(() => {
      const encoded = finish(this.coder.encode(batch));
      // the pool may take this memory away, but it must come back as it is for the next batch
      if (!this.sharesMemory) batch.coefficients.fill(-1);
      return encoded;
    }, signal);
  }

  private async run<T>(code: () => T, signal: AbortSignalLike | undefined): Promise<T> {
    this.underWay++;
    this.most = Math.max(this.most, this.underWay);
    for (let turns = this.random.int(0, 6); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    this.underWay--;
    throwIfAborted(signal);
    return code();
  }
}

function finish<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

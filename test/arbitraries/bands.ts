/** Batches of bands as a decode makes them, with what must come out of them. */
import type { SynthesisBatch, SynthesisedBatch } from '../../src/codec/block-pool.ts';
import { decode } from '../../src/index.ts';
import { SlowPool } from '../support/slow-pool.ts';

/** A batch of bands, and what comes out. */
export interface BandsCase {
  readonly batch: SynthesisBatch;
  readonly expected: SynthesisedBatch;
}

/** Keeps what it is asked for. */
class RecordingPool extends SlowPool {
  readonly cases: BandsCase[] = [];

  override async synthesise(batch: SynthesisBatch): Promise<SynthesisedBatch> {
    // strips are used again as soon as a band is there
    const slabs = batch.slabs.map((slab) => {
      const own = this.sharesMemory ? this.allocate(slab.length) : new Int32Array(slab.length);
      own.set(slab);
      return own;
    });
    const expected = await super.synthesise(batch);
    this.cases.push({ batch: { ...batch, slabs }, expected });
    return expected;
  }
}

/** The batches of bands of some decodes, in shared memory or not. */
export async function bandsOf(pictures: readonly Uint8Array[], shared: boolean): Promise<BandsCase[]> {
  const pool = new RecordingPool(2, shared, 1);
  for (const bytes of pictures) await decode(bytes, { pool });
  return pool.cases;
}

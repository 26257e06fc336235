/** Batches of bands as a decode makes them, with what must come out of them. */
import type { BandOutput, SynthesisBatch, SynthesisedBatch } from '../../src/codec/block-pool.ts';
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
    const outcome = await super.synthesise(batch);
    const expected = { samples: outcome.samples.map((samples) => samples.slice()) };
    const bands = batch.bands.map((band) => ({ ...band, outputs: band.outputs.map((output) => this.emptied(output)) }));
    this.cases.push({ batch: { bands, slabs, cost: batch.cost }, expected });
    return outcome;
  }

  /** The same output, with memory of its own that has nothing in it. */
  private emptied({ components, samples }: BandOutput): BandOutput {
    const bytes = samples.byteLength;
    const { buffer } = this.sharesMemory ? this.allocate(Math.ceil(bytes / 4)) : new Int32Array(0);
    const Samples = samples.constructor as Uint8ArrayConstructor;
    return { components, samples: new Samples(buffer, 0, samples.length) };
  }
}

/** The batches of bands of some decodes, in shared memory or not. */
export async function bandsOf(pictures: readonly Uint8Array[], shared: boolean): Promise<BandsCase[]> {
  const pool = new RecordingPool(2, shared, 1);
  for (const bytes of pictures) await decode(bytes, { pool });
  return pool.cases;
}

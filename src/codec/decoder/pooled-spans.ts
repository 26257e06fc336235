/**
 * Spans of rows that a pool of workers makes: code-blocks first, then the rows of a band as soon as its code-blocks are there.
 *
 * This thread only reads packets, fills batches, and puts samples where they belong. Code-blocks to come are begun ahead, across
 * bands, components and tiles, until the pool has enough to do or enough coefficients are held; what was taken first is finished first.
 */
import type { BlockPool, SynthesisedBatch } from '../block-pool.ts';
import type { WaitingWork } from '../executor.ts';
import type { SampleArray } from '../image.ts';
import type { AbortSignalLike } from '../source.ts';
import { type BandMemory, BandPlan, pooledOf } from './band-plan.ts';
import { Batches } from './block-batch.ts';
import type { DecodeContext } from './decode-context.ts';
import { PooledStrips } from './pooled-strips.ts';
import { drawRows, type PooledSpans, type Span } from './row-schedule.ts';
import type { StripStore } from './strip-memory.ts';
import type { StripDecoder } from './subband-strips.ts';

/** Batches of code-blocks for each worker that should be under way. */
const BATCHES_A_WORKER = 6;
/** Batches of bands for each worker that may be under way: their strips and samples are held. */
const BAND_BATCHES_A_WORKER = 3;
/** Samples for each worker that may be under way, whose coefficients are held; and bands, since small tiles are mostly objects. */
const SAMPLES_A_WORKER = 3 << 20;
const BANDS_A_WORKER = 8;
/** Coefficients that are held for a sample under way: whole code-blocks, of which the neighbours need a few rows. */
const COEFFICIENTS_A_SAMPLE = 1.5;

/** Samples of a batch of bands at least: a message costs as much as some thousand samples. */
const BATCH_SAMPLES = 1 << 16;
/** Samples of a band at most; at least it has twice as many as the pool wants of a picture. */
const MOST_SAMPLES = 1 << 20;
/**
 * Rows of a band. Filters reach about twenty rows beyond them, counted in rows of the full resolution, so that smaller ones do
 * more twice; fewer and larger ones are harder to share out.
 */
const LEAST_ROWS = 64;
const USUAL_ROWS = 128;
const MOST_ROWS = 256;
/** Bands for each worker that a span should give. */
const BANDS_OF_SPAN = 4;

/** Makes arrays of samples: new ones, or of memory that is there. */
interface SampleArrayConstructor {
  new (length: number): SampleArray;
  new (buffer: ArrayBufferLike, offset: number, length: number): SampleArray;
}

/** Groups with fewer samples are drawn here: the messages for a tiny tile take longer than its rows. */
const LEAST_OF_GROUP = 1 << 15;

/** A band on its way. */
interface PooledBand {
  readonly span: Span;
  readonly from: number;
  readonly to: number;
}

/** A band that the pool makes. */
interface SentBand extends PooledBand {
  readonly plan: BandPlan;
  readonly batch: SynthesisInProgress;
  /** Its first output among those of the batch. */
  readonly first: number;
}

/** Makes spans with a pool. */
export class SpansOfPool implements PooledSpans {
  readonly strips: StripStore;
  private readonly pool: BlockPool;
  private readonly signal: AbortSignalLike | undefined;
  private readonly batches: Batches;
  /** Bands whose code-blocks have been handed over, and bands that have been handed over themselves; the oldest ones first. */
  private readonly begun: PooledBand[] = [];
  private readonly sent: SentBand[] = [];
  /** Samples of all of these, and batches of the latter that the pool has. */
  private samples = 0;
  private bandBatches = 0;
  /** What the last bands were added to. */
  private open: SynthesisInProgress | undefined;

  /** For a window of so many samples. */
  constructor(pool: BlockPool, signal: AbortSignalLike | undefined, samples: number) {
    this.pool = pool;
    this.signal = signal;
    // one slab for nearly all, so that batches are not cut short because their strips lie in several
    const held = Math.min(samples, SAMPLES_A_WORKER * pool.size);
    this.batches = new Batches(pool, signal, Math.ceil(held * COEFFICIENTS_A_SAMPLE));
    this.strips = this.batches.strips;
  }

  decoderOf(): StripDecoder {
    return new PooledStrips(this.batches);
  }

  *take(span: Span, context: DecodeContext): WaitingWork<void> {
    const { from, to, group } = span;
    const rows = this.rowsOfBand(span);
    let y = from;
    do {
      const end = Math.min(to, y + rows);
      for (const component of group.components) yield* component.begin(end);
      this.begun.push({ span, from: y, to: end });
      this.samples += samplesOf(span, y, end);
      while (this.isBusy && this.hasEnough) yield* this.next(context);
      y = end;
    } while (y < to);
  }

  *finish(context: DecodeContext): WaitingWork<void> {
    this.batches.send();
    while (this.isBusy) yield* this.next(context);
  }

  private rowsOfBand({ from, to, group }: Span): number {
    const row = group.components[0].width * group.components.length;
    const fair = roundUp((to - from) / (BANDS_OF_SPAN * this.pool.size));
    const least = Math.max(USUAL_ROWS, roundUp((2 * this.pool.leastSamples) / row));
    const most = Math.max(LEAST_ROWS, roundUp(MOST_SAMPLES / row));
    return Math.min(Math.max(least, Math.min(fair, MOST_ROWS)), most);
  }

  private get isBusy(): boolean {
    return this.begun.length > 0 || this.sent.length > 0;
  }

  private get hasEnough(): boolean {
    const { batches, begun, sent, samples, pool } = this;
    return (
      batches.underWay >= BATCHES_A_WORKER * pool.size ||
      begun.length + sent.length >= BANDS_A_WORKER * pool.size ||
      samples >= SAMPLES_A_WORKER * pool.size
    );
  }

  /** Goes on with the oldest band that can be gone on with. */
  private *next(context: DecodeContext): WaitingWork<void> {
    const { sent, begun, pool } = this;
    const isWaiting = begun.length === 0 || this.bandBatches >= BAND_BATCHES_A_WORKER * pool.size;
    if (sent.length > 0 && (isWaiting || sent[0].batch.result)) yield* this.store(sent.shift()!, context);
    else yield* this.goOn(begun.shift()!, context);
  }

  /** Waits for the code-blocks of a band, and hands it over, or draws it. */
  private *goOn(band: PooledBand, context: DecodeContext): WaitingWork<void> {
    const { span, from, to } = band;
    const { components } = span.group;
    for (const component of components) {
      for (const need of component.need(to)) yield* pooledOf(need.band).settle(need.band, need.rows);
    }
    if (samplesOf(span, 0, components[0].height) >= LEAST_OF_GROUP) this.send(band);
    else {
      drawRows(span, from, to, context);
      yield* this.end(band, context);
    }
  }

  private send(band: PooledBand): void {
    const { group, targets } = band.span;
    this.open ??= new SynthesisInProgress(this.pool);
    const batch = this.open;
    const plan = new BandPlan(group, band.from, band.to, targets, batch);
    this.sent.push({ ...band, plan, batch, first: batch.add(plan) });
    if (batch.cost >= BATCH_SAMPLES) this.close();
  }

  private close(): void {
    const batch = this.open;
    if (batch === undefined) return;
    this.open = undefined;
    this.bandBatches++;
    batch.send(this.signal, () => {
      this.bandBatches--;
    });
  }

  private *store(band: SentBand, context: DecodeContext): WaitingWork<void> {
    const { plan, batch, first } = band;
    const { stages, now } = context;
    if (batch === this.open) this.close();
    const start = now();
    if (batch.result === undefined) yield batch.done!;
    const between = now();
    plan.finish(batch.result!.samples.slice(first, first + plan.band.outputs.length));
    stages.transform += between - start;
    stages.store += now() - between;
    yield* this.end(band, context);
  }

  /** A band is where it belongs. */
  private *end({ span, from, to }: PooledBand, context: DecodeContext): WaitingWork<void> {
    this.samples -= samplesOf(span, from, to);
    if (to < span.to) return;
    if (span.isLast) yield* span.group.finish(context);
    span.onDone?.();
  }
}

function roundUp(rows: number): number {
  return Math.ceil(rows / LEAST_ROWS) * LEAST_ROWS;
}

function samplesOf({ group }: Span, from: number, to: number): number {
  return group.components.length * group.components[0].width * (to - from);
}

/** Bands that go to the pool together. */
class SynthesisInProgress implements BandMemory {
  cost = 0;
  /** Settled when the pool is done; a failure is thrown to who waits for it, and to nobody else. */
  done: Promise<SynthesisedBatch> | undefined;
  result: SynthesisedBatch | undefined;
  private readonly plans: BandPlan[] = [];
  private readonly slabs: Int32Array[] = [];
  private readonly pool: BlockPool;
  private numOutputs = 0;

  constructor(pool: BlockPool) {
    this.pool = pool;
  }

  /** Adds a band; returns the number of its first output. */
  add(plan: BandPlan): number {
    const { width, height, components, outputs } = plan.band;
    const first = this.numOutputs;
    this.plans.push(plan);
    this.numOutputs += outputs.length;
    this.cost += width * height * components.length;
    return first;
  }

  indexOf(slab: Int32Array): number {
    const at = this.slabs.indexOf(slab);
    return at >= 0 ? at : this.slabs.push(slab) - 1;
  }

  outputLike(kind: SampleArray, length: number): SampleArray {
    const { pool } = this;
    const Samples = kind.constructor as SampleArrayConstructor;
    if (!pool.sharesMemory) return new Samples(0);
    // never used again: a worker that was given up may write to it for a moment yet
    return new Samples(pool.allocate(Math.ceil((length * kind.BYTES_PER_ELEMENT) / 4)).buffer, 0, length);
  }

  send(signal: AbortSignalLike | undefined, onDone: () => void): void {
    const { plans, slabs, cost, pool } = this;
    this.done = pool.synthesise({ bands: plans.map(({ band }) => band), slabs, cost }, signal);
    this.done.then((result) => {
      this.result = result;
      onDone();
    }, onDone);
  }
}

/**
 * A pool of workers that code batches of code-blocks.
 *
 * Batches wait in one queue and go to the worker with the least to do, two at most to each: the one that it works on, and the next, so
 * that a worker never waits for a message and the queue can still be shared out. Workers start when there is something for them, and go when there
 * has been nothing for a while.
 *
 * A pool is a way to be faster and never a reason to fail. A worker that dies is replaced, and what it had is done again; a batch that
 * two workers died over is done on this thread; and where no worker can be started, all of them are.
 */
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
} from '../codec/block-pool.ts';
import { usage } from '../codec/errors.ts';
import { type AbortSignalLike, throwIfAborted } from '../codec/source.ts';
import { abortReasonOf, InlineQueue } from './inline-queue.ts';
import { AbortWatch, Job } from './job.ts';
import { isShared, type Outcome, type Task, withShared } from './protocol.ts';
import type { WorkerLike } from './worker-like.ts';
import { type EndReason, type SeatListener, type SeatTimes, takeSeat, WorkerSeat } from './worker-seat.ts';

/** How a pool is made. */
export interface PoolOptions {
  /** Workers at most. Default: as many as the machine has processors for this process. */
  readonly size?: number;
  /** Starts a worker that runs `jp2kit/workers/worker`. Default: the file that lies beside this one. */
  createWorker?(): WorkerLike;
  /** Pictures, or windows of them, with fewer samples are not sent to workers: they are done before messages have been there and back. Default 131 072. */
  readonly leastSamples?: number;
  /** Never share memory with workers, but send it back and forth. Default: only where memory cannot be shared. */
  readonly transfer?: boolean;
  /** Milliseconds without work after which a worker is let go. Default 10 000. */
  readonly idleMs?: number;
  /** Milliseconds that a worker may take to start, before it counts as one that cannot. Default 20 000. */
  readonly startMs?: number;
  /** Told when workers die or cannot be started. Nothing is wrong with any picture then, but the pool is slower than it could be. */
  onWarning?(warning: PoolWarning): void;
}

/** Something that went wrong with workers and not with pictures. */
export interface PoolWarning {
  /**
   * `worker-start`: a worker could not be started. `worker-version`: it belongs to another version of jp2kit. `worker-died`: it ended, and
   * its batches are done again. `batch-inline`: a batch that two workers died over is done on this thread. `inline`: there will be no workers
   * any more, everything is done on this thread.
   */
  readonly code: 'worker-start' | 'worker-version' | 'worker-died' | 'batch-inline' | 'inline';
  /** What happened. */
  readonly message: string;
}

/** What a pool has done so far, and is doing. */
export interface PoolStats {
  /** True when workers cannot be started, and everything is done on this thread. */
  readonly inline: boolean;
  /** Workers at this moment, and of these the ones that are still starting. */
  readonly workers: number;
  readonly starting: number;
  /** Workers that were ever started, and that died. */
  readonly started: number;
  readonly died: number;
  /** Batches that wait for a worker. */
  readonly queued: number;
  /** Batches that workers have at this moment. */
  readonly outstanding: number;
  /** Batches that workers have done, and that this thread has done. */
  readonly doneByWorkers: number;
  readonly doneInline: number;
}

/** A pool of workers, to be handed to asynchronous calls as `pool`. */
export interface WorkerPool extends BlockPool {
  /** What it has done so far. */
  readonly stats: PoolStats;
  /** Ends all workers. What is still waited for rejects with the usage error `closed`. */
  close(): Promise<void>;
}

/** What the platform lends to a pool. */
export interface PoolHost {
  createWorker(): WorkerLike;
  /** Processors for this process. */
  readonly parallelism: number;
  /** Whether workers can be sent shared memory. */
  readonly sharesMemory: boolean;
}

/** A message there and back takes some tenths of a millisecond, three of them before the first rows are back; so many samples some five. */
const LEAST_SAMPLES = 1 << 17;
const IDLE_MS = 10_000;
const START_MS = 20_000;
/** A batch is not given to a third worker. */
const MOST_DEATHS = 2;
/** After so many workers in a row that did not start, there are no more tries. */
const MOST_FAILED_STARTS = 2;

/** Makes a pool; the platform comes from the entry. */
export function makePool(options: PoolOptions, host: PoolHost): WorkerPool {
  const { size = host.parallelism, leastSamples = LEAST_SAMPLES, idleMs = IDLE_MS, startMs = START_MS } = options;
  if (!Number.isInteger(size) || size < 1) throw usage('option-value', `size: ${size} is not a number of workers`);
  for (const [name, ms] of Object.entries({ idleMs, startMs })) {
    if (!(ms >= 0)) throw usage('option-value', `${name}: ${ms} is not a time in milliseconds`);
  }
  if (!(leastSamples >= 0)) throw usage('option-value', `leastSamples: ${leastSamples} is not a number of samples`);
  return new SeatedPool(options, host, size, leastSamples, { idleMs, startMs });
}

class SeatedPool implements WorkerPool, SeatListener {
  readonly size: number;
  readonly leastSamples: number;
  readonly sharesMemory: boolean;
  private readonly createWorker: () => WorkerLike;
  private readonly times: SeatTimes;
  private readonly onWarning: ((warning: PoolWarning) => void) | undefined;
  private readonly seats = new Set<WorkerSeat>();
  private readonly queue: Job[] = [];
  /** All that somebody waits for, wherever it is. */
  private readonly pending = new Set<Job>();
  private readonly watch = new AbortWatch((job) => this.abort(job));
  private readonly inlineQueue: InlineQueue;
  private ids = 0;
  private failedStarts = 0;
  private started = 0;
  private died = 0;
  private doneByWorkers = 0;
  private doneInline = 0;
  private isInline = false;
  private isClosed = false;

  constructor(options: PoolOptions, host: PoolHost, size: number, leastSamples: number, times: SeatTimes) {
    this.size = size;
    this.leastSamples = leastSamples;
    this.sharesMemory = options.transfer !== true && host.sharesMemory;
    this.createWorker = options.createWorker ? () => options.createWorker!() : () => host.createWorker();
    this.times = times;
    this.onWarning = options.onWarning;
    this.inlineQueue = new InlineQueue({
      done: (job, outcome) => {
        this.doneInline++;
        this.settle(job, () => job.succeed(outcome));
      },
      failed: (job, error) => this.settle(job, () => job.fail(error)),
    });
  }

  get stats(): PoolStats {
    const seats = [...this.seats];
    return {
      inline: this.isInline,
      workers: seats.length,
      starting: this.starting,
      started: this.started,
      died: this.died,
      queued: this.queue.length,
      outstanding: seats.reduce((sum, seat) => sum + seat.jobs.size, 0),
      doneByWorkers: this.doneByWorkers,
      doneInline: this.doneInline,
    };
  }

  allocate(length: number): Int32Array {
    if (!this.sharesMemory) throw usage('option-value', 'this pool shares no memory with its workers');
    return new Int32Array(new SharedArrayBuffer(4 * length));
  }

  decode(batch: DecodeBatch, signal?: AbortSignalLike): Promise<DecodedBatch> {
    return this.submit({ kind: 'decode', batch }, signal) as Promise<DecodedBatch>;
  }

  synthesise(batch: SynthesisBatch, signal?: AbortSignalLike): Promise<SynthesisedBatch> {
    return this.submit({ kind: 'synthesise', batch }, signal) as Promise<SynthesisedBatch>;
  }

  analyse(batch: AnalysisBatch, signal?: AbortSignalLike): Promise<AnalysedBatch> {
    return this.submit({ kind: 'analyse', batch }, signal) as Promise<AnalysedBatch>;
  }

  encode(batch: EncodeBatch, signal?: AbortSignalLike): Promise<EncodedBatch> {
    return this.submit({ kind: 'encode', batch }, signal) as Promise<EncodedBatch>;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.queue.length = 0;
    for (const job of [...this.pending]) this.settle(job, () => job.fail(closed()));
    const seats = [...this.seats];
    this.seats.clear();
    await Promise.all(seats.map((seat) => seat.close()));
  }

  private async submit(task: Task, signal: AbortSignalLike | undefined): Promise<Outcome> {
    throwIfAborted(signal);
    if (this.isClosed) throw closed();
    const out = task.kind === 'decode' || task.kind === 'analyse' ? task.batch.out : undefined;
    if (out && !(this.sharesMemory && isShared(out))) {
      throw usage('option-value', 'out: not memory that the workers of this pool can write to');
    }
    const job = new Job(this.ids++, task, signal);
    this.pending.add(job);
    this.watch.add(job);
    this.queue.push(job);
    this.pump();
    return job.outcome;
  }

  /** Gives batches to workers that have room for them, and starts more workers where batches are left. */
  private pump(): void {
    if (this.isClosed) return;
    while (this.queue.length > 0) {
      const seat = this.isInline ? undefined : this.freeSeat();
      if (!this.isInline && !seat) break;
      const job = this.queue.shift()!;
      if (job.signal?.aborted) this.abort(job);
      else if (seat) this.give(seat, job);
      else this.inlineQueue.add(job);
    }
    while (this.canStart && this.queue.length > this.starting) this.start();
    if (this.isInline && this.queue.length > 0) this.pump();
  }

  private give(seat: WorkerSeat, job: Job): void {
    try {
      seat.give(job);
    } catch {
      // what cannot be sent to one worker cannot be sent to any
      this.inlineQueue.add(job);
    }
  }

  /** The worker with the least to do. A second batch waits for workers that could take it as their first. */
  private freeSeat(): WorkerSeat | undefined {
    let best: WorkerSeat | undefined;
    for (const seat of this.seats) {
      if (seat.hasRoom && (!best || seat.jobs.size < best.jobs.size || isLighter(seat, best))) best = seat;
    }
    if (best === undefined || best.jobs.size === 0) return best;
    const coming = this.starting + (this.canStart ? this.size - this.seats.size : 0);
    return this.queue.length > coming ? best : undefined;
  }

  private get starting(): number {
    let count = 0;
    for (const { isReady } of this.seats) if (!isReady) count++;
    return count;
  }

  private get canStart(): boolean {
    return this.seats.size < this.size && this.failedStarts < MOST_FAILED_STARTS;
  }

  private start(): void {
    const seat = takeSeat(this.createWorker, this, this.times);
    if (seat instanceof WorkerSeat) this.seats.add(seat);
    else this.noteFailedStart('start', seat.failure);
  }

  private noteFailedStart(reason: EndReason, message: string): void {
    // another version stays another version
    this.failedStarts += reason === 'version' ? MOST_FAILED_STARTS : 1;
    this.warn(reason === 'version' ? 'worker-version' : 'worker-start', `a worker could not be started: ${message}`);
    this.checkInline();
  }

  /** No worker, and no hope of one. */
  private checkInline(): void {
    if (this.isInline || this.seats.size > 0 || this.canStart) return;
    this.isInline = true;
    this.warn('inline', 'no worker can be started; code-blocks are coded on this thread');
  }

  ready(): void {
    this.started++;
    this.failedStarts = 0;
    this.pump();
  }

  done(job: Job, outcome: Outcome): void {
    this.doneByWorkers++;
    if (job.signal?.aborted) this.abort(job);
    else this.settle(job, () => job.succeed(withShared(job.task, outcome)));
  }

  /** On this thread it fails in the same way, with the whole error; or it does not fail. */
  failed(job: Job): void {
    if (!job.isSettled) this.inlineQueue.add(job);
  }

  hasRoom(): void {
    this.pump();
  }

  idle(seat: WorkerSeat): void {
    this.seats.delete(seat);
    seat.close();
    this.checkInline();
  }

  ended(seat: WorkerSeat, reason: EndReason, message: string): void {
    this.seats.delete(seat);
    if (reason !== 'died') this.noteFailedStart(reason, message);
    else {
      this.died++;
      this.warn('worker-died', `a worker died: ${message}`);
      // it worked on the first of its batches
      const [first] = seat.jobs.values();
      if (first) first.deaths++;
    }
    const again = [...seat.jobs.values()].filter((job) => !job.isSettled);
    for (const job of again) {
      if (job.deaths < MOST_DEATHS) continue;
      this.warn('batch-inline', 'a batch that two workers died over is coded on this thread');
      this.inlineQueue.add(job);
    }
    this.queue.unshift(...again.filter((job) => job.deaths < MOST_DEATHS));
    this.checkInline();
    this.pump();
  }

  private abort(job: Job): void {
    const at = this.queue.indexOf(job);
    if (at >= 0) this.queue.splice(at, 1);
    if (job.seat?.jobs.has(job.id) && !job.isSettled) job.seat.cancel(job.id);
    this.settle(job, () => job.fail(abortReasonOf(job.signal)));
  }

  private settle(job: Job, how: () => void): void {
    if (!this.pending.delete(job)) return;
    this.watch.remove(job);
    how();
  }

  private warn(code: PoolWarning['code'], message: string): void {
    const { onWarning } = this;
    // apart from what goes on here, so that nothing is left half done should it throw
    if (onWarning) queueMicrotask(() => onWarning({ code, message }));
  }
}

function isLighter(seat: WorkerSeat, than: WorkerSeat): boolean {
  return seat.jobs.size === than.jobs.size && seat.load < than.load;
}

function closed(): Error {
  return usage('closed', 'the pool is closed');
}

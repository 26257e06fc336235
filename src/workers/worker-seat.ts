/**
 * One worker of a pool and the batches that it has: from its start, through work and idle time, to its end.
 *
 * The seat keeps the worker's clock (time to start, idle time) and tells the pool what happened; what follows is the pool's business.
 */
import { reasonOf } from '../codec/errors.ts';
import type { Job } from './job.ts';
import { type Answer, answers, BUILD, MOST_OUTSTANDING, type Outcome, readAnswer } from './protocol.ts';
import { listenTo, type WorkerLike } from './worker-like.ts';

/** Why a worker is gone. */
export type EndReason = 'start' | 'version' | 'died';

/** What a seat tells its pool. */
export interface SeatListener {
  ready(seat: WorkerSeat): void;
  done(job: Job, outcome: Outcome): void;
  /** The worker could not do this batch, and lives. */
  failed(job: Job): void;
  /** There is room for a batch again. */
  hasRoom(): void;
  idle(seat: WorkerSeat): void;
  ended(seat: WorkerSeat, reason: EndReason, message: string): void;
}

/** How long to wait. */
export interface SeatTimes {
  readonly idleMs: number;
  readonly startMs: number;
}

/** Longer delays than this end at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** One worker, and what it is doing. */
export class WorkerSeat {
  /** Batches that the worker has, the one that it works on first; settled ones stay until it has answered. */
  readonly jobs = new Map<number, Job>();
  /** Cost of these. */
  load = 0;
  isReady = false;
  private readonly worker: WorkerLike;
  private readonly listener: SeatListener;
  private readonly times: SeatTimes;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOver = false;

  /** Takes over a worker that has just been made. */
  constructor(worker: WorkerLike, listener: SeatListener, times: SeatTimes) {
    this.worker = worker;
    this.listener = listener;
    this.times = times;
    listenTo(worker, { message: (data) => this.hear(data), end: (reason) => this.end('died', reason) });
    // in two halves: after a long block of this thread the first timer comes before a message that has been waiting
    this.wait(times.startMs / 2, () =>
      this.wait(times.startMs / 2, () => this.end('start', `no word from it in ${times.startMs} ms`)),
    );
  }

  get hasRoom(): boolean {
    return this.isReady && this.jobs.size < MOST_OUTSTANDING;
  }

  /** Sends a batch; throws when it cannot be sent. */
  give(job: Job): void {
    this.worker.postMessage({ jp2kit: BUILD, kind: 'task', id: job.id, task: job.task });
    this.jobs.set(job.id, job);
    this.load += job.task.batch.cost;
    job.seat = this;
    this.stopWaiting();
    if (this.jobs.size === 1) this.worker.ref?.();
  }

  /** Nobody waits for this batch any more. */
  cancel(id: number): void {
    this.worker.postMessage({ jp2kit: BUILD, kind: 'cancel', id });
  }

  /** Ends the worker without telling. */
  close(): unknown {
    this.isOver = true;
    this.stopWaiting();
    return this.worker.terminate();
  }

  private hear(data: unknown): void {
    const answer = this.isOver ? undefined : readAnswer(data);
    if (answer === undefined) return;
    if (answer.jp2kit !== BUILD) {
      this.end('version', `the worker's script is of jp2kit ${answer.jp2kit}, and the pool of ${BUILD}`);
    } else if (answer.kind === 'ready') {
      if (this.isReady) return;
      this.isReady = true;
      this.rest();
      this.listener.ready(this);
    } else if (answer.kind === 'unreadable') this.end('died', 'it cannot read what the pool sends');
    else this.hearOutcome(answer);
  }

  private hearOutcome(answer: Extract<Answer, { readonly id: number }>): void {
    const job = this.jobs.get(answer.id);
    if (job === undefined) {
      this.end('died', 'it answers what nobody asked');
      return;
    }
    if (answer.kind === 'done' && !answers(job.task, answer.outcome)) {
      this.end('died', 'its answer does not fit the question');
      return;
    }
    this.jobs.delete(answer.id);
    this.load -= job.task.batch.cost;
    if (this.jobs.size === 0) this.rest();
    if (answer.kind === 'done') this.listener.done(job, answer.outcome);
    else if (answer.kind === 'failed') this.listener.failed(job);
    this.listener.hasRoom();
  }

  /** Nothing to do: the process need not wait for this worker, and after a while it goes. */
  private rest(): void {
    this.load = 0;
    this.worker.unref?.();
    this.wait(this.times.idleMs, () => this.listener.idle(this));
  }

  private end(reason: EndReason, message: string): void {
    if (this.isOver) return;
    this.close();
    this.listener.ended(this, this.isReady || reason === 'version' ? reason : 'start', message);
  }

  private wait(ms: number, then: () => void): void {
    this.stopWaiting();
    if (ms > MAX_DELAY) return;
    this.timer = setTimeout(then, ms);
    // in Node; a process does not wait for this
    if (this.isReady) (this.timer as { unref?(): void }).unref?.();
  }

  private stopWaiting(): void {
    clearTimeout(this.timer);
  }
}

/** Makes a seat, or says why there is no worker for it. */
export function takeSeat(
  createWorker: () => WorkerLike,
  listener: SeatListener,
  times: SeatTimes,
): WorkerSeat | { readonly failure: string } {
  try {
    return new WorkerSeat(createWorker(), listener, times);
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

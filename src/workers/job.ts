/** A batch on its way through the pool, and aborts of many batches by one signal. */
import type { AbortSignalLike } from '../codec/source.ts';
import type { Outcome, Task } from './protocol.ts';

/** A signal that says when it is aborted, as the platform's does. */
interface ListeningSignal extends AbortSignalLike {
  addEventListener?(type: 'abort', listener: () => void): void;
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/** Who has a batch. */
interface Holder {
  readonly jobs: ReadonlyMap<number, Job>;
  cancel(id: number): void;
}

/** A batch that somebody waits for. */
export class Job {
  readonly id: number;
  readonly task: Task;
  readonly signal: AbortSignalLike | undefined;
  readonly outcome: Promise<Outcome>;
  /** Workers that died over it. */
  deaths = 0;
  /** Where it is, or was last. */
  seat: Holder | undefined;
  isSettled = false;
  private resolve!: (outcome: Outcome) => void;
  private reject!: (reason: unknown) => void;

  constructor(id: number, task: Task, signal: AbortSignalLike | undefined) {
    this.id = id;
    this.task = task;
    this.signal = signal;
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Nothing after the first outcome or failure counts. */
  succeed(outcome: Outcome): void {
    this.isSettled = true;
    this.resolve(outcome);
  }

  fail(reason: unknown): void {
    this.isSettled = true;
    this.reject(reason);
  }
}

/** Listens to each signal once, however many batches hang on it: Node warns of many listeners, and rightly. */
export class AbortWatch {
  private readonly jobs = new Map<AbortSignalLike, { readonly all: Set<Job>; readonly stop: () => void }>();
  private readonly abort: (job: Job) => void;

  constructor(abort: (job: Job) => void) {
    this.abort = abort;
  }

  add(job: Job): void {
    const signal = job.signal as ListeningSignal | undefined;
    if (signal?.addEventListener === undefined) return;
    let watched = this.jobs.get(signal);
    if (watched === undefined) {
      const all = new Set<Job>();
      const listener = (): void => {
        for (const one of [...all]) this.abort(one);
      };
      signal.addEventListener('abort', listener);
      watched = { all, stop: () => signal.removeEventListener?.('abort', listener) };
      this.jobs.set(signal, watched);
    }
    watched.all.add(job);
  }

  remove(job: Job): void {
    const watched = job.signal && this.jobs.get(job.signal);
    if (!watched) return;
    watched.all.delete(job);
    if (watched.all.size > 0) return;
    watched.stop();
    this.jobs.delete(job.signal!);
  }
}

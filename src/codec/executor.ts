/**
 * Where computation runs. Inline by default; a worker pool can take the place of it without the decoder noticing.
 *
 * Clock and pauses come from here too, because the codec itself may not name a platform: an abort can only arrive while the
 * event loop turns, so long inline work asks for a {@link Executor.pause} every few milliseconds.
 */
import { overLimit } from './errors.ts';

/** The host's part of a long computation. */
export interface Executor {
  /** Milliseconds from any fixed origin. */
  now(): number;
  /** Gives the event loop one turn (a macrotask, so that timers, messages and aborts are seen). */
  pause?(): Promise<void>;
}

/** An executor for work that nobody can interrupt: no clock, no pause. Time limits do not work with it. */
export const INLINE_EXECUTOR: Executor = { now: () => 0 };

/** A long computation in small pieces: it yields wherever it may be interrupted. */
export type Work<T> = Generator<undefined, T, unknown>;

/** Work that may also have to wait: it then yields what it waits for. */
export type WaitingWork<T> = Generator<Promise<unknown> | undefined, T, unknown>;

/** Milliseconds of inline work between two turns of the event loop. */
export const PAUSE_INTERVAL_MS = 8;

/** A time limit that has been set running. */
export class Deadline {
  private readonly executor: Executor;
  private readonly limit: number;
  private readonly start: number;

  /** Runs from now on; `limit` is in milliseconds. */
  constructor(executor: Executor, limit: number) {
    this.executor = executor;
    this.limit = limit;
    this.start = executor.now();
  }

  /** Throws `limit-time` once the time is up. */
  check(): void {
    if (this.executor.now() - this.start > this.limit) {
      throw overLimit('limit-time', `the work took longer than ${this.limit} ms`);
    }
  }
}

/** Runs a computation to its end, giving the event loop a turn every few milliseconds; `check` is called then. */
export async function runWork<T>(
  work: WaitingWork<T>,
  executor: Executor,
  deadline: Deadline,
  check: () => void,
): Promise<T> {
  check();
  let last = executor.now();
  let step = work.next();
  while (!step.done) {
    deadline.check();
    if (step.value) {
      await step.value;
      check();
      last = executor.now();
    } else if (executor.pause && executor.now() - last >= PAUSE_INTERVAL_MS) {
      await executor.pause();
      check();
      last = executor.now();
    }
    step = work.next();
  }
  return step.value;
}

/**
 * The spans of a schedule for a pool of workers: those to come are begun while the first one is made.
 */
import type { Work } from '../executor.ts';

/** Rows that are begun at once: those of two rows of code-blocks of the usual 64 in the largest subbands. */
const ROWS_AT_ONCE = 128;

/** Batches for each worker that should be under way: one that is worked on, one that waits at the worker, one at the pool. */
const BATCHES_A_WORKER = 3;

/** Coefficients that may be held before anyone needs them. */
const COEFFICIENTS_AHEAD = 1 << 23;

/** What there is to know of a span here: its rows, and how they are begun. */
export interface AheadSpan {
  readonly from: number;
  readonly to: number;
  readonly group: { readonly rows: readonly { begin(count: number): Work<void> }[] };
}

/** Batches that a pool has, and the one that is being filled. */
export interface BatchesUnderWay {
  readonly underWay: number;
  readonly size: number;
  send(): void;
}

/** Gives spans in their order, and begins them ahead. */
export class SpanQueue<S extends AheadSpan> implements Iterable<S> {
  private readonly batches: BatchesUnderWay;
  private readonly rest: Iterator<S>;
  /** The span that is made now, and those that have been begun after it. */
  private readonly queue: S[] = [];
  /** Rows of the last of them that have been begun. */
  private begun = 0;
  private isOver = false;

  constructor(batches: BatchesUnderWay, schedule: Iterable<S>) {
    this.batches = batches;
    this.rest = schedule[Symbol.iterator]();
  }

  *[Symbol.iterator](): Generator<S> {
    for (;;) {
      if (this.queue.length === 0) this.takeNext();
      if (this.queue.length === 0) return;
      yield this.queue[0];
      this.queue.shift();
    }
  }

  private takeNext(): void {
    const step = this.isOver ? undefined : this.rest.next();
    if (step === undefined || step.done) {
      this.isOver = true;
      return;
    }
    this.queue.push(step.value);
    this.begun = step.value.from;
  }

  /** Begins rows after row `y` of the span that is made now, until the pool has enough to do, or enough is held. */
  *begin(context: { readonly heldCoefficients: number }, y: number): Work<void> {
    const { batches } = this;
    const enough = BATCHES_A_WORKER * batches.size;
    while (batches.underWay < enough && context.heldCoefficients < COEFFICIENTS_AHEAD) {
      const last = this.queue[this.queue.length - 1];
      if (this.begun < last.to) {
        const from = this.queue.length === 1 ? Math.max(this.begun, y) : this.begun;
        this.begun = Math.min(last.to, from + ROWS_AT_ONCE);
        for (const component of last.group.rows) yield* component.begin(this.begun);
        continue;
      }
      this.takeNext();
      if (!this.isOver) continue;
      batches.send();
      return;
    }
  }
}

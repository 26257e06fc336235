/**
 * Rows of tile-components in the order in which they are made, and what a pool works on meanwhile.
 *
 * A schedule is a list of spans: so many rows of components that go side by side. Without a pool each span is decoded when its turn
 * comes. With one, spans to come are begun ahead, across components and tiles, until the pool has enough to do or enough coefficients are
 * held, so that workers decode code-blocks while this thread synthesises.
 */
import type { WaitingWork, Work } from '../executor.ts';
import type { GroupMemory } from '../transform/rows.ts';
import type { ComponentRows } from './component-rows.ts';
import type { DecodeContext } from './decode-context.ts';
import type { RowWriter } from './store.ts';

/** Components whose rows are made together. */
export interface RowGroup {
  readonly rows: readonly ComponentRows[];
  readonly memory: GroupMemory;
  readonly writer: RowWriter;
}

/** Rows `from <= y < to` of a group, all of them but those of earlier spans. */
export interface Span {
  readonly group: RowGroup;
  readonly from: number;
  readonly to: number;
  /** True for the last span of its group. */
  readonly isLast: boolean;
  /** Called when the rows are stored. */
  readonly onDone?: (() => void) | undefined;
}

/** Samples that are synthesised between two yields: some milliseconds of work. */
const PIECE_SAMPLES = 1 << 18;

/** Rows that are begun ahead at once: those of two rows of code-blocks of the usual 64 in the largest subbands. */
const ROWS_AHEAD = 128;

/** Batches for each worker that should be under way: one that is worked on, one that waits at the worker, one at the pool. */
const BATCHES_A_WORKER = 3;

/** Coefficients that may be held before anyone needs them. */
const COEFFICIENTS_AHEAD = 1 << 23;

/** Makes all rows of a schedule. */
export function* makeRows(schedule: Iterable<Span>, context: DecodeContext): WaitingWork<void> {
  const spans = new SpanQueue(schedule);
  for (let span = spans.first(); span !== undefined; span = spans.first()) {
    for (let y = span.from; y < span.to; ) {
      if (context.batches) yield* spans.beginAhead(context, y);
      y = yield* makePiece(span, y, context);
      yield;
    }
    if (span.isLast) {
      for (const component of span.group.rows) yield* component.finish();
      context.giveRows(span.group.memory);
    }
    span.onDone?.();
    spans.shift();
  }
}

/** Makes some rows of a span from row `y` on; returns the row after them. */
function* makePiece({ group, to }: Span, y: number, context: DecodeContext): WaitingWork<number> {
  const { rows, writer } = group;
  const { now, stages } = context;
  const end = Math.min(to, y + Math.max(1, Math.floor(PIECE_SAMPLES / (rows[0].width * rows.length))));
  for (const component of rows) yield* component.load(end);
  for (let row = y; row < end; row++) {
    const start = now();
    for (const { samples } of rows) samples.advance();
    const between = now();
    writer.write(row);
    stages.transform += between - start;
    stages.store += now() - between;
  }
  return end;
}

/** The spans that are being made or have been begun, first come first. */
class SpanQueue {
  private readonly rest: Iterator<Span>;
  private readonly queue: Span[] = [];
  /** Rows of the last span in the queue that have been begun. */
  private begun = 0;
  private isOver = false;

  constructor(schedule: Iterable<Span>) {
    this.rest = schedule[Symbol.iterator]();
  }

  first(): Span | undefined {
    if (this.queue.length === 0) this.takeNext();
    return this.queue[0];
  }

  shift(): void {
    this.queue.shift();
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

  /** Begins rows after row `y` of the first span, while the pool has too little to do. */
  *beginAhead(context: DecodeContext, y: number): Work<void> {
    const batches = context.batches!;
    const enough = BATCHES_A_WORKER * context.poolSize;
    while (batches.underWay < enough && context.heldCoefficients < COEFFICIENTS_AHEAD) {
      const last = this.queue.at(-1)!;
      if (this.begun < last.to) {
        const from = this.queue.length === 1 ? Math.max(this.begun, y) : this.begun;
        this.begun = Math.min(last.to, from + ROWS_AHEAD);
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

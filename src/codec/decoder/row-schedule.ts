/**
 * Rows of tile-components in the order in which they are made, and what a pool works on meanwhile.
 *
 * A schedule is a list of spans: so many rows of components that go side by side. Without a pool each span is decoded when its turn
 * comes. With one, spans to come are begun ahead, across components and tiles, until the pool has enough to do or enough coefficients are
 * held, so that workers decode code-blocks while this thread synthesises.
 */
import type { WaitingWork } from '../executor.ts';
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

/** Makes all rows of a schedule. */
export function* makeRows(schedule: Iterable<Span>, context: DecodeContext): WaitingWork<void> {
  const ahead = context.batches?.ahead(schedule);
  for (const span of ahead ?? schedule) {
    for (let y = span.from; y < span.to; ) {
      if (ahead) yield* ahead.begin(context, y);
      y = yield* makePiece(span, y, context);
      yield;
    }
    if (span.isLast) {
      for (const component of span.group.rows) yield* component.finish();
      context.giveRows(span.group.memory);
    }
    span.onDone?.();
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

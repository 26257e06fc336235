/**
 * Rows of tile-components in the order in which they are made. Here they are made on the spot; a pool of workers takes spans in the same
 * order, and makes them elsewhere.
 */
import type { WaitingWork, Work } from '../executor.ts';
import type { GroupMemory } from '../transform/rows.ts';
import { type ComponentRows, memoryOf, shapeOf, synthesise } from './component-rows.ts';
import type { ComponentStrips } from './component-strips.ts';
import type { DecodeContext } from './decode-context.ts';
import { type StoreTarget, writerOf } from './store.ts';
import type { StripStore } from './strip-memory.ts';
import { StripRows } from './strip-rows.ts';
import type { Strip, StripDecoder, SubbandStrips } from './subband-strips.ts';

/** Rows of a group that are being drawn, and their memory. */
interface DrawnRows {
  readonly rows: readonly ComponentRows[];
  readonly memory: GroupMemory;
}

/** Components of a tile whose rows are made side by side. */
export class RowGroup {
  readonly components: readonly ComponentStrips[];
  private drawn: DrawnRows | undefined;

  constructor(components: readonly ComponentStrips[]) {
    this.components = components;
  }

  /** Its rows, from where they were left. The first call takes memory. */
  draw(context: DecodeContext): DrawnRows {
    if (this.drawn) return this.drawn;
    const { components } = this;
    const { reversible } = components[0];
    const shapes = components.map(({ window }) => shapeOf(window));
    const length = shapes.reduce((sum, shape) => sum + memoryOf(shape, reversible), 0);
    const memory = context.takeRows(length, reversible);
    const rows = components.map(({ levels, width }, k) => {
      const samples = synthesise(shapes[k], (r, orientation) => rowsOf(levels[r].bands[orientation]), memory);
      return { samples, width };
    });
    this.drawn = { rows, memory };
    return this.drawn;
  }

  /** Ends the work on it, and gives all memory back. */
  *finish(context: DecodeContext): Work<void> {
    for (const component of this.components) yield* component.finish();
    if (this.drawn) context.giveRows(this.drawn.memory);
  }
}

function rowsOf(band: SubbandStrips | undefined): StripRows<Strip> | undefined {
  return band && new StripRows(band.area, band.strips, band.plan.y.lo, (strip) => band.decoder.letGo(band, strip));
}

/** Rows `from <= y < to` of a group, all of them but those of earlier spans. */
export interface Span {
  readonly group: RowGroup;
  readonly from: number;
  readonly to: number;
  /** Where they go, for each component that somebody asked for. */
  readonly targets: readonly (StoreTarget | undefined)[];
  /** True for the last span of its group. */
  readonly isLast: boolean;
  /** Called when the rows are stored. */
  readonly onDone?: (() => void) | undefined;
}

/** Decodes code-blocks and makes rows somewhere else. */
export interface PooledSpans {
  /** Memory for decoded code-blocks. */
  readonly strips: StripStore;
  /** What decodes the strips of a subband. */
  decoderOf(): StripDecoder;
  /** Takes a span, and begins with it. Earlier ones may be finished meanwhile. */
  take(span: Span, context: DecodeContext): WaitingWork<void>;
  /** Waits for all that was taken. */
  finish(context: DecodeContext): WaitingWork<void>;
}

/** Samples that are synthesised between two yields: some milliseconds of work, as much as a byte of a code-block for each 16. */
const PIECE_SAMPLES = 1 << 18;
const SAMPLES_A_BYTE = 16;

/** Storing is timed for one row in so many, since a short row takes little longer than looking at the clock. */
const TIMED_ROWS = 8;

/** Makes all rows of a schedule. */
export function* makeRows(
  schedule: Iterable<Span>,
  context: DecodeContext,
  spans: PooledSpans | undefined,
): WaitingWork<void> {
  for (const span of schedule) yield* spans ? spans.take(span, context) : makeSpan(span, context);
}

function* makeSpan(span: Span, context: DecodeContext): WaitingWork<void> {
  const { group, from, to, isLast, onDone } = span;
  const { components } = group;
  const row = components[0].width * components.length;
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_SAMPLES / row));
  for (let y = from; y < to; ) {
    const end = Math.min(to, y + rowsAtOnce);
    for (const component of components) yield* component.begin(end);
    drawRows(span, y, end, context);
    if (context.tires(((end - y) * row) / SAMPLES_A_BYTE)) yield;
    y = end;
  }
  if (isLast) yield* group.finish(context);
  onDone?.();
}

/** Makes rows whose code-blocks are there, the next ones of their group. */
export function drawRows({ group, targets }: Span, from: number, to: number, context: DecodeContext): void {
  const { rows, memory } = group.draw(context);
  const { now, stages } = context;
  const writer = writerOf(rows, memory, targets);
  const begin = now();
  let stored = 0;
  for (let y = from; y < to; y++) {
    for (const { samples } of rows) samples.advance();
    if ((y - from) % TIMED_ROWS > 0) writer.write(y);
    else {
      const start = now();
      writer.write(y);
      stored += (now() - start) * Math.min(TIMED_ROWS, to - y);
    }
  }
  stages.store += stored;
  stages.transform += now() - begin - stored;
}

/**
 * From rows of a tile-component to the arrays of the result: component transform, level shift, clipping (15444-1 Annex G).
 *
 * The general road transforms copies of three rows and stores component by component. Where three transformed components go side by
 * side into one unsigned array, which is the commonest picture of all, one pass does everything; {@link sideBySide} decides.
 */
import type { Siz } from '../codestream/siz.ts';
import type { Interval } from '../geometry/axis.ts';
import type { ComponentWindow } from '../geometry/window.ts';
import type { SampleArray } from '../image.ts';
import { inverseIct, inverseRct } from '../transform/component-transform.ts';
import { integer, type RowStorer, rowStorer } from '../transform/level-shift.ts';
import { type TransformedStorer, transformedStorer, type TransformedTarget } from '../transform/transformed-store.ts';
import type { GroupMemory } from '../transform/rows.ts';
import type { ComponentRows } from './component-rows.ts';

/** Where the samples of one component go. */
export interface ComponentTarget {
  readonly component: number;
  /** The component's window after reduction, on its own grid. */
  readonly x: Interval;
  readonly y: Interval;
  /** Sample (x, y) of the window is written to `out[offset + x * strideX + y * strideY]`. */
  readonly out: SampleArray;
  readonly offset: number;
  readonly strideX: number;
  readonly strideY: number;
}

/** Where the rows of one tile-component go, and what samples they become. */
export interface StoreTarget {
  readonly out: SampleArray;
  /** Sample x of row y of the tile-component's window is written to `out[offset + x * strideX + y * strideY]`. */
  readonly offset: number;
  readonly strideX: number;
  readonly strideY: number;
  readonly precision: number;
  readonly signed: boolean;
}

/** The place of a tile-component's window in a target. */
export function storeTarget(target: ComponentTarget, window: ComponentWindow, { components }: Siz): StoreTarget {
  const { component, out, strideX, strideY } = target;
  const { precision, signed } = components[component];
  const x = window.x.kept[window.target];
  const y = window.y.kept[window.target];
  const offset = target.offset + (x.lo - target.x.lo) * strideX + (y.lo - target.y.lo) * strideY;
  return { out, offset, strideX, strideY, precision, signed };
}

/** Three of a kind that belong together. */
export type Triple<T> = readonly [T, T, T];

/** Stores rows of one or three components. */
export interface RowWriter {
  /** Stores the current row of the components, which is their row `y`. */
  write(y: number): void;
}

/** Stores one component. */
class ComponentWriter implements RowWriter {
  private readonly rows: ComponentRows;
  private readonly samples: GroupMemory['samples'];
  private readonly target: StoreTarget;
  private readonly storer: RowStorer;

  constructor(rows: ComponentRows, { samples }: GroupMemory, target: StoreTarget) {
    this.rows = rows;
    this.samples = samples;
    this.target = target;
    this.storer = rowStorer(samples instanceof Int32Array, target.out, target.precision, target.signed);
  }

  write(y: number): void {
    this.store(this.samples, this.rows.samples.at, y);
  }

  /** Stores any row in the place of row `y`. */
  store(samples: GroupMemory['samples'], at: number, y: number): void {
    const { target, storer, rows } = this;
    const to = integer(target.offset + y * target.strideY);
    const { store, shift, least, most } = storer;
    store(samples as never, at, rows.width, target.out as never, to, target.strideX, shift, least, most);
  }
}

/** Stores three components after inverse RCT or ICT; those of them that nobody asked for have no writer. */
class TransformWriter implements RowWriter {
  private readonly rows: Triple<ComponentRows>;
  private readonly samples: GroupMemory['samples'];
  private readonly writers: readonly (ComponentWriter | undefined)[];
  /** The rows themselves are still needed for those that follow. */
  private readonly copies: GroupMemory['samples'];

  constructor(
    rows: Triple<ComponentRows>,
    { samples }: GroupMemory,
    writers: readonly (ComponentWriter | undefined)[],
  ) {
    this.rows = rows;
    this.samples = samples;
    this.writers = writers;
    const length = 3 * rows[0].width;
    this.copies = samples instanceof Int32Array ? new Int32Array(length) : new Float64Array(length);
  }

  write(y: number): void {
    const { rows, samples, writers, copies } = this;
    const n = rows[0].width;
    for (let c = 0; c < 3; c++) {
      const { at } = rows[c].samples;
      copies.set(samples.subarray(at, at + n), c * n);
    }
    if (copies instanceof Int32Array) inverseRct(copies, 0, n, 2 * n, n);
    else inverseIct(copies, 0, n, 2 * n, n);
    for (let c = 0; c < 3; c++) writers[c]?.store(copies, c * n, y);
  }
}

/** Stores three transformed components at once, side by side. */
class SideBySideWriter implements RowWriter {
  private readonly rows: Triple<ComponentRows>;
  private readonly samples: GroupMemory['samples'];
  private readonly target: StoreTarget;
  private readonly storer: TransformedStorer;
  private readonly shift: number;

  constructor(rows: Triple<ComponentRows>, { samples }: GroupMemory, target: StoreTarget) {
    this.rows = rows;
    this.samples = samples;
    this.target = target;
    this.storer = transformedStorer(samples instanceof Int32Array, target.out as TransformedTarget);
    this.shift = 1 << (target.precision - 1);
  }

  write(y: number): void {
    const { target, shift, storer, samples } = this;
    const a = this.rows[0];
    const b = this.rows[1];
    const c = this.rows[2];
    const { out, strideX } = target;
    const to = integer(target.offset + y * target.strideY);
    storer(samples as never, a.samples.at, b.samples.at, c.samples.at, a.width, out as never, to, strideX, shift);
  }
}

/** What stores the rows of a group: of one component, or of three that are transformed. */
export function writerOf(
  rows: readonly ComponentRows[],
  memory: GroupMemory,
  targets: readonly (StoreTarget | undefined)[],
): RowWriter {
  if (rows.length === 1) return new ComponentWriter(rows[0], memory, targets[0]!);
  const triple = rows as unknown as Triple<ComponentRows>;
  if (sideBySide(targets)) return new SideBySideWriter(triple, memory, targets[0]);
  const writers = targets.map((target, k) => target && new ComponentWriter(rows[k], memory, target));
  return new TransformWriter(triple, memory, writers);
}

/** True when three targets are the neighbouring channels of one unsigned array, so that {@link SideBySideWriter} may be used. */
export function sideBySide(targets: readonly (StoreTarget | undefined)[]): targets is Triple<StoreTarget> {
  const [a, b, c] = targets;
  if (a === undefined || b === undefined || c === undefined) return false;
  return (
    (a.out instanceof Uint8Array || a.out instanceof Uint16Array) &&
    [b, c].every((t, k) => t.out === a.out && t.offset === a.offset + k + 1 && t.strideX === a.strideX) &&
    [a, b, c].every((t) => !t.signed && t.precision === a.precision)
  );
}

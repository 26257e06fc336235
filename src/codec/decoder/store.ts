/**
 * From rows of a tile-component to the arrays of the result: component transform, level shift, clipping (15444-1 Annex G).
 *
 * The general road transforms copies of three rows and stores component by component. Where three transformed components go side by
 * side into one unsigned array, which is the commonest picture of all, one pass does everything; {@link sideBySide} decides.
 */
import type { SizComponent } from '../codestream/siz.ts';
import type { Interval } from '../geometry/axis.ts';
import type { ComponentWindow } from '../geometry/window.ts';
import type { SampleArray } from '../image.ts';
import { inverseIct, inverseRct } from '../transform/component-transform.ts';
import { type RowStorer, rowStorer } from '../transform/level-shift.ts';
import {
  type IctStorer,
  ictStorer,
  type RctStorer,
  rctStorer,
  type TransformedTarget,
} from '../transform/transformed-store.ts';
import type { ComponentRows, SampleRows } from './component-rows.ts';

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

/** Three of a kind that belong together. */
export type Triple<T> = readonly [T, T, T];

/** Stores rows of one or three components. */
export interface RowWriter {
  /** Stores the current row of the components, which is their row `y`. */
  write(y: number): void;
}

/** Stores one component. */
export class ComponentWriter implements RowWriter {
  private readonly rows: SampleRows;
  private readonly width: number;
  private readonly target: ComponentTarget;
  private readonly offset: number;
  private readonly storer: RowStorer;

  constructor(rows: ComponentRows, target: ComponentTarget, component: SizComponent) {
    this.rows = rows.samples;
    this.width = rows.width;
    this.target = target;
    this.offset = offsetOf(rows.window, target);
    this.storer = rowStorer(rows.reversible, target.out, component.precision, component.signed);
  }

  write(y: number): void {
    this.store(this.rows.line, this.rows.at, y);
  }

  /** Stores any row in the place of row `y`. */
  store(line: Int32Array | Float32Array, at: number, y: number): void {
    const { target, storer } = this;
    const to = this.offset + y * target.strideY;
    const { store, shift, least, most } = storer;
    store(line as never, at, this.width, target.out as never, to, target.strideX, shift, least, most);
  }
}

/** Stores three components after inverse RCT or ICT; those of them that nobody asked for have no writer. */
export class TransformWriter implements RowWriter {
  private readonly rows: Triple<ComponentRows>;
  private readonly writers: readonly (ComponentWriter | undefined)[];
  private readonly copies: Triple<Int32Array> | Triple<Float32Array>;

  constructor(rows: Triple<ComponentRows>, writers: readonly (ComponentWriter | undefined)[]) {
    this.rows = rows;
    this.writers = writers;
    const { width, reversible } = rows[0];
    this.copies = reversible
      ? [new Int32Array(width), new Int32Array(width), new Int32Array(width)]
      : [new Float32Array(width), new Float32Array(width), new Float32Array(width)];
  }

  write(y: number): void {
    const { rows, writers, copies } = this;
    const { width, reversible } = rows[0];
    // the rows themselves are still needed for those that follow
    for (let c = 0; c < 3; c++) {
      const { line, at } = rows[c].samples;
      copies[c].set(line.subarray(at, at + width));
    }
    if (reversible) inverseRct(...(copies as Triple<Int32Array>), 0, width);
    else inverseIct(...(copies as Triple<Float32Array>), 0, width);
    for (let c = 0; c < 3; c++) writers[c]?.store(copies[c], 0, y);
  }
}

/** Stores three transformed components at once, side by side. */
export class SideBySideWriter implements RowWriter {
  private readonly rows: Triple<ComponentRows>;
  private readonly target: ComponentTarget;
  private readonly offset: number;
  private readonly rct: RctStorer;
  private readonly ict: IctStorer;
  private readonly shift: number;

  constructor(rows: Triple<ComponentRows>, target: ComponentTarget, precision: number) {
    this.rows = rows;
    this.target = target;
    this.offset = offsetOf(rows[0].window, target);
    this.rct = rctStorer(target.out as TransformedTarget);
    this.ict = ictStorer(target.out as TransformedTarget);
    this.shift = 1 << (precision - 1);
  }

  write(y: number): void {
    const { target, shift, rows } = this;
    const [a, b, c] = rows;
    const { out, strideX } = target;
    const to = this.offset + y * target.strideY;
    if (a.reversible) {
      const [s, t, u] = [a.samples, b.samples, c.samples] as unknown as Triple<{ line: Int32Array; at: number }>;
      this.rct(s.line, s.at, t.line, t.at, u.line, u.at, a.width, out as never, to, strideX, shift);
    } else {
      const [s, t, u] = [a.samples, b.samples, c.samples] as unknown as Triple<{ line: Float32Array; at: number }>;
      this.ict(s.line, s.at, t.line, t.at, u.line, u.at, a.width, out as never, to, strideX, shift);
    }
  }
}

/** True when three targets are the neighbouring channels of one unsigned array, so that {@link SideBySideWriter} may be used. */
export function sideBySide(
  targets: readonly (ComponentTarget | undefined)[],
  components: readonly SizComponent[],
): targets is Triple<ComponentTarget> {
  const [a, b, c] = targets;
  if (a === undefined || b === undefined || c === undefined) return false;
  return (
    (a.out instanceof Uint8Array || a.out instanceof Uint16Array) &&
    [b, c].every((t, k) => t.out === a.out && t.offset === a.offset + k + 1 && t.strideX === a.strideX) &&
    [a, b, c].every((t) => !components[t.component].signed) &&
    [b, c].every((t) => components[t.component].precision === components[a.component].precision)
  );
}

/** Index in the target of the window's first sample. */
function offsetOf(window: ComponentWindow, target: ComponentTarget): number {
  const x = window.x.kept[window.target];
  const y = window.y.kept[window.target];
  return target.offset + (x.lo - target.x.lo) * target.strideX + (y.lo - target.y.lo) * target.strideY;
}

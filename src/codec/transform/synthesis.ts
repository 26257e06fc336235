/**
 * One level of two-dimensional synthesis, row by row (15444-1 F.3.2 to F.3.5: 2D_SR with 2D_INTERLEAVE, HOR_SR and VER_SR).
 *
 * The level below and the three subbands give their rows one after another, and so does this level: nothing but a handful of rows is
 * ever held. Each incoming pair of rows (LL beside HL, or LH beside HH) is synthesised horizontally first and then goes through the
 * vertical steps, as F.3.2 has it; for 5/3 the order matters, since rounding does not commute. Rows that are about to be needed are
 * still in the cache then, and a picture passes through memory once for each level instead of three times (docs/performance.md).
 *
 * The result may be cut: `skip` samples at the start of each axis, and everything after `count`, are filter margin of a partial window.
 *
 * Rows of zeros, which low rates have many of, are passed on without work.
 */
import { firstRow53, inverse53Row, inverse53Rows, lastRow53, loneRow53 } from './lifting-53.ts';
import {
  ALPHA,
  BETA,
  DELTA,
  finish97Rows,
  GAMMA,
  inverse97Row,
  inverse97Rows,
  K,
  lastRow97,
  liftRow97,
  STREAMED,
} from './lifting-97.ts';
import { type Row, type RowSource, RowStore } from './rows.ts';

/** One axis of one synthesis step. */
export interface AxisStep {
  readonly numLow: number;
  readonly numHigh: number;
  /** Parity of the line's first coordinate: 1 when it begins with a high-pass sample. */
  readonly parity: 0 | 1;
  /** Samples of the synthesised line to drop at its start. */
  readonly skip: number;
  /** Samples to keep after that. */
  readonly count: number;
}

/** What comes into a level: rows of the level below and of the three subbands. */
export interface LevelInput<Samples> {
  readonly low: RowSource<Samples>;
  readonly hl: RowSource<Samples>;
  readonly lh: RowSource<Samples>;
  readonly hh: RowSource<Samples>;
}

/** Interleaved rows that a level may take in ahead of the row that it gives: for 5/3, and for 9/7. */
export const ROWS_AHEAD_53 = 3;
export const ROWS_AHEAD_97 = STREAMED;

/** Memory for rows of all kinds, shared by the levels of all tile-components that are decoded one after another. */
export class SynthesisRows {
  readonly ints = new RowStore<Int32Array>((length) => new Int32Array(length));
  readonly floats = new RowStore<Float32Array>((length) => new Float32Array(length));
  readonly doubles = new RowStore<Float64Array>((length) => new Float64Array(length));
}

/** A level of the reversible 5/3 filter. */
export class Synthesis53 implements RowSource<Int32Array> {
  line: Int32Array;
  readonly at = 0;
  isZero = true;
  private readonly h: AxisStep;
  private readonly v: AxisStep;
  private readonly input: LevelInput<Int32Array>;
  private readonly rows: SynthesisRows;
  private readonly length: number;
  private readonly height: number;
  /** The next row of the interleaved line to finish. */
  private next = 0;
  /** The last even row that is finished, and a row to take the next low-pass row into. */
  private even: Row<Int32Array>;
  private spareLow: Row<Int32Array>;
  /** The high-pass row below it, as it came, and one for the next. */
  private high: Row<Int32Array>;
  private spareHigh: Row<Int32Array>;

  constructor(h: AxisStep, v: AxisStep, input: LevelInput<Int32Array>, rows: SynthesisRows) {
    this.h = h;
    this.v = v;
    this.input = input;
    this.rows = rows;
    this.length = h.numLow + h.numHigh;
    this.height = v.numLow + v.numHigh;
    this.even = this.take();
    this.spareLow = this.take();
    this.high = this.take();
    this.spareHigh = this.take();
    this.line = this.even.kept;
  }

  private take(): Row<Int32Array> {
    return this.rows.ints.take(this.length, this.h.skip, this.h.count);
  }

  /** Gives the memory back; there are no rows any more after that. */
  release(): void {
    for (const row of [this.even, this.spareLow, this.high, this.spareHigh]) {
      this.rows.ints.give(row, this.length, this.h.skip, this.h.count);
    }
  }

  advance(): void {
    while (this.next < this.v.skip) this.finishRow();
    const row = this.finishRow();
    this.line = row.kept;
    this.isZero = row.isZero;
  }

  private finishRow(): Row<Int32Array> {
    const k = this.next++;
    const { h, v, height } = this;
    const isHigh = (k & 1) !== v.parity;
    if (height === 1) {
      const row = this.even;
      if (isHigh) {
        this.takeHigh(row);
        if (!row.isZero) loneRow53(row.kept, h.count); // F.3.6
      } else this.takeLow(row);
      return row;
    }
    if (isHigh) {
      if (k === 0) this.takeHigh(this.high);
      return k === height - 1 ? this.finishLast() : this.finishPair(k + 1);
    }
    // an even row was finished together with the odd one before it, but for the first
    if (k === 0) {
      this.takeLow(this.even);
      this.takeHigh(this.high);
      if (!(this.even.isZero && this.high.isZero)) {
        firstRow53(this.even.kept, this.high.kept, h.count);
        this.even.isZero = false;
      }
    }
    return this.even;
  }

  /** Takes in low-pass row k of the line and what is below, and finishes the odd row above it and row k. */
  private finishPair(k: number): Row<Int32Array> {
    const before = this.high;
    const low = this.spareLow;
    const after = k + 1 < this.height ? this.spareHigh : before;
    this.takeLow(low);
    if (after !== before) this.takeHigh(after);
    const previous = k === 1 ? low : this.even;
    if (!(before.isZero && low.isZero && after.isZero && previous.isZero)) {
      inverse53Rows(before.kept, low.kept, after.kept, previous.kept, this.h.count);
      low.isZero = false;
      before.isZero = false;
    }
    this.spareLow = this.even;
    this.even = low;
    if (after !== before) {
      this.spareHigh = before;
      this.high = after;
    }
    return before;
  }

  private finishLast(): Row<Int32Array> {
    const row = this.high;
    if (!this.even.isZero) {
      lastRow53(row.kept, this.even.kept, this.h.count);
      row.isZero = false;
    }
    return row;
  }

  private takeLow(row: Row<Int32Array>): void {
    this.combine(this.input.low, this.input.hl, row);
  }

  private takeHigh(row: Row<Int32Array>): void {
    this.combine(this.input.lh, this.input.hh, row);
  }

  private combine(low: RowSource<Int32Array>, high: RowSource<Int32Array>, row: Row<Int32Array>): void {
    const { numLow, numHigh, parity } = this.h;
    low.advance();
    high.advance();
    if (low.isZero && high.isZero) {
      if (!row.isZero) row.all.fill(0);
      row.isZero = true;
      return;
    }
    inverse53Row(low.line, low.at, high.line, high.at, numLow, numHigh, parity, row.all);
    row.isZero = false;
  }
}

/** A level of the irreversible 9/7 filter. */
export class Synthesis97 implements RowSource<Float32Array> {
  line: Float32Array;
  readonly at = 0;
  isZero = true;
  private readonly h: AxisStep;
  private readonly v: AxisStep;
  private readonly input: LevelInput<Float32Array>;
  private readonly rows: SynthesisRows;
  private readonly length: number;
  private readonly height: number;
  /** Rows given so far, with those that are dropped. */
  private given = 0;
  /** Low-pass rows taken in so far. */
  private taken = 0;
  /** Rows on their way, in the letters of `inverse97Rows`, and spare ones for what comes next. */
  private b: Row<Float64Array>;
  private a1: Row<Float64Array>;
  private b1: Row<Float64Array>;
  private spareA: Row<Float64Array>;
  private spareB: Row<Float64Array>;
  private a2: Row<Float32Array>;
  private spareA2: Row<Float32Array>;
  private readonly odd: Row<Float32Array>;
  private readonly lastOdd: Row<Float32Array>;
  /** Finished rows that are waiting to be given: at most three, from `ready[firstReady]` on. */
  private readonly ready: Row<Float32Array>[] = [];
  private firstReady = 0;
  /** All rows of a line that is too short to stream. */
  private readonly few: Row<Float64Array>[] = [];

  constructor(h: AxisStep, v: AxisStep, input: LevelInput<Float32Array>, rows: SynthesisRows) {
    this.h = h;
    this.v = v;
    this.input = input;
    this.rows = rows;
    this.length = h.numLow + h.numHigh;
    this.height = v.numLow + v.numHigh;
    this.b = this.take();
    this.a1 = this.take();
    this.b1 = this.take();
    this.spareA = this.take();
    this.spareB = this.take();
    this.a2 = this.takeFloats();
    this.spareA2 = this.takeFloats();
    this.odd = this.takeFloats();
    this.lastOdd = this.takeFloats();
    this.line = this.odd.kept;
  }

  private take(): Row<Float64Array> {
    return this.rows.doubles.take(this.length, this.h.skip, this.h.count);
  }

  private takeFloats(): Row<Float32Array> {
    return this.rows.floats.take(this.h.count, 0, this.h.count);
  }

  /** Gives the memory back; there are no rows any more after that. */
  release(): void {
    const { length, h } = this;
    for (const row of [this.b, this.a1, this.b1, this.spareA, this.spareB, ...this.few]) {
      this.rows.doubles.give(row, length, h.skip, h.count);
    }
    for (const row of [this.a2, this.spareA2, this.odd, this.lastOdd]) {
      this.rows.floats.give(row, h.count, 0, h.count);
    }
  }

  advance(): void {
    while (this.given < this.v.skip) this.nextRow();
    const row = this.nextRow();
    this.line = row.kept;
    this.isZero = row.isZero;
  }

  private nextRow(): Row<Float32Array> {
    this.given++;
    if (this.height < STREAMED) return this.rowOfFew(this.given - 1);
    while (this.firstReady === this.ready.length) {
      this.ready.length = 0;
      this.firstReady = 0;
      if (this.taken < this.v.numLow) this.takePair();
      else this.finishLine();
    }
    return this.ready[this.firstReady++];
  }

  /** Takes in one more low-pass row and the high-pass row below it. */
  private takePair(): void {
    const { h, v } = this;
    const n = this.taken++;
    if (n === 0) {
      this.takeFirst();
      return;
    }
    const a = this.spareA;
    this.takeLow(a);
    // where the line ends with this row, what is above stands for what is below
    const ends = 2 * n + v.parity === this.height - 1;
    const below = ends ? this.b : this.spareB;
    if (!ends) this.takeHigh(below);
    const { b, a1 } = this;
    const even = this.spareA2;
    const b1 = n === 1 && v.parity === 0 ? b : this.b1;
    const a2 = n === 1 && v.parity === 1 ? even : this.a2;
    if (a.isZero && below.isZero && b.isZero && a1.isZero && b1.isZero && a2.isZero) {
      clear(even);
      clear(this.odd);
    } else {
      inverse97Rows(a.kept, below.kept, b.kept, a1.kept, b1.kept, a2.kept, this.odd.kept, even.kept, h.count);
      a.isZero = false;
      b.isZero = false;
      even.isZero = false;
      this.odd.isZero = false;
    }
    // all rows move up by one pair
    this.spareA2 = this.a2;
    this.a2 = even;
    this.spareA = a1;
    this.a1 = a;
    const free = this.b1;
    this.b1 = b;
    if (ends) this.b = free;
    else {
      this.spareB = free;
      this.b = below;
    }
    if (n > 1 || v.parity === 1) this.ready.push(this.odd);
    this.ready.push(even);
  }

  /** The first low-pass row with its neighbours. */
  private takeFirst(): void {
    const { h, v, a1 } = this;
    if (v.parity === 1) this.takeHigh(this.b1);
    this.takeLow(a1);
    this.takeHigh(this.b);
    const above = v.parity === 1 ? this.b1 : this.b;
    if (!(a1.isZero && above.isZero && this.b.isZero)) {
      liftRow97(a1.kept, above.kept, this.b.kept, DELTA, h.count);
      a1.isZero = false;
    }
    if (v.parity === 1 && !(a1.isZero && this.b1.isZero)) {
      liftRow97(this.b1.kept, a1.kept, a1.kept, GAMMA, h.count);
      this.b1.isZero = false;
    }
  }

  /** The rows that are left when everything has come in. */
  private finishLine(): void {
    const { h, v, a1, b1, a2 } = this;
    const even = this.spareA2;
    // a line that ends with a low-pass row has used up the high-pass row above it already
    const endsLow = (this.height - 1 - v.parity) % 2 === 0;
    const b2 = endsLow ? b1 : this.b;
    if (!endsLow && !(b2.isZero && a1.isZero)) {
      liftRow97(b2.kept, a1.kept, a1.kept, GAMMA, h.count);
      b2.isZero = false;
    }
    finish97Rows(b2.kept, a1.kept, b1.kept, a2.kept, this.odd.kept, even.kept, h.count);
    even.isZero = a1.isZero && b1.isZero && b2.isZero && a2.isZero;
    this.odd.isZero = even.isZero;
    this.ready.push(this.odd, even);
    if (endsLow) return;
    lastRow97(b2.kept, even.kept, this.lastOdd.kept, h.count);
    this.lastOdd.isZero = even.isZero;
    this.ready.push(this.lastOdd);
  }

  /** A line of a few rows takes them all in and makes one step after the other. */
  private rowOfFew(k: number): Row<Float32Array> {
    const { v, height, few } = this;
    if (few.length === 0) {
      let isZero = true;
      for (let y = 0; y < height; y++) {
        const row = this.take();
        if ((y & 1) === v.parity) this.takeLow(row);
        else this.takeHigh(row);
        few.push(row);
        isZero &&= row.isZero;
      }
      for (const row of few) row.isZero = isZero;
      if (height > 1 && !isZero) {
        this.liftFew(v.parity, DELTA);
        this.liftFew(1 - v.parity, GAMMA);
        this.liftFew(v.parity, BETA);
        this.liftFew(1 - v.parity, ALPHA);
      }
    }
    const row = this.odd;
    row.kept.set(few[k].kept);
    row.isZero = few[k].isZero;
    return row;
  }

  private liftFew(first: number, factor: number): void {
    const { few, height } = this;
    for (let y = first; y < height; y += 2) {
      const above = few[y > 0 ? y - 1 : 1];
      const below = few[y < height - 1 ? y + 1 : height - 2];
      liftRow97(few[y].kept, above.kept, below.kept, factor, this.h.count);
    }
  }

  private takeLow(row: Row<Float64Array>): void {
    this.combine(this.input.low, this.input.hl, row, this.height === 1 ? 1 : K);
  }

  private takeHigh(row: Row<Float64Array>): void {
    this.combine(this.input.lh, this.input.hh, row, this.height === 1 ? 1 / 2 : 1 / K); // F.3.6: a lone odd row is halved
  }

  /** The horizontal synthesis of a row; `scale` is what the vertical one multiplies it by. */
  private combine(
    low: RowSource<Float32Array>,
    high: RowSource<Float32Array>,
    row: Row<Float64Array>,
    scale: number,
  ): void {
    const { numLow, numHigh, parity } = this.h;
    low.advance();
    high.advance();
    if (low.isZero && high.isZero) {
      if (!row.isZero) row.all.fill(0);
      row.isZero = true;
      return;
    }
    inverse97Row(low.line, low.at, high.line, high.at, numLow, numHigh, parity, scale, row.all);
    row.isZero = false;
  }
}

function clear(row: Row<Float32Array>): void {
  if (!row.isZero) row.all.fill(0);
  row.isZero = true;
}

/**
 * One level of two-dimensional synthesis, row by row (15444-1 F.3.2 to F.3.5: 2D_SR with 2D_INTERLEAVE, HOR_SR and VER_SR).
 *
 * The level below and the three subbands give their rows one after another, and so does this level: nothing but a handful of rows is
 * ever held. Each incoming pair of rows (LL beside HL, or LH beside HH) is synthesised horizontally first and then goes through the
 * vertical steps, as F.3.2 has it; for 5/3 the order matters, since rounding does not commute. Rows that are about to be needed are
 * still in the cache then, and no plane of coefficients or samples passes through memory.
 *
 * The result may be cut: `skip` samples at the start of each axis, and everything after `count`, are filter margin of a partial window.
 *
 * Rows of zeros, which low rates have many of, are passed on without work.
 */
import type { AxisStep } from '../synthesis-shape.ts';
import { firstRow53, inverse53Row, inverse53Rows, lastRow53, loneRow53 } from './lifting-53.ts';
import {
  ALPHA,
  BETA,
  DELTA,
  GAMMA,
  inverse97Row,
  inverse97Rows,
  K,
  liftRow97,
  STREAMED,
  streamCoefficients,
  streamMixed,
} from './lifting-97.ts';
import type { BandSource, Row, RowMemory, RowSource } from './rows.ts';

/** What comes into a level: rows of the level below, which stand in the same memory, and of the three subbands. */
export interface LevelInput<Samples> {
  readonly low: RowSource;
  readonly hl: BandSource<Samples>;
  readonly lh: BandSource<Samples>;
  readonly hh: BandSource<Samples>;
}

/** Interleaved rows that a level may take in ahead of the row that it gives: for 5/3, and for 9/7. */
export const ROWS_AHEAD_53 = 3;
export const ROWS_AHEAD_97 = STREAMED;

/** Rows of the full length that a level holds: those on their way through the vertical steps, and one of coefficients. */
export const ROWS_HELD_53 = 5;
export const ROWS_HELD_97 = 9;

/** A level of the reversible 5/3 filter. */
export class Synthesis53 implements RowSource {
  at = 0;
  isZero = true;
  private readonly h: AxisStep;
  private readonly v: AxisStep;
  private readonly input: LevelInput<Int32Array>;
  private readonly samples: Int32Array;
  private readonly length: number;
  private readonly height: number;
  /** The next row of the interleaved line to finish. */
  private next = 0;
  /** Where coefficients of a row are put. */
  private readonly coefficients: number;
  /** The last even row that is finished, and a row to take the next low-pass row into. */
  private even: Row;
  private spareLow: Row;
  /** The high-pass row below it, as it came, and one for the next. */
  private high: Row;
  private spareHigh: Row;

  constructor(h: AxisStep, v: AxisStep, input: LevelInput<Int32Array>, memory: RowMemory<Int32Array>) {
    this.h = integers(h);
    this.v = integers(v);
    this.input = input;
    this.samples = memory.samples;
    this.length = this.h.numLow + this.h.numHigh;
    this.height = this.v.numLow + this.v.numHigh;
    const take = (): Row => ({ isZero: true, at: memory.take(this.length) });
    this.coefficients = take().at;
    this.even = take();
    this.spareLow = take();
    this.high = take();
    this.spareHigh = take();
  }

  advance(): void {
    while (this.next < this.v.skip) this.finishRow();
    const row = this.finishRow();
    this.at = row.at + this.h.skip;
    this.isZero = row.isZero;
  }

  private finishRow(): Row {
    const k = this.next++;
    const { h, v, height, samples } = this;
    const { skip, count } = h;
    const isHigh = (k & 1) !== v.parity;
    if (height === 1) {
      const row = this.even;
      if (isHigh) {
        this.takeHigh(row);
        if (!row.isZero) loneRow53(samples, row.at + skip, count); // F.3.6
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
        firstRow53(samples, this.even.at + skip, this.high.at + skip, count);
        this.even.isZero = false;
      }
    }
    return this.even;
  }

  /** Takes in low-pass row k of the line and what is below, and finishes the odd row above it and row k. */
  private finishPair(k: number): Row {
    const { skip, count } = this.h;
    const before = this.high;
    const low = this.spareLow;
    const after = k + 1 < this.height ? this.spareHigh : before;
    this.takeLow(low);
    if (after !== before) this.takeHigh(after);
    const previous = k === 1 ? low : this.even;
    if (!(before.isZero && low.isZero && after.isZero && previous.isZero)) {
      inverse53Rows(this.samples, before.at + skip, low.at + skip, after.at + skip, previous.at + skip, count);
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

  private finishLast(): Row {
    const { skip, count } = this.h;
    const row = this.high;
    if (!this.even.isZero) {
      lastRow53(this.samples, row.at + skip, this.even.at + skip, count);
      row.isZero = false;
    }
    return row;
  }

  private takeLow(row: Row): void {
    const { samples, coefficients, length, input } = this;
    const { numLow, numHigh, parity } = this.h;
    const { low, hl } = input;
    low.advance();
    const hasHigh = hl.next();
    if (low.isZero && !hasHigh) {
      clearRow(row, samples, length);
      return;
    }
    loadBand(hl, hasHigh, samples, coefficients, numHigh);
    inverse53Row(samples, low.at, coefficients, row.at, numLow, numHigh, parity);
    row.isZero = false;
  }

  private takeHigh(row: Row): void {
    const { samples, coefficients, length } = this;
    const { numLow, numHigh, parity } = this.h;
    const { lh, hh } = this.input;
    const hasLow = lh.next();
    const hasHigh = hh.next();
    if (!hasLow && !hasHigh) {
      clearRow(row, samples, length);
      return;
    }
    loadBand(lh, hasLow, samples, coefficients, numLow);
    loadBand(hh, hasHigh, samples, coefficients + numLow, numHigh);
    inverse53Row(samples, coefficients, coefficients + numLow, row.at, numLow, numHigh, parity);
    row.isZero = false;
  }
}

/** A level of the irreversible 9/7 filter. */
export class Synthesis97 implements RowSource {
  at = 0;
  isZero = true;
  private readonly h: AxisStep;
  private readonly v: AxisStep;
  private readonly input: LevelInput<Float64Array>;
  private readonly samples: Float64Array;
  private readonly length: number;
  private readonly height: number;
  /** Stands for a row of a subband that has none. */
  private readonly zeros: Int32Array;
  /** Rows given so far, with those that are dropped. */
  private given = 0;
  /** Low-pass rows taken in so far. */
  private taken = 0;
  /** Where coefficients of a row are put. */
  private readonly coefficients: number;
  /** Rows on their way, in the letters of `inverse97Rows`, and spare ones for what comes next. */
  private a2: Row;
  private b1: Row;
  private a1: Row;
  private b: Row;
  private spare: Row[];
  /** Finished rows that are waiting to be given: at most four, from `ready[firstReady]` on. */
  private ready: Row[] = [];
  private firstReady = 0;
  /** The first rows in memory: all of a line that is too short to stream. */
  private readonly few: readonly Row[];

  constructor(h: AxisStep, v: AxisStep, input: LevelInput<Float64Array>, memory: RowMemory<Float64Array>) {
    this.h = integers(h);
    this.v = integers(v);
    this.input = input;
    this.samples = memory.samples;
    this.length = this.h.numLow + this.h.numHigh;
    this.height = this.v.numLow + this.v.numHigh;
    if (zeros.length < this.length) zeros = new Int32Array(this.length);
    this.zeros = zeros;
    const take = (): Row => ({ isZero: true, at: memory.take(this.length) });
    this.coefficients = take().at;
    const rows = Array.from({ length: ROWS_HELD_97 - 1 }, take);
    [this.a2, this.b1, this.a1, this.b, ...this.spare] = rows;
    this.few = rows.slice(0, this.height);
  }

  advance(): void {
    while (this.given < this.v.skip) this.nextRow();
    const row = this.nextRow();
    this.at = row.at + this.h.skip;
    this.isZero = row.isZero;
  }

  private nextRow(): Row {
    const k = this.given++;
    if (this.height < STREAMED) {
      if (k === 0) this.makeFew();
      return this.few[k];
    }
    while (this.firstReady === this.ready.length) {
      this.ready = []; // cheaper than a new length for the old one
      this.firstReady = 0;
      const { taken, v } = this;
      if (taken > 1 && 2 * taken + 3 + v.parity < this.height) this.takePairs();
      else if (taken < v.numLow) this.takePair();
      else this.finishLine();
    }
    return this.ready[this.firstReady++];
  }

  /** Takes in two more low-pass rows, each with the high-pass row below it, where nothing mirrors. */
  private takePairs(): void {
    const { a2, b1, a1, b } = this;
    const [a, below, c, under] = this.spare;
    this.taken += 2;
    this.takeLow(a);
    this.takeHigh(below);
    this.takeLow(c);
    this.takeHigh(under);
    const rows = [a2, b1, a1, b, a, below, c, under];
    if (rows.some(isUsed)) {
      const { skip, count } = this.h;
      inverse97Rows(
        this.samples,
        a2.at + skip,
        b1.at + skip,
        a1.at + skip,
        b.at + skip,
        a.at + skip,
        below.at + skip,
        c.at + skip,
        under.at + skip,
        count,
      );
      for (const row of rows) row.isZero = false;
    }
    this.a2 = a;
    this.b1 = below;
    this.a1 = c;
    this.b = under;
    this.spare = [a2, b1, a1, b];
    this.ready.push(b1, a1, b, a);
  }

  /** Takes in one more low-pass row and the high-pass row below it, near an end of the line. */
  private takePair(): void {
    const { v } = this;
    const n = this.taken++;
    if (n === 0) {
      this.takeFirst();
      return;
    }
    const { spare } = this;
    const a = spare[0];
    this.takeLow(a);
    // where the line ends with this row, what is above stands for what is below
    const ends = 2 * n + v.parity === this.height - 1;
    const below = ends ? this.b : spare[1];
    if (!ends) this.takeHigh(below);
    const { b, a1 } = this;
    // before the first even row there is nothing: what is below mirrors to what would be above
    const isFirst = n === 1 && v.parity === 0;
    this.lift(a, b, below, DELTA);
    this.lift(b, a1, a, GAMMA);
    this.lift(a1, isFirst ? b : this.b1, b, BETA);
    if (!isFirst) this.lift(this.b1, n === 1 ? a1 : this.a2, a1, ALPHA);
    // all rows move up by one pair; the odd row that is finished stands where b1 was, the even one where a1 was
    const odd = this.b1;
    spare[0] = this.a2;
    this.a2 = a1;
    this.a1 = a;
    this.b1 = b;
    this.b = ends ? odd : below;
    if (!ends) spare[1] = odd;
    if (n > 1 || v.parity === 1) this.ready.push(odd);
    this.ready.push(a1);
  }

  /** The first low-pass row with its neighbours. */
  private takeFirst(): void {
    const { v, a1, b1, b } = this;
    if (v.parity === 1) this.takeHigh(b1);
    this.takeLow(a1);
    this.takeHigh(b);
    this.lift(a1, v.parity === 1 ? b1 : b, b, DELTA);
    if (v.parity === 1) this.lift(b1, a1, a1, GAMMA);
  }

  /** The rows that are left when everything has come in. */
  private finishLine(): void {
    const { v, a1, b1, a2 } = this;
    // a line that ends with a low-pass row has used up the high-pass row above it already
    const endsLow = (this.height - 1 - v.parity) % 2 === 0;
    const b2 = endsLow ? b1 : this.b;
    this.ready.push(b1, a1);
    if (!endsLow) {
      this.ready.push(b2);
      this.lift(b2, a1, a1, GAMMA);
    }
    this.lift(a1, b1, b2, BETA);
    this.lift(b1, a2, a1, ALPHA);
    if (!endsLow) this.lift(b2, a1, a1, ALPHA);
  }

  /** A line of a few rows takes them all in and makes one step after the other. */
  private makeFew(): void {
    const { v, height, few } = this;
    for (let y = 0; y < height; y++) {
      if ((y & 1) === v.parity) this.takeLow(few[y]);
      else this.takeHigh(few[y]);
    }
    if (height === 1) return;
    this.liftFew(v.parity, DELTA);
    this.liftFew(1 - v.parity, GAMMA);
    this.liftFew(v.parity, BETA);
    this.liftFew(1 - v.parity, ALPHA);
  }

  private liftFew(first: number, factor: number): void {
    const { few, height } = this;
    for (let y = first; y < height; y += 2) {
      this.lift(few[y], few[y > 0 ? y - 1 : 1], few[y < height - 1 ? y + 1 : height - 2], factor);
    }
  }

  /** One lifting step of one row. */
  private lift(row: Row, above: Row, below: Row, factor: number): void {
    if (above.isZero && below.isZero) return;
    const { skip, count } = this.h;
    liftRow97(this.samples, row.at + skip, above.at + skip, below.at + skip, factor, count);
    row.isZero = false;
  }

  private takeLow(row: Row): void {
    const { samples, coefficients, length, input } = this;
    const { numLow, numHigh, parity } = this.h;
    const { low, hl } = input;
    low.advance();
    const hasHigh = hl.next();
    if (low.isZero && !hasHigh) {
      clearRow(row, samples, length);
      return;
    }
    row.isZero = false;
    const scale = this.height === 1 ? 1 : K;
    if (hl.scale !== 0 && length >= STREAMED) {
      const v = hasHigh ? hl.coefficients : this.zeros;
      const at = hasHigh ? hl.at : 0;
      streamMixed(samples, low.at, v, at, row.at, numLow, numHigh, parity, scale * K, (hl.scale * scale) / K);
      return;
    }
    loadBand(hl, hasHigh, samples, coefficients, numHigh);
    inverse97Row(samples, low.at, coefficients, row.at, numLow, numHigh, parity, scale);
  }

  private takeHigh(row: Row): void {
    const { samples, coefficients, length } = this;
    const { numLow, numHigh, parity } = this.h;
    const { lh, hh } = this.input;
    const hasLow = lh.next();
    const hasHigh = hh.next();
    if (!hasLow && !hasHigh) {
      clearRow(row, samples, length);
      return;
    }
    row.isZero = false;
    const scale = this.height === 1 ? 1 / 2 : 1 / K; // F.3.6: a lone odd row is halved
    if (lh.scale !== 0 && hh.scale !== 0 && length >= STREAMED) {
      streamCoefficients(
        hasLow ? lh.coefficients : this.zeros,
        hasLow ? lh.at : 0,
        hasHigh ? hh.coefficients : this.zeros,
        hasHigh ? hh.at : 0,
        samples,
        row.at,
        numLow,
        numHigh,
        parity,
        lh.scale * scale * K,
        (hh.scale * scale) / K,
      );
      return;
    }
    loadBand(lh, hasLow, samples, coefficients, numLow);
    loadBand(hh, hasHigh, samples, coefficients + numLow, numHigh);
    inverse97Row(samples, coefficients, coefficients + numLow, row.at, numLow, numHigh, parity, scale);
  }
}

/** Zeros for all who want some: tiles are many, and each level of each component would have its own. */
let zeros = /* @__PURE__ */ new Int32Array(0);

/** Puts the current row of a band, or zeros, where a synthesis takes it from. */
function loadBand<Samples extends Int32Array | Float64Array>(
  band: BandSource<Samples>,
  isThere: boolean,
  samples: Samples,
  at: number,
  length: number,
): void {
  if (isThere) band.load(samples, at);
  else samples.fill(0, at, at + length);
}

/**
 * The same in integers (see rows.ts). The order of fields is another than where steps are planned: objects of equal fields in equal order
 * share the engine's knowledge of them, and would hold doubles again.
 */
function integers({ numLow, numHigh, parity, skip, count }: AxisStep): AxisStep {
  return { parity, numLow: numLow | 0, numHigh: numHigh | 0, skip: skip | 0, count: count | 0 };
}

function isUsed(row: Row): boolean {
  return !row.isZero;
}

function clearRow(row: Row, samples: Int32Array | Float64Array, length: number): void {
  if (!row.isZero) samples.fill(0, row.at, row.at + length);
  row.isZero = true;
}

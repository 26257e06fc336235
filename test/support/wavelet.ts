/** What the tests of synthesis and analysis share. */
import { expect } from 'vitest';
import { type AxisStep, Synthesis53, Synthesis97, SynthesisRows } from '../../src/codec/transform/synthesis.ts';
import type { RowSource } from '../../src/codec/transform/rows.ts';

export type Filter = '5/3' | '9/7';

export function stepOf(x0: number, n: number, skip = 0, count = n - skip): AxisStep {
  const parity = (x0 & 1) as 0 | 1;
  const numLow = (n + 1 - parity) >> 1;
  return { numLow, numHigh: n - numLow, parity, skip, count };
}

export function expectSame(got: number[][], wanted: number[][], filter: Filter): void {
  if (filter === '5/3') {
    expect(got).toEqual(wanted);
    return;
  }
  // 32-bit rounding goes with what went in, up to 2^15, and not with the few samples that a crop leaves
  const largest = Math.max(2 ** 15, ...wanted.flat().map(Math.abs));
  got.forEach((row, y) => {
    row.forEach((value, x) => {
      expect(Math.abs(value - wanted[y]![x]!)).toBeLessThan(2e-6 * largest);
    });
  });
}

export function randomRows(width: number, height: number, seed: number, range: number): number[][] {
  let state = seed;
  return Array.from({ length: height }, () =>
    Array.from({ length: width }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return Math.round((state / 2 ** 31) * range) + 0; // never -0, which integers do not have
    }),
  );
}

/** Rows of an array, `from` in front of each; a row of zeros says so. */
class ArrayRows<Samples extends Int32Array | Float32Array> implements RowSource<Samples> {
  line: Samples;
  readonly at: number;
  isZero = false;
  private next = 0;
  private readonly rows: readonly Samples[];

  constructor(rows: readonly number[][], make: (values: number[]) => Samples, at: number) {
    this.rows = rows.map((row) => make([...new Array(at).fill(12345), ...row, 12345]));
    this.at = at;
    this.line = make([]);
  }

  advance(): void {
    const line = this.rows[this.next++];
    if (line === undefined) throw new Error('a row was asked for that is not there');
    this.line = line;
    this.isZero = line.slice(this.at, -1).every((value) => value === 0);
  }
}

const shared = new SynthesisRows();

/** One level of synthesis. `rows` are low-pass rows, then high-pass ones, each with its low-pass samples first. */
export function synthesise(rows: number[][], h: AxisStep, v: AxisStep, filter: Filter): number[][] {
  const [top, bottom] = [rows.slice(0, v.numLow), rows.slice(v.numLow)];
  const left = (part: number[][]) => part.map((row) => row.slice(0, h.numLow));
  const right = (part: number[][]) => part.map((row) => row.slice(h.numLow));
  const bands = [left(top), right(top), left(bottom), right(bottom)];
  const collect = (level: (RowSource<Int32Array> | RowSource<Float32Array>) & { release(): void }): number[][] => {
    const result = Array.from({ length: v.count }, () => {
      level.advance();
      const row = [...level.line.subarray(level.at, level.at + h.count)];
      if (level.isZero) expect(row.every((value) => value === 0)).toBe(true);
      return row;
    });
    level.release();
    return result;
  };
  if (filter === '5/3') {
    const [low, hl, lh, hh] = bands.map((band, k) => new ArrayRows(band, (values) => Int32Array.from(values), k));
    return collect(new Synthesis53(h, v, { low: low!, hl: hl!, lh: lh!, hh: hh! }, shared));
  }
  const [low, hl, lh, hh] = bands.map((band, k) => new ArrayRows(band, (values) => Float32Array.from(values), k));
  return collect(new Synthesis97(h, v, { low: low!, hl: hl!, lh: lh!, hh: hh! }, shared));
}

/** What the tests of synthesis and analysis share. */
import { expect } from 'vitest';
import type { AxisStep } from '../../src/codec/synthesis-shape.ts';
import { BandRows, RowMemory } from '../../src/codec/transform/rows.ts';
import { ROWS_HELD_53, ROWS_HELD_97, Synthesis53, Synthesis97 } from '../../src/codec/transform/synthesis.ts';

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

/** Rows of an array; a row of zeros is not put anywhere. */
class ArrayBand {
  coefficients = new Int32Array(0);
  at = 3;
  readonly scale: number;
  private nextRow = 0;
  private readonly rows: readonly number[][];

  constructor(rows: readonly number[][], scale: number) {
    this.rows = rows;
    this.scale = scale;
  }

  next(): boolean {
    const row = this.rows[this.nextRow++];
    if (row === undefined) throw new Error('a row was asked for that is not there');
    if (row.every((value) => value === 0)) return false;
    this.coefficients = Int32Array.from([8, 8, 8, ...row.map((value) => value / (this.scale || 1)), 8]);
    return true;
  }

  load(memory: Int32Array | Float64Array, to: number): void {
    memory.set(this.rows[this.nextRow - 1]!, to);
  }
}

const memories = {
  '5/3': new RowMemory(new Int32Array(4000)),
  '9/7': new RowMemory(new Float64Array(4000)),
};

/**
 * One level of synthesis. `rows` are low-pass rows, then high-pass ones, each with its low-pass samples first. With `scale` bands give what,
 * times that, are the samples, which must be integers then.
 */
export function synthesise(rows: number[][], h: AxisStep, v: AxisStep, filter: Filter, scale = 0): number[][] {
  const [top, bottom] = [rows.slice(0, v.numLow), rows.slice(v.numLow)];
  const left = (part: number[][]) =>
    new ArrayBand(
      part.map((row) => row.slice(0, h.numLow)),
      scale,
    );
  const right = (part: number[][]) =>
    new ArrayBand(
      part.map((row) => row.slice(h.numLow)),
      scale,
    );
  const [ll, hl, lh, hh] = [left(top), right(top), left(bottom), right(bottom)];
  const memory = memories[filter];
  // what stood there before must not matter, but for zeros where memory is taken
  memory.samples.fill(12345);
  memory.clear();
  const level =
    memory.samples instanceof Int32Array
      ? new Synthesis53(h, v, { low: new BandRows(ll, h.numLow, memory), hl, lh, hh }, memory as RowMemory<Int32Array>)
      : new Synthesis97(
          h,
          v,
          { low: new BandRows(ll, h.numLow, memory), hl, lh, hh },
          memory as RowMemory<Float64Array>,
        );
  const held = filter === '5/3' ? ROWS_HELD_53 : ROWS_HELD_97;
  const behind = h.numLow + held * (h.numLow + h.numHigh);
  memory.samples.fill(12345, behind);
  const result = Array.from({ length: v.count }, () => {
    level.advance();
    const row = [...memory.samples.subarray(level.at, level.at + h.count)];
    if (level.isZero) expect(row.every((value) => value === 0)).toBe(true);
    return row;
  });
  expect(memory.samples.subarray(behind).every((value) => value === 12345)).toBe(true);
  return result;
}

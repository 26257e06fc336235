import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AnalysisStep,
  analyse53,
  analyse97,
  type AxisStep,
  spreadRows,
  synthesise53Columns,
  synthesise53Rows,
  synthesise97Columns,
  synthesise97Rows,
} from '../../../src/codec/transform/dwt.ts';
import { analyseLevelSlowly, synthesiseLevelSlowly } from '../../reference/wavelet.ts';

type Filter = '5/3' | '9/7';

function stepOf(x0: number, n: number, skip = 0, count = n - skip): AxisStep {
  const parity = (x0 & 1) as 0 | 1;
  const numLow = (n + 1 - parity) >> 1;
  return { numLow, numHigh: n - numLow, parity, skip, count };
}

/**
 * One level with the fast kernels. `rows` are low-pass rows, then high-pass ones; the plane has room to the right that must stay
 * as it was.
 */
function synthesise(rows: number[][], h: AxisStep, v: AxisStep, filter: Filter, piece = 1 << 30): number[][] {
  const width = h.numLow + h.numHigh;
  const height = v.numLow + v.numHigh;
  const stride = width + 3;
  const plane = filter === '5/3' ? new Int32Array(stride * height) : new Float32Array(stride * height);
  plane.fill(12345);
  for (let y = 0; y < v.numLow; y++) plane.set(rows[y]!, y * stride);
  spreadRows(plane, stride, width, v.numLow, v.parity);
  for (let y = 0; y < v.numHigh; y++) plane.set(rows[v.numLow + y]!, (2 * y + 1 - v.parity) * stride);
  for (let y = 0; y < height; y += piece) {
    const to = Math.min(height, y + piece);
    if (plane instanceof Int32Array) synthesise53Rows(plane, stride, h, y, to, new Int32Array(width));
    else synthesise97Rows(plane, stride, h, v, y, to, new Float32Array(width));
  }
  for (let x = 0; x < h.count; x += piece) {
    const to = Math.min(h.count, x + piece);
    if (plane instanceof Int32Array) synthesise53Columns(plane, stride, v, x, to);
    else synthesise97Columns(plane, stride, v, x, to);
  }
  for (let y = 0; y < height; y++) {
    expect([...plane.subarray(y * stride + width, (y + 1) * stride)]).toEqual([12345, 12345, 12345]);
  }
  return Array.from({ length: v.count }, (_, y) => [...plane.subarray(y * stride, y * stride + h.count)]);
}

function expectSame(got: number[][], wanted: number[][], filter: Filter): void {
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

function randomRows(width: number, height: number, seed: number, range: number): number[][] {
  let state = seed;
  return Array.from({ length: height }, () =>
    Array.from({ length: width }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return Math.round((state / 2 ** 31) * range) + 0; // never -0, which integers do not have
    }),
  );
}

function crop(rows: number[][], h: AxisStep, v: AxisStep): number[][] {
  return rows.slice(v.skip, v.skip + v.count).map((row) => row.slice(h.skip, h.skip + h.count));
}

describe.each<Filter>(['5/3', '9/7'])('%s synthesis', (filter) => {
  test('agrees with the definition for all short lines and both parities', () => {
    for (let n = 1; n <= 17; n++) {
      for (const x0 of [0, 1]) {
        for (const y0 of [0, 1]) {
          for (const height of [1, 2, 3, 6]) {
            const rows = randomRows(n, height, 97 * n + height, 5000);
            const h = stepOf(x0, n);
            const v = stepOf(y0, height);
            expectSame(synthesise(rows, h, v, filter), synthesiseLevelSlowly(rows, x0, y0, filter), filter);
            const turned = randomRows(height, n, 89 * n + height, 5000);
            expectSame(synthesise(turned, v, h, filter), synthesiseLevelSlowly(turned, y0, x0, filter), filter);
          }
        }
      }
    }
  });

  test('agrees with the definition for any size, crop and division into pieces', () => {
    const axis = fc
      .tuple(fc.integer({ min: 1, max: 90 }), fc.nat(100), fc.nat(100), fc.integer({ min: 0, max: 1 }))
      .map(([n, a, b, x0]) => {
        const skip = Math.floor((a / 101) * n);
        const count = Math.floor((b / 101) * (n - skip + 1));
        return { x0, n, step: stepOf(x0, n, skip, count) };
      });
    fc.assert(
      fc.property(axis, axis, fc.integer(), fc.integer({ min: 1, max: 50 }), (h, v, seed, piece) => {
        const rows = randomRows(h.n, v.n, seed, 2 ** 15);
        const whole = synthesiseLevelSlowly(rows, h.x0, v.x0, filter);
        expectSame(synthesise(rows, h.step, v.step, filter, piece), crop(whole, h.step, v.step), filter);
      }),
      { numRuns: 100 },
    );
  });

  test('undoes the analysis of the standard', () => {
    for (const [width, height, x0, y0] of [
      [33, 20, 0, 0],
      [16, 17, 1, 0],
      [7, 40, 0, 1],
      [1, 9, 1, 1],
      [64, 1, 1, 1],
    ] as const) {
      const picture = randomRows(width, height, width, 2000);
      const bands = analyseLevelSlowly(picture, x0, y0, filter);
      expectSame(synthesise(bands, stepOf(x0, width), stepOf(y0, height), filter), picture, filter);
    }
  });
});

test('5/3 synthesis of a row is exact for magnitudes up to 2^29', () => {
  const rows = randomRows(64, 1, 5, 2 ** 29);
  rows[0]!.splice(0, 8, ...[1, -1, 1, -1, 1, 1, -1, -1].map((sign) => sign * 2 ** 29));
  const h = stepOf(0, 64);
  expect(synthesise(rows, h, stepOf(0, 1), '5/3')).toEqual(synthesiseLevelSlowly(rows, 0, 0, '5/3'));
});

test('9/7 synthesis of a constant has gain 1, of the highest frequency gain 2', () => {
  const n = 64;
  const low = [[...new Array(n / 2).fill(100), ...new Array(n / 2).fill(0)]];
  for (const value of synthesise(low, stepOf(0, n), stepOf(0, 1), '9/7')[0]!) expect(value).toBeCloseTo(100, 3);
  // analysis has gain 2 at the highest frequency, so synthesis makes an alternation of half the height
  const high = [[...new Array(n / 2).fill(0), ...new Array(n / 2).fill(100)]];
  synthesise(high, stepOf(0, n), stepOf(0, 1), '9/7')[0]!.forEach((value, k) => {
    expect(value).toBeCloseTo(k % 2 === 0 ? -50 : 50, 3);
  });
});

/**
 * One level of analysis with the fast kernels, in a plane with room on all sides that must stay as it was. The answer has low-pass
 * rows first, as the slow twin gives it.
 */
function analyse(rows: number[][], x0: number, y0: number, filter: Filter, piece = 1 << 30): number[][] {
  const height = rows.length;
  const width = rows[0]!.length;
  const stride = width + 5;
  const plane = filter === '5/3' ? new Int32Array(stride * (height + 2)) : new Float32Array(stride * (height + 2));
  plane.fill(12345);
  const parityX = (x0 & 1) as 0 | 1;
  const parityY = (y0 & 1) as 0 | 1;
  const step: AnalysisStep = { at: stride + 2, stride, width, height, parityX, parityY };
  for (let y = 0; y < height; y += piece) {
    const to = Math.min(height, y + piece);
    // a row is not there before its turn
    for (let k = y; k < to; k++) plane.set(rows[k]!, step.at + k * stride);
    if (plane instanceof Int32Array) analyse53(plane, step, y, to, new Int32Array(width));
    else analyse97(plane, step, y, to, new Float32Array(width));
  }
  const outside = [...plane].filter((_, k) => {
    const x = (k - step.at) % stride;
    return k < step.at || x >= width || k >= step.at + height * stride;
  });
  expect(outside.every((value) => value === 12345)).toBe(true);
  const got = rows.map((_, y) => [...plane.subarray(step.at + y * stride, step.at + y * stride + width)]);
  const low = got.filter((_, y) => (y0 + y) % 2 === 0);
  return [...low, ...got.filter((_, y) => (y0 + y) % 2 !== 0)];
}

describe.each<Filter>(['5/3', '9/7'])('%s analysis', (filter) => {
  test('agrees with the definition for all short lines and both parities', () => {
    for (let n = 1; n <= 19; n++) {
      for (const m of [1, 2, 3, 7, 8, 9, 12]) {
        for (const [x0, y0] of [
          [0, 0],
          [1, 0],
          [0, 1],
          [1, 1],
        ] as const) {
          const rows = randomRows(n, m, 31 * n + m, 255);
          expectSame(analyse(rows, x0, y0, filter), analyseLevelSlowly(rows, x0, y0, filter), filter);
        }
      }
    }
  });

  test('does not depend on how many rows are there at a time', () => {
    for (let height = 1; height <= 24; height++) {
      const rows = randomRows(61, height, 5, 1000);
      for (const y0 of [0, 1]) {
        const whole = analyse(rows, 1, y0, filter);
        for (const piece of [1, 2, 3, 5, 16]) expect(analyse(rows, 1, y0, filter, piece)).toEqual(whole);
      }
    }
  });

  test('is undone by synthesis', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(3),
        fc.nat(3),
        fc.nat(),
        (width, height, x0, y0, seed) => {
          const rows = randomRows(width, height, seed, 2 ** 12);
          const split = analyse(rows, x0, y0, filter);
          expectSame(synthesise(split, stepOf(x0, width), stepOf(y0, height), filter), rows, filter);
        },
      ),
    );
  });
});

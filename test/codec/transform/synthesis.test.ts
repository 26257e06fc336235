import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AxisStep } from '../../../src/codec/synthesis-shape.ts';
import { analyseLevelSlowly, synthesiseLevelSlowly } from '../../reference/wavelet.ts';
import { expectSame, type Filter, randomRows, stepOf, synthesise } from '../../support/wavelet.ts';

function crop(rows: number[][], h: AxisStep, v: AxisStep): number[][] {
  return rows.slice(v.skip, v.skip + v.count).map((row) => row.slice(h.skip, h.skip + h.count));
}

describe.each<Filter>(['5/3', '9/7'])('%s synthesis', (filter) => {
  test('agrees with the definition for all short lines and both parities', () => {
    for (let n = 1; n <= 17; n++) {
      for (const x0 of [0, 1]) {
        for (const y0 of [0, 1]) {
          for (const height of [1, 2, 3, 6, 7, 8, 9, 10, 11]) {
            const rows = randomRows(n, height, 97 * n + height, 5000);
            const h = stepOf(x0, n);
            const v = stepOf(y0, height);
            const slowly = synthesiseLevelSlowly(rows, x0, y0, filter);
            expectSame(synthesise(rows, h, v, filter), slowly, filter);
            expectSame(synthesise(rows, h, v, filter, 1), slowly, filter);
            const doubled = rows.map((row) => row.map((value) => 2 * value));
            const twice = synthesiseLevelSlowly(doubled, x0, y0, filter);
            if (filter === '9/7') expectSame(synthesise(doubled, h, v, filter, 2), twice, filter);
            const turned = randomRows(height, n, 89 * n + height, 5000);
            expectSame(synthesise(turned, v, h, filter), synthesiseLevelSlowly(turned, y0, x0, filter), filter);
          }
        }
      }
    }
  });

  test('agrees with the definition for any size and crop, with rows of zeros among the others', () => {
    const axis = fc
      .tuple(fc.integer({ min: 1, max: 90 }), fc.nat(100), fc.nat(100), fc.integer({ min: 0, max: 1 }))
      .map(([n, a, b, x0]) => {
        const skip = Math.floor((a / 101) * n);
        const count = Math.floor((b / 101) * (n - skip + 1));
        return { x0, n, step: stepOf(x0, n, skip, count) };
      });
    fc.assert(
      fc.property(
        axis,
        axis,
        fc.integer(),
        fc.nat(3),
        fc.nat(0xffff),
        fc.constantFrom(0, 1),
        (h, v, seed, emptyEnds, emptyRows, scale) => {
          const rows = randomRows(h.n, v.n, seed, 2 ** 15);
          // halves of rows that are zero, whole runs of them in the low-pass and in the high-pass part
          rows.forEach((row, y) => {
            const run = ((emptyRows >> (y % 16)) & 1) === 1;
            const part = y < v.step.numLow ? 1 : 2;
            if (run && (emptyEnds & part) !== 0) row.fill(0, y % 3 === 0 ? h.step.numLow : 0);
          });
          const whole = synthesiseLevelSlowly(rows, h.x0, v.x0, filter);
          expectSame(synthesise(rows, h.step, v.step, filter, scale), crop(whole, h.step, v.step), filter);
        },
      ),
      { numRuns: 300 },
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

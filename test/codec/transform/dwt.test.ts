import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnalysisStep, analyse53, analyse97 } from '../../../src/codec/transform/dwt.ts';
import { analyseLevelSlowly } from '../../reference/wavelet.ts';
import { expectSame, type Filter, randomRows, stepOf, synthesise } from '../../support/wavelet.ts';

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

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareComponents, psnrOf, ssimOf } from '../../src/cli/metrics.ts';
import { slowSsim } from '../reference/ssim.ts';

const plane = (width: number, data: readonly number[]) => ({ width, height: data.length / width, data });

describe('errors', () => {
  test('of equal components are none', () => {
    const a = plane(2, [1, 2, 3, 4]);
    expect(compareComponents(a, a, 255)).toEqual({
      psnr: Number.POSITIVE_INFINITY,
      mse: 0,
      mae: 0,
      peak: 0,
      ssim: undefined,
    });
  });

  test('are squared, absolute and peak', () => {
    const found = compareComponents(plane(2, [10, 20, 30, 40]), plane(2, [11, 18, 30, 40]), 255);
    expect(found).toMatchObject({ mse: 5 / 4, mae: 3 / 4, peak: 2 });
  });

  test('in decibels are those known: one level of 8 bits is 48.13, of 16 bits 96.33', () => {
    expect(psnrOf(1, 255)).toBeCloseTo(48.1308036, 6);
    expect(psnrOf(1, 65535)).toBeCloseTo(96.3294661, 6);
    expect(psnrOf(255 ** 2, 255)).toBe(0);
    expect(psnrOf(100, 255)).toBeCloseTo(28.1308036, 6);
  });
});

describe('structural similarity', () => {
  test('is that of the definition', () => {
    const size = fc.integer({ min: 11, max: 16 });
    const bits = fc.constantFrom(1, 8, 12, 16);
    fc.assert(
      fc.property(
        size,
        size,
        bits,
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 64 }),
        (w, h, n, s, noise) => {
          const range = 2 ** n - 1;
          const a = Array.from({ length: w * h }, () => (s.next().value as number) % 2 ** n);
          const b = a.map((v) => Math.min(range, v + ((s.next().value as number) % noise)));
          expect(ssimOf(plane(w, a), plane(w, b), range)).toBeCloseTo(slowSsim(a, b, w, h, range), 9);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('of flat pictures is the comparison of their light', () => {
    const [a, b] = [plane(12, new Array(144).fill(100)), plane(12, new Array(144).fill(110))];
    const c1 = 2.55 ** 2;
    expect(ssimOf(a, b, 255)).toBeCloseTo((2 * 100 * 110 + c1) / (100 ** 2 + 110 ** 2 + c1), 12);
  });

  test('is 1 for equal pictures and does not depend on their order', () => {
    const a = plane(
      15,
      Array.from({ length: 225 }, (_, k) => (k * 37) % 256),
    );
    const b = plane(
      15,
      Array.from({ length: 225 }, (_, k) => (k * 41) % 256),
    );
    expect(ssimOf(a, a, 255)).toBeCloseTo(1, 12);
    expect(ssimOf(a, b, 255)).toBeCloseTo(ssimOf(b, a, 255)!, 12);
  });

  test('does not exist where the window has no place', () => {
    const a = plane(10, new Array(200).fill(1));
    expect(ssimOf(a, a, 255)).toBeUndefined();
  });
});

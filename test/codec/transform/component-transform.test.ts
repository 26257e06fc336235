import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inverseIct, inverseRct } from '../../../src/codec/transform/component-transform.ts';

const sample = fc.integer({ min: -(2 ** 20), max: 2 ** 20 });
const pixels = fc.array(fc.tuple(sample, sample, sample), { minLength: 1, maxLength: 30 });

/** Three components, one after another with a sample in between. */
function beside<T>(make: (values: number[]) => T, rgb: number[][], ...formulas: ((pixel: number[]) => number)[]): T {
  return make(formulas.flatMap((formula) => [...rgb.map(formula), 77]));
}

test('the reversible transform gives back what the forward one took (G.2.1)', () => {
  fc.assert(
    fc.property(pixels, (rgb) => {
      const n = rgb.length;
      const m = beside(
        (values) => Int32Array.from(values),
        rgb,
        ([r, g, b]) => Math.floor((r! + 2 * g! + b!) / 4),
        ([, g, b]) => b! - g!,
        ([r, g]) => r! - g!,
      );
      inverseRct(m, 0, n + 1, 2 * n + 2, n);
      expect(rgb.map((_, k) => [m[k], m[n + 1 + k], m[2 * n + 2 + k]])).toEqual(rgb);
      expect([m[n], m[2 * n + 1], m[3 * n + 2]]).toEqual([77, 77, 77]);
    }),
  );
});

test('the irreversible transform gives back what the forward one took (G.3.1)', () => {
  fc.assert(
    fc.property(pixels, (rgb) => {
      const n = rgb.length;
      const m = beside(
        (values) => Float64Array.from(values),
        rgb,
        ([r, g, b]) => 0.299 * r! + 0.587 * g! + 0.114 * b!,
        ([r, g, b]) => -0.168736 * r! - 0.331264 * g! + 0.5 * b!,
        ([r, g, b]) => 0.5 * r! - 0.418688 * g! - 0.081312 * b!,
      );
      inverseIct(m, 0, n + 1, 2 * n + 2, n);
      const largest = Math.max(1, ...rgb.flat().map(Math.abs));
      rgb.forEach((pixel, k) => {
        pixel.forEach((value, c) => {
          expect(Math.abs(m[c * (n + 1) + k]! - value)).toBeLessThan(1e-5 * largest);
        });
      });
      expect([m[n], m[2 * n + 1], m[3 * n + 2]]).toEqual([77, 77, 77]);
    }),
  );
});

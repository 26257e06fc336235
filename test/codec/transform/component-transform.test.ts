import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inverseIct, inverseRct } from '../../../src/codec/transform/component-transform.ts';

const sample = fc.integer({ min: -(2 ** 20), max: 2 ** 20 });
const pixels = fc.array(fc.tuple(sample, sample, sample), { minLength: 1, maxLength: 30 });

test('the reversible transform gives back what the forward one took (G.2.1)', () => {
  fc.assert(
    fc.property(pixels, (rgb) => {
      const y0 = Int32Array.from(rgb, ([r, g, b]) => Math.floor((r + 2 * g + b) / 4));
      const y1 = Int32Array.from(rgb, ([, g, b]) => b - g);
      const y2 = Int32Array.from(rgb, ([r, g]) => r - g);
      inverseRct(y0, y1, y2, 0, rgb.length);
      expect(rgb.map((_, k) => [y0[k], y1[k], y2[k]])).toEqual(rgb);
    }),
  );
});

test('the irreversible transform gives back what the forward one took (G.3.1)', () => {
  fc.assert(
    fc.property(pixels, (rgb) => {
      const y0 = Float32Array.from(rgb, ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b);
      const y1 = Float32Array.from(rgb, ([r, g, b]) => -0.168736 * r - 0.331264 * g + 0.5 * b);
      const y2 = Float32Array.from(rgb, ([r, g, b]) => 0.5 * r - 0.418688 * g - 0.081312 * b);
      inverseIct(y0, y1, y2, 0, rgb.length);
      const largest = Math.max(1, ...rgb.flat().map(Math.abs));
      rgb.forEach(([r, g, b], k) => {
        expect(Math.abs(y0[k]! - r)).toBeLessThan(1e-5 * largest);
        expect(Math.abs(y1[k]! - g)).toBeLessThan(1e-5 * largest);
        expect(Math.abs(y2[k]! - b)).toBeLessThan(1e-5 * largest);
      });
    }),
  );
});

test('both keep to the samples asked for', () => {
  const ints = [Int32Array.of(1, 1, 1), Int32Array.of(4, 4, 4), Int32Array.of(8, 8, 8)] as const;
  inverseRct(...ints, 1, 2);
  expect(ints.map((plane) => [...plane])).toEqual([
    [1, 6, 1],
    [4, -2, 4],
    [8, 2, 8],
  ]);
  const floats = [Float32Array.of(1, 1), Float32Array.of(0, 0), Float32Array.of(1, 1)] as const;
  inverseIct(...floats, 0, 1);
  expect(floats.map((plane) => plane[1])).toEqual([1, 0, 1]);
});

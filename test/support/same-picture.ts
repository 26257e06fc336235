/** Comparing pictures sample by sample, without the cost of a deep comparison. */
import { expect } from 'vitest';
import type { RasterImage, SampleArray } from '../../src/index.ts';

/** The first place where two arrays of samples differ, -1 for none. */
export function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = Math.max(a.length, b.length);
  for (let k = 0; k < n; k++) if (a[k] !== b[k]) return k;
  return -1;
}

/** Expects equal sizes, equal samples and the same status. */
export function expectSamePicture(found: RasterImage, expected: RasterImage): void {
  const shape = ({ width, height, channels, layout, status }: RasterImage) => ({
    width,
    height,
    channels,
    layout,
    status,
  });
  expect(shape(found)).toEqual(shape(expected));
  expectSameSamples(found.data, expected.data);
}

/** Expects equal samples in arrays of one type. */
export function expectSameSamples(found: SampleArray, expected: SampleArray): void {
  expect(found.constructor.name).toBe(expected.constructor.name);
  const k = firstDifference(found, expected);
  if (k >= 0) expect.fail(`sample ${k} is ${found[k]}, not ${expected[k]} (${found.length} samples)`);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearToSrgb, SrgbEncoder, srgbToLinear } from '../../../src/codec/colour/srgb-encoding.ts';

test('the curve of sRGB and its inverse agree', () => {
  for (let v = 0; v <= 1; v += 1 / 64) expect(linearToSrgb(srgbToLinear(v))).toBeCloseTo(v, 6);
  expect(srgbToLinear(0.5)).toBeCloseTo(0.214041, 6);
});

describe.each([1, 8, 10, 16])('an encoder of %i bits', (bits) => {
  const encoder = new SrgbEncoder(bits);
  const max = 2 ** bits - 1;

  test('rounds every level back to itself, and what lies between to the nearest', () => {
    for (let v = 0; v <= max; v++) expect(encoder.encode(srgbToLinear(v / max))).toBe(v);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (x) => {
        const exact = linearToSrgb(x) * max;
        expect(Math.abs(encoder.encode(x) - exact)).toBeLessThan(0.501);
      }),
    );
  });

  test('clips, and takes no number for black', () => {
    expect([-1, 0, 1, 2, Number.NaN].map((x) => encoder.encode(x))).toEqual([0, 0, max, max, 0]);
  });
});

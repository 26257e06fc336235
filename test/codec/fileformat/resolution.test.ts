import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import {
  fractionOf,
  readResolution,
  readResolutionBoxes,
  writeResolutionBoxes,
} from '../../../src/codec/fileformat/resolution.ts';
import { contents, written } from './box-bytes.ts';

test('resolution: two fractions with powers of ten', () => {
  const fields = '012C 00FE 0048 0001 04 FE'; // 300/254 x 10^4 vertical, 72/1 x 10^-2 horizontal
  expect(readResolution(contents('resc', fields))).toEqual({ vertical: (300 / 254) * 10000, horizontal: 0.72 });
  expect(() => readResolution(contents('resc', '0001 0000 0001 0001 00 00'))).toThrow(
    expect.objectContaining({ code: 'box-value' }),
  );
});

describe('a number as a fraction', () => {
  test.each([
    [300 / 0.0254, { numerator: 1500, denominator: 127, exponent: 3 }],
    [72 / 0.0254, { numerator: 36000, denominator: 127, exponent: 1 }],
    [11811, { numerator: 11811, denominator: 1, exponent: 0 }],
    [0.5, { numerator: 1, denominator: 2, exponent: 0 }],
    [1e9, { numerator: 1, denominator: 1, exponent: 9 }],
  ])('%d', (value, fraction) => {
    expect(fractionOf(value)).toEqual(fraction);
  });

  test('is within 2^-15 of it, from the size of atoms to that of galaxies', () => {
    const number = fc
      .record({ mantissa: fc.double({ min: 1, max: 10, noNaN: true }), exponent: fc.integer({ min: -120, max: 120 }) })
      .map(({ mantissa, exponent }) => mantissa * 10 ** exponent);
    fc.assert(
      fc.property(number, (value) => {
        const { numerator, denominator, exponent } = fractionOf(value);
        for (const n of [numerator, denominator]) expect(Number.isInteger(n) && n >= 1 && n <= 65535).toBe(true);
        const back = (numerator / denominator) * 10 ** exponent;
        expect(Math.abs(back - value)).toBeLessThanOrEqual(value * 2 ** -15);
      }),
      { numRuns: 2000 },
    );
  });
});

test('written and read back, dots an inch are exactly the same', () => {
  const dots = fc.integer({ min: 1, max: 9600 }).map((n) => n / 0.0254);
  const points = fc.option(fc.record({ vertical: dots, horizontal: dots }), { nil: undefined });
  fc.assert(
    fc.property(fc.record({ captureResolution: points, displayResolution: points }), (resolutions) => {
      const found = readResolutionBoxes(
        written((w) => writeResolutionBoxes(w, resolutions)),
        new DiagnosticLog(true),
      );
      for (const name of ['captureResolution', 'displayResolution'] as const) {
        const [a, b] = [found[name], resolutions[name]];
        expect(a === undefined).toBe(b === undefined);
        if (!a || !b) continue;
        expect(a.vertical / b.vertical).toBeCloseTo(1, 14);
        expect(a.horizontal / b.horizontal).toBeCloseTo(1, 14);
      }
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  dequantiseIrreversible,
  dequantiseReversible,
  magnitudeBitPlanesOf,
  stepSizeOf,
} from '../../../src/codec/transform/quantization.ts';

test('M_b is G + ε_b - 1', () => {
  expect(magnitudeBitPlanesOf(2, 8)).toBe(9);
  expect(magnitudeBitPlanesOf(1, 0)).toBe(0);
});

test('the step size follows E-3', () => {
  expect(stepSizeOf(8, 0, 8, 0)).toBe(1);
  expect(stepSizeOf(8, 1, 10, 1024)).toBe(0.75);
  expect(stepSizeOf(12, 2, 0, 2047)).toBe(2 ** 14 * (1 + 2047 / 2048));
});

/** Sign, decoded magnitude and undecoded bit-planes of a significant coefficient, with at most 30 bits in all. */
const coefficient = fc
  .record({ negative: fc.boolean(), p: fc.integer({ min: 0, max: 29 }), m: fc.integer({ min: 1, max: 2 ** 30 - 1 }) })
  .map(({ negative, p, m }) => ({ negative, p, m: Math.max(1, m >> p) }));

test('a value is (m + r) 2^p steps, toward zero where coefficients are integers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(coefficient), { minLength: 1, maxLength: 20 }),
      fc.constantFrom(0, 0.25, 0.375, 0.5, 0.75),
      fc.constantFrom(1, 0.375, 2 ** -9),
      (coefficients, r, step) => {
        const n = coefficients.length;
        const v = Int32Array.from(coefficients, (c) => (c ? (c.negative ? -1 : 1) * (2 * c.m + 1) * 2 ** c.p : 0));
        const exact = coefficients.map((c) => (c ? (c.negative ? -1 : 1) * (c.m + r) * 2 ** c.p : 0));
        const ints = new Int32Array(n);
        dequantiseReversible(v, 0, ints, 0, n, r);
        expect([...ints]).toEqual(exact.map((value) => Math.trunc(value) + 0));
        const floats = new Float64Array(n);
        dequantiseIrreversible(v, 0, floats, 0, n, step, r);
        expect([...floats].map((value) => value + 0)).toEqual(exact.map((value) => value * step + 0));
      },
    ),
  );
});

test('only what is asked for is read and written', () => {
  const v = Int32Array.from({ length: 9 }, (_, k) => 2 * k + 1);
  const ints = new Int32Array(6).fill(-9);
  dequantiseReversible(v, 4, ints, 2, 3, 0.5);
  expect([...ints]).toEqual([-9, -9, 4, 5, 6, -9]);
  const floats = new Float64Array(6).fill(-9);
  dequantiseIrreversible(v, 4, floats, 1, 4, 2, 0.5);
  expect([...floats]).toEqual([-9, 9, 11, 13, 15, -9]);
});

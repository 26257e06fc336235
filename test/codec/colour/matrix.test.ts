import { expect, test } from 'vitest';
import {
  adaptation,
  diagonal,
  invert,
  type Matrix3,
  multiply,
  transform,
  WHITE_D50,
  WHITE_D65,
  xyzToLinearSrgb,
} from '../../../src/codec/colour/matrix.ts';

const M: Matrix3 = [2, 1, 0, 0, 3, 1, 1, 0, 1];

function expectClose(a: readonly number[], b: readonly number[], digits = 6): void {
  for (const [k, x] of a.entries()) expect(x).toBeCloseTo(b[k], digits);
}

test('a matrix times its inverse is the identity', () => {
  expectClose(multiply(M, invert(M)), diagonal([1, 1, 1]), 12);
  expectClose(transform(M, [1, 2, 3]), [4, 9, 4]);
});

test('adaptation turns one white into the other', () => {
  expectClose(transform(adaptation(WHITE_D50, WHITE_D65), WHITE_D50), WHITE_D65);
});

test('XYZ to sRGB has the published values, and white is white', () => {
  // IEC 61966-2-1, four decimals.
  expectClose(
    xyzToLinearSrgb(WHITE_D65),
    [3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.204, 1.057],
    3,
  );
  expectClose(transform(xyzToLinearSrgb(WHITE_D50), WHITE_D50), [1, 1, 1], 9);
});

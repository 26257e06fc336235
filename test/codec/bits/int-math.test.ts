import { describe, expect, test } from 'vitest';
import { ceilDivPow2, floorDivPow2, pow2 } from '../../../src/codec/bits/int-math.ts';

describe('powers of two', () => {
  test('are right where integers of 32 bits end', () => {
    for (let n = 0; n <= 52; n++) expect(pow2(n)).toBe(2 ** n);
  });

  test('divide coordinates of 32 bits', () => {
    for (const n of [0, 1, 30, 31, 32, 33]) {
      for (const a of [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
        expect(floorDivPow2(a, n)).toBe(Math.floor(a / 2 ** n));
        expect(ceilDivPow2(a, n)).toBe(Math.ceil(a / 2 ** n));
      }
    }
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coefficientMask, lowPassMask } from '../../../src/codec/transform/roi-mask.ts';
import { interleave, synthesiseLineSlowly } from '../../reference/wavelet.ts';

/** Samples that a coefficient at place `k` of a deinterleaved line reaches, by synthesis of a unit. */
function reach(n: number, i0: number, k: number, filter: '5/3' | '9/7'): Set<number> {
  const touched = new Set<number>();
  // rounding hides small shares of small values, and signs may cancel at a mirror: two large values find all
  for (const value of [2 ** 20, -(2 ** 20) + 1]) {
    const line = Array<number>(n).fill(0);
    line[k] = value;
    synthesiseLineSlowly(interleave(line, i0), i0, filter).forEach((sample, at) => {
      if (Math.abs(sample) > 1e-3) touched.add(at);
    });
  }
  return touched;
}

describe.each<'5/3' | '9/7'>(['5/3', '9/7'])('masks of a region for the %s filter', (filter) => {
  test('a line: every coefficient that reaches into the region is marked, and in the middle no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.nat(1), fc.nat(), (n, i0, seed) => {
        const data = Uint8Array.from({ length: n }, (_, k) => (((seed >> (k % 30)) & 3) === 3 ? 1 : 0));
        const { data: got } = coefficientMask({ width: n, height: 1, data }, i0, 0, filter === '5/3');
        for (let k = 0; k < n; k++) {
          const needed = [...reach(n, i0, k, filter)].some((at) => data[at] === 1);
          // mirroring at the ends only shortens a reach, so marking more there would cost a few bits and no quality
          if (needed) expect(got[k]).toBe(1);
        }
        if (n > 12) {
          const middle = reach(n, i0, n >> 2, filter);
          expect(got[n >> 2]).toBe([...middle].some((at) => data[at] === 1) ? 1 : 0);
        }
      }),
    );
  });

  test('a plane: rows and columns are widened one after the other', () => {
    const width = 9;
    const height = 7;
    const data = new Uint8Array(width * height);
    data[3 * width + 4] = 1;
    const split = coefficientMask({ width, height, data }, 0, 0, filter === '5/3');
    const column = coefficientMask(
      { width: 1, height, data: Uint8Array.of(0, 0, 0, 1, 0, 0, 0) },
      0,
      0,
      filter === '5/3',
    );
    const row = coefficientMask(
      { width, height: 1, data: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0) },
      0,
      0,
      filter === '5/3',
    );
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) expect(split.data[y * width + x]).toBe(column.data[y]! & row.data[x]!);
    }
    const low = lowPassMask(split, 0, 0);
    expect([low.width, low.height]).toEqual([5, 4]);
    expect(low.data[0]).toBe(split.data[0]);
    expect(low.data[3 * 5 + 4]).toBe(split.data[3 * width + 4]);
  });
});

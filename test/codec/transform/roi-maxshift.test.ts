import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inverseMaxshift } from '../../../src/codec/transform/roi-maxshift.ts';

/** ±(2m + 1) << p for a magnitude q of which the p lower bits are not known; 0 when nothing is known of it. */
function codedAs(q: number, p: number): number {
  const m = Math.floor(Math.abs(q) / 2 ** p);
  return m === 0 ? 0 : Math.sign(q) * (2 * m + 1) * 2 ** p;
}

test('region coefficients come down, background coefficients stay, at every truncation', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 15 }).chain((s) =>
        fc.record({
          s: fc.constant(s),
          region: fc.array(fc.integer({ min: -(2 ** 14), max: 2 ** 14 })),
          background: fc.array(fc.integer({ min: 1 - 2 ** s, max: 2 ** s - 1 })),
          missing: fc.nat(s + 14),
        }),
      ),
      ({ s, region, background, missing }) => {
        const coded = [
          ...region.map((q) => codedAs(q * 2 ** s, missing)),
          ...background.map((q) => codedAs(q, missing)),
        ];
        const v = Int32Array.from(coded);
        inverseMaxshift(v, 0, v.length, s);
        // below plane s there is nothing left to know of the region
        const wanted = [
          ...region.map((q) => codedAs(q, Math.max(0, missing - s))),
          ...background.map((q) => codedAs(q, missing)),
        ];
        expect([...v]).toEqual(wanted.map((value) => value + 0));
      },
    ),
  );
});

test('shifts that leave no room for a region change nothing', () => {
  const v = Int32Array.of(0x7fffffff, -0x7fffffff, 5, 0);
  for (const s of [30, 31, 32, 33, 37, 255]) inverseMaxshift(v, 0, 4, s);
  expect([...v]).toEqual([0x7fffffff, -0x7fffffff, 5, 0]);
});

test('only the first n values are looked at', () => {
  const v = Int32Array.of(1025, 1025);
  inverseMaxshift(v, 0, 1, 4);
  expect([...v]).toEqual([65, 1025]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inverseIct, inverseRct } from '../../../src/codec/transform/component-transform.ts';
import { rowStorer } from '../../../src/codec/transform/level-shift.ts';
import { transformedStorer } from '../../../src/codec/transform/transformed-store.ts';

const width = 5;
/** Where each component's row begins. */
const starts = [1, 7, 14] as const;
const n = 20;

/** Three interleaved channels among four, by the general road. */
function plainly(rows: Int32Array | Float64Array, out: Uint8Array | Uint16Array, precision: number): void {
  const copy = rows.slice();
  if (copy instanceof Int32Array) inverseRct(copy, ...starts, width);
  else inverseIct(copy, ...starts, width);
  const { store, shift, least, most } = rowStorer(copy instanceof Int32Array, out, precision, false);
  starts.forEach((at, k) => void store(copy as never, at, width, out as never, k + 1, 4, shift, least, most));
}

describe.each([
  ['bytes', 8, Uint8Array],
  ['four bits', 4, Uint8Array],
  ['twelve bits', 12, Uint16Array],
  ['sixteen bits', 16, Uint16Array],
] as const)('three channels of %s at once', (_, precision, make) => {
  const edge = 2 ** precision;

  test('RCT: the same samples as one by one', () => {
    const samples = fc.array(fc.integer({ min: -edge, max: edge }), { minLength: n, maxLength: n });
    fc.assert(
      fc.property(samples, (values) => {
        const rows = Int32Array.from(values);
        const expected = new make(4 * width + 4).fill(3);
        plainly(rows, expected, precision);
        const out = new make(4 * width + 4).fill(3);
        transformedStorer(true, out)(rows as never, ...starts, width, out as never, 1, 4, edge / 2);
        expect([...out]).toEqual([...expected]);
      }),
    );
  });

  test('ICT: the same samples as one by one', () => {
    const number = fc.float({ min: -edge, max: edge, noNaN: true });
    const samples = fc.array(number, { minLength: n, maxLength: n });
    fc.assert(
      fc.property(samples, (values) => {
        const rows = Float64Array.from(values);
        const expected = new make(4 * width + 4).fill(3);
        plainly(rows, expected, precision);
        const out = new make(4 * width + 4).fill(3);
        transformedStorer(false, out)(rows as never, ...starts, width, out as never, 1, 4, edge / 2);
        expect([...out]).toEqual([...expected]);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inverseIct, inverseRct } from '../../../src/codec/transform/component-transform.ts';
import { rowStorer } from '../../../src/codec/transform/level-shift.ts';
import { ictStorer, rctStorer } from '../../../src/codec/transform/transformed-store.ts';

const width = 5;
/** Where each component's row begins. */
const starts = [0, 2, 1] as const;
const n = 8;

/** Three interleaved channels among four, by the general road. */
function plainly(rows: (Int32Array | Float32Array)[], out: Uint8Array | Uint16Array, precision: number): void {
  const copies = rows.map((row, c) => row.slice(starts[c], starts[c]! + width));
  const [a, b, c] = copies;
  if (a instanceof Int32Array) inverseRct(a, b as Int32Array, c as Int32Array, 0, width);
  else inverseIct(a as Float32Array, b as Float32Array, c as Float32Array, 0, width);
  copies.forEach((row, k) => {
    const { store, shift, least, most } = rowStorer(row instanceof Int32Array, out, precision, false);
    store(row as never, 0, width, out as never, k + 1, 4, shift, least, most);
  });
}

describe.each([
  ['bytes', 8, Uint8Array],
  ['four bits', 4, Uint8Array],
  ['twelve bits', 12, Uint16Array],
  ['sixteen bits', 16, Uint16Array],
] as const)('three channels of %s at once', (_, precision, make) => {
  const edge = 2 ** precision;

  test('RCT: the same samples as one by one', () => {
    const samples = fc.array(fc.integer({ min: -edge, max: edge }), { minLength: 3 * n, maxLength: 3 * n });
    fc.assert(
      fc.property(samples, (values) => {
        const planes = [0, 1, 2].map((c) => Int32Array.from(values.slice(c * n, (c + 1) * n)));
        const expected = new make(4 * width + 4).fill(3);
        plainly(planes, expected, precision);
        const out = new make(4 * width + 4).fill(3);
        const [a, b, c] = planes as [Int32Array, Int32Array, Int32Array];
        rctStorer(out)(a, starts[0], b, starts[1], c, starts[2], width, out as never, 1, 4, edge / 2);
        expect([...out]).toEqual([...expected]);
      }),
    );
  });

  test('ICT: the same samples as one by one', () => {
    const number = fc.float({ min: -edge, max: edge, noNaN: true });
    const samples = fc.array(number, { minLength: 3 * n, maxLength: 3 * n });
    fc.assert(
      fc.property(samples, (values) => {
        const planes = [0, 1, 2].map((c) => Float32Array.from(values.slice(c * n, (c + 1) * n)));
        const expected = new make(4 * width + 4).fill(3);
        plainly(planes, expected, precision);
        const out = new make(4 * width + 4).fill(3);
        const [a, b, c] = planes as [Float32Array, Float32Array, Float32Array];
        ictStorer(out)(a, starts[0], b, starts[1], c, starts[2], width, out as never, 1, 4, edge / 2);
        expect([...out]).toEqual([...expected]);
      }),
    );
  });
});

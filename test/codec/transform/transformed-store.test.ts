import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inverseIct, inverseRct } from '../../../src/codec/transform/component-transform.ts';
import { storeSamples } from '../../../src/codec/transform/level-shift.ts';
import { storeIct, storeRct } from '../../../src/codec/transform/transformed-store.ts';

const width = 5;
const height = 3;
const stride = 7;

/** Three interleaved channels among four, by the general road. */
function plainly(planes: (Int32Array | Float32Array)[], out: Uint8Array | Uint16Array, precision: number): void {
  const copies = planes.map((plane) => plane.slice());
  if (copies[0] instanceof Int32Array) {
    inverseRct(copies[0], copies[1] as Int32Array, copies[2] as Int32Array, 0, stride * height);
  } else
    inverseIct(copies[0] as Float32Array, copies[1] as Float32Array, copies[2] as Float32Array, 0, stride * height);
  copies.forEach((plane, c) => {
    storeSamples(plane, 0, stride, width, height, out, c + 1, 4, 4 * width, precision, false);
  });
}

describe.each([
  ['bytes', 8, Uint8Array],
  ['four bits', 4, Uint8Array],
  ['twelve bits', 12, Uint16Array],
  ['sixteen bits', 16, Uint16Array],
] as const)('three channels of %s at once', (_, precision, make) => {
  const n = stride * height;
  const edge = 2 ** precision;

  test('RCT: the same samples as one by one', () => {
    const samples = fc.array(fc.integer({ min: -edge, max: edge }), { minLength: 3 * n, maxLength: 3 * n });
    fc.assert(
      fc.property(samples, (values) => {
        const planes = [0, 1, 2].map((c) => Int32Array.from(values.slice(c * n, (c + 1) * n)));
        const expected = new make(4 * width * height).fill(3);
        plainly(planes, expected, precision);
        const out = new make(4 * width * height).fill(3);
        storeRct(planes[0]!, planes[1]!, planes[2]!, 0, stride, width, height, out, 1, 4, 4 * width, precision);
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
        const expected = new make(4 * width * height).fill(3);
        plainly(planes, expected, precision);
        const out = new make(4 * width * height).fill(3);
        storeIct(planes[0]!, planes[1]!, planes[2]!, 0, stride, width, height, out, 1, 4, 4 * width, precision);
        expect([...out]).toEqual([...expected]);
      }),
    );
  });
});

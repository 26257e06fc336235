import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SampleArray } from '../../../src/codec/image.ts';
import { rowStorer } from '../../../src/codec/transform/level-shift.ts';

/** G.1.2 with rounding and clipping, in plain numbers. */
function sampleOf(value: number, precision: number, signed: boolean): number {
  const shifted = Math.floor(value + 0.5) + (signed ? 0 : 2 ** (precision - 1));
  const least = signed ? -(2 ** (precision - 1)) : 0;
  const most = signed ? 2 ** (precision - 1) - 1 : 2 ** precision - 1;
  return Math.min(most, Math.max(least, shifted));
}

function store(
  row: Int32Array | Float64Array,
  from: number,
  width: number,
  out: SampleArray,
  [to, step]: readonly [number, number],
  precision: number,
  signed: boolean,
): void {
  const { store: into, shift, least, most } = rowStorer(row instanceof Int32Array, out, precision, signed);
  into(row as never, from, width, out as never, to, step, shift, least, most);
}

const KINDS: readonly [string, (n: number) => SampleArray, number, boolean][] = [
  ['Uint8Array', (n) => new Uint8Array(n), 8, false],
  ['Uint8Array with one bit', (n) => new Uint8Array(n), 1, false],
  ['Int8Array', (n) => new Int8Array(n), 8, true],
  ['Uint16Array', (n) => new Uint16Array(n), 12, false],
  ['Int16Array', (n) => new Int16Array(n), 16, true],
  ['Uint32Array', (n) => new Uint32Array(n), 32, false],
  ['Int32Array', (n) => new Int32Array(n), 31, true],
  ['Int32Array with all bits', (n) => new Int32Array(n), 32, true],
  ['Float32Array', (n) => new Float32Array(n), 10, false],
  ['Float64Array', (n) => new Float64Array(n), 38, false],
];

describe.each(KINDS)('into a %s', (_, make, precision, signed) => {
  const edge = 2 ** Math.min(31, precision - 1);
  const anyInt = fc.oneof(
    fc.integer(),
    fc.integer({ min: -edge, max: edge - 1 }),
    fc.constantFrom(-edge, edge - 1, -(2 ** 31), 2 ** 31 - 1, 0),
  );

  test('integers are shifted and clipped', () => {
    fc.assert(
      fc.property(fc.array(anyInt, { minLength: 1, maxLength: 20 }), (values) => {
        const out = make(values.length);
        store(Int32Array.from(values), 0, values.length, out, [0, 1], precision, signed);
        expect([...out]).toEqual(values.map((value) => sampleOf(value, precision, signed) + 0));
      }),
    );
  });

  test('numbers are rounded, shifted and clipped', () => {
    const anyFloat = fc.oneof(
      // beyond 2^31 only damage leads, and there any sample will do
      fc.float({ min: -(2 ** 30), max: 2 ** 30, noNaN: true }),
      anyInt.map((value) => value / 4),
      fc.integer({ min: -600, max: 600 }).map((value) => value / 2),
    );
    fc.assert(
      fc.property(fc.array(anyFloat, { minLength: 1, maxLength: 20 }), (values) => {
        const out = make(values.length);
        const plane = Float64Array.from(values);
        store(plane, 0, values.length, out, [0, 1], precision, signed);
        plane.forEach((value, k) => {
          expect(out[k]).toBe(sampleOf(value, precision, signed) + 0);
        });
      }),
    );
  });
});

test('any place and stride: an interleaved picture is filled channel by channel', () => {
  const row = Int32Array.of(99, 0, 1, 2, 99);
  const out = new Uint8Array(4 * 3).fill(7);
  store(row, 1, 3, out, [1, 3], 8, false);
  expect([...out]).toEqual([7, 128, 7, 7, 129, 7, 7, 130, 7, 7, 7, 7]);
});

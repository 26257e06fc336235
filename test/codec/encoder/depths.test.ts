/** Samples of every depth that the encoder takes, encoded without loss and decoded. */
import { describe, expect, test } from 'vitest';
import { decodeSync, encodeSync, inspectSync } from '../../../src/index.ts';
import { randomFrom } from '../../support/random.ts';

const WIDTH = 37;
const HEIGHT = 29;

/** Noise over the whole range, with both ends of it: what is hardest on the number of bit-planes. */
function noise(precision: number, signed: boolean, channels: number): Int32Array {
  const random = randomFrom(precision);
  const least = signed ? -(2 ** (precision - 1)) : 0;
  const data = Int32Array.from({ length: WIDTH * HEIGHT * channels }, () =>
    random.int(least, least + 2 ** precision - 1),
  );
  data.set([least, least + 2 ** precision - 1], 7);
  return data;
}

const depths = Array.from({ length: 26 }, (_, k) => k + 1);

describe.each([false, true])('signed: %s', (signed) => {
  test.each(depths)('%i bits come back, with RCT and without', (precision) => {
    for (const mct of ['none', 'rct'] as const) {
      const data = noise(precision, signed, 3);
      const file = encodeSync({ width: WIDTH, height: HEIGHT, channels: 3, data, precision, signed }, { mct });
      expect(inspectSync(file.data).mct).toBe(mct);
      const decoded = decodeSync(file.data, { colour: 'native', strict: true });
      expect(decoded.data.every((value, k) => value === data[k])).toBe(true);
    }
  });
});

test('27 bits are refused', () => {
  const data = noise(27, false, 1);
  expect(() => encodeSync({ width: WIDTH, height: HEIGHT, channels: 1, data, precision: 27, signed: false })).toThrow(
    expect.objectContaining({ code: 'option-value' }),
  );
});

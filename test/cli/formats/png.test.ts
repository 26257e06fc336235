import { decode } from 'fast-png';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writePng } from '../../../src/cli/formats/png.ts';
import { SRGB_PROFILE } from '../../codec/colour/icc-bytes.ts';
import { picture, planar, textOf, withOpacity } from './pictures.ts';

function written(image: Parameters<typeof writePng>[0]) {
  const [{ bytes }] = writePng(image);
  const { width, height, channels, depth, data } = decode(bytes, { checkCrc: true });
  return { width, height, channels, depth, data };
}

describe('a PNG', () => {
  test('has the samples of a picture of 8 or 16 bits', () => {
    const size = fc.integer({ min: 1, max: 9 });
    const kind = fc.constantFrom([1, false], [1, true], [3, false], [3, true]) as fc.Arbitrary<[number, boolean]>;
    fc.assert(
      fc.property(
        size,
        size,
        kind,
        fc.constantFrom(8, 16),
        fc.infiniteStream(fc.nat()),
        (w, h, [n, alpha], depth, s) => {
          const count = n + (alpha ? 1 : 0);
          const values = Array.from({ length: w * h * count }, () => (s.next().value as number) % 2 ** depth);
          const data = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
          const colour = { space: n === 3 ? 'srgb' : 'grey', ...(alpha ? { channels: withOpacity(n) } : {}) } as const;
          const image = picture(w, h, data, { precision: depth, colour });
          for (const each of [image, planar(image)]) {
            expect(written(each)).toEqual({ width: w, height: h, channels: count, depth, data });
          }
        },
      ),
    );
  });

  test('scales other depths to the full range and raises signed samples', () => {
    expect(written(picture(2, 1, Uint16Array.of(1, 4095), { precision: 12 })).data).toEqual(Uint16Array.of(16, 65535));
    expect(written(picture(2, 1, Uint8Array.of(1, 15), { precision: 4 })).data).toEqual(Uint8Array.of(17, 255));
    expect(written(picture(2, 1, Int8Array.of(-128, 127), { signed: true })).data).toEqual(Uint8Array.of(0, 255));
    const [{ note }] = writePng(picture(1, 1, Int32Array.of(1), { precision: 20 }));
    expect(note).toBe('samples of more than 16 bits scaled to 16');
  });

  test('keeps one bit of grey one bit', () => {
    const bits = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    const { depth, data } = written(picture(9, 2, bits, { precision: 1 }));
    expect(depth).toBe(1);
    expect(Array.from(data)).toEqual([0x81, 0x80, 0x40, 0]);
  });

  test('carries the ICC profile, or says that it is sRGB', () => {
    const [{ bytes }] = writePng(
      picture(1, 1, Uint8Array.of(1, 2, 3), { colour: { space: 'icc', icc: SRGB_PROFILE } }),
    );
    expect(decode(bytes).iccEmbeddedProfile?.profile).toEqual(SRGB_PROFILE);
    const [plain] = writePng(picture(1, 1, Uint8Array.of(1, 2, 3)));
    expect(textOf(plain.bytes, plain.bytes.length)).toContain('sRGB');
  });

  test('for each channel is what four inks become', () => {
    const parts = writePng(picture(1, 1, Uint8Array.of(1, 2, 3, 4), { colour: { space: 'cmyk' } }));
    expect(parts.map((p) => [p.suffix, decode(p.bytes).data[0]])).toEqual([
      ['_0', 1],
      ['_1', 2],
      ['_2', 3],
      ['_3', 4],
    ]);
  });
});

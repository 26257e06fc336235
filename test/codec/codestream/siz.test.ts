import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { numXTiles, numYTiles, readSiz, type Siz } from '../../../src/codec/codestream/siz.ts';
import { sizes } from '../../arbitraries/canvas.ts';
import { be, hex, join } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

/** Everything after Lsiz, from named fields. */
function bytesOf(fields: Partial<Record<keyof typeof GOOD, string>> = {}): Uint8Array {
  return hex(Object.values({ ...GOOD, ...fields }).join(''));
}

const GOOD = {
  rsiz: '0001', // profile 0
  xsiz: '00000042', // 66
  ysiz: '00000033', // 51
  xosiz: '00000005',
  yosiz: '00000003',
  xtsiz: '00000011', // 17
  ytsiz: '00000013', // 19
  xtosiz: '00000001',
  ytosiz: '00000002',
  csiz: '0002',
  components: '07 01 01  8B 02 FF', // 8 bits unsigned 1:1, 12 bits signed 2:255
};

const read = (bytes: Uint8Array): Siz => readSiz(new ByteReader(bytes, 1000));

describe('SIZ (A.5.1)', () => {
  test('is read field by field', () => {
    const siz = read(bytesOf());
    expect(siz).toEqual({
      rsiz: 1,
      xsiz: 66,
      ysiz: 51,
      xosiz: 5,
      yosiz: 3,
      xtsiz: 17,
      ytsiz: 19,
      xtosiz: 1,
      ytosiz: 2,
      components: [
        { precision: 8, signed: false, xrsiz: 1, yrsiz: 1 },
        { precision: 12, signed: true, xrsiz: 2, yrsiz: 255 },
      ],
    });
    expect([numXTiles(siz), numYTiles(siz)]).toEqual([4, 3]); // ceil(65 / 17), ceil(49 / 19)
  });

  test('carries sizes of 32 bits and precisions of 38 bits', () => {
    const siz = read(
      bytesOf({ xsiz: 'FFFFFFFF', ysiz: 'FFFFFFFE', xtsiz: 'FFFFFFFF', components: 'A5 01 01 25 01 01' }),
    );
    expect(siz).toMatchObject({ xsiz: 2 ** 32 - 1, ysiz: 2 ** 32 - 2, xtsiz: 2 ** 32 - 1 });
    expect(siz.components.map((c) => [c.precision, c.signed])).toEqual([
      [38, true],
      [38, false],
    ]);
  });

  const clause = '15444-1 A.5.1';
  test.each([
    ['no component', { csiz: '0000' }, 'siz-value', 1034],
    ['16385 components', { csiz: '4001' }, 'siz-value', 1034],
    ['fewer components than Csiz says', { csiz: '0003' }, 'siz-length', 998],
    ['more components than Csiz says', { csiz: '0001' }, 'siz-length', 998],
    ['an image that ends where it begins', { xosiz: '00000042' }, 'siz-value', 1002],
    ['an image that ends above where it begins', { yosiz: '00000034' }, 'siz-value', 1002],
    ['tiles without width', { xtsiz: '00000000' }, 'siz-value', 1018],
    ['tiles without height', { ytsiz: '00000000' }, 'siz-value', 1018],
    ['a first tile right of the image', { xtosiz: '00000006' }, 'siz-value', 1018],
    ['a first tile below the image', { ytosiz: '00000004' }, 'siz-value', 1018],
    ['a first tile that ends before the image', { xtsiz: '00000004' }, 'siz-value', 1018],
    ['a first tile that ends above the image', { ytsiz: '00000001' }, 'siz-value', 1018],
    ['a precision of 39 bits', { components: '07 01 01  26 01 01' }, 'siz-value', 1039],
    ['a horizontal distance of 0', { components: '07 00 01  07 01 01' }, 'siz-value', 1037],
    ['a vertical distance of 0', { components: '07 01 01  07 01 00' }, 'siz-value', 1040],
  ] as const)('with %s is refused', (_, fields, code, offset) => {
    expect(failureOf(() => read(bytesOf(fields)))).toEqual({ kind: 'malformed', code, offset, clause });
  });

  test('cut anywhere is a typed error', () => {
    const bytes = bytesOf();
    for (let length = 0; length < bytes.length; length++) {
      expect(failureOf(() => read(bytes.subarray(0, length))).kind).toBe('malformed');
    }
  });

  test('what is written is read', () => {
    fc.assert(
      fc.property(
        sizes({ offset: 2 ** 32 - 2, size: 2 ** 32 - 1, tile: 2 ** 32 - 1, sampling: 255, components: 5 }),
        (siz) => {
          const axes = [siz.xsiz, siz.ysiz, siz.xosiz, siz.yosiz, siz.xtsiz, siz.ytsiz, siz.xtosiz, siz.ytosiz];
          const components = siz.components.map((c) => Uint8Array.of(c.precision - 1, c.xrsiz, c.yrsiz));
          const head = [be(siz.rsiz, 2), ...axes.map((v) => be(v, 4)), be(components.length, 2)];
          expect(read(join(...head, ...components))).toEqual(siz);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeRaw } from '../../../src/cli/formats/raw.ts';
import { parseRawDescription, readRaw } from '../../../src/cli/formats/read-raw.ts';
import { hex } from '../../codec/fileformat/box-bytes.ts';
import { picture } from './pictures.ts';

describe('a description of raw samples', () => {
  const plain = {
    width: 40,
    height: 30,
    channels: 1,
    precision: 8,
    signed: false,
    littleEndian: false,
    layout: 'planar',
  };

  test.each([
    ['40x30', {}],
    ['40x30x3', { channels: 3 }],
    [
      '40x30x3,12,signed,little,interleaved',
      { channels: 3, precision: 12, signed: true, littleEndian: true, layout: 'interleaved' },
    ],
    ['40X30, Interleaved, 16bit, big', { precision: 16, layout: 'interleaved' }],
    ['40,30,3,10,u', { channels: 3, precision: 10 }],
    ['40,30,1,8,s', { signed: true }],
    [
      '40,30,3,8,u@1x1:2x2:2x1',
      {
        channels: 3,
        distances: [
          { dx: 1, dy: 1 },
          { dx: 2, dy: 2 },
          { dx: 2, dy: 1 },
        ],
      },
    ],
  ])('%s', (text, rest) => {
    expect(parseRawDescription(text)).toEqual({ ...plain, ...rest });
  });

  test.each([
    '',
    '40',
    '0x30',
    '40x30x0',
    '40x30,33',
    '40x30,0',
    '40x30,float',
    '40,30,3,8',
    '40,30,3,8,x',
    '40,30,3,8,u@1x1:2x2',
    '40,30,1,8,u@0x1',
    '40x30x99999',
  ])('%j is refused', (text) => {
    expect(() => parseRawDescription(text)).toThrow('--raw takes');
  });
});

describe('raw samples', () => {
  test('are as long as they are described', () => {
    expect(() => readRaw(hex('000102'), parseRawDescription('2x2'))).toThrow(
      '3 bytes where its description asks for 4',
    );
  });

  test('may be subsampled', () => {
    const { image } = readRaw(hex('01020304050607 08 09'), { ...parseRawDescription('7,1,3,8,u@1x1:8x1:9x2') });
    expect(image).toMatchObject({ width: 7, height: 1 });
    expect(image.planes?.map((p) => [p.dx, p.dy, Array.from(p.data)])).toEqual([
      [1, 1, [1, 2, 3, 4, 5, 6, 7]],
      [8, 1, [8]],
      [9, 2, [9]],
    ]);
  });

  test('that were written come back, in every kind', () => {
    const kind = fc.record({
      precision: fc.integer({ min: 1, max: 31 }),
      signed: fc.boolean(),
      littleEndian: fc.boolean(),
      layout: fc.constantFrom('planar' as const, 'interleaved' as const),
      channels: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(kind, fc.infiniteStream(fc.nat()), (k, stream) => {
        const low = k.signed ? -(2 ** (k.precision - 1)) : 0;
        const values = Array.from(
          { length: 6 * k.channels },
          () => low + ((stream.next().value as number) % 2 ** k.precision),
        );
        const image = picture(3, 2, Int32Array.from(values), { precision: k.precision, signed: k.signed });
        const [{ bytes }] = writeRaw(image, { layout: k.layout, littleEndian: k.littleEndian });
        const found = readRaw(bytes, { width: 3, height: 2, ...k }).image;
        const samples =
          k.layout === 'interleaved'
            ? Array.from(found.data!)
            : values.map((_, i) => found.planes![i % k.channels].data[Math.floor(i / k.channels)]);
        expect(samples).toEqual(values);
      }),
    );
  });
});

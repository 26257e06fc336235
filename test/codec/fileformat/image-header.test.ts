import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readBitsPerComponent,
  readImageHeader,
  writeBitsPerComponent,
  writeImageHeader,
} from '../../../src/codec/fileformat/image-header.ts';
import { contents, written } from './box-bytes.ts';

test('image header: height before width, depth less one with the sign on top', () => {
  const size = '00000200 00000300'; // HEIGHT 512, WIDTH 768
  const nc = '0003';
  const bpc = '8B'; // 12 bits, signed
  const rest = '07 01 00'; // C, UnkC, IPR
  expect(readImageHeader(contents('ihdr', size + nc + bpc + rest))).toEqual({
    height: 512,
    width: 768,
    numComponents: 3,
    format: { precision: 12, signed: true },
    compressionType: 7,
    colourSpaceUnknown: true,
    intellectualProperty: false,
  });
  expect(readImageHeader(contents('ihdr', '00000001 00000001 0001 FF 07 00 00')).format).toBeUndefined();
});

test('bits per component: one byte each', () => {
  expect(readBitsPerComponent(contents('bpcc', '07 8F 00'))).toEqual([
    { precision: 8, signed: false },
    { precision: 16, signed: true },
    { precision: 1, signed: false },
  ]);
});

describe('written and read back', () => {
  const format = fc.record({ precision: fc.integer({ min: 1, max: 38 }), signed: fc.boolean() });

  test('an image header is the same', () => {
    const header = fc.record({
      height: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      width: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      numComponents: fc.integer({ min: 1, max: 16384 }),
      format: fc.option(format, { nil: undefined }),
      compressionType: fc.constant(7),
      colourSpaceUnknown: fc.boolean(),
      intellectualProperty: fc.boolean(),
    });
    fc.assert(
      fc.property(header, (h) => {
        expect(readImageHeader(written((w) => writeImageHeader(w, h)))).toEqual(h);
      }),
    );
  });

  test('bits per component are the same', () => {
    fc.assert(
      fc.property(fc.array(format, { minLength: 1, maxLength: 9 }), (formats) => {
        expect(readBitsPerComponent(written((w) => writeBitsPerComponent(w, formats)))).toEqual(formats);
      }),
    );
  });
});

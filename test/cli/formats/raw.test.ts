import { expect, test } from 'vitest';
import { writeRaw } from '../../../src/cli/formats/raw.ts';
import { picture, planar } from './pictures.ts';

const RGB16 = picture(2, 1, Uint16Array.of(1, 2, 3, 0x104, 5, 6), { precision: 12 });

test('channels follow one another, big-endian, unless asked otherwise', () => {
  for (const image of [RGB16, planar(RGB16)]) {
    expect(Array.from(writeRaw(image)[0].bytes)).toEqual([0, 1, 1, 4, 0, 2, 0, 5, 0, 3, 0, 6]);
    expect(Array.from(writeRaw(image, { layout: 'interleaved' })[0].bytes)).toEqual([
      0, 1, 0, 2, 0, 3, 1, 4, 0, 5, 0, 6,
    ]);
    expect(Array.from(writeRaw(image, { littleEndian: true })[0].bytes.subarray(0, 4))).toEqual([1, 0, 4, 1]);
  }
});

test("signed samples are two's complement, floating point ones IEEE", () => {
  expect(Array.from(writeRaw(picture(2, 1, Int8Array.of(-1, 5), { signed: true }))[0].bytes)).toEqual([255, 5]);
  expect(Array.from(writeRaw(picture(1, 1, Float32Array.of(1.5)))[0].bytes)).toEqual([0x3f, 0xc0, 0, 0]);
  expect(Array.from(writeRaw(picture(1, 1, Int32Array.of(-2), { precision: 20 }))[0].bytes)).toEqual([
    255, 255, 255, 254,
  ]);
});

test('channels of different size can only follow one another', () => {
  const [y, cb, cr] = planar(RGB16).planes!;
  const small = { ...cb, width: 1, dx: 2, data: cb.data.subarray(0, 1) };
  const image = { ...planar(RGB16), planes: [y, small, { ...cr, width: 1, dx: 2, data: cr.data.subarray(0, 1) }] };
  expect(Array.from(writeRaw(image)[0].bytes)).toEqual([0, 1, 1, 4, 0, 2, 0, 3]);
  expect(() => writeRaw(image, { layout: 'interleaved' })).toThrow('one size');
});

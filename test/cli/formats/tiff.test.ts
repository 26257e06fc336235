import { describe, expect, test } from 'vitest';
import { writeTiff } from '../../../src/cli/formats/tiff.ts';
import type { RasterImage } from '../../../src/codec/image.ts';
import { picture, planar, withOpacity } from './pictures.ts';

/** The directory as numbers by tag, and the pixels of all strips, read from the definitions of TIFF 6.0. */
function readTiff(image: RasterImage): { tags: Record<number, number[]>; pixels: Uint8Array } {
  const [{ bytes }] = writeTiff(image);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  expect([view.getUint16(0, true), view.getUint16(2, true)]).toEqual([0x4949, 42]);
  const directory = view.getUint32(4, true);
  expect(directory % 2).toBe(0);
  const tags: Record<number, number[]> = {};
  let before = 0;
  for (let k = 0; k < view.getUint16(directory, true); k++) {
    const at = directory + 2 + 12 * k;
    const tag = view.getUint16(at, true);
    expect(tag).toBeGreaterThan(before);
    before = tag;
    const type = view.getUint16(at + 2, true);
    const size = { 3: 2, 4: 4, 5: 8, 7: 1 }[type]!;
    const count = view.getUint32(at + 4, true);
    const from = size * count <= 4 ? at + 8 : view.getUint32(at + 8, true);
    tags[tag] = Array.from({ length: count }, (_, i) => {
      if (size === 1) return view.getUint8(from + i);
      return size === 2 ? view.getUint16(from + 2 * i, true) : view.getUint32(from + size * i, true);
    });
  }
  expect(view.getUint32(directory + 2 + 12 * Object.keys(tags).length, true)).toBe(0);
  const strips = tags[273].map((at, k) => bytes.subarray(at, at + tags[279][k]));
  return { tags, pixels: Uint8Array.from(strips.flatMap((strip) => Array.from(strip))) };
}

describe('a TIFF', () => {
  test('has the values of the picture, in either layout', () => {
    const image = picture(
      2,
      2,
      Uint8Array.from({ length: 12 }, (_, k) => k),
    );
    for (const each of [image, planar(image)]) {
      const { tags, pixels } = readTiff(each);
      expect(pixels).toEqual(image.data);
      expect(tags).toMatchObject({ 256: [2], 257: [2], 258: [8, 8, 8], 259: [1], 262: [2], 277: [3], 339: [1, 1, 1] });
      expect(tags[338]).toBeUndefined();
    }
  });

  test('keeps twelve bits and signs as they are', () => {
    const { tags, pixels } = readTiff(picture(2, 1, Int16Array.of(-2, 2047), { precision: 12, signed: true }));
    expect(tags).toMatchObject({ 258: [16], 262: [1], 339: [2] });
    expect(Array.from(pixels)).toEqual([0xfe, 0xff, 0xff, 0x07]);
  });

  test('says opacity, inks and floating point', () => {
    const rgba = picture(1, 1, Uint8Array.of(1, 2, 3, 4), { colour: { channels: withOpacity(3) } });
    expect(readTiff(rgba).tags).toMatchObject({ 262: [2], 338: [2] });
    const cmyk = picture(1, 1, Uint8Array.of(1, 2, 3, 4), { colour: { space: 'cmyk' } });
    expect(readTiff(cmyk).tags).toMatchObject({ 262: [5] });
    expect(readTiff(cmyk).tags[338]).toBeUndefined();
    expect(readTiff(picture(1, 1, Float32Array.of(0.5), { precision: 32 })).tags).toMatchObject({
      258: [32],
      339: [3],
    });
    const bands = picture(1, 1, new Uint8Array(7), { colour: { space: 'unknown' } });
    expect(readTiff(bands).tags).toMatchObject({ 262: [1], 277: [7], 338: [0, 0, 0, 0, 0, 0] });
  });

  test('of one bit is packed', () => {
    const { tags, pixels } = readTiff(
      picture(
        9,
        2,
        Uint8Array.from({ length: 18 }, (_, k) => k & 1),
        { precision: 1 },
      ),
    );
    expect(tags[258]).toEqual([1]);
    expect(Array.from(pixels)).toEqual([0x55, 0, 0xaa, 0x80]);
  });

  test('of some size is cut into strips', () => {
    const image = picture(
      1000,
      200,
      Uint8Array.from({ length: 200_000 }, (_, k) => k * 7),
    );
    const { tags, pixels } = readTiff(image);
    expect(tags[278]).toEqual([65]);
    expect(tags[273]).toHaveLength(4);
    expect(pixels).toEqual(image.data);
  });

  test('carries the ICC profile', () => {
    const icc = Uint8Array.of(1, 2, 3, 4, 5);
    const image = picture(1, 1, Uint8Array.of(1, 2, 3), { colour: { space: 'icc', icc } });
    expect(readTiff(image).tags[34675]).toEqual([1, 2, 3, 4, 5]);
  });
});

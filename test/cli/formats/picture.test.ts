import { describe, expect, test } from 'vitest';
import { alike, channelsOf, colourGroups, interleave, toUnsigned } from '../../../src/cli/formats/picture.ts';
import { picture, planar, withOpacity } from './pictures.ts';

const RGB = picture(2, 1, Uint8Array.of(1, 2, 3, 4, 5, 6));

test('both layouts give the same channels', () => {
  for (const image of [RGB, planar(RGB), { ...planar(RGB), planes: undefined }]) {
    const samples = channelsOf(image).map((c) => [0, 1].map((i) => c.data[c.start + i * c.stride]));
    expect(samples).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  }
});

describe('groups of colours', () => {
  const shapes = (image: Parameters<typeof colourGroups>[0]) =>
    colourGroups(image).map((g) => `${g.colours.length}${g.opacity ? '+opacity' : ''}${g.note ? ` (${g.note})` : ''}`);

  test('are one picture for one or three colours with or without opacity', () => {
    expect(shapes(RGB)).toEqual(['3']);
    expect(shapes(picture(1, 1, Uint8Array.of(1)))).toEqual(['1']);
    expect(shapes(picture(1, 1, Uint8Array.of(1, 2), { colour: { channels: withOpacity(1) } }))).toEqual(['1+opacity']);
  });

  test('take the last of two or four channels of unknown meaning for opacity', () => {
    expect(shapes(picture(1, 1, Uint8Array.of(1, 2, 3, 4), { colour: { space: 'unknown' } }))).toEqual(['3+opacity']);
    expect(shapes(picture(1, 1, Uint8Array.of(1, 2), { colour: { space: 'unknown' } }))).toEqual(['1+opacity']);
  });

  test('leave out what is unspecified, and say so', () => {
    const channels = [...withOpacity(3), { kind: 'unspecified' as const, association: 65535 }];
    expect(shapes(picture(1, 1, new Uint8Array(5), { colour: { channels } }))).toEqual([
      '3+opacity (1 further channel left out)',
    ]);
  });

  test('are single channels for anything else', () => {
    expect(shapes(picture(1, 1, new Uint8Array(4), { colour: { space: 'cmyk' } }))).toEqual(['1', '1', '1', '1']);
    const [y, cb, cr] = planar(RGB).planes!;
    const subsampled = { ...planar(RGB), planes: [y, { ...cb, width: 1, dx: 2 }, { ...cr, width: 1, dx: 2 }] };
    expect(shapes(subsampled)).toEqual(['1', '1', '1']);
    expect(() => alike(subsampled, 'tif')).toThrow('one size');
  });
});

describe('samples as unsigned numbers', () => {
  const [u12] = channelsOf(picture(1, 1, Uint16Array.of(0), { precision: 12 }));
  const [s8] = channelsOf(picture(1, 1, Int8Array.of(0), { signed: true }));

  test('are raised when signed, and scaled over the full range where depths differ', () => {
    expect([-128, 0, 127].map(toUnsigned(s8, 8))).toEqual([0, 128, 255]);
    expect([0, 1, 4095].map(toUnsigned(u12, 16))).toEqual([0, 16, 65535]);
    expect([0, 1, 4095].map(toUnsigned(u12, 12))).toEqual([0, 1, 4095]);
    expect([-7, 5000].map(toUnsigned(u12, 12))).toEqual([0, 4095]);
  });

  test('interleave in one byte or in two', () => {
    expect(interleave(channelsOf(planar(RGB)), 8)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(interleave(channelsOf(picture(1, 1, Uint16Array.of(0x123), { precision: 12 })), 12)).toEqual(
      Uint8Array.of(0x01, 0x23),
    );
  });
});

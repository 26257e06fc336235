import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { applyChannels, type ChannelOptions, colourInfoOf } from '../../../src/codec/colour/channels.ts';
import { renderSrgb } from '../../../src/codec/colour/to-srgb.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { readNow } from '../../../src/codec/source.ts';
import { decodeWithOpenJpeg } from '../../support/openjpeg.ts';
import { extractCodestream } from '../../support/boxes.ts';
import { describeShared, describeTools, sharedPath } from '../../support/shared.ts';
import { box, COLR_GREY, hex, join } from '../fileformat/box-bytes.ts';
import { bareFile, fileWith, row } from './planes.ts';

const COLR_SRGB = box('colr', hex('01 00 00 00000010'));

function channelsOf(numComponents: number, boxes: Uint8Array[], options: ChannelOptions = {}) {
  const log = new DiagnosticLog();
  const components = Array.from({ length: numComponents }, (_, c) => row([c]));
  const { planes, colour } = applyChannels(components, fileWith(...boxes), options, log);
  return {
    order: planes.map((plane) => plane.data[0]),
    kinds: colour.channels.map((c) => `${c.kind} ${c.association}`),
    space: colour.space,
    codes: log.list.map((d) => d.code),
  };
}

describe('without channel definitions', () => {
  test('the colours are stored in their order and the rest is unspecified', () => {
    expect(channelsOf(4, [COLR_SRGB])).toEqual({
      order: [0, 1, 2, 3],
      kinds: ['colour 1', 'colour 2', 'colour 3', 'unspecified 65535'],
      space: 'srgb',
      codes: [],
    });
  });

  test('a bare codestream has as many colours as components', () => {
    expect(colourInfoOf(bareFile(), 2)).toEqual({
      space: 'unknown',
      palette: false,
      channels: [
        { kind: 'colour', association: 1 },
        { kind: 'colour', association: 2 },
      ],
    });
  });
});

describe('with channel definitions', () => {
  const abgr = box('cdef', hex('0004  0000 0001 0000  0001 0000 0003  0002 0000 0002  0003 0000 0001'));

  test('the colours come first, in the order of their space, then opacity', () => {
    expect(channelsOf(4, [COLR_SRGB, abgr])).toEqual({
      order: [3, 2, 1, 0],
      kinds: ['colour 1', 'colour 2', 'colour 3', 'opacity 0'],
      space: 'srgb',
      codes: [],
    });
  });

  test('the stored order is to be had as well', () => {
    expect(channelsOf(4, [COLR_SRGB, abgr], { reorder: false })).toMatchObject({
      order: [0, 1, 2, 3],
      kinds: ['opacity 0', 'colour 3', 'colour 2', 'colour 1'],
    });
  });

  test('premultiplied opacity and unspecified channels keep their names', () => {
    const cdef = box('cdef', hex('0003  0000 0000 0001  0001 FFFF FFFF  0002 0002 0000'));
    expect(channelsOf(3, [COLR_GREY, cdef])).toMatchObject({
      order: [0, 2, 1],
      kinds: ['colour 1', 'premultiplied-opacity 0', 'unspecified 65535'],
      codes: [],
    });
  });

  test('channels that were not decoded are left out', () => {
    const { planes, colour } = applyChannels(
      [undefined, row([1]), undefined, row([3])],
      fileWith(COLR_SRGB, abgr),
      {},
      new DiagnosticLog(),
    );
    expect(planes.map((p) => p.data[0])).toEqual([3, 1]);
    expect(colour.channels.map((c) => c.association)).toEqual([1, 3]);
  });

  test.each([
    ['a channel that is not there', '0002  0000 0000 0001  0007 0001 0000', ['channel-definition']],
    ['one channel twice', '0002  0000 0000 0001  0000 0001 0000', ['channel-definition']],
    ['one colour twice', '0002  0000 0000 0001  0001 0000 0001', ['channel-definition']],
    ['no colour', '0001  0001 0001 0000', ['channel-definition']],
    ['nothing but opacity', '0002  0000 0001 0000  0001 0001 0000', ['channel-definition']],
    ['a colour that the space has not', '0001  0000 0000 0002', ['channel-definition']],
  ])('%s is reported and the picture keeps its colour', (_, cdef, codes) => {
    const result = channelsOf(2, [COLR_GREY, box('cdef', hex(cdef))]);
    expect(result.codes).toEqual(codes);
    expect(result.kinds[0]).toBe('colour 1');
  });
});

describe('a palette', () => {
  const pclr = box('pclr', hex('0003 03 07 07 07  000000  FF8040  FFFFFF'));
  const cmap = box('cmap', hex('0000 01 00  0000 01 01  0000 01 02'));
  const indices = [row(Uint8Array.of(1, 2, 0))];

  test('is applied before the channel definitions', () => {
    // The columns are blue, green and red.
    const cdef = box('cdef', hex('0003  0000 0000 0003  0001 0000 0002  0002 0000 0001'));
    const { planes, colour } = applyChannels(indices, fileWith(COLR_SRGB, pclr, cmap, cdef), {}, new DiagnosticLog());
    expect(planes.map((p) => Array.from(p.data))).toEqual([
      [0x40, 255, 0],
      [0x80, 255, 0],
      [0xff, 255, 0],
    ]);
    expect(colour).toMatchObject({ space: 'srgb', palette: true });
  });

  test('can be left alone: then there are indices, which are no colour', () => {
    const file = fileWith(COLR_SRGB, pclr, cmap);
    const { planes, colour } = applyChannels(indices, file, { applyPalette: false }, new DiagnosticLog());
    expect(planes).toEqual(indices);
    expect(colour).toMatchObject({ palette: true, channels: [{ kind: 'unspecified' }] });
  });
});

describe('several colour specifications', () => {
  const lutIcc = box('colr', join(hex('02 00 00'), new Uint8Array(132)));

  test('the first that can be rendered counts', () => {
    expect(channelsOf(1, [lutIcc, COLR_GREY, COLR_SRGB])).toMatchObject({ space: 'grey', codes: [] });
    expect(channelsOf(3, [COLR_SRGB, COLR_GREY])).toMatchObject({ space: 'srgb', codes: [] });
  });

  test('without any that can, there is the profile, and no complaint: no rule is broken', () => {
    expect(channelsOf(3, [lutIcc])).toMatchObject({ space: 'icc', codes: [] });
    expect(channelsOf(3, [box('colr', hex('01 00 00 00000013'))])).toMatchObject({ space: 'unknown', codes: [] });
  });

  test('parameterised sRGB and sYCC have their names', () => {
    const colour = (fields: string) => channelsOf(3, [box('colr', hex(`05 00 00 ${fields}`))]).space;
    expect(colour('0001 000D 0000 80')).toBe('srgb');
    expect(colour('0001 000D 0005 80')).toBe('sycc');
    expect(colour('0009 0010 0009 00')).toBe('unknown');
  });
});

describeTools(['opj_decompress'], 'against OpenJPEG', () => {
  describeShared('conformance/features', 'files with palettes and channel definitions', () => {
    test.each([
      'indexed-small',
      'pal-32x24',
      'openjpeg-lossless-indexed-u8-rgb-u8',
      'bgr-cdef-16x16',
      'openjpeg-lossless-bgra-u8',
    ])('%s comes out with the samples that its boxes say', async (name) => {
      const bytes = new Uint8Array(readFileSync(sharedPath('conformance', 'features', `${name}.jp2`)));
      const log = new DiagnosticLog();
      const file = readNow(readJp2File(log, DEFAULT_LIMITS, bytes.length), bytes);
      const components = (await decodeWithOpenJpeg(extractCodestream(bytes))).map((c) => ({ ...c, dx: 1, dy: 1 }));
      const { planes, colour } = applyChannels(components, file, {}, log);
      // OpenJPEG applies palette and channel order itself when it is given the file and not the codestream.
      const expected = await decodeWithOpenJpeg(bytes);
      expect(planes.map((p) => Array.from(p.data))).toEqual(expected.map((p) => Array.from(p.data)));
      const rendered = renderSrgb(planes, colour, {}, log);
      expect(rendered.planes.map((p) => Array.from(p.data))).toEqual(expected.map((p) => Array.from(p.data)));
      expect(log.list).toEqual([]);
    });
  });
});

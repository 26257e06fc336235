import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import type { BoxContent } from '../../../src/codec/fileformat/box.ts';
import {
  cieLabParameters,
  ILLUMINANT_D50,
  readBitsPerComponent,
  readChannelDefinition,
  readColourSpecification,
  readComponentMapping,
  readFileType,
  readImageHeader,
  readJp2Header,
  readPalette,
  readResolution,
} from '../../../src/codec/fileformat/jp2-boxes.ts';
import { box, COLR_GREY, hex, IHDR, join } from './box-bytes.ts';

function contents(type: string, bytes: string): BoxContent {
  const content = hex(bytes);
  return { type, offset: 0, headerLength: 8, length: 8 + content.length, content };
}

test('file type: brand, minor version, compatibility list', () => {
  const brand = '6A707820'; // 'jpx '
  const minorVersion = '00000001';
  const list = '6A703220 6A707862'; // 'jp2 ', 'jpxb'
  expect(readFileType(contents('ftyp', brand + minorVersion + list))).toEqual({
    brand: 'jpx ',
    minorVersion: 1,
    compatible: ['jp2 ', 'jpxb'],
  });
});

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

describe('colour specification', () => {
  test('enumerated', () => {
    const fields = '01 FE 02 00000010'; // METH, PREC = -2, APPROX, EnumCS = sRGB
    expect(readColourSpecification(contents('colr', fields))).toEqual({
      method: 'enumerated',
      precedence: -2,
      approximation: 2,
      enumerated: 16,
      parameters: hex(''),
    });
  });

  test('ICC profiles, restricted and any', () => {
    expect(readColourSpecification(contents('colr', '02 00 01 AABB'))).toMatchObject({
      method: 'restricted-icc',
      icc: hex('AABB'),
    });
    expect(readColourSpecification(contents('colr', '03 00 01 CC'))).toMatchObject({
      method: 'any-icc',
      icc: hex('CC'),
    });
  });

  test('vendor colour is a UUID and its parameters', () => {
    const fields = `04 00 00 ${'11'.repeat(16)} AA`;
    expect(readColourSpecification(contents('colr', fields))).toMatchObject({
      method: 'vendor',
      uuid: '11111111-1111-1111-1111-111111111111',
      parameters: hex('AA'),
    });
  });

  test('parameterised: code points of ITU-T H.273', () => {
    const fields = '05 00 00 0009 0010 0000 80'; // BT.2020 primaries, PQ, identity matrix, full range
    expect(readColourSpecification(contents('colr', fields))).toMatchObject({
      method: 'parameterised',
      primaries: 9,
      transfer: 16,
      matrix: 0,
      fullRange: true,
    });
  });

  test('an unknown method is kept as it is, an enumerated one without its number is malformed', () => {
    expect(readColourSpecification(contents('colr', '63 00 00 01'))).toMatchObject({ method: 'unknown', meth: 0x63 });
    expect(() => readColourSpecification(contents('colr', '01 00 00 0000'))).toThrow(
      expect.objectContaining({ code: 'out-of-bytes', offset: 11, clause: '15444-1 I.5.3.3' }),
    );
  });
});

describe('CIELab parameters (15444-2 M.11.7.4.1)', () => {
  test('have defaults that depend on the depth', () => {
    expect(cieLabParameters(hex(''), [8, 8, 8])).toEqual({
      range: [100, 170, 200],
      offset: [0, 128, 96],
      illuminant: ILLUMINANT_D50,
    });
    expect(cieLabParameters(hex(''), [16, 12, 10]).offset).toEqual([0, 2048, 384]);
  });

  test('alternate range and offset, then the illuminant', () => {
    const ep = '00000064 00000000 000000FF 00000080 000000FF 00000080 00443635';
    expect(cieLabParameters(hex(ep), [8, 8, 8])).toEqual({
      range: [100, 255, 255],
      offset: [0, 128, 128],
      illuminant: 0x00443635,
    });
  });
});

describe('palette', () => {
  test('stands row by row, each value in whole bytes', () => {
    const head = '0002 03 07 8B 20'; // 2 entries; columns of 8 bits, 12 bits signed, 33 bits
    const rows = 'FF 0FFF 01FFFFFFFF   10 07FF 0000000001';
    const palette = readPalette(contents('pclr', head + rows));
    expect(palette.numEntries).toBe(2);
    expect(palette.columns).toEqual([
      { precision: 8, signed: false, values: Uint8Array.of(255, 16) },
      { precision: 12, signed: true, values: Int16Array.of(-1, 2047) },
      { precision: 33, signed: false, values: Float64Array.of(2 ** 33 - 1, 1) },
    ]);
  });

  test.each([
    ['no entries', '0000 01 07', 'palette'],
    ['too many entries', '0401 01 07', 'palette'],
    ['no columns', '0001 00', 'palette'],
    ['a depth of 39 bits', '0001 01 26 0000000000', 'palette'],
    ['fewer values than it says', '0002 01 07 01', 'out-of-bytes'],
  ])('with %s is malformed', (_, bytes, code) => {
    expect(() => readPalette(contents('pclr', bytes))).toThrow(expect.objectContaining({ kind: 'malformed', code }));
  });
});

test('component mapping: component, kind, palette column', () => {
  expect(readComponentMapping(contents('cmap', '0000 01 02  0001 00 00'))).toEqual([
    { component: 0, paletteColumn: 2 },
    { component: 1, paletteColumn: undefined },
  ]);
});

test('channel definition: channel, type, association', () => {
  expect(readChannelDefinition(contents('cdef', '0002  0000 0000 0001  0001 0001 0000'))).toEqual([
    { channel: 0, type: 0, association: 1 },
    { channel: 1, type: 1, association: 0 },
  ]);
});

test('resolution: two fractions with powers of ten', () => {
  const fields = '012C 00FE 0048 0001 04 FE'; // 300/254 x 10^4 vertical, 72/1 x 10^-2 horizontal
  expect(readResolution(contents('resc', fields))).toEqual({ vertical: (300 / 254) * 10000, horizontal: 0.72 });
  expect(() => readResolution(contents('resc', '0001 0000 0001 0001 00 00'))).toThrow(
    expect.objectContaining({ code: 'box-value' }),
  );
});

describe('JP2 header', () => {
  function headerOf(content: Uint8Array) {
    const log = new DiagnosticLog();
    return { header: readJp2Header(content, 0, log), codes: log.list.map((d) => d.code) };
  }

  test('collects its boxes', () => {
    const resolution = box('res ', join(box('resc', hex('0001 0001 0002 0001 00 00')), box('free')));
    const { header, codes } = headerOf(join(IHDR, COLR_GREY, box('colr', hex('01 00 00 00000010')), resolution));
    expect(codes).toEqual([]);
    expect(header.colours.map((c) => (c.method === 'enumerated' ? c.enumerated : c.method))).toEqual([17, 16]);
    expect(header.captureResolution).toEqual({ vertical: 1, horizontal: 2 });
    expect(header.displayResolution).toBeUndefined();
  });

  test('leaves out what cannot be read, and says so', () => {
    const { header, codes } = headerOf(join(IHDR, box('colr', hex('01')), COLR_GREY, box('pclr', hex('0000 00'))));
    expect(header.colours).toHaveLength(1);
    expect(header.palette).toBeUndefined();
    expect(codes).toEqual(['out-of-bytes', 'palette']);
  });

  test('notices order, duplicates and absences', () => {
    expect(headerOf(join(COLR_GREY, IHDR)).codes).toEqual(['box-order']);
    expect(headerOf(join(IHDR, COLR_GREY, IHDR)).codes).toEqual(['box-duplicate']);
    expect(headerOf(hex('')).codes).toEqual(['box-missing', 'box-missing']);
  });
});

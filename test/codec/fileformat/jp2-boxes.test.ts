import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { readFileType, readJp2Header, writeFileType, writeJp2Header } from '../../../src/codec/fileformat/jp2-boxes.ts';
import { box, COLR_GREY, contents, hex, IHDR, join, written } from './box-bytes.ts';

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

test('a file type box written and read back is the same', () => {
  const box = { brand: 'jpx ', minorVersion: 3, compatible: ['jpx ', 'jp2 ', 'jpxb'] };
  expect(readFileType(written((w) => writeFileType(w, box)))).toEqual(box);
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

  test('written and read back is the same', () => {
    const header = {
      imageHeader: {
        height: 5,
        width: 7,
        numComponents: 2,
        format: undefined,
        compressionType: 7,
        colourSpaceUnknown: false,
        intellectualProperty: false,
      },
      bitsPerComponent: [
        { precision: 8, signed: false },
        { precision: 12, signed: true },
      ],
      colours: [
        { method: 'enumerated', precedence: 0, approximation: 0, enumerated: 16, parameters: hex('') } as const,
        { method: 'any-icc', precedence: 1, approximation: 1, icc: hex('AABB') } as const,
      ],
      palette: { numEntries: 1, columns: [{ precision: 8, signed: false, values: Uint8Array.of(9) }] },
      componentMapping: [
        { component: 0, paletteColumn: 0 },
        { component: 1, paletteColumn: undefined },
      ],
      channelDefinitions: [{ channel: 0, type: 0, association: 1 }],
      captureResolution: { vertical: 300, horizontal: 200 },
      displayResolution: { vertical: 72, horizontal: 72 },
    };
    const { content } = written((w) => writeJp2Header(w, header));
    expect(headerOf(content)).toEqual({ header, codes: [] });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, decodeXmlText, encodeUtf8 } from '../../../src/codec/fileformat/utf8.ts';
import { hex } from './box-bytes.ts';

describe('UTF-8', () => {
  const platform = new TextDecoder('utf-8', { ignoreBOM: true });

  test('characters of every length come out', () => {
    expect(decodeUtf8(hex('41 C3A9 E282AC F09F9880'))).toBe('Aé€😀');
  });

  test('any bytes come out as the platform decodes them', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => decodeUtf8(bytes) === platform.decode(bytes)));
    const awkward = fc.constantFrom(0x41, 0x80, 0xbf, 0x90, 0xa0, 0xc1, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf1, 0xf4, 0xf5);
    const bytes = fc.array(awkward, { maxLength: 12 }).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, (b) => decodeUtf8(b) === platform.decode(b)),
      { numRuns: 2000 },
    );
  });

  test('any string goes in as the platform encodes it, halves of pairs included', () => {
    const encoder = new TextEncoder();
    expect(encodeUtf8('Aé€😀')).toEqual(hex('41 C3A9 E282AC F09F9880'));
    const units = fc.array(
      fc.constantFrom(0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      units.map((u) => String.fromCharCode(...u)),
    );
    fc.assert(
      fc.property(text, (t) => {
        expect(encodeUtf8(t)).toEqual(encoder.encode(t));
      }),
      { numRuns: 1000 },
    );
  });

  test('a long text is not too long', () => {
    const text = 'Wörter '.repeat(100_000);
    expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
  });
});

describe('text of an XML box', () => {
  test('a byte order mark and trailing zeros are no part of it', () => {
    expect(decodeXmlText(hex('EFBBBF 3C612F3E 0000'))).toBe('<a/>');
  });

  test('UTF-16 is recognised by its byte order mark, in both orders', () => {
    expect(decodeXmlText(hex('FEFF 003C 0061 002F 003E'))).toBe('<a/>');
    expect(decodeXmlText(hex('FFFE 3C00 6100 2F00 3E00 0000'))).toBe('<a/>');
  });
});

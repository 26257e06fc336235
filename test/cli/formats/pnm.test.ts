import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPnm, writePam, writePgm, writePnm, writePpm } from '../../../src/cli/formats/pnm.ts';
import { picture, planar, textOf, withOpacity } from './pictures.ts';

const encode = (text: string) => new TextEncoder().encode(text);

describe('PGM and PPM', () => {
  test('have a maxval of the depth', () => {
    const [grey] = writePnm(picture(2, 1, Uint16Array.of(0, 4095), { precision: 12 }));
    expect(textOf(grey.bytes, 12)).toBe('P5\n2 1\n4095\n');
    expect(Array.from(grey.bytes.subarray(12))).toEqual([0, 0, 0x0f, 0xff]);
    const [colour] = writePnm(picture(1, 1, Uint8Array.of(1, 2, 3)));
    expect(textOf(colour.bytes, 11)).toBe('P6\n1 1\n255\n');
    expect(colour.note).toBeUndefined();
  });

  test('raise signed samples to begin at zero', () => {
    const [{ bytes }] = writePnm(picture(3, 1, Int8Array.of(-128, 0, 127), { signed: true }));
    expect(Array.from(bytes.subarray(-3))).toEqual([0, 128, 255]);
  });

  test('scale more than 16 bits to 16', () => {
    const [{ bytes }] = writePnm(picture(2, 1, Int32Array.of(0, 2 ** 20 - 1), { precision: 20 }));
    expect(readPnm(bytes)).toMatchObject({ precision: 16, data: Uint16Array.of(0, 65535) });
  });

  test('leave out opacity and say so', () => {
    const [{ bytes, note }] = writePnm(
      picture(1, 1, Uint8Array.of(1, 2, 3, 4), { colour: { channels: withOpacity(3) } }),
    );
    expect(readPnm(bytes)).toMatchObject({ channels: 3, data: Uint8Array.of(1, 2, 3) });
    expect(note).toBe('opacity left out');
  });

  test('are one file for each channel where they have to be', () => {
    const cmyk = picture(1, 1, Uint8Array.of(1, 2, 3, 4), { colour: { space: 'cmyk' } });
    expect(writePnm(cmyk).map((p) => [p.suffix, readPnm(p.bytes).data[0]])).toEqual([
      ['_0', 1],
      ['_1', 2],
      ['_2', 3],
      ['_3', 4],
    ]);
    expect(writePgm(picture(1, 1, Uint8Array.of(1, 2, 3)))).toHaveLength(3);
    expect(() => writePpm(cmyk)).toThrow('ppm');
  });

  test('of grey as PPM are three times the same', () => {
    const [{ bytes }] = writePpm(picture(1, 1, Uint8Array.of(9)));
    expect(readPnm(bytes)).toMatchObject({ channels: 3, data: Uint8Array.of(9, 9, 9) });
  });
});

describe('PAM', () => {
  test.each([
    [picture(1, 1, Uint8Array.of(1), { precision: 1 }), 'BLACKANDWHITE'],
    [picture(1, 1, Uint8Array.of(1)), 'GRAYSCALE'],
    [picture(1, 1, Uint8Array.of(1, 2), { colour: { channels: withOpacity(1) } }), 'GRAYSCALE_ALPHA'],
    [picture(1, 1, Uint8Array.of(1, 2, 3)), 'RGB'],
    [picture(1, 1, Uint8Array.of(1, 2, 3, 4), { colour: { channels: withOpacity(3) } }), 'RGB_ALPHA'],
  ])('names its tuples %#', (image, type) => {
    const [{ bytes }] = writePam(image);
    const header = textOf(bytes, bytes.length);
    expect(header).toContain(`DEPTH ${image.channels}\n`);
    expect(header).toContain(`TUPLTYPE ${type}\n`);
    expect(Array.from(readPnm(bytes).data)).toEqual(Array.from(image.data));
  });

  test('holds any number of channels without a name', () => {
    const [{ bytes }] = writePam(picture(1, 1, Uint8Array.of(1, 2, 3, 4, 5)));
    expect(textOf(bytes, bytes.length)).not.toContain('TUPLTYPE');
    expect(readPnm(bytes)).toMatchObject({ channels: 5, data: Uint8Array.of(1, 2, 3, 4, 5) });
  });
});

describe('reading', () => {
  test('text, with comments', () => {
    expect(readPnm(encode('P2 # grey\n# size\n2 1\n15\n3 15\n'))).toEqual({
      width: 2,
      height: 1,
      channels: 1,
      precision: 4,
      signed: false,
      data: Uint8Array.of(3, 15),
    });
    expect(readPnm(encode('P3 1 1 1000 1 2 1000'))).toMatchObject({ precision: 10, data: Uint16Array.of(1, 2, 1000) });
  });

  test('bitmaps, in which 1 is black', () => {
    const bits = { width: 9, height: 2, channels: 1, precision: 1, signed: false };
    const data = Uint8Array.of(1, 0, 1, 0, 1, 0, 1, 0, 1, ...new Uint8Array(8), 1);
    expect(readPnm(encode('P1\n9 2\n010101010\n1 1 1 1 1111\n0\n'))).toEqual({ ...bits, data });
    const packed = Uint8Array.of(...encode('P4 9 2\n'), 0x55, 0x00, 0xff, 0x00);
    expect(readPnm(packed)).toEqual({ ...bits, data });
  });

  test('a PAM of inks', () => {
    const header = 'P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\nabcd';
    expect(readPnm(encode(header))).toMatchObject({ channels: 4, cmyk: true });
  });

  test.each([
    'P1 2 2 101',
    'P1 2 1 12',
    'P4 9 2 abc',
    'P5 2 2 255 abc',
    'P5 2',
    'P5 -1 1 255 a',
    'P5 1 1 70000 a',
    'P2 1 1 255 x',
    'P5 99999 99999 255 a',
    'P7\nWIDTH 1\n',
    'P7\nENDHDR\n',
  ])('%j is refused', (text) => {
    expect(() => readPnm(encode(text))).toThrow(/Netpbm|PAM|PGM/);
  });

  test('what was written comes back, in either layout', () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 16 }),
        fc.infiniteStream(fc.nat()),
        (w, h, n, precision, stream) => {
          const values = Array.from({ length: w * h * n }, () => (stream.next().value as number) % 2 ** precision);
          const data = precision <= 8 ? Uint8Array.from(values) : Uint16Array.from(values);
          const image = picture(w, h, data, { precision });
          for (const each of [image, planar(image)]) {
            const [{ bytes }] = writePam(each);
            expect(readPnm(bytes)).toEqual({ width: w, height: h, channels: n, precision, signed: false, data });
          }
        },
      ),
    );
  });
});

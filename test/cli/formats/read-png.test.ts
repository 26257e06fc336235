import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPng } from '../../../src/cli/formats/read-png.ts';
import { writePng } from '../../../src/cli/formats/png.ts';
import { profile, SRGB_PROFILE } from '../../codec/colour/icc-bytes.ts';
import { ascii, hex, join } from '../../codec/fileformat/box-bytes.ts';
import { picture, withOpacity } from './pictures.ts';

/** A PNG with any further chunks before the data; of rows that are unfiltered, or bring the bytes of their filters. */
function png(
  header: { width: number; height: number; depth: number; type: number; interlace?: number },
  rows: Uint8Array[],
  ...more: (Uint8Array | 'filtered')[]
) {
  const chunks = more.filter((chunk) => chunk !== 'filtered');
  const begin = more.includes('filtered') ? hex('') : hex('00');
  const ihdr = new DataView(new ArrayBuffer(13));
  ihdr.setUint32(0, header.width);
  ihdr.setUint32(4, header.height);
  ihdr.setUint8(8, header.depth);
  ihdr.setUint8(9, header.type);
  ihdr.setUint8(12, header.interlace ?? 0);
  const data = deflateSync(join(...rows.map((row) => join(begin, row))));
  return join(
    hex('89504E47 0D0A1A0A'),
    chunk('IHDR', new Uint8Array(ihdr.buffer)),
    ...chunks,
    chunk('IDAT', data),
    chunk('IEND', hex('')),
  );
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(8));
  const typed = join(ascii(type), content);
  numbers.setUint32(0, content.length);
  numbers.setUint32(4, crc32(typed));
  return join(new Uint8Array(numbers.buffer, 0, 4), typed, new Uint8Array(numbers.buffer, 4, 4));
}

/** Beginnings and steps of the passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** A row with the byte of its filter, one byte a pixel. */
function filtered(filter: number, row: Uint8Array, above: Uint8Array): Uint8Array {
  const predicted = (k: number) => {
    const [a, b, c] = [row[k - 1] ?? 0, above[k], above[k - 1] ?? 0];
    const p = a + b - c;
    const nearest = [a, b, c].sort((x, y) => Math.abs(p - x) - Math.abs(p - y))[0]; // stable: left, above, corner
    return [0, a, b, Math.floor((a + b) / 2), nearest][filter];
  };
  return Uint8Array.of(filter, ...row.map((value, k) => value - predicted(k)));
}

const GREY = 0;
const RGB = 2;
const INDEXED = 3;

describe('a PNG read', () => {
  test('has the samples that were written, of 8 or 16 bits', () => {
    const size = fc.integer({ min: 1, max: 9 });
    const kind = fc.constantFrom<[number, boolean]>([1, false], [1, true], [3, false], [3, true]);
    fc.assert(
      fc.property(
        size,
        size,
        kind,
        fc.constantFrom(8, 16),
        fc.infiniteStream(fc.nat()),
        (w, h, [n, alpha], depth, s) => {
          const count = n + (alpha ? 1 : 0);
          const values = Array.from({ length: w * h * count }, () => (s.next().value as number) % 2 ** depth);
          const data = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
          const colour = { space: n === 3 ? 'srgb' : 'grey', ...(alpha ? { channels: withOpacity(n) } : {}) } as const;
          const [{ bytes }] = writePng(picture(w, h, data, { precision: depth, colour }));
          expect(readPng(bytes)).toEqual({
            image: {
              width: w,
              height: h,
              channels: count,
              precision: depth,
              signed: false,
              layout: 'interleaved',
              data,
            },
            notes: [],
          });
        },
      ),
    );
  });

  test.each([
    [1, '5580', [0, 1, 0, 1, 0, 1, 0, 1, 1]],
    [2, '1B1B40', [0, 1, 2, 3, 0, 1, 2, 3, 1]],
    [4, '12345678F0', [1, 2, 3, 4, 5, 6, 7, 8, 15]],
  ])('of %d bits a sample keeps them', (depth, row, samples) => {
    const { image } = readPng(png({ width: 9, height: 1, depth, type: GREY }, [hex(row)]));
    expect(image).toMatchObject({ precision: depth, channels: 1 });
    expect(Array.from(image.data!)).toEqual(samples);
  });

  test('of a palette keeps the indices', () => {
    const palette = chunk('PLTE', hex('000000 FF0000 0102FF'));
    const { image, colour } = readPng(png({ width: 4, height: 1, depth: 2, type: INDEXED }, [hex('18')], palette));
    expect(Array.from(image.data!)).toEqual([0, 1, 2, 0]);
    expect(image.precision).toBe(2);
    expect(colour?.palette?.columns).toEqual([
      { precision: 8, entries: hex('00 FF 01') },
      { precision: 8, entries: hex('00 00 02') },
      { precision: 8, entries: hex('00 00 FF') },
    ]);
  });

  test('of a palette that lets light through has a fourth column', () => {
    const chunks = [chunk('PLTE', hex('000000 FF0000')), chunk('tRNS', hex('80'))];
    const { colour } = readPng(png({ width: 1, height: 1, depth: 8, type: INDEXED }, [hex('01')], ...chunks));
    expect(colour?.palette?.columns[3]).toEqual({ precision: 8, entries: hex('80 FF') });
  });

  test('with a colour that stands for nothing gets opacity', () => {
    const key = chunk('tRNS', hex('0001 0002 0003'));
    const { image } = readPng(png({ width: 3, height: 1, depth: 8, type: RGB }, [hex('010203 010204 FFFFFF')], key));
    expect(image).toMatchObject({ channels: 4, data: hex('010203 00 010204 FF FFFFFF FF') });
    const grey = readPng(png({ width: 2, height: 1, depth: 1, type: GREY }, [hex('40')], chunk('tRNS', hex('0001'))));
    expect(Array.from(grey.image.data!)).toEqual([0, 1, 1, 0]);
  });

  test('carries its profile, unless that is for other colours', () => {
    const iccp = (bytes: Uint8Array) => chunk('iCCP', join(ascii('name\0\0'), deflateSync(bytes)));
    const rgb = { width: 1, height: 1, depth: 8, type: RGB };
    expect(readPng(png(rgb, [hex('010203')], iccp(SRGB_PROFILE)))).toMatchObject({
      colour: { icc: SRGB_PROFILE },
      notes: [],
    });
    const { colour, notes } = readPng(png(rgb, [hex('010203')], iccp(profile('GRAY', {}))));
    expect(colour).toBeUndefined();
    expect(notes[0]).toContain("'GRAY'");
  });

  test('says its size in metres, and nothing where only the ratio is known', () => {
    const grey = { width: 1, height: 1, depth: 8, type: GREY };
    const metres = chunk('pHYs', hex('00002E23 00001711 01'));
    expect(readPng(png(grey, [hex('00')], metres)).metadata).toEqual({
      resolution: { capture: { x: 11811, y: 5905 } },
    });
    expect(readPng(png(grey, [hex('00')], chunk('pHYs', hex('00000001 00000002 00')))).metadata).toBeUndefined();
  });

  test('carries XMP', () => {
    const text = chunk('iTXt', join(ascii('XML:com.adobe.xmp\0\0\0\0\0'), new TextEncoder().encode('<x>ü</x>')));
    const { metadata } = readPng(png({ width: 1, height: 1, depth: 8, type: GREY }, [hex('00')], text));
    expect(metadata).toEqual({ xmp: '<x>ü</x>' });
  });

  test('may be interlaced', () => {
    // Adam7 of 1 x 1 is its first pass
    const { image } = readPng(png({ width: 1, height: 1, depth: 8, type: RGB, interlace: 1 }, [hex('010203')]));
    expect(image.data).toEqual(hex('010203'));
  });

  test('may be interlaced at any depth, size and filter', () => {
    const shape = fc.record({
      width: fc.integer({ min: 1, max: 20 }),
      height: fc.integer({ min: 1, max: 20 }),
      depth: fc.constantFrom(1, 2, 4, 8),
      filters: fc.infiniteStream(fc.nat({ max: 4 })),
      values: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(shape, ({ width, height, depth, filters, values }) => {
        const samples = Array.from({ length: width * height }, () => (values.next().value as number) % 2 ** depth);
        const rows: Uint8Array[] = [];
        for (const [x0, y0, dx, dy] of ADAM7) {
          let above: Uint8Array | undefined;
          for (let y = y0; y < height && x0 < width; y += dy) {
            let bits = '';
            for (let x = x0; x < width; x += dx) bits += samples[y * width + x].toString(2).padStart(depth, '0');
            const line = Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, k) =>
              Number.parseInt(bits.slice(8 * k, 8 * k + 8).padEnd(8, '0'), 2),
            );
            rows.push(filtered(filters.next().value as number, line, above ?? new Uint8Array(line.length)));
            above = line;
          }
        }
        const { image } = readPng(png({ width, height, depth, type: GREY, interlace: 1 }, rows, 'filtered'));
        expect(Array.from(image.data!)).toEqual(samples);
      }),
    );
  });

  test('that is damaged is an error', () => {
    const bytes = png({ width: 2, height: 2, depth: 8, type: GREY }, [hex('0102'), hex('0304')]);
    expect(() => readPng(bytes.subarray(0, -20))).toThrow();
    bytes[bytes.length - 16] ^= 1;
    expect(() => readPng(bytes)).toThrow();
  });
});

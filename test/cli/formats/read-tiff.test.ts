import { fromArrayBuffer } from 'geotiff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { componentsOf } from '../../../src/cli/formats/input-picture.ts';
import { readTiff } from '../../../src/cli/formats/read-tiff.ts';
import { writeTiff } from '../../../src/cli/formats/tiff.ts';
import { profile, SRGB_PROFILE } from '../../codec/colour/icc-bytes.ts';
import { picture } from './pictures.ts';
import { tiffBytes, type TiffShape } from './tiff-bytes.ts';

/** A picture with a sample of its own everywhere. */
function shape(count: number, bits: number, rest: Partial<TiffShape> = {}): TiffShape {
  const [width, height] = [19, 21];
  const samples = Array.from({ length: width * height * count }, (_, k) => (k * 2654435761) % 2 ** bits);
  return { width, height, count, bits, samples, ...rest };
}

async function samplesOf(bytes: Uint8Array): Promise<number[]> {
  const components = componentsOf((await readTiff(bytes)).image);
  return Array.from(
    { length: components[0].data.length * components.length },
    (_, k) => components[k % components.length].data[Math.floor(k / components.length)],
  );
}

describe('samples of a TIFF', () => {
  const compressions = ['none', 'lzw', 'deflate', 'packbits'] as const;
  const arrangements: Partial<TiffShape>[] = [
    {},
    { rows: 4 },
    { tile: 16 },
    { planar: true, rows: 5 },
    { planar: true, tile: 16 },
  ];

  test('are the same in every arrangement, compression and byte order', async () => {
    for (const compression of compressions) {
      for (const arrangement of arrangements) {
        for (const [count, bits] of [
          [1, 8],
          [3, 8],
          [4, 16],
          [2, 16],
          [1, 32],
        ]) {
          for (const bigEndian of [false, true]) {
            const s = shape(count, bits, { compression, bigEndian, ...arrangement });
            expect(await samplesOf(tiffBytes(s))).toEqual(s.samples);
          }
        }
      }
    }
  });

  test('are the same behind a predictor', async () => {
    for (const arrangement of arrangements) {
      for (const [count, bits] of [
        [1, 8],
        [3, 8],
        [3, 16],
        [1, 32],
      ]) {
        for (const bigEndian of [false, true]) {
          const s = shape(count, bits, { compression: 'deflate', predictor: true, bigEndian, ...arrangement });
          expect(await samplesOf(tiffBytes(s))).toEqual(s.samples);
        }
      }
    }
  });

  test('may lie in so many strips that their list is far from the directory', async () => {
    for (const bigEndian of [false, true]) {
      const samples = Array.from({ length: 2 * 900 }, (_, k) => (k * 31) % 256);
      const s = { width: 2, height: 900, count: 1, bits: 8, samples, rows: 1, bigEndian };
      expect(await samplesOf(tiffBytes(s))).toEqual(samples);
    }
  });

  test.each([1, 2, 4, 10, 12])('may have %d bits', async (bits) => {
    const s = shape(1, bits, { rows: 4 });
    const { image } = await readTiff(tiffBytes(s));
    expect(image.planes?.[0].precision).toBe(bits);
    expect(Array.from(image.planes![0].data)).toEqual(s.samples);
  });

  test('may be signed', async () => {
    const s = shape(1, 16, { tags: [[339, 3, [2]]] });
    const { image } = await readTiff(tiffBytes(s));
    expect(image.planes?.[0]).toMatchObject({ signed: true, precision: 16 });
    expect(Array.from(image.planes![0].data)).toEqual(s.samples.map((v) => (v << 16) >> 16));
  });

  test('that were written come back', async () => {
    const kind = fc.record({
      count: fc.integer({ min: 1, max: 5 }),
      bits: fc.constantFrom(8, 16),
      signed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(kind, fc.infiniteStream(fc.nat()), async ({ count, bits, signed }, s) => {
        const low = signed ? -(2 ** (bits - 1)) : 0;
        const values = Array.from({ length: 15 * count }, () => low + ((s.next().value as number) % 2 ** bits));
        const [{ bytes }] = writeTiff(picture(5, 3, Int32Array.from(values), { precision: bits, signed }));
        expect(await samplesOf(bytes)).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  test.each<[string, TiffShape, string]>([
    ['floating point', shape(1, 32, { tags: [[339, 3, [3]]] }), 'floating point'],
    ['complex numbers', shape(1, 32, { tags: [[339, 3, [5]]] }), 'complex'],
    ['CIELab', shape(3, 8, { photometric: 8 }), 'photometric interpretation 8'],
    ['subsampled colours', shape(3, 8, { photometric: 6 }), 'photometric interpretation 6'],
  ])('of %s are refused', async (_, s, message) => {
    await expect(readTiff(tiffBytes(s))).rejects.toThrow(message);
  });
});

describe('colours of a TIFF', () => {
  const colourOf = async (s: TiffShape) => (await readTiff(tiffBytes(s))).colour;

  test('need no word where the number of channels says all', async () => {
    expect(await colourOf(shape(1, 8))).toBeUndefined();
    expect(await colourOf(shape(3, 8))).toBeUndefined();
  });

  test('that count from white are turned', async () => {
    const s = shape(1, 8, { photometric: 0 });
    expect(await samplesOf(tiffBytes(s))).toEqual(s.samples.map((v) => 255 - v));
  });

  test('of inks are CMYK, those of luminance and chrominance sYCC', async () => {
    expect(await colourOf(shape(4, 8, { photometric: 5 }))).toEqual({ space: 'cmyk' });
    expect(await colourOf(shape(3, 8, { photometric: 6, tags: [[530, 3, [1, 1]]] }))).toEqual({ space: 'sycc' });
  });

  test('have the opacity that ExtraSamples say', async () => {
    const kinds = async (count: number, extra: number[]) =>
      (await colourOf(shape(count, 8, { photometric: 2, tags: [[338, 3, extra]] })))?.channels?.map((c) => c.kind);
    expect(await kinds(4, [2])).toEqual(['colour', 'colour', 'colour', 'opacity']);
    expect(await kinds(4, [1])).toEqual(['colour', 'colour', 'colour', 'premultiplied-opacity']);
    expect(await kinds(4, [0])).toEqual(['colour', 'colour', 'colour', 'unspecified']);
    expect(await kinds(5, [2, 2])).toEqual(['colour', 'colour', 'colour', 'opacity', 'unspecified']);
  });

  test('of a palette are kept in 8 bits where that is enough', async () => {
    const map = (scale: number, odd = 0) =>
      Array.from({ length: 3 * 16 }, (_, k) => (k % 2 === 0 ? k * scale : k * scale + odd));
    const s = (values: number[]) => shape(1, 4, { photometric: 3, tags: [[320, 3, values]] });
    const first = (await colourOf(s(map(257))))?.palette?.columns;
    expect(first?.map((c) => [c.precision, c.entries[1]])).toEqual([
      [8, 1],
      [8, 17],
      [8, 33],
    ]);
    expect((await colourOf(s(map(256))))?.palette?.columns[1].entries[1]).toBe(17);
    const deep = (await colourOf(s(map(257, 1))))?.palette?.columns;
    expect(deep?.map((c) => [c.precision, c.entries[1]])).toEqual([
      [16, 258],
      [16, 4370],
      [16, 8482],
    ]);
  });

  test('have their profile, unless it is for others', async () => {
    const icc = (p: Uint8Array): TiffShape => shape(3, 8, { tags: [[34675, 7, Array.from(p)]] });
    expect(await colourOf(icc(SRGB_PROFILE))).toEqual({ icc: SRGB_PROFILE });
    const { colour, notes } = await readTiff(tiffBytes(icc(profile('GRAY', {}))));
    expect(colour).toBeUndefined();
    expect(notes.join()).toContain("'GRAY'");
  });
});

describe('what else a TIFF says', () => {
  test('is its resolution, by inch or centimetre', async () => {
    const resolution = async (unit: number) =>
      (
        await readTiff(
          tiffBytes(
            shape(1, 8, {
              tags: [
                [282, 5, [300, 1]],
                [283, 5, [150, 2]],
                [296, 3, [unit]],
              ],
            }),
          ),
        )
      ).metadata;
    expect((await resolution(2))?.resolution?.capture).toEqual({ x: 300 / 0.0254, y: 75 / 0.0254 });
    expect((await resolution(3))?.resolution?.capture).toEqual({ x: 30000, y: 7500 });
    expect(await resolution(1)).toBeUndefined();
  });

  test('is XMP', async () => {
    const xmp = Array.from(new TextEncoder().encode('<x>ü</x>'));
    expect((await readTiff(tiffBytes(shape(1, 8, { tags: [[700, 1, xmp]] })))).metadata?.xmp).toBe('<x>ü</x>');
  });

  test('is where it lies, as a GeoTIFF of one sample', async () => {
    const keys = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633];
    const name = Array.from('WGS 84|\0', (c) => c.charCodeAt(0));
    const tags: TiffShape['tags'] = [
      [33550, 12, [0.5, 0.25, 0]],
      [33922, 12, [0, 0, 0, 440720.5, 3751320, 0]],
      [34735, 3, keys],
      [34736, 12, [1.5]],
      [34737, 2, name],
    ];
    const { metadata } = await readTiff(tiffBytes(shape(3, 8, { tags })));
    const degenerate = await fromArrayBuffer(metadata!.geotiff!.slice().buffer);
    const image = await degenerate.getImage();
    expect([image.getWidth(), image.getHeight()]).toEqual([1, 1]);
    expect(image.getOrigin()).toEqual([440720.5, 3751320, 0]);
    expect(image.getResolution()).toEqual([0.5, -0.25, 0]);
    expect(image.getGeoKeys()).toMatchObject({ ProjectedCSTypeGeoKey: 32633 });
  });

  test('is left out with a note where there is no room for it', async () => {
    const { notes } = await readTiff(
      tiffBytes(
        shape(1, 8, {
          tags: [
            [274, 3, [6]],
            [50844, 12, [1, 2]],
          ],
        }),
      ),
    );
    expect(notes.join('\n')).toMatch(/orientation 6.*RPC/s);
  });
});

/** What holds for any picture and any options. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planEncode } from '../../../src/codec/encoder/plan.ts';
import { formatOf } from '../../../src/codec/encoder/samples.ts';
import { decodeSync, encode, type EncodeOptions, encodeSync, inspectSync, type RawImage } from '../../../src/index.ts';
import { encoderOptions, pictures } from '../../arbitraries/encodes.ts';
import { synthesisSums } from '../../reference/synthesis-sums.ts';
import { firstWrong, psnrOf, wavyPicture } from '../../support/encodes.ts';
import { firstDifference } from '../../support/same-picture.ts';

const AS_ENCODED = { colour: 'native', layout: 'planar', strict: true } as const;

describe('lossless', () => {
  test('every picture comes back, from a file that a strict reader has nothing to say about', () => {
    fc.assert(
      fc.property(pictures({ size: 70, components: 4 }), encoderOptions(), (image, options) => {
        const { data, psnr, bytes, layers } = encodeSync(image, options);
        const decoded = decodeSync(data, AS_ENCODED);
        expect(decoded.warnings).toEqual([]);
        expect(firstWrong(decoded, image)).toBeUndefined();
        expect([psnr, bytes, layers.at(-1)!.bytes]).toEqual([Number.POSITIVE_INFINITY, data.length, data.length]);
      }),
      { numRuns: 150 },
    );
  });

  test('samples of up to 26 bits come back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 17, max: 26 }),
        fc.boolean(),
        fc.nat(63),
        fc.nat(5),
        (precision, signed, style, levels) => {
          const low = signed ? -(2 ** (precision - 1)) : 0;
          // jumps over the whole range drive the filters farthest
          const data = Int32Array.from(
            { length: 33 * 21 },
            (_, k) => low + ((k * k + (k >> 3)) % 3 ? 0 : 2 ** precision - 1),
          );
          const image = { width: 33, height: 21, planes: [{ data, precision, signed }] };
          const codeBlockStyle = { bypass: (style & 1) !== 0, terminate: (style & 4) !== 0, causal: (style & 8) !== 0 };
          expect(
            firstWrong(decodeSync(encodeSync(image, { levels, codeBlockStyle }).data, AS_ENCODED), image),
          ).toBeUndefined();
        },
      ),
      { numRuns: 40 },
    );
  });

  test('the same call gives the same file, whether somebody waits for it or not', async () => {
    await fc.assert(
      fc.asyncProperty(pictures({ size: 40, components: 3 }), encoderOptions(), async (image, options) => {
        const now = encodeSync(image, options).data;
        expect(firstDifference((await encode(image, options)).data, now)).toBe(-1);
      }),
      { numRuns: 15 },
    );
  });

  test('what is read back is what was asked for', () => {
    fc.assert(
      fc.property(pictures({ size: 60, components: 3 }), encoderOptions(), (image, options) => {
        const { data } = encodeSync(image, options);
        const info = inspectSync(data);
        const { progression, layers, container, tile, codeBlock, levels, guardBits, markers } = options;
        expect(info).toMatchObject({
          width: image.width,
          height: image.height,
          progression,
          layers,
          container,
          reversible: true,
        });
        expect(info.codeBlock).toMatchObject(codeBlock!);
        expect(info.quantization).toEqual({ style: 'none', guardBits });
        expect(info.markers).toMatchObject({
          sop: markers!.sop,
          eph: markers!.eph,
          tlm: markers!.tlm,
          plm: markers!.plm,
        });
        if (levels !== undefined) expect(info.levels).toBe(levels);
        if (tile) expect(info.tiles).toMatchObject(tile);
        expect(info.components.map(({ precision, signed, dx, dy }) => ({ precision, signed, dx, dy }))).toEqual(
          image.planes!.map(({ precision, signed, dx, dy }) => ({ precision, signed, dx, dy })),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('a quantiser step', () => {
  /**
   * A coefficient is off by less than one step Delta_b (those in the dead zone; others by half of it, E-6), and each sample by no more
   * than the sum over subbands of Delta_b times the largest sum of magnitudes of the synthesis filters there. Rounding adds a half;
   * with ICT, errors of three components add up as G-13 to G-15 weigh them.
   */
  test('bounds the error of every sample', () => {
    const steps = fc.constantFrom(1 / 8, 1 / 2, 1, 2, 7, 20);
    fc.assert(
      fc.property(
        pictures({ size: 40, components: 3, precision: 12 }),
        steps,
        fc.integer({ min: 0, max: 4 }),
        fc.constantFrom('expounded' as const, 'derived' as const),
        (image, step, levels, quantization) => {
          // coarser ones than the range of the samples cannot be said
          fc.pre(image.planes!.every(({ precision }) => step <= 2 ** precision!));
          const options: EncodeOptions = { rate: { step }, levels, quantization };
          const plan = planEncode(formatOf(image), options);
          const bounds = image.planes!.map((plane, c) => {
            const width = Math.ceil(image.width / plane.dx!);
            const height = Math.ceil(image.height / plane.dy!);
            const [x, y] = [synthesisSums(width, levels), synthesisSums(height, levels)];
            const { subbands } = plan;
            let sum = subbands[c]![0]!.step * x.low[levels]! * y.low[levels]!;
            for (let b = 1; b < subbands[c]!.length; b++) {
              const level = levels - Math.floor((b - 1) / 3);
              const orientation = ((b - 1) % 3) + 1;
              const across = orientation & 1 ? x.high[level]! : x.low[level]!;
              const down = orientation & 2 ? y.high[level]! : y.low[level]!;
              sum += subbands[c]![b]!.step * across * down;
            }
            return sum;
          });
          const ict = plan.mct === 'ict';
          const [y, cb, cr] = bounds;
          const combined = ict ? [y! + 1.402 * cr!, y! + 0.344136 * cb! + 0.714136 * cr!, y! + 1.772 * cb!] : bounds;
          const decoded = decodeSync(encodeSync(image, options).data, AS_ENCODED);
          image.planes!.forEach(({ data }, c) => {
            const allowed = combined[c]! + 0.5 + 1e-3;
            for (let k = 0; k < data.length; k++) {
              const off = Math.abs(data[k]! - decoded.planes![c]!.data[k]!);
              if (off > allowed) expect.fail(`component ${c}, sample ${k} is off by ${off}, ${allowed} allowed`);
            }
          });
        },
      ),
      { numRuns: 80 },
    );
  });

  test('that is finer gives a better picture and a larger file', () => {
    const { image } = wavyPicture(128, 96, 1, 8);
    const results = [16, 8, 4, 2, 1, 0.5].map((step) => {
      const { data } = encodeSync(image, { rate: { step } });
      return { bytes: data.length, psnr: psnrOf(decodeSync(data).data, image.planes![0]!.data, 8) };
    });
    for (let k = 1; k < results.length; k++) {
      expect(results[k]!.bytes).toBeGreaterThan(results[k - 1]!.bytes);
      expect(results[k]!.psnr).toBeGreaterThan(results[k - 1]!.psnr + 1);
    }
  });
});

describe('rates', () => {
  const { image } = wavyPicture(200, 160, 3, 8);
  const originals = image.planes!.map(({ data }) => data);

  test('a size is never exceeded, and used up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1200, max: 60_000 }),
        encoderOptions(),
        fc.boolean(),
        (bytes, options, reversible) => {
          const picture: RawImage = reversible ? { ...image, planes: image.planes!.slice(0, 1) } : image;
          const { layers: _, tile: __, precincts: ___, codeBlock: ____, ...rest } = options;
          const result = encodeSync(picture, {
            ...rest,
            rate: { bytes },
            ...(reversible ? { wavelet: '5/3' as const } : {}),
            guardBits: 2,
          });
          expect(result.bytes).toBeLessThanOrEqual(bytes);
          if (result.layers[0]!.slope > 1e-15)
            expect(result.bytes).toBeGreaterThanOrEqual(bytes - Math.max(200, bytes / 100));
          expect(decodeSync(result.data, AS_ENCODED).status).toBe('complete');
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([24, 30, 34.5, 40, 47])('%d decibels are reached, and hardly exceeded', (psnr) => {
    const { image: large } = wavyPicture(384, 320, 1, 8, 0.3);
    const original = large.planes![0]!.data;
    for (const options of [{}, { wavelet: '5/3' as const }, { quantization: 'derived' as const }]) {
      const result = encodeSync(large, { rate: { psnr }, codeBlock: { width: 32, height: 32 }, ...options });
      const found = psnrOf(decodeSync(result.data).data, original, 8);
      expect(found).toBeGreaterThanOrEqual(psnr);
      expect(found).toBeLessThanOrEqual(psnr + 0.1);
      expect(result.psnr).toBeCloseTo(found, 6);
    }
  });

  test.each<[string, EncodeOptions]>([
    ['spread', { rate: { bpp: 4 }, layers: 6 }],
    ['lossless', { layers: 6 }],
    ['asked for one by one', { rate: [{ bytes: 2000 }, { psnr: 41 }, { bpp: 6 }, { lossless: true }] }],
    ['with a region', { rate: { bpp: 4 }, layers: 5, roi: { rects: [{ x: 50, y: 50, width: 40, height: 40 }] } }],
  ])('layers that are %s make the picture better one by one', (_, options) => {
    const { data, layers } = encodeSync(image, options);
    let before = 0;
    layers.forEach((layer, l) => {
      const decoded = decodeSync(data, { ...AS_ENCODED, layers: l + 1 });
      const psnr = originals.reduce((sum, original, c) => sum + psnrOf(decoded.planes![c]!.data, original, 8), 0);
      expect(psnr).toBeGreaterThan(before);
      before = psnr;
      if (l > 0) {
        expect(layer.bytes).toBeGreaterThan(layers[l - 1]!.bytes);
        expect(layer.slope).toBeLessThanOrEqual(layers[l - 1]!.slope);
      }
    });
  });

  test('an estimated PSNR is near the one that is found', () => {
    for (const bpp of [0.5, 1, 2, 4]) {
      const estimated = encodeSync(image, { rate: { bpp } });
      const { psnr } = encodeSync(image, { rate: { bpp }, verify: true });
      expect([estimated.psnrMeasured, estimated.psnr > psnr - 1 && estimated.psnr < psnr + 1]).toEqual([false, true]);
    }
  });
});

describe('a region of interest', () => {
  const size = 160;
  const { image } = wavyPicture(size, size, 1, 8, 0.2);
  const original = image.planes![0]!.data;

  test('is better than its surroundings at low rates, wherever it lies', () => {
    const place = fc.integer({ min: 0, max: 110 });
    fc.assert(
      fc.property(place, place, fc.boolean(), fc.boolean(), (x, y, reversible, asMask) => {
        const inside = (k: number): boolean => {
          const [px, py] = [k % size, Math.floor(k / size)];
          return px >= x && px < x + 50 && py >= y && py < y + 50;
        };
        const mask = Uint8Array.from({ length: size * size }, (_, k) => (inside(k) ? 1 : 0));
        const roi = asMask ? { mask } : { rects: [{ x, y, width: 50, height: 50 }] };
        const { data } = encodeSync(image, { roi, rate: { bpp: 0.7 }, ...(reversible ? { wavelet: '5/3' } : {}) });
        const decoded = decodeSync(data, { strict: true }).data;
        const within = psnrOf(decoded, original, 8, inside);
        expect(within).toBeGreaterThan(psnrOf(decoded, original, 8, (k) => !inside(k)) + 6);
      }),
      { numRuns: 12 },
    );
  });

  test('is lossless before its surroundings are, and in the end everything is', () => {
    const roi = { rects: [{ x: 20, y: 30, width: 40, height: 40 }] };
    const inside = (k: number): boolean => k % size >= 20 && k % size < 60 && k >= 30 * size && k < 70 * size;
    const { data } = encodeSync(image, { roi, rate: [{ bytes: 9000 }, { lossless: true }] });
    const first = decodeSync(data, { strict: true, layers: 1 }).data;
    expect(psnrOf(first, original, 8, inside)).toBe(Number.POSITIVE_INFINITY);
    expect(psnrOf(first, original, 8)).toBeLessThan(40);
    expect(firstDifference(decodeSync(data, { strict: true }).data, original)).toBe(-1);
  });
});

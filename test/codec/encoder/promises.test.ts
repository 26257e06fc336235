import { describe, expect, test } from 'vitest';
import { createEncoder, decodeSync, type EncodeOptions, encodeSync, type RawImage } from '../../../src/index.ts';
import { failureOf } from '../../support/failure.ts';

/** Smooth waves of any depth. */
function waves(width: number, height: number, channels: number, precision: number): RawImage {
  const most = 2 ** precision - 1;
  const data = new Uint32Array(width * height * channels);
  for (let k = 0; k < data.length; k++) {
    const x = Math.floor(k / channels) % width;
    const y = Math.floor(k / channels / width);
    data[k] = Math.round(most * (0.5 + 0.4 * Math.sin(x / 67 + (k % channels)) * Math.cos(y / 83)));
  }
  return { width, height, channels, precision, signed: false, data };
}

/** Detail everywhere, from a fixed seed. */
function busy(width: number, height: number, precision: number, seed = 1): RawImage {
  const most = 2 ** precision - 1;
  let state = seed;
  const data = Uint32Array.from({ length: width * height }, (_, k) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const wave = Math.sin((k % width) / 9) * Math.cos(Math.floor(k / width) / 13);
    return Math.round(most * Math.min(1, Math.max(0, 0.5 + 0.3 * wave + ((state >>> 24) - 128) / 1000)));
  });
  return { width, height, channels: 1, precision, signed: false, data };
}

function psnrOf(file: Uint8Array, image: RawImage, layers?: number): number {
  const { data } = decodeSync(file, { colour: 'native', ...(layers ? { layers } : {}) });
  let sum = 0;
  for (let k = 0; k < data.length; k++) sum += (data[k]! - image.data![k]!) ** 2;
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(((2 ** image.precision! - 1) ** 2 * data.length) / sum);
}

describe('a size', () => {
  test.each([
    [16, 0.25],
    [16, 1],
    [20, 2],
  ])('of smooth samples of %i bits is used up at %f bits a point, or nothing of it would show', (precision, bpp) => {
    const image = waves(256, 256, 1, precision);
    const { bytes, data, layers } = encodeSync(image, { container: 'codestream', rate: { bpp } });
    const budget = (256 * 256 * bpp) / 8;
    expect(bytes).toBeLessThanOrEqual(budget);
    const short = budget - bytes > Math.max(200, budget / 100);
    // what is left then is below what rounding hides
    if (short) expect(psnrOf(data, image)).toBeGreaterThan(20 * Math.log10(2 ** precision) + 10);
    else expect(layers.at(-1)!.slope).toBeGreaterThan(0);
  });
});

describe('a PSNR', () => {
  test.each<[string, EncodeOptions['wavelet'], number]>([
    ['5/3', '5/3', 76],
    ['9/7', '9/7', 76],
    ['5/3', '5/3', 40],
    ['9/7', '9/7', 30],
  ])('of a tiny picture with the %s filter is never missed from below (%s, %f dB)', (_, wavelet, psnr) => {
    const image: RawImage = {
      width: 2,
      height: 4,
      channels: 1,
      precision: 12,
      data: Uint16Array.of(3723, 2769, 3036, 2914, 1251, 3456, 853, 1067),
    };
    const { data } = encodeSync(image, { wavelet: wavelet!, rate: { psnr } });
    expect(psnrOf(data, image)).toBeGreaterThanOrEqual(psnr);
  });

  test.each([
    [8, 25],
    [8, 33],
    [8, 45],
    [12, 60],
    [16, 80],
  ])('of samples of %i bits comes out at %f dB and at most 0.1 more', (precision, psnr) => {
    const image = busy(160, 120, precision);
    const result = encodeSync(image, { rate: { psnr } });
    const measured = psnrOf(result.data, image);
    expect(result.psnrMeasured).toBe(true);
    expect(result.psnr).toBeCloseTo(measured, 6);
    expect(measured).toBeGreaterThanOrEqual(psnr);
    expect(measured).toBeLessThanOrEqual(psnr + 0.1);
  });

  test('of each layer is measured by itself', () => {
    const image = busy(256, 192, 8);
    const rate = [{ psnr: 28 }, { psnr: 36 }, { lossless: true }] as const;
    const { data } = encodeSync(image, { rate });
    for (const [l, wanted] of [28, 36].entries()) {
      expect(psnrOf(data, image, l + 1)).toBeGreaterThanOrEqual(wanted);
      expect(psnrOf(data, image, l + 1)).toBeLessThanOrEqual(wanted + 0.5);
    }
    expect(psnrOf(data, image)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('layers that contradict each other', () => {
  test('a size below what the layers before it take is refused in these words', () => {
    const image = busy(128, 128, 8);
    expect(() => encodeSync(image, { rate: [{ psnr: 45 }, { bytes: 3000 }] })).toThrow(
      /with the layers below it layer 1 takes/,
    );
  });

  test('a quality below what the layer before it has is refused', () => {
    const image = busy(128, 128, 8);
    expect(failureOf(() => encodeSync(image, { rate: [{ bytes: 12000 }, { psnr: 25 }] })).code).toBe('rate-value');
  });
});

describe('an abort', () => {
  test('while the file is being closed comes too late, and only one of close and abort is called', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const calls: string[] = [];
      const later = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
      const encoder = createEncoder(
        { width: 64, height: 64 },
        {
          sink: {
            write: later,
            patch: later,
            close: () => void calls.push('close'),
            abort: () => void calls.push('abort'),
          },
        },
      );
      await encoder.writeTile(0, 0, [new Uint8Array(64 * 64)]);
      const finished = encoder.finish().then(
        () => 'finished',
        () => 'failed',
      );
      for (let k = 0; k < turns; k++) await (k % 2 === 0 ? Promise.resolve() : later());
      await encoder.abort();
      expect(calls).toEqual([(await finished) === 'finished' ? 'close' : 'abort']);
    }
  });
});

/**
 * A size with room for everything asked for ever finer quantiser steps, until QCD could not say them; and with many decomposition
 * levels the lowest subband's step could not be said in the first place.
 */
import { expect, test } from 'vitest';
import { decodeSync, encodeSync } from '../../src/index.ts';

const data = Uint8Array.from({ length: 12 * 9 }, (_, k) => (k * 73) & 255);
const image = { width: 12, height: 9, channels: 1, data };

test.each([
  ['a size far larger than the picture', { rate: { bytes: 100_000 } }],
  ['a bit rate far larger than the samples have', { rate: { bpp: 600 }, quantization: 'derived' as const }],
  [
    'room for everything, and a region',
    { rate: { bytes: 4000 }, roi: { rects: [{ x: 2, y: 2, width: 3, height: 3 }] } },
  ],
  ['32 levels', { rate: { psnr: 40 }, levels: 32 }],
  ['32 levels and a step', { rate: { step: 0.25 }, levels: 32 }],
])('%s can be encoded', (_, options) => {
  const { data: file } = encodeSync(image, options);
  const decoded = decodeSync(file, { strict: true });
  let worst = 0;
  decoded.data.forEach((value, k) => {
    worst = Math.max(worst, Math.abs(value - data[k]!));
  });
  expect(worst).toBeLessThanOrEqual(12); // 40 dB are 2.6 on average
});

test('a step that cannot be said is refused where it is asked for', () => {
  expect(() => encodeSync(image, { rate: { step: 1e-12 } })).toThrow(/beyond what QCD can say/);
});

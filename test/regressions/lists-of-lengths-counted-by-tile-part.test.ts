/**
 * PLM and PPM have one segment in the main header, but the size of one was set aside for every tile-part: files came out smaller than
 * promised, and layers larger than the file.
 */
import { expect, test } from 'vitest';
import { encodeSync } from '../../src/index.ts';
import { randomFrom } from '../support/random.ts';

const random = randomFrom(1);
const data = Uint8Array.from({ length: 120 * 120 }, () => random.int(0, 255));
const image = { width: 120, height: 120, channels: 1, data };

test.each([{ plm: true }, { ppm: true }, { plm: true, ppt: true }])(
  '%o with many tile-parts keeps a size',
  (markers) => {
    const options = { tile: { width: 12, height: 12 }, tileParts: 'resolution', progression: 'RLCP', markers } as const;
    const result = encodeSync(image, { ...options, rate: { bytes: 14_000 } });
    expect(result.bytes).toBeLessThanOrEqual(14_000);
    expect(result.bytes).toBeGreaterThanOrEqual(13_800);
    expect(result.layers[0]!.bytes).toBe(result.bytes);
    const lossless = encodeSync(image, options);
    expect(lossless.layers[0]!.bytes).toBe(lossless.bytes);
  },
);

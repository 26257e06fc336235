/**
 * Components of fewer bits were quantised with the step of the deepest, which left nothing of them, and no size or PSNR could bring it
 * back.
 */
import { expect, test } from 'vitest';
import { decodeSync, encodeSync } from '../../src/index.ts';
import { randomFrom } from '../support/random.ts';

test.each([{}, { quantization: 'derived' as const }])(
  'a component of 2 bits beside one of 12 reaches its PSNR: %o',
  (options) => {
    const random = randomFrom(5);
    const deep = Uint16Array.from({ length: 96 * 80 }, (_, k) => 1000 + (k % 96) * 9 + random.int(0, 300));
    const shallow = Uint8Array.from({ length: 96 * 80 }, (_, k) => ((k % 96) >> 4) & 3);
    const planes = [
      { data: deep, precision: 12 },
      { data: shallow, precision: 2 },
    ];
    const { data, psnr } = encodeSync({ width: 96, height: 80, planes }, { rate: { psnr: 50 }, ...options });
    expect(psnr).toBeGreaterThanOrEqual(50);
    const decoded = decodeSync(data, { colour: 'native', layout: 'planar', strict: true });
    const wrong = shallow.filter((value, k) => value !== decoded.planes![1]!.data[k]).length;
    expect(wrong).toBeLessThan(5);
  },
);

/**
 * A window of a picture with subsampled components, brought to full size by interpolation, depends on component samples outside of it.
 * They were taken for zero, so that the edges of windows came out wrong.
 */
import { expect, test } from 'vitest';
import { decodeSync, encodeSync } from '../../src/index.ts';

const [width, height] = [64, 48];
const luma = Uint8Array.from({ length: width * height }, (_, k) => 7 * k);
const chroma = Uint8Array.from({ length: (width * height) / 4 }, (_, k) => 8 * (k % 32));
const planes = [{ data: luma }, { data: chroma, dx: 2, dy: 2 }, { data: chroma, dx: 2, dy: 2 }];

test.each([undefined, { width: 20, height: 12 }])('a window has the samples of the whole (tiles %o)', (tile) => {
  const options = { container: 'codestream', mct: 'none', ...(tile ? { tile } : {}) } as const;
  const bytes = encodeSync({ width, height, channels: 3, data: luma, planes }, options).data;
  const whole = decodeSync(bytes, { upsample: 'linear' });
  for (const region of [
    { x: 16, y: 8, width: 20, height: 20 },
    { x: 19, y: 11, width: 21, height: 13 },
    { x: 20, y: 12, width: 20, height: 12 },
  ]) {
    const part = decodeSync(bytes, { upsample: 'linear', region });
    const wanted: number[] = [];
    for (let y = region.y; y < region.y + region.height; y++) {
      const from = 3 * (y * width + region.x);
      wanted.push(...whole.data.subarray(from, from + 3 * region.width));
    }
    expect([...part.data]).toEqual(wanted);
  }
});

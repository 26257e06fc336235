/** Whole pictures through threads: what is encoded with a pool decodes with it to what it was, with shared memory and without. */
import { expect, test } from 'vitest';
import { decode, decodeSync, encode, encodeSync, open } from '../../src/index.ts';
import { wavyPicture } from '../support/encodes.ts';
import { poolOf } from '../support/workers.ts';

test.each([
  ['shared', { transfer: false }],
  ['transferred', { transfer: true }],
])('there and back, by %s memory', async (_, options) => {
  const pool = await poolOf({ size: 2, ...options });
  const { image, interleaved } = wavyPicture(600, 420, 3, 8);
  const { data } = await encode(image, { pool, tile: { width: 256, height: 256 } });
  const whole = await decode(data, { pool });
  expect(Buffer.compare(whole.data as Uint8Array, interleaved as Uint8Array)).toBe(0);
  const picture = await open(data);
  for (const window of [{ reduce: 2 }, { region: { x: 100, y: 50, width: 333, height: 222 } }]) {
    const there = await picture.decode({ ...window, pool });
    expect(there.data).toEqual(decodeSync(data, window).data);
  }
  await picture.close();
  const { data: lossy } = await encode(image, { pool, rate: { psnr: 36 } });
  expect((await decode(lossy, { pool })).data).toEqual(decodeSync(lossy).data);
  expect(pool.stats).toMatchObject({ inline: false, died: 0, doneInline: 0, queued: 0, outstanding: 0 });
});

test.each([
  ['lossless', {}],
  ['at a size, with refinement', { rate: { bpp: 1 }, htRefinement: true }],
  ['at a quality', { rate: { qfactor: 85 } }],
  ['in layers, causal', { layers: 3, codeBlockStyle: { causal: true } }],
] as const)('high throughput %s is the same to the byte with a pool, both ways', async (_, options) => {
  const pool = await poolOf({ size: 2 });
  const { image } = wavyPicture(600, 420, 3, 8);
  const { data } = await encode(image, { ...options, coder: 'ht', pool });
  expect(Buffer.compare(data, encodeSync(image, { ...options, coder: 'ht' }).data)).toBe(0);
  for (const window of [{}, { reduce: 2 }, { region: { x: 100, y: 50, width: 333, height: 222 } }]) {
    const there = await decode(data, { ...window, pool });
    expect(there.data).toEqual(decodeSync(data, window).data);
  }
  expect(pool.stats).toMatchObject({ inline: false, died: 0, doneInline: 0, queued: 0, outstanding: 0 });
});

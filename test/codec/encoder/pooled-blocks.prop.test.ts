/** With a pool an encode gives the file that it gives without, byte by byte. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEncoder, encode, type EncodeOptions, encodeSync, type Rate } from '../../../src/index.ts';
import { encoderOptions, pictures } from '../../arbitraries/encodes.ts';
import { spillStore, wavyPicture } from '../../support/encodes.ts';
import { firstDifference } from '../../support/same-picture.ts';
import { TestSink } from '../../support/sinks.ts';
import { SlowPool } from '../../support/slow-pool.ts';
import { poolOf } from '../../support/workers.ts';

const pools = fc
  .record({ size: fc.integer({ min: 1, max: 4 }), shared: fc.boolean(), seed: fc.nat() })
  .map(({ size, shared, seed }) => new SlowPool(size, shared, seed));

const rates: fc.Arbitrary<Rate | readonly Rate[]> = fc.constantFrom<Rate | Rate[]>(
  { lossless: true },
  { step: 0.5 },
  { bpp: 1 },
  [{ bpp: 0.5 }, { bpp: 2 }],
  [{ ratio: 20 }, { lossless: true }],
  { psnr: 32 },
);

function withoutTime<T extends { readonly ms: number; readonly stats?: object }>({
  ms: _,
  stats: __,
  ...rest
}: T): object {
  return rest;
}

describe('a picture', () => {
  test('of any kind, without loss', async () => {
    await fc.assert(
      fc.asyncProperty(pictures({ size: 60, components: 3 }), encoderOptions(), pools, async (image, options, pool) => {
        const here = encodeSync(image, options);
        const there = await encode(image, { ...options, pool });
        expect(firstDifference(there.data, here.data)).toBe(-1);
        expect(withoutTime(there)).toEqual(withoutTime(here));
        expect(pool.batches).toBeGreaterThan(0);
        expect(pool.most).toBeLessThanOrEqual(2 * pool.size + 1);
      }),
      { numRuns: 100 },
    );
  });

  test('at any rate, with regions of interest, by samples of code-blocks', async () => {
    const image = wavyPicture(300, 260, 3, 8).image;
    const options = fc.record({
      rate: rates,
      tile: fc.constantFrom(undefined, { width: 150, height: 130 }),
      codeBlock: fc.constantFrom({ width: 8, height: 16 }, { width: 64, height: 64 }),
      roi: fc.constantFrom(undefined, { rects: [{ x: 30, y: 40, width: 70, height: 50 }] }),
    });
    await fc.assert(
      fc.asyncProperty(options, pools, async (some, pool) => {
        const options: EncodeOptions = Object.fromEntries(Object.entries(some).filter(([, value]) => value));
        const here = encodeSync(image, options);
        const there = await encode(image, { ...options, pool });
        expect(firstDifference(there.data, here.data)).toBe(-1);
        expect(withoutTime(there)).toEqual(withoutTime(here));
        expect(pool.most).toBeLessThanOrEqual(2 * pool.size + 1);
      }),
      { numRuns: 24 },
    );
  }, 120_000);

  test('through threads, with shared memory and without', async () => {
    const image = wavyPicture(700, 500, 3, 8).image;
    for (const options of [{ rate: { lossless: true } }, { rate: { bpp: 1 }, codeBlock: { width: 32, height: 32 } }]) {
      const here = encodeSync(image, options as EncodeOptions);
      for (const pool of [await poolOf({ size: 2 }), await poolOf({ size: 2, transfer: true })]) {
        const there = await encode(image, { ...(options as EncodeOptions), pool });
        expect(firstDifference(there.data, here.data)).toBe(-1);
        expect(pool.stats).toMatchObject({ inline: false, doneInline: 0, died: 0 });
        expect(pool.stats.doneByWorkers).toBeGreaterThan(7);
      }
    }
  });

  test('is given up at once when the call is aborted', async () => {
    const pool = await poolOf({ size: 1 });
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 150);
    const image = wavyPicture(1500, 1500, 3, 8).image;
    await expect(encode(image, { pool, signal: controller.signal })).rejects.toBe(reason);
    expect(pool.stats.queued).toBe(0);
  });

  test('needs a pool that is one', async () => {
    const image = wavyPicture(8, 8, 1, 8).image;
    await expect(encode(image, { pool: {} as never })).rejects.toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('fails with what the pool fails with', async () => {
    const pool = await poolOf({ size: 1 });
    await pool.close();
    await expect(encode(wavyPicture(90, 90, 1, 8).image, { pool })).rejects.toMatchObject({
      kind: 'usage',
      code: 'closed',
    });
  });
});

test('tiles that come one by one', async () => {
  const image = wavyPicture(200, 120, 2, 8).image;
  const planes = image.planes!.map(({ data }) => data);
  const options = fc.record({
    rate: rates,
    tile: fc.constantFrom(undefined, { width: 64, height: 48 }),
    spill: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(options, pools, async ({ rate, tile, spill }, pool) => {
      const files: Uint8Array[] = [];
      for (const own of [{}, { pool }]) {
        const sink = new TestSink();
        const encoder = createEncoder(
          { width: 200, height: 120, channels: 2 },
          { sink, rate, ...(tile ? { tile } : {}), ...(spill ? { spill: spillStore() } : {}), ...own },
        );
        await encoder.writeRows(planes);
        await encoder.finish();
        files.push(sink.bytes);
      }
      expect(firstDifference(files[1]!, files[0]!)).toBe(-1);
      expect(pool.batches).toBeGreaterThan(0);
    }),
    { numRuns: 24 },
  );
});

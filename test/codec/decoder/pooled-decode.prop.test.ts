/** A pool of workers changes nothing about a decode but where code-blocks are decoded. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  AnalysedBatch,
  BlockPool,
  DecodeBatch,
  DecodedBatch,
  EncodedBatch,
  SynthesisedBatch,
} from '../../../src/codec/block-pool.ts';
import { decode, decodeRows, decodeSync, encodeSync, inspectSync, open } from '../../../src/index.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { randomFrom } from '../../support/random.ts';
import { SlowPool } from '../../support/slow-pool.ts';
import { poolOf } from '../../support/workers.ts';

/** Busy enough that strips are worth sending: tiles, three components, several layers. */
function busyPicture(options: object): Uint8Array {
  const random = randomFrom(7);
  const data = Uint8Array.from({ length: 300 * 260 * 3 }, (_, k) => (k / 9 + random.int(0, 89)) & 255);
  const picture = { width: 300, height: 260, channels: 3, data };
  return encodeSync(picture, { container: 'codestream', ...options }).data;
}

const PICTURES = {
  'one tile': busyPicture({}),
  'tiles, precincts and layers': busyPicture({
    tile: { width: 130, height: 90 },
    precincts: [{ width: 64, height: 64 }],
    rate: [{ bpp: 2 }, { bpp: 6 }],
  }),
  'a region of interest': busyPicture({ roi: { rects: [{ x: 20, y: 30, width: 100, height: 90 }] } }),
};

describe.each(Object.entries(PICTURES))('%s', (_, bytes) => {
  test('any pool gives the samples of this thread, whatever the window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          size: fc.integer({ min: 1, max: 4 }),
          shares: fc.boolean(),
          seed: fc.nat(),
          x: fc.nat(250),
          y: fc.nat(200),
          width: fc.integer({ min: 1, max: 300 }),
          height: fc.integer({ min: 1, max: 260 }),
          reduce: fc.nat(2),
          rows: fc.option(fc.integer({ min: 1, max: 100 })),
        }),
        async ({ size, shares, seed, reduce, rows, ...region }) => {
          const pool = new SlowPool(size, shares, seed);
          const wanted = decodeSync(bytes, { region, reduce });
          if (rows === null) {
            const got = await decode(bytes, { region, reduce, pool });
            expect(got.data).toEqual(wanted.data);
            expect(got.stats.codeBlocks).toBe(wanted.stats.codeBlocks);
          } else {
            const samples: number[] = [];
            for await (const strip of decodeRows(bytes, { region, reduce, rows, pool })) samples.push(...strip.data);
            expect(samples).toEqual([...wanted.data]);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('the pool has enough to do, and not everything at once', async () => {
    const pool = new SlowPool(2, true, 3);
    await decode(bytes, { pool });
    expect(pool.batches).toBeGreaterThan(3);
    expect(pool.most).toBeGreaterThan(2);
  });

  test('an open picture keeps what workers decoded', async () => {
    const pool = new SlowPool(2, false, 5);
    const image = await open(bytes);
    const first = await image.decode({ pool });
    const { batches } = pool;
    const second = await image.decode({ pool });
    expect(second.data).toEqual(first.data);
    expect(second.stats.codeBlocks).toBe(0);
    expect(pool.batches).toBe(batches);
  });
});

test.each(FIXTURES)('real workers, %s', async (name) => {
  const pool = await poolOf({ size: 2 });
  const bytes = fixture(name);
  const got = await decode(bytes, { pool });
  const wanted = decodeSync(bytes);
  expect(got.data).toEqual(wanted.data);
  expect(got.status).toBe(wanted.status);
  expect(got.warnings).toEqual(wanted.warnings);
});

test('damage is found in workers as it is here', async () => {
  const bytes = fixture('all-styles-53').slice();
  const { segments } = inspectSync(bytes);
  const headers = Math.max(...segments.map((segment) => segment.offset + segment.length));
  const random = randomFrom(11);
  for (let k = 0; k < 20; k++)
    bytes[headers + 200 + random.int(0, bytes.length - headers - 210)] ^= 1 << random.int(0, 7);
  const wanted = decodeSync(bytes);
  expect(wanted.status).toBe('partial');
  for (const shares of [true, false]) {
    const got = await decode(bytes, { pool: new SlowPool(3, shares, 9) });
    expect(got.data).toEqual(wanted.data);
    expect(got.status).toBe('partial');
    expect(got.warnings).toEqual(wanted.warnings);
  }
});

test('an abort rejects with its reason while the pool works', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const pool = new SlowPool(2, true, 1);
  const decoding = decode(PICTURES['one tile'], { pool, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 2);
  await expect(decoding).rejects.toBe(reason);
});

test('a pool that fails fails the decode with its reason', async () => {
  const reason = new Error('no workers today');
  class Broken implements BlockPool {
    readonly size = 2;
    readonly leastSamples = 0;
    readonly sharesMemory = false;
    allocate(): Int32Array {
      throw new Error('there is no shared memory');
    }
    async decode(_: DecodeBatch): Promise<DecodedBatch> {
      throw reason;
    }
    async synthesise(): Promise<SynthesisedBatch> {
      throw reason;
    }
    async analyse(): Promise<AnalysedBatch> {
      throw reason;
    }
    async encode(): Promise<EncodedBatch> {
      throw reason;
    }
  }
  await expect(decode(PICTURES['one tile'], { pool: new Broken() })).rejects.toBe(reason);
});

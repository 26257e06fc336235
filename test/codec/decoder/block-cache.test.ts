import { describe, expect, test } from 'vitest';
import { BlockCache } from '../../../src/codec/decoder/block-cache.ts';
import { decodeSync, open } from '../../../src/index.ts';
import { fixture } from '../../support/fixtures.ts';

const block = (length: number, numPasses = 1, dataLength = 10) => ({
  numPasses,
  dataLength,
  coefficients: new Int32Array(length),
  findings: 0,
});

describe('the store of decoded code-blocks', () => {
  test('knows a code-block by its place and by how much of it was decoded', () => {
    const cache = new BlockCache(1 << 20);
    const held = block(16, 4, 33);
    cache.set('a', held);
    expect(cache.get('a', 4, 33)).toBe(held);
    expect(cache.get('a', 5, 33)).toBeUndefined();
    expect(cache.get('a', 4, 34)).toBeUndefined();
    expect(cache.get('b', 4, 33)).toBeUndefined();
  });

  test('lets go of what was used longest ago', () => {
    const cache = new BlockCache(3 * (400 + 200));
    for (const key of ['a', 'b', 'c']) cache.set(key, block(100));
    cache.get('a', 1, 10);
    cache.set('d', block(100));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key, 1, 10))).toEqual(['a', 'c', 'd']);
    expect(cache.bytes).toBe(1800);
    cache.set('d', block(50));
    expect(cache.bytes).toBe(1600);
    cache.set('huge', block(10_000));
    expect(cache.get('huge', 1, 10)).toBeUndefined();
    expect(cache.bytes).toBe(1600);
    cache.clear();
    expect(cache.bytes).toBe(0);
  });
});

describe.each(['all-styles-53', 'grey-16-97', 'precincts-rpcl-plt-tlm-53', 'roi-53', 'tiles-offsets-97'])(
  'an open picture: %s',
  (name) => {
    const bytes = fixture(name);

    test('decodes nothing twice, and gives the same samples', async () => {
      const image = await open(bytes);
      const once = await image.decode();
      const again = await image.decode();
      expect(once.stats.codeBlocks).toBeGreaterThan(0);
      expect(again.stats.codeBlocks).toBe(0);
      expect(again.data).toEqual(decodeSync(bytes).data);
      expect(image.decodeSync().data).toEqual(again.data);
      const smaller = await image.decode({ reduce: 1 });
      expect(smaller.stats.codeBlocks).toBe(0);
      expect(smaller.data).toEqual(decodeSync(bytes, { reduce: 1 }).data);
    });

    test('decodes only what is new in a window that moves', async () => {
      const image = await open(bytes);
      let sum = 0;
      const windows = [0, 1, 2, 3, 2, 1].map((k) => ({ x: 5 * k, y: 3 * k, width: 24, height: 20 }));
      for (const region of windows) {
        const window = await image.decode({ region });
        expect(window.data).toEqual(decodeSync(bytes, { region }).data);
        sum += window.stats.codeBlocks;
      }
      expect(sum).toBeLessThanOrEqual((await (await open(bytes)).decode()).stats.codeBlocks);
    });

    test('keeps nothing when told so', async () => {
      const image = await open(bytes, { cacheBytes: 0 });
      const { codeBlocks } = (await image.decode()).stats;
      expect((await image.decode()).stats.codeBlocks).toBe(codeBlocks);
    });
  },
);

test('other quality layers are other code-blocks', async () => {
  const bytes = fixture('layers-lrcp-53');
  const image = await open(bytes);
  for (const layers of [1, 3, 2, 1, 9]) {
    expect((await image.decode({ layers })).data).toEqual(decodeSync(bytes, { layers }).data);
  }
});

test('a cache takes a number of bytes', async () => {
  await expect(open(fixture('roi-53'), { cacheBytes: -1 })).rejects.toMatchObject({ code: 'option-value' });
});

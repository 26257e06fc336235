import { describe, expect, test } from 'vitest';
import type { BinKey } from '../../../src/jpip/bins/bin-id.ts';
import {
  BIN_COST,
  BinCache,
  type BinShelf,
  DataBinStore,
  memoryStore,
  type StoredBin,
} from '../../../src/jpip/bins/bin-store.ts';
import type { MessageHeader } from '../../../src/jpip/wire/message.ts';

const precinct = (id: number, more: Partial<MessageHeader> = {}): MessageHeader => ({
  classId: 0,
  codestream: 0,
  id,
  offset: 0,
  length: 0,
  last: false,
  ...more,
});
const key = (id: number, classId = 0): BinKey => ({ codestream: 0, classId, id });
const body = (length: number): Uint8Array => new Uint8Array(length).fill(7);

/** A shelf in memory that keeps an account. */
function testShelf(): BinShelf & { readonly kept: Map<string, { tid: string; bins: Map<string, StoredBin> }> } {
  const kept = new Map<string, { tid: string; bins: Map<string, StoredBin> }>();
  const name = ({ codestream, classId, id }: BinKey): string => `${codestream}/${classId}/${id}`;
  return {
    kept,
    async list(target) {
      const of = kept.get(target);
      if (of === undefined) return undefined;
      return {
        tid: of.tid,
        bins: [...of.bins.values()].map(({ bytes, ...bin }) => ({ ...bin, length: bytes.length })),
      };
    },
    async read(target, keys) {
      return keys.map((k) => kept.get(target)?.bins.get(name(k)));
    },
    async write(target, tid, bins) {
      const of = kept.get(target);
      const into = of?.tid === tid ? of : { tid, bins: new Map<string, StoredBin>() };
      kept.set(target, into);
      for (const bin of bins) into.bins.set(name(bin), { ...bin, bytes: bin.bytes.slice() });
    },
    async remove(target, keys) {
      if (keys === undefined) kept.delete(target);
      else for (const k of keys) kept.get(target)?.bins.delete(name(k));
    },
  };
}

describe('a cache of data-bins', () => {
  test('takes extended classes for the plain ones, and metadata for that of the target', () => {
    const cache = new BinCache('a');
    cache.add(precinct(5, { classId: 1, aux: 1 }), body(3));
    expect(cache.get(key(5))?.held).toBe(3);
    cache.add(precinct(1, { classId: 8, codestream: 4, last: true }), body(2));
    expect(cache.get(key(1, 8))?.complete).toBe(true);
    expect(cache.bytes).toBe(5);
  });

  test('grows in revision only when something is new', () => {
    const cache = new BinCache('a');
    cache.add(precinct(5), body(3));
    const { revision } = cache;
    cache.add(precinct(5), body(3));
    expect(cache.revision).toBe(revision);
    cache.add(precinct(5, { last: true }), body(3));
    expect(cache.revision).toBeGreaterThan(revision);
  });

  test('lets go of what was used longest ago, and keeps the main header', () => {
    const cache = new BinCache('a', { cacheBytes: 100 + 3 * BIN_COST });
    cache.add(precinct(0, { classId: 6, last: true }), body(50));
    for (let id = 0; id < 5; id++) cache.add(precinct(id), body(20));
    cache.touch(cache.get(key(0))!);
    cache.trim();
    expect([...cache.ofClass(0, 0)].map(({ id }) => id)).toEqual([0, 4]);
    expect(cache.bytes).toBe(90);
    cache.trim(0);
    expect([...cache.bins()].map(({ classId }) => classId)).toEqual([6]);
    expect(cache.bytes).toBe(50);
  });

  test('does not let go of what work is using', () => {
    const cache = new BinCache('a', { cacheBytes: 30 + BIN_COST });
    cache.add(precinct(1), body(20));
    const work = cache.enter();
    cache.add(precinct(2), body(20));
    cache.add(precinct(3), body(20));
    cache.trim();
    expect([...cache.bins()].map(({ id }) => id)).toEqual([2, 3]);
    cache.leave(work);
    expect([...cache.bins()].map(({ id }) => id)).toEqual([3]);
  });

  test('lets go of what nobody asked for before everything else, as soon as there is no room', () => {
    const cache = new BinCache('a', { cacheBytes: 100 + 3 * BIN_COST });
    cache.add(precinct(1), body(20));
    const work = cache.enter();
    cache.add(precinct(2), body(20));
    for (let id = 10; id < 20; id++) cache.add(precinct(id), body(20), true);
    expect([...cache.bins()].map(({ id }) => id)).toEqual([1, 2, 10]);
    // what somebody asks for after all is as good as the others
    cache.add(precinct(10, { offset: 20 }), body(10));
    cache.add(precinct(11), body(50), true);
    cache.leave(work);
    expect([...cache.bins()].map(({ id }) => id)).toEqual([1, 2, 10]);
    expect(cache.bytes).toBe(70);
  });

  test('counts data-bins without bytes too', () => {
    const cache = new BinCache('a', { cacheBytes: 10 * BIN_COST });
    for (let id = 0; id < 1000; id++) cache.add(precinct(id, { last: true }), body(0));
    cache.trim();
    expect(cache.size).toBe(10);
    for (let id = 1000; id < 2000; id++) cache.add(precinct(id, { last: true }), body(0), true);
    expect(cache.size).toBe(10);
  });

  test('holds a million data-bins', () => {
    const cache = new BinCache('a', { cacheBytes: 500_000 * (10 + BIN_COST) });
    const ten = body(10);
    for (let id = 0; id < 1_000_000; id++) cache.add(precinct(id), ten);
    expect(cache.size).toBe(1_000_000);
    cache.trim();
    expect(cache.size).toBe(500_000);
    expect(cache.get(key(499_999))).toBeUndefined();
    expect(cache.get(key(500_000))?.held).toBe(10);
  });

  test('holds nothing of a target that was replaced', async () => {
    const cache = new BinCache('a');
    cache.tid = 'one';
    cache.add(precinct(1), body(20));
    await cache.clear('two');
    expect({ bytes: cache.bytes, size: cache.size, tid: cache.tid, generation: cache.generation }).toEqual({
      bytes: 0,
      size: 0,
      tid: 'two',
      generation: 1,
    });
    expect(cache.get(key(1))).toBeUndefined();
    cache.add(precinct(1), body(5));
    expect(cache.bytes).toBe(5);
  });

  test('is refused a bound that is no number', () => {
    const make = (): BinCache => new BinCache('a', { cacheBytes: Number.NaN });
    expect(make).toThrow(expect.objectContaining({ code: 'option-value' }));
  });
});

describe('a store', () => {
  test('gives everyone the same cache of a target', async () => {
    const store = memoryStore();
    expect(await store.open('a')).toBe(await store.open('a'));
    expect(await store.open('a')).not.toBe(await store.open('b'));
  });

  test('with a shelf finds again what was held, and reads it when it is needed', async () => {
    const shelf = testShelf();
    const first = new DataBinStore({}, shelf);
    const cache = await first.open('a');
    cache.tid = 'one';
    cache.add(precinct(1, { last: true }), body(20));
    cache.add(precinct(2), body(8));
    cache.add(precinct(2, { offset: 12 }), body(8));
    await first.close();

    const again = await new DataBinStore({}, shelf).open('a');
    expect(again.tid).toBe('one');
    expect(again.size).toBe(0);
    expect(again.extentOf(key(1))).toMatchObject({ length: 20, complete: true });
    expect(again.extentOf(key(2))).toMatchObject({ length: 8, complete: false });
    expect([...again.extents()].map(({ id, length }) => [id, length])).toEqual([
      [1, 20],
      [2, 8],
    ]);
    await again.bring([key(1), key(2), key(3)]);
    expect(again.get(key(1))?.prefix()).toEqual(body(20));
    expect(again.get(key(3))).toBeUndefined();
  });

  test('with a shelf knows no id of a target that no server has named', async () => {
    const shelf = testShelf();
    const store = new DataBinStore({}, shelf);
    (await store.open('a')).add(precinct(1), body(20));
    await store.close();
    const again = await new DataBinStore({}, shelf).open('a');
    expect(again.tid).toBeUndefined();
    expect(again.extentOf(key(1))).toMatchObject({ length: 20 });
  });

  test('with a shelf still holds what goes from memory', async () => {
    const shelf = testShelf();
    const cache = await new DataBinStore({ cacheBytes: 30 + BIN_COST }, shelf).open('a');
    for (let id = 0; id < 4; id++) cache.add(precinct(id, { last: true }), body(20));
    cache.trim();
    // nothing goes before it is on the shelf
    expect(cache.bytes).toBe(80);
    await cache.flush();
    expect(cache.bytes).toBe(20);
    expect(cache.extentOf(key(0))).toMatchObject({ length: 20, complete: true });
    await cache.bring([key(0)]);
    expect(cache.get(key(0))?.complete).toBe(true);
  });

  test('with a shelf that refuses what it is given holds no more than it may', async () => {
    const shelf = testShelf();
    const { write } = shelf;
    shelf.write = () => Promise.reject(new Error('no room'));
    const cache = await new DataBinStore({ cacheBytes: 30 + BIN_COST }, shelf).open('a');
    for (let id = 0; id < 4; id++) cache.add(precinct(id, { last: true }), body(20));
    await expect(cache.flush()).rejects.toThrow('no room');
    expect([...cache.bins()].map(({ id }) => id)).toEqual([3]);
    expect(cache.bytes).toBe(20);
    // what comes later is tried again
    shelf.write = write;
    cache.add(precinct(4, { last: true }), body(20));
    await cache.flush();
    expect(cache.extentOf(key(4))).toMatchObject({ length: 20, complete: true });
    expect(cache.extentOf(key(0))).toMatchObject({ length: 0, complete: false });
  });

  test('with a shelf that cannot be read is a store without one', async () => {
    const shelf = testShelf();
    const first = await new DataBinStore({}, shelf).open('a');
    for (let id = 0; id < 3; id++) first.add(precinct(id, { last: true }), body(20));
    await first.flush();
    const half = await new DataBinStore({}, shelf).open('a');
    const broken = (): Promise<never> => Promise.reject(new Error('the disk is broken'));
    Object.assign(shelf, { list: broken, read: broken, remove: broken });
    await half.bring([key(0), key(1)]);
    expect(half.size).toBe(0);
    expect(half.extentOf(key(0))).toMatchObject({ length: 0, complete: false });
    expect(half.extentOf(key(2))).toMatchObject({ length: 20, complete: true });
    half.drop(key(2));
    await half.flush();
    const none = await new DataBinStore({}, shelf).open('a');
    expect([...none.extents()]).toEqual([]);
  });

  test('with a shelf lets go of what is there, whatever is still on its way', async () => {
    const shelf = testShelf();
    const cache = await new DataBinStore({ cacheBytes: 50 + 2 * BIN_COST }, shelf).open('a');
    cache.add(precinct(0), body(20));
    cache.add(precinct(1), body(20));
    await cache.flush();
    cache.add(precinct(0, { offset: 20, last: true }), body(1));
    cache.touch(cache.get(key(1))!);
    cache.add(precinct(2), body(20));
    cache.trim();
    expect([...cache.bins()].map(({ id }) => id)).toEqual([0, 2]);
  });

  test('with a shelf forgets there what was wrong, and all of a target that was replaced', async () => {
    const shelf = testShelf();
    const cache = await new DataBinStore({}, shelf).open('a');
    cache.tid = 'one';
    for (let id = 0; id < 3; id++) cache.add(precinct(id), body(4));
    await cache.flush();
    cache.drop(key(1));
    await cache.flush();
    expect([...shelf.kept.get('a')!.bins.keys()]).toEqual(['0/0/0', '0/0/2']);
    await cache.clear('two');
    expect(shelf.kept.has('a')).toBe(false);
    cache.add(precinct(9), body(4));
    await cache.flush();
    expect(shelf.kept.get('a')).toMatchObject({ tid: 'two' });
  });
});

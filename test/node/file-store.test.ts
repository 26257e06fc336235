import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BinCache } from '../../src/jpip/bins/bin-store.ts';
import type { DataBinStore } from '../../src/jpip-client.ts';
import { fileStore } from '../../src/node/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jp2kit-store-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(folder, { recursive: true, force: true });
});

const stores: DataBinStore[] = [];
/** A store that is closed after the test. */
function storeIn(path: string): DataBinStore {
  const store = fileStore(path);
  stores.push(store);
  return store;
}

const key = (id: number) => ({ codestream: 0, classId: 0, id });
function add(cache: BinCache, id: number, bytes: Uint8Array, last = true): void {
  cache.add({ codestream: 0, classId: 0, id, offset: 0, length: bytes.length, last }, bytes);
}
const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const onlyFile = async (): Promise<string> => join(folder, (await readdir(folder))[0]!);

describe('a store in a folder', () => {
  test('has in the next run what was held in the last', async () => {
    const first = storeIn(join(folder, 'made', 'for', 'it'));
    const cache = await first.open('a');
    cache.tid = 'one';
    add(cache, 7, filled(10, 1));
    add(cache, 2 ** 40, filled(3, 2), false);
    await first.close();
    const second = await storeIn(join(folder, 'made', 'for', 'it')).open('a');
    expect(second.tid).toBe('one');
    await second.bring([key(7), key(2 ** 40)]);
    expect(second.get(key(7))?.prefix()).toEqual(filled(10, 1));
    expect(second.get(key(7))?.complete).toBe(true);
    expect(second.get(key(2 ** 40))?.complete).toBe(false);
    expect(second.get(key(2 ** 40))?.prefix()).toEqual(filled(3, 2));
  });

  test('knows targets apart, and what was replaced and dropped', async () => {
    const store = storeIn(folder);
    const [a, b] = [await store.open('a'), await store.open('b')];
    a.tid = 'one';
    b.tid = 'one';
    add(a, 1, filled(4, 1), false);
    add(b, 2, filled(4, 2));
    await a.flush();
    a.add({ ...key(1), offset: 4, length: 2, last: true }, filled(2, 3));
    add(a, 3, filled(1, 1));
    await a.flush();
    a.drop(key(3));
    await store.close();
    const again = storeIn(folder);
    const held = [...(await again.open('a')).extents()].map(({ id, length, complete }) => ({ id, length, complete }));
    expect(held).toEqual([{ id: 1, length: 6, complete: true }]);
    expect([...(await again.open('b')).extents()].map(({ id }) => id)).toEqual([2]);
    expect([...(await again.open('c')).extents()]).toEqual([]);
    await again.close();
  });

  test('holds nothing of a target that has another id now', async () => {
    const store = storeIn(folder);
    const cache = await store.open('a');
    cache.tid = 'one';
    add(cache, 1, filled(4, 1));
    await cache.flush();
    await cache.clear('two');
    add(cache, 2, filled(4, 2));
    await store.close();
    const again = await storeIn(folder).open('a');
    expect(again.tid).toBe('two');
    expect([...again.extents()].map(({ id }) => id)).toEqual([2]);
  });

  test('loses only the record that was being written when the program ended', async () => {
    const store = storeIn(folder);
    const cache = await store.open('a');
    cache.tid = 'one';
    for (let id = 0; id < 3; id++) add(cache, id, filled(100, id));
    await store.close();
    const path = await onlyFile();
    await truncate(path, (await stat(path)).size - 1);
    const again = storeIn(folder);
    const rest = await again.open('a');
    expect([...rest.extents()].map(({ id }) => id)).toEqual([0, 1]);
    add(rest, 9, filled(5, 9));
    await again.close();
    const last = await storeIn(folder).open('a');
    expect([...last.extents()].map(({ id }) => id)).toEqual([0, 1, 9]);
    await last.bring([key(9)]);
    expect(last.get(key(9))?.prefix()).toEqual(filled(5, 9));
  });

  test('takes a file with a damaged head for none, and begins it anew', async () => {
    const first = storeIn(folder);
    const cache = await first.open('a');
    cache.tid = 'one';
    add(cache, 1, filled(10, 1));
    await first.close();
    const bytes = await readFile(await onlyFile());
    for (const at of [9, bytes.indexOf('"tid"'), bytes.indexOf('"one"')]) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = 0x41;
      await writeFile(await onlyFile(), damaged);
      expect([...(await storeIn(folder).open('a')).extents()]).toEqual([]);
    }
    const second = storeIn(folder);
    const again = await second.open('a');
    again.tid = 'two';
    add(again, 2, filled(5, 2));
    await second.close();
    const third = await storeIn(folder).open('a');
    expect(third.tid).toBe('two');
    expect([...third.extents()].map(({ id }) => id)).toEqual([2]);
  });

  test('takes a file that is something else for none', async () => {
    const store = storeIn(folder);
    const cache = await store.open('a');
    add(cache, 1, filled(4, 1));
    await store.close();
    await writeFile(await onlyFile(), 'something else altogether');
    const other = storeIn(folder);
    const again = await other.open('a');
    expect([...again.extents()]).toEqual([]);
    add(again, 2, filled(4, 1));
    await other.close();
    expect((await readFile(await onlyFile())).subarray(0, 4).toString()).toBe('jpb1');
  });

  test('does not grow for ever', async () => {
    const store = storeIn(folder);
    const cache = await store.open('a');
    cache.tid = 'one';
    const bytes = filled(300_000, 1);
    for (let round = 1; round <= 20; round++) {
      add(cache, 1, bytes.subarray(0, 15_000 * round), round === 20);
      add(cache, 2, bytes.subarray(0, 14_000 * round), round === 20);
      await cache.flush();
    }
    const { size } = await stat(await onlyFile());
    expect(size).toBeLessThan(3_000_000);
    await store.close();
    const again = await storeIn(folder).open('a');
    await again.bring([key(1), key(2)]);
    expect(again.get(key(1))?.prefix()).toEqual(bytes);
    expect(again.get(key(2))?.prefix()).toEqual(bytes.subarray(0, 280_000));
  });
});

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileSource } from '../../src/node/index.ts';

describe('a file as a source', () => {
  let folder: string;
  let path: string;
  const bytes = Uint8Array.from({ length: 1000 }, (_, k) => (k * 7) & 255);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jp2kit-source-'));
    path = join(folder, 'bytes');
    await writeFile(path, bytes);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('knows its size and reads any range, by path or URL', async () => {
    for (const place of [path, pathToFileURL(path)]) {
      const source = await fileSource(place);
      expect(source.size).toBe(1000);
      expect(await source.read({ offset: 990, length: 5 })).toEqual(bytes.subarray(990, 995));
      expect(await source.read({ offset: 0, length: 1000 })).toEqual(bytes);
      await source.close?.();
    }
  });

  test('reads many ranges at once', async () => {
    const source = await fileSource(path);
    const reads = Array.from({ length: 20 }, (_, k) => source.read({ offset: k * 50, length: 50 }));
    expect(Buffer.concat(await Promise.all(reads))).toEqual(Buffer.from(bytes));
    await source.close?.();
  });

  test('gives what there is at the end, and nothing beyond it, whatever the length asked', async () => {
    const source = await fileSource(path);
    expect(await source.read({ offset: 995, length: 2 ** 40 })).toEqual(bytes.subarray(995));
    expect(await source.read({ offset: 2000, length: 10 })).toHaveLength(0);
    await source.close?.();
  });

  test('leaves a file handle to its owner', async () => {
    const handle = await open(path);
    const source = await fileSource(handle);
    await source.close?.();
    const again = await fileSource(handle);
    expect(await again.read({ offset: 0, length: 2 })).toEqual(bytes.subarray(0, 2));
    await handle.close();
  });

  test('reports a failing read as a typed error with its place', async () => {
    const handle = await open(path);
    const source = await fileSource(handle);
    await handle.close();
    await expect(source.read({ offset: 7, length: 3 })).rejects.toMatchObject({ code: 'source-read', offset: 7 });
  });

  test('does not begin a read that has been called off', async () => {
    const source = await fileSource(path);
    const reason = new Error('enough');
    await expect(source.read({ offset: 0, length: 1 }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await source.close?.();
  });

  test('says in the usual way that a file does not exist', async () => {
    await expect(fileSource(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

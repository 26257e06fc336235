import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { safePath } from '../../src/codec/fileformat/data-references.ts';
import { folderResolver, type FolderResolverOptions } from '../../src/node/index.ts';

describe('a folder that linked files may be taken from', () => {
  let root: string;
  let outside: string;
  beforeAll(async () => {
    const base = await mkdtemp(join(tmpdir(), 'jp2kit-links-'));
    root = join(base, 'movies');
    outside = join(base, 'movies-of-others');
    await mkdir(join(root, 'frames'), { recursive: true });
    await mkdir(outside);
    await writeFile(join(root, 'frames', 'a b.jp2'), 'inside');
    await writeFile(join(root, 'c.jp2'), 'named');
    await writeFile(join(outside, 'secret'), 'outside');
    await symlink(join(outside, 'secret'), join(root, 'link.jp2'));
    await symlink(outside, join(root, 'folder'));
    await symlink(join(root, 'c.jp2'), join(root, 'fine.jp2'));
  });
  afterAll(() => rm(join(root, '..'), { recursive: true }));

  async function read(
    url: string,
    options: FolderResolverOptions = {},
    from: string | URL = root,
  ): Promise<string | undefined> {
    const source = await folderResolver(from, options)(url, { index: 0, safe: safePath(url) });
    if (!source) return undefined;
    const bytes = await source.read({ offset: 0, length: 100 });
    await source.close?.();
    return new TextDecoder().decode(bytes);
  }

  test('gives what lies below it, by path or URL', async () => {
    expect(await read('frames/a%20b.jp2')).toBe('inside');
    expect(await read('./c.jp2?x')).toBe('named');
    expect(await read('fine.jp2')).toBe('named');
    expect(await read('c.jp2', {}, pathToFileURL(root))).toBe('named');
    expect(await read('not-there.jp2')).toBeUndefined();
  });

  test.each([
    '../movies-of-others/secret',
    'frames/../../movies-of-others/secret',
    'frames/%2e%2e/%2e%2e/movies-of-others/secret',
    '/etc/passwd',
    'file:///etc/passwd',
    'http://example.org/c.jp2',
    '//example.org/c.jp2',
    'link.jp2',
    'folder/secret',
    'c.jp2%00.jp2',
    '',
  ])('refuses %s', async (url) => {
    await expect(read(url)).rejects.toMatchObject({ name: 'Jpeg2000Error', kind: 'limit', code: 'fragment' });
  });

  test('may look at names only', async () => {
    const byName = { byName: true };
    expect(await read('file:///somewhere/else/c.jp2', byName)).toBe('named');
    expect(await read('C:\\movies\\c.jp2', byName)).toBe('named');
    expect(await read('file:///somewhere/frames/a%20b.jp2', byName)).toBeUndefined();
    for (const url of ['x/..', 'x/%2e%2e', 'x/..%2fsecret', 'x/link.jp2', 'x/']) {
      await expect(read(url, byName)).rejects.toMatchObject({ kind: 'limit' });
    }
  });
});

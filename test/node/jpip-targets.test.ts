/** What a server can be made to serve, and what not. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JpipTargets, jpipTargets } from '../../src/node/index.ts';

describe('targets', () => {
  let root: string;
  let targets: JpipTargets;
  const at = (...parts: string[]): string => join(root, ...parts);

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'jp2kit-targets-'));
    mkdirSync(at('open', 'sub'), { recursive: true });
    mkdirSync(at('open', '.hidden'));
    mkdirSync(at('closed'));
    for (const name of ['open/a.jp2', 'open/sub/b.j2k', 'open/.hidden/c.jp2', 'open/.d.jp2', 'open/notes.txt']) {
      writeFileSync(at(name), name);
    }
    for (const name of ['closed/secret.jp2', 'closed/single.jp2', 'openbeside.jp2']) writeFileSync(at(name), name);
    symlinkSync(at('closed', 'secret.jp2'), at('open', 'out.jp2'));
    symlinkSync(at('closed'), at('open', 'linked'));
    symlinkSync(at('open', 'a.jp2'), at('open', 'sub', 'in.jp2'));
    targets = await jpipTargets([at('open'), at('closed', 'single.jp2'), 'http://127.0.0.1:9/x/far%20off.jp2']);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** The contents of a target. */
  async function contents(name: string): Promise<string | null> {
    const found = await targets.resolve(name);
    if (!found) return null;
    const bytes = await found.source.read({ offset: 0, length: 100 });
    await found.source.close?.();
    return new TextDecoder().decode(bytes);
  }

  test.each([
    ['a.jp2', 'open/a.jp2'],
    ['sub/b.j2k', 'open/sub/b.j2k'],
    ['./sub//b.j2k', 'open/sub/b.j2k'],
    ['%61.jp2', 'open/a.jp2'],
    ['sub/in.jp2', 'open/a.jp2'],
    ['single.jp2', 'closed/single.jp2'],
  ])('%s is served', async (name, file) => {
    expect(await contents(name)).toBe(file);
  });

  test.each([
    '../closed/secret.jp2',
    'sub/../../closed/secret.jp2',
    '%2e%2e/closed/secret.jp2',
    '..%2fclosed%2fsecret.jp2',
    '..\\closed\\secret.jp2',
    '/etc/passwd',
    '//etc/passwd',
    'C:/secret.jp2',
    'file:///etc/passwd',
    'a.jp2\0.txt',
    'out.jp2',
    'linked/secret.jp2',
    '.hidden/c.jp2',
    '.d.jp2',
    'secret.jp2',
    '../openbeside.jp2',
    'sub',
    '',
    '.',
    'a.jp2/x',
    `${'x'.repeat(5000)}.jp2`,
  ])('%j is not', async (name) => {
    expect(await targets.resolve(name)).toBeNull();
  });

  test('an absolute path is no target, though the file may be served', async () => {
    expect(await targets.resolve(at('open', 'a.jp2'))).toBeNull();
  });

  test('URLs are known by their last part', async () => {
    const found = await targets.resolve('far off.jp2');
    expect(found).not.toBeNull();
    await expect(found!.source.read({ offset: 0, length: 1 })).rejects.toThrow();
  });

  test('lists what looks like a picture and can be reached', async () => {
    expect(await targets.list()).toEqual([
      { target: 'a.jp2', bytes: 10 },
      { target: 'sub/b.j2k', bytes: 14 },
      { target: 'sub/in.jp2', bytes: 10 },
      { target: 'single.jp2', bytes: 17 },
      { target: 'far off.jp2' },
    ]);
  });

  test.skipIf(process.platform === 'win32')(
    'names with characters that mean something in URLs are listed and served',
    async () => {
      const names = ['100%41 #1.jp2', 'noon 12:30?.jp2'];
      mkdirSync(at('odd'));
      for (const name of [...names, 'back\\slash.jp2']) writeFileSync(at('odd', name), name);
      const odd = await jpipTargets([at('odd')]);
      expect((await odd.list()).map(({ target }) => target)).toEqual(names);
      for (const name of names) {
        const found = (await odd.resolve(name))!;
        expect(new TextDecoder().decode(await found.source.read({ offset: 0, length: 100 }))).toBe(name);
        await found.source.close?.();
      }
    },
  );

  test.skipIf(process.platform === 'win32')('a pipe is no target, and nobody waits for it', async () => {
    mkdirSync(at('pipes'));
    execFileSync('mkfifo', [at('pipes', 'pipe.jp2')]);
    const pipes = await jpipTargets([at('pipes')]);
    expect(await pipes.resolve('pipe.jp2')).toBeNull();
  });

  test.skipIf(process.platform === 'win32')('a folder that may not be read hides nothing but itself', async () => {
    mkdirSync(at('locked', 'inner'), { recursive: true });
    writeFileSync(at('locked', 'a.jp2'), 'a');
    chmodSync(at('locked', 'inner'), 0);
    // nothing is locked to the administrator, who becomes nobody for this
    const administrator = process.geteuid?.() === 0;
    if (administrator) {
      chmodSync(root, 0o755);
      process.seteuid?.(65534);
    }
    try {
      const locked = await jpipTargets([at('locked')]);
      expect(await locked.list()).toEqual([{ target: 'a.jp2', bytes: 1 }]);
    } finally {
      if (administrator) process.seteuid?.(0);
      chmodSync(at('locked', 'inner'), 0o700);
    }
  });

  test('what has gone since is left out of the list', async () => {
    writeFileSync(at('gone.jp2'), 'gone');
    const one = await jpipTargets([at('gone.jp2')]);
    rmSync(at('gone.jp2'));
    expect(await one.list()).toEqual([]);
  });

  test('the identifier stays with the contents and changes with them', async () => {
    writeFileSync(at('open', 'changing.jp2'), 'one');
    const first = (await targets.resolve('changing.jp2'))!;
    const again = (await targets.resolve('changing.jp2'))!;
    expect(again.tid).toBe(first.tid);
    expect(first.tid).toMatch(/^[\da-f]{24}$/);
    expect(await first.isCurrent!()).toBe(true);
    writeFileSync(at('open', 'changing.jp2'), 'other');
    expect(await first.isCurrent!()).toBe(false);
    const other = (await targets.resolve('changing.jp2'))!;
    expect(other.tid).not.toBe(first.tid);
    rmSync(at('open', 'changing.jp2'));
    expect(await other.isCurrent!()).toBe(false);
    for (const { source } of [first, again, other]) await source.close?.();
  });

  test('an index beside the file is used unless it is older', async () => {
    writeFileSync(at('open', 'indexed.jp2'), 'picture');
    writeFileSync(at('open', 'indexed.idx'), 'index');
    const found = (await targets.resolve('indexed.jp2'))!;
    const index = found.index as { read(range: object): Promise<Uint8Array> };
    expect(new TextDecoder().decode(await index.read({ offset: 0, length: 10 }))).toBe('index');
    await found.source.close?.();
    utimesSync(at('open', 'indexed.idx'), 1, 1);
    const without = (await targets.resolve('indexed.jp2'))!;
    expect(without.index).toBeUndefined();
    await without.source.close?.();
  });

  test('files of a linked JPX are found beside it, and not outside', async () => {
    writeFileSync(at('open', 'sub', 'linking.jpx'), 'links');
    const found = (await targets.resolve('sub/linking.jpx'))!;
    const linked = await found.resolveReference!('b.j2k', { index: 1, safe: 'b.j2k' });
    expect(new TextDecoder().decode(await linked!.read({ offset: 0, length: 50 }))).toBe('open/sub/b.j2k');
    await linked!.close?.();
    await expect(async () => found.resolveReference!('/etc/passwd', { index: 2, safe: undefined })).rejects.toThrow(
      /does not lie below/,
    );
    await found.source.close?.();
  });

  test('a place that is not there is an error at once', async () => {
    await expect(jpipTargets([at('nowhere')])).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** `jp2kit index` and the commands that use what it writes, run as users run them. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildIndex, encodeSync } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';
import { requireCli, runCli } from './run-cli.ts';

const jp2kit = (...args: string[]) => runCli(args);

describe('jp2kit index', () => {
  let folder: string;
  const at = (...parts: string[]): string => join(folder, ...parts);

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-index-'));
    writeFileSync(at('tiles.j2k'), fixture('tiles-offsets-53'));
    writeFileSync(at('layers.j2k'), fixture('layers-lrcp-53'));
    writeFileSync(at('cut.j2k'), fixture('tiles-offsets-53').subarray(0, 5000));
    writeFileSync(at('text.j2k'), 'not a picture');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('writes the index that the library makes, with which decode and info work', async () => {
    const run = await jp2kit('index', at('tiles.j2k'), '-o', at('new', 'tiles.idx'));
    expect(run).toMatchObject({ code: 0, stdout: '' });
    expect(run.stderr).toMatch(/tiles\.idx: \d+ packets in \d+ bytes\n$/);
    const index = new Uint8Array(readFileSync(at('new', 'tiles.idx')));
    expect(index).toEqual(await buildIndex(fixture('tiles-offsets-53')));
    expect((await jp2kit('decode', at('tiles.j2k'), '-o', at('a.pgx'))).code).toBe(0);
    expect((await jp2kit('decode', at('tiles.j2k'), '-o', at('b.pgx'), '--index', at('new', '{name}.idx'))).code).toBe(
      0,
    );
    const pictures = (letter: string) =>
      readdirSync(folder).filter((f) => new RegExp(`^${letter}(_\\d)?\\.pgx$`).test(f));
    expect(pictures('b')).toHaveLength(pictures('a').length);
    for (const name of pictures('a')) expect(readFileSync(at(name.replace('a', 'b')))).toEqual(readFileSync(at(name)));
    const info = await jp2kit('info', at('tiles.j2k'), '--index', at('new', 'tiles.idx'), '--json');
    expect(JSON.parse(info.stdout)).toMatchObject({ indexBytes: index.length });
  });

  test('takes many files, and reports as JSON', async () => {
    const run = await jp2kit(
      'index',
      at('tiles.j2k'),
      at('layers.j2k'),
      at('text.j2k'),
      '-o',
      `${at('many')}/`,
      '--json',
    );
    expect(run.code).toBe(2);
    const reports = JSON.parse(run.stdout);
    expect(reports).toMatchObject([{ tilesLeftOut: 0 }, { tilesLeftOut: 0 }, { error: { code: 'not-jpeg2000' } }]);
    expect(readdirSync(at('many')).sort()).toEqual(['layers.idx', 'tiles.idx']);
  });

  test('says with its exit code that tiles were left out', async () => {
    const run = await jp2kit('index', at('cut.j2k'), '-o', at('cut.idx'));
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/tiles left out/);
  });

  test('writes index boxes into JP2 files', async () => {
    writeFileSync(at('in.jp2'), encodeSync({ width: 64, height: 64, channels: 1, data: new Uint8Array(4096) }).data);
    const run = await jp2kit('index', at('in.jp2'), '-o', at('out.jp2'), '--boxes');
    expect(run).toMatchObject({ code: 0 });
    const info = JSON.parse((await jp2kit('info', at('out.jp2'), '--json')).stdout);
    expect(info.boxes.map((box: { type: string }) => box.type).slice(-4)).toEqual(['jp2c', 'cidx', 'fidx', 'iptr']);
    expect((await jp2kit('index', at('tiles.j2k'), '-o', at('x.jp2'), '--boxes')).code).toBe(1);
  });

  test('an index of another file is refused', async () => {
    await jp2kit('index', at('tiles.j2k'), '-o', at('t.idx'));
    const run = await jp2kit('decode', at('layers.j2k'), '-o', at('x.pgx'), '--index', at('t.idx'));
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('the index was made from another file');
    expect((await jp2kit('info', at('layers.j2k'), '--index', at('t.idx'))).code).toBe(2);
  });

  test.each([
    [['index', '-o', 'x.idx'], 'no files'],
    [['index', 'a.jp2'], 'say where to write'],
    [['index', 'a.jp2', 'b.jp2', '-o', 'x.idx'], 'several inputs need a folder'],
    [['index', 'a/x.jp2', 'b/x.jp2', '-o', '{name}.idx'], 'both become'],
    [['index', 'a.jp2', '-o', 'a.jp2'], 'would be overwritten'],
    [['decode', 'a.jp2', 'b.jp2', '-o', '{name}.png', '--index', 'x.idx'], 'pattern with {name} for their indexes'],
  ])('%j is a wrong call: %s', async (args, message) => {
    const run = await jp2kit(...args);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(message);
    expect(existsSync('x.idx')).toBe(false);
  });
});

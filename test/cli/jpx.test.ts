/** `jp2kit jpx` and what `jp2kit info` says of its files, run as users run them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJpx, decodeSync, encodeSync, inspectSync, openJpx } from '../../src/index.ts';
import { expectSamePicture } from '../support/same-picture.ts';
import { requireCli, runCli } from './run-cli.ts';

const jp2kit = (...args: string[]) => runCli(args);
const picture = (channels: number, value: number) =>
  encodeSync(
    { width: 16, height: 12, channels, data: new Uint8Array(192 * channels).fill(value) },
    { metadata: { xml: [`<frame value="${value}"/>`] } },
  ).data;

describe('jp2kit jpx', () => {
  let folder: string;
  const at = (...parts: string[]): string => join(folder, ...parts);
  const red = picture(3, 40);
  const grey = picture(1, 90);

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-jpx-'));
    mkdirSync(at('in put'));
    writeFileSync(at('in put', 'red.jp2'), red);
    writeFileSync(at('in put', 'grey.jp2'), grey);
    writeFileSync(at('in put', 'text.jp2'), 'not a picture');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const inputs = () => [at('in put', 'red.jp2'), at('in put', 'grey.jp2')];

  test('joins files, which info lists and extract gives back', async () => {
    const movie = at('out', 'movie.jpx');
    const run = await jp2kit('jpx', 'join', ...inputs(), '-o', movie, '--labels', '--fps', '25', '--loops', '2');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const info = await jp2kit('info', '--tree', movie);
    expect(info.code).toBe(0);
    expect(info.stdout).toMatch(/codestreams\s+2\n\s+0 16 × 12, 3 components, \d+ bytes\n\s+1 16 × 12, 1 components/);
    expect(info.stdout).toMatch(/0 codestream 0, "red"\n\s+1 codestream 1, "grey"/);
    expect(info.stdout).toContain('composition   16 × 12, 2 instructions, 80 ms, 2 times');
    expect(info.stdout).toMatch(/box 'jplh', \d+ bytes\n\s+\d+ {3}box 'lbl '/);
    const report = JSON.parse((await jp2kit('info', '--json', movie)).stdout);
    expect(report.jpx).toMatchObject({ brand: 'jpx ', requirements: [5, 2], layers: [{ codestreams: [0] }, {}] });
    for (const [n, file] of [red, grey].entries()) {
      const frame = at(`frame-${n}.jp2`);
      expect(await jp2kit('jpx', 'extract', movie, '--frame', `${n}`, '-o', frame)).toMatchObject({ code: 0 });
      const bytes = new Uint8Array(readFileSync(frame));
      expectSamePicture(decodeSync(bytes), decodeSync(file));
      expect(inspectSync(bytes).metadata.xml).toEqual(inspectSync(file).metadata.xml);
    }
  });

  test('links files by relative paths, which extract follows', async () => {
    const movie = at('linked.jpx');
    expect(await jp2kit('jpx', 'join', '--linked', ...inputs(), '-o', movie)).toMatchObject({ code: 0 });
    const bytes = new Uint8Array(readFileSync(movie));
    expect((await openJpx(bytes)).references.map(({ url }) => url)).toEqual(['in%20put/red.jp2', 'in%20put/grey.jp2']);
    const info = await jp2kit('info', movie);
    expect(info.code).toBe(0);
    expect(info.stdout).toContain('bytes of "in%20put/grey.jp2"');
    const frame = at('from-linked.jp2');
    expect(await jp2kit('jpx', 'extract', movie, '--frame', '1', '-o', frame)).toMatchObject({ code: 0 });
    expectSamePicture(decodeSync(new Uint8Array(readFileSync(frame))), decodeSync(grey));
  });

  test('follows no link out of the folder, but may look for names', async () => {
    const { data } = await createJpx([{ input: red, url: '../in%20put/red.jp2' }], { mode: 'linked' });
    const movie = at('escaping.jpx');
    writeFileSync(movie, data);
    const out = at('escaped.jp2');
    const refused = await jp2kit('jpx', 'extract', movie, '--frame', '0', '-o', out);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('does not lie below');
    expect(readdirSync(folder).filter((name) => name.includes('escaped'))).toEqual([]);
    const named = await jp2kit('jpx', 'extract', movie, '--frame', '0', '-o', out, '--by-name', '--root', at('in put'));
    expect(named.code).toBe(0);
    expectSamePicture(decodeSync(new Uint8Array(readFileSync(out))), decodeSync(red));
  });

  test.each<[string[], RegExp]>([
    [['jpx'], /join or extract/],
    [['jpx', 'split', 'x'], /join or extract/],
    [['jpx', 'join', '-o', 'x.jpx'], /no files/],
    [['jpx', 'join', 'x'], /--output/],
    [['jpx', 'join', 'x.jpx', '-o', 'x.jpx'], /replace/],
    [['jpx', 'join', 'x', '-o', 'y', '--loops', '3'], /--fps/],
    [['jpx', 'join', 'x', '-o', 'y', '--fps', 'many'], /no number/],
    [['jpx', 'extract', 'x', '-o', 'y'], /--frame/],
    [['jpx', 'extract', 'x', 'z', '-o', 'y', '--frame', '0'], /one file/],
  ])('%j is a wrong call', async (args, message) => {
    const run = await jp2kit(...args);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(message);
  });

  test('leaves nothing behind when an input cannot be read', async () => {
    const before = readdirSync(folder);
    for (const bad of [at('in put', 'text.jp2'), at('nowhere.jp2')]) {
      const run = await jp2kit('jpx', 'join', inputs()[0], bad, '-o', at('broken.jpx'));
      expect(run.code).toBe(2);
    }
    const { code } = await jp2kit('jpx', 'extract', at('in put', 'red.jp2'), '--frame', '7', '-o', at('broken.jp2'));
    expect(code).toBe(1);
    expect(readdirSync(folder)).toEqual(before);
    expect(existsSync(at('broken.jpx'))).toBe(false);
  });

  test('info keeps what a file says from steering the terminal', async () => {
    const { data } = await createJpx([{ input: red }, { input: grey, label: 'a\u001b[31mb\u009b31m' }]);
    writeFileSync(at('label.jpx'), data);
    const { stdout } = await jp2kit('info', at('label.jpx'));
    expect(stdout).toContain('"a\\u001b[31mb\\x9b31m"');
    expect(stdout).not.toContain('\u001b');
  });
});

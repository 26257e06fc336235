/** Movies as users make them: the built command line and its exit codes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeSync } from '../../src/index.ts';
import { requireCli, runCli } from './run-cli.ts';

describe('jp2kit mj2', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const frames: string[] = [];

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-mj2-'));
    for (let n = 0; n < 4; n++) {
      const { data } = encodeSync({ width: 20, height: 12, channels: 3, data: new Uint8Array(720).fill(40 * n) });
      frames.push(at(`frame-${n}.jp2`));
      writeFileSync(frames[n]!, data);
    }
    writeFileSync(at('wide.jp2'), encodeSync({ width: 21, height: 12, channels: 3, data: new Uint8Array(756) }).data);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('joins frames, says what came of it, and takes one out again', async () => {
    const joined = await runCli(['mj2', 'join', ...frames, '-o', at('movie.mj2'), '--fps', '30000/1001']);
    expect(joined).toMatchObject({ code: 0, stderr: '' });
    expect(joined.stdout).toMatch(/movie\.mj2: 4 frames, \d+ bytes/);
    const told = await runCli(['mj2', 'info', at('movie.mj2')]);
    expect(told.stdout).toMatch(/mjp2, mj2s\n {2}track 1: 20 × 12, 4 frames, 29\.970 a second, srgb\n$/);
    const json = JSON.parse((await runCli(['mj2', 'info', at('movie.mj2'), '--json'])).stdout);
    expect(json.tracks[0]).toMatchObject({ frameCount: 4, timescale: 30000, duration: 4004, fields: { count: 1 } });
    expect(await runCli(['mj2', 'extract', at('movie.mj2'), '--frame', '2', '-o', at('two.jp2')])).toMatchObject({
      code: 0,
    });
    expect(readFileSync(at('two.jp2'))).toEqual(readFileSync(frames[2]!));
    expect(await runCli(['mj2', 'extract', at('movie.mj2'), '--at', '0.1', '-o', at('three.j2k')])).toMatchObject({
      code: 0,
    });
    expect(readFileSync(at('three.j2k')).readUInt32BE(0)).toBe(0xff4fff51);
    expect((await runCli(['validate', at('movie.mj2')])).stdout).toMatch(/movie\.mj2: valid \(mj2, 4 codestreams/);
  });

  test('leaves nothing behind when a frame does not fit', async () => {
    const run = await runCli(['mj2', 'join', frames[0]!, at('wide.jp2'), '-o', at('broken.mj2')]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/frame 1 differs from the first/);
    expect(existsSync(at('broken.mj2'))).toBe(false);
  });

  test('refuses what is no call', async () => {
    for (const call of [
      ['mj2'],
      ['mj2', 'cut', 'a.mj2'],
      ['mj2', 'join', frames[0]!],
      ['mj2', 'join', frames[0]!, '-o', frames[0]!],
      ['mj2', 'join', frames[0]!, '-o', at('x.mj2'), '--fps', 'many'],
      ['mj2', 'extract', at('movie.mj2'), '-o', at('x.jp2')],
      ['mj2', 'extract', at('movie.mj2'), '--frame', '99', '-o', at('x.jp2')],
      ['mj2', 'extract', at('movie.mj2'), '--frame', '0', '--track', '1', '-o', at('x.jp2')],
    ]) {
      expect((await runCli(call)).code).toBe(1);
    }
    expect((await runCli(['mj2', 'info', frames[0]!])).code).toBe(2);
    expect((await runCli(['mj2', 'info', at('missing.mj2')])).code).toBe(2);
  });
});

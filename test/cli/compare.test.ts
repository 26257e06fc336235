/** Comparing as users do it: the built command line and its exit codes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inRepository } from '../support/root.ts';
import { requireCli, runCli } from './run-cli.ts';

const LAKE = inRepository('demo', 'samples', 'lake.jp2');

describe('jp2kit compare', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-compare-'));
    const grey = (name: string, samples: number[]) =>
      writeFileSync(at(name), Buffer.concat([Buffer.from(`P5 ${samples.length / 2} 2 255\n`), Buffer.from(samples)]));
    grey('a.pgm', [10, 20, 30, 40]);
    grey('b.pgm', [10, 20, 30, 44]);
    grey('wide.pgm', [10, 20, 30, 40, 50, 60]);
    writeFileSync(at('a.raw'), Buffer.of(10, 20, 30, 40));
    writeFileSync(at('text.txt'), 'not a picture');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('says that a picture is equal to itself in another format', async () => {
    await runCli(['decode', LAKE, '-o', at('lake.tif')]);
    const run = await runCli(['compare', LAKE, at('lake.tif')]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/960 × 600, 3 components, equal.*over all +infinite +0 +0 +0 +1\.000000/s);
  });

  test('measures errors', async () => {
    const run = await runCli(['compare', at('a.pgm'), at('b.pgm'), '--json']);
    expect(run.code).toBe(0);
    const report = JSON.parse(run.stdout);
    expect(report).toMatchObject({ width: 2, height: 2, equal: false, overall: { mse: 4, mae: 1, peak: 4 } });
    expect(report.overall.psnr).toBeCloseTo(42.1102, 4);
    expect(report.overall.ssim ?? null).toBeNull();
  });

  test('reads raw samples that are described beside a picture that needs no description', async () => {
    expect((await runCli(['compare', at('a.raw'), at('a.pgm'), '--raw', '2x2'])).stdout).toContain('equal');
  });

  test.each([
    [['--max-error', '4'], 0],
    [['--max-error', '3'], 3],
    [['--min-psnr', '42'], 0],
    [['--min-psnr', '42.2'], 3],
    [['--min-psnr', '42', '--max-error', '3'], 3],
  ])('%j end with %d', async (args, code) => {
    expect((await runCli(['compare', at('a.pgm'), at('b.pgm'), ...args])).code).toBe(code);
  });

  test.each([
    [['a.pgm', 'wide.pgm'], /sizes of component 0 differ: 2 × 2 and 3 × 2/],
    [['a.pgm', 'text.txt'], /text\.txt: no PNG/],
    [['a.pgm', 'nowhere.png'], /nowhere/],
  ])('%j end with 2', async (names, message) => {
    const run = await runCli(['compare', ...names.map(at)]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(message);
    const json = await runCli(['compare', ...names.map(at), '--json']);
    expect(JSON.parse(json.stdout).error.message).toMatch(message);
  });

  test.each([
    [[], /two pictures/],
    [['a.pgm'], /two pictures/],
    [['a.pgm', 'b.pgm', '--max-error', 'x'], /--max-error takes a number/],
    [['a.pgm', 'b.pgm', '--colour', 'x'], /--colour takes/],
  ])('%j end with 1', async (args, message) => {
    const run = await runCli(['compare', ...args.map((arg) => (arg.endsWith('.pgm') ? at(arg) : arg))]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(message);
  });
});

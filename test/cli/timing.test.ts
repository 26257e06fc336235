/** Where the time went, and threads: `--timing` and `--threads` of the built command line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timingLines, withOther } from '../../src/cli/timing.ts';
import { inRepository } from '../support/root.ts';
import { requireCli, runCli } from './run-cli.ts';

const LAKE = inRepository('demo', 'samples', 'lake.jp2');

describe('stages', () => {
  test('have what nobody counts as a stage of its own, never below nothing', () => {
    expect(withOther(10, { a: 2, b: 3 })).toEqual({ a: 2, b: 3, other: 5 });
    expect(withOther(4, { a: 2, b: 3 })).toEqual({ a: 2, b: 3, other: 0 });
    expect(withOther(4, undefined)).toEqual({ other: 4 });
  });

  test('stand below each other', () => {
    expect(timingLines({ ms: 200, stages: { read: 150.04, blocks: 5 } })).toEqual([
      '  read    150.0 ms   75 %',
      '  blocks    5.0 ms    3 %',
      '  in all  200.0 ms  100 %',
    ]);
  });
});

describe('jp2kit', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-timing-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('decode says it on standard error, and in the report', async () => {
    const text = await runCli(['decode', LAKE, '-o', at('a.ppm'), '--reduce', '2', '--timing']);
    expect(text).toMatchObject({ code: 0, stdout: '' });
    for (const stage of ['read', 'packets', 'blocks', 'transform', 'store', 'convert', 'other', 'output', 'in all']) {
      expect(text.stderr).toMatch(new RegExp(`^ {2}${stage} +\\d+\\.\\d ms +\\d+ %$`, 'm'));
    }
    const json = await runCli(['decode', LAKE, '-o', at('b.ppm'), '--reduce', '2', '--timing', '--json']);
    const [{ timing, ms }] = JSON.parse(json.stdout);
    const sum = Object.values<number>(timing.stages).reduce((all, stage) => all + stage, 0);
    expect(timing.ms).toBeGreaterThan(ms);
    expect(sum).toBeCloseTo(timing.ms, 1);
    const plain = await runCli(['decode', LAKE, '-o', at('b.ppm'), '--reduce', '2', '--json']);
    expect(JSON.parse(plain.stdout)[0]).not.toHaveProperty('timing');
  });

  test('several threads make the same files as one', async () => {
    for (const threads of ['1', '2']) {
      const run = await runCli(['decode', LAKE, '-o', at(`t${threads}.ppm`), '--threads', threads]);
      expect(run.code, run.stderr).toBe(0);
    }
    expect(readFileSync(at('t2.ppm')).equals(readFileSync(at('t1.ppm')))).toBe(true);
    for (const threads of ['1', '2']) {
      const run = await runCli(['encode', at('t1.ppm'), '-o', at(`t${threads}.j2k`), '--threads', threads, '--timing']);
      expect(run.code, run.stderr).toBe(0);
      expect(run.stderr).toMatch(/^ {2}input +\d+\.\d ms/m);
      expect(run.stderr).toMatch(/^ {2}output +\d+\.\d ms/m);
    }
    expect(readFileSync(at('t2.j2k')).equals(readFileSync(at('t1.j2k')))).toBe(true);
  });

  test.each([
    ['decode', LAKE, '-o', 'x.png'],
    ['encode', 'x.png', '-o', 'x.jp2'],
  ])('%s takes a number of threads that can be', async (...args) => {
    for (const threads of ['0', 'many', '5000']) {
      const run = await runCli([...args, '--threads', threads]);
      expect(run.code).toBe(1);
      expect(run.stderr).toContain('--threads takes');
    }
  });
});

/** Validating as users do it: the built command line and its exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inRepository } from '../support/root.ts';
import { requireCli, runCli } from './run-cli.ts';

const LAKE = inRepository('demo', 'samples', 'lake.jp2');

describe('jp2kit validate', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-validate-'));
    writeFileSync(at('cut.jp2'), readFileSync(LAKE).subarray(0, 50_000));
    writeFileSync(at('text.txt'), 'not a picture');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('finds nothing in a good file', async () => {
    const run = await runCli(['validate', LAKE]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/lake\.jp2: valid \(jp2, 1 codestream, \d+ tile-parts?, \d+ packets\)\n$/);
  });

  test('lists what is broken, and goes on with the next file', async () => {
    const run = await runCli(['validate', at('cut.jp2'), at('text.txt'), at('missing.jp2'), LAKE]);
    expect(run.code).toBe(2);
    expect(run.stdout).toMatch(/cut\.jp2: not valid, \d+ rules broken .*\n {2}error +at \d+ +box-length .* \[15444-1 /);
    expect(run.stdout).toMatch(/text\.txt: not valid, 1 rule broken .*\n {2}error +at 0 +not-jpeg2000 /);
    expect(run.stdout).toMatch(/lake\.jp2: valid/);
    expect(run.stderr).toMatch(/missing\.jp2: ENOENT/);
  });

  test('holds files against profiles', async () => {
    const run = await runCli(['validate', LAKE, '--profile', 'cinema2k', '--json']);
    expect(run.code).toBe(2);
    const report = JSON.parse(run.stdout);
    expect(report).toMatchObject({ file: LAKE, valid: false, container: 'jp2', profile: 'cinema2k' });
    expect(report.findings[0]).toMatchObject({ severity: 'error', code: 'profile' });
    expect((await runCli(['validate', LAKE, '--profile', 'vhs'])).code).toBe(1);
    expect((await runCli(['validate'])).code).toBe(1);
  });
});

/** Hostile input: a seeded slice of `npm run fuzz`, and the collection of files that broke other decoders. */
import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleForNode } from '../scripts/bundle.mjs';
import { runFuzz } from '../scripts/fuzz-decode/fuzz.ts';
import { describeShared, sharedPath } from './support/shared.ts';

const MAX_MS = 5000;
const MAX_MB = 512;

describeShared('conformance', 'spoilt files', () => {
  test.each([
    ['cut at structural boundaries', 0, 500],
    ['spoilt in every other way', 100_000, 1000],
  ])('%s end in a typed error or a picture', { timeout: 180_000 }, async (_, from, count) => {
    const { findings, tally } = await runFuzz({ seed: 1, from, count });
    expect(findings).toEqual([]);
    expect(Object.values(tally).reduce((a, b) => a + b, 0)).toBe(count);
  });
});

describeShared('conformance', 'spoilt high-throughput files', () => {
  test.each([
    ['cut at structural boundaries', 0, 700],
    ['spoilt in every other way', 100_000, 1500],
  ])('%s end in a typed error or a picture', { timeout: 180_000 }, async (_, from, count) => {
    const { findings, tally } = await runFuzz({ seed: 1, from, count, coder: 'ht' });
    expect(findings).toEqual([]);
    expect(Object.values(tally).reduce((a, b) => a + b, 0)).toBe(count);
  });
});

describeShared('conformance/bad', 'files that broke other decoders', () => {
  let program: string;
  beforeAll(async () => {
    program = await bundleForNode('scripts/fuzz-decode/one.ts', `bad-file-${process.pid}`);
  });
  afterAll(() => rmSync(program, { force: true }));

  const names = readdirSync(sharedPath('conformance', 'bad')).filter((name) => !name.endsWith('.json'));

  test.each(names)('%s ends in a typed error or a picture, soon and small', { timeout: 30_000 }, async (name) => {
    const node = promisify(execFile);
    const args = [`--max-old-space-size=${MAX_MB}`, program, sharedPath('conformance', 'bad', name)];
    const { stdout } = await node(process.execPath, args, { timeout: 20_000 });
    const result = JSON.parse(stdout);
    expect(result.outcome).toMatch(/^(complete|partial|malformed|unsupported|limit) ?/);
    expect(result.ms).toBeLessThan(MAX_MS);
    expect(result.peakMb).toBeLessThan(MAX_MB);
  });
});

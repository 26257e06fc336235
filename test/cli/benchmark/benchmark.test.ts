/** `jp2kit benchmark` as users have it: the built command line, beside programs that are there and programs that are made up. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paint, parsePaintedKind } from '../../../src/cli/benchmark/painted.ts';
import { encodeSync } from '../../../src/index.ts';
import { describeTools } from '../../support/shared.ts';
import { CLI, requireCli, type Run, runCli } from '../run-cli.ts';

const FAST = ['--runs', '2', '--warmup', '0'];
let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);
const benchmark = (...args: string[]): Promise<Run> => runCli(['benchmark', ...FAST, ...args]);

beforeAll(() => {
  requireCli();
  folder = mkdtempSync(join(tmpdir(), 'jp2kit-benchmark-test-'));
  const picture = paint(parsePaintedKind('rgb8:64x48'));
  const { data } = encodeSync(picture);
  writeFileSync(at('a.jp2'), data);
  writeFileSync(at('half.jp2'), data.subarray(0, data.length >> 1));
  writeFileSync(at('a.ppm'), Buffer.concat([Buffer.from('P6\n64 48\n255\n'), picture.data as Uint8Array]));
  writeFileSync(at('text.txt'), 'not a picture');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the table', () => {
  test('of a painted picture has both ways, with machine and stages', async () => {
    const run = await benchmark('--generate', 'grey12:40x30');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/processors?, .*; Node \d+.*, V8 /);
    expect(run.stdout).toMatch(/^2 runs after 0 to warm up/m);
    expect(run.stdout).toMatch(/^encode grey12:40x30: 40 × 30, 1 × 12 bits, \d+ bytes, 1 thread$/m);
    expect(run.stdout).toMatch(/^decode grey12:40x30: 40 × 30, 1 × 12 bits, \d+ bytes, 1 thread$/m);
    expect(run.stdout).toMatch(/^ {2}jp2kit \S+ +[\d.]+ +[\d.]+ +[\d.]+–[\d.]+ +\S+$/m);
    expect(run.stdout).toMatch(/by stage: read .*, packets .*, blocks .*, other /);
  });

  test('has its columns below each other', async () => {
    const { stdout } = await benchmark(at('a.jp2'), '--threads', '2');
    const lines = stdout.split('\n');
    const head = lines.findIndex((line) => line.includes('quartiles'));
    expect(lines[head - 1]).toContain('2 threads');
    expect(lines[head]!.length).toBe(lines[head + 1]!.length);
  });
});

describe('reports', () => {
  test('as JSON have every run, machine and versions; a window is what is decoded', async () => {
    const run = await benchmark(at('a.jp2'), at('a.ppm'), '--json', '--reduce', '1', '--ratio', '8');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const report = JSON.parse(run.stdout);
    expect(report).toMatchObject({
      runs: 2,
      warmup: 0,
      threads: 1,
      failures: [],
      machine: { node: process.versions.node },
    });
    const facts = report.results.map((r: Record<string, unknown>) => [r.operation, r.width, r.height, r.status]);
    expect(facts).toEqual([
      ['decode', 32, 24, 'complete'],
      ['encode', 64, 48, 'complete'],
      ['decode', 32, 24, 'complete'],
    ]);
    expect(report.results[1].bytes).toBeLessThan((64 * 48 * 3) / 8);
    expect(report.results[0].scores[0].runs).toHaveLength(2);
    expect(Object.keys(report.results[0].scores[0].stages)).toContain('transform');
  });

  test('as CSV have a line for each run, in a file or on standard output', async () => {
    const run = await benchmark(at('a.jp2'), '--csv', '-');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const [head, ...lines] = run.stdout.trimEnd().split('\n');
    expect(head).toMatch(/^input,operation,.*,ms,read,packets,.*,other$/);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.split(',')).toHaveLength(head!.split(',').length);
    const file = await benchmark(at('a.jp2'), '--csv', at('out.csv'));
    expect(file.stdout).toContain('median');
    expect(readFileSync(at('out.csv'), 'utf8').split('\n')[0]).toBe(head);
  });
});

describe('files', () => {
  test('are decoded or encoded, whatever they are, where that is asked for', async () => {
    const run = await benchmark(at('a.jp2'), at('a.ppm'), '--encode', '--json');
    const report = JSON.parse(run.stdout);
    expect(report.results.map((r: Record<string, unknown>) => r.operation)).toEqual(['encode', 'encode']);
    expect(report.results[0].bytes).toBe(report.results[1].bytes);
  });

  test('with parts missing, and none at all', async () => {
    const half = await benchmark(at('half.jp2'));
    expect(half.code).toBe(3);
    expect(half.stdout).toContain('parts missing');
    const bad = await benchmark(at('text.txt'), at('missing.jp2'), at('a.jp2'));
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/text\.txt: no PNG/);
    expect(bad.stderr).toContain('missing.jp2');
    expect(bad.stdout).toContain('decode a.jp2');
  });
});

test.each([
  [['--runs', '0'], '--runs'],
  [['--generate', 'rgb'], '--generate'],
  [['--json', '--csv', '-'], '--csv'],
  [['--threads', '0'], '--threads'],
  [['--ratio', '0'], '--ratio'],
])('%j is a wrong call', async (args, option) => {
  const run = await runCli(['benchmark', ...args]);
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(run.stderr).toContain(option);
});

/** Scripts of a shell that pretend to be other programs. */
describeTools(['bash'], 'beside others', () => {
  const withPrograms = async (programs: Record<string, string>, ...args: string[]) => {
    rmSync(at('bin'), { recursive: true, force: true });
    mkdirSync(at('bin'));
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(at('bin', name), `#!/bin/bash\necho "$0 $*" >>${at('calls')}\n${script}\n`);
      chmodSync(at('bin', name), 0o755);
    }
    writeFileSync(at('calls'), '');
    const run = await new Promise<Run>((resolve) => {
      const env = { ...process.env, PATH: at('bin') };
      execFile(process.execPath, [CLI, 'benchmark', ...FAST, ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
    return { ...run, calls: readFileSync(at('calls'), 'utf8') };
  };

  test('a time that is printed is taken, else that of the process; each with its kind', async () => {
    const programs = { opj_decompress: 'echo "decode time: 12 ms"', grk_decompress: ':' };
    const run = await withPrograms(
      programs,
      at('a.jp2'),
      '--peers',
      '--json',
      '--threads',
      '2',
      '--region',
      '8,8,16,12',
    );
    expect(run.code).toBe(0);
    const [ours, opj, grk] = JSON.parse(run.stdout).results[0].scores;
    expect(ours).toMatchObject({ name: 'jp2kit', kind: 'call' });
    expect(opj).toMatchObject({ name: 'opj_decompress', kind: 'own', ms: { median: 12 } });
    expect(opj.ratio.median).toBeGreaterThan(0);
    expect(grk).toMatchObject({ name: 'grk_decompress', kind: 'process' });
    expect(run.calls).toMatch(/opj_decompress -i \S+a\.jp2 -o \S+\.ppm -d 8,8,24,20 -threads 2$/m);
    expect(run.calls).toMatch(/grk_decompress -v -i \S+a\.jp2 -o \S+\.ppm -H 2 -d 8,8,24,20$/m);
  });

  test('one that refuses is listed with what it says, and ends nothing', async () => {
    const programs = { opj_decompress: 'echo "[ERROR] I do not like it" >&2; exit 1', ojph_expand: ':' };
    const run = await withPrograms(programs, at('a.jp2'), '--peers');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('  opj_decompress: [ERROR] I do not like it\n');
    expect(run.stdout).toContain('  ojph_expand: reads high-throughput code-blocks only\n');
  });

  test('encoders are told the rate, and are out where they cannot be', async () => {
    const programs = { opj_compress: ':', grk_compress: ':' };
    const run = await withPrograms(programs, at('a.ppm'), '--encode', '--peers', '--bpp', '2', '--tile', '32x16');
    expect(run.code).toBe(0);
    expect(run.calls).toMatch(/opj_compress -i \S+\.ppm -o \S+\.j2k -r 12 -I -t 32,16$/m);
    expect(run.stdout).toMatch(/^process: from the start/m);
    const refused = await withPrograms(programs, at('a.ppm'), '--encode', '--peers', '--psnr', '40');
    expect(refused.stdout).toContain('opj_compress: is told sizes only by --ratio and --bpp');
  });
});

describeTools(['opj_compress', 'opj_decompress', 'grk_compress', 'grk_decompress'], 'beside real programs', () => {
  test('all take part', async () => {
    const run = await benchmark(at('a.ppm'), '--peers', '--json', '--ratio', '10');
    expect(run.code).toBe(0);
    const { results } = JSON.parse(run.stdout);
    for (const { scores } of results) {
      for (const { name, error, kind, runs } of scores) {
        if (name.startsWith('ojph')) expect(error).toContain('high-throughput');
        else
          expect({ name, error, kind, runs: runs.length }).toEqual({
            name,
            error: undefined,
            kind: name === 'jp2kit' ? 'call' : 'own',
            runs: 2,
          });
      }
    }
  });
});

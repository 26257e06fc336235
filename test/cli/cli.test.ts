/**
 * The command line as users have it: the built file, run by Node, judged by its output, its files and its exit code.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode as decodePng } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { readPgx } from '../support/pgx.ts';
import { inRepository } from '../support/root.ts';
import { requireCli, type Run, runCli } from './run-cli.ts';

const LAKE = inRepository('demo', 'samples', 'lake.jp2');
const RELIEF = inRepository('demo', 'samples', 'relief.jp2');

const jp2kit = (...args: string[]): Promise<Run> => runCli(args);

describe('jp2kit', () => {
  let folder: string;
  const lake = new Uint8Array(readFileSync(LAKE));
  const at = (...parts: string[]): string => join(folder, ...parts);

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-cli-'));
    writeFileSync(at('half.jp2'), lake.subarray(0, lake.length >> 1));
    writeFileSync(at('text.jp2'), 'not a picture');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe('help', () => {
    test('is what a call without a command gets, as a wrong call', async () => {
      const run = await jp2kit();
      expect(run.code).toBe(1);
      expect(run.stdout).toContain('usage: jp2kit');
    });

    test.each([
      ['help'],
      ['--help'],
      ['info', '--help'],
      ['help', 'decode'],
      ['decode', '-h'],
      ['help', 'encode'],
      ['compare', '-h'],
    ])('%s %s', async (...args) => {
      const run = await jp2kit(...args);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toContain('usage: jp2kit');
      expect(run.stdout).toContain('exit codes');
    });

    test('the version is that of the package', async () => {
      const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
      expect(await jp2kit('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
    });
  });

  describe('wrong calls end with 1 and say why', () => {
    test.each([
      [['paint', 'x'], /no command "paint"/],
      [['info'], /no files/],
      [['info', LAKE, '--colour'], /colour/],
      [['decode', LAKE], /-o/],
      [['decode', LAKE, '-o', 'x.gif'], /no format/],
      [['decode', LAKE, RELIEF, '-o', 'x.png'], /several files/],
      [['decode', LAKE, '-o', 'x.png', '--region', '1,2,3'], /--region takes 4 whole numbers/],
      [['decode', LAKE, '-o', 'x.png', '--reduce', 'two'], /--reduce takes a whole number/],
      [['decode', LAKE, '-o', 'x.png', '--colour', 'red'], /--colour takes native, file, srgb, found "red"/],
      [['decode', LAKE, '-o', 'x.png', '--region', '9000,0,5,5'], /region/],
      [['decode', LAKE, '-o', 'x.png', '--reduce', '77'], /reduce/],
    ])('%s', async (args, message) => {
      const run = await jp2kit(...args);
      expect(run.stderr).toMatch(message);
      expect(run.code).toBe(1);
    });
  });

  describe('info', () => {
    test('says what a file holds', async () => {
      const run = await jp2kit('info', LAKE, RELIEF);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      for (const word of ['960 × 600', '9/7', 'RPCL', '256 × 192', '5/3', '16 bits', 'layers        6']) {
        expect(run.stdout).toContain(word);
      }
    });

    test('shows the tree with boxes, markers, tile-parts and resolutions', async () => {
      const { stdout } = await jp2kit('info', '--tree', RELIEF);
      for (const word of ["box 'jp2h'", "box 'ihdr'", 'SIZ', 'COD', 'QCD', 'TLM', 'tile 3, part 0', 'PLT', '16 × 12']) {
        expect(stdout).toContain(word);
      }
    });

    test('counts the bytes of packets', async () => {
      const { stdout } = await jp2kit('info', '--packets', LAKE);
      expect(stdout).toMatch(/layer {6} 5 +\d+ bytes/);
      expect(stdout).toMatch(/the first \d+ bytes hold resolutions to 0/);
    });

    test('speaks JSON, of one file as an object and of several as a list', async () => {
      const one = JSON.parse((await jp2kit('info', '--json', LAKE)).stdout);
      expect(one).toMatchObject({ width: 960, height: 600, layers: 6, container: 'jp2', bytes: lake.length });
      const run = await jp2kit('info', '--json', LAKE, at('text.jp2'));
      expect(run.code).toBe(2);
      expect(JSON.parse(run.stdout)).toMatchObject([{ width: 960 }, { error: { code: 'not-jpeg2000' } }]);
    });

    test('ends with 2 for bad and for missing files, and still does the others', async () => {
      const run = await jp2kit('info', at('text.jp2'), at('nowhere.jp2'), LAKE);
      expect(run.code).toBe(2);
      expect(run.stdout).toContain('960 × 600');
      expect(run.stderr).toContain('nowhere.jp2');
      expect(run.stderr).not.toContain('    at ');
    });
  });

  describe('decode', () => {
    test('writes a PNG with the samples that the library decodes', async () => {
      const run = await jp2kit('decode', LAKE, '-o', at('lake.png'));
      expect(run.code).toBe(0);
      const png = decodePng(readFileSync(at('lake.png')));
      expect([png.width, png.height, png.channels]).toEqual([960, 600, 3]);
      expect(Buffer.from(png.data as Uint8Array).equals(Buffer.from(decodeSync(lake).data as Uint8Array))).toBe(true);
    });

    test('keeps 16 bits', async () => {
      await jp2kit('decode', RELIEF, '-o', at('relief.png'));
      const png = decodePng(readFileSync(at('relief.png')));
      expect(png.depth).toBe(16);
      expect(Array.from(png.data)).toEqual(Array.from(decodeSync(readFileSync(RELIEF)).data));
    });

    test('decodes parts: region, reduction, layers, components', async () => {
      const run = await jp2kit(
        ...['decode', LAKE, '-o', at('part.pgx'), '--region', '200,60,80,80'],
        ...['--reduce', '1', '--layers', '2', '--components', '2,0', '--json'],
      );
      expect(run.code).toBe(0);
      const [report] = JSON.parse(run.stdout);
      expect(report).toMatchObject({ status: 'complete', width: 40, height: 40, channels: 2 });
      expect(report.outputs).toEqual([at('part_0.pgx'), at('part_1.pgx')]);
      const expected = decodeSync(lake, {
        region: { x: 200, y: 60, width: 80, height: 80 },
        reduce: 1,
        layers: 2,
        components: [2, 0],
        layout: 'planar',
      });
      for (const c of [0, 1]) {
        const pgx = readPgx(readFileSync(at(`part_${c}.pgx`)));
        expect(Array.from(pgx.data)).toEqual(Array.from(expected.planes![c]!.data));
      }
    });

    test.each(['pnm', 'ppm', 'pam', 'tif', 'raw', 'pgx'])('writes %s', async (format) => {
      const run = await jp2kit('decode', LAKE, '-o', at(`small.${format}`), '--reduce', '3');
      expect(run.stderr).toContain('120 × 75');
      expect(run.code).toBe(0);
      const names = readdirSync(folder).filter((name) => name.startsWith('small') && name.endsWith(`.${format}`));
      expect(names).toHaveLength(format === 'pgx' ? 3 : 1);
    });

    test('takes several files, into a folder or by a pattern', async () => {
      expect((await jp2kit('decode', LAKE, RELIEF, '-o', `${at('out')}/`, '--reduce', '4')).code).toBe(0);
      expect(readdirSync(at('out')).sort()).toEqual(['lake.png', 'relief.png']);
      expect((await jp2kit('decode', LAKE, RELIEF, '-o', at('p-{name}.pam'), '--reduce', '4')).code).toBe(0);
      expect(existsSync(at('p-lake.pam')) && existsSync(at('p-relief.pam'))).toBe(true);
    });

    test('ends with 3 for a truncated file, with its picture written', async () => {
      const run = await jp2kit('decode', at('half.jp2'), '-o', at('half.png'));
      expect(run.code).toBe(3);
      expect(run.stderr).toContain('parts missing');
      expect(decodePng(readFileSync(at('half.png'))).width).toBe(960);
    });

    test('ends with 2 under --strict, and leaves nothing behind', async () => {
      const run = await jp2kit('decode', at('half.jp2'), '-o', at('strict.png'), '--strict');
      expect(run.code).toBe(2);
      expect(readdirSync(folder).filter((name) => name.startsWith('strict'))).toEqual([]);
    });

    test('the worst of several files decides, and the good ones are written', async () => {
      const run = await jp2kit('decode', at('text.jp2'), at('half.jp2'), RELIEF, '-o', `${at('mixed')}/`, '--json');
      expect(run.code).toBe(2);
      expect(JSON.parse(run.stdout).map((r: { status: string }) => r.status)).toEqual([
        'failed',
        'partial',
        'complete',
      ]);
      expect(readdirSync(at('mixed')).sort()).toEqual(['half.png', 'relief.png']);
    });

    test('does not write progress where no terminal watches', async () => {
      const run = await jp2kit('decode', LAKE, '-o', at('quiet.png'));
      expect(run.stderr).not.toContain('\r');
    });
  });
});

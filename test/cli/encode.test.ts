/** Encoding as users do it: the built command line, its files read back by the library and by OpenJPEG. */
import { randomFillSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { readJp2File } from '../../src/codec/fileformat/jp2-file.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { readNow } from '../../src/codec/source.ts';
import { decodeSync, inspectSync } from '../../src/index.ts';
import { inRepository } from '../support/root.ts';
import { findTool, runTool } from '../support/tools.ts';
import { SRGB_PROFILE } from '../codec/colour/icc-bytes.ts';
import { hex } from '../codec/fileformat/box-bytes.ts';
import { whole } from '../codec/fileformat/icc-whole.ts';
import { requireCli, runCli } from './run-cli.ts';

const LAKE = inRepository('demo', 'samples', 'lake.jp2');
const RELIEF = inRepository('demo', 'samples', 'relief.jp2');

describe('jp2kit encode', () => {
  let folder: string;
  const at = (...parts: string[]): string => join(folder, ...parts);
  const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)));

  /** The boxes of a file; nothing about them may be worth a word. */
  const boxesOf = (name: string) => {
    const bytes = bytesOf(name);
    return readNow(readJp2File(new DiagnosticLog(true), DEFAULT_LIMITS, bytes.length), bytes);
  };

  /** Encodes, which has to work, and hands back what was said about it. */
  async function encoded(...args: string[]) {
    const run = await runCli(['encode', ...args]);
    expect(run).toMatchObject({ code: 0, stdout: '' });
    return run.stderr;
  }

  beforeAll(async () => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-encode-'));
    for (const format of ['png', 'tif', 'ppm', 'pam', 'pgx', 'raw']) {
      await runCli(['decode', LAKE, '-o', at(`lake.${format}`), '--reduce', '3']);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const lake = () => decodeSync(readFileSync(LAKE), { reduce: 3 });

  describe('reads', () => {
    test.each(['lake.png', 'lake.tif', 'lake.ppm', 'lake.pam'])('%s, and keeps every sample', async (name) => {
      const line = await encoded(at(name), '-o', at(`${name}.jp2`));
      expect(line).toMatch(/120 × 75 × 3, \d+ bytes, [\d.]+ bpp, [\d.]+:1, lossless, [\d.]+ s/);
      const found = decodeSync(bytesOf(`${name}.jp2`), { strict: true });
      expect(found.colour.space).toBe('srgb');
      expect(Buffer.from(found.data as Uint8Array).equals(Buffer.from(lake().data as Uint8Array))).toBe(true);
    });

    test('PGX files as the components of one picture', async () => {
      await encoded([0, 1, 2].map((k) => at(`lake_${k}.pgx`)).join(','), '-o', at('joined.jp2'));
      expect(decodeSync(bytesOf('joined.jp2')).data).toEqual(lake().data);
    });

    test('smaller components as subsampled ones', async () => {
      writeFileSync(at('y.pgx'), `PG ML + 8 6 4\n${'\x10'.repeat(24)}`, 'latin1');
      writeFileSync(at('c.pgx'), `PG ML + 8 3 2\n${'\x20'.repeat(6)}`, 'latin1');
      await encoded(['y', 'c', 'c'].map((name) => at(`${name}.pgx`)).join(','), '-o', at('420.jp2'));
      const info = inspectSync(bytesOf('420.jp2'));
      expect(info.components.map((c) => [c.dx, c.dy])).toEqual([
        [1, 1],
        [2, 2],
        [2, 2],
      ]);
      expect(info.colour.space).toBe('sycc');
    });

    test('raw samples that are described, in both spellings', async () => {
      const [size, commas] = ['120x75x3,8,unsigned,planar', '120,75,3,8,u'];
      for (const raw of [size, commas]) {
        await encoded(at('lake.raw'), '--raw', raw, '-o', at('raw.j2k'));
        expect(decodeSync(bytesOf('raw.j2k')).data).toEqual(lake().data);
      }
    });

    test('palettes as palettes', async () => {
      const data = Uint8Array.from({ length: 64 }, (_, k) => k & 3);
      const palette = [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [9, 9, 9],
      ];
      writeFileSync(at('palette.png'), encodePng({ width: 8, height: 8, data, channels: 1, depth: 8, palette }));
      await encoded(at('palette.png'), '-o', at('palette.jp2'));
      expect(boxesOf('palette.jp2').header?.palette?.numEntries).toBe(4);
      const expected = Array.from(data).flatMap((k) => palette[k]);
      expect(Array.from(decodeSync(bytesOf('palette.jp2')).data)).toEqual(expected);
      for (const args of [['--expand-palette'], ['--container', 'codestream'], ['--psnr', '60']]) {
        const said = await encoded(at('palette.png'), '-o', at('expanded.jp2'), ...args);
        const info = inspectSync(bytesOf('expanded.jp2'));
        expect([info.components.length, info.colour.palette]).toEqual([3, false]);
        expect(/palette is expanded/.test(said)).toBe(args[0] !== '--expand-palette');
      }
    });
  });

  describe('writes', () => {
    test('quality layers for a list, and says what became of them', async () => {
      const run = await runCli([
        'encode',
        at('lake.png'),
        '-o',
        at('layers.jp2'),
        '--bpp',
        '0.5,1,2',
        '--verify',
        '--json',
      ]);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      const [report] = JSON.parse(run.stdout);
      const bytes = bytesOf('layers.jp2').length;
      expect(report).toMatchObject({ width: 120, height: 75, components: 3, bytes, psnrMeasured: true });
      expect(report.layers).toHaveLength(3);
      expect(bytes).toBeLessThanOrEqual((2 * 120 * 75) / 8);
      expect(inspectSync(bytesOf('layers.jp2')).layers).toBe(3);
    });

    test('the coding that is asked for', async () => {
      await encoded(
        ...[at('lake.ppm'), '-o', at('coding.j2c'), '--wavelet', '9/7', '--psnr', '45', '--levels', '3'],
        ...['--progression', 'RPCL', '--tile', '64x64', '--code-block', '32x16', '--precincts', '64x64,32x32'],
        ...['--style', 'bypass,segmentation', '--tlm', '--plt', '--sop', '--eph', '--comment', 'by hand'],
      );
      expect(inspectSync(bytesOf('coding.j2c'), { index: true })).toMatchObject({
        container: 'codestream',
        levels: 3,
        progression: 'RPCL',
        reversible: false,
        tiles: { width: 64, height: 64, columns: 2, rows: 2 },
        codeBlock: { width: 32, height: 16 },
        markers: { tlm: true, plt: true, sop: true, eph: true },
        comments: ['by hand'],
      });
    });

    test('the boxes that are asked for, and those of the input', async () => {
      const id = '00112233-4455-6677-8899-aabbccddeeff';
      for (const [name, text] of [
        ['a.xml', '<a/>'],
        ['b.xmp', '<x/>'],
        ['c.gml', '<g/>'],
        ['d.bin', '12'],
      ]) {
        writeFileSync(at(name), text);
      }
      writeFileSync(at('p.icc'), whole(SRGB_PROFILE));
      await encoded(
        ...[at('lake.tif'), '-o', at('boxes.jp2'), '--icc', at('p.icc'), '--xml', at('a.xml'), '--xmp', at('b.xmp')],
        ...['--gml', at('c.gml'), '--uuid', `${id}:${at('d.bin')}`, '--display-resolution', '3000x2000'],
      );
      const { header, metadata, fileType } = boxesOf('boxes.jp2');
      expect(fileType?.compatible).toEqual(['jp2 ', 'jpx ']);
      expect(header?.colours[0]).toMatchObject({ method: 'restricted-icc', icc: whole(SRGB_PROFILE) });
      expect(header?.displayResolution).toEqual({ horizontal: 3000, vertical: 2000 });
      expect(header?.captureResolution?.horizontal).toBeCloseTo(72 / 0.0254, 6); // what our TIFF files say
      expect(metadata).toMatchObject({ xml: ['<a/>'], gml: '<g/>' });
      expect(metadata.uuids).toMatchObject([{ name: 'xmp' }, { id, data: hex('31 32') }]);
      await encoded(at('lake.tif'), '-o', at('bare.jp2'), '--strip');
      expect(boxesOf('bare.jp2').header?.captureResolution).toBeUndefined();
    });

    test('several inputs, to a folder or by a pattern', async () => {
      await encoded(at('lake_0.pgx'), at('lake.ppm'), '-o', `${at('out')}/`);
      expect(readdirSync(at('out')).sort()).toEqual(['lake.jp2', 'lake_0.jp2']);
      await encoded(at('lake_0.pgx'), at('lake.ppm'), '-o', at('p-{name}.j2k'));
      expect(inspectSync(bytesOf('p-lake_0.j2k')).components).toHaveLength(1);
    });

    test.skipIf(!findTool('opj_decompress'))('files that OpenJPEG decodes to the same samples', async () => {
      await encoded(at('lake.png'), '-o', at('opj.jp2'), '--tile', '50', '--layers', '3', '--progression', 'PCRL');
      await runTool('opj_decompress', ['-i', at('opj.jp2'), '-o', at('opj.ppm')]);
      const run = await runCli(['compare', at('opj.ppm'), at('lake.png')]);
      expect(run).toMatchObject({ code: 0 });
      expect(run.stdout).toContain('equal');
    });
  });

  describe('wrong calls end with 1 and say why', () => {
    test.each([
      [[], /no files/],
      [['lake.png'], /-o out.jp2/],
      [['lake.png', '-o', 'x.gif'], /no format "gif"/],
      [['lake.png', 'lake.ppm', '-o', 'x.jp2'], /several inputs/],
      [['lake.png', '-o', 'x.jp2', '--ratio', '20', '--psnr', '40'], /two kinds/],
      [['lake.png', '-o', 'x.jp2', '--raw', 'nonsense'], /--raw takes/],
      [['lake.png', '-o', 'x.jp2', '--icc', 'nowhere.icc'], /nowhere.icc/],
      [['lake.png', '-o', 'x.j2k', '--resolution', '300dpi'], /no room/],
      [['lake.png', '-o', 'x.jp2', '--levels', '40'], /levels/],
      [['lake.png', '-o', 'x.jp2', '--code-block', '48'], /code-?block/i],
      [['lake.png', '-o', 'x.jp2', '--colour', 'cmyk'], /4 channels/],
      [['lake.png', '-o', 'x.jp2', '--loud'], /loud/],
    ])('%j', async (args, message) => {
      const run = await runCli(['encode', ...args.map((arg) => (/^(lake|x)\./.test(arg) ? at(arg) : arg))]);
      expect(run.stderr).toMatch(message);
      expect(run.stderr).not.toContain('    at ');
      expect(run.code).toBe(1);
      expect(existsSync(at('x.jp2'))).toBe(false);
    });

    test('a result never overwrites its input, nor another result', async () => {
      const same = await runCli(['encode', at('lake.png'), at('lake.tif'), '-o', `${folder}/`]);
      expect(same).toMatchObject({ code: 1 });
      expect(same.stderr).toContain('both become');
      writeFileSync(at('in.jp2'), 'x');
      expect((await runCli(['encode', at('in.jp2'), '-o', at('in.jp2')])).stderr).toContain('overwritten');
    });
  });

  test('ends with 2 for inputs that cannot be read, and still does the others', async () => {
    writeFileSync(at('broken.png'), bytesOf('lake.png').subarray(0, 500));
    writeFileSync(at('text.txt'), 'not a picture');
    const inputs = [at('broken.png'), at('text.txt'), at('nowhere.png'), RELIEF, at('lake.ppm')];
    const run = await runCli(['encode', ...inputs, '-o', at('mixed-{name}.jp2'), '--json']);
    expect(run.code).toBe(2);
    const reports = JSON.parse(run.stdout);
    expect(reports.map((r: { error?: { message: string } }) => r.error?.message ?? 'fine')).toEqual([
      expect.stringContaining('broken.png'),
      expect.stringContaining('no PNG, TIFF'),
      expect.stringContaining('ENOENT'),
      expect.stringContaining('JPEG 2000 already'),
      'fine',
    ]);
    expect(readdirSync(folder).filter((name) => name.startsWith('mixed-'))).toEqual(['mixed-lake.jp2']);
  });

  test('an interrupt leaves nothing behind and ends with 2', async () => {
    writeFileSync(at('noise.raw'), randomFillSync(new Uint8Array(2 * 5000 * 5000)));
    const args = ['encode', at('noise.raw'), '--raw', '5000x5000,16', '-o', `${at('cut')}/one.jp2`];
    const run = await runCli(args, (child) => void setTimeout(() => child.kill('SIGINT'), 1500));
    expect(run).toMatchObject({ code: 2 });
    expect(run.stderr).toContain('interrupted');
    expect(existsSync(at('cut')) ? readdirSync(at('cut')) : []).toEqual([]);
  });
});

/** `jp2kit transcode`, run as users run it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSync, inspectSync, transcodeSync } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';
import { requireCli, runCli } from './run-cli.ts';

const jp2kit = (...args: string[]) => runCli(args);

describe('jp2kit transcode', () => {
  let folder: string;
  const at = (...parts: string[]): string => join(folder, ...parts);
  const read = (...parts: string[]): Uint8Array => new Uint8Array(readFileSync(at(...parts)));

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-transcode-'));
    for (const name of ['tiles-offsets-53', 'layers-lrcp-53', 'poc-53', 'precincts-rpcl-plt-tlm-53']) {
      writeFileSync(at(`${name}.j2k`), fixture(name));
    }
    writeFileSync(at('cut.j2k'), fixture('tiles-offsets-53').subarray(0, 5000));
    writeFileSync(at('text.j2k'), 'not a picture');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('writes what the library writes, and sums up what it did', async () => {
    const run = await jp2kit(
      'transcode',
      at('layers-lrcp-53.j2k'),
      '-o',
      at('a.j2k'),
      '--progression',
      'cprl',
      '--plt',
      '--eph',
    );
    expect(run).toMatchObject({ code: 0, stdout: '' });
    expect(run.stderr).toMatch(/a\.j2k: \d+ → \d+ bytes, \d+ packets, 1 tile in 1 part, \d\.\d\d s\n$/);
    const expected = transcodeSync(fixture('layers-lrcp-53'), {
      progression: 'CPRL',
      markers: { plt: true, eph: true },
    });
    expect(read('a.j2k')).toEqual(expected.data);
  });

  test('takes every option to the library', async () => {
    const source = at('tiles-offsets-53.j2k');
    const cases: [string[], (file: Uint8Array) => void][] = [
      [['--crop', '1,0,1,1'], (file) => expect(inspectSync(file).tiles).toMatchObject({ columns: 1, rows: 1 })],
      [
        ['--reduce', '1'],
        (file) => expect(inspectSync(file).levels).toBe(inspectSync(fixture('tiles-offsets-53')).levels - 1),
      ],
      [['--poc', '0-1:*:*:RLCP/*:*:*:PCRL'], (file) => expect(inspectSync(file).markers.poc).toBe(true)],
      [
        ['--precincts', '256x256,128x128'],
        (file) => expect(inspectSync(file).precincts.at(-1)).toEqual({ width: 256, height: 256 }),
      ],
      [['--insert-layers', '3'], (file) => expect(inspectSync(file).layers).toBe(3)],
      [['--tiles', '0', '--tlm'], (file) => expect(inspectSync(file).markers.tlm).toBe(true)],
      [['--tile-parts', 'R', '--sop'], (file) => expect(inspectSync(file).markers.sop).toBe(true)],
      [
        ['--components', '0,1,2', '--container', 'jp2', '--metadata', 'drop'],
        (file) => expect(inspectSync(file).container).toBe('jp2'),
      ],
    ];
    for (const [args, check] of cases) {
      const run = await jp2kit('transcode', source, '-o', at('case.j2k'), ...args);
      expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('case.j2k')]);
      check(read('case.j2k'));
      expect(decodeSync(read('case.j2k')).status).toBe('complete');
    }
  });

  test('takes marker segments away', async () => {
    await jp2kit('transcode', at('precincts-rpcl-plt-tlm-53.j2k'), '-o', at('bare.j2k'), '--no-tlm', '--no-plt');
    expect(inspectSync(read('bare.j2k'), { index: true }).markers).toMatchObject({ tlm: false, plt: false });
  });

  test('works through many files with their indexes, and reports as JSON', async () => {
    const inputs = [at('tiles-offsets-53.j2k'), at('poc-53.j2k'), at('text.j2k')];
    expect((await jp2kit('index', inputs[0]!, inputs[1]!, '-o', at('indexes/'))).code).toBe(0);
    const args = ['--progression', 'RPCL', '--index', at('indexes', '{name}.idx'), '--json'];
    const run = await jp2kit('transcode', ...inputs, '-o', `${at('many')}/`, ...args);
    expect(run.code).toBe(2);
    const reports = JSON.parse(run.stdout);
    expect(reports).toMatchObject([{ status: 'complete' }, { status: 'complete' }, { error: expect.anything() }]);
    expect(reports[0].bytesIn).toBe(fixture('tiles-offsets-53').length);
    expect(readdirSync(at('many')).sort()).toEqual(['poc-53.jp2', 'tiles-offsets-53.jp2']);
    expect(inspectSync(read('many', 'poc-53.jp2')).progression).toBe('RPCL');
  });

  test('says with its exit code that packets were missing, and with --strict leaves no file', async () => {
    const run = await jp2kit('transcode', at('cut.j2k'), '-o', at('part.j2k'));
    expect(run.code).toBe(3);
    expect(run.stderr).toContain('packets were missing');
    expect(decodeSync(read('part.j2k')).status).toBe('complete');
    const strict = await jp2kit('transcode', at('cut.j2k'), '-o', at('strict.j2k'), '--strict');
    expect(strict.code).toBe(2);
    expect(existsSync(at('strict.j2k'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test.each([
    [[], /say where to write/],
    [['-o', 'x.png'], /no format "png"/],
    [['-o', 'x.j2k', '--progression', 'ABCD'], /--progression takes LRCP/],
    [['-o', 'x.j2k', '--crop', '1,2,3'], /--crop takes 4 whole numbers/],
    [['-o', 'x.j2k', '--components', '7'], /component 7 was asked for/],
    [['-o', 'x.j2k', '--pog', '1'], /Unknown option/],
  ])('complains about wrong calls: %j', async (args, message) => {
    const run = await jp2kit(
      'transcode',
      at('poc-53.j2k'),
      ...args.map((arg) => (arg.startsWith('x.') ? at(arg) : arg)),
    );
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(message);
  });
});

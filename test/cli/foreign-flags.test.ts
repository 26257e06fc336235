import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { ENCODE_FLAGS, encodeOptionsOf } from '../../src/cli/encode-options.ts';
import { EQUIVALENTS, equivalentsTable, refuseForeignFlags } from '../../src/cli/foreign-flags.ts';

function complaint(...args: string[]): string | undefined {
  try {
    refuseForeignFlags(args);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

const examples = EQUIVALENTS.flatMap(({ ours, opj, kdu }) =>
  [opj, kdu].flatMap((theirs) => (theirs === undefined ? [] : [[theirs, ours]])),
);

describe('every flag of the table', () => {
  test.each(examples)('%s is answered with %s', (theirs, ours) => {
    const [flag] = ours.split(' ');
    const [word] = theirs.split(/[ =]/);
    const found = complaint('in.png', ...theirs.split(' '), '-o', 'out.jp2');
    const isSwitch = theirs.split(' ').length === 1 && !theirs.includes('=');
    if (!ours.startsWith('-')) expect(found).toBe(`${word} is not needed here: ${ours}`);
    else expect(found).toBe(isSwitch ? `${word} is ${ours} here` : `${word} is ${flag} here: ${ours}`);
  });

  test.each(EQUIVALENTS.map(({ ours }) => ours))('%s is a call that we understand', (ours) => {
    const { values } = parseArgs({ args: ours.split(' '), options: ENCODE_FLAGS, allowPositionals: true });
    expect(() => encodeOptionsOf(values, () => new Uint8Array(0))).not.toThrow();
    expect(complaint(...ours.split(' '))).toBeUndefined();
  });

  test('is in the help', () => {
    expect(equivalentsTable()).toMatch(/^ +here +opj_compress +kdu_compress$/m);
    expect(equivalentsTable()).toMatch(/^ +--code-block 64x32 +-b 64,32 +Cblk=\{32,64\}$/m);
  });
});

test('all of a line are answered at once', () => {
  expect(complaint('-i', 'a.png', '-o', 'a.jp2', '-r', '20,10,1', '-n', '6', '-I', '-SOP')?.split('\n')).toEqual([
    '-i is not needed here: a.png',
    '-r is --ratio here: --ratio 20,10,lossless',
    '-n is --resolutions here: --resolutions 6',
    '-I is --wavelet 9/7 here',
    '-SOP is --sop here',
  ]);
});

test.each([
  [['-c', '[128,128]'], '-c is --precincts here: --precincts 128x128'],
  [['-r', '20'], '-r is --ratio here: --ratio 20'],
  [['-r', '1'], '-r is --ratio here: --ratio lossless'],
  [['-r'], '-r is --ratio here'],
  [['-M', '0'], '-M is not needed here'],
  [['-rate', '-,0.5'], '-rate is --bpp here: --bpp 0.5,lossless'],
  [['Creversible=yes'], 'Creversible is --wavelet here: --wavelet 5/3'],
  [['Cuse_sop=no'], 'Cuse_sop is not needed here'],
  [['Sprofile=CINEMA2K'], 'Sprofile is --profile here: --profile cinema2k'],
  [['-tile', '64x64'], '-tile is --tile here'],
])('%j', (args, message) => {
  expect(complaint('in.png', ...args)).toBe(message);
});

test.each(['Qstep=0.01', 'Rshift=12', 'Clevels:T0=3', 'ORGgen_plm=yes'])('%s has no equivalent', (word) => {
  expect(complaint('in.png', word)).toMatch(/is a parameter of kdu_compress and has no equivalent/);
});

test.each([
  ['in.png', '-o', 'out.jp2', '--ratio', '20'],
  ['-oout.jp2', 'in.png'],
  ['in.png', '--comment', 'Clevels=5'],
  ['in.png', '--comment=-r'],
  ['a=b.png', 'Picture=1'],
  ['in.png', 'Summer=1.png'],
  ['--', '-r'],
  ['-z'],
])('%s %s is left to others', (...args) => {
  expect(complaint(...args)).toBeUndefined();
});

describe('a file that is called like a parameter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jp2kit-flags-'));
  const before = process.cwd();
  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });

  test('is a file', () => {
    process.chdir(folder);
    expect(complaint('Clevels=5')).toMatch(/--levels 5/);
    writeFileSync('Clevels=5', '');
    expect(complaint('Clevels=5')).toBeUndefined();
  });
});

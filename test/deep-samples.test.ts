/** Samples deeper than 16 bits come through without loss, and are refused beyond what is carried. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeSync } from '../src/index.ts';
import { writePgx } from './support/pgx.ts';
import { randomFrom } from './support/random.ts';
import { describeTools } from './support/shared.ts';
import { runTool } from './support/tools.ts';

describeTools(['opj_compress'], 'deep samples', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jp2kit-deep-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A picture with the extremes of its depth, encoded without loss by OpenJPEG. */
  async function encode(precision: number): Promise<{ data: Int32Array; bytes: Uint8Array }> {
    const random = randomFrom(precision);
    const data = Int32Array.from({ length: 64 * 48 }, (_, k) => {
      if (k % 64 < 4) return k & 1 ? 2 ** precision - 1 : 0;
      return Math.floor(((k % 64) / 64) * 2 ** precision * (0.8 + 0.2 * random.next()));
    });
    const path = join(folder, String(precision));
    await writeFile(`${path}.pgx`, writePgx({ width: 64, height: 48, precision, signed: false, data }));
    const run = await runTool('opj_compress', ['-i', `${path}.pgx`, '-o', `${path}.j2k`, '-n', '4']);
    expect(run.ok, run.output).toBe(true);
    return { data, bytes: new Uint8Array(await readFile(`${path}.j2k`)) };
  }

  // OpenJPEG's encoder shifts by six bits inside 32, so it cannot write more than 25
  test.each([17, 18, 20, 22, 24, 25])('of %i bits are decoded without loss', async (precision) => {
    const { data, bytes } = await encode(precision);
    const image = decodeSync(bytes, { colour: 'native' });
    expect(image).toMatchObject({ precision, signed: false, status: 'complete' });
    expect(Array.from(image.data)).toEqual(Array.from(data));
  });

  test('keep their sign', async () => {
    const { data, bytes } = await encode(24);
    bytes[42]! |= 128; // Ssiz: the same numbers, now signed and so without a level shift (A.5.1, G.1)
    const image = decodeSync(bytes, { colour: 'native' });
    expect(image.signed).toBe(true);
    expect(Array.from(image.data)).toEqual(Array.from(data, (value) => value - 2 ** 23));
  });

  test('beyond 28 bits are refused with a typed error', async () => {
    const { bytes } = await encode(20);
    bytes[42] = 29 - 1; // Ssiz of the only component: depth minus one (A.5.1)
    expect(() => decodeSync(bytes)).toThrow(expect.objectContaining({ kind: 'unsupported', code: 'sample-depth' }));
  });
});

/** Damaged pictures of other formats: a picture or an error, in bounded time, never anything else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writePgx } from '../../src/cli/formats/pgx.ts';
import { writePng } from '../../src/cli/formats/png.ts';
import { writePam, writePnm } from '../../src/cli/formats/pnm.ts';
import { writeTiff } from '../../src/cli/formats/tiff.ts';
import { componentsOf } from '../../src/cli/formats/input-picture.ts';
import { readPictureBytes } from '../../src/cli/read-picture.ts';
import { picture } from './formats/pictures.ts';
import { tiffBytes } from './formats/tiff-bytes.ts';

const samples = (count: number) => Uint8Array.from({ length: count }, (_, k) => (k * 89) % 256);
const rgb = picture(9, 7, samples(189));
const grey = picture(9, 7, samples(63));
const packed = { width: 9, height: 7, count: 1, bits: 8, samples: Array.from(samples(63)), tile: 16 };

const FILES: Readonly<Record<string, Uint8Array>> = {
  png: writePng(rgb)[0].bytes,
  pam: writePam(rgb)[0].bytes,
  pgm: writePnm(grey)[0].bytes,
  pgx: writePgx(grey)[0].bytes,
  tiff: writeTiff(rgb)[0].bytes,
  'lzw tiles': tiffBytes({ ...packed, compression: 'lzw', bigEndian: true }),
  'deflated tiles': tiffBytes({ ...packed, compression: 'deflate', predictor: true }),
};

/** Pictures above this size are made of damage, and would only take memory. */
const MOST = 1 << 24;

async function tryToRead(bytes: Uint8Array): Promise<void> {
  try {
    const { image } = await readPictureBytes(bytes);
    for (const { width, height, data } of componentsOf(image)) expect(data.length).toBe(width * height);
  } catch (error) {
    if (error instanceof Error && error.name === 'AssertionError') throw error;
    // one of the libraries throws plain text
    expect(error instanceof Error ? error.message : error).toMatch(/\S/);
  }
}

test.each(Object.keys(FILES))('a %s cut anywhere', async (name) => {
  const bytes = FILES[name];
  for (let length = 0; length < bytes.length; length++) await tryToRead(bytes.slice(0, length));
});

test.each(Object.keys(FILES))('a %s with bytes that are others', async (name) => {
  const bytes = FILES[name];
  const change = fc.record({ at: fc.nat({ max: bytes.length - 1 }), value: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const damaged = bytes.slice();
      for (const { at, value } of changes) damaged[at] = value;
      if (claimedSize(damaged) <= MOST) await tryToRead(damaged);
    }),
    { numRuns: 300 },
  );
});

/** Samples that a PNG or a TIFF of these files claims to have; 0 for others, which know how much they hold. */
function claimedSize(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes[0] === 0x89 ? view.getUint32(16) * view.getUint32(20) : 0;
}

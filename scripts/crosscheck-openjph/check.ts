/** One cross-check of the decoder with OpenJPH's encoder, from picture to verdict. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planesOf } from '../../conformance/decode-case.ts';
import { decodeSync } from '../../src/index.ts';
import { decodeWithOpenJpeg } from '../../test/support/openjpeg.ts';
import { decodeWithOpenJph } from '../../test/support/openjph.ts';
import type { PgxImage } from '../../test/support/pgx.ts';
import { runTool } from '../../test/support/tools.ts';
import { randomFrom } from '../../test/support/random.ts';
import { allowedOf, differenceOf, hasEmptyLevel, hasEmptyLowest } from '../crosscheck-encoder/check.ts';
import { makeOpenJphCase, type OpenJphCase } from './cases.ts';

/** How a case went: `refused` is what `ojph_compress` does not write, `unconfirmed` what no other decoder reads. */
export interface OpenJphVerdict {
  readonly item: OpenJphCase;
  readonly outcome: 'same' | 'unconfirmed' | 'refused' | 'different';
  readonly details: readonly string[];
  readonly file?: Uint8Array;
}

/** Decoders may round to the other side where filters are of floats; of OpenJPEG see `allowedOf` of the encoder's cross-check. */
const ROUNDING = () => 1;

/** Encodes with `ojph_compress`, decodes with us, with `ojph_expand` and with `opj_decompress`, compares. */
export async function checkOpenJph(seed: number, number: number): Promise<OpenJphVerdict> {
  const item = makeOpenJphCase(seed, number);
  const originals = makeOriginals(item);
  const written = await compress(item, originals);
  if (typeof written === 'string') return { item, outcome: 'refused', details: [written] };
  const details: string[] = [];
  let confirmed = false;
  // it takes signed raw samples for unsigned ones, and cuts them off, before they are coded
  const lossless = item.reversible && !item.signed;
  try {
    const ours = planesOf(decodeSync(written, { colour: 'native', layout: 'planar', strict: true }));
    if (lossless) details.push(...said('the picture', differenceOf(ours, originals)));
    const [opj, ojph] = await Promise.all([
      decodeWithOpenJpeg(written).catch((error: unknown) => String(error)),
      decodeWithOpenJph(written).catch((error: unknown) => String(error)),
    ]);
    if (typeof opj !== 'string') {
      details.push(...said('opj_decompress', differenceOf(ours, opj, item.reversible ? undefined : allowedOf)));
    }
    // some pictures of its own it does not decode, or not right (see the exclusions of the encoder's cross-check)
    const trusted = typeof ojph !== 'string' && !item.signed && !hasEmptyLevel(written) && !hasEmptyLowest(written);
    if (trusted) details.push(...said('ojph_expand', differenceOf(ours, ojph, item.reversible ? undefined : ROUNDING)));
    confirmed = lossless || trusted || typeof opj !== 'string';
  } catch (error) {
    details.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    item,
    outcome: details.length > 0 ? 'different' : confirmed ? 'same' : 'unconfirmed',
    details,
    file: written,
  };
}

function said(by: string, difference: string | undefined): string[] {
  return difference === undefined ? [] : [`${by}: ${difference}`];
}

function makeOriginals({ seed, width, height, precision, signed, distances, origin }: OpenJphCase): PgxImage[] {
  const random = randomFrom(seed);
  const noise = random.pick([0.02, 0.3, 1]);
  const [fx, fy] = [random.next() * 0.4, random.next() * 0.4];
  const low = signed ? -(2 ** (precision - 1)) : 0;
  return distances.map(([dx, dy], c) => {
    const wide = Math.ceil((origin[0] + width) / dx) - Math.ceil(origin[0] / dx);
    const high = Math.ceil((origin[1] + height) / dy) - Math.ceil(origin[1] / dy);
    const data = Int32Array.from({ length: wide * high }, (_, k) => {
      const wave = 0.5 + 0.4 * Math.sin((k % wide) * fx + Math.floor(k / wide) * fy + c);
      return low + Math.floor((2 ** precision - 1) * (wave * (1 - noise) + noise * random.next()));
    });
    return { width: wide, height: high, precision, signed, data };
  });
}

/** The codestream, or what `ojph_compress` said. */
async function compress(item: OpenJphCase, planes: readonly PgxImage[]): Promise<Uint8Array | string> {
  const folder = await mkdtemp(join(tmpdir(), 'jp2kit-ojph-'));
  try {
    const output = join(folder, 'out.j2c');
    // a component transform is for PPM only, everything else comes raw
    const input = join(folder, item.colourTransform ? 'in.ppm' : 'in.yuv');
    await writeFile(input, item.colourTransform ? ppmOf(planes) : rawOf(planes));
    const format = item.colourTransform
      ? []
      : [
          ...['-dims', `{${item.width},${item.height}}`],
          ...['-num_comps', String(planes.length)],
          ...['-signed', planes.map(() => String(item.signed)).join(',')],
          ...['-bit_depth', planes.map(() => String(item.precision)).join(',')],
          ...['-downsamp', item.distances.map(([x, y]) => `{${x},${y}}`).join(',')],
        ];
    const run = await runTool('ojph_compress', ['-i', input, '-o', output, ...item.args, ...format]);
    if (!run.ok) return run.output.trim().split('\n').pop() ?? '';
    return new Uint8Array(await readFile(output));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rawOf(planes: readonly PgxImage[]): Uint8Array {
  return Buffer.concat(
    planes.map(({ data, precision }) => {
      if (precision <= 8) return Buffer.from(Int8Array.from(data).buffer);
      return Buffer.from(Int16Array.from(data).buffer);
    }),
  );
}

function ppmOf(planes: readonly PgxImage[]): Uint8Array {
  const [{ width, height, precision }] = planes as [PgxImage];
  const size = precision <= 8 ? 1 : 2;
  const body = Buffer.alloc(3 * size * width * height);
  planes.forEach(({ data }, c) => {
    data.forEach((v, k) => {
      if (size === 1) body.writeUInt8(v, 3 * k + c);
      else body.writeUInt16BE(v, 2 * (3 * k + c));
    });
  });
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n${2 ** precision - 1}\n`), body]);
}

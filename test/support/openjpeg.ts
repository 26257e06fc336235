/**
 * OpenJPEG's decoder as an oracle: a codestream in, its components as plain integers out.
 *
 * Two habits of `opj_decompress` have to be worked around so that it returns what the codestream stores. It takes three
 * components, the last two with half the width, for YCC and converts them to RGB, so these are asked for one by one;
 * and it applies palettes and colour spaces of JP2 files, so the bare codestream is handed to it.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PgxImage, readPgx } from './pgx.ts';
import { runTool } from './tools.ts';

/** What to ask of the oracle. */
export interface OracleOptions {
  readonly reduce?: number;
  readonly layers?: number;
}

/** Decodes a bare codestream with `opj_decompress`; throws with its output when it refuses. */
export async function decodeWithOpenJpeg(codestream: Uint8Array, options: OracleOptions = {}): Promise<PgxImage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'jp2kit-opj-'));
  try {
    const input = join(folder, 'in.j2k');
    await writeFile(input, codestream);
    const common = ['-i', input];
    if (options.reduce) common.push('-r', String(options.reduce));
    if (options.layers) common.push('-l', String(options.layers));
    const { count, oneByOne } = readSiz(codestream);
    const requests = oneByOne ? Array.from({ length: count }, (_, c) => ['-c', String(c)]) : [[]];
    const planes: PgxImage[] = [];
    for (const [k, request] of requests.entries()) {
      const run = await runTool('opj_decompress', [...common, '-o', join(folder, `out${k}.pgx`), ...request]);
      const names = (await readdir(folder)).filter((name) => name.startsWith(`out${k}_`) && name.endsWith('.pgx'));
      if (names.length === 0) throw new Error(`opj_decompress: ${run.output.trim().split('\n').pop()}`);
      names.sort((a, b) => indexOf(a) - indexOf(b));
      for (const name of names) planes.push(readPgx(await readFile(join(folder, name))));
    }
    return planes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Decodes a bare codestream with `grk_decompress`, a second opinion; nothing when it refuses. */
export async function decodeWithGrok(codestream: Uint8Array, options: OracleOptions = {}): Promise<PgxImage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'jp2kit-grk-'));
  try {
    const input = join(folder, 'in.j2k');
    await writeFile(input, codestream);
    const args = ['-i', input, '-o', join(folder, 'out.pgx'), '-H', '1'];
    if (options.reduce) args.push('-r', String(options.reduce));
    if (options.layers) args.push('-l', String(options.layers));
    await runTool('grk_decompress', args);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.pgx'));
    names.sort((a, b) => indexOf(a) - indexOf(b));
    return await Promise.all(names.map(async (name) => readPgx(await readFile(join(folder, name)))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The number of components, and whether OpenJPEG would take them for subsampled YCC. */
function readSiz(codestream: Uint8Array): { count: number; oneByOne: boolean } {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const count = view.getUint16(40);
  const xrsiz = [0, 1, 2].map((c) => (c < count ? view.getUint8(42 + 3 * c + 1) : 0));
  return { count, oneByOne: count === 3 && xrsiz[0] === 1 && xrsiz[1] === 2 && xrsiz[2] === 2 };
}

function indexOf(name: string): number {
  return Number(/_(\d+)\.pgx$/.exec(name)?.[1] ?? 0);
}

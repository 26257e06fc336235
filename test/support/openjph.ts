/**
 * OpenJPH's decoder as an oracle for high-throughput code-blocks: a codestream in, its components as plain integers out.
 *
 * Its raw output has one component after the other, each on its own grid, in one byte a sample up to 8 bits and two (little-endian)
 * above. It says nothing of sizes and formats, so these are taken from SIZ. A component transform has to be undone, which it does for
 * PPM only.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PgxImage } from './pgx.ts';
import { runTool } from './tools.ts';

/** Decodes a bare codestream with `ojph_expand`; throws with its output when it refuses. */
export async function decodeWithOpenJph(codestream: Uint8Array): Promise<PgxImage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'jp2kit-ojph-'));
  try {
    const rgb = hasTransform(codestream);
    const [input, output] = [join(folder, 'in.j2c'), join(folder, rgb ? 'out.ppm' : 'out.raw')];
    await writeFile(input, codestream);
    const run = await runTool('ojph_expand', ['-i', input, '-o', output]);
    if (!run.ok) throw new Error(`ojph_expand: ${run.output.trim().split('\n').pop()}`);
    const written = new Uint8Array(await readFile(output));
    return rgb ? planesOfPpm(codestream, written) : planesOf(codestream, written);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** SGcod says whether there is a component transform (15444-1 Table A.14). */
function hasTransform(codestream: Uint8Array): boolean {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  let at = 2;
  while (view.getUint16(at) !== 0xff52) at += 2 + view.getUint16(at + 2);
  return view.getUint8(at + 8) !== 0;
}

/** Three components of one size, sample by sample, in two bytes (big-endian) above 8 bits. */
function planesOfPpm(codestream: Uint8Array, ppm: Uint8Array): PgxImage[] {
  const header = /^P6\s+(\d+)\s+(\d+)\s+(\d+)\s/.exec(new TextDecoder('latin1').decode(ppm.subarray(0, 40)))!;
  const [width, height, most] = header.slice(1).map(Number) as [number, number, number];
  const samples = new DataView(ppm.buffer, ppm.byteOffset + header[0].length);
  const ssiz = codestream[42]!;
  const [precision, signed] = [(ssiz & 127) + 1, ssiz >= 128];
  return [0, 1, 2].map((c) => {
    const data = new Int32Array(width * height);
    for (let k = 0; k < data.length; k++) {
      data[k] = most > 255 ? samples.getUint16(2 * (3 * k + c)) : samples.getUint8(3 * k + c);
    }
    return { width, height, precision, signed, data };
  });
}

function planesOf(codestream: Uint8Array, raw: Uint8Array): PgxImage[] {
  const siz = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const samples = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  let at = 0;
  return Array.from({ length: siz.getUint16(40) }, (_, c): PgxImage => {
    const [ssiz, dx, dy] = [0, 1, 2].map((k) => siz.getUint8(42 + 3 * c + k)) as [number, number, number];
    const [precision, signed] = [(ssiz & 127) + 1, ssiz >= 128];
    const width = Math.ceil(siz.getUint32(8) / dx) - Math.ceil(siz.getUint32(16) / dx);
    const height = Math.ceil(siz.getUint32(12) / dy) - Math.ceil(siz.getUint32(20) / dy);
    const data = new Int32Array(width * height);
    for (let k = 0; k < data.length; k++) {
      if (precision > 8) data[k] = signed ? samples.getInt16(at, true) : samples.getUint16(at, true);
      else data[k] = signed ? samples.getInt8(at) : samples.getUint8(at);
      at += precision > 8 ? 2 : 1;
    }
    return { width, height, precision, signed, data };
  });
}

/**
 * Running the native encoders, and making sure that they encoded what was asked: both know options that they silently
 * change, so the headers of the result are read back with a reader that owes nothing to the library.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePgx } from '../../test/support/pgx.ts';
import { runTool } from '../../test/support/tools.ts';
import { type CrosscheckCase, PROGRESSIONS } from './cases.ts';

/** A codestream, and where it departs from what was asked. */
export interface Encoded {
  readonly codestream: Uint8Array;
  readonly departures: readonly string[];
}

/** Encodes a case; nothing when the encoder refuses. */
export async function encodeCase(item: CrosscheckCase, planes: readonly Int32Array[]): Promise<Encoded | string> {
  const folder = await mkdtemp(join(tmpdir(), 'jp2kit-cross-'));
  try {
    const { width, height, precision, signed, components, subsampling } = item.picture;
    const [sx, sy] = subsampling[0]!;
    const throughPgx = components === 1 && sx * sy > 1; // its reader confuses x and y offsets, so these have none
    const input = join(folder, throughPgx ? 'in.pgx' : 'in.rawl');
    const output = join(folder, 'out.j2k');
    const args = ['-i', input, '-o', output, ...argumentsOf(item)];
    if (throughPgx) {
      const [w, h] = [Math.ceil(width / sx), Math.ceil(height / sy)];
      await writeFile(input, writePgx({ width: w, height: h, precision, signed, data: planes[0]! }));
    } else {
      await writeFile(input, rawLittleEndian(planes, precision));
      const grids = subsampling.map(([dx, dy]) => `${dx}x${dy}`).join(':');
      args.push('-F', `${width},${height},${components},${precision},${signed ? 's' : 'u'}@${grids}`);
    }
    const run = await runTool(item.encoder, args);
    const codestream = await readFile(output).catch(() => undefined);
    if (!run.ok || codestream === undefined || codestream.length === 0) {
      return run.output.trim().split('\n').slice(-2).join(' ') || `exit ${run.code}`;
    }
    return { codestream: new Uint8Array(codestream), departures: departuresOf(item, codestream) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The options as the encoders take them; both use the same words except for a few. */
export function argumentsOf({ encoder, picture, coding }: CrosscheckCase): string[] {
  const grok = encoder === 'grk_compress';
  const args = ['-p', coding.progression, '-n', String(coding.numResolutions), '-b', coding.codeBlock.join(',')];
  const [sx, sy] = picture.subsampling[0]!;
  if (sx * sy > 1) args.push('-s', `${sx},${sy}`); // one component; several have their grids in the raw format
  if (coding.style) args.push('-M', String(coding.style));
  if (coding.irreversible) args.push('-I');
  if (picture.components >= 3) args.push(grok ? '-Y' : '-mct', coding.mct ? '1' : '0');
  if (coding.tile) args.push('-t', coding.tile.join(','));
  if (coding.offset.some((o) => o > 0)) args.push('-d', coding.offset.join(','));
  if (coding.tileOffset.some((o) => o > 0)) args.push('-T', coding.tileOffset.join(','));
  if (coding.precincts.length > 0) args.push('-c', coding.precincts.map((p) => `[${p.join(',')}]`).join(','));
  if (coding.ratios.length > 1 || coding.ratios[0] !== 1) args.push('-r', coding.ratios.join(','));
  if (coding.sop) args.push(grok ? '-S' : '-SOP');
  if (coding.eph) args.push(grok ? '-E' : '-EPH');
  if (coding.plt) args.push(grok ? '-L' : '-PLT');
  if (coding.tlm) args.push('-TLM');
  if (coding.tileParts) args.push(grok ? '-u' : '-TP', coding.tileParts);
  if (coding.roiShift) args.push('-ROI', `c=0,U=${coding.roiShift}`);
  if (coding.poc) {
    const { numResolutions: n } = coding;
    const half = Math.floor(n / 2);
    const c = picture.components;
    args.push('-POC', `T1=0,0,1,${half},${c},RLCP/T1=${half},0,1,${n},${c},CPRL`);
  }
  if (grok) args.push('-H', '1');
  return args;
}

function rawLittleEndian(planes: readonly Int32Array[], precision: number): Uint8Array {
  const size = precision <= 8 ? 1 : 2;
  const bytes = new Uint8Array(planes.reduce((sum, p) => sum + p.length, 0) * size);
  let at = 0;
  for (const plane of planes) {
    for (const value of plane) {
      bytes[at++] = value & 255;
      if (size === 2) bytes[at++] = (value >> 8) & 255;
    }
  }
  return bytes;
}

/** What the main header says differently from the case (SIZ and COD; 15444-1 A.5.1 and A.6.1). */
function departuresOf({ picture, coding }: CrosscheckCase, codestream: Uint8Array): string[] {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const departures: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (String(found) !== String(wanted)) departures.push(`${what} is ${found} instead of ${wanted}`);
  };
  const u32 = (at: number): number => view.getUint32(at);
  const [xosiz, yosiz] = [u32(16), u32(20)];
  expect('image offset', [xosiz, yosiz], coding.offset);
  expect('size', [u32(8) - xosiz, u32(12) - yosiz], [picture.width, picture.height]);
  if (coding.tile) expect('tile size', [u32(24), u32(28)], coding.tile);
  expect('tile offset', [u32(32), u32(36)], coding.tileOffset);
  expect('number of components', view.getUint16(40), picture.components);
  const ssiz = (picture.precision - 1) | (picture.signed ? 128 : 0);
  picture.subsampling.forEach((grid, c) => {
    const at = 42 + 3 * c;
    expect(
      `component ${c}`,
      [0, 1, 2].map((k) => view.getUint8(at + k)),
      [ssiz, ...grid],
    );
  });
  let at = 2;
  while (view.getUint16(at) !== 0xff52) at += 2 + view.getUint16(at + 2);
  const scod = view.getUint8(at + 4);
  expect('SOP and EPH', scod & 6, (coding.sop ? 2 : 0) | (coding.eph ? 4 : 0));
  if (!coding.poc) expect('progression', PROGRESSIONS[view.getUint8(at + 5)], coding.progression);
  expect('number of layers', view.getUint16(at + 6), coding.ratios.length);
  if (picture.components >= 3) expect('component transform', view.getUint8(at + 8), coding.mct ? 1 : 0);
  expect('decomposition levels', view.getUint8(at + 9), coding.numResolutions - 1);
  expect('code-block size', [4 << view.getUint8(at + 10), 4 << view.getUint8(at + 11)], coding.codeBlock);
  expect('code-block style', view.getUint8(at + 12), coding.style);
  expect('filter', view.getUint8(at + 13), coding.irreversible ? 0 : 1);
  expect('precincts', scod & 1, coding.precincts.length > 0 ? 1 : 0);
  return departures;
}

/** CAP against the streams of others (15444-15 A.3): what is worked out from a codestream's own headers is what it says. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capOf } from '../../../src/codec/codestream/cap.ts';
import { type MainHeader, readMainHeader } from '../../../src/codec/codestream/main-header.ts';
import {
  joinTileHeaders,
  type TileHeader,
  tileComponentParametersOf,
} from '../../../src/codec/codestream/coding-parameters.ts';
import { readSot, readTilePart, type TilePart } from '../../../src/codec/codestream/tile-part.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { ReadWindow } from '../../../src/codec/read-window.ts';
import { readNow } from '../../../src/codec/source.ts';
import { encodeSync } from '../../../src/index.ts';
import { describeShared, describeTools, sharedPath } from '../../support/shared.ts';
import { runTool } from '../../support/tools.ts';

function mainOf(bytes: Uint8Array): MainHeader {
  const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
  return readNow(readMainHeader(window, 0, DEFAULT_LIMITS, new DiagnosticLog()), bytes);
}

/** Ccap15 as it stands there. */
function said(bytes: Uint8Array): string {
  return (mainOf(bytes).segments.cap?.ccap[0] ?? 0).toString(16).padStart(4, '0');
}

/** Ccap15 worked out from what the headers say of every tile-component, and whether those of tile-parts say anything. */
function workedOut(bytes: Uint8Array): string {
  const main = mainOf(bytes);
  const tiles = tileHeadersOf(bytes, main);
  const components = tiles.flatMap((tile) =>
    main.siz.components.map((_, c) => tileComponentParametersOf(main, tile, c)),
  );
  const coding = ({ segments: s }: TileHeader) =>
    s.cod !== undefined || s.qcd !== undefined || s.coc.size + s.qcc.size + s.rgn.size + s.poc.length > 0;
  const packed = packsHeaders(bytes, main);
  const cap = capOf({ components, heterogeneous: tiles.some(coding) || packed })!;
  return cap.ccap[0]!.toString(16).padStart(4, '0');
}

function tileHeadersOf(bytes: Uint8Array, main: MainHeader): TileHeader[] {
  const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
  const parts = new Map<number, TilePart[]>();
  for (let at = main.end; ; ) {
    const sot = readNow(readSot(window, at, 65535), bytes);
    if (sot === undefined) break;
    const end = sot.psot === 0 ? bytes.length : at + sot.psot;
    const reading = readTilePart(window, sot, 0, end, main.siz.components.length, new DiagnosticLog());
    parts.set(sot.isot, [...(parts.get(sot.isot) ?? []), readNow(reading, bytes)]);
    at = end;
  }
  return [...parts].map(([tile, list]) => joinTileHeaders(main, tile, list));
}

/** PPM in the main header, or PPT in the first tile-part's. */
function packsHeaders(bytes: Uint8Array, main: MainHeader): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; view.getUint16(at) !== 0xff93; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (at < main.end ? marker === 0xff60 : marker === 0xff61) return true;
  }
  return false;
}

describeShared('conformance/ht', 'codestreams of the conformance suite', () => {
  const names = readdirSync(sharedPath('conformance', 'ht')).filter((name) => /^ds\d_.*\.j2k$/.test(name));

  test.each(names)('%s', (name) => {
    const bytes = new Uint8Array(readFileSync(sharedPath('conformance', 'ht', name)));
    const [ours, theirs] = [workedOut(bytes), said(bytes)].map((word) => Number.parseInt(word, 16)) as [number, number];
    // two of them say that irreversible coding may be used where it is not, which is allowed
    expect(((ours | (theirs & 0x20)) >> 5).toString(2)).toBe((theirs >> 5).toString(2));
    // they say how large magnitudes are, we how large headers let them become
    expect(ours & 31).toBeGreaterThanOrEqual(theirs & 31);
  });
});

describeTools(['ojph_compress'], 'codestreams of OpenJPH', () => {
  const samples = Uint8Array.from({ length: 64 * 48 * 3 }, (_, k) => (k * 7919) & 255);
  test.each([
    ['-reversible true -num_decomps 3 -colour_trans true', 'lossless'],
    ['-reversible true -num_decomps 5 -colour_trans false', 'lossless'],
    ['-reversible true -num_decomps 0 -colour_trans true', 'lossless'],
    ['-qstep 0.1 -num_decomps 2 -colour_trans true', 'lossy'],
    ['-qstep 0.01 -num_decomps 5 -colour_trans false', 'lossy'],
    ['-qstep 0.001 -num_decomps 3 -colour_trans true', 'lossy'],
    ['-qstep 0.00001 -num_decomps 0 -colour_trans false', 'lossy'],
  ])('%s', async (args) => {
    const folder = await mkdtemp(join(tmpdir(), 'jp2kit-cap-'));
    try {
      const [input, output] = [join(folder, 'in.ppm'), join(folder, 'out.j2c')];
      await writeFile(input, Buffer.concat([Buffer.from('P6\n64 48\n255\n'), samples]));
      await runTool('ojph_compress', ['-i', input, '-o', output, ...args.split(' ')]);
      const theirs = new Uint8Array(await readFile(output));
      expect(workedOut(theirs)).toBe(said(theirs));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

test('our own', () => {
  const image = { width: 64, height: 48, channels: 1, data: new Uint8Array(64 * 48).map((_, k) => k & 255) };
  const capOfEncode = (options: Parameters<typeof encodeSync>[1]) =>
    said(encodeSync(image, { container: 'codestream', coder: 'ht', ...options }).data);
  expect(capOfEncode({})).toMatch(/^000\d$/);
  expect(capOfEncode({ rate: { step: 1 } })).toMatch(/^00[23].$/);
  expect(capOfEncode({ markers: { ppm: true } })).toMatch(/^080\d$/);
  expect(capOfEncode({ roi: { rects: [{ x: 0, y: 0, width: 9, height: 9 }] } })).toMatch(/^10[01].$/);
});

/** Which files are spoilt: the smaller ones of the conformance set, which between them have every feature of Part 1. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type EncodeOptions, encodeSync } from '../../src/index.ts';
import { type SeedFile, seedFile } from './mutate.ts';

const MAX_BYTES = 6000;

/** Reads the files to spoil. */
export function loadFiles(sharedFolder: string): SeedFile[] {
  const files: SeedFile[] = [];
  for (const folder of ['features', 'part1', 'jp2']) {
    const path = join(sharedFolder, 'conformance', folder);
    for (const name of readdirSync(path).sort()) {
      if (!/\.(j2k|jp2)$/.test(name) || statSync(join(path, name)).size > MAX_BYTES) continue;
      files.push(seedFile(name, new Uint8Array(readFileSync(join(path, name)))));
    }
  }
  return files;
}

/** Small high-throughput codestreams and JPH files of our own; in the last ones every code-block may as well be a classic one. */
export function makeHighThroughputFiles(): SeedFile[] {
  const [width, height] = [45, 37];
  const grey = Uint8Array.from({ length: width * height }, (_, k) => 128 + 90 * Math.sin(k / 9) + ((k * 7919) & 31));
  const colour = Uint8Array.from({ length: 3 * width * height }, (_, k) => (k * k + k / 5) & 255);
  const kinds: [string, number, EncodeOptions][] = [
    ['lossless', 1, { container: 'codestream' }],
    ['colour', 3, { container: 'jph', tile: { width: 32, height: 32 }, markers: { plt: true, tlm: true } }],
    ['refined', 1, { container: 'codestream', htRefinement: true, rate: [{ bytes: 700 }, { bytes: 1100 }] }],
    ['refined-53', 3, { container: 'jph', htRefinement: true, wavelet: '5/3', rate: { bytes: 2500 } }],
    [
      'layers',
      1,
      { container: 'codestream', layers: 3, progression: 'RPCL', markers: { sop: true, eph: true }, codeBlock: SMALL },
    ],
    ['packed', 1, { container: 'codestream', markers: { ppm: true }, codeBlockStyle: { causal: true } }],
    ['region', 1, { container: 'codestream', roi: { rects: [{ x: 5, y: 5, width: 20, height: 9 }] } }],
  ];
  const files = kinds.map(([name, channels, options]) => {
    const data = channels === 1 ? grey : colour;
    return { name, bytes: encodeSync({ width, height, channels, data }, { coder: 'ht', levels: 3, ...options }).data };
  });
  const mixed = files.map(({ name, bytes }) => ({ name: `mixed-${name}`, bytes: mixedOf(bytes) }));
  return [...files, ...mixed].map(({ name, bytes }) => seedFile(`ht-${name}`, bytes));
}

const SMALL = { width: 8, height: 8 };

/** Bit 7 of the code-block style in COD, so that packet headers are read for code-blocks of both kinds (15444-15 B.3). */
function mixedOf(bytes: Uint8Array): Uint8Array {
  const mixed = bytes.slice();
  const cod = Buffer.from(bytes).indexOf(Buffer.from([0xff, 0x52, 0x00, 0x0c]));
  mixed[cod + 12]! |= 0x80;
  return mixed;
}

/**
 * Quality against OpenJPEG: `npm run bench:quality -- [--update] [--pictures 01,05]`.
 *
 * Each photograph is encoded by `opj_compress` at several rates, and by us to just as many bytes; both are decoded by the same
 * decoder. Then the lossless sizes. With `--update` the tables go into docs/performance.md and the plots into docs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decode as decodePng } from 'fast-png';
import { decodeSync, encodeSync, type RawImage } from '../../src/index.ts';
import { inRepository } from '../../test/support/root.ts';
import { requireSharedFolder } from '../../test/support/shared-folder.ts';
import { markdownTable, updateDocument } from '../support/table.ts';
import { differencePlot, type QualityCurve, ratePlot } from './plots.ts';

/** Bits for each pixel: those of the table, and more for the plots. */
const TABLE_RATES = [0.25, 0.5, 1, 2];
const RATES = [0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3];

const { values } = parseArgs({
  options: { update: { type: 'boolean', default: false }, pictures: { type: 'string' } },
});
const folder = join(requireSharedFolder(), 'bench-seeds');
const wanted = values.pictures?.split(',');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.png') && (!wanted || wanted.some((one) => name.includes(one))))
  .sort();
const scratch = mkdtempSync(join(tmpdir(), 'jp2kit-quality-'));
const curves: QualityCurve[] = [];
const lossless: string[][] = [];
const sums = { ours: 0, theirs: 0 };
try {
  for (const name of names) measure(name);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const text = `${rateTable()}\n\n${losslessTable()}`;
console.log(text);
if (values.update) {
  updateDocument('quality', text);
  writeFileSync(inRepository('docs/quality-rate.svg'), ratePlot(curves));
  writeFileSync(inRepository('docs/quality-difference.svg'), differencePlot(curves));
}

function measure(name: string): void {
  const { width, height, channels, data } = decodePng(readFileSync(join(folder, name)));
  const image: RawImage = { width, height, channels, data: data as Uint8Array };
  const ppm = join(scratch, 'in.ppm');
  writeFileSync(ppm, Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), data as Uint8Array]));
  const label = name.replace('.png', '');
  const points = RATES.map((bpp) => {
    const theirs = openJpeg(ppm, ['-I', '-r', String((8 * channels) / bpp)]);
    const ours = encodeSync(image, { container: 'codestream', rate: { bytes: theirs.length } }).data;
    return {
      bpp,
      bytes: theirs.length,
      spared: theirs.length - ours.length,
      theirs: psnr(theirs, data),
      ours: psnr(ours, data),
    };
  });
  curves.push({ label, points });
  const theirs = openJpeg(ppm, []).length;
  const ours = encodeSync(image, { container: 'codestream' }).bytes;
  sums.ours += ours;
  sums.theirs += theirs;
  lossless.push([label, String(theirs), String(ours), percent(ours / theirs - 1)]);
  console.error(`${label} done`);
}

function openJpeg(ppm: string, args: readonly string[]): Uint8Array {
  const out = join(scratch, 'out.j2k');
  execFileSync('opj_compress', ['-i', ppm, '-o', out, ...args], { stdio: 'pipe' });
  return readFileSync(out);
}

function psnr(bytes: Uint8Array, original: ArrayLike<number>): number {
  const { data } = decodeSync(bytes);
  let sum = 0;
  for (let k = 0; k < data.length; k++) sum += (data[k]! - original[k]!) ** 2;
  return 10 * Math.log10((255 ** 2 * data.length) / sum);
}

function rateTable(): string {
  const rows = [['picture', ...TABLE_RATES.map((bpp) => `${bpp} bpp: OpenJPEG, jp2kit`)]];
  const differences: number[] = [];
  for (const { label, points } of curves) {
    const cells = TABLE_RATES.map((bpp) => {
      const { theirs, ours } = points.find((point) => point.bpp === bpp)!;
      differences.push(ours - theirs);
      return `${theirs.toFixed(2)}, ${signed(ours - theirs)}`;
    });
    rows.push([label, ...cells]);
  }
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  const least = Math.min(...differences);
  const spared = Math.max(...curves.flatMap(({ points }) => points.map((point) => point.spared)));
  return `${markdownTable(rows)}

PSNR in dB over all three components, at the size of OpenJPEG's file (jp2kit's is at most ${spared} bytes smaller): mean difference
${signed(mean)} dB, least ${signed(least)} dB.`;
}

function losslessTable(): string {
  const rows = [['picture', 'OpenJPEG, bytes', 'jp2kit, bytes', 'difference'], ...lossless];
  rows.push(['all', String(sums.theirs), String(sums.ours), percent(sums.ours / sums.theirs - 1)]);
  return markdownTable(rows);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

function percent(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(3)} %`;
}

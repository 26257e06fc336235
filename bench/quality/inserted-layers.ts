/**
 * What layers are worth that the transcoder puts into pictures without any: `npm run bench:layers -- [--update]`.
 *
 * Each photograph is encoded without loss in one layer, cut into six, and decoded from each of them. Beside it stands what the encoder
 * makes of the same number of bytes. With `--update` the table goes into docs/transcoding.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decode as decodePng } from 'fast-png';
import { decodeSync, type EncodeOptions, encodeSync, transcodeSync } from '../../src/index.ts';
import { requireSharedFolder } from '../../test/support/shared-folder.ts';
import { markdownTable, updateDocument } from '../support/table.ts';

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });

/** Photographs that the table of pass lengths was not measured on. */
const PHOTOGRAPHS = ['kodim03', 'kodim06', 'kodim12', 'kodim14'];
const LAYERS = 6;

const KINDS: readonly (readonly [string, EncodeOptions])[] = [
  ['one codeword segment a code-block', {}],
  ['bypass', { codeBlockStyle: { bypass: true } }],
  ['each pass terminated', { codeBlockStyle: { terminate: true } }],
];

const rows: string[][] = [['code-blocks', ...Array.from({ length: LAYERS - 1 }, (_, k) => `layer ${k + 1}`)]];
for (const [name, style] of KINDS) {
  const losses = Array.from({ length: LAYERS - 1 }, () => ({ sum: 0, worst: 0, bytes: 0 }));
  for (const photograph of PHOTOGRAPHS) {
    const png = decodePng(readFileSync(join(requireSharedFolder(), 'bench-seeds', `${photograph}.png`)));
    const image = { width: png.width, height: png.height, channels: png.channels, data: png.data as Uint8Array };
    const whole = encodeSync(image, { container: 'codestream', ...style }).data;
    const layered = transcodeSync(whole, { insertLayers: LAYERS }).data;
    for (const [k, loss] of losses.entries()) {
      const cut = transcodeSync(layered, { layers: k + 1 }).data;
      const encoded = encodeSync(image, { container: 'codestream', ...style, rate: { bytes: cut.length } }).data;
      const less = psnr(decodeSync(encoded).data, image.data) - psnr(decodeSync(cut).data, image.data);
      loss.sum += less;
      loss.worst = Math.max(loss.worst, less);
      loss.bytes += cut.length / whole.length;
    }
  }
  const n = PHOTOGRAPHS.length;
  rows.push([
    name,
    ...losses.map(
      ({ sum, worst, bytes }) =>
        `${(sum / n).toFixed(1)} (${worst.toFixed(1)}) dB at ${((100 * bytes) / n).toFixed(0)} %`,
    ),
  ]);
}
const table = markdownTable(rows);
console.log(table);
if (values.update) updateDocument('inserted layers', table, 'docs/transcoding.md');

function psnr(found: ArrayLike<number>, original: ArrayLike<number>): number {
  let error = 0;
  for (let k = 0; k < original.length; k++) error += (found[k]! - original[k]!) ** 2;
  return 10 * Math.log10((255 * 255 * original.length) / error);
}

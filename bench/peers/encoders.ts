/**
 * jp2kit's encoder against OpenJPEG as WebAssembly: `npm run bench:encoders -- [--rounds n] [--update]`. One thread, one process,
 * taking turns within every round. Sizes and PSNR stand beside the times, since an encoder that does less is no faster.
 *
 * The rival's lossy mode keeps everything its quantiser leaves (its rate settings have no effect), so that is what is compared: our
 * `step: 1` with the same quantiser, and our rate control asked for the rival's size.
 */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { decodeSync, type EncodeOptions, encodeSync } from '../../src/index.ts';
import { pictureOf } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';
import { versionOf } from './rivals.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, update: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const WARM_UP = 2;

interface OpenJpegEncoder {
  getDecodedBuffer(frame: object): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  setDecompositions(levels: number): void;
  setBlockDimensions(size: { width: number; height: number }): void;
  setQuality(lossless: boolean, quality: number): void;
  encode(): void;
  delete(): void;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly precision: number;
  readonly data: Uint8Array | Uint16Array;
}

const require = createRequire(import.meta.url);
const wasm: { J2KEncoder: new () => OpenJpegEncoder } = await require('@cornerstonejs/codec-openjpeg/wasmjs')({
  print: () => {},
  printErr: () => {},
});
const rival = `@cornerstonejs/codec-openjpeg ${versionOf('@cornerstonejs/codec-openjpeg')}`;

function encodeWithWasm(picture: Picture, lossless: boolean): Uint8Array {
  const { width, height, channels, precision, data } = picture;
  const encoder = new wasm.J2KEncoder();
  try {
    const frame = { width, height, bitsPerSample: precision, componentCount: channels, isSigned: false };
    encoder.getDecodedBuffer(frame).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    encoder.setDecompositions(5);
    encoder.setBlockDimensions({ width: 64, height: 64 });
    encoder.setQuality(lossless, 0);
    encoder.encode();
    return encoder.getEncodedBuffer().slice();
  } finally {
    encoder.delete();
  }
}

const rgb = pictureOf('rgb-lossless');
const grey = pictureOf('grey-16');
const lossy = encodeWithWasm(rgb, false).length;
const cases: { what: string; picture: Picture; lossless: boolean; options: EncodeOptions }[] = [
  { what: 'RGB 8 bits, lossless', picture: rgb, lossless: true, options: {} },
  { what: 'grey 16 bits, lossless', picture: grey, lossless: true, options: {} },
  { what: 'RGB 8 bits, 9/7, one quantiser step', picture: rgb, lossless: false, options: { rate: { step: 1 } } },
  { what: 'the same, by size', picture: rgb, lossless: false, options: { rate: { bytes: lossy } } },
  { what: '1 bit a pixel (no such thing there)', picture: rgb, lossless: false, options: { rate: { bpp: 1 } } },
];
const rows: string[][] = [
  ['picture', 'encoder', 'ms, median (quartiles)', 'speed of jp2kit against it', 'bytes', 'PSNR, dB'],
];
for (const { what, picture, lossless, options } of cases) {
  const ours = (): Uint8Array => encodeSync(picture, { container: 'codestream', ...options }).data;
  const theirs = (): Uint8Array => encodeWithWasm(picture, lossless);
  const times: [number[], number[]] = [[], []];
  for (let round = -WARM_UP; round < rounds; round++) {
    for (let k = 0; k < 2; k++) {
      const turn = (k + Math.max(0, round)) % 2;
      const start = performance.now();
      if (turn === 0) ours();
      else theirs();
      if (round >= 0) times[turn]!.push(performance.now() - start);
    }
  }
  const ratios = summarise(times[1].map((ms, round) => ms / times[0][round]!));
  const results = [ours(), theirs()];
  [`jp2kit this tree`, rival].forEach((name, k) => {
    rows.push([
      k === 0 ? what : '',
      name,
      formatSample(summarise(times[k]!)),
      k === 0 ? '' : formatSample(ratios, 2),
      String(results[k]!.length),
      psnr(results[k]!, picture),
    ]);
  });
}
const text = `${describeMachine()}; ${rounds} rounds after ${WARM_UP} to warm up.\n\n${markdownTable(rows)}`;
console.log(text);
if (values.update) updateDocument('encoders', text);

function psnr(bytes: Uint8Array, { data, precision }: Picture): string {
  const decoded = decodeSync(bytes, { colour: 'native' }).data;
  let sum = 0;
  for (let k = 0; k < data.length; k++) sum += (decoded[k]! - data[k]!) ** 2;
  if (sum === 0) return 'lossless';
  return (10 * Math.log10(((2 ** precision - 1) ** 2 * data.length) / sum)).toFixed(2);
}

/**
 * jp2kit's encoder against others: `npm run bench:encoders -- [--rounds n] [--only n] [--update]`. All take turns within every round; ratios
 * are of the same round. All have one thread, but for jp2kit's row with two workers. Sizes and PSNR stand beside the times, since an
 * encoder that does less is no faster. Native programs tell their own time, in which reading and writing files are.
 *
 * The lossy mode of OpenJPEG as WebAssembly keeps everything its quantiser leaves (its rate settings have no effect), so that is what is
 * compared: our `step: 1` with the same quantiser, and our rate control asked for the rival's size. Native programs have rate control.
 */
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { decodeSync, encode, type EncodeOptions, encodeSync } from '../../src/index.ts';
import { findTool } from '../../test/support/tools.ts';
import { encodeWithGrok, encodeWithOpj, scratchFile, versionOfGrok, versionOfOpj } from '../support/native.ts';
import { benchPool } from '../support/pool.ts';
import { pictureOf, pnmOf } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';
import { versionOf } from './rivals.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    /** One case, by number from 0. */
    only: { type: 'string' },
    update: { type: 'boolean', default: false },
  },
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

interface Case {
  readonly what: string;
  readonly picture: Picture;
  /** The picture as a PNM file, for native programs. */
  readonly path: string;
  readonly lossless: boolean;
  readonly options: EncodeOptions;
  /** What `opj_compress` and `grk_compress` are told. */
  readonly native: readonly string[];
}

interface Encoder {
  readonly name: string;
  /** Encodes, and returns how long it took and what came out. */
  run(what: Case): Promise<{ ms: number; bytes: () => Uint8Array }>;
}

const pool = await benchPool(2);
const here = (name: string, run: (what: Case) => Uint8Array | Promise<Uint8Array>): Encoder => ({
  name,
  run: async (what) => {
    const start = performance.now();
    const made = run(what);
    const bytes = made instanceof Promise ? await made : made;
    return { ms: performance.now() - start, bytes: () => bytes };
  },
});
const native = (name: string, run: (path: string, output: string, args: readonly string[]) => number): Encoder => ({
  name,
  run: async ({ path, native }) => {
    const output = scratchFile('encoded.j2k');
    return { ms: run(path, output, native), bytes: () => new Uint8Array(readFileSync(output)) };
  },
});
const encoders: Encoder[] = [
  here('jp2kit', ({ picture, options }) => encodeSync(picture, { container: 'codestream', ...options }).data),
  here(
    'jp2kit, two workers',
    async ({ picture, options }) => (await encode(picture, { container: 'codestream', pool, ...options })).data,
  ),
  here(rival, ({ picture, lossless }) => encodeWithWasm(picture, lossless)),
  ...(findTool('opj_compress') ? [native(`opj_compress ${versionOfOpj()}`, encodeWithOpj)] : []),
  ...(findTool('grk_compress') ? [native(`grk_compress ${versionOfGrok()}`, encodeWithGrok)] : []),
];

const rgb = pictureOf('rgb-lossless');
const grey = pictureOf('grey-16');
const rgbPath = scratchFile('rgb.ppm');
const greyPath = scratchFile('grey.pgm');
writeFileSync(rgbPath, pnmOf('rgb-lossless'));
writeFileSync(greyPath, pnmOf('grey-16'));
const lossy = encodeWithWasm(rgb, false).length;
const asRgb = { picture: rgb, path: rgbPath };
const bySize = String(rgb.data.length / lossy);
const cases: Case[] = [
  { what: 'RGB 8 bits, lossless', ...asRgb, lossless: true, options: {}, native: [] },
  { what: 'grey 16 bits, lossless', picture: grey, path: greyPath, lossless: true, options: {}, native: [] },
  {
    what: 'RGB 8 bits, 9/7, one quantiser step',
    ...asRgb,
    lossless: false,
    options: { rate: { step: 1 } },
    native: ['-I'],
  },
  {
    what: 'the same, by size',
    ...asRgb,
    lossless: false,
    options: { rate: { bytes: lossy } },
    native: ['-I', '-r', bySize],
  },
  {
    what: '1 bit a pixel (no such thing as WebAssembly)',
    ...asRgb,
    lossless: false,
    options: { rate: { bpp: 1 } },
    native: ['-I', '-r', '24'],
  },
  {
    what: '0.25 bit a pixel (likewise)',
    ...asRgb,
    lossless: false,
    options: { rate: { bpp: 0.25 } },
    native: ['-I', '-r', '96'],
  },
];
const rows: string[][] = [
  [
    'picture',
    'encoder',
    'ms, median (quartiles)',
    'speed of jp2kit against it',
    'of jp2kit with two workers',
    'bytes',
    'PSNR, dB',
  ],
];
for (const what of cases) {
  if (values.only && values.only !== String(cases.indexOf(what))) continue;
  const times = encoders.map(() => [] as number[]);
  for (let round = -WARM_UP; round < rounds; round++) {
    for (let k = 0; k < encoders.length; k++) {
      const turn = (k + Math.max(0, round)) % encoders.length;
      const { ms } = await encoders[turn]!.run(what);
      if (round >= 0) times[turn]!.push(ms);
    }
  }
  const [one, two] = times as [number[], number[]];
  for (const [k, encoder] of encoders.entries()) {
    const bytes = (await encoder.run(what)).bytes();
    const against = (base: readonly number[]): string =>
      formatSample(summarise(times[k]!.map((ms, round) => ms / base[round]!)), 2);
    rows.push([
      k === 0 ? what.what : '',
      encoder.name,
      formatSample(summarise(times[k]!)),
      k < 2 ? '' : against(one),
      k === 1 ? '' : against(two),
      String(bytes.length),
      psnr(bytes, what.picture),
    ]);
  }
}
await pool.close();
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

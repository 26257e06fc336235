/**
 * High throughput (HTJ2K) against others, both ways: `npm run bench:ht -- [--rounds n] [--update]`. All take turns within every round, and
 * ratios are of the same round. The rival is OpenJPH as WebAssembly with SIMD; beside it stand our own classic coder on the same pictures,
 * and native programs, which tell their own time (that of OpenJPH has reading and writing files in it). All have one thread, but for the row
 * with two workers. What comes out is compared with what went in, so that nobody wins by being wrong.
 */
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { decode, decodeSync, type EncodeOptions, encode, encodeSync } from '../../src/index.ts';
import { findTool, requireTool } from '../../test/support/tools.ts';
import { decodeWithOpj, scratchFile, versionOfOpj } from '../support/native.ts';
import { benchPool } from '../support/pool.ts';
import { pictureOf, pnmOf } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';
import { versionOf } from './rivals.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, update: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const WARM_UP = 3;
const RIVAL = '@cornerstonejs/codec-openjph';

interface OpenJphModule {
  HTJ2KDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    delete(): void;
  };
  HTJ2KEncoder: new () => {
    getDecodedBuffer(frame: object): Uint8Array;
    getEncodedBuffer(): Uint8Array;
    setQuality(lossless: boolean, step: number): void;
    encode(): void;
    delete(): void;
  };
}

type Picture = ReturnType<typeof pictureOf>;

const require = createRequire(import.meta.url);
const wasm: OpenJphModule = await require(RIVAL)({ print: () => {}, printErr: () => {} });

function decodeWithWasm(bytes: Uint8Array): Uint8Array {
  const decoder = new wasm.HTJ2KDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    // the buffer belongs to the decoder, so a caller has to copy it out
    return decoder.getDecodedBuffer().slice();
  } finally {
    decoder.delete();
  }
}

function encodeWithWasm(picture: Picture, step: number | undefined): Uint8Array {
  const { width, height, channels, precision, data } = picture;
  const encoder = new wasm.HTJ2KEncoder();
  try {
    const frame = {
      width,
      height,
      bitsPerSample: precision,
      componentCount: channels,
      isSigned: false,
      isUsingColorTransform: channels === 3,
    };
    encoder.getDecodedBuffer(frame).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    encoder.setQuality(step === undefined, step ?? 0);
    encoder.encode();
    return encoder.getEncodedBuffer().slice();
  } finally {
    encoder.delete();
  }
}

/** Milliseconds that a program of OpenJPH tells. */
function timedOpenJph(tool: 'ojph_expand' | 'ojph_compress', args: readonly string[]): number {
  const { stdout, stderr } = spawnSync(requireTool(tool), [...args], { encoding: 'utf8' });
  const [, seconds] = /Elapsed time = ([\d.]+)/.exec(stdout + stderr) ?? [];
  if (seconds === undefined) throw new Error(`${tool} said ${stdout}${stderr}`);
  return 1000 * Number(seconds);
}

interface Contestant {
  readonly name: string;
  /** Milliseconds, and what came out, where it is at hand. */
  run(): Promise<{ ms: number; bytes?: Uint8Array }>;
}

const pool = await benchPool(2);
const here = (name: string, run: () => Uint8Array | Promise<Uint8Array>): Contestant => ({
  name,
  run: async () => {
    const start = performance.now();
    const made = run();
    const bytes = made instanceof Promise ? await made : made;
    return { ms: performance.now() - start, bytes };
  },
});

const bare = { container: 'codestream' } as const;
const asBytes = ({ data }: { data: ArrayBufferView }): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const decoded = (bytes: Uint8Array): Uint8Array => asBytes(decodeSync(bytes, { colour: 'native' }));

const rows: string[][] = [
  ['picture', 'what', 'ms, median (quartiles)', 'speed of jp2kit against it', 'bytes', 'difference'],
];

/** Lets all take turns and adds a row for each. The first is ours, on one thread. */
async function compete(
  title: string,
  list: readonly Contestant[],
  describe: (bytes?: Uint8Array) => string[],
): Promise<void> {
  const times = list.map(() => [] as number[]);
  for (let round = -WARM_UP; round < rounds; round++) {
    for (let k = 0; k < list.length; k++) {
      const turn = (k + Math.max(0, round)) % list.length;
      const { ms } = await list[turn]!.run();
      if (round >= 0) times[turn]!.push(ms);
    }
  }
  for (const [k, { name, run }] of list.entries()) {
    const against = summarise(times[k]!.map((ms, round) => ms / times[0]![round]!));
    const { bytes } = await run();
    rows.push([
      k === 0 ? title : '',
      name,
      formatSample(summarise(times[k]!)),
      k === 0 ? '' : formatSample(against, 2),
      ...describe(bytes),
    ]);
  }
}

function difference(found: Uint8Array | undefined, { data }: Picture): string {
  if (found === undefined) return '';
  const wide = data.BYTES_PER_ELEMENT === 2;
  const samples = wide ? new Uint16Array(found.buffer, found.byteOffset, found.byteLength >> 1) : found;
  if (samples.length !== data.length) return `${samples.length} samples`;
  let most = 0;
  for (let k = 0; k < data.length; k++) most = Math.max(most, Math.abs(samples[k]! - data[k]!));
  return most === 0 ? 'none' : `at most ${most}`;
}

interface Case {
  readonly what: string;
  readonly name: 'rgb-lossless' | 'grey-16';
  readonly options: EncodeOptions;
  /** The step as OpenJPH counts it, a part of the range of samples; undefined for lossless. */
  readonly step: number | undefined;
}
const cases: Case[] = [
  { what: 'RGB 8 bits, lossless', name: 'rgb-lossless', options: {}, step: undefined },
  { what: 'grey 16 bits, lossless', name: 'grey-16', options: {}, step: undefined },
  { what: 'RGB 8 bits, 9/7, one step', name: 'rgb-lossless', options: { rate: { step: 1 } }, step: 1 / 256 },
];
for (const { what, name, options, step } of cases) {
  const picture = pictureOf(name);
  const pnm = scratchFile(picture.channels === 1 ? `${name}.pgm` : `${name}.ppm`);
  writeFileSync(pnm, pnmOf(name));
  const high = encodeSync(picture, { ...bare, ...options, coder: 'ht' }).data;
  const low = encodeSync(picture, { ...bare, ...options }).data;
  const highPath = scratchFile('high.j2c');
  const output = scratchFile(picture.channels === 1 ? 'out.pgm' : 'out.ppm');
  writeFileSync(highPath, high);
  const native = step === undefined ? ['-reversible', 'true'] : ['-qstep', String(step)];
  await compete(
    `${what}, decode`,
    [
      here('jp2kit', () => decoded(high)),
      here('jp2kit, two workers', async () => asBytes(await decode(high, { colour: 'native', pool }))),
      here(`${RIVAL} ${versionOf(RIVAL)}`, () => decodeWithWasm(high)),
      here('jp2kit, the same picture in Part 1', () => decoded(low)),
      ...(findTool('ojph_expand')
        ? [
            {
              name: 'ojph_expand, with files',
              run: async () => ({ ms: timedOpenJph('ojph_expand', ['-i', highPath, '-o', output]) }),
            },
          ]
        : []),
      ...(findTool('opj_decompress')
        ? [{ name: `opj_decompress ${versionOfOpj()}`, run: async () => ({ ms: decodeWithOpj(highPath, output) }) }]
        : []),
    ],
    (bytes) => ['', difference(bytes, picture)],
  );
  const blocks = (bytes: Uint8Array): number => decodeSync(bytes, { colour: 'native' }).stats.stages.blocks;
  const ratios = Array.from({ length: rounds }, () => blocks(low) / blocks(high));
  rows.push(['', 'block decoding alone, Part 1', '', formatSample(summarise(ratios), 2), '', '']);
  await compete(
    `${what}, encode`,
    [
      here('jp2kit', () => encodeSync(picture, { ...bare, ...options, coder: 'ht' }).data),
      here('jp2kit, two workers', async () => (await encode(picture, { ...bare, ...options, coder: 'ht', pool })).data),
      here(`${RIVAL} ${versionOf(RIVAL)}`, () => encodeWithWasm(picture, step)),
      here('jp2kit, Part 1', () => encodeSync(picture, { ...bare, ...options }).data),
      ...(findTool('ojph_compress')
        ? [
            {
              name: 'ojph_compress, with files',
              run: async () => {
                const ms = timedOpenJph('ojph_compress', ['-i', pnm, '-o', scratchFile('n.j2c'), ...native]);
                return { ms, bytes: new Uint8Array(readFileSync(scratchFile('n.j2c'))) };
              },
            },
          ]
        : []),
    ],
    (bytes) => [String(bytes?.length ?? ''), bytes ? difference(decoded(bytes), picture) : ''],
  );
}
await pool.close();
const text = `${describeMachine()}; ${rounds} rounds after ${WARM_UP} to warm up.\n\n${markdownTable(rows)}`;
console.log(text);
if (values.update) updateDocument('ht', text);

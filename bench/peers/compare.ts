/**
 * jp2kit against other decoders: `npm run bench:peers -- [--rounds n] [--only picture] [--update]`. All take turns within every round, so
 * that a slow minute of the machine hits all alike; ratios are of the same round. Every output is compared with ours, so that nobody wins by
 * being wrong. All have one thread, but for jp2kit's row with two workers. Native programs tell their own time.
 */
import { parseArgs } from 'node:util';
import { decode, decodeSync, type RasterImage } from '../../src/index.ts';
import { benchPool } from '../support/pool.ts';
import { RECIPES, type StreamName, streamOf } from '../support/streams.ts';
import {
  describeMachine,
  formatSample,
  markdownTable,
  type Sample,
  summarise,
  updateDocument,
} from '../support/table.ts';
import { inProcess, loadRivals, NATIVE_OPENJPEG, nativeRivals, type RivalPicture, WASM_OPENJPEG } from './rivals.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    update: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const WARM_UP = 2;

const pool = await benchPool(2);
const asRival = ({ width, height, channels, data }: RasterImage): RivalPicture => ({
  width,
  height,
  channels,
  data,
  shift: 0,
});
const decoders = [
  inProcess('jp2kit', '', (bytes) => asRival(decodeSync(bytes, { colour: 'native' }))),
  inProcess('jp2kit, two workers', '', async (bytes) => asRival(await decode(bytes, { colour: 'native', pool }))),
  ...(await loadRivals()),
  ...nativeRivals(),
];

interface Result {
  readonly name: string;
  readonly time: Sample;
  /** Of its time to ours, on one thread and with two workers. */
  readonly ratio: Sample;
  readonly ratioOfTwo: Sample;
}
const results: { what: string; side: number; decoders: Result[] }[] = [];
const rows: string[][] = [
  [
    'picture',
    'decoder',
    'ms, median (quartiles)',
    'speed of jp2kit against it',
    'of jp2kit with two workers',
    'difference from jp2kit',
  ],
];

const NAMES = ['rgb-lossless', 'rgb-1bpp', 'rgb-025bpp', 'grey-16', 'rgb-small'] satisfies StreamName[];
for (const name of NAMES) {
  if (values.only && values.only !== name) continue;
  const stream = await streamOf(name);
  const reference = (await decoders[0]!.run(stream)).picture();
  const differences: string[] = [];
  for (const decoder of decoders) {
    differences.push(compare(reference, (await decoder.run(stream)).picture(), RECIPES[name].depth));
  }
  const times = decoders.map(() => [] as number[]);
  for (let round = -WARM_UP; round < rounds; round++) {
    for (let k = 0; k < decoders.length; k++) {
      const turn = (k + Math.max(0, round)) % decoders.length;
      const { ms } = await decoders[turn]!.run(stream);
      if (round >= 0) times[turn]!.push(ms);
    }
  }
  const [one, two] = times as [number[], number[]];
  const against = (list: readonly number[], base: readonly number[]): Sample =>
    summarise(list.map((ms, round) => ms / base[round]!));
  const found = decoders.map((decoder, k) => ({
    name: decoder.name,
    time: summarise(times[k]!),
    ratio: against(times[k]!, one),
    ratioOfTwo: against(times[k]!, two),
  }));
  results.push({ what: stream.what, side: RECIPES[name].side, decoders: found });
  found.forEach(({ time, ratio, ratioOfTwo }, k) => {
    rows.push([
      k === 0 ? stream.what : '',
      `${decoders[k]!.name} ${decoders[k]!.version}`.trim(),
      formatSample(time),
      k < 2 ? '' : formatSample(ratio, 2),
      k === 1 ? '' : formatSample(ratioOfTwo, 2),
      k === 0 ? '' : differences[k]!,
    ]);
  });
}
await pool.close();

const text = `${describeMachine()}; ${rounds} rounds after ${WARM_UP} to warm up.\n\n${markdownTable(rows)}`;
console.log(text);
if (values.update) {
  updateDocument('peers', text);
  updateDocument('speed', `${shortTable()}\n`, 'README.md');
}

/** For the README: how many times as fast as each rival, by the median of the rounds. */
function shortTable(): string {
  const columns = [
    ['against OpenJPEG as WebAssembly', WASM_OPENJPEG],
    ['against OpenJPEG, native', NATIVE_OPENJPEG],
    ['against jpeg2000', 'jpeg2000'],
  ] as const;
  const head = ['one thread, 2048 × 2048', 'ms', ...columns.map(([title]) => title), 'with two workers, ms'];
  const lines = results
    .filter(({ side }) => side === 2048)
    .map(({ what, decoders: list }) => {
      const ratioOf = (name: string): string => {
        const found = list.find((result) => result.name === name);
        return found ? `${found.ratio.median.toFixed(2)} ×` : '';
      };
      const [one, two] = list as [Result, Result];
      return [
        what,
        one.time.median.toFixed(0),
        ...columns.map(([, name]) => ratioOf(name)),
        two.time.median.toFixed(0),
      ];
    });
  return markdownTable([head, ...lines]);
}

/** How far a picture is from ours; a decoder that keeps fewer bits is compared on those. */
function compare(reference: RivalPicture, found: RivalPicture, depth: number): string {
  const { width, height, channels, data } = reference;
  if (
    found.width !== width ||
    found.height !== height ||
    found.channels !== channels ||
    found.data.length !== data.length
  ) {
    return `another size: ${found.width} × ${found.height} × ${found.channels}`;
  }
  const shift = found.shift > 0 ? Math.max(0, depth - found.shift) : 0;
  let peak = 0;
  let different = 0;
  for (let i = 0; i < data.length; i++) {
    const d = Math.abs((data[i]! >> shift) - found.data[i]!);
    if (d > 0) different++;
    if (d > peak) peak = d;
  }
  const kept = shift > 0 ? ` (on the ${depth - shift} bits it keeps)` : '';
  return peak === 0
    ? `none${kept}`
    : `at most ${peak}, in ${((100 * different) / data.length).toFixed(2)} % of samples${kept}`;
}

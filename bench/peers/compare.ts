/**
 * jp2kit against other decoders for JavaScript: one thread, one process, the decoders taking turns within every round
 * so that a slow minute of the machine hits all alike. Every output is compared with ours, so that nobody wins by being
 * wrong.
 */
import { parseArgs } from 'node:util';
import { decodeSync } from '../../src/index.ts';
import { RECIPES, type StreamName, streamOf } from '../support/streams.ts';
import {
  describeMachine,
  formatSample,
  markdownTable,
  type Sample,
  summarise,
  updateDocument,
} from '../support/table.ts';
import { loadRivals, type Rival, type RivalPicture } from './rivals.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    update: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const WARM_UP = 2;

const ours: Rival = {
  name: 'jp2kit',
  version: 'this tree',
  decode(bytes) {
    const { width, height, channels, data } = decodeSync(bytes, { colour: 'native' });
    return { width, height, channels, data, shift: 0 };
  },
};
const decoders = [ours, ...(await loadRivals())];
const results: { what: string; times: Sample[]; ratios: Sample[] }[] = [];
const rows: string[][] = [
  ['picture', 'decoder', 'ms, median (quartiles)', 'speed of jp2kit against it', 'difference from jp2kit'],
];

for (const name of ['rgb-lossless', 'rgb-1bpp', 'grey-16'] satisfies StreamName[]) {
  if (values.only && values.only !== name) continue;
  const { bytes, what } = await streamOf(name);
  const reference = ours.decode(bytes);
  const differences = decoders.map((decoder) => compare(reference, decoder.decode(bytes), RECIPES[name].depth));
  const times = decoders.map(() => [] as number[]);
  for (let round = -WARM_UP; round < rounds; round++) {
    for (let k = 0; k < decoders.length; k++) {
      const turn = (k + Math.max(0, round)) % decoders.length;
      const start = performance.now();
      decoders[turn]!.decode(bytes);
      const ms = performance.now() - start;
      if (round >= 0) times[turn]!.push(ms);
    }
  }
  const ratios = times.map((list) => summarise(list.map((ms, round) => ms / times[0]![round]!)));
  results.push({ what, times: times.map(summarise), ratios });
  decoders.forEach((decoder, k) => {
    rows.push([
      k === 0 ? what : '',
      `${decoder.name} ${decoder.version}`,
      formatSample(results.at(-1)!.times[k]!),
      k === 0 ? '' : formatSample(ratios[k]!, 2),
      k === 0 ? '' : differences[k]!,
    ]);
  });
}

const text = `${describeMachine()}; ${rounds} rounds after ${WARM_UP} to warm up.\n\n${markdownTable(rows)}`;
console.log(text);
if (values.update) {
  updateDocument('peers', text);
  updateDocument('speed', `${shortTable()}\n`, 'README.md');
}

/** For the README: how many times as fast as each rival, by the median of the rounds. */
function shortTable(): string {
  const rivals = decoders.slice(1);
  const head = ['one thread, 2048 × 2048', 'ms', ...rivals.map(({ name }) => `against ${name}`)];
  const lines = results.map(({ what, times, ratios }) => [
    what,
    times[0]!.median.toFixed(0),
    ...ratios.slice(1).map(({ median }) => `${median.toFixed(2)} ×`),
  ]);
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

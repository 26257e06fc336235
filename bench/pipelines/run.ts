/**
 * Whole decodes and windows of large pictures: `npm run bench -- [--update] [--quick]`.
 *
 * Full decodes of each picture class, then a window and a thumbnail of an 8192 × 8192 picture against the whole of it,
 * then the peak memory of full decodes.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { bundleForNode } from '../../scripts/bundle.mjs';
import { decodeSync } from '../../src/index.ts';
import { type StreamName, streamOf } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';

const { values } = parseArgs({
  options: { update: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});
const CLASSES = ['rgb-lossless', 'rgb-1bpp', 'grey-16'] satisfies StreamName[];
const sections: string[] = [describeMachine()];

sections.push('### Full decodes', await fullDecodes());
if (!values.quick) sections.push('### Windows of an 8192 × 8192 picture', await windows());
sections.push('### Peak memory of a full decode', await memory());

const text = sections.join('\n\n');
console.log(text);
if (values.update) updateDocument('pipelines', text);

async function fullDecodes(): Promise<string> {
  const bench = new Bench({ time: 0, retainSamples: true, iterations: 7, warmupTime: 0, warmupIterations: 2 });
  const streams = await Promise.all(CLASSES.map(streamOf));
  for (const { what, bytes } of streams) bench.add(what, () => void decodeSync(bytes, { colour: 'native' }));
  await bench.run();
  const rows = bench.tasks.map((task, k) => {
    const times = summarise(samplesOf(task));
    const rate = (streams[k]!.samples / times.median / 1000).toFixed(1);
    return [task.name, formatSample(times), rate, String(streams[k]!.bytes.length)];
  });
  return markdownTable([['picture', 'ms, median (quartiles)', 'million samples per second', 'bytes'], ...rows]);
}

async function windows(): Promise<string> {
  const { bytes } = await streamOf('large-tiled');
  const region = { x: 3000, y: 2500, width: 1024, height: 1024 };
  const bench = new Bench({ time: 0, retainSamples: true, iterations: 9, warmupTime: 0, warmupIterations: 3 });
  bench.add('window of 1024 × 1024', () => void decodeSync(bytes, { region }));
  bench.add('thumbnail of 256 × 256', () => void decodeSync(bytes, { reduce: 5 }));
  await bench.run();
  const whole: number[] = [];
  for (let k = 0; k < 3; k++) {
    const start = performance.now();
    decodeSync(bytes);
    whole.push(performance.now() - start);
  }
  const all = summarise(whole);
  const rows = bench.tasks.map((task) => {
    const times = summarise(samplesOf(task));
    return [task.name, formatSample(times, 1), `1/${(all.median / times.median).toFixed(0)}`];
  });
  rows.push(['the whole', formatSample(all), '1']);
  return markdownTable([['what', 'ms, median (quartiles)', 'of the whole'], ...rows]);
}

async function memory(): Promise<string> {
  const program = await bundleForNode('bench/pipelines/memory.ts', 'bench-memory');
  const rows = CLASSES.map((name) => {
    const result = JSON.parse(execFileSync(process.execPath, [program, name], { encoding: 'utf8' }));
    const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
    return [name, mb(result.samples * 4), mb(result.peak - result.before), result.ratio.toFixed(2), mb(result.peak)];
  });
  const head = ['picture', 'samples as 32-bit, MB', 'growth while decoding, MB', 'ratio', 'peak of the process, MB'];
  return markdownTable([head, ...rows]);
}

function samplesOf(task: Bench['tasks'][number]): number[] {
  const { result } = task;
  if (result && 'latency' in result && result.latency.samples) return [...result.latency.samples];
  throw new Error(`${task.name} did not run: ${result && 'error' in result ? result.error : 'no result'}`);
}

/**
 * The block decoder alone: `node scripts/run-ts.mjs bench/kernels/block-decoder.bench.ts`.
 *
 * The blocks are coded here, with the slow encoder of the tests. Each row decodes all of them once.
 */
import { Bench } from 'tinybench';
import { ClassicBlockDecoder } from '../../src/codec/tier1/block-decoder.ts';
import { type CodedBlock, STYLE, encodeBlock } from '../../test/reference/block-coder.ts';
import { SIZE, laplacianBlocks } from '../support/laplacian.ts';
import { describeMachine, formatSample, markdownTable, summarise } from '../support/table.ts';

const BLOCKS = 96;

function blocksOf(style: number): CodedBlock[] {
  return laplacianBlocks(BLOCKS).map(({ coefficients, subband, bitPlanes }) =>
    encodeBlock({ width: SIZE, height: SIZE, subband, style, bitPlanes }, coefficients),
  );
}

const decoder = new ClassicBlockDecoder();
const out = new Int32Array(SIZE * SIZE);
const bench = new Bench({ time: 0, retainSamples: true, iterations: 15, warmupTime: 0, warmupIterations: 5 });
const plain = blocksOf(0);
const sets: Record<string, CodedBlock[]> = {
  'all passes': plain,
  'all but the last nine passes': plain.map((block) => ({ ...block, numPasses: Math.max(1, block.numPasses - 9) })),
  'the first four passes': plain.map((block) => ({ ...block, numPasses: Math.min(4, block.numPasses) })),
  'vertically causal, reset, terminated': blocksOf(STYLE.causal | STYLE.reset | STYLE.terminate),
  bypass: blocksOf(STYLE.bypass),
};
for (const [name, blocks] of Object.entries(sets)) {
  bench.add(name, () => {
    for (const block of blocks) decoder.decode(block, out, 0, block.width);
  });
}
const rows2048 = new Int32Array(SIZE * 2048);
bench.add('all passes, into rows of 2048', () => {
  for (const block of plain) decoder.decode(block, rows2048, 960, 2048);
});
await bench.run();
const rows = bench.tasks.map((task) => {
  const times = summarise(samplesOf(task));
  const samples = BLOCKS * SIZE * SIZE;
  return [task.name, formatSample(times, 1), (samples / times.median / 1000).toFixed(1)];
});
console.log(`${describeMachine()}\n`);
console.log(
  markdownTable([[`${BLOCKS} blocks of 64 × 64`, 'ms, median (quartiles)', 'million samples per second'], ...rows]),
);

function samplesOf(task: Bench['tasks'][number]): readonly number[] {
  if (!('latency' in task.result) || !task.result.latency.samples) throw new Error(`${task.name} gave no samples`);
  return task.result.latency.samples;
}

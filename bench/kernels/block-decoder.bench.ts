/**
 * The block decoder alone: `node scripts/run-ts.mjs bench/kernels/block-decoder.bench.ts`.
 *
 * The blocks are made here, with the slow encoder of the tests: Laplacian coefficients whose spread differs from block to
 * block and, in patches, within a block, as in subbands of photographs. Each row decodes all of them once.
 */
import { Bench } from 'tinybench';
import { ClassicBlockDecoder } from '../../src/codec/tier1/block-decoder.ts';
import { type CodedBlock, STYLE, encodeBlock } from '../../test/reference/block-coder.ts';
import { describeMachine, formatSample, markdownTable, summarise } from '../support/table.ts';

const SIZE = 64;
const BLOCKS = 96;

let state = 1;

function random(): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return ((state >> 8) + 0.5) / 2 ** 23;
}

/** Laplacian values; the spread changes every 16 samples in both directions. */
function coefficientsOf(spread: number): Int32Array {
  const patches = Array.from({ length: 16 }, () => spread * 2 ** (4 * random() - 2));
  return Int32Array.from({ length: SIZE * SIZE }, (_, k) => {
    const patch = patches[((k >> 10) << 2) | ((k & 63) >> 4)]!;
    const magnitude = Math.floor(-Math.log(random()) * patch);
    return random() < 0.5 ? -magnitude : magnitude;
  });
}

function blocksOf(style: number): CodedBlock[] {
  state = 1;
  return Array.from({ length: BLOCKS }, (_, k) => {
    const coefficients = coefficientsOf(2 ** (k % 6));
    const largest = coefficients.reduce((most, q) => Math.max(most, Math.abs(q)), 1);
    const shape = { width: SIZE, height: SIZE, subband: (k & 3) as 0 | 1 | 2 | 3, style };
    return encodeBlock({ ...shape, bitPlanes: 32 - Math.clz32(largest) }, coefficients);
  });
}

const decoder = new ClassicBlockDecoder();
const out = new Int32Array(SIZE * SIZE);
const bench = new Bench({ time: 0, retainSamples: true, iterations: 15, warmupTime: 0, warmupIterations: 5 });
const plain = blocksOf(0);
const sets: Record<string, CodedBlock[]> = {
  'all passes': plain,
  'all but the last nine passes': plain.map((block) => ({ ...block, numPasses: Math.max(1, block.numPasses - 9) })),
  'vertically causal, reset, terminated': blocksOf(STYLE.causal | STYLE.reset | STYLE.terminate),
  bypass: blocksOf(STYLE.bypass),
};
for (const [name, blocks] of Object.entries(sets)) {
  bench.add(name, () => {
    for (const block of blocks) decoder.decode(block, out);
  });
}
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

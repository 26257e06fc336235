/**
 * The block encoder alone, beside the block decoder on what it made: `node scripts/run-ts.mjs bench/kernels/block-encoder.bench.ts`.
 *
 * Each row codes all blocks once. Times are also given for one coefficient in one bit-plane, which codes about one decision.
 */
import { Bench } from 'tinybench';
import { ClassicBlockDecoder } from '../../src/codec/tier1/block-decoder.ts';
import { ClassicBlockEncoder, type CodeBlockCoefficients } from '../../src/codec/tier1/block-encoder.ts';
import { type CodedBlock, STYLE, endsSegment } from '../../test/reference/block-coder.ts';
import { SIZE, laplacianBlocks } from '../support/laplacian.ts';
import { describeMachine, formatSample, markdownTable, summarise } from '../support/table.ts';

const BLOCKS = 96;
const blocks = laplacianBlocks(BLOCKS);
const encoder = new ClassicBlockEncoder();
const decoder = new ClassicBlockDecoder();
const out = new Int32Array(SIZE * SIZE);

function jobsOf(style: number, stopSlope = 0): CodeBlockCoefficients[] {
  return blocks.map(({ coefficients, subband }) => {
    const shape = { width: SIZE, height: SIZE, subband, style };
    return { ...shape, coefficients, fractionBits: 0, exact: true, stopSlope, measured: false };
  });
}

/** The block as tier 2 would hand it to a decoder. */
function codedBlock(job: CodeBlockCoefficients): CodedBlock {
  const { bitPlanes, numPasses, data, dataLength, passLengths } = encoder.encode(job);
  const ends = Array.from({ length: numPasses }, (_, k) => k).filter((k) => endsSegment(k, numPasses - 1, job.style));
  return {
    ...{ width: SIZE, height: SIZE, subband: job.subband, style: job.style, bitPlanes, numPasses },
    ...{ data: data.slice(0, dataLength), dataLength, numSegments: ends.length },
    segmentPasses: Int32Array.from(ends, (end, k) => end - (ends[k - 1] ?? -1)),
    segmentLengths: Int32Array.from(ends, (end, k) => passLengths[end]! - (k > 0 ? passLengths[ends[k - 1]!]! : 0)),
  };
}

const bench = new Bench({ time: 0, retainSamples: true, iterations: 25, warmupTime: 0, warmupIterations: 10 });
const sets: Record<string, CodeBlockCoefficients[]> = {
  'all passes': jobsOf(0),
  'all passes, distortions not asked for': jobsOf(0).map((job) => ({ ...job, distortions: false })),
  'stopped early': jobsOf(0, 100),
  'vertically causal, reset, terminated': jobsOf(STYLE.causal | STYLE.reset | STYLE.terminate),
  bypass: jobsOf(STYLE.bypass),
};
const planes: number[] = [];
for (const [name, jobs] of Object.entries(sets)) {
  const coded = jobs.map(codedBlock);
  const count = coded.reduce((sum, { numPasses }) => sum + SIZE * SIZE * ((numPasses + 2) / 3), 0);
  bench.add(`${name}: encode`, () => {
    for (const job of jobs) encoder.encode(job);
  });
  bench.add(`${name}: decode`, () => {
    for (const block of coded) decoder.decode(block, out, 0, block.width);
  });
  planes.push(count, count);
}
await bench.run();
const rows = bench.tasks.map((task, k) => {
  const times = summarise(samplesOf(task));
  return [task.name, formatSample(times, 1), ((1e6 * times.median) / planes[k]!).toFixed(1)];
});
console.log(`${describeMachine()}\n`);
console.log(
  markdownTable([[`${BLOCKS} blocks of 64 × 64`, 'ms, median (quartiles)', 'ns a coefficient and bit-plane'], ...rows]),
);

function samplesOf(task: Bench['tasks'][number]): readonly number[] {
  if (!('latency' in task.result) || !task.result.latency.samples) throw new Error(`${task.name} gave no samples`);
  return task.result.latency.samples;
}

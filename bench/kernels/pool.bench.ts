/**
 * The pool of workers against the coder on this thread: `npm run build:js && node scripts/run-ts.mjs bench/kernels/pool.bench.ts`.
 *
 * Latency is the round trip of one small code-block to an idle worker. Throughput is so many batches of 64 code-blocks handed over at
 * once; pool and thread take turns within a round, and ratios are of the same round. A pool cannot be faster than the
 * processors that are free: what two workers reach with a single message each is the measure of that.
 */
import { Worker } from 'node:worker_threads';
import {
  DECODE_PARAMS,
  type DecodeBatch,
  ENCODE_PARAMS,
  type EncodeBatch,
  ENCODED_PARAMS,
} from '../../src/codec/block-pool.ts';
import { BatchCoder } from '../../src/workers/batch-coder.ts';
import { DECODERS, ENCODERS } from '../../src/workers/coders.ts';
import { createPool } from '../../src/workers/node.ts';
import { inRepository } from '../../test/support/root.ts';
import { laplacianBlocks, SIZE } from '../support/laplacian.ts';
import { describeMachine, formatSample, markdownTable, summarise } from '../support/table.ts';

const BATCHES = 8;
const BLOCKS = 64;
const ROUNDS = 15;
const WARM_UP = 3;
const LENGTH = BLOCKS * SIZE * SIZE;
const HALF = (BATCHES / 2) * BLOCKS;

const createWorker = (): Worker => new Worker(inRepository('dist', 'worker.js'));
const coder = new BatchCoder(DECODERS, ENCODERS);

function finish<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function encodeBatch(blocks: number): EncodeBatch {
  const list = laplacianBlocks(blocks);
  const params = new Int32Array(blocks * ENCODE_PARAMS.count);
  const coefficients = new Int32Array(blocks * SIZE * SIZE);
  list.forEach((block, k) => {
    params.set([SIZE, SIZE, block.subband, 0, 0, 1, 0], k * ENCODE_PARAMS.count);
    coefficients.set(block.coefficients, k * SIZE * SIZE);
  });
  return { coder: 'classic', params, stopSlopes: new Float64Array(blocks), coefficients, cost: 1 };
}

function decodeBatch(batch: EncodeBatch): DecodeBatch {
  const encoded = finish(coder.encode(batch));
  const count = batch.stopSlopes.length;
  const params = new Int32Array(count * DECODE_PARAMS.count);
  const segments = new Int32Array(2 * count);
  for (let k = 0; k < count; k++) {
    const at = k * ENCODED_PARAMS.count;
    const [bitPlanes = 0, numPasses = 0, bytes = 0] = encoded.params.subarray(at, at + 3);
    const subband = batch.params[k * ENCODE_PARAMS.count + ENCODE_PARAMS.subband]!;
    const place = k * SIZE * SIZE;
    params.set([SIZE, SIZE, subband, 0, bitPlanes, numPasses, 1, bytes, place, SIZE], k * DECODE_PARAMS.count);
    segments.set([numPasses, bytes], 2 * k);
  }
  const length = count * SIZE * SIZE;
  return { coder: 'classic', params, segments, data: encoded.data, out: undefined, length, cost: 1 };
}

const shared = createPool({ size: 2, createWorker });
const transferred = createPool({ size: 2, createWorker, transfer: true });
const toEncode = encodeBatch(BLOCKS);
const toDecode = decodeBatch(toEncode);
const half = encodeBatch(HALF);
const halfToDecode = decodeBatch(half);
const halfOuts = [0, 1].map(() => shared.allocate(HALF * SIZE * SIZE));
const outs = Array.from({ length: BATCHES }, () => shared.allocate(LENGTH));
const each = Array.from({ length: BATCHES }, (_, k) => k);

const ways: Record<string, () => unknown> = {
  'decode, this thread': () => each.map(() => finish(coder.decode(toDecode))),
  'decode, 2 workers, shared': () => Promise.all(outs.map((out) => shared.decode({ ...toDecode, out }))),
  'decode, 2 workers, transferred': () => Promise.all(each.map(() => transferred.decode(toDecode))),
  'decode, 2 workers, one message each': () =>
    Promise.all(halfOuts.map((out) => shared.decode({ ...halfToDecode, out }))),
  'encode, this thread': () => each.map(() => finish(coder.encode(toEncode))),
  'encode, 2 workers': () => Promise.all(each.map(() => shared.encode(toEncode))),
  'encode, 2 workers, one message each': () => Promise.all([0, 1].map(() => shared.encode(half))),
};

async function time(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  for (const [name, run] of Object.entries(ways)) {
    const ms = await time(run);
    if (round >= WARM_UP) times[name]!.push(ms);
  }
}

const small = { ...toDecode, ...decodeBatch(encodeBatch(1)) };
const alone: number[] = [];
const away: number[] = [];
for (let k = 0; k < 400; k++) {
  const here = await time(() => finish(coder.decode(small)));
  const there = await time(() => shared.decode(small));
  if (k >= 100) {
    alone.push(1000 * here);
    away.push(1000 * (there - here));
  }
}

const copyTimes: number[] = [];
for (let k = 0; k < 200; k++) copyTimes.push(1000 * (await time(() => new Int32Array(toEncode.coefficients).length)));

console.log(`${describeMachine()}\n`);
const rows = Object.entries(times).map(([name, list]) => {
  const base = times[`${name.split(',')[0]}, this thread`]!;
  const ratios = list.map((ms, round) => base[round]! / ms);
  return [name, formatSample(summarise(list), 0), formatSample(summarise(ratios), 2)];
});
console.log(
  markdownTable([[`${BATCHES} batches of ${BLOCKS} code-blocks`, 'ms, median (quartiles)', 'times as fast'], ...rows]),
);
console.log(`\none small batch: ${formatSample(summarise(alone), 0)} µs of work here`);
console.log(`its way to a worker and back takes ${formatSample(summarise(away), 0)} µs more`);
console.log(`a copy of the coefficients of ${BLOCKS} code-blocks: ${formatSample(summarise(copyTimes), 0)} µs`);
await Promise.all([shared.close(), transferred.close()]);

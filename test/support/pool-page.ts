/** The script of a test page, bundled by whatever is tested: batches and a picture through workers and on the page's own thread, compared. */
import { decode, decodeSync, encodeSync } from 'jp2kit';
import {
  createPool,
  DECODE_PARAMS,
  type DecodedBatch,
  ENCODE_PARAMS,
  type EncodeBatch,
  ENCODED_PARAMS,
  type EncodedBatch,
  type WorkerPool,
} from 'jp2kit/workers';

const BLOCKS = 24;
const SIDE = 32;

function batchOf(seed: number): EncodeBatch {
  let state = seed;
  const coefficients = Int32Array.from({ length: BLOCKS * SIDE * SIDE }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 20) - 1000;
  });
  const params = new Int32Array(BLOCKS * ENCODE_PARAMS.count);
  // HL, exact, everything else 0
  for (let k = 0; k < BLOCKS; k++) params.set([SIDE, SIDE, 1, 0, 0, 1], k * ENCODE_PARAMS.count);
  return { coder: 'classic', params, stopSlopes: new Float64Array(BLOCKS), coefficients, cost: 1 };
}

async function roundTrip(pool: WorkerPool, batch: EncodeBatch): Promise<[EncodedBatch, DecodedBatch]> {
  const encoded = await pool.encode(batch);
  const params = new Int32Array(BLOCKS * DECODE_PARAMS.count);
  const segments = new Int32Array(BLOCKS * 2);
  for (let k = 0; k < BLOCKS; k++) {
    const [bitPlanes = 0, numPasses = 0, bytes = 0] = encoded.params.subarray(k * ENCODED_PARAMS.count);
    params.set([SIDE, SIDE, 1, 0, bitPlanes, numPasses, 1, bytes, k * SIDE * SIDE, SIDE], k * DECODE_PARAMS.count);
    segments.set([numPasses, bytes], 2 * k);
  }
  const length = BLOCKS * SIDE * SIDE;
  const out = pool.sharesMemory ? pool.allocate(length) : undefined;
  return [encoded, await pool.decode({ coder: 'classic', params, segments, data: encoded.data, out, length, cost: 1 })];
}

/** True when workers make of a picture what this thread makes of it. */
async function isSamePicture(pool: WorkerPool): Promise<boolean> {
  const data = Uint8Array.from({ length: 300 * 280 * 3 }, (_, k) => (k % 91) * (k % 7));
  const { data: bytes } = encodeSync({ width: 300, height: 280, channels: 3, data }, { rate: { psnr: 40 } });
  const there = await decode(bytes, { pool });
  const here = decodeSync(bytes);
  return there.data.every((sample, k) => sample === here.data[k]);
}

async function main(): Promise<unknown> {
  const warnings: string[] = [];
  const pool = createPool({ size: 2, onWarning: ({ code, message }) => warnings.push(`${code}: ${message}`) });
  const here = createPool({
    transfer: true,
    createWorker: () => {
      throw new Error('none');
    },
  });
  const batches = [1, 2, 3, 4].map(batchOf);
  const byWorkers = await Promise.all(batches.map((batch) => roundTrip(pool, batch)));
  const byPage = await Promise.all(batches.map((batch) => roundTrip(here, batch)));
  const textOf = (result: unknown): string =>
    JSON.stringify(result, (_, v) => (ArrayBuffer.isView(v) ? [...(v as Int32Array)] : v));
  const isLossless = byPage.every(([, { coefficients }], k) =>
    coefficients.every((v, i) => {
      const q = batches[k]!.coefficients[i]!;
      return v === Math.sign(q) * (2 * Math.abs(q) + (q === 0 ? 0 : 1));
    }),
  );
  const isEqual = textOf(byWorkers) === textOf(byPage);
  const { stats, sharesMemory } = pool;
  const isPictureEqual = await isSamePicture(pool);
  const ofPicture = pool.stats.doneByWorkers - stats.doneByWorkers;
  await pool.close();
  return {
    isEqual,
    isLossless,
    isPictureEqual,
    ofPicture,
    sharesMemory,
    isIsolated: crossOriginIsolated,
    warnings,
    stats,
    here: here.stats,
  };
}

main().then(
  (result) => {
    document.body.dataset.result = JSON.stringify(result);
  },
  (error) => {
    document.body.dataset.result = JSON.stringify({ error: String(error) });
  },
);

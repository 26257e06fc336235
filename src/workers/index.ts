/**
 * A pool of workers: code-blocks, where most of the time goes, are coded on all processors. Node takes another file by the same name.
 *
 * @module jp2kit/workers
 */
import { makePool, type PoolHost, type PoolOptions, type WorkerPool } from './worker-pool.ts';

export type {
  BlockPool,
  DecodeBatch,
  DecodedBatch,
  EncodeBatch,
  EncodedBatch,
} from '../codec/block-pool.ts';
export { DECODE_PARAMS, ENCODE_PARAMS, ENCODED_PARAMS } from '../codec/block-pool.ts';
export type { AbortSignalLike } from '../codec/source.ts';
export type { WorkerLike } from './worker-like.ts';
export type { PoolOptions, PoolStats, PoolWarning, WorkerPool } from './worker-pool.ts';

const browser: PoolHost = {
  // in this form bundlers see that there is a worker (Vite, webpack); it must stay in one piece
  createWorker: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
  get parallelism() {
    return globalThis.navigator?.hardwareConcurrency || 1;
  },
  get sharesMemory() {
    // without isolation from other origins shared memory exists in some browsers and cannot be sent
    return typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated === true;
  },
};

/**
 * Makes a pool of workers. They start with the first batch, and one pool can serve any number of pictures at the same time.
 *
 * @throws {Jpeg2000Error} `usage` for options that make no sense. Workers that cannot be started are no error: see `stats.inline`.
 * @example
 * ```ts
 * const pool = createPool();
 * const { data } = await encode(image, { pool });
 * await pool.close();
 * ```
 */
export function createPool(options: PoolOptions = {}): WorkerPool {
  return makePool(options, browser);
}

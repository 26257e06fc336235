/** The pool as Node has it: threads of `node:worker_threads`, and as much memory shared as there is. See `index.ts`. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { makePool, type PoolHost, type PoolOptions, type WorkerPool } from './worker-pool.ts';

export { DECODE_PARAMS, ENCODE_PARAMS, ENCODED_PARAMS } from '../codec/block-pool.ts';
export type * from './index.ts';

const node: PoolHost = {
  // options of the process, such as loaders and inspectors, are not for a script that needs nothing
  createWorker: () => new Worker(new URL('./worker.js', import.meta.url), { name: 'jp2kit', execArgv: [] }),
  get parallelism() {
    return availableParallelism();
  },
  sharesMemory: true,
};

/**
 * Makes a pool of workers. They start with the first batch, and one pool can serve any number of pictures at the same time. A process does
 * not wait for a pool that has nothing to do.
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
  return makePool(options, node);
}

/** A pool of workers for benches: the sources as they are, bundled for the occasion. */
import { Worker } from 'node:worker_threads';
import { bundleForNode } from '../../scripts/bundle.mjs';
import { createPool } from '../../src/workers/node.ts';
import type { WorkerPool } from '../../src/workers/worker-pool.ts';
import { inRepository } from '../../test/support/root.ts';

/** A pool of so many workers. */
export async function benchPool(size: number): Promise<WorkerPool> {
  const script = inRepository(await bundleForNode('src/workers/worker-main.ts', `bench-worker-${size}`));
  // kept over the turns of others: workers that start anew have all to compile again
  return createPool({ size, idleMs: 3_600_000, createWorker: () => new Worker(script) });
}

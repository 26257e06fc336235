/** Pools for tests: workers that run the sources as they are, bundled for the occasion, and workers that go wrong on demand. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { createPool } from '../../src/workers/node.ts';
import type { PoolOptions, WorkerPool } from '../../src/workers/worker-pool.ts';
import { inRepository } from './root.ts';

const scripts = new Map<string, Promise<string>>();

/** Bundles a worker's script, once for each process that runs tests. */
function scriptOf(entry: string): Promise<string> {
  let script = scripts.get(entry);
  if (script === undefined) {
    script = bundle(entry);
    scripts.set(entry, script);
  }
  return script;
}

async function bundle(entry: string): Promise<string> {
  const folder = inRepository('node_modules', '.cache', 'jp2kit-test-workers');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${entry.replaceAll('/', '-').replace(/\.ts$/, '')}-${process.pid}.mjs`);
  process.once('exit', () => rmSync(outfile, { force: true }));
  await build({ entryPoints: [inRepository(entry)], outfile, bundle: true, format: 'esm', platform: 'node' });
  return outfile;
}

/** A pool of the library's workers, closed when the test is over. */
export async function poolOf(options: PoolOptions = {}): Promise<WorkerPool> {
  return closedAfterwards(createPool({ createWorker: await workerMaker(), leastSamples: 0, ...options }));
}

/** Starts the library's worker. */
export async function workerMaker(): Promise<() => Worker> {
  const script = await scriptOf('src/workers/worker-main.ts');
  return () => new Worker(script);
}

/** A pool whose workers do what a batch's cost says ({@link FAULT}). */
export async function faultyPoolOf(options: PoolOptions = {}): Promise<WorkerPool> {
  const script = await scriptOf('test/support/faulty-worker.ts');
  const deaths = new Int32Array(new SharedArrayBuffer(4 * 4096));
  const createWorker = (): Worker => {
    // what workers print when they die is no news
    return new Worker(script, { workerData: deaths, stderr: true });
  };
  return closedAfterwards(createPool({ createWorker, ...options }));
}

/** Closes a pool when the test is over. */
export function closedAfterwards(pool: WorkerPool): WorkerPool {
  onTestFinished(() => pool.close());
  return pool;
}

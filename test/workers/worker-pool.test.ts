/** Who gets which batch, and what happens to workers that start late, idle, lie or end: with workers that do as they are told. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { createPool } from '../../src/workers/node.ts';
import { BUILD } from '../../src/workers/protocol.ts';
import type { PoolOptions, PoolWarning, WorkerPool } from '../../src/workers/worker-pool.ts';
import { decodeCase } from '../arbitraries/batches.ts';
import { eventually } from '../support/eventually.ts';
import { FakeWorker } from '../support/fake-worker.ts';
import { randomFrom } from '../support/random.ts';
import { inRepository } from '../support/root.ts';
import { closedAfterwards } from '../support/workers.ts';

const { batch, expected } = decodeCase(randomFrom(1), 1, 8);

interface Setup {
  readonly pool: WorkerPool;
  readonly workers: FakeWorker[];
  readonly warnings: PoolWarning[];
  readonly codes: () => string[];
}

function setUp(options: PoolOptions = {}): Setup {
  const workers: FakeWorker[] = [];
  const warnings: PoolWarning[] = [];
  const createWorker = (): FakeWorker => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  };
  const onWarning = (warning: PoolWarning) => warnings.push(warning);
  const pool = closedAfterwards(createPool({ createWorker, onWarning, transfer: true, ...options }));
  return { pool, workers, warnings, codes: () => warnings.map(({ code }) => code) };
}

/** Hands over batches whose outcome does not matter. */
function submit(pool: WorkerPool, ...costs: number[]): Promise<unknown>[] {
  return costs.map((cost) => {
    const promise = pool.decode({ ...batch, cost });
    promise.catch(() => {});
    return promise;
  });
}

test('workers belong to the version of the package', () => {
  expect(BUILD).toBe(JSON.parse(readFileSync(inRepository('package.json'), 'utf8')).version);
});

describe('batches', () => {
  test('start as many workers as there is work for, and none before', () => {
    const { pool, workers } = setUp({ size: 3 });
    expect(workers).toHaveLength(0);
    submit(pool, 1);
    expect(workers).toHaveLength(1);
    submit(pool, 1, 1, 1, 1);
    expect(workers).toHaveLength(3);
    expect(pool.stats).toMatchObject({ workers: 3, starting: 3, queued: 5, outstanding: 0 });
  });

  test('are not sent before a worker says that it is ready, and wait for those that are starting', () => {
    const { pool, workers } = setUp({ size: 2 });
    submit(pool, 1, 1);
    workers[0]!.ready();
    expect(workers[0]!.given).toEqual([0]);
    workers[1]!.ready();
    expect(workers[1]!.given).toEqual([1]);
  });

  test('lie with a worker by two at most, the rest in the queue', async () => {
    const { pool, workers } = setUp({ size: 2 });
    const all = submit(pool, 1, 1, 1, 1, 1, 1, 1);
    for (const worker of workers) worker.ready();
    expect(pool.stats).toMatchObject({ queued: 3, outstanding: 4 });
    expect(workers.map(({ given }) => given.length)).toEqual([2, 2]);
    workers[1]!.finish(workers[1]!.given[0]!);
    expect(pool.stats).toMatchObject({ queued: 2, outstanding: 4 });
    expect(workers[1]!.given).toHaveLength(3);
    for (let k = 0; k < 7; k++) {
      for (const worker of workers) {
        const isDone = worker === workers[1] && k === 0;
        if (worker.given[k] !== undefined && !isDone) worker.finish(worker.given[k]!);
      }
    }
    await Promise.all(all);
    expect(pool.stats).toMatchObject({ queued: 0, outstanding: 0, doneByWorkers: 7 });
  });

  test('go to the worker with the least to do', () => {
    const { pool, workers } = setUp({ size: 2 });
    submit(pool, 100, 1);
    for (const worker of workers) worker.ready();
    submit(pool, 5);
    expect(workers[0]!.given).toEqual([0]);
    expect(workers[1]!.given).toEqual([1, 2]);
  });

  test('that were aborted are taken from the queue, or from the worker where it has not begun', async () => {
    const { pool, workers } = setUp({ size: 1 });
    const controller = new AbortController();
    const all = [0, 1, 2].map(() => pool.decode(batch, controller.signal));
    const kept = submit(pool, 1)[0]!;
    workers[0]!.ready();
    const reason = new Error('enough');
    controller.abort(reason);
    for (const one of all) await expect(one).rejects.toBe(reason);
    expect(workers[0]!.cancelled).toEqual([0, 1]);
    // a worker has two batches until it answers
    expect(workers[0]!.given).toEqual([0, 1]);
    workers[0]!.finish(0);
    expect(workers[0]!.given).toEqual([0, 1, 3]);
    workers[0]!.say({ jp2kit: BUILD, kind: 'dropped', id: 1 });
    workers[0]!.finish(3);
    await kept;
    await expect(pool.decode(batch, controller.signal)).rejects.toBe(reason);
  });

  test('of one signal are many, and it has one listener', async () => {
    const { pool } = setUp({ size: 1 });
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, 'addEventListener');
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const all = Array.from({ length: 50 }, () => pool.decode(batch, controller.signal));
    expect(add).toHaveBeenCalledTimes(1);
    controller.abort();
    await Promise.allSettled(all);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  test('obey a signal that tells nothing when they come out', async () => {
    const { pool, workers } = setUp({ size: 1 });
    const signal = { aborted: false, reason: undefined as unknown };
    const [first, second] = [pool.decode(batch, signal), pool.decode(batch, signal)];
    workers[0]!.ready();
    signal.aborted = true;
    signal.reason = 'over';
    workers[0]!.finish(0);
    workers[0]!.finish(1);
    await expect(first).rejects.toBe('over');
    await expect(second).rejects.toBe('over');
  });
});

describe('a worker', () => {
  test('goes when there was nothing to do for a while, and another comes when there is', async () => {
    const { pool, workers, warnings } = setUp({ size: 1, idleMs: 30 });
    const [first] = submit(pool, 1);
    workers[0]!.ready();
    await sleep(60);
    expect(workers[0]!.isTerminated).toBe(false);
    workers[0]!.finish(0);
    await first;
    await eventually(() => workers[0]!.isTerminated).toBe(true);
    expect(pool.stats).toMatchObject({ workers: 0, started: 1, died: 0 });
    submit(pool, 1);
    workers[1]!.ready();
    expect(workers[1]!.given).toEqual([1]);
    expect(warnings).toEqual([]);
  });

  test('of another version is refused, and so are all after it', async () => {
    const { pool, workers, warnings, codes } = setUp({ size: 1 });
    const outcome = pool.decode(batch);
    workers[0]!.say({ jp2kit: '99.0.0', kind: 'ready' });
    expect(await outcome).toEqual(expected);
    expect(workers).toHaveLength(1);
    expect(workers[0]!.isTerminated).toBe(true);
    expect(codes()).toEqual(['worker-version', 'inline']);
    expect(warnings[0]!.message).toMatch(/of jp2kit 99\.0\.0, and the pool of \d/);
    expect(pool.stats).toMatchObject({ inline: true, workers: 0, doneInline: 1 });
  });

  test('may say things that are not for the pool', () => {
    const { pool, workers, warnings } = setUp({ size: 1 });
    submit(pool, 1);
    for (const noise of [undefined, null, 7, 'ready', { type: 'webpackOk' }, { kind: 'ready' }]) workers[0]!.say(noise);
    expect(workers[0]!.given).toEqual([]);
    workers[0]!.ready();
    workers[0]!.ready();
    expect(workers[0]!.given).toEqual([0]);
    expect(warnings).toEqual([]);
  });

  test.each<[string, (worker: FakeWorker) => void, RegExp]>([
    ['fails', (worker) => worker.emit('error', { message: 'out of memory' }), /out of memory/],
    ['sends what cannot be read', (worker) => worker.emit('messageerror'), /cannot be read/],
    ['cannot read', (worker) => worker.say({ jp2kit: BUILD, kind: 'unreadable' }), /cannot read/],
    ['answers nonsense', (worker) => worker.say({ jp2kit: BUILD, kind: 'done', id: 0, outcome: {} }), /does not fit/],
    ['answers nobody', (worker) => worker.say({ jp2kit: BUILD, kind: 'dropped', id: 77 }), /nobody asked/],
  ])('that %s is replaced, and its batches are done again', async (_, fail, message) => {
    const { pool, workers, warnings, codes } = setUp({ size: 1 });
    const all = submit(pool, 1, 1, 1);
    workers[0]!.ready();
    fail(workers[0]!);
    expect(workers[0]!.isTerminated).toBe(true);
    workers[1]!.ready();
    expect(workers[1]!.given).toEqual([0, 1]);
    for (const id of [0, 1, 2]) workers[1]!.finish(id);
    await Promise.all(all);
    expect(codes()).toEqual(['worker-died']);
    expect(warnings[0]!.message).toMatch(message);
    expect(pool.stats).toMatchObject({ died: 1, started: 2, doneByWorkers: 3, doneInline: 0 });
  });

  test('is not to blame for the second of its batches', async () => {
    const { pool, workers, codes } = setUp({ size: 1 });
    const poison = pool.decode(batch);
    const [other] = submit(pool, 1);
    for (const k of [0, 1]) {
      workers[k]!.ready();
      expect(workers[k]!.given).toEqual([0, 1]);
      workers[k]!.emit('error', { message: 'poison' });
    }
    expect(await poison).toEqual(expected);
    workers[2]!.ready();
    expect(workers[2]!.given).toEqual([1]);
    workers[2]!.finish(1);
    await other;
    expect(codes()).toEqual(['worker-died', 'worker-died', 'batch-inline']);
    expect(pool.stats).toMatchObject({ inline: false, doneInline: 1, doneByWorkers: 1 });
  });

  test('that cannot take a message is spared it', async () => {
    const { pool, workers } = setUp({ size: 1 });
    const outcome = pool.decode(batch);
    vi.spyOn(workers[0]!, 'postMessage').mockImplementation(() => {
      throw new DOMException('no', 'DataCloneError');
    });
    workers[0]!.ready();
    expect(await outcome).toEqual(expected);
  });
});

describe('where no worker can be started', () => {
  const refusing = {
    'by an exception': () => {
      throw new Error('Worker is not defined');
    },
    'by an event': () => {
      const worker = new FakeWorker();
      queueMicrotask(() => worker.emit('error'));
      return worker;
    },
    'by silence': () => new FakeWorker(),
    'by something that is no worker': () => ({ postMessage() {}, terminate() {} }),
  };

  test.each(Object.entries(refusing))('%s, everything is done on this thread', async (_, createWorker) => {
    const { pool, codes, warnings } = setUp({ size: 1, createWorker, startMs: 40 });
    const outcomes = await Promise.all([1, 2, 3].map(() => pool.decode(batch)));
    expect(outcomes).toEqual([expected, expected, expected]);
    expect(pool.stats).toMatchObject({ inline: true, workers: 0, doneInline: 3, doneByWorkers: 0 });
    expect(codes()).toEqual(['worker-start', 'worker-start', 'inline']);
    expect(warnings[0]!.message).toMatch(/could not be started: ./);
    expect(await pool.decode(batch)).toEqual(expected);
  });

  test('one that started before goes on', async () => {
    const { pool, workers } = setUp({ size: 3 });
    const all = submit(pool, 1, 1, 1, 1);
    workers[0]!.ready();
    workers[1]!.emit('error');
    workers[2]!.emit('error');
    // the one in place of the first
    workers[3]!.emit('error');
    for (const id of [0, 1, 2, 3]) workers[0]!.finish(id);
    await Promise.all(all);
    expect(workers).toHaveLength(4);
    expect(pool.stats).toMatchObject({ inline: false, workers: 1, doneByWorkers: 4 });
  });

  test('aborts are seen between two code-blocks', async () => {
    const { pool } = setUp({ size: 1, createWorker: refusing['by an exception'] });
    const controller = new AbortController();
    const large = decodeCase(randomFrom(3), 200, 40).batch;
    const all = [pool.decode(large, controller.signal), pool.decode(large, controller.signal)];
    setTimeout(() => controller.abort('enough'), 1);
    for (const one of all) await expect(one).rejects.toBe('enough');
    expect(await pool.decode(batch)).toEqual(expected);
  });
});

describe('a pool that is closed', () => {
  test('rejects all that was waited for, and all that comes', async () => {
    const { pool, workers } = setUp({ size: 1 });
    const all = [1, 2, 3].map(() => pool.decode(batch));
    workers[0]!.ready();
    const closing = pool.close();
    for (const one of all) await expect(one).rejects.toMatchObject({ kind: 'usage', code: 'closed' });
    await closing;
    expect(workers[0]!.isTerminated).toBe(true);
    workers[0]!.finish(0);
    workers[0]!.emit('error', {});
    await expect(pool.decode(batch)).rejects.toMatchObject({ code: 'closed' });
    await pool.close();
    expect(pool.stats).toMatchObject({ workers: 0, queued: 0, outstanding: 0 });
  });

  test('also stops what it does on this thread', async () => {
    const { pool } = setUp({
      size: 1,
      createWorker: () => {
        throw new Error('none');
      },
    });
    const outcome = pool.decode(decodeCase(randomFrom(4), 20, 30).batch);
    const rejected = expect(outcome).rejects.toMatchObject({ code: 'closed' });
    await pool.close();
    await rejected;
  });
});

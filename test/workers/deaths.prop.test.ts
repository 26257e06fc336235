/** Threads that die, batches that kill, aborts at any moment: everything settles, and what comes out is right. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PoolWarning } from '../../src/workers/worker-pool.ts';
import { decodeCase, encodeCase } from '../arbitraries/batches.ts';
import { FAULT } from '../support/faults.ts';
import { randomFrom } from '../support/random.ts';
import { faultyPoolOf } from '../support/workers.ts';

const random = randomFrom(2026);
/** Made once: what a batch holds does not matter here, only that its own outcome comes back. */
const CASES = Array.from({ length: 24 }, (_, k) => (k & 1 ? decodeCase : encodeCase)(random, 1 + (k % 4), 12));

test.each([
  ['ends', FAULT.exitOnce],
  ['throws', FAULT.throwOnce],
])('a thread that %s is replaced, and its batches are done by another', async (_, cost) => {
  const warnings: PoolWarning[] = [];
  const pool = await faultyPoolOf({ size: 2, onWarning: (warning) => warnings.push(warning) });
  const outcomes = await Promise.all(
    CASES.map((one, k) => {
      const batch = { ...one.batch, cost: k === 3 ? cost : FAULT.none };
      return one.kind === 'decode' ? pool.decode(batch as never) : pool.encode(batch as never);
    }),
  );
  expect(outcomes).toEqual(CASES.map(({ expected }) => expected));
  expect(pool.stats).toMatchObject({ died: 1, doneByWorkers: CASES.length, doneInline: 0, inline: false });
  expect(warnings.map(({ code }) => code)).toEqual(['worker-died']);
});

test.each([
  ['ends', FAULT.exitAlways],
  ['throws', FAULT.throwAlways],
  ['answers nonsense', FAULT.nonsense],
])('a batch over which every thread %s is done here', async (_, cost) => {
  const pool = await faultyPoolOf({ size: 1 });
  const { batch, expected } = decodeCase(randomFrom(3), 3, 12, cost);
  const other = encodeCase(randomFrom(4), 3, 12);
  const [poison, good] = await Promise.all([pool.decode(batch), pool.encode(other.batch)]);
  expect(poison).toEqual(expected);
  expect(good).toEqual(other.expected);
  expect(pool.stats).toMatchObject({ died: 2, doneInline: 1, doneByWorkers: 1, inline: false });
});

test('with any faults and aborts every batch comes out right, or is aborted', { timeout: 120_000 }, async () => {
  const plan = fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    transfer: fc.boolean(),
    idleMs: fc.constantFrom(0, 5, 10_000),
    batches: fc.array(
      fc.record({
        which: fc.nat(CASES.length - 1),
        fault: fc.oneof(
          { weight: 6, arbitrary: fc.constant(FAULT.none) },
          { weight: 2, arbitrary: fc.constantFrom(...Object.values(FAULT)) },
        ),
        shared: fc.boolean(),
        // milliseconds until it is handed over, and from there to its abort
        wait: fc.constantFrom(0, 0, 0, 3, 20),
        abortAfter: fc.constantFrom(undefined, undefined, undefined, 0, 1, 10, 40),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    closeAfter: fc.constantFrom(undefined, undefined, undefined, 0, 30),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ size, transfer, idleMs, batches, closeAfter }) => {
      const pool = await faultyPoolOf({ size, transfer, idleMs });
      const reason = new Error('aborted by the test');
      let isClosed = false;
      const runs = batches.map(async ({ which, fault, shared, wait, abortAfter }) => {
        await sleep(wait);
        const controller = new AbortController();
        if (abortAfter === 0) queueMicrotask(() => controller.abort(reason));
        else if (abortAfter) setTimeout(() => controller.abort(reason), abortAfter);
        const one = CASES[which]!;
        try {
          if (one.kind === 'encode') {
            const { batch } = one;
            expect(await pool.encode({ ...batch, cost: fault }, controller.signal)).toEqual(one.expected);
          } else {
            const { length } = one.batch;
            const out = shared && pool.sharesMemory ? pool.allocate(length) : undefined;
            const outcome = await pool.decode({ ...one.batch, cost: fault, out }, controller.signal);
            expect(outcome).toEqual(one.expected);
          }
        } catch (error) {
          const isAbort = error === reason && abortAfter !== undefined;
          if (!isAbort && !(isClosed && (error as { code?: string }).code === 'closed')) throw error;
        }
      });
      if (closeAfter !== undefined) {
        setTimeout(() => {
          isClosed = true;
          pool.close();
        }, closeAfter);
      }
      await Promise.all(runs);
      if (!isClosed) expect(pool.stats).toMatchObject({ inline: false, queued: 0 });
      await pool.close();
    }),
    { numRuns: 40 },
  );
});

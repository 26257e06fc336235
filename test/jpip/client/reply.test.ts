import { describe, expect, test } from 'vitest';
import type { ClientHost } from '../../../src/jpip/client/connection.ts';
import { drain, within } from '../../../src/jpip/client/reply.ts';
import { jpipRejection } from '../../support/jpip-client.ts';

/** A host whose timers are called by the test. */
function hostWithTimers() {
  const timers = new Map<() => void, number>();
  const host: ClientHost = {
    now: () => 0,
    timer: (ms, callback) => {
      timers.set(callback, ms);
      return () => timers.delete(callback);
    },
  };
  return { host, timers };
}

/** A body that counts what is taken of it. */
function bodyOf(pieces: AsyncIterable<Uint8Array>) {
  const counts = { taken: 0, returned: 0 };
  const inner = pieces[Symbol.asyncIterator]();
  const body: AsyncIterator<Uint8Array> = {
    next: async () => {
      counts.taken++;
      return inner.next();
    },
    return: async () => {
      counts.returned++;
      return { done: true, value: undefined };
    },
  };
  return { reply: { status: 200, reason: '', header: () => null, body }, counts };
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(10_000);
}

describe('waiting for the other side', () => {
  test('ends with what comes, and leaves no timer', async () => {
    const { host, timers } = hostWithTimers();
    expect(await within(Promise.resolve(7), host, 100)).toBe(7);
    await expect(within(Promise.reject(new Error('no')), host, 100)).rejects.toThrow('no');
    expect(timers.size).toBe(0);
    expect(await within(Promise.resolve(8), host, Number.POSITIVE_INFINITY)).toBe(8);
  });

  test('is not for ever', async () => {
    const { host, timers } = hostWithTimers();
    const waiting = jpipRejection(within(new Promise(() => {}), host, 100));
    expect([...timers.values()]).toEqual([100]);
    for (const callback of timers.keys()) callback();
    expect(await waiting).toMatchObject({ kind: 'refused', code: 'timeout' });
  });
});

describe('what follows the end of a response', () => {
  test('is read to its end, so that the connection can be used again', async () => {
    const { reply, counts } = bodyOf(
      (async function* () {
        yield new Uint8Array(3);
        yield new Uint8Array(4);
      })(),
    );
    await drain(reply, hostWithTimers().host, 30_000);
    expect(counts).toEqual({ taken: 3, returned: 0 });
  });

  test('is given up when it is too long', async () => {
    const { reply, counts } = bodyOf(endless());
    await drain(reply, hostWithTimers().host, 30_000);
    expect(counts).toEqual({ taken: 7, returned: 1 });
  });

  test('is given up when it breaks, and when it does not come soon', async () => {
    const broken = bodyOf({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('reset')) }) });
    await drain(broken.reply, hostWithTimers().host, 30_000);
    expect(broken.counts.returned).toBe(1);
    const { host, timers } = hostWithTimers();
    const silent = bodyOf({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
    const draining = drain(silent.reply, host, 30_000);
    await Promise.resolve();
    expect([...timers.values()]).toEqual([1000]);
    for (const callback of timers.keys()) callback();
    await draining;
    expect(silent.counts.returned).toBe(1);
  });
});

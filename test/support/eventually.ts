/** Waiting for what comes in its own time, also on a machine that is busy with other tests. */
import { expect } from 'vitest';

/** Asks again and again until the expectation holds, for a quarter of a minute. */
export function eventually<T>(ask: () => T | Promise<T>) {
  return expect.poll(ask, { timeout: 15_000, interval: 40 });
}

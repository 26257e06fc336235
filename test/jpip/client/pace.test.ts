import { describe, expect, test } from 'vitest';
import { Pace } from '../../../src/jpip/client/pace.ts';

/** Asks for `count` responses over a connection that carries so many bytes a millisecond after a wait; how long each took. */
function times(pace: Pace, bytesPerMs: number, waitMs: number, count: number): number[] {
  return Array.from({ length: count }, () => {
    const bytes = pace.length;
    const body = bytes / bytesPerMs;
    pace.measured(bytes, waitMs, body);
    return waitMs + body;
  });
}

describe('how much is asked for at once', () => {
  test('is little at first, and grows by no more than four times', () => {
    const pace = new Pace(1000, 1 << 24);
    let before = pace.length;
    expect(before).toBe(32768);
    for (let k = 0; k < 4; k++) {
      times(pace, 1e9, 0, 1);
      expect(pace.length).toBeLessThanOrEqual(4 * before);
      before = pace.length;
    }
    expect(before).toBeGreaterThan(1 << 22);
  });

  test.each([
    [20, 10],
    [300, 40],
    [5000, 5],
    [100, 400],
  ])('fits the time that a response may take, at %i bytes a millisecond after %i ms', (rate, wait) => {
    const pace = new Pace(500, 1 << 24);
    const taken = times(pace, rate, wait, 12).slice(6);
    expect(Math.max(...taken)).toBeLessThan(530);
    expect(Math.min(...taken)).toBeGreaterThan(400);
  });

  test('follows a connection that becomes slow', () => {
    const pace = new Pace(500, 1 << 24);
    times(pace, 5000, 5, 8);
    expect(times(pace, 50, 5, 12).at(-1)).toBeLessThan(550);
  });

  test('is never more than the bound, and never next to nothing', () => {
    const pace = new Pace(500, 10_000);
    times(pace, 1e6, 0, 5);
    expect(pace.length).toBe(10_000);
    const slow = new Pace(500, 1 << 24);
    times(slow, 0.5, 100, 5);
    expect(slow.length).toBe(2048);
  });

  test('learns nothing from a few bytes', () => {
    const pace = new Pace(500, 1 << 24);
    pace.measured(3, 10, 0);
    expect(pace.length).toBe(32768);
  });
});

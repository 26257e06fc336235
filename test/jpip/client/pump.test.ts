import { describe, expect, test } from 'vitest';
import { pumped } from '../../../src/jpip/client/pump.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function* counting(to: number, seen: number[] = []): AsyncGenerator<number, string> {
  for (let k = 0; k < to; k++) {
    await turn();
    seen.push(k);
    yield k;
  }
  return 'end';
}

describe('work that goes on by itself', () => {
  test('gives everything in order, and its result', async () => {
    const updates = pumped(counting(5), () => {});
    const all: number[] = [];
    let step = await updates.next();
    for (; !step.done; step = await updates.next()) all.push(...step.value);
    expect(all).toEqual([0, 1, 2, 3, 4]);
    expect(step.value).toBe('end');
  });

  test('does not wait for whoever takes its results', async () => {
    const seen: number[] = [];
    const updates = pumped(counting(5, seen), () => {});
    await updates.next();
    for (let k = 0; k < 10; k++) await turn();
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect((await updates.next()).value).toEqual([1, 2, 3, 4]);
  });

  test('is told to stop when nobody takes any more, and not when it has ended', async () => {
    let stopped = 0;
    const left = pumped(counting(5), () => stopped++);
    await left.next();
    await left.return('left');
    expect(stopped).toBe(1);
    for await (const _ of pumped(counting(2), () => stopped++));
    expect(stopped).toBe(1);
  });

  test('fails where it fails, after what came before', async () => {
    const failing = async function* (): AsyncGenerator<number, void> {
      yield 1;
      throw new Error('broken');
    };
    const updates = pumped(failing(), () => {});
    expect((await updates.next()).value).toEqual([1]);
    await expect(updates.next()).rejects.toThrow('broken');
  });
});

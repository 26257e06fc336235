import { expect, test } from 'vitest';
import { compete, type Contestant, ContestantError } from '../../../src/cli/benchmark/contest.ts';
import { spreadOf } from '../../../src/cli/benchmark/statistics.ts';

/** Takes the times of a list, one a run, and writes down its turns. */
function contestant(name: string, times: readonly number[], turns: string[]): Contestant {
  let k = 0;
  return {
    name,
    version: undefined,
    run: async () => {
      turns.push(name);
      const ms = times[k++]!;
      if (Number.isNaN(ms)) throw new ContestantError('cannot');
      return { ms, kind: 'call', stages: { half: ms / 2 } };
    },
  };
}

const never = new AbortController().signal;

test('the spread is the median, the least and the quartiles, between neighbours', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, low: 1.75, high: 3.25 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, low: 7, high: 7 });
});

test('all take turns, another one first each round; warming up does not count', async () => {
  const turns: string[] = [];
  const progress: number[] = [];
  const scores = await compete(
    [contestant('a', [90, 10, 20, 30], turns), contestant('b', [1, 20, 20, 60], turns)],
    { runs: 3, warmup: 1 },
    never,
    (fraction) => progress.push(fraction),
  );
  expect(turns).toEqual(['a', 'b', 'b', 'a', 'a', 'b', 'b', 'a']);
  expect(progress.at(-1)).toBe(1);
  expect(scores[0]).toMatchObject({ name: 'a', kind: 'call', ms: { median: 20, min: 10 }, stages: { half: 10 } });
  expect(scores[0]).not.toHaveProperty('ratio');
  expect(scores[1]).toMatchObject({ name: 'b', ms: { median: 20 }, ratio: { min: 1, median: 2, high: 2 } });
  expect(scores[1]!.runs.map(({ ms }) => ms)).toEqual([20, 20, 60]);
});

test('who fails is out with its reason, and the others go on', async () => {
  const turns: string[] = [];
  const scores = await compete(
    [contestant('a', [5, Number.NaN], turns), contestant('b', [1, 2, 3], turns)],
    { runs: 3, warmup: 0 },
    never,
    () => {},
  );
  expect(scores[0]).toEqual({ name: 'a', version: undefined, runs: [], error: 'cannot' });
  expect(scores[1]!.runs).toHaveLength(3);
  expect(scores[1]).not.toHaveProperty('ratio');
});

test('whatever is a fault of ours is thrown on', async () => {
  const broken: Contestant = { name: 'x', version: undefined, run: () => Promise.reject(new TypeError('a fault')) };
  await expect(compete([broken], { runs: 1, warmup: 0 }, never, () => {})).rejects.toThrow('a fault');
});

test('an interruption ends it', async () => {
  const abort = new AbortController();
  const turns: string[] = [];
  const a = contestant('a', [1, 1, 1], turns);
  const stopping: Contestant = {
    ...a,
    run: (signal) => {
      abort.abort(new Error('interrupted'));
      return a.run(signal);
    },
  };
  await expect(compete([stopping], { runs: 3, warmup: 0 }, abort.signal, () => {})).rejects.toThrow('interrupted');
  expect(turns).toHaveLength(1);
});

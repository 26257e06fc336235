/** What is measured, and by whom: programs that do one thing with one picture, in turns. */
import { describeError } from '../report-error.ts';
import type { Stages } from '../timing.ts';
import { type Spread, spreadOf } from './statistics.ts';

/**
 * What a time is. `call`: of a call of the library, from bytes in memory to samples in memory or the other way. `own`: what a program says
 * that it took. `process`: from the start of a program to its end, with reading and writing of files.
 */
export type TimeKind = 'call' | 'own' | 'process';

/** One run. */
export interface Run {
  readonly ms: number;
  readonly kind: TimeKind;
  readonly stages?: Stages;
}

/** Somebody who takes part. */
export interface Contestant {
  readonly name: string;
  readonly version: string | undefined;
  run(signal: AbortSignal): Promise<Run>;
}

/** How somebody has done. */
export interface Score {
  readonly name: string;
  readonly version: string | undefined;
  readonly kind?: TimeKind;
  readonly runs: readonly Run[];
  readonly ms?: Spread;
  /** Million points of the picture a second, by the median. */
  readonly megapixels?: number;
  /** Its time divided by that of the first contestant, round by round: above 1 the first is faster. */
  readonly ratio?: Spread;
  /** Medians. */
  readonly stages?: Stages;
  /** Why it does not take part. */
  readonly error?: string;
}

/** How often. */
export interface Rounds {
  readonly runs: number;
  readonly warmup: number;
}

/**
 * Lets all contestants run in turns, another one first in each round, so that what else the machine does hits all of them alike. Who fails
 * is out, and the others go on.
 */
export async function compete(
  contestants: readonly Contestant[],
  { runs, warmup }: Rounds,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<Score[]> {
  const results = contestants.map(() => [] as Run[]);
  const errors = new Map<number, string>();
  const total = (runs + warmup) * contestants.length;
  for (let round = 0, done = 0; round < runs + warmup; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const k = (turn + round) % contestants.length;
      if (!errors.has(k)) {
        signal.throwIfAborted();
        try {
          const run = await contestants[k].run(signal);
          if (round >= warmup) results[k].push(run);
        } catch (error) {
          signal.throwIfAborted();
          errors.set(k, error instanceof ContestantError ? error.message : describeError(error).message);
        }
      }
      onProgress(++done / total);
    }
  }
  const first = errors.has(0) ? undefined : results[0];
  return contestants.map(({ name, version }, k): Score => {
    const error = errors.get(k);
    return error === undefined
      ? scoreOf({ name, version }, results[k], k === 0 ? undefined : first)
      : { name, version, runs: [], error };
  });
}

/** Somebody cannot do what is asked. */
export class ContestantError extends Error {}

function scoreOf(
  who: Pick<Contestant, 'name' | 'version'>,
  runs: readonly Run[],
  first: readonly Run[] | undefined,
): Score {
  const ms = spreadOf(runs.map((run) => run.ms));
  const names = Object.keys(runs[0].stages ?? {});
  return {
    ...who,
    kind: runs[0].kind,
    runs,
    ms,
    ...(first ? { ratio: spreadOf(runs.map((run, k) => run.ms / first[k].ms)) } : {}),
    ...(names.length > 0
      ? {
          stages: Object.fromEntries(
            names.map((name) => [name, spreadOf(runs.map((run) => run.stages?.[name] ?? 0)).median]),
          ),
        }
      : {}),
  };
}

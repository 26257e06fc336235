/** `--threads`: a pool of workers around the work of a command. */
import { createPool, type WorkerPool } from 'jp2kit/workers';
import { readWhole } from './argument-values.ts';
import { CommandLineError } from './exit.ts';
import type { OptionSpec } from './options.ts';

/** How many threads there are to be. */
export const THREADS_OPTION = {
  type: 'string',
  default: '1',
  value: 'n',
  about: 'code on so many threads (default 1)',
} as const satisfies OptionSpec;

/** The number in the option's value. */
export function readThreads(text: string): number {
  const threads = readWhole(text, 'threads');
  if (threads < 1 || threads > 1024) throw new CommandLineError(`--threads takes 1 to 1024, found ${threads}`);
  return threads;
}

/** What a call is given: a pool, or nothing where one thread does everything. */
export type Pooled = { readonly pool?: WorkerPool };

/** Works with a pool of so many workers, and lets them go at the end; without one for a single thread. */
export async function withThreads<T>(threads: number, work: (pooled: Pooled) => Promise<T>): Promise<T> {
  if (threads === 1) return work({});
  const pool = createPool({ size: threads });
  try {
    return await work({ pool });
  } finally {
    await pool.close();
  }
}

/** Where the milliseconds of a file went, for `--timing` and `jp2kit benchmark`. */
import type { OptionSpec } from './options.ts';

/** Milliseconds by stage. */
export type Stages = Readonly<Record<string, number>>;

/** What became of the time of one file. */
export interface Timing {
  /** Milliseconds from opening the input to the finished output. */
  readonly ms: number;
  /** Those of the library as it counts them, what it does not count as `other`, and the files around it. */
  readonly stages: Stages;
}

/** Asks for it. */
export const TIMING_OPTION = {
  type: 'boolean',
  default: false,
  about: 'say where the time went, by stage',
} as const satisfies OptionSpec;

/** The stages of a call of the library, with what is left of its time as `other`. */
export function withOther(ms: number, stages: object | undefined): Stages {
  const counted: Stages = { ...stages };
  const sum = Object.values(counted).reduce((all, stage) => all + stage, 0);
  return { ...counted, other: Math.max(0, ms - sum) };
}

/** A line for each stage, and one for all. */
export function timingLines({ ms, stages }: Timing): string[] {
  const rows = [...Object.entries(stages), ['in all', ms] as const];
  const width = Math.max(...rows.map(([name]) => name.length));
  const texts = rows.map(([, time]) => time.toFixed(1));
  const digits = Math.max(...texts.map((text) => text.length));
  return rows.map(([name, time], k) => {
    const share = `${Math.round((100 * time) / (ms || 1))}`.padStart(3);
    return `  ${name.padEnd(width)}  ${texts[k].padStart(digits)} ms  ${share} %`;
  });
}

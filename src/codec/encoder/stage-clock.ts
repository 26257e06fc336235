/**
 * Where the time of an encode goes, by stage.
 *
 * Time runs from one call to the next and is put down to the stage that the call names; pauses and waiting count with the stage they fall into.
 * Calls come between pieces of work, not between code-blocks.
 */
import type { Executor } from '../executor.ts';
import type { EncodeStages } from './options.ts';

/** Shares out time to stages. */
export class StageClock {
  /** Milliseconds by stage so far. */
  readonly stages: { -readonly [stage in keyof EncodeStages]: number } = {
    load: 0,
    transform: 0,
    blocks: 0,
    rate: 0,
    write: 0,
  };
  private readonly executor: Executor;
  private last: number;

  constructor(executor: Executor) {
    this.executor = executor;
    this.last = executor.now();
  }

  /** What has been done since the last call was this stage. */
  lap(stage: keyof EncodeStages): void {
    const now = this.executor.now();
    this.stages[stage] += now - this.last;
    this.last = now;
  }

  /** What has been done since the last call was none of ours. */
  skip(): void {
    this.last = this.executor.now();
  }
}

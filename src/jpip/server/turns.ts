/** Turns of the event loop for others, during work that waits for nothing. */
import { type Executor, PAUSE_INTERVAL_MS } from '../../codec/executor.ts';

/** Work that gives the event loop a turn now and then. */
export class Turns {
  private readonly executor: Executor | undefined;
  private last: number;

  constructor(executor: Executor | undefined) {
    this.executor = executor;
    this.last = executor?.now() ?? 0;
  }

  /** True when the work has gone on for so long that others should have a turn. */
  get isDue(): boolean {
    return this.executor !== undefined && this.executor.now() - this.last >= PAUSE_INTERVAL_MS;
  }

  /** Lets others have a turn. */
  async pause(): Promise<void> {
    await this.executor?.pause?.();
    this.last = this.executor?.now() ?? 0;
  }
}

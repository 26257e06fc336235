/**
 * Batches that are done on this thread after all, one after another, with a turn of the event loop every few milliseconds: where no worker
 * can be started, and for a batch that workers die over.
 */
import { Deadline, runWork } from '../codec/executor.ts';
import { hostExecutor } from '../platform/host-executor.ts';
import { BatchCoder } from './batch-coder.ts';
import { DECODERS, ENCODERS } from './coders.ts';
import type { Job } from './job.ts';
import type { Outcome } from './protocol.ts';

/** What is told about a batch. */
export interface InlineListener {
  done(job: Job, outcome: Outcome): void;
  failed(job: Job, error: unknown): void;
}

/** Codes batches here and now. */
export class InlineQueue {
  private readonly listener: InlineListener;
  private readonly waiting: Job[] = [];
  // made when it is needed: it has half a megabyte of scratch memory
  private coder: BatchCoder | undefined;
  private isBusy = false;

  constructor(listener: InlineListener) {
    this.listener = listener;
  }

  add(job: Job): void {
    this.waiting.push(job);
    if (!this.isBusy) this.run();
  }

  private async run(): Promise<void> {
    this.isBusy = true;
    for (let job = this.waiting.shift(); job !== undefined; job = this.waiting.shift()) {
      try {
        const outcome = await this.code(job);
        if (!job.isSettled) this.listener.done(job, outcome);
      } catch (error) {
        if (!job.isSettled) this.listener.failed(job, error);
      }
    }
    this.isBusy = false;
  }

  private code(job: Job): Promise<Outcome> {
    this.coder ??= new BatchCoder(DECODERS, ENCODERS);
    const { task, signal } = job;
    const deadline = new Deadline(hostExecutor, Number.POSITIVE_INFINITY);
    return runWork(this.coder.run(task), hostExecutor, deadline, () => {
      // the caller has been told why already, or will be
      if (job.isSettled || signal?.aborted) throw abortReasonOf(signal);
    });
  }
}

/** What a promise rejects with after an abort. */
export function abortReasonOf(signal: { readonly reason?: unknown } | undefined): unknown {
  return signal?.reason ?? new Error('The operation was aborted');
}

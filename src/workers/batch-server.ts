/**
 * A worker's side of the conversation: takes batches, codes them one after another, sends back what came out.
 *
 * Each batch waits one turn of the event loop before it begins. While the one before was coded nothing could be heard; in that turn all
 * messages that came meanwhile are read, and a batch that has been cancelled is dropped instead of coded for nobody.
 */
import { reasonOf } from '../codec/errors.ts';
import type { Work } from '../codec/executor.ts';
import { BatchCoder } from './batch-coder.ts';
import { DECODERS, ENCODERS } from './coders.ts';
import { type Answer, BUILD, readRequest, type Task, withoutShared } from './protocol.ts';

/** The way from a worker to whoever started it. */
export interface ParentPort {
  post(message: Answer): void;
  /** A turn of the event loop. */
  pause(): Promise<void>;
}

/** Codes what is asked of it. */
export class BatchServer {
  private readonly port: ParentPort;
  private readonly coder = new BatchCoder(DECODERS, ENCODERS);
  private readonly waiting = new Map<number, Task>();
  private isBusy = false;

  constructor(port: ParentPort) {
    this.port = port;
    port.post({ jp2kit: BUILD, kind: 'ready' });
  }

  /** One message. */
  receive(message: unknown): void {
    const request = readRequest(message);
    if (request === undefined) return;
    const { id } = request;
    if (request.kind === 'cancel') {
      if (this.waiting.delete(id)) this.port.post({ jp2kit: BUILD, kind: 'dropped', id });
      return;
    }
    this.waiting.set(id, request.task);
    if (!this.isBusy) this.run();
  }

  /** A message that the platform could not read, as shared memory that may not come here. */
  receiveUnreadable(): void {
    this.port.post({ jp2kit: BUILD, kind: 'unreadable' });
  }

  private async run(): Promise<void> {
    this.isBusy = true;
    for (;;) {
      await this.port.pause();
      const [first] = this.waiting;
      if (first === undefined) break;
      const [id, task] = first;
      this.waiting.delete(id);
      this.answer(id, task);
    }
    this.isBusy = false;
  }

  private answer(id: number, task: Task): void {
    try {
      const outcome = finish(this.coder.run(task));
      this.port.post({ jp2kit: BUILD, kind: 'done', id, outcome: withoutShared(task, outcome) });
    } catch (error) {
      this.port.post({ jp2kit: BUILD, kind: 'failed', id, message: reasonOf(error) });
    }
  }
}

/** Nobody waits on this thread, so there are no pauses. */
function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

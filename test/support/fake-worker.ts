/** A worker without a thread: it notes what it is sent, and answers when the test says so. */
import { BUILD, type Request } from '../../src/workers/protocol.ts';
import type { WorkerLike } from '../../src/workers/worker-like.ts';

/** Speaks as a worker of a browser does. */
export class FakeWorker implements WorkerLike {
  readonly requests: Request[] = [];
  isTerminated = false;
  private readonly listeners = new Map<string, (event: unknown) => void>();

  addEventListener(type: string, listener: (event: unknown) => void): void {
    this.listeners.set(type, listener);
  }

  postMessage(message: unknown): void {
    this.requests.push(structuredClone(message) as Request);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** Something happens to this worker. */
  emit(type: 'message' | 'error' | 'messageerror', event: unknown = {}): void {
    this.listeners.get(type)!(event);
  }

  say(data: unknown): void {
    this.emit('message', { data });
  }

  ready(): void {
    this.say({ jp2kit: BUILD, kind: 'ready' });
  }

  /** Answers a batch to decode with nothing but zeros. */
  finish(id: number): void {
    const request = this.requests.find((one) => one.kind === 'task' && one.id === id);
    if (request?.kind !== 'task' || request.task.kind !== 'decode') throw new Error(`${id} was not asked`);
    const outcome = { coefficients: new Int32Array(request.task.batch.length), findings: new Int32Array(1) };
    this.say({ jp2kit: BUILD, kind: 'done', id, outcome });
  }

  /** Numbers of the batches that it was sent, and of those that were cancelled. */
  get given(): number[] {
    return this.requests.filter(({ kind }) => kind === 'task').map(({ id }) => id);
  }

  get cancelled(): number[] {
    return this.requests.filter(({ kind }) => kind === 'cancel').map(({ id }) => id);
  }
}

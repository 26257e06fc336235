/**
 * A worker as browsers and Node have them: the part that a pool needs, by shape, so that either can be handed in.
 *
 * Browsers tell of events with `addEventListener`, Node with `on`. A thread of Node says when it ends; a worker in a browser just stays silent,
 * but it cannot end by itself.
 */
import { reasonOf } from '../codec/errors.ts';

/** A worker of the platform: `Worker` of a browser, or of `node:worker_threads`. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
  /** In browsers. */
  addEventListener?(type: string, listener: (event: unknown) => void): void;
  /** In Node. */
  on?(type: string, listener: (value: unknown) => void): unknown;
  /** In Node: whether the process has to wait for this worker. */
  ref?(): void;
  unref?(): void;
}

/** What a worker tells. */
export interface WorkerListener {
  message(data: unknown): void;
  /** The worker is of no use any more, and why. */
  end(reason: string): void;
}

/** Hears everything that a worker says. */
export function listenTo(worker: WorkerLike, listener: WorkerListener): void {
  if (worker.on) {
    worker.on('message', (data) => listener.message(data));
    worker.on('messageerror', () => listener.end('it sent a message that cannot be read'));
    worker.on('error', (error) => listener.end(reasonOf(error)));
    worker.on('exit', (code) => listener.end(`it ended with code ${code}`));
  } else if (worker.addEventListener) {
    worker.addEventListener('message', (event) => listener.message((event as { readonly data: unknown }).data));
    worker.addEventListener('messageerror', () => listener.end('it sent a message that cannot be read'));
    worker.addEventListener('error', (event) => {
      const { message } = event as { readonly message?: string };
      // a script that did not load has no message
      listener.end(message || 'its script cannot be loaded');
    });
  } else throw new TypeError('a worker has to have on or addEventListener');
}

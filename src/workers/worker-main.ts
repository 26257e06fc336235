/**
 * The script of a worker of the pool: nothing but the block coders, and a message handler.
 *
 * It runs in a browser's worker, as a module or as a classic script, and in a thread of Node; whichever it is, the way to the parent is
 * looked up at run time, so that there is one file and a bundler finds no import of Node in it. Without a parent it does nothing.
 *
 * @module jp2kit/workers/worker
 */
import { hostExecutor } from '../platform/host-executor.ts';
import { BatchServer } from './batch-server.ts';

/** The part of Node's `parentPort` that is used here. */
interface NodePort {
  postMessage(message: unknown): void;
  on(event: 'message' | 'messageerror', listener: (value: unknown) => void): void;
}

/** The part of a browser's worker scope that is used here. */
interface WorkerScope {
  postMessage?(message: unknown): void;
  addEventListener(event: 'message' | 'messageerror', listener: (event: { readonly data: unknown }) => void): void;
  readonly document?: unknown;
  readonly process?: { getBuiltinModule?(name: string): { readonly parentPort?: NodePort | null } | undefined };
}

function start(scope: WorkerScope): void {
  const pause = (): Promise<void> => hostExecutor.pause!();
  const parent = scope.process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (parent) {
    const server = new BatchServer({ post: (message) => parent.postMessage(message), pause });
    parent.on('message', (message) => server.receive(message));
    parent.on('messageerror', () => server.receiveUnreadable());
  } else if (scope.postMessage && scope.document === undefined) {
    const server = new BatchServer({ post: (message) => scope.postMessage!(message), pause });
    scope.addEventListener('message', ({ data }) => server.receive(data));
    scope.addEventListener('messageerror', () => server.receiveUnreadable());
  }
}

start(globalThis as unknown as WorkerScope);

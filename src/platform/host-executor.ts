/**
 * What the platform lends to the codec: a clock and a turn of the event loop. This is the only place that names them; every
 * name is looked up when it is used, so that importing the library has no effect and works in any JavaScript engine.
 */
import type { Executor } from '../codec/executor.ts';

declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/** Looking up the global costs more than asking it: it is an accessor in Node. */
let clock: { now(): number } | undefined;

/** Inline computation on this thread, pausing by the host's quickest macrotask. */
export const hostExecutor: Executor = {
  now: () => (clock ??= typeof performance === 'object' ? performance : Date).now(),
  pause: () => new Promise((resolve) => nextMacrotask(resolve)),
};

/** Timers are clamped to 4 ms in browsers once they nest; a message to oneself is not. */
function nextMacrotask(callback: () => void): void {
  if (typeof setImmediate === 'function') {
    setImmediate(callback);
  } else if (typeof MessageChannel === 'function') {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      callback();
    };
    port2.postMessage(0);
  } else setTimeout(callback, 0);
}

/** Bodies of responses, waited for with a limit of time. */
import { JpipError } from '../errors.ts';
import type { ClientHost, JpipReply } from './connection.ts';

/** What is still read of a response after its end, so that the connection can be used again. */
const MOST_RUBBISH = 65536;
/** How long the end of a body is waited for once the response has ended. */
const PATIENCE_MS = 1000;

/** Waits for the other side, but not for ever. */
export function within<T>(promise: Promise<T>, host: ClientHost, timeoutMs: number): Promise<T> {
  if (timeoutMs === Number.POSITIVE_INFINITY) return promise;
  return new Promise((resolve, reject) => {
    const cancel = host.timer(timeoutMs, () => {
      reject(new JpipError('refused', 'timeout', `nothing came for ${timeoutMs} ms`));
    });
    promise.then(resolve, reject).finally(cancel);
  });
}

/** Reads what follows the end of a response, and makes nothing of it; what is too long or too late is given up. */
export async function drain({ body }: JpipReply, host: ClientHost, timeoutMs: number): Promise<void> {
  try {
    let left = MOST_RUBBISH;
    while (left > 0) {
      const step = await within(body.next(), host, Math.min(PATIENCE_MS, timeoutMs));
      if (step.done) return;
      left -= step.value.length;
    }
  } catch {
    // nobody wants it anyway
  }
  giveUp({ body });
}

/** Waits for a reply, but not for ever. One that comes too late is given up. */
export async function replyWithin(reply: Promise<JpipReply>, host: ClientHost, timeoutMs: number): Promise<JpipReply> {
  try {
    return await within(reply, host, timeoutMs);
  } catch (error) {
    reply.then(giveUp, () => {});
    throw error;
  }
}

/** Gives up what is left of a body. */
export function giveUp({ body }: Pick<JpipReply, 'body'>): void {
  void body.return?.().catch(() => {});
}

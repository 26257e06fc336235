/** What the platform lends to a JPIP client: requests, and timers that keep nothing alive that nobody waits for. */
import type { AbortSignalLike } from '../codec/source.ts';
import type { OwnSignal } from '../jpip/client/connection.ts';
import type { FetchLike } from '../jpip/transport/client-http.ts';

/** The platform's `fetch`, looked up when it is used. */
export const hostFetch: FetchLike = (url, init) => globalThis.fetch(url, init);

/** Calls back after so many milliseconds, unless what it gives is called before. */
export function hostTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** A signal that is given when another one is, or when it is told to. */
export function hostSignal(signal: AbortSignalLike | undefined): OwnSignal {
  const controller = new AbortController();
  const other = signal as Partial<AbortSignal> | undefined;
  const abort = (reason: unknown): void => controller.abort(reason);
  const follow = (): void => abort(other?.reason);
  if (other?.aborted) follow();
  other?.addEventListener?.('abort', follow);
  return { signal: controller.signal, abort, release: () => other?.removeEventListener?.('abort', follow) };
}

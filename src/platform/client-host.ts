/** What the platform lends to a JPIP client: requests, and timers that keep nothing alive that nobody waits for. */
import type { FetchLike } from '../jpip/transport/client-http.ts';

/** The platform's `fetch`, looked up when it is used. */
export const hostFetch: FetchLike = (url, init) => globalThis.fetch(url, init);

/** Calls back after so many milliseconds, unless what it gives is called before. */
export function hostTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

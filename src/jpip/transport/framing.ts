/**
 * How the end of a response is told: by Content-Length, or by chunked coding (RFC 9112 7.1), which lets bytes leave while the rest is made.
 *
 * JPIP clients that bring their own HTTP are often older than chunked coding or do not expect it, and wait for a length; so a response is
 * streamed by default only to those that show that they can take it:
 *
 * - HTTP/2 and later, which have frames and no chunked coding;
 * - clients that say so with `TE` (RFC 9110 10.1.4);
 * - implementations of the Fetch standard, which send `Sec-Fetch-Mode` or, from a page of another origin, `Origin`.
 */

/**
 * `never`: every response has a Content-Length, for which it is made whole before it is sent. `always`: bytes leave when they are made.
 * `auto`: as above, and to others a length as long as the response is not larger than what is collected for that.
 */
export type StreamingPolicy = 'never' | 'auto' | 'always';

/** Bytes collected for the sake of a length where `auto` holds. */
export const COLLECTED_BYTES = 1 << 23;

/** Whether a response may leave without its length. */
export function mayStream(
  policy: StreamingPolicy,
  httpVersion: string | undefined,
  headers: Readonly<Record<string, string | undefined>>,
): boolean {
  if (policy !== 'auto') return policy === 'always';
  if (httpVersion !== undefined && Number.parseInt(httpVersion, 10) >= 2) return true;
  return (
    /(?:^|[\s,])(?:chunked|trailers)\b/i.test(headers.te ?? '') ||
    headers['sec-fetch-mode'] !== undefined ||
    headers.origin !== undefined
  );
}

/** Pieces of a body taken in advance. */
export interface Collected {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  /** False when there is more than was to be collected. */
  readonly whole: boolean;
}

/** Takes a body until it ends, or is larger than `most`. */
export async function collect(body: AsyncIterator<Uint8Array>, most: number): Promise<Collected> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= most) {
    const step = await body.next();
    if (step.done) return { pieces, bytes, whole: true };
    pieces.push(step.value);
    bytes += step.value.length;
  }
  return { pieces, bytes, whole: false };
}

/** The body of a response on its way out. `return()` ends it early, which it has to where it is not taken to its end. */
export interface OutgoingBody extends AsyncIterableIterator<Uint8Array> {
  /** All pieces, where nothing more has to be made: they can go out at once. */
  readonly collected?: readonly Uint8Array[];
  return(): Promise<IteratorResult<Uint8Array>>;
}

/** Pieces that were taken, and then the rest. */
export function resume(pieces: readonly Uint8Array[], rest: AsyncIterator<Uint8Array> | undefined): OutgoingBody {
  let at = 0;
  let started = pieces.length > 0;
  let ended = rest === undefined;
  const body: OutgoingBody = {
    ...(rest === undefined ? { collected: pieces } : {}),
    [Symbol.asyncIterator]: () => body,
    async next() {
      if (at < pieces.length) return { done: false, value: pieces[at++]! };
      if (ended) return { done: true, value: undefined };
      started = true;
      const step = await rest!.next();
      if (step.done) ended = true;
      return step.done ? { done: true, value: undefined } : step;
    },
    async return() {
      at = pieces.length;
      if (!ended && rest) {
        ended = true;
        await stop(rest, started);
      }
      return { done: true, value: undefined };
    },
  };
  return body;
}

/** Ends an iterator early. A generator that has not begun would be dropped without giving back what it was made with, so it begins first. */
export async function stop(iterator: AsyncIterator<Uint8Array>, started: boolean): Promise<void> {
  if (!started && (await iterator.next()).done) return;
  await iterator.return?.();
}

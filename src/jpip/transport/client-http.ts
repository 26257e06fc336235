/**
 * JPIP over HTTP for a client (15444-9 Annex F): requests by anything that looks like `fetch`, bodies as they arrive.
 */
import { reasonOf } from '../../codec/errors.ts';
import type { AbortSignalLike } from '../../codec/source.ts';
import type { JpipConnection, JpipReply, OutgoingRequest } from '../client/connection.ts';

/** The part of `fetch` that is used. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchResponseLike>;

/** What a request is made of. */
export interface FetchInit {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** Set where requests carry headers of the user, which must not go to another host. */
  readonly redirect?: 'manual';
  /** The caller's signal, whatever its type. */
  readonly signal?: never;
}

/** The part of `Response` that is used. */
export interface FetchResponseLike {
  readonly status: number;
  readonly statusText?: string;
  /** Browsers say `opaqueredirect`, and nothing else, of an answer that sends on. */
  readonly type?: string;
  readonly headers: { get(name: string): string | null };
  /** The body as a stream of bytes; where there is none, `arrayBuffer` is taken. */
  readonly body?: StreamLike | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A web stream of bytes, or an async iterable. */
export type StreamLike =
  | AsyncIterable<Uint8Array>
  | {
      getReader(): {
        read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
        cancel(reason?: unknown): Promise<void>;
      };
    };

/** How requests are sent. */
export interface HttpConnectionOptions {
  readonly fetch: FetchLike;
  /** Sent with every request, as for authorisation. */
  readonly headers?: Readonly<Record<string, string>>;
}

const FORM = 'application/x-www-form-urlencoded';
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;
const DONE: IteratorResult<Uint8Array> = /* @__PURE__ */ Object.freeze({ done: true, value: undefined });

/**
 * A connection over `fetch`. Requests with headers of the user are sent on within one origin only: a `fetch` left to itself takes all but
 * a few headers along to any host that a server names.
 */
export function httpConnection({ fetch, headers = {} }: HttpConnectionOptions): JpipConnection {
  const staysHere = Object.keys(headers).length > 0;
  return {
    async send({ address, query, post, signal }: OutgoingRequest): Promise<JpipReply> {
      let url = post || query === '' ? address : `${address}?${query}`;
      for (let redirects = 0; ; redirects++) {
        const response = await fetch(url, {
          method: post ? 'POST' : 'GET',
          headers: { ...headers, ...(post ? { 'Content-Type': FORM } : {}) },
          ...(post ? { body: query } : {}),
          ...(staysHere ? { redirect: 'manual' } : {}),
          ...passOn(signal),
        }).catch((error: unknown) => {
          throw signal?.aborted ? error : new Error(reasonOf(error), { cause: error });
        });
        if (!staysHere || !isRedirect(response)) return replyOf(response);
        const location = response.headers.get('Location') ?? '';
        const next = redirects < MOST_REDIRECTS ? withinOrigin(url, location) : undefined;
        if (next === undefined) return notFollowed(response, location);
        url = next;
        // nobody reads it
        chunksOf(response)
          .return?.()
          .catch(() => {});
      }
    },
  };
}

function replyOf(response: FetchResponseLike): JpipReply {
  return {
    status: response.status,
    reason: response.statusText ?? '',
    header: (name) => response.headers.get(name),
    body: chunksOf(response),
  };
}

/** A server that sends on to where headers must not go has refused. */
function notFollowed(response: FetchResponseLike, location: string): JpipReply {
  const where = location === '' ? 'another address' : location;
  const reason = `and sends on to ${where}, where the headers given do not go: open that address instead`;
  return { ...replyOf(response), status: response.status || 302, reason };
}

function isRedirect({ status, type }: FetchResponseLike): boolean {
  return type === 'opaqueredirect' || REDIRECTS.includes(status);
}

/** Where a Location leads from an address, as long as that is the same scheme, host and port (RFC 9110 10.2.2). */
function withinOrigin(url: string, location: string): string | undefined {
  const origin = originOf(url);
  if (origin === undefined || location === '') return undefined;
  const absolute = location.startsWith('//') ? `${origin.slice(0, origin.indexOf(':') + 1)}${location}` : location;
  if (/^[a-z][a-z0-9+.-]*:/i.test(absolute)) {
    return comparable(originOf(absolute)) === comparable(origin) ? absolute : undefined;
  }
  const path = url.slice(origin.length).replace(/[?#].*$/, '');
  if (location.startsWith('/')) return `${origin}${location}`;
  if (location.startsWith('?')) return `${origin}${path}${location}`;
  return `${origin}${path.slice(0, path.lastIndexOf('/') + 1) || '/'}${location}`;
}

function originOf(url: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0];
}

function comparable(origin: string | undefined): string | undefined {
  return origin?.toLowerCase().replace(/^(http:.*):80$|^(https:.*):443$/, '$1$2');
}

function passOn(signal: AbortSignalLike | undefined): Pick<FetchInit, 'signal'> {
  return signal ? { signal: signal as never } : {};
}

/**
 * The body of a response. A generator would not do: its `return` waits for the piece that was asked for last, and a body that is given up
 * is often one of which nothing comes any more.
 */
function chunksOf(response: FetchResponseLike): AsyncIterator<Uint8Array> {
  const { body } = response;
  if (body === null || body === undefined) return wholeOf(response);
  if (!('getReader' in body)) return body[Symbol.asyncIterator]();
  const reader = body.getReader();
  return {
    async next() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return DONE;
        if (value) return { done: false, value };
      }
    },
    async return() {
      await reader.cancel();
      return DONE;
    },
  };
}

async function* wholeOf(response: FetchResponseLike): AsyncGenerator<Uint8Array> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > 0) yield bytes;
}

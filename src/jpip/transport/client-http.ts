/**
 * JPIP over HTTP for a client (15444-9 Annex F): requests by anything that looks like `fetch`, bodies as they arrive.
 */
import type { AbortSignalLike } from '../../codec/source.ts';
import type { JpipConnection, JpipReply, OutgoingRequest } from '../client/connection.ts';

/** The part of `fetch` that is used. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchResponseLike>;

/** What a request is made of. */
export interface FetchInit {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** The caller's signal, whatever its type. */
  readonly signal?: never;
}

/** The part of `Response` that is used. */
export interface FetchResponseLike {
  readonly status: number;
  readonly statusText?: string;
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

/** A connection over `fetch`. */
export function httpConnection({ fetch, headers = {} }: HttpConnectionOptions): JpipConnection {
  return {
    async send({ address, query, post, signal }: OutgoingRequest): Promise<JpipReply> {
      const url = post || query === '' ? address : `${address}?${query}`;
      const response = await fetch(url, {
        method: post ? 'POST' : 'GET',
        headers: { ...headers, ...(post ? { 'Content-Type': FORM } : {}) },
        ...(post ? { body: query } : {}),
        ...passOn(signal),
      });
      return {
        status: response.status,
        reason: response.statusText ?? '',
        header: (name) => response.headers.get(name),
        body: chunksOf(response),
      };
    },
  };
}

function passOn(signal: AbortSignalLike | undefined): Pick<FetchInit, 'signal'> {
  return signal ? { signal: signal as never } : {};
}

async function* chunksOf(response: FetchResponseLike): AsyncGenerator<Uint8Array> {
  const { body } = response;
  if (body === null || body === undefined) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length > 0) yield bytes;
    return;
  }
  if (!('getReader' in body)) {
    yield* body;
    return;
  }
  const reader = body.getReader();
  let done = false;
  try {
    while (!done) {
      const step = await reader.read();
      done = step.done;
      if (step.value) yield step.value;
    }
  } catch (error) {
    done = true; // a stream that has failed is closed already
    throw error;
  } finally {
    if (!done) await reader.cancel();
  }
}

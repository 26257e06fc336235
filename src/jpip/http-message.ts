/**
 * HTTP as far as the engines see it: values without sockets. Adapters turn whatever a platform has into these and back.
 */

/** A request as a server engine takes it. */
export interface JpipHttpRequest {
  readonly method: string;
  /** The path of the URL, still percent-encoded, without the adapter's base path; names the target where no field does. */
  readonly path: string;
  /** What the adapter has taken off the front of the URL's path, as `/images`; empty by default. */
  readonly base?: string;
  /** What stands after `?`, still percent-encoded. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body of a POST. */
  readonly body?: Uint8Array;
}

/** A response as a server engine gives it. */
export interface JpipHttpResponse {
  readonly status: number;
  /** The reason phrase of the status line. */
  readonly reason: string;
  /** Names in the canonical case of peers (`JPIP-cnew`), values as they are to be sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body in pieces, made while they are taken; `null` for none. To stop early, `return()` the iterator. */
  readonly body: AsyncIterable<Uint8Array> | null;
  /** Bytes of the body, where they are known before it begins. */
  readonly length?: number;
}

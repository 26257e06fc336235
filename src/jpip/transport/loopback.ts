/**
 * A server engine as a `fetch`: client and server in one program, without a network. For tests, for pages that bring their pictures with them, and
 * for service workers.
 */
import type { JpipHttpRequest, JpipHttpResponse } from '../http-message.ts';
import type { FetchLike, FetchResponseLike } from './client-http.ts';

/** The part of a server engine that is used. */
export interface LoopbackEngine {
  handle(request: JpipHttpRequest): Promise<JpipHttpResponse>;
}

/** What a road without a network can do to what goes over it. */
export interface LoopbackOptions {
  /** Bytes of the pieces that bodies come in; by default as the engine makes them. */
  readonly chunkBytes?: number;
  /** Called before each piece of a body goes on, with the bytes of it that went before; what it throws cuts the body there. */
  readonly onChunk?: (request: JpipHttpRequest, sent: number) => void | Promise<void>;
  /** Called before a request reaches the engine; what it throws is the failure of the connection. */
  readonly onRequest?: (request: JpipHttpRequest) => void | Promise<void>;
}

/**
 * A `fetch` that asks an engine.
 *
 * @example
 * ```ts
 * const engine = createJpipEngine({ resolve: () => ({ source: bytesSource(file) }) });
 * const image = await openJpip('http://here/map.jp2', { fetch: loopback(engine) });
 * ```
 */
export function loopback(engine: LoopbackEngine, options: LoopbackOptions = {}): FetchLike {
  return async (url, { method, headers, body }): Promise<FetchResponseLike> => {
    const [, path = '', query = ''] = /^(?:[a-z]+:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? [];
    const request: JpipHttpRequest = {
      method,
      path,
      query,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      ...(body === undefined ? {} : { body: Uint8Array.from(body, (c) => c.charCodeAt(0)) }),
    };
    await options.onRequest?.(request);
    const response = await engine.handle(request);
    const given = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const byName = new Map(given);
    const stream = piecesOf(response, request, options);
    return {
      status: response.status,
      statusText: response.reason,
      headers: { get: (name) => byName.get(name.toLowerCase()) ?? null },
      body: stream,
      async arrayBuffer() {
        const pieces: Uint8Array[] = [];
        for await (const piece of stream) pieces.push(piece);
        const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const piece of pieces) {
          whole.set(piece, at);
          at += piece.length;
        }
        return whole.buffer;
      },
    };
  };
}

async function* piecesOf(
  { body }: JpipHttpResponse,
  request: JpipHttpRequest,
  { chunkBytes = Number.POSITIVE_INFINITY, onChunk }: LoopbackOptions,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  let sent = 0;
  for await (const bytes of body) {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + chunkBytes));
      await onChunk?.(request, sent);
      yield piece;
      at += piece.length;
      sent += piece.length;
    }
  }
}

/**
 * The engine behind servers that speak the Fetch standard: Deno, Bun, Cloudflare Workers, Hono, Next.
 *
 * The constructors of responses and streams belong to the platform, so the public `fetchHandler` hands them in.
 */
import type { AbortSignalLike } from '../../codec/source.ts';
import type { OutgoingBody } from './framing.ts';
import { type EngineLike, type HandlerOptions, JpipService, type ServiceAnswer } from './service.ts';

/** The part of `Request` that is used. */
export interface FetchRequestLike {
  readonly method: string;
  readonly url: string;
  readonly headers: { forEach(each: (value: string, name: string) => void): void };
  readonly signal?: AbortSignalLike | null;
  readonly body?: FetchBodyLike | null;
}

/** A body as a stream. */
export interface FetchBodyLike {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<unknown>;
  };
}

/** What a platform lends to the handler. */
export interface FetchHost<R> {
  /** Makes a response; a body is bytes or what `stream` gave. */
  respond(body: unknown, init: { status: number; statusText: string; headers: Record<string, string> }): R;
  /** Makes a stream that takes the next piece when there is room for it, and stops early when it is cancelled. */
  stream(body: OutgoingBody): unknown;
}

/** A function from requests to responses. */
export interface FetchHandler<R> {
  (request: FetchRequestLike): Promise<R>;
  /** Lets running responses end and refuses new requests. Resolves when the last has ended. */
  close(): Promise<void>;
}

/** Makes a handler of an engine with what the platform lends. */
export function fetchHandlerWith<R>(
  host: FetchHost<R>,
  engine: EngineLike,
  options: HandlerOptions = {},
): FetchHandler<R> {
  const service = new JpipService(engine, options);
  const handler = async (request: FetchRequestLike): Promise<R> => {
    const headers: Record<string, string> = {};
    request.headers.forEach((value, name) => {
      headers[name.toLowerCase()] = value;
    });
    const signal: { aborted: boolean; reason?: unknown } = { aborted: false };
    const either: AbortSignalLike = {
      get aborted() {
        return signal.aborted || request.signal?.aborted === true;
      },
      get reason() {
        return signal.reason ?? request.signal?.reason;
      },
    };
    const { method, url } = request;
    const readBody = (most: number): Promise<Uint8Array | undefined> => readStream(request.body, most);
    const answer = await service.answer({ method, url, headers, readBody }, either);
    if (!answer) return host.respond(null, { status: 404, statusText: 'Not Found', headers: {} });
    const init = { status: answer.status, statusText: answer.reason, headers: { ...answer.headers } };
    const { body } = answer;
    if (body === null || body instanceof Uint8Array) {
      answer.finish(body?.length ?? 0, false);
      return host.respond(body, init);
    }
    const onCut = (): void => {
      signal.aborted = true;
    };
    return host.respond(host.stream(counted(body, answer, onCut)), init);
  };
  return Object.assign(handler, { close: () => service.close() });
}

/** A body that tells when it has ended, and how. */
function counted(body: OutgoingBody, answer: ServiceAnswer, onCut: () => void): OutgoingBody {
  let sent = 0;
  const end = (whole: boolean): void => {
    if (!whole) onCut();
    answer.finish(sent, !whole);
  };
  const result: OutgoingBody = {
    [Symbol.asyncIterator]: () => result,
    async next() {
      try {
        const step = await body.next();
        if (step.done) end(true);
        else sent += step.value.length;
        return step;
      } catch (error) {
        end(false);
        throw error;
      }
    },
    return() {
      end(false);
      return body.return();
    },
  };
  return result;
}

/** All bytes of a stream; `undefined` when there are more than `most`. */
async function readStream(body: FetchBodyLike | null | undefined, most: number): Promise<Uint8Array | undefined> {
  if (!body) return new Uint8Array(0);
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!value) continue;
    bytes += value.length;
    if (bytes > most) {
      await reader.cancel('too large');
      return undefined;
    }
    pieces.push(value);
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

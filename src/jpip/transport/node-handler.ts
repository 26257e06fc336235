/**
 * The engine behind Node's HTTP servers: `node:http`, `node:https`, `node:http2` with its compatible interface, Express and Connect.
 *
 * A response is written no faster than it is taken, so a slow client costs one piece of it and no more; when the client goes away the
 * engine is stopped where it is. How long a client may take to send its request is for the server to say (`headersTimeout`, `requestTimeout`).
 */
import type { AbortSignalLike } from '../../codec/source.ts';
import {
  type EngineLike,
  type HandlerOptions,
  JpipService,
  type ServiceAnswer,
  type ServiceRequest,
} from './service.ts';

/** The part of Node's `IncomingMessage` and of Express's request that is used. */
export interface IncomingMessageLike {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket?: {
    readonly remoteAddress?: string | undefined;
    on?(event: string, listener: (...values: never[]) => void): unknown;
    removeListener?(event: string, listener: (...values: never[]) => void): unknown;
  } | null;
  /** What a router took from the beginning of `url`. */
  readonly baseUrl?: string;
  /** What a body parser has read, where one was there before. */
  readonly body?: unknown;
  on(event: string, listener: (...values: never[]) => void): unknown;
  removeListener(event: string, listener: (...values: never[]) => void): unknown;
  resume(): unknown;
}

/** The part of Node's `ServerResponse` that is used. */
export interface ServerResponseLike {
  writeHead(status: number, reason: string, headers: Record<string, string>): unknown;
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  cork?(): unknown;
  uncork?(): unknown;
  destroy?(): unknown;
  on(event: string, listener: (...values: never[]) => void): unknown;
  removeListener(event: string, listener: (...values: never[]) => void): unknown;
}

/** A listener for requests, which is also a middleware. */
export interface NodeHandler {
  (request: IncomingMessageLike, response: ServerResponseLike, next?: (error?: unknown) => void): void;
  /** Lets running responses end and refuses new requests, also over connections that are still open. Resolves when the last has ended. */
  close(): Promise<void>;
}

/**
 * Makes a request listener of an engine.
 *
 * With Express, `app.use('/jpip', nodeHandler(engine))`; requests whose path is not below `basePath` go to the next handler.
 *
 * @example
 * ```ts
 * const engine = createJpipEngine({ resolve: async (target) => ({ source: await fileSource(pathOf(target)) }) });
 * createServer(nodeHandler(engine, { cors: true })).listen(8080);
 * ```
 */
export function nodeHandler(engine: EngineLike, options: HandlerOptions = {}): NodeHandler {
  const service = new JpipService(engine, options);
  const handler = (
    request: IncomingMessageLike,
    response: ServerResponseLike,
    next?: (error?: unknown) => void,
  ): void => {
    const exchange = new NodeExchange(request, response);
    service
      .answer(exchange.serviceRequest(), exchange.signal)
      .then((answer) => {
        if (answer) return exchange.send(answer);
        exchange.release();
        if (next) next();
        else exchange.sendNotFound();
        return undefined;
      })
      .catch((error: unknown) => {
        exchange.release();
        if (next) next(error);
        else response.destroy?.();
      });
  };
  return Object.assign(handler, { close: () => service.close() });
}

/** Bytes that are handed to a connection before it has taken others. */
const MOST_AT_ONCE = 1 << 20;

/** One request and its response. */
class NodeExchange {
  readonly signal: AbortSignalLike & { aborted: boolean; reason?: unknown } = { aborted: false };
  private readonly request: IncomingMessageLike;
  private readonly response: ServerResponseLike;
  /** Goes on with whoever waits for the client. */
  private wake: (() => void) | undefined;
  /** All was handed over: a connection that closes now closes in peace. */
  private over = false;
  private readonly onClose = (): void => {
    if (this.over) return;
    this.signal.aborted = true;
    this.signal.reason = new Error('the client went away');
    this.wake?.();
  };
  private readonly onDrain = (): void => this.wake?.();

  constructor(request: IncomingMessageLike, response: ServerResponseLike) {
    this.request = request;
    this.response = response;
    response.on('close', this.onClose);
    response.on('drain', this.onDrain);
    // without a listener the failure of a connection would end the process
    response.on('error', this.onClose);
    // a response that waits behind others of its connection (RFC 9112 9.3.2) is not told when that ends
    this.socket?.on?.('close', this.onClose);
  }

  /** The connection of HTTP/1; that of HTTP/2 belongs to others too, and its responses are told. */
  private get socket(): IncomingMessageLike['socket'] {
    return Number.parseInt(this.request.httpVersion ?? '1', 10) >= 2 ? null : this.request.socket;
  }

  release(): void {
    this.response.removeListener('close', this.onClose);
    this.response.removeListener('drain', this.onDrain);
    this.response.removeListener('error', this.onClose);
    this.socket?.removeListener?.('close', this.onClose);
  }

  serviceRequest(): ServiceRequest {
    const { method = 'GET', url = '/', httpVersion, baseUrl, socket } = this.request;
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(this.request.headers)) {
      headers[name] = typeof value === 'string' || value === undefined ? value : value.join(', ');
    }
    const remote = socket?.remoteAddress;
    return {
      method,
      url,
      headers,
      ...(httpVersion === undefined ? {} : { httpVersion }),
      ...(remote === undefined ? {} : { remote }),
      ...(baseUrl === undefined ? {} : { mountPath: baseUrl }),
      readBody: (most) => this.readBody(most),
    };
  }

  async send(answer: ServiceAnswer): Promise<void> {
    let sent = 0;
    let whole = false;
    const { body } = answer;
    const collected = body && 'collected' in body ? body.collected : undefined;
    try {
      // head and pieces that are there anyway leave with one call of the system, unless the client is slow
      if (collected) this.response.cork?.();
      this.writeHead(answer);
      let held = 0;
      for (const piece of collected ?? []) {
        if (this.signal.aborted) break;
        sent += piece.length;
        held += piece.length;
        if (this.response.write(piece) || held < MOST_AT_ONCE) continue;
        this.response.uncork?.();
        await this.drained();
        this.response.cork?.();
        held = 0;
      }
      for await (const piece of collected ? [] : piecesOf(answer.body)) {
        if (this.signal.aborted) break;
        sent += piece.length;
        if (!this.response.write(piece)) await this.drained();
      }
      // an end before the length that was promised must not look like one
      const promised = answer.headers['Content-Length'];
      if (promised !== undefined && answer.body && sent < Number(promised)) throw new Error('the body ended early');
      whole = !this.signal.aborted;
      this.over = whole;
      if (whole) this.response.end();
      if (collected) this.response.uncork?.();
    } catch {
      // the head has gone: that something is missing can only be said by an end that is none
      this.response.destroy?.();
    } finally {
      if (whole && answer.closes) this.request.resume();
      answer.finish(sent, !whole);
      this.socket?.removeListener?.('close', this.onClose);
    }
  }

  sendNotFound(): void {
    this.writeHead({ status: 404, reason: 'Not Found', headers: { 'Content-Length': '0' }, closes: false });
    this.response.end();
  }

  private writeHead({
    status,
    reason,
    headers,
    closes,
  }: Pick<ServiceAnswer, 'status' | 'reason' | 'headers' | 'closes'>): void {
    // HTTP/2 has neither reason phrases nor connection headers (RFC 9113 8.3.2, 8.2.2)
    if (Number.parseInt(this.request.httpVersion ?? '1', 10) >= 2) this.response.writeHead(status, { ...headers });
    else this.response.writeHead(status, reason, { ...headers, ...(closes ? { Connection: 'close' } : {}) });
  }

  /** Waits until the client has taken what was written, or has gone. */
  private drained(): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = undefined;
        resolve();
      };
    });
  }

  private readBody(most: number): Promise<Uint8Array | undefined> {
    const { request } = this;
    const parsed = parsedBody(request.body);
    if (parsed !== undefined) return Promise.resolve(parsed.length > most ? undefined : parsed);
    return new Promise((resolve, reject) => {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      const onData = (piece: Uint8Array): void => {
        bytes += piece.length;
        if (bytes > most) done(() => resolve(undefined));
        else pieces.push(piece);
      };
      const onEnd = (): void => done(() => resolve(joined(pieces, bytes)));
      const onError = (): void => done(() => reject(new Error('the request was cut')));
      const listeners = { data: onData, end: onEnd, error: onError, aborted: onError, close: onError };
      const done = (settle: () => void): void => {
        for (const [event, listener] of Object.entries(listeners))
          request.removeListener(event, listener as () => void);
        settle();
      };
      for (const [event, listener] of Object.entries(listeners)) request.on(event, listener as () => void);
    });
  }
}

/** The bytes of a body that a parser in front of this handler has already taken from the request. */
function parsedBody(body: unknown): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return asciiBytes(body);
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = Object.entries(body);
  // parsers of other media types leave an empty object where there was nothing for them
  if (fields.length === 0) return undefined;
  return asciiBytes(
    fields.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&'),
  );
}

/** The fields of a request are ASCII; what is not gets percent-encoded, as it would have had to be. */
function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/[^\0-\x7f]+/g, encodeURIComponent), (c) => c.charCodeAt(0));
}

function piecesOf(body: ServiceAnswer['body']): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (body === null) return [];
  return body instanceof Uint8Array ? [body] : body;
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

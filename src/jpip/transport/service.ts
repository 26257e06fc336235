/**
 * What the adapters have in common: from a request of any platform to the engine, and from the engine's answer to what has to be sent.
 *
 * An adapter reads the request, asks {@link JpipService.answer}, writes head and body its own way, and tells at the end how far it came.
 */
import { DEFAULT_JPIP_LIMITS } from '../limits.ts';
import type { AbortSignalLike } from '../../codec/source.ts';
import type { JpipHttpRequest, JpipHttpResponse } from '../http-message.ts';
import type { AccessLogEntry } from './access-log.ts';
import { type CorsOptions, corsHeaders, preflightHeaders } from './cors.ts';
import {
  COLLECTED_BYTES,
  collect,
  mayStream,
  type OutgoingBody,
  resume,
  stop,
  type StreamingPolicy,
} from './framing.ts';
import { engineFamilies, formatMetrics, METRICS_TYPE, ResponseCounter } from './metrics.ts';
import { joinPaths, pathBelow, splitTarget } from './paths.ts';

/** The part of an engine that handlers use. */
export interface EngineLike {
  handle(http: JpipHttpRequest, options?: { signal?: AbortSignalLike }): Promise<JpipHttpResponse>;
  metrics?(): object;
}

/** Options of all handlers. */
export interface HandlerOptions {
  /** Path under which requests come; what lies elsewhere is not answered. Default: all paths. */
  readonly basePath?: string;
  /** Requests from pages of other origins: `true` for all, or who may. Default: none. */
  readonly cors?: boolean | CorsOptions;
  /**
   * Whether responses may leave before their length is known. Default `auto`: to HTTP/2, to clients that send `TE`, and to implementations
   * of the Fetch standard; everybody else gets a Content-Length.
   */
  readonly streaming?: StreamingPolicy;
  /** Bytes of a response that are collected to know its length, where `auto` holds; a larger one is streamed. Default 8 MiB. */
  readonly collectedBytes?: number;
  /** Bytes of a request body at most; more is answered with 413. Default 1 MiB. */
  readonly requestBytes?: number;
  /** Where it says whether the service is well, below the base path; `false` for nowhere. Default `/health`. */
  readonly healthPath?: string | false;
  /** Where the numbers for Prometheus are, below the base path; `false` for nowhere. Default `/metrics`. */
  readonly metricsPath?: string | false;
  /** Called once for each response when it has ended. */
  readonly accessLog?: (entry: AccessLogEntry) => void;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** A request as an adapter has it. */
export interface ServiceRequest {
  readonly method: string;
  /** As in the request line, or the whole URL. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly httpVersion?: string;
  readonly remote?: string;
  /** A path that was taken away from the beginning of `url` by a router. */
  readonly mountPath?: string;
  /** The body; `undefined` when it has more than `most` bytes. */
  readBody(most: number): Promise<Uint8Array | undefined>;
}

/** What an adapter has to send. */
export interface ServiceAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** All bytes at once, or one piece after the other, or none. */
  readonly body: Uint8Array | OutgoingBody | null;
  /** True when the connection has to end with the response. */
  readonly closes: boolean;
  /** To be called once when the response has ended, with the bytes that were sent. */
  finish(bytes: number, aborted: boolean): void;
}

const ALLOWED = 'GET, HEAD, POST, OPTIONS';
const NO_STORE = { 'Cache-Control': 'no-store' } as const;

/** The common part of handlers: an engine with its paths, counters and log. */
export class JpipService {
  private readonly engine: EngineLike;
  private readonly options: HandlerOptions;
  private readonly cors: CorsOptions | undefined;
  private readonly counter = new ResponseCounter();
  private readonly waiting: (() => void)[] = [];
  private closing = false;

  constructor(engine: EngineLike, options: HandlerOptions) {
    this.engine = engine;
    this.options = options;
    this.cors = options.cors === true ? {} : options.cors || undefined;
  }

  /** Answers nothing new any more, and waits until what is being answered has ended. */
  close(): Promise<void> {
    this.closing = true;
    if (this.counter.active === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The answer to a request; `undefined` when its path is not below the base path. */
  async answer(request: ServiceRequest, signal: AbortSignalLike): Promise<ServiceAnswer | undefined> {
    const { basePath = '' } = this.options;
    const { path, query } = splitTarget(request.url);
    const below = pathBelow(path, basePath);
    if (below === undefined) return undefined;
    const now = this.options.now ?? Date.now;
    const time = now();
    this.counter.begin();
    let found: Found;
    try {
      found = this.closing ? busy() : await this.find(request, below, query, signal);
    } catch {
      // the engine turns what can be foreseen into answers; what else fails is nothing that a client should read
      found = refusal(500, 'Internal Server Error');
    }
    const { status, reason, closes = false } = found;
    const headers = { ...found.headers, ...corsHeaders(this.cors, request.headers.origin) };
    let ended = false;
    return {
      status,
      reason,
      headers,
      body: found.body,
      closes: closes || this.closing,
      finish: (bytes, aborted) => {
        if (ended) return;
        ended = true;
        const ms = now() - time;
        this.counter.end(status, bytes, ms, aborted);
        this.log({
          time,
          method: request.method,
          url: request.url,
          ...(request.remote === undefined ? {} : { remote: request.remote }),
          ...(request.httpVersion === undefined ? {} : { httpVersion: request.httpVersion }),
          status,
          bytes,
          ms,
          aborted,
        });
        if (this.counter.active === 0) for (const resolve of this.waiting.splice(0)) resolve();
      },
    };
  }

  private async find(request: ServiceRequest, path: string, query: string, signal: AbortSignalLike): Promise<Found> {
    const { method } = request;
    if (method === 'OPTIONS') return this.preflight(request);
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') {
      const found = refusal(405, 'Method Not Allowed');
      return { ...found, headers: { ...found.headers, Allow: ALLOWED } };
    }
    if (query === '' && method !== 'POST') {
      const { healthPath = '/health', metricsPath = '/metrics' } = this.options;
      if (healthPath !== false && path === healthPath) return text(200, 'OK', 'ok\n');
      if (metricsPath !== false && path === metricsPath) return this.metrics();
    }
    const body = method === 'POST' ? await this.readBody(request) : undefined;
    if (body === null) return refusal(413, 'Content Too Large', true);
    const response = await this.engine.handle(
      {
        method,
        path,
        base: joinPaths(request.mountPath ?? '', this.options.basePath ?? ''),
        query,
        headers: request.headers,
        ...(body ? { body } : {}),
      },
      { signal },
    );
    return this.frame(request, response);
  }

  /** The body of a POST; null when it is too large. */
  private async readBody(request: ServiceRequest): Promise<Uint8Array | null> {
    const most = this.options.requestBytes ?? DEFAULT_JPIP_LIMITS.requestBytes;
    if (Number(request.headers['content-length'] ?? 0) > most) return null;
    return (await request.readBody(most)) ?? null;
  }

  /** Decides how a response leaves, and takes from its body what has to be known for that. */
  private async frame(request: ServiceRequest, response: JpipHttpResponse): Promise<Found> {
    const { status, reason, length } = response;
    const iterator = response.body?.[Symbol.asyncIterator]();
    const headers = { ...response.headers };
    if (iterator === undefined) return { status, reason, headers: withLength(headers, length ?? 0), body: null };
    if (request.method === 'HEAD') {
      await stop(iterator, false);
      // how long the body of a GET would be is known where it is not made for the request
      const known = length !== undefined && !/jp[pt]-stream/.test(headers['Content-Type'] ?? '');
      return { status, reason, headers: known ? withLength(headers, length) : headers, body: null };
    }
    if (length !== undefined) {
      return { status, reason, headers: withLength(headers, length), body: resume([], iterator) };
    }
    const { streaming = 'auto', collectedBytes = COLLECTED_BYTES } = this.options;
    if (mayStream(streaming, request.httpVersion, request.headers)) {
      return { status, reason, headers, body: resume([], iterator) };
    }
    const most = streaming === 'never' ? Number.POSITIVE_INFINITY : collectedBytes;
    const { pieces, bytes, whole } = await collect(iterator, most);
    if (!whole) return { status, reason, headers, body: resume(pieces, iterator) };
    return { status, reason, headers: withLength(headers, bytes), body: resume(pieces, undefined) };
  }

  private preflight({ headers }: ServiceRequest): Found {
    const more = this.cors ? preflightHeaders(this.cors, headers['access-control-request-headers']) : {};
    return { status: 204, reason: 'No Content', headers: { Allow: ALLOWED, ...more }, body: null };
  }

  private metrics(): Found {
    const families = [...this.counter.families(), ...engineFamilies(this.engine.metrics?.() ?? {})];
    const found = text(200, 'OK', formatMetrics(families));
    return { ...found, headers: { ...found.headers, 'Content-Type': METRICS_TYPE } };
  }

  private log(entry: AccessLogEntry): void {
    try {
      this.options.accessLog?.(entry);
    } catch {
      // a log that fails must not take the service with it
    }
  }
}

/** An answer before it is dressed for its client. */
interface Found extends Pick<ServiceAnswer, 'status' | 'reason' | 'headers' | 'body'> {
  readonly closes?: boolean;
}

function text(status: number, reason: string, content: string): Found {
  const body = Uint8Array.from(content, (c) => c.charCodeAt(0) & 0x7f);
  const headers = withLength({ 'Content-Type': 'text/plain; charset=utf-8', ...NO_STORE }, body.length);
  return { status, reason, headers, body };
}

function refusal(status: number, reason: string, closes = false): Found {
  return { ...text(status, reason, `${reason}\n`), closes };
}

/** The service is being stopped: another one, or this one after its restart, will answer. */
function busy(): Found {
  const found = refusal(503, 'Service Unavailable', true);
  return { ...found, headers: { ...found.headers, 'Retry-After': '1' } };
}

function withLength(headers: Readonly<Record<string, string>>, length: number): Record<string, string> {
  return { ...headers, 'Content-Length': String(length) };
}

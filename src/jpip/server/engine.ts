/**
 * The server engine: an HTTP request as a value in, an HTTP response as a value out (15444-9 Annexes B to D and F).
 *
 * Nothing here knows a socket or a file. Targets are found by a function of the caller's; what of a file is needed for a response is read
 * while that is sent, and what a session's client holds is remembered between its requests.
 */
import { decodeUtf8 } from '../../codec/fileformat/utf8.ts';
import type { Limits } from '../../codec/limits.ts';
import type { AbortSignalLike } from '../../codec/source.ts';
import { CacheModel } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import type { JpipHttpRequest, JpipHttpResponse } from '../http-message.ts';
import { DEFAULT_JPIP_LIMITS, type JpipLimits } from '../limits.ts';
import type { JpipRequest } from '../request/fields.ts';
import { parseRequest } from '../request/parse-request.ts';
import { formatResponseHeaders, type JpipResponseHeaders } from '../request/response-headers.ts';
import { planAnswer, formOf } from './answer.ts';
import type { Compatibility } from './compatibility.ts';
import { BlockBudget } from './cached-source.ts';
import type { EngineHost, Renderer } from './host.ts';
import type { IndexStore } from './target.ts';
import { needFilter, type StatementTools, applyModel, applyTilePartModel } from './model-statements.ts';
import { type Channel, DEFAULT_SESSIONS, type Running, type SessionOptions, SessionTable } from './session.ts';
import { renderWindow } from './pictures.ts';
import { type StreamJob, streamBins } from './stream.ts';
import { type JpipTarget, ServedTarget } from './target.ts';

/** Options of `createJpipEngine`. */
export interface JpipEngineOptions {
  /**
   * Finds the file behind a target's name; `null` when there is none. The name comes from whoever sent the request: it may be anything,
   * `../../etc/passwd` too.
   */
  resolve(target: string, request: JpipRequest): Promise<JpipTarget | null> | JpipTarget | null;
  /** How many sessions, and how long. `false` answers every request without a session. */
  readonly sessions?: Partial<SessionOptions> | false;
  /** What requests may cost. */
  readonly limits?: Partial<JpipLimits>;
  /** What the files may cost. */
  readonly codecLimits?: Partial<Limits>;
  /** Indexes of files that come without one: looked up by target id, made and put there where they are missing. */
  readonly indexes?: IndexStore;
  /** False refuses a request with status 403. */
  authorize?(request: JpipRequest, http: JpipHttpRequest): boolean | Promise<boolean>;
  /** Milliseconds after which a target that is open is asked again whether it is current. Default 1000. */
  readonly revalidateMs?: number;
  /** Makes whole pictures of windows, as `pictureRenderer` does. Default: none, and requests for them are answered with 415. */
  readonly renderer?: Renderer;
  /** For clients that read only what one other server sends. */
  readonly compatibility?: Compatibility;
  /** Told what happens. */
  onEvent?(event: JpipEvent): void;
}

/** Something that happened in an engine. */
export type JpipEvent =
  | {
      readonly type: 'response';
      readonly target: string | undefined;
      readonly cid: string | undefined;
      readonly status: number;
      /** Bytes of the body that were taken. */
      readonly bytes: number;
      readonly ms: number;
      /** Reads of the file that the response needed, blocks in memory included, and their bytes. */
      readonly reads: number;
      readonly readBytes: number;
      /** Why the response ended; undefined where it was cut. */
      readonly eor: number | undefined;
    }
  | { readonly type: 'session-open' | 'session-close'; readonly cid: string }
  | { readonly type: 'target-changed'; readonly target: string }
  | { readonly type: 'error'; readonly error: unknown };

/** What an engine has done so far, and holds. */
export interface JpipMetrics {
  readonly requests: number;
  readonly errors: number;
  readonly bytesSent: number;
  readonly sessions: number;
  readonly channels: number;
  readonly openTargets: number;
  readonly runningResponses: number;
  /** Reads of files, and their bytes. */
  readonly fileReads: number;
  readonly fileReadBytes: number;
}

/** A server without sockets; made by `createJpipEngine`. */
export class JpipEngine {
  private readonly options: JpipEngineOptions;
  private readonly host: EngineHost;
  private readonly limits: JpipLimits;
  private readonly sessions: SessionTable | undefined;
  private readonly budget: BlockBudget;
  /** By name, the one used longest ago first. */
  private readonly targets = new Map<string, Promise<ServedTarget>>();
  private readonly running = new Set<Running>();
  private requests = 0;
  private errors = 0;
  private bytesSent = 0;
  private closed = false;

  /** @internal */
  constructor(options: JpipEngineOptions, host: EngineHost) {
    this.options = options;
    this.host = host;
    this.limits = { ...DEFAULT_JPIP_LIMITS, ...options.limits };
    this.budget = new BlockBudget(this.limits.cacheBytes);
    if (options.sessions !== false) {
      this.sessions = new SessionTable(
        { ...DEFAULT_SESSIONS, ...options.sessions },
        () => host.now(),
        () => host.randomId(),
        (cid) => this.tell({ type: 'session-close', cid }),
      );
    }
  }

  /**
   * Answers a request. Failures are answers too: this rejects only when the signal is aborted.
   *
   * @example
   * ```ts
   * const response = await engine.handle({ method: 'GET', path: '/map.jp2', query: 'fsiz=512,512', headers: {} });
   * ```
   */
  async handle(http: JpipHttpRequest, options: { signal?: AbortSignalLike } = {}): Promise<JpipHttpResponse> {
    const start = this.host.now();
    this.requests++;
    const about: About = { target: undefined, cid: undefined, start };
    try {
      if (this.closed) throw new JpipError('refused', 'server-closed', 'the server is stopping');
      return await this.answer(http, about, options.signal);
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      return this.refuse(error, about);
    }
  }

  /** What was done so far, and is held. */
  metrics(): JpipMetrics {
    return {
      requests: this.requests,
      errors: this.errors,
      bytesSent: this.bytesSent,
      sessions: this.sessions?.size ?? 0,
      channels: this.sessions?.numChannels ?? 0,
      openTargets: this.targets.size,
      runningResponses: this.running.size,
      fileReads: this.budget.reads,
      fileReadBytes: this.budget.readBytes,
    };
  }

  /** Ends running responses, closes all sessions and targets; later requests are refused. */
  async close(): Promise<void> {
    this.closed = true;
    const running = [...this.running];
    for (const response of running) response.stopped = true;
    this.sessions?.closeAll();
    const targets = [...this.targets.values()];
    this.targets.clear();
    for (const target of targets) await (await target.catch(() => undefined))?.retire();
  }

  private async answer(http: JpipHttpRequest, about: About, signal: AbortSignalLike | undefined) {
    const { method, query, body, path } = http;
    if (method !== 'GET' && method !== 'POST') {
      throw new JpipError('refused', 'request-method', `method ${method} is not served`, { status: 405 });
    }
    if (query.length + (body?.length ?? 0) > this.limits.requestBytes) {
      throw new JpipError('limit', 'limit-request', `a request of more than ${this.limits.requestBytes} bytes`);
    }
    const { request } = parseRequest(query, body && decodeUtf8(body), { limits: this.limits });
    if ((await this.options.authorize?.(request, http)) === false) {
      throw new JpipError('refused', 'request-denied', 'the request is not allowed', { status: 403 });
    }
    if (request.upload !== undefined) {
      throw new JpipError('unsupported', 'request-feature', 'uploads are not taken', { clause: '15444-9 Annex E' });
    }
    const channel = request.cid === undefined ? undefined : this.channelOf(request.cid);
    about.cid = channel?.cid;
    const closing = this.channelsToClose(request, channel);
    if (closing && isOnlyClose(request)) {
      for (const one of closing) this.sessions!.close(one);
      return this.plain(200, {}, about);
    }
    const name = request.target ?? channel?.target ?? targetInPath(path);
    if (name === undefined) {
      throw new JpipError('malformed', 'request-target', 'the request names no target', { clause: '15444-9 C.2.1' });
    }
    about.target = name;
    const target = await this.targetOf(name, request);
    if (channel && channel.target === name && channel.tid !== target.tid) {
      // what the client holds belongs to contents that are gone: it has to begin anew
      this.sessions!.close(channel);
      throw new JpipError('refused', 'target-changed', `${name} has changed; its channel is closed`, { status: 404 });
    }
    return this.serve(http, request, target, channel, closing, about, signal);
  }

  private async serve(
    http: JpipHttpRequest,
    request: JpipRequest,
    target: ServedTarget,
    channel: Channel | undefined,
    closing: readonly Channel[] | undefined,
    about: About,
    signal: AbortSignalLike | undefined,
  ): Promise<JpipHttpResponse> {
    const form = formOf(request.type ?? channel?.type, this.options.renderer?.types ?? []);
    const answer = await planAnswer(request, target);
    if (form.kind === 'raw') return this.raw(target, request, about, signal);
    if (form.kind === 'picture') {
      const bytes = await renderWindow(form.mediaType, request, answer, target, this.options.renderer, signal);
      return this.whole(bytes, { 'Content-Type': form.mediaType, 'JPIP-tid': target.tid }, about);
    }
    const opened = this.grant(request, target, channel);
    about.cid = (opened ?? channel)?.cid;
    const at = opened ?? channel;
    const running: Running = { preempted: false, stopped: false, ...deferred() };
    if (at) await this.enter(at, request, running);
    const sameTarget = request.tid === undefined || request.tid === '0' || request.tid === target.tid;
    const model = at && this.sessions ? this.sessions.modelOf(at.session, target.tid) : new CacheModel();
    const load = { executor: this.host, ...(signal ? { signal } : {}) };
    const statements: StatementTools = {
      target,
      codestreams: answer.codestreams,
      most: this.limits.windowBins,
      load,
    };
    this.running.add(running);
    target.use();
    try {
      if (sameTarget) {
        await applyModel(model, request.model ?? [], statements);
        await applyTilePartModel(model, request.tpmodel ?? [], statements);
      }
      // C.8.4: only a request without a session is restricted by need
      const restricts = at === undefined && sameTarget;
      const wanted = restricts ? await needFilter(request.need, request.tpneed, statements) : undefined;
      const headers = {
        'Content-Type': form.mediaType,
        'Cache-Control': 'no-cache',
        ...formatResponseHeaders({
          ...(request.tid === target.tid ? {} : { tid: target.tid }),
          ...(opened ? { cnew: cnewOf(opened, http) } : {}),
          ...(request.qid === undefined ? {} : { qid: request.qid }),
          ...answer.headers,
        }),
      };
      const job: StreamJob = {
        request,
        answer,
        target,
        form,
        model,
        wanted,
        running,
        most: this.limits.responseBytes,
        mostBins: this.limits.windowBins,
        compatibility: this.options.compatibility ?? {},
        load,
      };
      return await this.send(job, headers, about, closing);
    } catch (error) {
      await this.leave(running, target);
      throw error;
    }
  }

  /** Begins a stream: its first batch is made before the status is known, so that what is wrong can still be said. */
  private async send(
    job: StreamJob,
    headers: Record<string, string>,
    about: About,
    closing: readonly Channel[] | undefined,
  ): Promise<JpipHttpResponse> {
    const { running, target } = job;
    const state = { finished: false, eor: undefined as number | undefined, reads: 0, readBytes: 0 };
    const batches = streamBins(job, state);
    const first = await batches.next();
    const engine = this;
    async function* body(): AsyncGenerator<Uint8Array> {
      let bytes = 0;
      try {
        for (let batch = first; !batch.done; batch = await batches.next()) {
          bytes += batch.value.length;
          engine.bytesSent += batch.value.length;
          yield batch.value;
        }
      } catch (error) {
        engine.errors++;
        engine.tell({ type: 'error', error });
        throw error;
      } finally {
        await batches.return(undefined);
        for (const channel of closing ?? []) engine.sessions?.close(channel);
        await engine.leave(running, target);
        engine.tellResponse(about, 200, bytes, state);
      }
    }
    const length = first.done || state.finished ? { length: first.done ? 0 : first.value.length } : {};
    return { status: 200, reason: 'OK', headers, body: body(), ...length };
  }

  private async leave(running: Running, target: ServedTarget): Promise<void> {
    if (!this.running.delete(running)) return;
    running.end();
    await target.release();
  }

  /** Opens a channel where the request asks for one that can be had (C.3.3). */
  private grant(request: JpipRequest, target: ServedTarget, beside: Channel | undefined): Channel | undefined {
    if (!this.sessions || !request.cnew?.includes('http')) return undefined;
    const channel = this.sessions.create(target.name, target.tid, request.type ?? beside?.type, beside);
    if (channel) this.tell({ type: 'session-open', cid: channel.cid });
    return channel;
  }

  /** A request takes its place on a channel: behind the response that runs there, or instead of it (C.7.2). */
  private async enter(channel: Channel, request: JpipRequest, running: Running): Promise<void> {
    const late = request.qid !== undefined && request.qid < channel.lastQid;
    if (request.qid !== undefined) channel.lastQid = Math.max(channel.lastQid, request.qid);
    if (late && request.wait !== true) {
      // a newer request has been here already
      running.preempted = true;
      return;
    }
    const before = channel.running;
    channel.running = running;
    if (before === undefined) return;
    if (request.wait !== true) {
      before.preempted = true;
      return;
    }
    if (channel.waiting >= this.limits.queuedRequests) {
      channel.running = before;
      throw new JpipError('refused', 'server-busy', `${channel.waiting} requests wait on the channel already`);
    }
    channel.waiting++;
    await before.ended;
    channel.waiting--;
  }

  private channelOf(cid: string): Channel {
    if (this.sessions) return this.sessions.find(cid);
    throw new JpipError('refused', 'request-channel', 'there are no channels here', {
      status: 404,
      clause: '15444-9 C.3.2',
    });
  }

  /** The channels that a request closes when it has been answered (C.3.4): all of one session. */
  private channelsToClose({ cclose }: JpipRequest, channel: Channel | undefined): readonly Channel[] | undefined {
    if (cclose === undefined) return undefined;
    if (cclose === '*') {
      if (channel) return [...channel.session.channels.values()];
      throw new JpipError('malformed', 'request-field', 'cclose=* needs a cid', { clause: '15444-9 C.3.4' });
    }
    const channels = cclose.map((cid) => this.channelOf(cid));
    const [first] = channels;
    if (channels.every(({ session }) => session === (channel ?? first).session)) return channels;
    throw new JpipError('malformed', 'request-field', 'cclose names channels of another session', {
      clause: '15444-9 C.3.4',
    });
  }

  /** A target, opened if it is not, and opened anew if it has changed. */
  private async targetOf(name: string, request: JpipRequest): Promise<ServedTarget> {
    const { subtarget } = request;
    const key = subtarget ? `${name}\n${subtarget.first}-${subtarget.last ?? ''}` : name;
    const known = this.targets.get(key);
    if (known) {
      const target = await known;
      if (await target.isCurrent(this.options.revalidateMs ?? 1000)) {
        this.targets.delete(key);
        this.targets.set(key, known);
        return target;
      }
      this.targets.delete(key);
      this.tell({ type: 'target-changed', target: name });
      await target.retire();
    }
    const again = this.targets.get(key);
    if (again) return again; // someone else was faster
    const opening = this.openTarget(name, request);
    this.targets.set(key, opening);
    try {
      const target = await opening;
      for (const [oldest, other] of this.targets) {
        if (this.targets.size <= this.limits.openTargets) break;
        this.targets.delete(oldest);
        await (await other.catch(() => undefined))?.retire();
      }
      return target;
    } catch (error) {
      if (this.targets.get(key) === opening) this.targets.delete(key);
      throw error;
    }
  }

  private async openTarget(name: string, request: JpipRequest): Promise<ServedTarget> {
    const found = await this.options.resolve(name, request);
    if (!found) {
      throw new JpipError('refused', 'request-target', `there is no target ${name}`, {
        status: 404,
        clause: '15444-9 C.2.2',
      });
    }
    const { host, budget, options } = this;
    return ServedTarget.open(name, found, request.subtarget, {
      host,
      budget,
      indexes: options.indexes,
      limits: options.codecLimits,
    });
  }

  /** All of a target as it is (C.7.3, `raw`). */
  private raw(
    target: ServedTarget,
    { len }: JpipRequest,
    about: About,
    signal: AbortSignalLike | undefined,
  ): JpipHttpResponse {
    const { source } = target;
    const size = source.size ?? 0;
    const length = Math.min(size, len ?? size, this.limits.responseBytes);
    const engine = this;
    target.use();
    async function* body(): AsyncGenerator<Uint8Array> {
      let at = 0;
      const state = { eor: undefined, reads: 0, readBytes: 0 };
      try {
        while (at < length) {
          const bytes = await source.read(
            { offset: at, length: Math.min(1 << 18, length - at) },
            signal ? { signal } : {},
          );
          if (bytes.length === 0) break;
          at += bytes.length;
          state.reads++;
          state.readBytes += bytes.length;
          engine.bytesSent += bytes.length;
          yield bytes;
        }
      } finally {
        await target.release();
        engine.tellResponse(about, 200, at, state);
      }
    }
    const headers = { 'Content-Type': 'application/octet-stream', 'JPIP-tid': target.tid };
    return { status: 200, reason: 'OK', headers, body: body(), length };
  }

  /** A response whose body is there. */
  private whole(bytes: Uint8Array, headers: Record<string, string>, about: About): JpipHttpResponse {
    this.bytesSent += bytes.length;
    this.tellResponse(about, 200, bytes.length, { eor: undefined, reads: 0, readBytes: 0 });
    return { status: 200, reason: 'OK', headers, body: once(bytes), length: bytes.length };
  }

  private plain(status: number, headers: Record<string, string>, about: About): JpipHttpResponse {
    this.tellResponse(about, status, 0, { eor: undefined, reads: 0, readBytes: 0 });
    return { status, reason: REASONS[status] ?? 'OK', headers, body: null, length: 0 };
  }

  /** A failure as an answer: its status, and a line that says why. */
  private refuse(error: unknown, about: About): JpipHttpResponse {
    this.errors++;
    const known = error instanceof JpipError;
    if (!known || error.status >= 500) this.tell({ type: 'error', error });
    const status = known ? error.status : 500;
    // what went wrong inside is not for strangers
    const text = known ? error.message : 'the server failed';
    const bytes = asciiLine(text);
    const headers: Record<string, string> = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-cache',
      ...(status === 405 ? { Allow: 'GET, HEAD, POST, OPTIONS' } : {}),
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    };
    this.tellResponse(about, status, bytes.length, { eor: undefined, reads: 0, readBytes: 0 });
    return { status, reason: REASONS[status] ?? 'Error', headers, body: once(bytes), length: bytes.length };
  }

  private tellResponse(
    { target, cid, start }: About,
    status: number,
    bytes: number,
    { eor, reads, readBytes }: { eor: number | undefined; reads: number; readBytes: number },
  ): void {
    this.tell({ type: 'response', target, cid, status, bytes, ms: this.host.now() - start, reads, readBytes, eor });
  }

  private tell(event: JpipEvent): void {
    this.options.onEvent?.(event);
  }
}

/** What is known of a request while it is answered. */
interface About {
  target: string | undefined;
  cid: string | undefined;
  readonly start: number;
}

/** Reason phrases of the statuses that are used (D.1). */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Texts of errors quote requests, whose characters may be any. */
function asciiLine(text: string): Uint8Array {
  return Uint8Array.from(`${text.replace(/[^ -~]/g, '?')}\n`, (c) => c.charCodeAt(0));
}

function deferred(): { readonly ended: Promise<void>; readonly end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

/** A path names a target where no field does (C.2.1): all of it, without slashes at its front. */
function targetInPath(path: string): string | undefined {
  const trimmed = path.replace(/^\/+/, '');
  if (trimmed === '') return undefined;
  try {
    return decodeURIComponent(trimmed);
  } catch {
    throw new JpipError('malformed', 'request-target', 'the path of the URL is not percent-encoded well');
  }
}

/** True for a request that does nothing but close channels. */
function isOnlyClose({ fsiz, metareq, cnew, target }: JpipRequest): boolean {
  return fsiz === undefined && metareq === undefined && cnew === undefined && target === undefined;
}

/** JPIP-cnew: where requests of the new channel go, without the slash at the front, as peers write it (D.2.3). */
function cnewOf({ cid }: Channel, { base = '', path }: JpipHttpRequest): NonNullable<JpipResponseHeaders['cnew']> {
  const whole = `${base}${path}`.replace(/^\/+/, '');
  return { cid, ...(whole === '' ? {} : { path: whole }), transport: 'http' };
}

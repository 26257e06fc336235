/**
 * The server engine: an HTTP request as a value in, an HTTP response as a value out (15444-9 Annexes B to D and F).
 *
 * Nothing here knows a socket or a file. Targets are found by a function of the caller's; what of a file is needed for a response is read
 * while that is sent, and what a session's client holds is remembered between its requests.
 */
import { decodeUtf8 } from '../../codec/fileformat/utf8.ts';
import type { Limits } from '../../codec/limits.ts';
import type { AbortSignalLike } from '../../codec/source.ts';
import { CacheModel, qualifies } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import type { JpipHttpRequest, JpipHttpResponse } from '../http-message.ts';
import { DEFAULT_JPIP_LIMITS, type JpipLimits } from '../limits.ts';
import type { JpipRequest } from '../request/fields.ts';
import { parseRequest } from '../request/parse-request.ts';
import { formatResponseHeaders, type JpipResponseHeaders } from '../request/response-headers.ts';
import { type Answer, formOf, planAnswer } from './answer.ts';
import type { Compatibility } from './compatibility.ts';
import { bodyOf, bodyOfBytes } from './body.ts';
import { BlockBudget, shortened } from './block-source.ts';
import type { EngineHost, Renderer } from './host.ts';
import type { IndexStore } from './target.ts';
import { needFilter, type StatementTools, applyModel, applyTilePartModel } from './model-statements.ts';
import { type Channel, DEFAULT_SESSIONS, type Running, type SessionOptions, SessionTable } from './session.ts';
import { renderWindow } from './pictures.ts';
import { refusalOf } from './refusal.ts';
import { type StreamJob, streamBins } from './stream.ts';
import { asTargetError, isReplaced, type JpipTarget, type ServedTarget } from './target.ts';
import { type TargetLease, TargetTable } from './target-table.ts';

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
  private readonly targets: TargetTable;
  private readonly running = new Set<Running>();
  /** Data-bins that running responses remember. */
  private runningBins = 0;
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
    this.targets = new TargetTable(options.resolve, {
      host,
      budget: this.budget,
      indexes: options.indexes,
      limits: options.codecLimits,
      most: this.limits.openTargets,
      revalidateMs: options.revalidateMs ?? 1000,
      onChange: (target) => this.tell({ type: 'target-changed', target }),
    });
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
    await this.targets.close();
  }

  private async answer(http: JpipHttpRequest, about: About, signal: AbortSignalLike | undefined) {
    const { method, query, body, path } = http;
    if (method !== 'GET' && method !== 'POST' && method !== 'HEAD') {
      throw new JpipError('refused', 'request-method', `method ${method} is not served`, { status: 405 });
    }
    if (query.length + (body?.length ?? 0) > this.limits.requestBytes) {
      throw new JpipError('limit', 'limit-request', `a request of more than ${this.limits.requestBytes} bytes`);
    }
    const parsed = parseRequest(query, body && decodeUtf8(body), { limits: this.limits });
    const request = method === 'HEAD' ? withoutEffect(parsed.request) : parsed.request;
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
      return this.empty(about);
    }
    const name = request.target ?? channel?.target ?? targetInPath(path);
    if (name === undefined) {
      throw new JpipError('malformed', 'request-target', 'the request names no target', { clause: '15444-9 C.2.1' });
    }
    about.target = name;
    const subtarget = request.subtarget ?? (request.target === undefined ? channel?.subtarget : undefined);
    const lease = await this.targets.lease(name, { ...request, ...(subtarget ? { subtarget } : {}) });
    try {
      const { target } = lease;
      if (channel && channel.target === name && channel.tid !== target.tid) {
        // what the client holds belongs to contents that are gone: it has to begin anew
        this.sessions!.close(channel);
        about.tid = target.tid;
        throw new JpipError('refused', 'target-changed', `${name} has changed; its channel is closed`, { status: 404 });
      }
      const form = formOf(request.type ?? channel?.type, this.options.renderer?.types ?? []);
      const answer = await planAnswer(request, target);
      const exchange: Exchange = { http, request, lease, answer, channel, closing, about, signal };
      if (form.kind === 'raw') return this.raw(exchange);
      if (form.kind === 'picture') return await this.picture(exchange, form.mediaType);
      return await this.stream(exchange, form);
    } catch (error) {
      if (isReplaced(error) && lease.target.tid !== about.tid) lease.target.distrust();
      await lease.end();
      throw error;
    }
  }

  /** Answers with a window as a whole picture. */
  private async picture(
    { request, answer, lease, about, signal, closing }: Exchange,
    type: string,
  ): Promise<JpipHttpResponse> {
    const { target } = lease;
    const bytes = await renderWindow(type, request, answer, target, this.options.renderer, signal);
    await lease.end();
    this.closeAll(closing);
    this.bytesSent += bytes.length;
    this.tellResponse(about, 200, bytes.length, NO_READS);
    const headers = { 'Content-Type': type, 'JPIP-tid': target.tid };
    return { status: 200, reason: 'OK', headers, body: bodyOfBytes(bytes), length: bytes.length };
  }

  /** Answers with data-bins. */
  private async stream(exchange: Exchange, form: StreamJob['form']): Promise<JpipHttpResponse> {
    const { http, request, answer, channel, about, signal, lease } = exchange;
    const { target } = lease;
    const opened = this.grant(request, target, channel);
    const at = opened ?? (http.method === 'HEAD' ? undefined : channel);
    about.cid = at?.cid;
    const running: Running = { preempted: false, stopped: false, bins: 0, ...deferred() };
    const sameTarget = request.tid === undefined || request.tid === '0' || request.tid === target.tid;
    const model = at && this.sessions ? this.sessions.modelOf(at.session, target.tid) : new CacheModel();
    const load = { executor: this.host, ...(signal ? { signal } : {}) };
    const statements: StatementTools = {
      target,
      codestreams: answer.codestreams,
      most: this.limits.windowBins,
      load,
    };
    try {
      if (at) await this.enter(at, request, running);
      this.running.add(running);
      if (request.mset)
        model.keep((codestream) => qualifies(request.mset, codestream) || answer.codestreams.includes(codestream));
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
          ...(request.len !== undefined && request.len > this.limits.responseBytes
            ? { len: this.limits.responseBytes }
            : {}),
          ...answer.headers,
        }),
      };
      const job: StreamJob = {
        request,
        answer,
        target,
        form,
        model,
        channel: at,
        wanted,
        running,
        most: this.limits.responseBytes,
        rememberBins: (bins) => this.rememberBins(running, bins),
        compatibility: this.options.compatibility ?? {},
        load,
        host: this.host,
      };
      return await this.send(job, headers, exchange);
    } catch (error) {
      this.leave(running, at);
      if (opened) this.sessions!.close(opened);
      throw error;
    }
  }

  /** Begins a stream: its first batch is made before the status is known, so that what is wrong can still be said. */
  private async send(
    job: StreamJob,
    headers: Record<string, string>,
    { about, closing, lease, signal }: Exchange,
  ): Promise<JpipHttpResponse> {
    const state = { finished: false, eor: undefined, reads: 0, readBytes: 0 };
    const batches = streamBins(job, state);
    let first: IteratorResult<Uint8Array, undefined> | undefined = await batches.next();
    const length = first.done ? { length: 0 } : state.finished ? { length: first.value.length } : {};
    const body = bodyOf({
      next: async () => {
        const batch = first ?? (await batches.next());
        first = undefined;
        if (batch.done) return undefined;
        this.bytesSent += batch.value.length;
        return batch.value;
      },
      end: async (bytes, error) => {
        if (isReplaced(error)) lease.target.distrust();
        this.tellError(error, signal);
        // how much of the response has arrived is anybody's guess, unless the client itself has gone away
        if (error !== undefined && job.channel && !signal?.aborted) job.model.clear();
        await batches.return(undefined);
        this.leave(job.running, job.channel);
        this.closeAll(closing);
        await lease.end();
        this.tellResponse(about, 200, bytes, state);
      },
    });
    return { status: 200, reason: 'OK', headers, body, ...length };
  }

  /** A response has to remember more data-bins; false when they are more than it may. */
  private rememberBins(running: Running, bins: number): boolean {
    running.bins += bins;
    this.runningBins += bins;
    if (this.runningBins > this.limits.runningBins && running.bins < this.runningBins) {
      throw new JpipError('refused', 'server-busy', 'too many data-bins are being sent to others');
    }
    return running.bins <= this.limits.windowBins;
  }

  private closeAll(channels: readonly Channel[] | undefined): void {
    for (const channel of channels ?? []) this.sessions?.close(channel);
  }

  private leave(running: Running, channel: Channel | undefined): void {
    if (this.running.delete(running)) this.runningBins -= running.bins;
    channel?.unfinished.delete(running);
    if (channel) this.sessions?.weigh(channel.session);
    running.end();
  }

  /** Opens a channel where the request asks for one that can be had (C.3.3). */
  private grant(request: JpipRequest, target: ServedTarget, beside: Channel | undefined): Channel | undefined {
    if (!this.sessions || !request.cnew?.includes('http')) return undefined;
    const channel = this.sessions.create(
      {
        target: target.name,
        tid: target.tid,
        type: request.type ?? beside?.type,
        subtarget: request.subtarget ?? (request.target === undefined ? beside?.subtarget : undefined),
      },
      beside,
    );
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
    const before = [...channel.unfinished];
    if (request.wait !== true) {
      for (const other of before) other.preempted = true;
      channel.unfinished.add(running);
      return;
    }
    if (channel.waiting >= this.limits.queuedRequests) {
      throw new JpipError('refused', 'server-busy', `${channel.waiting} requests wait on the channel already`);
    }
    channel.unfinished.add(running);
    channel.waiting++;
    await Promise.all(before.map(({ ended }) => ended));
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

  /** Answers with all of a target as it is (C.7.3, `raw`). */
  private raw({ request, lease, about, signal, closing }: Exchange): JpipHttpResponse {
    const { source, tid } = lease.target;
    const size = source.size ?? 0;
    const length = Math.min(size, request.len ?? size, this.limits.responseBytes);
    const state = { eor: undefined, reads: 0, readBytes: 0 };
    let at = 0;
    const body = bodyOf({
      next: async () => {
        if (at >= length) return undefined;
        const range = { offset: at, length: Math.min(RAW_BYTES, length - at) };
        const bytes = await source.read(range, signal ? { signal } : {});
        if (bytes.length < range.length) throw shortened();
        at += bytes.length;
        state.reads++;
        state.readBytes += bytes.length;
        this.bytesSent += bytes.length;
        return bytes;
      },
      end: async (bytes, error) => {
        if (isReplaced(error)) lease.target.distrust();
        this.tellError(error, signal);
        await lease.end();
        this.closeAll(closing);
        this.tellResponse(about, 200, bytes, state);
      },
    });
    const headers = { 'Content-Type': 'application/octet-stream', 'JPIP-tid': tid };
    return { status: 200, reason: 'OK', headers, body, length };
  }

  private empty(about: About): JpipHttpResponse {
    this.tellResponse(about, 200, 0, NO_READS);
    return { status: 200, reason: 'OK', headers: {}, body: null, length: 0 };
  }

  /** A failure as an answer. */
  private refuse(error: unknown, about: About): JpipHttpResponse {
    this.errors++;
    const { status, reason, headers, text } = refusalOf(asTargetError(error, about.target ?? 'the target'));
    if (status >= 500) this.tell({ type: 'error', error });
    this.tellResponse(about, status, text.length, NO_READS);
    const tid: Record<string, string> = about.tid === undefined ? {} : { 'JPIP-tid': about.tid };
    return { status, reason, headers: { ...headers, ...tid }, body: bodyOfBytes(text), length: text.length };
  }

  /** Tells what went wrong with a response. That a client goes away, and so ends what is being made for it, is nothing wrong. */
  private tellError(error: unknown, signal: AbortSignalLike | undefined): void {
    if (error === undefined || signal?.aborted) return;
    this.errors++;
    this.tell({ type: 'error', error });
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

/** A request on its way to an answer. */
interface Exchange {
  readonly http: JpipHttpRequest;
  readonly request: JpipRequest;
  readonly lease: TargetLease;
  readonly answer: Answer;
  readonly channel: Channel | undefined;
  /** Channels to close when it has been answered. */
  readonly closing: readonly Channel[] | undefined;
  readonly about: About;
  readonly signal: AbortSignalLike | undefined;
}

const NO_READS = { eor: undefined, reads: 0, readBytes: 0 };
/** Bytes of a file that is sent as it is, at once. */
const RAW_BYTES = 1 << 18;

/** What is known of a request while it is answered. */
interface About {
  target: string | undefined;
  cid: string | undefined;
  /** The identifier that a refusal tells. */
  tid?: string;
  readonly start: number;
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

/** A request of which only the head of the answer is wanted: nothing is sent, and nothing is different afterwards (RFC 9110 9.3.2). */
function withoutEffect({ cnew: _, cclose: __, qid: ___, model: ____, ...rest }: JpipRequest): JpipRequest {
  return { ...rest, len: 0 };
}

/** True for a request that does nothing but close channels. */
function isOnlyClose({ fsiz, metareq, cnew, target }: JpipRequest): boolean {
  return fsiz === undefined && metareq === undefined && cnew === undefined && target === undefined;
}

/** JPIP-cnew: where requests of the new channel go, without the slash at the front, as peers write it (D.2.3). */
function cnewOf({ cid }: Channel, { base = '', path }: JpipHttpRequest): NonNullable<JpipResponseHeaders['cnew']> {
  // a comma would end it, and a colon is more than some clients can bear
  const whole = `${base}${path}`.replace(/^\/+/, '').replace(/[^\w\-.~/%!$&'()*+;=@]/g, encodeURIComponent);
  return { cid, ...(whole === '' ? {} : { path: whole }), transport: 'http' };
}

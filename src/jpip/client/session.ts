/**
 * One client's talk with a server: requests one by one, with or without a channel (15444-9 Annex B, C.3), and what comes back put into
 * the cache.
 *
 * A channel is asked for with the first request; where none is granted, requests stand alone and say what is held. What arrives is kept
 * whatever happens to the rest of the response.
 */
import { type AbortSignalLike, throwIfAborted } from '../../codec/source.ts';
import { binClassOf, type BinKey, binName } from '../bins/bin-id.ts';
import { BIN_COST, type BinCache } from '../bins/bin-store.ts';
import { CacheModel, modelCodestream } from '../bins/cache-model.ts';
import { JpipError, type JpipDiagnostic, type JpipErrorCode } from '../errors.ts';
import type { JpipRequest } from '../request/fields.ts';
import { formatRequest } from '../request/format-request.ts';
import { type JpipResponseHeaders, parseResponseHeaders } from '../request/response-headers.ts';
import { BIN_CLASS, type DataPiece } from '../wire/message.ts';
import { MessageReader } from '../wire/message-reader.ts';
import { channelAddress, type TargetAddress } from './address.ts';
import { take } from './asked.ts';
import { CodestreamNumbers } from './codestream-numbers.ts';
import type { ClientHost, JpipConnection, JpipReply, OutgoingRequest } from './connection.ts';
import type { Exchange, Outcome, Received, SessionSettings } from './exchange.ts';
import { Pace } from './pace.ts';
import { drain, giveUp, replyWithin, within } from './reply.ts';
import { believe, type Correction, correctionsOf, doubt, upTo } from './statements.ts';

/** Data-bins about which one request says something. */
const MOST_CORRECTIONS = 20_000;
/** Data-bins of a window that are looked through for something to say. */
const MOST_LOOKS = 200_000;
/** Words of memory for what a server is believed to hold of the cache; with more a new channel is the better beginning. */
const MOST_BELIEVED = 2 ** 25;
/** Bytes of a response that are taken apart at once. */
const MOST_AT_ONCE = 65536;
/** Characters that a URL may have with every server and proxy. */
const LONGEST_QUERY = 4000;
const KNOWN_CLASSES: ReadonlySet<number> = /* @__PURE__ */ new Set<number>([
  BIN_CLASS.precinct,
  BIN_CLASS.tileHeader,
  BIN_CLASS.tile,
  BIN_CLASS.mainHeader,
  BIN_CLASS.metadata,
]);
/** Failures that may pass. */
const TRANSIENT: readonly number[] = [408, 425, 429, 502, 503, 504];

/** Failures after which the same is not tried again. */
const FINAL: readonly JpipErrorCode[] = ['target-changed', 'limit-response'];

/** The talk with one server about one target. */
export class JpipSession {
  /** The channel, while there is one. */
  cid: string | undefined;
  /** Bytes of responses, and requests, so far. */
  bytes = 0;
  requests = 0;
  /** True once the server has shown that it has no channels, or none are wanted. */
  stateless: boolean;
  /** True when not everything that should have been said of the cache with the last request fitted into it. */
  saidTooLittle = false;
  /** True when the server answers requests of a channel side by side, so that a new one can end the one before. */
  concurrent = false;
  private readonly address: TargetAddress;
  private readonly connection: JpipConnection;
  private readonly cache: BinCache;
  private readonly generation: number;
  private readonly host: ClientHost;
  private readonly settings: SessionSettings;
  private readonly pace: Pace;
  private channelAddress: string | undefined;
  private believed = new CacheModel();
  /** Numbers that the server gives codestreams of the target, where they are its own. */
  private readonly codestreams = new CodestreamNumbers();
  private qid = 0;
  private endsResponses = false;
  private postRefused = false;
  private asksForId = true;
  /** True once the server has sent what it was told is held. One is known that makes nothing of such words, and breaks over many. */
  private ignoresModel = false;
  /** Data-bins that it was told of last, as held whole. */
  private told = new Set<string>();
  private overlaps = false;
  private running: { readonly stale: () => boolean; readonly ended: Promise<void> } | undefined;

  constructor(
    address: TargetAddress,
    connection: JpipConnection,
    cache: BinCache,
    host: ClientHost,
    settings: SessionSettings,
  ) {
    this.address = address;
    this.connection = connection;
    this.cache = cache;
    this.generation = cache.generation;
    this.host = host;
    this.settings = settings;
    this.stateless = settings.mode === 'stateless';
    this.pace = new Pace(settings.maxLatencyMs, settings.maxResponseBytes);
  }

  /** Forgets the channel; the next request asks for a new one. */
  renew(): void {
    this.cid = undefined;
    this.channelAddress = undefined;
    this.believed = new CacheModel();
    this.codestreams.forget();
    this.concurrent = false;
  }

  /** Does not ask for the id of the target any more: there is a server that then says nothing else. */
  askNoId(): void {
    this.asksForId = false;
  }

  /** True when the server believes something else to be held of some data-bins than is. */
  isOutOfStep(keys: Iterable<BinKey>): boolean {
    if (this.cid === undefined || this.ignoresModel) return false;
    return correctionsOf(upTo(keys, MOST_LOOKS), this.cache, this.believed, 1).length > 0;
  }

  /** The server may have sent anything of these data-bins. Where they are very many it is not asked on the same channel any more. */
  doubt(keys: Iterable<BinKey>): void {
    if (this.cid === undefined) return;
    let many = false;
    const first = upTo(keys, MOST_CORRECTIONS, () => {
      many = true;
    });
    doubt(this.believed, first);
    if (many) this.renew();
  }

  /**
   * Waits for its turn: requests go out one after the other, because a channel carries one response at a time. A response that nobody
   * wants any more is not waited for where the server can end it for the new request. Gives what ends the turn.
   */
  async enter(stale: (() => boolean) | undefined): Promise<() => void> {
    while (this.running && !(this.canOverlap() && this.running.stale())) await this.running.ended;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.overlaps = this.running !== undefined;
    const turn = { stale: stale ?? ((): boolean => false), ended };
    this.running = turn;
    return () => {
      if (this.running === turn) this.running = undefined;
      end();
    };
  }

  private canOverlap(): boolean {
    return this.cid === undefined ? this.stateless : this.concurrent;
  }

  /** Sends one request, and puts what comes into the cache as it comes. */
  async *exchange(request: Exchange): AsyncGenerator<Received, Outcome> {
    throwIfAborted(request.signal);
    const own = this.host.ownSignal?.(request.signal);
    let over = false;
    try {
      const outcome = yield* this.exchangeWith(request, own?.signal ?? request.signal);
      over = outcome.end === 'eor' || outcome.end === 'body';
      return outcome;
    } finally {
      if (!over) own?.abort(new JpipError('refused', 'response-cut', 'the response was given up'));
      own?.release();
    }
  }

  /** The same with a signal that ends the request for good. */
  private async *exchangeWith(
    request: Exchange,
    signalOfRequest: AbortSignalLike | undefined,
  ): AsyncGenerator<Received, Outcome> {
    const { signal } = request;
    const sentAt = this.host.now();
    const sent = await this.send(request, signalOfRequest);
    if ('end' in sent) return sent;
    const { reply, headers } = sent;
    const beganAt = this.host.now();
    const { limits } = this.settings;
    const reader = new MessageReader({ maxMessageBytes: limits.messageBytes });
    let [bytes, fresh] = [0, 0];
    let reason: number | undefined;
    let cause: unknown;
    try {
      while (!reader.ended) {
        const step = await within(reply.body.next(), this.host, this.settings.timeoutMs);
        if (step.done) {
          reader.end();
          break;
        }
        const chunk = step.value;
        bytes += chunk.length;
        this.bytes += chunk.length;
        if (bytes > limits.responseBytes) {
          throw new JpipError('limit', 'limit-response', `a response of more than ${limits.responseBytes} bytes`);
        }
        const bins = new Set<string>();
        let taken = 0;
        for (let at = 0; at < chunk.length; at += MOST_AT_ONCE) {
          for (const message of reader.push(chunk.subarray(at, at + MOST_AT_ONCE))) {
            if (message.kind === 'eor') reason = message.reason;
            else {
              const added = this.take(message, request);
              if (added > 0) bins.add(`${message.codestream} ${message.classId} ${message.id}`);
              taken += added;
            }
          }
        }
        fresh += taken;
        yield { bytes: chunk.length, fresh: taken, bins: bins.size };
        throwIfAborted(signal);
        if (request.stop?.()) break;
      }
      if (reader.ended) await this.drain(reply);
    } catch (error) {
      if (signal?.aborted || (error instanceof JpipError && FINAL.includes(error.code))) throw error;
      cause = error;
    } finally {
      if (!reader.ended) {
        this.doubt(request.keys());
        giveUp(reply);
      }
    }
    const endedAt = this.host.now();
    this.pace.measured(bytes, beganAt - sentAt, endedAt - beganAt);
    this.settings.onResponse(bytes, endedAt - sentAt);
    if (this.cid !== undefined && this.believed.cost > MOST_BELIEVED) this.renew();
    if (reader.ended) {
      this.endsResponses = true;
      return { end: 'eor', reason: reason!, headers, fresh };
    }
    // who has ended responses with a message before has not ended this one
    const cut = cause !== undefined || this.endsResponses || request.stop?.() === true;
    return { end: cut ? 'cut' : 'body', headers, fresh, ...(cause === undefined ? {} : { error: cause }) };
  }

  /** Closes the channel; whether the server hears of it does not matter. */
  async close(): Promise<void> {
    const { cid } = this;
    if (cid === undefined) return;
    this.renew();
    try {
      const query = formatRequest({ cclose: [cid], len: 0, ...this.address.extra });
      const address = this.channelAddress ?? this.address.base;
      const own = this.host.ownSignal?.(undefined);
      const signal = own ? { signal: own.signal } : {};
      try {
        const reply = this.connection.send({ address, query, post: false, ...signal });
        await this.drain(await replyWithin(reply, this.host, this.settings.timeoutMs));
      } finally {
        own?.abort(undefined);
      }
    } catch {
      // it will find out by itself
    }
  }

  /** Sends the request in whatever form the server takes. */
  private async send(
    request: Exchange,
    signal: AbortSignalLike | undefined,
  ): Promise<{ readonly reply: JpipReply; readonly headers: JpipResponseHeaders } | Outcome> {
    const opens = !this.stateless && this.cid === undefined;
    const cid = this.cid;
    const corrections = this.corrections(request);
    const outgoing = this.outgoing(request, corrections, opens, signal);
    let reply: JpipReply;
    this.requests++;
    try {
      reply = await replyWithin(this.connection.send(outgoing.request), this.host, this.settings.timeoutMs);
    } catch (error) {
      throwIfAborted(request.signal);
      this.doubt(request.keys());
      return { end: 'cut', headers: {}, fresh: 0, error: asConnectionError(error) };
    }
    if (reply.status !== 200 && reply.status !== 202) {
      const error = await this.refusal(reply);
      if (cid !== undefined && this.cid !== cid) return { end: 'channel-lost', headers: {}, fresh: 0, error };
      if (outgoing.request.post && this.settings.post !== 'always' && !this.postRefused) {
        this.postRefused = true;
        return this.send(request, signal);
      }
      if (cid !== undefined) {
        this.renew();
        return { end: 'channel-lost', headers: {}, fresh: 0, error };
      }
      if (TRANSIENT.includes(reply.status)) return { end: 'cut', headers: {}, fresh: 0, error };
      if (
        opens &&
        this.settings.mode === 'auto' &&
        reply.status !== 404 &&
        reply.status !== 401 &&
        reply.status !== 403
      ) {
        // there are servers that would rather fail than do without a session, and others the other way round
        this.stateless = true;
        return this.send(request, signal);
      }
      throw error;
    }
    const headers = this.readHeaders(reply, opens);
    this.checkTarget(headers, reply);
    this.checkType(reply);
    this.told = new Set(
      outgoing.told.filter(({ complete, length }) => complete && length > 0).map(({ key }) => binName(key)),
    );
    if (this.cid !== undefined) believe(this.believed, outgoing.told);
    return { reply, headers };
  }

  private corrections({ keys }: Exchange): Correction[] {
    this.saidTooLittle = false;
    if (this.ignoresModel) return [];
    const looked = upTo(keys(), MOST_LOOKS, () => {
      this.saidTooLittle = true;
    });
    const believed = this.cid === undefined ? new CacheModel() : this.believed;
    return correctionsOf(looked, this.cache, believed, MOST_CORRECTIONS);
  }

  private outgoing(
    { fields, codestream }: Exchange,
    corrections: readonly Correction[],
    opens: boolean,
    signal: AbortSignalLike | undefined,
  ): { request: OutgoingRequest; told: readonly Correction[] } {
    const { type, post } = this.settings;
    const { cid } = this;
    // The server tells its id, and it is compared here: one server is known that ends for good when it is told an id. For the same
    // reason none stands beside a cid.
    const target = { ...this.address.target, ...(this.asksForId ? { tid: '0' } : {}) };
    const request: JpipRequest = {
      ...(cid === undefined ? target : { cid, qid: this.qid++ }),
      ...(opens ? { cnew: ['http'] } : {}),
      type: [{ name: `${type}-stream` }],
      // always said: without it a server is known to end for good
      stream: [{ first: codestream }],
      ...fields,
      ...(this.overlaps && cid !== undefined ? { wait: false } : {}),
      // always said: without it a server is known to answer nothing
      len: Math.min(fields.len ?? Number.MAX_SAFE_INTEGER, this.pace.length),
      ...this.address.extra,
    };
    const allowsPost = post !== 'never' && !this.postRefused;
    let told = corrections;
    let query = formatRequest(withModel(request, told));
    const isLong = query.length > LONGEST_QUERY;
    if (isLong && !allowsPost) {
      // what is not said is sent once more, at worst
      while (told.length > 0 && query.length > LONGEST_QUERY) {
        told = told.slice(0, Math.floor((told.length * LONGEST_QUERY) / (query.length + 1)));
        query = formatRequest(withModel(request, told));
      }
    }
    this.saidTooLittle ||= told.length < corrections.length || corrections.length >= MOST_CORRECTIONS;
    const address = this.channelAddress ?? this.address.base;
    const byPost = allowsPost && (post === 'always' || isLong);
    return { request: { address, query, post: byPost, ...(signal ? { signal } : {}) }, told };
  }

  private readHeaders(reply: JpipReply, opens: boolean): JpipResponseHeaders {
    const problems: JpipDiagnostic[] = [];
    const headers = parseResponseHeaders((name) => reply.header(name), problems);
    for (const problem of problems) this.settings.onDiagnostic(problem);
    const { cnew } = headers;
    if (opens && cnew && (cnew.transport ?? 'http') === 'http') {
      this.renew();
      this.cid = cnew.cid;
      this.channelAddress = channelAddress(this.address, cnew, this.settings.leavesHost);
    } else if (opens) {
      if (this.settings.mode === 'session') {
        throw new JpipError('refused', 'request-channel', 'the server grants no channel', { clause: '15444-9 C.3.3' });
      }
      this.stateless = true;
    }
    if (headers.qid !== undefined && this.cid !== undefined) this.concurrent = true;
    return headers;
  }

  /** What is held belongs to a target with a certain id (C.2.4). */
  private checkTarget({ tid }: JpipResponseHeaders, reply: JpipReply): void {
    if (tid === undefined || tid === '0') return;
    const before = this.cache.tid;
    if (before === undefined) this.cache.tid = tid;
    else if (before !== tid) {
      giveUp(reply);
      throw this.replaced(tid);
    }
  }

  /** Clears the cache and gives the error that says so. */
  private replaced(tid?: string): JpipError {
    this.renew();
    void this.cache.clear(tid).catch(() => {});
    return targetChanged();
  }

  private checkType(reply: JpipReply): void {
    const type = (reply.header('Content-Type') ?? '').split(';')[0].trim().toLowerCase();
    // a response without a body needs no type
    if (type === '' || type === `image/${this.settings.type}-stream` || type === 'application/octet-stream') return;
    giveUp(reply);
    throw new JpipError('malformed', 'response-type', `expected image/${this.settings.type}-stream, found ${type}`, {
      clause: '15444-9 D.1',
    });
  }

  private async refusal(reply: JpipReply): Promise<JpipError> {
    const { status } = reply;
    const said = reply.header('Reason') ?? reply.reason;
    await this.drain(reply);
    const why = `the server answered ${status}${said ? ` ${said}` : ''}`;
    return new JpipError(status === 501 || status === 415 ? 'unsupported' : 'refused', 'response-status', why, {
      status,
    });
  }

  private drain(reply: JpipReply): Promise<void> {
    return drain(reply, this.host, this.settings.timeoutMs);
  }

  /** Puts a piece into the cache; bytes that are new. */
  private take(piece: DataPiece, { codestream: wanted, standingOf, allowance }: Exchange): number {
    const { classId, id, offset, length, last } = piece;
    const plain = binClassOf(classId);
    // the target was replaced while this response was on its way; whose it is nobody knows
    if (this.cache.generation !== this.generation) throw targetChanged();
    const codestream = plain === BIN_CLASS.metadata ? 0 : this.codestreams.of(piece.codestream, wanted);
    // what later editions add is of no use here (A.2.2)
    if (codestream === undefined || !KNOWN_CLASSES.has(plain)) {
      take(allowance, 'spare', length + BIN_COST);
      return 0;
    }
    const key: BinKey = { codestream, classId: plain, id };
    const standing = standingOf(key);
    if (standing === 'none') {
      take(allowance, 'spare', length + BIN_COST);
      return 0;
    }
    const isNew = this.cache.get(key) === undefined;
    const { fresh, conflict } = this.cache.add({ ...piece, codestream }, piece.body, standing === 'spare');
    take(allowance, standing, fresh + (isNew ? BIN_COST : 0));
    if (conflict !== undefined && classId === BIN_CLASS.mainHeader) throw this.replaced();
    if (conflict !== undefined) {
      const message = `data-bin ${classId} ${id} of codestream ${codestream}: ${conflict}; what came later is left out`;
      this.settings.onDiagnostic({ code: 'bin-conflict', message, clause: '15444-9 A.2' });
      return 0;
    }
    if (length > 0 && fresh === 0 && this.told.size > 0) {
      this.ignoresModel ||= this.told.has(binName(key));
    }
    if (this.cid !== undefined) {
      const set = this.believed.of(modelCodestream(plain, codestream), plain);
      if (last) set.addWhole(id);
      else set.addBytes(id, offset + length);
    }
    return fresh;
  }
}

function targetChanged(): JpipError {
  const message = 'the target was replaced, and what was held of it is gone: open it again';
  return new JpipError('refused', 'target-changed', message, { clause: '15444-9 C.2.4' });
}

function withModel(request: JpipRequest, corrections: readonly Correction[]): JpipRequest {
  if (corrections.length === 0) return request;
  return { ...request, model: corrections.flatMap(({ statements }) => statements) };
}

function asConnectionError(error: unknown): unknown {
  if (error instanceof JpipError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new JpipError('refused', 'connection', `no answer from the server: ${reason}`);
}

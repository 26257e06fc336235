/**
 * The client engine for one target: its cache, its talk with the server, and its codestreams as sources of packets.
 *
 * It knows nothing of sockets, clocks and pictures; it brings in data-bins and keeps them.
 */
import { DiagnosticLog, Jpeg2000Error } from '../../codec/errors.ts';
import type { PrecinctPlan } from '../../codec/packets/precinct-source.ts';
import { type AbortSignalLike, throwIfAborted } from '../../codec/source.ts';
import type { BinKey } from '../bins/bin-id.ts';
import type { BinCache } from '../bins/bin-store.ts';
import { JpipError } from '../errors.ts';
import type { JpipRequest } from '../request/fields.ts';
import { parseMetadataRequests } from '../request/metadata-request.ts';
import { frameBounds } from '../view/view-window.ts';
import { commonLevels } from '../view/window-precincts.ts';
import { BIN_CLASS, EOR_REASON } from '../wire/message.ts';
import type { TargetAddress } from './address.ts';
import { type Allowance, standingOfHeaders } from './asked.ts';
import { type CachedSource, CacheSource, readCachedMainHeader } from './cache-source.ts';
import { type ClientHost, delay, type JpipConnection } from './connection.ts';
import { fetchWindow, type FetchTools, type JpipUpdate } from './fetch-window.ts';
import { needOf, planOf, type ViewWindow } from './need.ts';
import type { Outcome, SessionSettings } from './exchange.ts';
import { JpipSession } from './session.ts';
import { TileBinSource } from './tile-source.ts';

/** How a client behaves. */
export interface ClientSettings extends SessionSettings {
  readonly retries: number;
  /** True to make no request at all. */
  readonly offline: boolean;
  /** Called when the talk has ended. */
  readonly onClose: () => void;
}

/** How one window is fetched. */
export interface WindowOptions {
  readonly signal?: AbortSignalLike | undefined;
  /** True when nobody wants it any more. */
  readonly stale?: (() => boolean) | undefined;
  /** More than the window itself needs, where the caller knows of it. */
  readonly plan?: PrecinctPlan | undefined;
}

/** Milliseconds before the first retry of what opens a target. */
const FIRST_RETRY_MS = 100;

/** All of the lowest resolution level. Headers come with it even from servers that send none without a window. */
const SMALLEST: Partial<JpipRequest> = {
  fsiz: { width: 1, height: 1, round: 'closest' },
  roff: { x: 0, y: 0 },
  rsiz: { width: 1, height: 1 },
};

/** One target. */
export class JpipClient {
  readonly cache: BinCache;
  readonly session: JpipSession;
  /** True when the server cannot be reached, and everything comes from the cache. */
  offline: boolean;
  private readonly host: ClientHost;
  private readonly settings: ClientSettings;
  private readonly sources = new Map<number, CachedSource>();
  private readonly generation: number;
  private readonly refused = new Set<string>();
  private closed = false;

  constructor(
    address: TargetAddress,
    connection: JpipConnection,
    cache: BinCache,
    host: ClientHost,
    settings: ClientSettings,
  ) {
    this.cache = cache;
    this.host = host;
    this.settings = settings;
    this.offline = settings.offline;
    this.generation = cache.generation;
    this.session = new JpipSession(address, connection, cache, host, settings);
  }

  /** Brings in the headers of a codestream and of its file. */
  async open(codestream = 0, signal?: AbortSignalLike): Promise<void> {
    this.checkOpen();
    const metadata = [...this.cache.extents()].filter(({ classId }) => classId === BIN_CLASS.metadata);
    await this.cache.bring([mainHeaderOf(codestream), ...metadata]);
    if (this.offline) {
      if (this.hasMainHeader(codestream)) return;
      throw new JpipError('refused', 'connection', 'the headers of the picture are not in the cache');
    }
    let failures = 0;
    const allowance = this.allowanceOfHeaders();
    for (let attempt = 0; ; attempt++) {
      const keys = (): Iterable<BinKey> => this.keysOfSmallest(codestream);
      const outcome = await this.run(SMALLEST, codestream, keys, allowance, signal).catch((error: unknown) => {
        throw codestream > 0 && isNotFound(error) ? noHeader(codestream) : error;
      });
      if (codestream > 0 && isNotFound(outcome.error)) throw noHeader(codestream);
      await this.cache.flush().catch(() => {});
      const answered = outcome.end === 'eor' || outcome.end === 'body';
      const hasFile = this.cache.get(FILE_HEAD)?.complete === true;
      if (answered && this.hasMainHeader(codestream) && (hasFile || isOver(outcome))) return;
      if (!answered) {
        if (++failures > this.settings.retries) {
          if (!this.hasMainHeader(codestream)) throw outcome.error ?? noHeader(codestream);
          // what is held can be shown without the server
          this.offline = true;
          return;
        }
        await delay(this.host, FIRST_RETRY_MS * 2 ** (failures - 1));
      } else if (outcome.fresh === 0 || attempt >= MOST_ATTEMPTS) {
        if (this.hasMainHeader(codestream)) return;
        if (attempt > 0) throw noHeader(codestream);
        this.session.askNoId();
      }
    }
  }

  /** Brings in the headers of a codestream, where they are not held. */
  async need(codestream: number, signal?: AbortSignalLike): Promise<void> {
    this.checkOpen();
    if (!this.hasMainHeader(codestream)) await this.open(codestream, signal);
  }

  /** A codestream whose main header is held. */
  source(codestream = 0): CachedSource {
    this.checkOpen();
    const known = this.sources.get(codestream);
    if (known) return known;
    const main = readCachedMainHeader(this.cache, codestream, this.settings.limits, new DiagnosticLog());
    if (main === undefined) throw noHeader(codestream);
    const { cache, settings } = this;
    const source =
      settings.type === 'jpt'
        ? new TileBinSource(cache, codestream, main, settings.limits)
        : new CacheSource(cache, codestream, main);
    this.sources.set(codestream, source);
    return source;
  }

  /** Brings in a window. The result says whether all of it is held. */
  async *fetch(window: ViewWindow, options: WindowOptions = {}): AsyncGenerator<JpipUpdate, boolean> {
    const codestreams = window.codestreams ?? [0];
    if (window.metareq !== undefined) await this.fetchMetadata(window.metareq, options.signal);
    let whole = true;
    for (const codestream of codestreams) {
      await this.need(codestream, options.signal);
      const source = this.source(codestream);
      const need = needOf(source.main, window);
      const { signal, stale, plan } = options;
      const work = this.cache.enter();
      try {
        if (this.offline) {
          await this.cache.bring(source.binsOf(plan ?? []));
          whole = false;
          continue;
        }
        const held = yield* fetchWindow(source, need, this.tools(), {
          ...(signal ? { signal } : {}),
          ...(stale ? { stale } : {}),
          ...(plan ? { plan } : {}),
        });
        whole &&= held;
      } finally {
        this.cache.leave(work);
      }
      this.checkOpen();
    }
    return whole;
  }

  /** Asks for boxes of the file (15444-9 C.5.2). False when the server does not give such. */
  async fetchMetadata(metareq: string, signal?: AbortSignalLike): Promise<boolean> {
    this.checkOpen();
    if (this.offline) return false;
    const { requests } = parseMetadataRequests(metareq);
    const keys = (): Iterable<BinKey> => this.cache.ofClass(0, BIN_CLASS.metadata);
    let failures = 0;
    const allowance = this.allowanceOfHeaders();
    for (;;) {
      let outcome: Outcome;
      try {
        outcome = await this.run({ metareq: { requests, only: true } }, 0, keys, allowance, signal);
      } catch (error) {
        if (error instanceof JpipError && error.code === 'response-status') return false;
        throw error;
      }
      await this.cache.flush().catch(() => {});
      if (outcome.end !== 'cut' && outcome.end !== 'channel-lost') {
        if (isOver(outcome) || outcome.fresh === 0) return true;
        continue;
      }
      if (++failures > this.settings.retries) throw outcome.error ?? noHeader(0);
      await delay(this.host, FIRST_RETRY_MS * 2 ** (failures - 1));
    }
  }

  /** Asks for a channel now, where there is none yet. Gives its id, or nothing where the server grants none. */
  async openChannel(signal?: AbortSignalLike): Promise<string | undefined> {
    this.checkOpen();
    if (this.session.cid === undefined && !this.offline) {
      this.session.stateless = false;
      const keys = (): Iterable<BinKey> => this.keysOfSmallest(0);
      await this.run({ ...SMALLEST, len: 0 }, 0, keys, this.allowanceOfHeaders(), signal);
    }
    return this.session.cid;
  }

  /** Ends the talk. What is held stays held. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.session.close();
    await this.cache.flush().catch(() => {});
    this.settings.onClose();
  }

  /** Fails when the client was closed, or when what it stands for is gone. */
  checkOpen(): void {
    if (this.closed) throw new JpipError('usage', 'closed', 'the image was closed');
    if (this.generation !== this.cache.generation) {
      throw new JpipError('refused', 'target-changed', 'the target was replaced: open it again', {
        clause: '15444-9 C.2.4',
      });
    }
  }

  private tools(): FetchTools {
    const { session, cache, host, refused } = this;
    const { retries, limits, onDiagnostic } = this.settings;
    return { session, cache, host, refused, retries, limits, onDiagnostic };
  }

  private allowanceOfHeaders(): Allowance {
    const { metadataBytes, unaskedBytes } = this.settings.limits;
    return { asked: metadataBytes, spare: unaskedBytes };
  }

  /** Data-bins that the smallest window may bring. */
  private *keysOfSmallest(codestream: number): Generator<BinKey> {
    yield mainHeaderOf(codestream);
    yield* this.cache.ofClass(0, BIN_CLASS.metadata);
    if (!this.hasMainHeader(codestream)) return;
    const source = this.source(codestream);
    const reduce = commonLevels(source.main, []);
    const bounds = frameBounds(source.main.siz, reduce);
    yield* source.binsOf(planOf(source, { reduce, bounds, layers: 65535, components: undefined }));
  }

  /** One request to its end. */
  private async run(
    fields: Partial<JpipRequest>,
    codestream: number,
    keys: () => Iterable<BinKey>,
    allowance: Allowance,
    signal: AbortSignalLike | undefined,
  ): Promise<Outcome> {
    throwIfAborted(signal);
    const leave = await this.session.enter(undefined);
    try {
      const exchange = this.session.exchange({
        fields,
        codestream,
        keys,
        standingOf: standingOfHeaders,
        allowance,
        ...(signal ? { signal } : {}),
      });
      let step = await exchange.next();
      while (!step.done) step = await exchange.next();
      return step.value;
    } finally {
      leave();
    }
  }

  /** True when the main header is held and makes sense. */
  private hasMainHeader(codestream: number): boolean {
    try {
      return readCachedMainHeader(this.cache, codestream, this.settings.limits, new DiagnosticLog()) !== undefined;
    } catch (error) {
      if (error instanceof Jpeg2000Error && error.kind === 'malformed') this.cache.drop(mainHeaderOf(codestream));
      throw error;
    }
  }
}

const FILE_HEAD: BinKey = { codestream: 0, classId: BIN_CLASS.metadata, id: 0 };
/** Responses that bring something of the headers and not all of them. */
const MOST_ATTEMPTS = 64;

function mainHeaderOf(codestream: number): BinKey {
  return { codestream, classId: BIN_CLASS.mainHeader, id: 0 };
}

/** True when the server has nothing more to say to the same request. */
function isOver({ end, reason }: Outcome): boolean {
  return end === 'body' || reason === EOR_REASON.imageDone || reason === EOR_REASON.windowDone;
}

/** True when the server knows of no such thing. */
function isNotFound(error: unknown): boolean {
  return (
    error instanceof JpipError && error.code === 'response-status' && (error.status === 400 || error.status === 404)
  );
}

function noHeader(codestream: number): JpipError {
  // the first codestream must be there, any other may be a wrong wish
  if (codestream > 0) {
    return new JpipError('usage', 'option-value', `the server has no headers of a codestream ${codestream}`);
  }
  return new JpipError('malformed', 'response-end', 'the server sent no main header', { clause: '15444-9 A.3.6' });
}

/**
 * Brings in what a window needs, request by request, until all of it is held or nobody has it.
 *
 * Whether it is held is judged by the data-bins. Where a server says that it is done and it is not, the reasons are gone through one by
 * one: it could not be told of all that is held, and sends that again; it believes that something was received which was lost, or turned
 * out to be damaged; it forgot the margin of the wavelet filters, or low resolution levels; its channel is confused for good. What is
 * still missing then is not to be had there.
 */
import type { PrecinctPlan } from '../../codec/packets/precinct-source.ts';
import type { Limits } from '../../codec/limits.ts';
import { type AbortSignalLike, throwIfAborted } from '../../codec/source.ts';
import { type BinKey, binName } from '../bins/bin-id.ts';
import type { BinCache } from '../bins/bin-store.ts';
import { type JpipDiagnostic, JpipError } from '../errors.ts';
import type { JpipClientLimits } from '../limits.ts';
import type { JpipResponseHeaders } from '../request/response-headers.ts';
import { BIN_CLASS, EOR_REASON } from '../wire/message.ts';
import { type Allowance, checkPlan, type StandingOf } from './asked.ts';
import type { CachedSource, WantedPrecinct } from './cache-source.ts';
import { type ClientHost, delay } from './connection.ts';
import { planOf, windowFields, windowsAround, type WindowNeed } from './need.ts';
import type { Outcome } from './exchange.ts';
import type { JpipSession } from './session.ts';

/** Something came in, or a response has ended. */
export interface JpipUpdate {
  /** Bytes of the response that came. */
  readonly bytes: number;
  /** Data-bins that have grown. */
  readonly bins: number;
  /** True when everything that the window needs is held. */
  readonly complete: boolean;
  /** Set when a response has ended with a message that says why. */
  readonly eor?: { readonly reason: number };
  /** Set when a response has ended: what the server changed of the request. */
  readonly corrections?: JpipResponseHeaders;
}

/** What fetching works with. */
export interface FetchTools {
  readonly session: JpipSession;
  readonly cache: BinCache;
  readonly host: ClientHost;
  /** Failures in a row after which it gives up. */
  readonly retries: number;
  readonly limits: Pick<Limits & JpipClientLimits, 'bytes' | 'unaskedBytes' | 'windowBins'>;
  readonly onDiagnostic: (diagnostic: JpipDiagnostic) => void;
  /** Data-bins that the server does not give, however it is asked; not asked for again. */
  readonly refused: Set<string>;
}

/** What is wanted, and when to stop. */
export interface FetchOptions {
  readonly signal?: AbortSignalLike;
  /** True when nobody wants it any more: the running response is the last. */
  readonly stale?: () => boolean;
  /** More than the window itself needs, where the caller knows of it. */
  readonly plan?: PrecinctPlan;
}

/** Milliseconds before the first retry; each further one waits twice as long. */
const FIRST_RETRY_MS = 100;
/** Responses in a row without anything new, that do not say that all was sent. */
const MOST_IDLE = 3;

/** Precincts of windows that are asked for one by one, where the server cannot be told of all that is held of a large one. */
const FEW_PRECINCTS = 64;

/** What is still missing of a window. */
interface Lacking {
  readonly tiles: readonly number[];
  readonly precincts: readonly WantedPrecinct[];
}

/** Brings in a window; the result says whether all of it is held. */
export async function* fetchWindow(
  source: CachedSource,
  need: WindowNeed,
  tools: FetchTools,
  options: FetchOptions = {},
): AsyncGenerator<JpipUpdate, boolean> {
  const fetching = new WindowFetch(source, need, tools, options);
  await fetching.look();
  let windows: readonly WindowNeed[] = [need];
  while (windows.length > 0 && !fetching.isDone) {
    for (const window of windows) {
      yield* fetching.ask(window);
      if (options.stale?.()) return false;
      if (fetching.isDone) break;
    }
    windows = fetching.isDone ? [] : await fetching.nextWindows();
  }
  return fetching.finish();
}

/** A window on its way. */
class WindowFetch {
  private readonly source: CachedSource;
  private readonly need: WindowNeed;
  private readonly tools: FetchTools;
  private readonly options: FetchOptions;
  private readonly allowance: Allowance;
  private plan: PrecinctPlan;
  private lacking: Lacking = { tiles: [], precincts: [] };
  /** What the cache held when it was looked at last. */
  private revision = -1;
  /** Data-bins were found to be damaged, and have gone. */
  private damaged = false;
  private failures = 0;
  // what was tried
  private narrowed = false;
  private resynchronised = false;
  private widened = false;
  private renewed = false;

  constructor(source: CachedSource, need: WindowNeed, tools: FetchTools, options: FetchOptions) {
    this.source = source;
    this.need = need;
    this.tools = tools;
    this.options = options;
    this.allowance = { asked: tools.limits.bytes, spare: tools.limits.unaskedBytes };
    this.plan = this.makePlan();
  }

  /** True when nothing is missing any more that can be had. */
  get isDone(): boolean {
    return this.lacking.tiles.length === 0 && this.lacking.precincts.length === 0;
  }

  /** Looks for everything that is missing. To ask whether a data-bin is there can show that it is damaged; then it is not. */
  async look(): Promise<void> {
    const { source, need, tools } = this;
    this.plan = this.makePlan();
    await tools.cache.bring(source.binsOf(this.plan));
    let tiles = source.lackingTiles(this.plan);
    if (tiles.length > 0) {
      // a decode asks for the headers of all tiles that it touches, those too that have no sample at its size; nobody sends these
      const useful = new Set(planOf(source, need).map(({ tile }) => tile));
      tiles = tiles.filter((tile) => useful.has(tile));
    }
    // with headers missing, what their tiles lack is not known, but that they do
    const precincts = source.lackingPrecincts(this.plan).filter(({ bin }) => !tools.refused.has(binName(bin)));
    this.lacking = { tiles, precincts };
    this.revision = tools.cache.revision;
    this.takeDamage();
  }

  /** Asks for a window until the server has no more of it. */
  async *ask(window: WindowNeed): AsyncGenerator<JpipUpdate> {
    const { tools, options } = this;
    let idle = 0;
    while (idle < MOST_IDLE) {
      const before = this.lacking;
      const outcome = yield* this.exchange(window);
      if (outcome === undefined) return;
      const damaged = await this.lookAgain();
      await keep(tools);
      const ended = outcome.end === 'eor' ? { eor: { reason: outcome.reason! } } : {};
      yield { bytes: 0, bins: 0, complete: this.isDone, ...ended, corrections: outcome.headers };
      if (this.isDone || options.stale?.()) return;
      if (outcome.end === 'cut' || outcome.end === 'channel-lost') {
        await this.afterFailure(outcome);
        continue;
      }
      this.failures = 0;
      if (outcome.reason === EOR_REASON.sessionLimit) tools.session.renew();
      if (isAllSent(outcome)) return;
      // what came need not have been wanted, but there is only so much of that
      const grew = outcome.fresh > 0 && !damaged;
      idle = grew || isLess(this.lacking, before) ? 0 : idle + 1;
    }
  }

  /** Where to look next for what is missing, when the server says that it has sent all; nothing when it is not to be had. */
  async nextWindows(): Promise<readonly WindowNeed[]> {
    const { source, need, tools } = this;
    const { session } = tools;
    const { precincts } = this.lacking;
    if (!this.narrowed && session.saidTooLittle && precincts.length > 0) {
      this.narrowed = true;
      const groups = Array.from({ length: Math.ceil(precincts.length / FEW_PRECINCTS) }, (_, k) =>
        precincts.slice(k * FEW_PRECINCTS, (k + 1) * FEW_PRECINCTS),
      );
      return groups.flatMap((group) => windowsAround(source, group, need));
    }
    if (!this.resynchronised && (this.damaged || session.isOutOfStep(this.keysOf(need)))) {
      this.resynchronised = true;
      return [need];
    }
    if (this.lacking.tiles.length > 0) {
      for (const tile of this.lacking.tiles) source.assumeHeader(tile);
      const message = `the headers of ${this.lacking.tiles.length} tiles were not sent and are taken for empty`;
      tools.onDiagnostic({ code: 'bin-damaged', message, clause: '15444-9 A.3.3' });
      await this.look();
      return [need];
    }
    if (!this.widened) {
      this.widened = true;
      return windowsAround(source, precincts, need);
    }
    if (!this.renewed && session.cid !== undefined) {
      this.renewed = true;
      session.renew();
      return [need, ...windowsAround(source, precincts, need)];
    }
    return [];
  }

  /** Gives up what is still missing; true when nothing is, and nothing was given up before. */
  finish(): boolean {
    const { source, tools } = this;
    const { refused } = tools;
    const { precincts } = this.lacking;
    if (precincts.length > 0) {
      for (const { bin } of precincts) refused.add(binName(bin));
      const message = `the server does not send ${precincts.length} precincts of the window`;
      tools.onDiagnostic({ code: 'response-end', message, clause: '15444-9 D.3' });
      return false;
    }
    return refused.size === 0 || !source.lackingPrecincts(this.plan).some(({ bin }) => refused.has(binName(bin)));
  }

  /** One request and its response, when its turn has come; nothing where that is not needed any more. */
  private async *exchange(window: WindowNeed): AsyncGenerator<JpipUpdate, Outcome | undefined> {
    const { source, tools, options } = this;
    const { session, cache } = tools;
    const { signal, stale } = options;
    const leave = await session.enter(stale);
    try {
      // somebody else may have fetched it meanwhile
      if (cache.revision !== this.revision) await this.lookAgain();
      if (stale?.() || this.isDone) return undefined;
      const exchange = session.exchange({
        fields: windowFields(source.main, window),
        codestream: source.codestream,
        keys: () => this.keysOf(window),
        standingOf: this.standingOf(),
        allowance: this.allowance,
        ...(signal ? { signal } : {}),
        // a response without a channel can be given up at once: nobody remembers it
        ...(stale ? { stop: () => session.cid === undefined && stale() } : {}),
      });
      try {
        let step = await exchange.next();
        for (; !step.done; step = await exchange.next()) {
          const { bytes, bins } = step.value;
          yield { bytes, bins, complete: false };
        }
        return step.value;
      } finally {
        await exchange.return(undefined as never);
      }
    } finally {
      leave();
    }
  }

  /** What the window needs is asked for, and so is what the caller knows to be needed besides. */
  private standingOf(): StandingOf {
    const { source, need, plan } = this;
    const known = source.standingIn(plan);
    if (this.options.plan === undefined) return known;
    const own = source.standingIn(planOf(source, need));
    return (key) => {
      const standing = known(key);
      return standing === 'spare' ? own(key) : standing;
    };
  }

  /** Looks again at what was missing; headers that have come make the plan a better one. True when something was damaged. */
  private async lookAgain(): Promise<boolean> {
    if (this.lacking.tiles.length > 0) {
      const before = this.damaged;
      this.damaged = false;
      await this.look();
      const found = this.damaged;
      this.damaged ||= before;
      return found;
    }
    const precincts = this.lacking.precincts.filter((wanted) => this.source.lacks(wanted));
    this.lacking = { tiles: [], precincts };
    this.revision = this.tools.cache.revision;
    return this.takeDamage();
  }

  private takeDamage(): boolean {
    const { source, tools } = this;
    const damaged = source.takeDamaged();
    for (const { classId, id } of damaged) {
      const message = `data-bin ${classId} ${id} of codestream ${source.codestream} is damaged; it is asked for again`;
      tools.onDiagnostic({ code: 'bin-damaged', message, clause: '15444-9 A.3' });
    }
    this.damaged ||= damaged.length > 0;
    return damaged.length > 0;
  }

  private async afterFailure(outcome: Outcome): Promise<void> {
    this.failures = outcome.fresh > 0 ? 1 : this.failures + 1;
    if (this.failures > this.tools.retries) throw failureOf(outcome);
    if (outcome.end === 'cut') await delay(this.tools.host, FIRST_RETRY_MS * 2 ** (this.failures - 1));
    throwIfAborted(this.options.signal);
  }

  private makePlan(): PrecinctPlan {
    return checkPlan(this.options.plan ?? planOf(this.source, this.need), this.tools.limits.windowBins);
  }

  /** Data-bins that a window may bring. */
  private *keysOf(window: WindowNeed): Generator<BinKey> {
    const { source, tools } = this;
    yield { codestream: source.codestream, classId: BIN_CLASS.mainHeader, id: 0 };
    yield* tools.cache.ofClass(0, BIN_CLASS.metadata);
    yield* source.binsOf(window === this.need ? this.plan : planOf(source, window));
  }
}

/** True when the server has nothing more to send for the window, as far as it knows. */
function isAllSent({ end, reason }: Outcome): boolean {
  if (end === 'body') return true;
  return reason === EOR_REASON.imageDone || reason === EOR_REASON.windowDone || reason === EOR_REASON.qualityLimit;
}

/** Puts what came onto the shelf. Where that has no room, the picture does not suffer. */
async function keep({ cache, onDiagnostic }: FetchTools): Promise<void> {
  try {
    await cache.flush();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    onDiagnostic({ code: 'limit-cache', message: `data-bins could not be stored: ${why}` });
  }
}

function isLess(a: Lacking, b: Lacking): boolean {
  return a.tiles.length < b.tiles.length || a.precincts.length < b.precincts.length;
}

function failureOf({ error, end }: Outcome): unknown {
  if (error !== undefined) return error;
  return new JpipError(
    'refused',
    'connection',
    `the response was ${end === 'cut' ? 'cut' : 'refused'} again and again`,
  );
}

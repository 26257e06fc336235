/**
 * Brings in what a window needs, request by request, until all of it is held or nobody has it.
 *
 * Whether it is held is judged by the data-bins. Where a server says that it is done and it is not, the reasons are gone through one by
 * one: it could not be told of all that is held, and sends that again; it believes that something was received which was lost, or turned
 * out to be damaged; it forgot the margin of the wavelet filters, or low resolution levels; its channel is confused for good. What is
 * still missing then is not to be had there.
 */
import type { PrecinctPlan } from '../../codec/packets/precinct-source.ts';
import { type AbortSignalLike, throwIfAborted } from '../../codec/source.ts';
import { type BinKey, binName } from '../bins/bin-id.ts';
import type { BinCache } from '../bins/bin-store.ts';
import { type JpipDiagnostic, JpipError } from '../errors.ts';
import type { JpipRequest } from '../request/fields.ts';
import type { JpipResponseHeaders } from '../request/response-headers.ts';
import { BIN_CLASS, EOR_REASON } from '../wire/message.ts';
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
  readonly onDiagnostic: (diagnostic: JpipDiagnostic) => void;
  /** Data-bins that the server does not give, however it is asked; not asked for again. */
  readonly refused: Set<string>;
}

/** What is wanted, and when to stop. */
export interface FetchOptions {
  readonly signal?: AbortSignalLike;
  /** True when nobody wants it any more: the running response is the last. */
  readonly stale?: () => boolean;
  /** Fields that go along, as `metareq`. */
  readonly fields?: Partial<JpipRequest>;
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
  /** Data-bins that were found to be damaged, and are among these now. */
  readonly damaged: number;
}

/** Brings in a window; the result says whether all of it is held. */
export async function* fetchWindow(
  source: CachedSource,
  need: WindowNeed,
  tools: FetchTools,
  options: FetchOptions = {},
): AsyncGenerator<JpipUpdate, boolean> {
  const { session, refused } = tools;
  const { codestream, main } = source;
  const makePlan = (): PrecinctPlan => options.plan ?? planOf(source, need);
  let plan = makePlan();
  let lacking = await lookFor(source, plan, need, tools);
  const isDone = (): boolean => lacking.tiles.length === 0 && lacking.precincts.length === 0;
  if (isDone()) return isWhole();
  const keysOf = (window: WindowNeed): Generator<BinKey> => {
    const wanted = window === need ? plan : planOf(source, window);
    return withHeaders(source.binsOf(wanted), codestream, tools.cache);
  };
  const windows: (readonly WindowNeed[])[] = [[need]];
  let damaged = lacking.damaged > 0;
  let [resynchronised, narrowed, widened, renewed] = [false, false, false, false];
  let failures = 0;
  for (let round = windows.shift(); round !== undefined; round = windows.shift()) {
    for (const window of round) {
      let idle = 0;
      for (;;) {
        if (options.stale?.()) return false;
        const fields = { ...windowFields(main, window), ...options.fields };
        const { signal, stale } = options;
        const exchange = session.exchange({
          fields,
          codestream,
          keys: () => keysOf(window),
          ...(signal ? { signal } : {}),
          // a response without a channel can be given up at once: nobody remembers it
          ...(stale ? { stop: () => session.cid === undefined && stale() } : {}),
        });
        const leave = await session.enter(stale);
        let outcome: Outcome;
        try {
          let step = await exchange.next();
          for (; !step.done; step = await exchange.next()) {
            const { bytes, bins } = step.value;
            yield { bytes, bins, complete: false };
          }
          outcome = step.value;
        } finally {
          leave();
          await exchange.return(undefined as never);
        }
        const before = lacking;
        ({ lacking, plan } = await lookAgain(source, plan, lacking, need, makePlan, tools));
        damaged ||= lacking.damaged > 0;
        await keep(tools);
        const { reason, headers } = outcome;
        const ended = outcome.end === 'eor' ? { eor: { reason: reason! } } : {};
        yield { bytes: 0, bins: 0, complete: isDone(), ...ended, corrections: headers };
        if (isDone()) return isWhole();
        if (outcome.end === 'cut' || outcome.end === 'channel-lost') {
          if (options.stale?.()) return false;
          failures = outcome.fresh > 0 ? 1 : failures + 1;
          if (failures > tools.retries) throw failureOf(outcome);
          if (outcome.end === 'cut') await delay(tools.host, FIRST_RETRY_MS * 2 ** (failures - 1));
          throwIfAborted(options.signal);
          continue;
        }
        failures = 0;
        if (reason === EOR_REASON.sessionLimit) session.renew();
        if (isAllSent(outcome)) break;
        // what came need not have been wanted, but it has to come to an end
        const grew = outcome.fresh > 0 && lacking.damaged === 0;
        idle = grew || isLess(lacking, before) ? 0 : idle + 1;
        if (idle >= MOST_IDLE) break;
      }
    }
    if (windows.length > 0) continue;
    if (!narrowed && session.saidTooLittle) {
      narrowed = true;
      for (let k = 0; k < lacking.precincts.length; k += FEW_PRECINCTS) {
        windows.push(windowsAround(source, lacking.precincts.slice(k, k + FEW_PRECINCTS), need));
      }
      continue;
    }
    if (!resynchronised && (damaged || session.isOutOfStep(keysOf(need)))) {
      resynchronised = true;
      windows.push([need]);
    } else if (lacking.tiles.length > 0) {
      for (const tile of lacking.tiles) source.assumeHeader(tile);
      const message = `the headers of ${lacking.tiles.length} tiles were not sent and are taken for empty`;
      tools.onDiagnostic({ code: 'bin-damaged', message, clause: '15444-9 A.3.3' });
      plan = makePlan();
      lacking = await lookFor(source, plan, need, tools);
      if (isDone()) return isWhole();
      windows.push([need]);
    } else if (!widened) {
      widened = true;
      windows.push(windowsAround(source, lacking.precincts, need));
    } else if (!renewed && session.cid !== undefined) {
      renewed = true;
      session.renew();
      windows.push([need, ...windowsAround(source, lacking.precincts, need)]);
    }
  }
  for (const { bin } of lacking.precincts) refused.add(binName(bin));
  const message = `the server does not send ${lacking.precincts.length} precincts of the window`;
  tools.onDiagnostic({ code: 'response-end', message, clause: '15444-9 D.3' });
  return false;

  /** Precincts that were given up before are missing for good. */
  function isWhole(): boolean {
    if (refused.size === 0) return true;
    return !source.lackingPrecincts(plan).some(({ bin }) => refused.has(binName(bin)));
  }
}

/** True when the server has nothing more to send for the window, as far as it knows. */
function isAllSent({ end, reason }: Outcome): boolean {
  if (end === 'body') return true;
  return reason === EOR_REASON.imageDone || reason === EOR_REASON.windowDone || reason === EOR_REASON.qualityLimit;
}

/** Looks for everything that a plan lacks. To ask whether a data-bin is there can show that it is damaged; then it is not. */
async function lookFor(
  source: CachedSource,
  plan: PrecinctPlan,
  need: WindowNeed,
  tools: FetchTools,
): Promise<Lacking> {
  await tools.cache.bring(source.binsOf(plan));
  let tiles = source.lackingTiles(plan);
  if (tiles.length > 0) {
    // a decode asks for the headers of all tiles that it touches, those too that have no sample at its size; nobody sends these
    const useful = new Set(planOf(source, need).map(({ tile }) => tile));
    tiles = tiles.filter((tile) => useful.has(tile));
  }
  // with headers missing, what their tiles lack is not known, but that they do
  const precincts = source.lackingPrecincts(plan).filter(({ bin }) => !tools.refused.has(binName(bin)));
  return { tiles, precincts, damaged: reportDamage(source, tools) };
}

/** Looks again at what was missing; headers that have come make the plan a better one. */
async function lookAgain(
  source: CachedSource,
  plan: PrecinctPlan,
  before: Lacking,
  need: WindowNeed,
  betterPlan: () => PrecinctPlan,
  tools: FetchTools,
): Promise<{ lacking: Lacking; plan: PrecinctPlan }> {
  if (before.tiles.length > 0) {
    const better = betterPlan();
    return { lacking: await lookFor(source, better, need, tools), plan: better };
  }
  const precincts = before.precincts.filter((wanted) => source.lacks(wanted));
  return { lacking: { tiles: [], precincts, damaged: reportDamage(source, tools) }, plan };
}

function reportDamage(source: CachedSource, tools: FetchTools): number {
  const damaged = source.takeDamaged();
  for (const { classId, id } of damaged) {
    const message = `data-bin ${classId} ${id} of codestream ${source.codestream} is damaged; it is asked for again`;
    tools.onDiagnostic({ code: 'bin-damaged', message, clause: '15444-9 A.3' });
  }
  return damaged.length;
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

/** Data-bins that come with any window besides those that it needs. */
function* withHeaders(keys: Iterable<BinKey>, codestream: number, cache: BinCache): Generator<BinKey> {
  yield { codestream, classId: BIN_CLASS.mainHeader, id: 0 };
  yield* cache.ofClass(0, BIN_CLASS.metadata);
  yield* keys;
}

function failureOf({ error, end }: Outcome): unknown {
  if (error !== undefined) return error;
  return new JpipError(
    'refused',
    'connection',
    `the response was ${end === 'cut' ? 'cut' : 'refused'} again and again`,
  );
}

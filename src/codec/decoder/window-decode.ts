/**
 * A window of a picture from packets to component samples, tile by tile, and what drives such work: {@link runNow} without waiting,
 * {@link runFrom} with loading, pauses, aborts and a time limit.
 */
import { usage } from '../errors.ts';
import { Deadline, type Executor, PAUSE_INTERVAL_MS } from '../executor.ts';
import { regionOfSamples, tilesOfRegion } from '../geometry/region.ts';
import type { Limits } from '../limits.ts';
import type { PrecinctSnapshot, PrecinctSource } from '../packets/precinct-source.ts';
import { type AbortSignalLike, throwIfAborted } from '../source.ts';
import type { DecodeContext } from './decode-context.ts';
import { makeRows, type Span } from './row-schedule.ts';
import { byComponent, componentGroups, openGroup, targetsOf } from './tile-groups.ts';
import { planTile, type TileJob } from './tile-plan.ts';
import type { DecodeWork, WindowRequest } from './decode-work.ts';

/** Tiles whose bytes are asked for at once: the more, the fewer samples they give, since each time takes a round trip. */
const LEAST_TILES = 16;
const MOST_TILES = 256;
const SAMPLES_AT_ONCE = 1 << 22;
const TILE_COMPONENTS_AT_ONCE = 4096;

/** Decodes a window into its targets. */
export function* decodeWindow(
  source: PrecinctSource,
  request: WindowRequest,
  context: DecodeContext,
): DecodeWork<void> {
  const { siz } = source.main;
  const tiles = tilesOfRegion(source.main, regionOfSamples(siz, request.targets, request.reduce));
  const { length } = siz.components;
  const small = (SAMPLES_AT_ONCE * 4 ** request.reduce) / (length * siz.xtsiz * siz.ytsiz);
  const some = Math.min(MOST_TILES, Math.max(LEAST_TILES, Math.floor(small)));
  const atOnce = Math.max(1, Math.min(some, Math.floor(TILE_COMPONENTS_AT_ONCE / length)));
  for (let k = 0; k < tiles.length; k += atOnce) {
    const group = tiles.slice(k, k + atOnce);
    let start = context.now();
    const headers = (yield group.map((tile) => ({ tile, components: [], layers: 0 })))!;
    context.stages.read += context.now() - start;
    context.take(headers.diagnostics);
    const jobs = group.map((tile) => planTile(headers, tile, request, context));
    start = context.now();
    const snapshot = (yield jobs.map((job) => job.selection))!;
    context.stages.read += context.now() - start;
    context.take(snapshot.diagnostics);
    const done = (job: TileJob) => request.onTile?.(k + jobs.indexOf(job) + 1, tiles.length);
    yield* makeRows(spansOfTiles(jobs, snapshot, request, context, done), context, request.spans);
  }
  if (request.spans) yield* request.spans.finish(context);
}

/** Tile after tile, each group of components from top to bottom. Groups are opened when their turn comes, since they take memory. */
function* spansOfTiles(
  jobs: readonly TileJob[],
  snapshot: PrecinctSnapshot,
  { targets, spans }: WindowRequest,
  context: DecodeContext,
  done: (job: TileJob) => void,
): Generator<Span> {
  const places = byComponent(targets);
  for (const job of jobs) {
    const lists = componentGroups(job, targets);
    if (lists.length === 0) done(job);
    for (const [k, components] of lists.entries()) {
      const group = openGroup(components, job, snapshot, context, spans);
      const onDone = k === lists.length - 1 ? () => done(job) : undefined;
      const own = targetsOf(group, places, snapshot);
      yield { group, from: 0, to: group.components[0].height, targets: own, isLast: true, onDone };
    }
  }
}

/** Runs a decode over a source in memory. */
export function runNow<T>(work: DecodeWork<T>, source: PrecinctSource, executor: Executor, limits: Limits): T {
  const deadline = new Deadline(executor, limits.time);
  let step = work.next();
  while (!step.done) {
    deadline.check();
    if (step.value instanceof Promise) throw new Error('nothing to wait for without a pool');
    if (step.value && !source.loadSync) throw usage('sync-source', 'only bytes in memory can be read synchronously');
    step = step.value ? work.next(source.loadSync!(step.value, { deadline })) : work.next();
  }
  return step.value;
}

/** Runs a decode over any source, giving the event loop a turn every few milliseconds. */
export async function runFrom<T>(
  work: DecodeWork<T>,
  source: PrecinctSource,
  executor: Executor,
  limits: Limits,
  signal?: AbortSignalLike,
): Promise<T> {
  throwIfAborted(signal);
  const deadline = new Deadline(executor, limits.time);
  let last = executor.now();
  let step = work.next();
  while (!step.done) {
    deadline.check();
    if (step.value instanceof Promise) {
      await step.value;
      throwIfAborted(signal);
      last = executor.now();
      step = work.next();
      continue;
    }
    if (step.value) {
      const snapshot = await source.load(step.value, { executor, deadline, ...(signal ? { signal } : {}) });
      throwIfAborted(signal);
      step = work.next(snapshot);
      continue;
    }
    if (executor.pause && executor.now() - last >= PAUSE_INTERVAL_MS) {
      await executor.pause();
      throwIfAborted(signal);
      last = executor.now();
    }
    step = work.next();
  }
  return step.value;
}

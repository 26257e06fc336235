/**
 * A decode in steps, written once for both worlds: a generator that yields a plan to load, a promise to wait for (where a pool of workers
 * helps), or nothing, meaning "this is a good moment to pause".
 */
import type { ComponentSamples } from '../geometry/region.ts';
import type { PrecinctPlan, PrecinctSnapshot } from '../packets/precinct-source.ts';
import type { PooledSpans } from './row-schedule.ts';
import type { ComponentTarget } from './store.ts';

/** Which samples to decode. */
export interface SamplesRequest {
  readonly targets: readonly ComponentSamples[];
  readonly reduce: number;
  readonly inverseMct: boolean;
}

/** What to decode, and where it goes. */
export interface WindowRequest extends SamplesRequest {
  readonly targets: readonly ComponentTarget[];
  /** What makes rows in place of this thread. */
  readonly spans: PooledSpans | undefined;
  /** Called when a tile is done. */
  readonly onTile?: ((done: number, of: number) => void) | undefined;
}

/** A plan to load, something to wait for, or a moment to pause. */
export type DecodeStep = PrecinctPlan | Promise<unknown> | undefined;

/** A decode in steps; a plan is answered with a snapshot. */
export type DecodeWork<T> = Generator<DecodeStep, T, PrecinctSnapshot | undefined>;

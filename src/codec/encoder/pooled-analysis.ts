/**
 * Loading and analysis of a tile through a pool of workers, in bands of rows (15444-1 Annexes F and G).
 *
 * Each step has a part of shared memory for itself: a band of it reads the samples, or the low-pass samples of the step above, with a margin
 * for the filter, and writes rows that nobody else writes. Steps follow each other; small ones at the end are done here.
 */
import type { AnalysedBatch, AnalysisBatch, BandSource, BlockPool } from '../block-pool.ts';
import type { WaitingWork } from '../executor.ts';
import type { TileComponent } from '../geometry/tile.ts';
import type { SampleArray } from '../image.ts';
import type { AbortSignalLike } from '../source.ts';
import type { AnalysisStep } from '../transform/dwt.ts';
import { analyse, analysisSteps, lowPassOf, planeLength } from './analysis.ts';
import type { TileSamples } from './load.ts';
import type { ComponentTransform } from './quantizers.ts';

/** Rows of a band: some milliseconds of work, and not much more for margins than for themselves. */
const LEAST_ROWS = 128;
const MOST_ROWS = 256;
const BANDS_PER_WORKER = 4;
/**
 * Rows above and below a band that are made with it. The filters reach over four rows at most, but near the ends of a line some steps are
 * rounded that are not rounded elsewhere (lifting-97.ts), and that reaches a row further.
 */
const MARGIN = 5;

const NOTHING = (): void => {};

/** Tile-components that are loaded together: one, or the three of a component transform. */
export interface LoadGroup {
  readonly components: readonly TileComponent[];
  readonly samples: readonly TileSamples[];
  readonly transform: ComponentTransform;
}

/** Planes in shared memory after analysis, by component. */
export interface SharedPlanes {
  readonly memory: Int32Array | Float32Array;
  readonly planes: readonly (Int32Array | Float32Array)[];
  readonly steps: readonly (readonly AnalysisStep[])[];
}

/** A group with the memory of its components, and steps relative to that. */
interface Group extends LoadGroup {
  /** Where each component begins. */
  readonly starts: readonly number[];
  readonly steps: readonly (readonly AnalysisStep[])[];
  /** Steps that workers do. */
  readonly apart: number;
}

/** Analyses tiles in a pool that shares memory. */
export class PooledAnalysis {
  private readonly pool: BlockPool;
  private readonly signal: AbortSignalLike | undefined;

  constructor(pool: BlockPool, signal: AbortSignalLike | undefined) {
    this.pool = pool;
    this.signal = signal;
  }

  /** Loads and analyses a tile; undefined where a sample is none. */
  *run(groups: readonly LoadGroup[], reversible: boolean): WaitingWork<SharedPlanes | undefined> {
    let length = 0;
    const placed = groups.map((group): Group => {
      const apart = this.stepsFor(group);
      const steps = group.components.map((component) => analysisSteps(component, apart));
      const starts = steps.map((own) => {
        const start = length;
        length += planeLength(own, apart);
        return start;
      });
      return { ...group, starts, steps, apart };
    });
    const ints = this.pool.allocate(length);
    const memory = reversible ? ints : new Float32Array(ints.buffer);
    const most = Math.max(...placed.map(({ apart }) => apart));
    for (let k = 0; k < most; k++) {
      const here = placed.filter(({ apart }) => k < apart);
      const inRange = yield* this.step(here, k, memory);
      if (!inRange) return undefined;
    }
    const planes: (Int32Array | Float32Array)[] = [];
    for (const { starts, steps, apart } of placed) {
      const own = starts.map((start, c) => memory.subarray(start, start + planeLength(steps[c], apart)));
      // the rest is small
      if (apart < steps[0].length - 1) yield* analyse(steps, own, apart, NOTHING, NOTHING);
      planes.push(...own);
    }
    return { memory, planes, steps: placed.flatMap(({ steps }) => steps) };
  }

  /** How many steps of a group are worth messages; the first is always, since it has the samples. */
  private stepsFor({ components }: LoadGroup): number {
    const steps = analysisSteps(components[0], 0);
    const enough = Math.max(1, this.pool.leastSamples);
    let count = 1;
    while (count < steps.length - 1 && components.length * steps[count].width * steps[count].height >= enough) count++;
    return count;
  }

  /** One step of all groups; false where a sample is none. */
  private *step(groups: readonly Group[], k: number, memory: Int32Array | Float32Array): WaitingWork<boolean> {
    let inRange = true;
    const underWay: Promise<AnalysedBatch>[] = [];
    function* finish(): WaitingWork<void> {
      yield underWay.shift()!.then((outcome) => {
        inRange &&= outcome.inRange;
      });
    }
    for (const group of groups) {
      const { height } = group.steps[0][k];
      const share = Math.ceil(height / (BANDS_PER_WORKER * this.pool.size));
      const rows = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, share));
      for (let y = 0; y < height; y += rows) {
        if (underWay.length > 2 * this.pool.size) yield* finish();
        const outcome = this.pool.analyse(bandOf(group, k, memory, y, Math.min(height, y + rows)), this.signal);
        // it is waited for later, or never, when another one fails
        outcome.catch(() => {});
        underWay.push(outcome);
        yield;
      }
    }
    while (underWay.length > 0) yield* finish();
    return inRange;
  }
}

/** The rows `y0 <= y < y1` of a step. */
function bandOf(
  { samples, transform, steps, starts }: Group,
  k: number,
  memory: Int32Array | Float32Array,
  y0: number,
  y1: number,
): AnalysisBatch {
  const { width, height, stride, parityX, parityY } = steps[0][k];
  const top = Math.max(0, y0 - MARGIN);
  const bottom = Math.min(height, y1 + MARGIN);
  const sources =
    k === 0
      ? packed(samples, width, top, bottom)
      : steps.map((own, c): BandSource => {
          const { at, stride: strideY } = lowPassOf(own[k - 1]);
          const offset = starts[c] + at + top * strideY;
          return { data: memory, offset, strideX: 1, strideY, precision: undefined, signed: true };
        });
  return {
    sources,
    transform: k === 0 ? transform : 'none',
    filtered: k < steps[0].length - 1,
    width,
    height: bottom - top,
    parityX,
    parityY: ((parityY ^ top) & 1) as 0 | 1,
    from: y0 - top,
    to: y1 - top,
    out: memory,
    places: steps.map((own, c) => starts[c] + own[k].at + y0 * stride),
    stride,
    cost: steps.length * width * (y1 - y0),
  };
}

/** Rows of samples without what lies beside them, as a message copies the whole of an array. Interleaved components stay together. */
function packed(samples: readonly TileSamples[], width: number, top: number, bottom: number): BandSource[] {
  const [first] = samples;
  const together = samples.every(
    ({ data, strideX, strideY, offset }, c) =>
      data === first.data && strideX === samples.length && strideY === first.strideY && offset === first.offset + c,
  );
  const rows = bottom - top;
  if (!together) {
    return samples.map((one) => {
      const length = (width - 1) * one.strideX + 1;
      const data = rowsOf(one, length, top, rows);
      return { ...one, data, offset: 0, strideY: length };
    });
  }
  const length = width * samples.length;
  const data = rowsOf(first, length, top, rows);
  return samples.map((one, c) => ({ ...one, data, offset: c, strideY: length }));
}

function rowsOf({ data, offset, strideY }: TileSamples, length: number, top: number, rows: number): SampleArray {
  const out = new (data.constructor as new (length: number) => SampleArray)(length * rows);
  for (let y = 0; y < rows; y++) {
    const from = offset + (top + y) * strideY;
    out.set(data.subarray(from, from + length), y * length);
  }
  return out;
}

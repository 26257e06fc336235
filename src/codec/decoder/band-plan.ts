/**
 * A band of rows as a pool takes it: which coefficients are needed and where they lie, which steps lead to the rows, and what arrays come
 * of it (15444-1 Annexes E, F and G).
 *
 * A band is a window of its window, so it needs what any window needs: a few more rows of each subband than its share. Strips on the
 * border of two bands are lent to both. Filters do a little work twice, code-blocks are decoded once.
 */
import { type Band, type BandComponent, type BandOutput, type BandSubband, STRIP_PARAMS } from '../block-pool.ts';
import { clip, lengthOf } from '../geometry/axis.ts';
import { type ComponentWindow, planWindow, subbandWindow } from '../geometry/window.ts';
import type { SampleArray } from '../image.ts';
import { shapeOf } from './component-rows.ts';
import type { ComponentStrips } from './component-strips.ts';
import type { PooledStrips } from './pooled-strips.ts';
import type { RowGroup } from './row-schedule.ts';
import { sideBySide, type StoreTarget } from './store.ts';
import type { Strip, SubbandStrips } from './subband-strips.ts';

/** Memory that goes with a message. */
export interface BandMemory {
  /** The place of a slab of coefficients in the list of all. */
  indexOf(slab: Int32Array): number;
  /** An array of the same kind for so many samples, where it can be shared; else an empty one. */
  outputLike(kind: SampleArray, length: number): SampleArray;
}

/** Strips that a band has borrowed. */
interface Loan {
  readonly subband: SubbandStrips;
  readonly strips: readonly Strip[];
}

/** A band, what it holds as long as it is under way, and where its samples go. */
export class BandPlan {
  readonly band: Band;
  private readonly loans: Loan[] = [];
  private readonly from: number;
  private readonly targets: readonly (StoreTarget | undefined)[];

  /** Rows `from <= y < to` of a group, whose code-blocks have been decoded. */
  constructor(
    { components }: RowGroup,
    from: number,
    to: number,
    targets: readonly (StoreTarget | undefined)[],
    memory: BandMemory,
  ) {
    this.from = from;
    this.targets = targets;
    const { reversible, width } = components[0];
    const parts = components.map((component, k) => this.planComponent(component, from, to, targets[k], memory));
    const height = to - from;
    const outputs = outputsOf(targets, width * height, memory);
    this.band = { reversible, width, height, components: parts, outputs };
  }

  private planComponent(
    { window, geometry, reversible, levels }: ComponentStrips,
    from: number,
    to: number,
    target: StoreTarget | undefined,
    memory: BandMemory,
  ): BandComponent {
    const x = window.x.kept[window.target];
    const { lo } = window.y.kept[window.target];
    const band = planWindow(geometry, window.target, x, { lo: lo + from, hi: lo + to }, reversible);
    const subbands = levels.map(({ bands }, r) =>
      bands.map((subband, orientation) => subband && this.borrow(subband, band, r, orientation, memory)),
    );
    return { shape: shapeOf(band), subbands, precision: target?.precision ?? 0, signed: target?.signed ?? false };
  }

  private borrow(
    subband: SubbandStrips,
    window: ComponentWindow,
    r: number,
    orientation: number,
    memory: BandMemory,
  ): BandSubband | undefined {
    const y = clip(subbandWindow(window, r, orientation).y, subband.plan.y);
    if (lengthOf(y) === 0) return undefined;
    const strips = pooledOf(subband).lend(subband, y);
    this.loans.push({ subband, strips });
    return { area: subband.area, y: y.lo, strips: strips.flatMap((strip) => paramsOf(strip, memory)) };
  }

  /** Puts samples where they belong, and gives the strips back. */
  finish(samples: readonly SampleArray[]): void {
    const { width, height, outputs } = this.band;
    for (const [k, { components }] of outputs.entries()) {
      copySamples(samples[k], components.length, width, height, this.targets[components[0]]!, this.from);
    }
    this.release();
  }

  /** Gives the strips back. */
  release(): void {
    for (const { subband, strips } of this.loans) pooledOf(subband).takeBack(subband, strips);
    this.loans.length = 0;
  }
}

/** What a pool makes bands of, it has decoded. */
export function pooledOf({ decoder }: SubbandStrips): PooledStrips {
  return decoder as PooledStrips;
}

function paramsOf(strip: Strip, memory: BandMemory): number[] {
  const params: number[] = [];
  params[STRIP_PARAMS.lo] = strip.y.lo;
  params[STRIP_PARAMS.hi] = strip.y.hi;
  params[STRIP_PARAMS.slab] = strip.memory ? memory.indexOf(strip.memory.slab) : -1;
  params[STRIP_PARAMS.start] = strip.memory ? strip.memory.start : 0;
  return params;
}

function outputsOf(targets: readonly (StoreTarget | undefined)[], length: number, memory: BandMemory): BandOutput[] {
  if (sideBySide(targets)) {
    return [{ components: [0, 1, 2], samples: memory.outputLike(targets[0].out, 3 * length) }];
  }
  return targets.flatMap((target, k) =>
    target ? [{ components: [k], samples: memory.outputLike(target.out, length) }] : [],
  );
}

/** Copies rows of `count` neighbouring channels from an array without gaps to where they belong, from row `from` of the target on. */
function copySamples(
  samples: SampleArray,
  count: number,
  width: number,
  height: number,
  { out, offset, strideX, strideY }: StoreTarget,
  from: number,
): void {
  const length = width * count;
  let to = offset + from * strideY;
  if (strideX === count && strideY === length) {
    out.set(samples, to);
    return;
  }
  for (let y = 0, at = 0; y < height; y++, to += strideY) {
    if (strideX === count) {
      out.set(samples.subarray(at, at + length), to);
      at += length;
      continue;
    }
    for (let x = 0, pixel = to; x < width; x++, pixel += strideX) {
      for (let c = 0; c < count; c++) out[pixel + c] = samples[at++];
    }
  }
}

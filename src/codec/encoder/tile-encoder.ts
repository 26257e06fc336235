/**
 * One tile from samples to coded code-blocks: level shift, component transform, analysis, quantisation, block coding (15444-1 Annexes
 * G, F, E, D).
 *
 * Each tile-component has one plane. Analysis leaves every subband in place, rows interleaved, and code-blocks are taken out of it
 * by origin and stride. Work yields between pieces, so that a caller can pause or stop it.
 */
import type { WaitingWork, Work } from '../executor.ts';
import { lengthOf } from '../geometry/axis.ts';
import type { TileGeometry } from '../geometry/tile.ts';
import {
  numPrecinctsOf,
  type Orientation,
  type PrecinctBand,
  precinctGeometry,
  type ResolutionGeometry,
} from '../geometry/tile-component.ts';
import type { AnalysisStep } from '../transform/dwt.ts';
import { quantiseIrreversible, quantiseReversible } from '../transform/quantization.ts';
import { forwardMaxshift } from '../transform/roi-maxshift.ts';
import type { LevelMask } from '../transform/roi-mask.ts';
import { analyse, analysisSteps } from './analysis.ts';
import type { BlockEncoder, CodeBlockCoefficients, CodedBlock } from './block-jobs.ts';
import { CodedTile } from './coded-tile.ts';
import { ConvexHull, SlopeHistogram } from './convex-hull.ts';
import { badSample, loadRows, type SamplesOf, tileSamplesOf } from './load.ts';
import type { RegionOfInterest } from './options.ts';
import type { EncodePlan } from './plan.ts';
import type { LoadGroup } from './pooled-analysis.ts';
import type { PooledBlocks } from './pooled-blocks.ts';
import { isQuantized } from './rates.ts';
import type { SubbandPlan } from './quantizers.ts';
import { regionMasks } from './region-masks.ts';
import type { StageClock } from './stage-clock.ts';

/** A slope below which bit-planes may be left out, from what the tile is expected to be after a sample of so many of its code-blocks. */
export type StopChooser = (expected: SlopeHistogram, count: number) => number;

/**
 * One code-block in `SAMPLE_STEP` of the highest resolution level is a sample, but at least so many in all; a tile with fewer than four times
 * as many is not sampled. Of each level below it is twice as many, since there are a quarter of the code-blocks and each weighs more:
 * at low rates most of a file comes from them.
 */
const SAMPLE_STEP = 17;
const SAMPLE_LEAST = 64;
/** Of the sample itself one in so many is coded to the end, the rest down to so much less than the slope that those make expect. */
const ROUGH_STEP = 6;
const ROUGH_MARGIN = 4;

/** Planes after analysis and the steps that were taken in them, by component. */
interface TilePlanes {
  readonly planes: readonly (Int32Array | Float32Array)[];
  readonly steps: readonly (readonly AnalysisStep[])[];
  /** The memory that planes are parts of, where workers can read it. */
  readonly memory?: Int32Array | Float32Array;
}

/** A code-block on its way to the coder; used again for the next. */
interface BlockPlace {
  /** Number within the tile, and levels above its resolution level. */
  index: number;
  depth: number;
  /** Code-blocks for which it stands in a sample. */
  standsFor: number;
  plane: Int32Array | Float32Array;
  /** First coefficient, and from a row to the next. */
  from: number;
  stride: number;
  width: number;
  height: number;
  subband: Orientation;
  plan: SubbandPlan;
  /** What turns a coefficient into quantiser steps with fraction bits. */
  factor: number;
  roiShift: number;
  mask: LevelMask | undefined;
  maskFrom: number;
}

/** What is remembered of a code-block while it is coded elsewhere. */
type CodedPlace = Pick<BlockPlace, 'index' | 'standsFor' | 'plan' | 'roiShift'>;

/** What all tiles of one encode share. */
export class TileEncoder {
  private readonly plan: EncodePlan;
  private readonly roi: RegionOfInterest | undefined;
  private readonly coder: BlockEncoder;
  private readonly pooled: PooledBlocks | undefined;
  private readonly clock: StageClock;
  private readonly job: CodeBlockCoefficients;
  private readonly blockMask = new Uint8Array(4096);
  private readonly hull = new ConvexHull();
  /** False where one layer takes every pass, so that nobody asks what they are worth. */
  private readonly weighs: boolean;

  /** With `pooled` code-blocks go there, and `coder` has nothing to do. */
  constructor(
    plan: EncodePlan,
    roi: RegionOfInterest | undefined,
    coder: BlockEncoder,
    clock: StageClock,
    pooled?: PooledBlocks,
  ) {
    this.plan = plan;
    this.roi = roi;
    this.coder = coder;
    this.clock = clock;
    this.pooled = pooled;
    const [rate] = plan.rates;
    this.weighs = plan.rates.length > 1 || !isQuantized(rate);
    this.job = {
      width: 0,
      height: 0,
      subband: 0,
      style: plan.main.cod.style.codeBlockStyle,
      coefficients: new Int32Array(4096),
      fractionBits: plan.fractionBits,
      exact: plan.reversible,
      stopSlope: 0,
      measured: false,
      distortions: this.weighs,
    };
  }

  /**
   * Transforms and codes one tile. Bit-planes that can hardly gain `stop` of squared error a byte are left out. Where that is to be chosen,
   * a sample of the code-blocks is coded first.
   */
  *encode(tile: TileGeometry, samplesOf: SamplesOf, stop: number | StopChooser): WaitingWork<CodedTile> {
    const planes = yield* this.transform(tile, samplesOf);
    const numBlocks = numBlocksOf(tile);
    const kept = new Map<number, CodedBlock>();
    let stopSlope = typeof stop === 'number' ? stop : 0;
    if (this.weighs && typeof stop === 'function' && numBlocks >= 4 * SAMPLE_LEAST) {
      const step = Math.min(SAMPLE_STEP, Math.floor(numBlocks / SAMPLE_LEAST));
      // a few of them are coded to the end; the others can stop well below what those make expect
      const rough = yield* this.sample(tile, planes, step, ROUGH_STEP, 0, kept);
      const floor = stop(rough, kept.size) / ROUGH_MARGIN;
      const fine = yield* this.sample(tile, planes, step, 1, floor, kept);
      stopSlope = Math.max(floor, stop(fine, kept.size));
    }
    const coded = new CodedTile(tile, stopSlope);
    yield* this.code(this.places(tile, planes), planes, sizeOf(tile), stopSlope, kept, ({ plan, roiShift }, block) => {
      if (this.weighs) this.hull.find(block, plan.weight);
      coded.add(block, plan.bitPlanes + roiShift, this.hull);
      coded.residual += block.residual * plan.weight;
    });
    coded.finish();
    this.clock.lap('blocks');
    return coded;
  }

  /** Codes a sample into `kept`, one in `part` of the whole one, if it is not there yet, and adds up what the tile is like after it. */
  private *sample(
    tile: TileGeometry,
    planes: TilePlanes,
    step: number,
    part: number,
    stopSlope: number,
    kept: Map<number, CodedBlock>,
  ): WaitingWork<SlopeHistogram> {
    const sum = new SlopeHistogram();
    const places = sampled(step, part, this.places(tile, planes));
    yield* this.code(
      places,
      planes,
      sizeOf(tile) / (step * part),
      stopSlope,
      kept,
      ({ index, plan, standsFor }, block) => {
        if (!kept.has(index)) kept.set(index, copyOf(block));
        this.hull.find(block, plan.weight);
        sum.addHull(this.hull, standsFor);
        sum.residual += block.residual * plan.weight * standsFor;
      },
    );
    return sum;
  }

  /** Codes code-blocks, about `size` coefficients in all, here or elsewhere, and hands them over in order; not again what is in `kept`. */
  private *code(
    places: Iterable<BlockPlace>,
    { memory }: TilePlanes,
    size: number,
    stopSlope: number,
    kept: ReadonlyMap<number, CodedBlock>,
    take: (place: CodedPlace, block: CodedBlock) => void,
  ): WaitingWork<void> {
    if (this.pooled) {
      yield* this.pooled.code<BlockPlace, CodedPlace>({
        places,
        size,
        keep: ({ index, standsFor, plan, roiShift }) => ({ index, standsFor, plan, roiShift }),
        known: ({ index }) => kept.get(index),
        memory: this.roi ? undefined : memory,
        prepare: (place, inPlace) => this.prepare(place, stopSlope, inPlace),
        take,
      });
      return;
    }
    for (const place of places) {
      take(place, kept.get(place.index) ?? this.coder.encode(this.prepare(place, stopSlope)));
      yield;
    }
  }

  /** The code-blocks of a tile in the order in which `CodedTile` numbers them. */
  private *places(tile: TileGeometry, { planes, steps: allSteps }: TilePlanes): Generator<BlockPlace> {
    const { plan } = this;
    const place = { index: 0, standsFor: 1 } as BlockPlace;
    for (const component of tile.components) {
      const c = component.component;
      const steps = allSteps[c];
      place.plane = planes[c];
      place.roiShift = plan.roiShift[c];
      const masks = this.roi && place.roiShift > 0 ? regionMasks(this.roi, plan.main.siz, component) : undefined;
      for (const level of component.geometry.resolutions) {
        place.depth = steps.length - 1 - level.r;
        // masks stand in the order of steps, the low-pass rest last
        place.mask = masks?.[place.depth];
        const numPrecincts = numPrecinctsOf(level);
        for (let p = 0; p < numPrecincts; p++) {
          for (const band of precinctGeometry(level, p).bands) {
            place.subband = band.subband.orientation;
            place.plan = plan.subbands[c][level.r === 0 ? 0 : 3 * (level.r - 1) + place.subband];
            place.factor = 2 ** plan.fractionBits / place.plan.step;
            yield* placesOfBand(place, band, level, placeOf(steps, level.r, place.subband));
          }
        }
      }
    }
  }

  /** Quantises a code-block, unless it stays where it is. */
  private prepare(place: BlockPlace, stopSlope: number, inPlace = false): CodeBlockCoefficients {
    const { job } = this;
    const { plane, from, stride, width, height } = place;
    const q = job.coefficients;
    job.width = width;
    job.height = height;
    job.subband = place.subband;
    job.stopSlope = stopSlope / place.plan.weight;
    if (inPlace) return job;
    if (plane instanceof Int32Array) quantiseReversible(plane, from, stride, width, height, q);
    else quantiseIrreversible(plane, from, stride, width, height, place.factor, q);
    job.measured = place.mask !== undefined;
    if (place.mask) {
      const { blockMask } = this;
      for (let y = 0; y < height; y++) {
        const row = place.maskFrom + y * place.mask.width;
        blockMask.set(place.mask.data.subarray(row, row + width), y * width);
      }
      forwardMaxshift(q, width * height, blockMask, place.roiShift);
    }
    return job;
  }

  /** Loads and analyses a tile, here or elsewhere. */
  private *transform(tile: TileGeometry, samplesOf: SamplesOf): WaitingWork<TilePlanes> {
    const { reversible, mct, main } = this.plan;
    const groups: LoadGroup[] = [];
    for (let c = 0; c < tile.components.length; ) {
      const isColour = mct !== 'none' && c === 0;
      const components = tile.components.slice(c, isColour ? 3 : c + 1);
      const samples = components.map((one) => tileSamplesOf(main.siz, one, samplesOf(one.component)));
      groups.push({ components, samples, transform: isColour ? mct : 'none' });
      c += components.length;
    }
    const shared = yield* this.pooled?.analyse(groups, sizeOf(tile), reversible) ?? nowhere();
    // without them, or where a sample is none, which is told here
    if (shared === undefined) return yield* this.transformHere(groups);
    this.clock.lap('transform');
    return shared;
  }

  private *transformHere(groups: readonly LoadGroup[]): Work<TilePlanes> {
    const { reversible, main } = this.plan;
    const planes: (Int32Array | Float32Array)[] = [];
    const steps: AnalysisStep[][] = [];
    for (const { components, samples, transform } of groups) {
      const [{ geometry }] = components;
      const width = lengthOf(geometry.x);
      const size = width * lengthOf(geometry.y);
      const all = reversible ? new Int32Array(samples.length * size) : new Float32Array(samples.length * size);
      const own = samples.map((_, k) => all.subarray(k * size, (k + 1) * size));
      const ownSteps = components.map((component) => analysisSteps(component, 0));
      const load = (y0: number, y1: number): void => {
        const bad = loadRows(samples, transform, all, size, width, y0, y1);
        if (bad) throw badSample(main.siz, components[bad.component], samples[bad.component], bad.index);
      };
      yield* analyse(ownSteps, own, 0, load, (what) => this.clock.lap(what));
      planes.push(...own);
      steps.push(...ownSteps);
    }
    return { planes, steps };
  }
}

/** Nobody else analyses. */
function* nowhere(): Work<undefined> {}

/** The code-blocks of one subband of a precinct. */
function* placesOfBand(
  place: BlockPlace,
  band: PrecinctBand,
  { xcbPrime, ycbPrime }: ResolutionGeometry,
  at: SubbandPlace,
): Generator<BlockPlace> {
  const width = 2 ** xcbPrime;
  const height = 2 ** ycbPrime;
  const { subband } = band;
  place.stride = at.stride;
  for (let by = 0; by < band.numBlocksHigh; by++) {
    const y0 = Math.max((band.firstBlockY + by) * height, band.y.lo);
    place.height = Math.min((band.firstBlockY + by + 1) * height, band.y.hi) - y0;
    const top = y0 - subband.y.lo;
    for (let bx = 0; bx < band.numBlocksWide; bx++) {
      const x0 = Math.max((band.firstBlockX + bx) * width, band.x.lo);
      place.width = Math.min((band.firstBlockX + bx + 1) * width, band.x.hi) - x0;
      const left = x0 - subband.x.lo;
      place.from = at.at + top * at.stride + left;
      if (place.mask) place.maskFrom = (at.maskY + top) * place.mask.width + at.maskX + left;
      yield place;
      place.index++;
    }
  }
}

/**
 * One code-block in `step` of those of the highest resolution level, and in half as many of each level below; of these one in `part`, from the
 * middle. Steps are odd, since rows of code-blocks are often a power of two long and a sample should not come from a few columns.
 */
function* sampled(step: number, part: number, places: Iterable<BlockPlace>): Generator<BlockPlace> {
  for (const place of places) {
    const own = (step >> place.depth) | 1;
    place.standsFor = part * own;
    if (place.index % place.standsFor === own >> 1) yield place;
  }
}

/** Coefficients of a tile. */
function sizeOf({ components }: TileGeometry): number {
  return components.reduce((sum, { geometry }) => sum + lengthOf(geometry.x) * lengthOf(geometry.y), 0);
}

function numBlocksOf({ components }: TileGeometry): number {
  let sum = 0;
  for (const { geometry } of components) {
    for (const level of geometry.resolutions) {
      const count = numPrecinctsOf(level);
      for (let p = 0; p < count; p++) sum += precinctGeometry(level, p).numBlocks;
    }
  }
  return sum;
}

function copyOf(block: CodedBlock): CodedBlock {
  const { bitPlanes, numPasses, dataLength, residual } = block;
  return {
    bitPlanes,
    numPasses,
    data: block.data.slice(0, dataLength),
    dataLength,
    passLengths: block.passLengths.slice(0, numPasses),
    passDistortions: block.passDistortions.slice(0, numPasses),
    residual,
  };
}

/** Where a subband lies after analysis: in the plane, and in the mask of its step, whose rows are not interleaved. */
interface SubbandPlace {
  readonly at: number;
  readonly stride: number;
  readonly maskX: number;
  readonly maskY: number;
}

function placeOf(steps: readonly AnalysisStep[], r: number, orientation: Orientation): SubbandPlace {
  const levels = steps.length - 1;
  if (r === 0) return { at: steps[levels].at, stride: steps[levels].stride, maskX: 0, maskY: 0 };
  const { at, stride, width, height, parityX, parityY } = steps[levels - r];
  const numLowX = (width + 1 - parityX) >> 1;
  const numLowY = (height + 1 - parityY) >> 1;
  const right = orientation & 1 ? numLowX : 0;
  const firstRow = orientation & 2 ? 1 - parityY : parityY;
  return { at: at + firstRow * stride + right, stride: 2 * stride, maskX: right, maskY: orientation & 2 ? numLowY : 0 };
}

/**
 * One tile from samples to coded code-blocks: level shift, component transform, analysis, quantisation, block coding (15444-1 Annexes
 * G, F, E, D).
 *
 * Each tile-component has one plane. Analysis leaves every subband in place, rows interleaved, and code-blocks are taken out of it
 * by origin and stride. Work yields between pieces, so that a caller can pause or stop it.
 */
import type { WaitingWork, Work } from '../executor.ts';
import { lengthOf } from '../geometry/axis.ts';
import type { TileComponent, TileGeometry } from '../geometry/tile.ts';
import {
  numPrecinctsOf,
  type Orientation,
  type PrecinctBand,
  precinctGeometry,
  type ResolutionGeometry,
} from '../geometry/tile-component.ts';
import { forwardIct, forwardRct } from '../transform/component-transform.ts';
import {
  type AnalysisStep,
  analyse53Columns,
  analyse53Rows,
  analyse97Columns,
  analyse97Rows,
} from '../transform/dwt.ts';
import { quantiseIrreversible, quantiseReversible } from '../transform/quantization.ts';
import { forwardMaxshift } from '../transform/roi-maxshift.ts';
import type { LevelMask } from '../transform/roi-mask.ts';
import type { BlockEncoder, CodeBlockCoefficients, CodedBlock } from './block-jobs.ts';
import { CodedTile } from './coded-tile.ts';
import { ConvexHull, SlopeHistogram } from './convex-hull.ts';
import type { RegionOfInterest } from './options.ts';
import type { EncodePlan } from './plan.ts';
import type { PooledBlocks } from './pooled-blocks.ts';
import type { SubbandPlan } from './quantizers.ts';
import { regionMasks } from './region-masks.ts';

/** Samples of one piece between two yields; some milliseconds of work. */
const PIECE_SAMPLES = 1 << 19;

/** Columns of one piece: few enough that the rows which a vertical step touches stay in the nearest cache. */
const MOST_COLUMNS = 1024;
const LEAST_COLUMNS = 64;

/** Puts the level-shifted samples of component c of a tile into a plane without gaps between rows. */
export type LoadComponent = (c: number, tile: TileComponent, plane: Int32Array | Float32Array) => void;

/**
 * A slope below which bit-planes may be left out, from a sample of the tile's code-blocks: how many of them there are, and how many
 * each stands for.
 */
export type StopChooser = (sample: SlopeHistogram, count: number, scale: number) => number;

/**
 * One code-block in `SAMPLE_STEP` is a sample, but at least so many; a tile with fewer than four times as many is not sampled. The
 * step is odd, since rows of code-blocks are often a power of two long and a sample should not come from a few columns.
 */
const SAMPLE_STEP = 17;
const SAMPLE_LEAST = 64;

/** A code-block on its way to the coder; used again for the next. */
interface BlockPlace {
  /** Number within the tile. */
  index: number;
  plane: Int32Array | Float32Array;
  /** First coefficient, and from a row to the next. */
  from: number;
  stride: number;
  width: number;
  height: number;
  subband: Orientation;
  plan: SubbandPlan;
  roiShift: number;
  mask: LevelMask | undefined;
  maskFrom: number;
}

/** What is remembered of a code-block while it is coded elsewhere. */
type CodedPlace = Pick<BlockPlace, 'index' | 'plan' | 'roiShift'>;

/** What all tiles of one encode share. */
export class TileEncoder {
  private readonly plan: EncodePlan;
  private readonly roi: RegionOfInterest | undefined;
  private readonly coder: BlockEncoder;
  private readonly pooled: PooledBlocks | undefined;
  private readonly job: CodeBlockCoefficients;
  private readonly blockMask = new Uint8Array(4096);
  private readonly hull = new ConvexHull();

  /** With `pooled` code-blocks go there, and `coder` has nothing to do. */
  constructor(plan: EncodePlan, roi: RegionOfInterest | undefined, coder: BlockEncoder, pooled?: PooledBlocks) {
    this.plan = plan;
    this.roi = roi;
    this.coder = coder;
    this.pooled = pooled;
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
    };
  }

  /**
   * Transforms and codes one tile. Bit-planes that can hardly gain `stop` of squared error a byte are left out. Where that is to be chosen,
   * a sample of the code-blocks is coded first.
   */
  *encode(tile: TileGeometry, load: LoadComponent, stop: number | StopChooser): WaitingWork<CodedTile> {
    const planes = yield* this.transform(tile, load);
    const numBlocks = numBlocksOf(tile);
    const kept = new Map<number, CodedBlock>();
    let stopSlope = typeof stop === 'number' ? stop : 0;
    if (typeof stop === 'function' && numBlocks >= 4 * SAMPLE_LEAST) {
      const step = Math.min(SAMPLE_STEP, Math.floor(numBlocks / SAMPLE_LEAST)) | 1;
      const sample = new SlopeHistogram();
      const places = oneIn(step, this.places(tile, planes));
      yield* this.code(places, sizeOf(tile) / step, 0, kept, ({ index, plan }, block) => {
        kept.set(index, copyOf(block));
        this.hull.find(block, plan.weight);
        sample.addHull(this.hull);
        sample.residual += block.residual * plan.weight;
      });
      stopSlope = stop(sample, kept.size, numBlocks / kept.size);
    }
    const coded = new CodedTile(tile, stopSlope);
    yield* this.code(this.places(tile, planes), sizeOf(tile), stopSlope, kept, ({ plan, roiShift }, block) => {
      this.hull.find(block, plan.weight);
      coded.add(block, plan.bitPlanes + roiShift, this.hull);
      coded.residual += block.residual * plan.weight;
    });
    coded.finish();
    return coded;
  }

  /** Codes code-blocks, about `size` coefficients in all, here or elsewhere, and hands them over in order; not again what is in `kept`. */
  private *code(
    places: Iterable<BlockPlace>,
    size: number,
    stopSlope: number,
    kept: ReadonlyMap<number, CodedBlock>,
    take: (place: CodedPlace, block: CodedBlock) => void,
  ): WaitingWork<void> {
    if (this.pooled) {
      yield* this.pooled.code<BlockPlace, CodedPlace>({
        places,
        size,
        keep: ({ index, plan, roiShift }) => ({ index, plan, roiShift }),
        known: ({ index }) => kept.get(index),
        prepare: (place) => this.prepare(place, stopSlope),
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
  private *places(tile: TileGeometry, planes: readonly (Int32Array | Float32Array)[]): Generator<BlockPlace> {
    const { plan } = this;
    const place = { index: 0 } as BlockPlace;
    for (const component of tile.components) {
      const c = component.component;
      const steps = analysisSteps(component);
      place.plane = planes[c];
      place.roiShift = plan.roiShift[c];
      const masks = this.roi && place.roiShift > 0 ? regionMasks(this.roi, plan.main.siz, component) : undefined;
      for (const level of component.geometry.resolutions) {
        // masks stand in the order of steps, the low-pass rest last
        place.mask = masks?.[steps.length - 1 - level.r];
        const numPrecincts = numPrecinctsOf(level);
        for (let p = 0; p < numPrecincts; p++) {
          for (const band of precinctGeometry(level, p).bands) {
            place.subband = band.subband.orientation;
            place.plan = plan.subbands[c][level.r === 0 ? 0 : 3 * (level.r - 1) + place.subband];
            yield* placesOfBand(place, band, level, placeOf(steps, level.r, place.subband));
          }
        }
      }
    }
  }

  /** Quantises a code-block. */
  private prepare(place: BlockPlace, stopSlope: number): CodeBlockCoefficients {
    const { job, plan } = this;
    const { plane, from, stride, width, height } = place;
    const q = job.coefficients;
    job.width = width;
    job.height = height;
    job.subband = place.subband;
    job.stopSlope = stopSlope / place.plan.weight;
    if (plane instanceof Int32Array) quantiseReversible(plane, from, stride, width, height, q);
    else quantiseIrreversible(plane, from, stride, width, height, 2 ** plan.fractionBits / place.plan.step, q);
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

  private *transform(tile: TileGeometry, load: LoadComponent): Work<(Int32Array | Float32Array)[]> {
    const { reversible, mct } = this.plan;
    const planes: (Int32Array | Float32Array)[] = [];
    for (const component of tile.components) {
      const size = lengthOf(component.geometry.x) * lengthOf(component.geometry.y);
      const plane = reversible ? new Int32Array(size) : new Float32Array(size);
      load(component.component, component, plane);
      planes.push(plane);
      yield;
    }
    if (mct !== 'none') {
      const [a, b, c] = planes;
      for (let from = 0; from < a.length; from += PIECE_SAMPLES) {
        const to = Math.min(a.length, from + PIECE_SAMPLES);
        if (mct === 'rct') forwardRct(a as Int32Array, b as Int32Array, c as Int32Array, from, to);
        else forwardIct(a as Float32Array, b as Float32Array, c as Float32Array, from, to);
        yield;
      }
    }
    for (const component of tile.components) yield* analyse(planes[component.component], analysisSteps(component));
    return planes;
  }
}

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

/** One code-block in so many, from the middle. */
function* oneIn(step: number, places: Iterable<BlockPlace>): Generator<BlockPlace> {
  for (const place of places) if (place.index % step === step >> 1) yield place;
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

/** The samples of one tile-component, as steps of analysis from the highest resolution level down, and what they leave. */
function analysisSteps(component: TileComponent): AnalysisStep[] {
  const { resolutions } = component.geometry;
  const steps: AnalysisStep[] = [];
  let at = 0;
  let stride = lengthOf(component.geometry.x);
  for (let r = resolutions.length - 1; r >= 0; r--) {
    const { x, y } = resolutions[r];
    const parityX = (x.lo & 1) as 0 | 1;
    const parityY = (y.lo & 1) as 0 | 1;
    steps.push({ at, stride, width: lengthOf(x), height: lengthOf(y), parityX, parityY });
    at += parityY * stride;
    stride *= 2;
  }
  return steps;
}

function* analyse(plane: Int32Array | Float32Array, steps: readonly AnalysisStep[]): Work<void> {
  // the last entry is only what remains
  for (let k = 0; k < steps.length - 1; k++) {
    const step = steps[k];
    const { width, height } = step;
    if (width === 0 || height === 0) return;
    const rows = Math.max(1, Math.floor(PIECE_SAMPLES / width));
    const columns = Math.max(LEAST_COLUMNS, Math.min(MOST_COLUMNS, Math.floor(PIECE_SAMPLES / height)));
    if (plane instanceof Int32Array) {
      const scratch = new Int32Array(width);
      for (let x = 0; x < width; x += columns) {
        analyse53Columns(plane, step, x, Math.min(width, x + columns));
        yield;
      }
      for (let y = 0; y < height; y += rows) {
        analyse53Rows(plane, step, y, Math.min(height, y + rows), scratch);
        yield;
      }
    } else {
      const scratch = new Float32Array(width);
      for (let x = 0; x < width; x += columns) {
        analyse97Columns(plane, step, x, Math.min(width, x + columns));
        yield;
      }
      for (let y = 0; y < height; y += rows) {
        analyse97Rows(plane, step, y, Math.min(height, y + rows), scratch);
        yield;
      }
    }
  }
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

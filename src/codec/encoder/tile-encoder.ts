/**
 * One tile from samples to coded code-blocks: level shift, component transform, analysis, quantisation, block coding (15444-1 Annexes
 * G, F, E, D).
 *
 * Each tile-component has one plane. Analysis leaves every subband in place, rows interleaved, and code-blocks are taken out of it
 * by origin and stride. Work yields between pieces, so that a caller can pause or stop it.
 */
import type { Work } from '../executor.ts';
import { lengthOf } from '../geometry/axis.ts';
import type { TileComponent, TileGeometry } from '../geometry/tile.ts';
import type { Orientation, PrecinctBand } from '../geometry/tile-component.ts';
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
import type { BlockEncoder, CodeBlockCoefficients } from './block-jobs.ts';
import { CodedTile } from './coded-tile.ts';
import type { RegionOfInterest } from './options.ts';
import type { EncodePlan } from './plan.ts';
import { regionMasks } from './region-masks.ts';

/** Samples of one piece between two yields; some milliseconds of work. */
const PIECE_SAMPLES = 1 << 19;

/** Columns of one piece: few enough that the rows which a vertical step touches stay in the nearest cache. */
const MOST_COLUMNS = 1024;
const LEAST_COLUMNS = 64;

/** Puts the level-shifted samples of component c of a tile into a plane without gaps between rows. */
export type LoadComponent = (c: number, tile: TileComponent, plane: Int32Array | Float32Array) => void;

/** What all tiles of one encode share. */
export class TileEncoder {
  private readonly plan: EncodePlan;
  private readonly roi: RegionOfInterest | undefined;
  private readonly coder: BlockEncoder;
  private readonly job: CodeBlockCoefficients;
  private readonly blockMask = new Uint8Array(4096);

  constructor(plan: EncodePlan, roi: RegionOfInterest | undefined, coder: BlockEncoder) {
    this.plan = plan;
    this.roi = roi;
    this.coder = coder;
    this.job = {
      width: 0,
      height: 0,
      subband: 0,
      style: plan.main.cod.style.codeBlockStyle,
      coefficients: new Int32Array(4096),
      fractionBits: plan.fractionBits,
      exact: plan.reversible,
      stopSlope: 0,
    };
  }

  /** Transforms and codes one tile. Bit-planes that gain less than `stopSlope` (squared error a byte) may be left out. */
  *encode(tile: TileGeometry, load: LoadComponent, stopSlope: number): Work<CodedTile> {
    const planes = yield* this.transform(tile, load);
    const coded = new CodedTile(tile);
    let masks: LevelMask[] | undefined;
    let steps: AnalysisStep[] = [];
    let component = -1;
    for (const precinct of coded.precincts) {
      if (precinct.component !== component) {
        // a finished component's plane is not needed any more
        if (component >= 0) planes[component] = undefined;
        component = precinct.component;
        steps = analysisSteps(tile.components[component]);
        masks = undefined;
        if (this.roi && this.plan.roiShift[component] > 0) {
          masks = regionMasks(this.roi, this.plan.main.siz, tile.components[component]);
        }
      }
      const plane = planes[component]!;
      for (const band of precinct.geometry.bands) {
        const { xcbPrime, ycbPrime } = precinct.geometry;
        const place = placeOf(steps, precinct.resolution, band.subband.orientation);
        // masks stand in the order of steps, the low-pass rest last
        const mask = masks?.[steps.length - 1 - precinct.resolution];
        yield* this.encodeBand(coded, component, precinct.resolution, band, xcbPrime, ycbPrime, plane, place, mask, stopSlope);
      }
    }
    coded.finish();
    return coded;
  }

  private *transform(tile: TileGeometry, load: LoadComponent): Work<(Int32Array | Float32Array | undefined)[]> {
    const { reversible, mct } = this.plan;
    const planes: (Int32Array | Float32Array | undefined)[] = [];
    for (const component of tile.components) {
      const size = lengthOf(component.geometry.x) * lengthOf(component.geometry.y);
      const plane = reversible ? new Int32Array(size) : new Float32Array(size);
      load(component.component, component, plane);
      planes.push(plane);
      yield;
    }
    if (mct !== 'none') {
      const [a, b, c] = planes;
      for (let from = 0; from < a!.length; from += PIECE_SAMPLES) {
        const to = Math.min(a!.length, from + PIECE_SAMPLES);
        if (mct === 'rct') forwardRct(a as Int32Array, b as Int32Array, c as Int32Array, from, to);
        else forwardIct(a as Float32Array, b as Float32Array, c as Float32Array, from, to);
        yield;
      }
    }
    for (const component of tile.components) yield* analyse(planes[component.component]!, analysisSteps(component));
    return planes;
  }

  private *encodeBand(
    coded: CodedTile,
    c: number,
    r: number,
    band: PrecinctBand,
    xcbPrime: number,
    ycbPrime: number,
    plane: Int32Array | Float32Array,
    place: SubbandPlace,
    mask: LevelMask | undefined,
    stopSlope: number,
  ): Work<void> {
    const { job, plan } = this;
    const { subband } = band;
    const { step, bitPlanes, weight } = plan.subbands[c][r === 0 ? 0 : 3 * (r - 1) + subband.orientation];
    const roiShift = plan.roiShift[c];
    const factor = 2 ** plan.fractionBits / step;
    const width = 2 ** xcbPrime;
    const height = 2 ** ycbPrime;
    job.subband = subband.orientation;
    job.stopSlope = stopSlope / weight;
    for (let by = 0; by < band.numBlocksHigh; by++) {
      const y0 = Math.max((band.firstBlockY + by) * height, band.y.lo);
      const y1 = Math.min((band.firstBlockY + by + 1) * height, band.y.hi);
      for (let bx = 0; bx < band.numBlocksWide; bx++) {
        const x0 = Math.max((band.firstBlockX + bx) * width, band.x.lo);
        const x1 = Math.min((band.firstBlockX + bx + 1) * width, band.x.hi);
        job.width = x1 - x0;
        job.height = y1 - y0;
        const left = x0 - subband.x.lo;
        const top = y0 - subband.y.lo;
        const from = place.at + top * place.stride + left;
        const q = job.coefficients;
        if (plane instanceof Int32Array) quantiseReversible(plane, from, place.stride, job.width, job.height, q);
        else quantiseIrreversible(plane, from, place.stride, job.width, job.height, factor, q);
        if (mask) {
          const { blockMask } = this;
          for (let y = 0; y < job.height; y++) {
            const row = (place.maskY + top + y) * mask.width + place.maskX + left;
            for (let x = 0; x < job.width; x++) blockMask[y * job.width + x] = mask.data[row + x];
          }
          forwardMaxshift(q, job.width * job.height, blockMask, roiShift);
        }
        const block = this.coder.encode(job);
        coded.add(block, bitPlanes + roiShift, weight);
        let rest = energyOfBlock(q, job.width * job.height) / 4 ** plan.fractionBits;
        for (let k = 0; k < block.numPasses; k++) rest -= block.passDistortions[k];
        coded.residual += Math.max(0, rest) * weight;
        yield;
      }
    }
  }
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

function energyOfBlock(q: Int32Array, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += q[k] * q[k];
  return sum;
}

/**
 * New quality layers inside a picture that has one: which coding passes go into which layer, and which bytes with them.
 *
 * What a coding pass is worth is told by what is known without decoding: the bit-plane it belongs to, the step size and the energy of
 * its subband (15444-1 E.1, F). Where it ends is known exactly only at the end of a codeword segment. Inside one it is estimated, rather
 * too far than not far enough: with too few bytes a decoder would read the last passes of a layer wrongly, with too many nothing is
 * lost but order. All layers together always are the source, byte for byte.
 */
import { tileComponentParametersOf } from '../codestream/coding-parameters.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import { stepOf } from '../codestream/qcd.ts';
import { clip, lengthOf } from '../geometry/axis.ts';
import type { PrecinctBand, PrecinctGeometry } from '../geometry/tile-component.ts';
import type { TileComponent, TileGeometry } from '../geometry/tile.ts';
import { energyOf, ICT_ENERGY, RCT_ENERGY } from '../transform/gains.ts';
import { magnitudeBitPlanesOf, stepSizeOf } from '../transform/quantization.ts';
import { estimatedEnd } from './pass-lengths.ts';

/** What the coding passes of a subband are worth. */
export interface BandSlopes {
  /** log2 of the squared error that a unit of a coefficient makes in the picture. */
  readonly weightLog2: number;
  /** M_b, with the shift of a region of interest. */
  readonly mb: number;
}

/** What has to be known of a code-block. */
export interface BlockFacts {
  readonly zeroBitPlanes: number;
  readonly samples: number;
}

/** What a layer takes of a codeword segment. */
export interface LayerPiece {
  readonly layer: number;
  readonly passes: number;
  readonly bytes: Uint8Array;
}

/** log2 of error decrease for a byte within a bit-plane, against significance propagation: refinement and cleanup. */
const REFINEMENT = -0.9;
const CLEANUP = -1.3;

/** Steps of the histogram: an eighth of a factor of two. */
const BINS_PER_LOG2 = 8;
const HISTOGRAM_OFFSET = 1024;
const HISTOGRAM_SIZE = 2048;

/** The smallest layer is at least this part of the whole, as a power of two. */
const MOST_HALVINGS = 8;

/** The weights of the subbands of one resolution level, in their order. */
export function bandSlopesOf(main: MainHeader, tile: TileGeometry, component: TileComponent, r: number): BandSlopes[] {
  const { style, quantization, roiShift } = tileComponentParametersOf(main, tile.header, component.component);
  const { precision } = main.siz.components[component.component];
  const mixed = tile.header.cod.mct && component.component < 3;
  const mixing = mixed ? (style.reversible ? RCT_ENERGY : ICT_ENERGY)[component.component] : 1;
  return component.geometry.resolutions[r].subbands.map(({ orientation, nb }) => {
    const { epsilon = 0, mu = 0 } = stepOf(quantization, style.numDecompositionLevels, r, orientation) ?? {};
    const gainLog2 = (orientation & 1) + (orientation >> 1);
    const step = style.reversible ? 1 : stepSizeOf(precision, gainLog2, epsilon, mu);
    const energy = energyOf(style.reversible, nb, orientation) * mixing;
    return {
      weightLog2: Math.log2(energy) + 2 * Math.log2(step),
      mb: magnitudeBitPlanesOf(quantization.guardBits, epsilon) + roiShift,
    };
  });
}

/** Coefficients of the code-block in column x and row y of a precinct's part of a subband. */
export function samplesOf(
  band: PrecinctBand,
  geometry: Pick<PrecinctGeometry, 'xcbPrime' | 'ycbPrime'>,
  x: number,
  y: number,
): number {
  const { width, height } = sizeOfBlock(band, geometry, x, y);
  return width * height;
}

/** The size of the code-block in column x and row y of a precinct's subband. */
export function sizeOfBlock(
  band: PrecinctBand,
  { xcbPrime, ycbPrime }: Pick<PrecinctGeometry, 'xcbPrime' | 'ycbPrime'>,
  x: number,
  y: number,
): { readonly width: number; readonly height: number } {
  const width = 2 ** xcbPrime;
  const height = 2 ** ycbPrime;
  const inX = clip(band.x, { lo: (band.firstBlockX + x) * width, hi: (band.firstBlockX + x + 1) * width });
  const inY = clip(band.y, { lo: (band.firstBlockY + y) * height, hi: (band.firstBlockY + y + 1) * height });
  return { width: lengthOf(inX), height: lengthOf(inY) };
}

/** log2 of what pass `pass` of a code-block is worth. Passes never gain in worth. */
function slopeLog2(slopes: BandSlopes, zeroBitPlanes: number, pass: number): number {
  // cleanup of the first bit-plane, then three passes for each (D.3)
  const plane = slopes.mb - 1 - zeroBitPlanes - Math.floor((pass + 2) / 3);
  const phase = pass % 3;
  return slopes.weightLog2 + 2 * plane + (phase === 0 ? CLEANUP : phase === 1 ? 0 : REFINEMENT);
}

/** How much a picture has of what worth: bytes by slope, gathered from all code-blocks. */
export class SlopeBytes {
  private readonly bytes = new Float64Array(HISTOGRAM_SIZE);

  /** Adds `passes` passes of a codeword segment of `length` bytes, the first of which is pass `pass` of its code-block. */
  add(slopes: BandSlopes, block: BlockFacts, pass: number, passes: number, length: number): void {
    let before = 0;
    for (let n = 1; n <= passes; n++) {
      const end = Math.max(before, estimatedEnd(n, passes, pass, length, block.samples));
      this.bytes[binOf(slopeLog2(slopes, block.zeroBitPlanes, pass + n - 1))] += end - before;
      before = end;
    }
  }

  /** Where `numLayers` layers end, so that their sizes are evenly spread over the logarithm. */
  cuts(numLayers: number): LayerCuts {
    let total = 0;
    for (const bytes of this.bytes) total += bytes;
    const thresholds = new Float64Array(numLayers).fill(Number.NEGATIVE_INFINITY);
    const halvings = Math.min(numLayers - 1, MOST_HALVINGS);
    let bin = HISTOGRAM_SIZE - 1;
    let sum = 0;
    for (let layer = 0; layer + 1 < numLayers; layer++) {
      const target = total * 2 ** (-halvings * (1 - layer / (numLayers - 1)));
      while (bin >= 0 && sum + this.bytes[bin] / 2 < target) sum += this.bytes[bin--];
      thresholds[layer] = (bin + 1 - HISTOGRAM_OFFSET) / BINS_PER_LOG2;
    }
    return new LayerCuts(thresholds);
  }
}

function binOf(slope: number): number {
  return Math.min(HISTOGRAM_SIZE - 1, Math.max(0, Math.floor(slope * BINS_PER_LOG2) + HISTOGRAM_OFFSET));
}

/** Where layers end: a pass goes into the first layer whose threshold its worth reaches. */
export class LayerCuts {
  private readonly thresholds: Float64Array;

  constructor(thresholds: Float64Array) {
    this.thresholds = thresholds;
  }

  get numLayers(): number {
    return this.thresholds.length;
  }

  /** Cuts one codeword segment. `pass` is the number of its first pass in the code-block. */
  split(slopes: BandSlopes, block: BlockFacts, pass: number, passes: number, bytes: Uint8Array): LayerPiece[] {
    const pieces: LayerPiece[] = [];
    let from = 0;
    let at = 0;
    while (from < passes) {
      const layer = this.layerOf(slopeLog2(slopes, block.zeroBitPlanes, pass + from));
      let to = from + 1;
      while (to < passes && this.layerOf(slopeLog2(slopes, block.zeroBitPlanes, pass + to)) === layer) to++;
      const end = Math.max(at, estimatedEnd(to, passes, pass, bytes.length, block.samples));
      pieces.push({ layer, passes: to - from, bytes: bytes.subarray(at, end) });
      from = to;
      at = end;
    }
    return pieces;
  }

  private layerOf(slope: number): number {
    const bin = Math.floor(slope * BINS_PER_LOG2) / BINS_PER_LOG2;
    let layer = 0;
    while (layer + 1 < this.thresholds.length && bin < this.thresholds[layer]) layer++;
    return layer;
  }
}

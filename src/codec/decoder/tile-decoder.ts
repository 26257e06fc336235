/**
 * One tile-component from packets to samples: code-blocks, dequantisation, synthesis (15444-1 Annexes D, E, F and H).
 *
 * Resolution level by resolution level: the result of the level below stands at the origin of one plane, the three subbands are
 * decoded into the places beside it, and one synthesis step makes the next level in place. Only code-blocks that touch the window
 * are decoded. Work yields between code-blocks, so that a caller can pause or stop it.
 */
import { stepOf } from '../codestream/qcd.ts';
import { type Diagnostic, type DiagnosticLog, overLimit, unsupported } from '../errors.ts';
import type { Work } from '../executor.ts';
import { clip, type Interval, lengthOf } from '../geometry/axis.ts';
import type { TileComponent } from '../geometry/tile.ts';
import {
  precinctGeometry,
  type PrecinctBand,
  type ResolutionGeometry,
  type SubbandGeometry,
} from '../geometry/tile-component.ts';
import { type ComponentWindow, precinctsOfWindow, subbandPlace, subbandWindow } from '../geometry/window.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import type { PrecinctSnapshot } from '../packets/precinct-source.ts';
import { type PrecinctBlocks, readBlocks } from '../tier2/read-blocks.ts';
import {
  spreadRows,
  synthesise53Columns,
  synthesise53Rows,
  synthesise97Columns,
  synthesise97Rows,
} from '../transform/dwt.ts';
import {
  dequantiseIrreversible,
  dequantiseReversible,
  magnitudeBitPlanesOf,
  stepSizeOf,
} from '../transform/quantization.ts';
import { inverseMaxshift } from '../transform/roi-maxshift.ts';
import { type BlockCoder, type BlockDecoder, BlockJob } from './block-jobs.ts';

/** Bit-planes that fit a coefficient of twice the magnitude in 32 bits with sign. */
const MAX_BIT_PLANES = 30;

/** Gain of a subband as a power of two: LL 0, HL and LH 1, HH 2 (Table E.1). */
const GAIN_LOG2 = [0, 1, 1, 2] as const;

/** Samples of one synthesis piece between two yields; some milliseconds of work. */
const PIECE_SAMPLES = 1 << 19;

/** Precincts between two yields, where none of them holds a code-block. */
const EMPTY_PRECINCTS_AT_ONCE = 256;

/** Columns of one piece: few enough that the six rows which a vertical step touches stay in the nearest cache. */
const MOST_COLUMNS = 1024;
const LEAST_COLUMNS = 64;

/** What all tiles of one decode share. */
export class DecodeContext {
  readonly log: DiagnosticLog;
  readonly layers: number;
  readonly reconstruction: number;
  /** A precinct's code-blocks are held at once. */
  readonly maxBlocksOfPrecinct: number;
  /** Code-blocks decoded so far. */
  codeBlocks = 0;
  /** Bytes of the packets that were read. */
  packetBytes = 0;
  /** Set when anything was missing or damaged. */
  partial = false;
  /** Layers that the tiles have, at most as many as were asked for. */
  mostLayers = 0;
  readonly job = new BlockJob();
  readonly coefficients = new Int32Array(4096);
  private readonly coders: readonly { coder: BlockCoder; decoder: BlockDecoder | undefined }[];
  private readonly fewestPackets: number[] = [];
  private readonly taken = new Set<string>();
  private intScratch = new Int32Array(0);
  private floatScratch = new Float32Array(0);

  constructor(
    coders: readonly BlockCoder[],
    layers: number,
    reconstruction: number,
    log: DiagnosticLog,
    limits: Pick<Limits, 'codeBlocks'> = DEFAULT_LIMITS,
  ) {
    this.maxBlocksOfPrecinct = limits.codeBlocks;
    this.coders = coders.map((coder) => ({ coder, decoder: undefined }));
    this.layers = layers;
    this.reconstruction = reconstruction;
    this.log = log;
    // findings in the main header are in the log already, and the source will name them again
    for (const diagnostic of log.list) this.taken.add(keyOf(diagnostic));
  }

  /** The decoder for a code-block style. */
  decoderFor(style: number): BlockDecoder {
    for (const entry of this.coders) {
      if (!entry.coder.handles(style)) continue;
      entry.decoder ??= entry.coder.createDecoder();
      return entry.decoder;
    }
    const clause = style & 0x40 ? '15444-15 A.4' : '15444-1 Table A.19';
    throw unsupported('capability', `no coder for code-block style 0x${style.toString(16)}`, { clause });
  }

  /** Notes that a precinct of resolution level r had so many packets of those that were wanted. */
  notePackets(r: number, packets: number, complete: boolean): void {
    const layers = complete ? Number.POSITIVE_INFINITY : packets;
    this.fewestPackets[r] = Math.min(this.fewestPackets[r] ?? Number.POSITIVE_INFINITY, layers);
    if (layers < this.layers) this.partial = true;
  }

  /** Resolution levels, from the lowest, of which every precinct had a packet; and the layers that all of those had. */
  completeness(): { resolutions: number; layers: number } {
    let resolutions = 0;
    let layers = this.mostLayers;
    while (resolutions < this.fewestPackets.length && (this.fewestPackets[resolutions] ?? 1) > 0) {
      layers = Math.min(layers, this.fewestPackets[resolutions] ?? layers);
      resolutions++;
    }
    return { resolutions, layers: resolutions === 0 ? 0 : layers };
  }

  /** Hands on what a source tolerated; what was handed on before is not repeated. */
  take(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const key = keyOf(diagnostic);
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      this.log.add(diagnostic.code, diagnostic.message, diagnostic);
    }
  }

  ints(length: number): Int32Array {
    if (this.intScratch.length < length) this.intScratch = new Int32Array(length);
    return this.intScratch;
  }

  floats(length: number): Float32Array {
    if (this.floatScratch.length < length) this.floatScratch = new Float32Array(length);
    return this.floatScratch;
  }
}

function keyOf({ code, offset, message }: Diagnostic): string {
  return `${code} ${offset} ${message}`;
}

/** A decoded window of a tile-component: samples before component transform and level shift. */
export interface ComponentPlane {
  readonly data: Int32Array | Float32Array;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** The plane of one tile-component; it takes no memory until a code-block has something to put there. */
class WorkPlane {
  readonly stride: number;
  /** Undefined as long as every coefficient is 0. */
  data: Int32Array | Float32Array | undefined;
  private readonly size: number;
  private readonly reversible: boolean;

  constructor(stride: number, height: number, reversible: boolean) {
    this.stride = stride;
    this.size = stride * height;
    this.reversible = reversible;
  }

  allocate(): Int32Array | Float32Array {
    this.data ??= this.reversible ? new Int32Array(this.size) : new Float32Array(this.size);
    return this.data;
  }
}

/**
 * A plane of zeros: one row, which stands for all of them by a stride of 0. A file that says nothing about its samples costs
 * next to nothing here, however large it claims to be.
 */
export function zeroPlane(width: number, height: number, reversible: boolean): ComponentPlane {
  return { data: reversible ? new Int32Array(width) : new Float32Array(width), stride: 0, width, height };
}

/** Decodes a window of one tile-component. */
export function* decodeTileComponent(
  tile: number,
  component: TileComponent,
  window: ComponentWindow,
  snapshot: PrecinctSnapshot,
  context: DecodeContext,
): Work<ComponentPlane> {
  const { reversible } = component.parameters.style;
  const width = lengthOf(window.x.kept[window.target]);
  const height = lengthOf(window.y.kept[window.target]);
  const plane = new WorkPlane(window.x.extent, window.y.extent, reversible);
  for (let r = 0; r <= window.target; r++) {
    const resolution = component.geometry.resolutions[r];
    if (r > 0 && plane.data) yield* makeRoom(plane.data, plane.stride, window, r);
    yield* decodeSubbands(tile, component, resolution, window, snapshot, plane, context);
    if (r > 0 && plane.data) yield* synthesise(plane.data, plane.stride, window, r, context);
  }
  return plane.data ? { data: plane.data, stride: plane.stride, width, height } : zeroPlane(width, height, reversible);
}

/** Spreads the rows of the level below and clears the places of the three subbands, which may hold margins of it. */
function* makeRoom(data: Int32Array | Float32Array, stride: number, window: ComponentWindow, r: number): Work<void> {
  const h = window.x.steps[r];
  const v = window.y.steps[r];
  const width = h.numLow + h.numHigh;
  spreadRows(data, stride, h.numLow, v.numLow, v.parity);
  yield;
  const rows = Math.max(1, Math.floor(PIECE_SAMPLES / Math.max(1, width)));
  for (let y = 0; y < v.numLow + v.numHigh; y++) {
    const low = (y & 1) === v.parity;
    data.fill(0, y * stride + (low ? h.numLow : 0), y * stride + width);
    if (y % rows === rows - 1) yield;
  }
}

function* synthesise(
  data: Int32Array | Float32Array,
  stride: number,
  window: ComponentWindow,
  r: number,
  context: DecodeContext,
): Work<void> {
  const h = window.x.steps[r];
  const v = window.y.steps[r];
  const width = h.numLow + h.numHigh;
  const height = v.numLow + v.numHigh;
  if (h.count === 0 || v.count === 0) return;
  const rows = Math.max(1, Math.floor(PIECE_SAMPLES / width));
  const columns = Math.max(LEAST_COLUMNS, Math.min(MOST_COLUMNS, Math.floor(PIECE_SAMPLES / height)));
  if (data instanceof Int32Array) {
    const scratch = context.ints(width);
    for (let y = 0; y < height; y += rows) {
      synthesise53Rows(data, stride, h, y, Math.min(height, y + rows), scratch);
      yield;
    }
    for (let x = 0; x < h.count; x += columns) {
      synthesise53Columns(data, stride, v, x, Math.min(h.count, x + columns));
      yield;
    }
  } else {
    const scratch = context.floats(width);
    for (let y = 0; y < height; y += rows) {
      synthesise97Rows(data, stride, h, v, y, Math.min(height, y + rows), scratch);
      yield;
    }
    for (let x = 0; x < h.count; x += columns) {
      synthesise97Columns(data, stride, v, x, Math.min(h.count, x + columns));
      yield;
    }
  }
}

/** What is the same for all code-blocks of a subband. */
interface SubbandPlan {
  readonly subband: SubbandGeometry;
  /** The wanted part of the subband, and where it begins in the plane. */
  readonly x: Interval;
  readonly y: Interval;
  readonly placeX: number;
  readonly placeY: number;
  /** Rows from one row of the subband to the next: two where they are interleaved with those of another. */
  readonly rowStep: 1 | 2;
  /** M_b plus region shift. */
  readonly bitPlanes: number;
  readonly roiShift: number;
  readonly step: number;
}

function* decodeSubbands(
  tile: number,
  component: TileComponent,
  resolution: ResolutionGeometry,
  window: ComponentWindow,
  snapshot: PrecinctSnapshot,
  plane: WorkPlane,
  context: DecodeContext,
): Work<void> {
  const rect = precinctsOfWindow(window, resolution);
  if (rect === undefined) return;
  const { style, roiShift } = component.parameters;
  const decoder = context.decoderFor(style.codeBlockStyle);
  const { r } = resolution;
  const plans = resolution.subbands.map((subband) =>
    planSubband(component, resolution, subband, window, roiShift, snapshot, context),
  );
  for (let py = rect.y0; py < rect.y1; py++) {
    for (let px = rect.x0; px < rect.x1; px++) {
      const precinct = py * resolution.numPrecinctsWide + px;
      // precincts without data are many where a file is only a header
      if (px % EMPTY_PRECINCTS_AT_ONCE === 0) yield;
      const geometry = precinctGeometry(resolution, precinct);
      if (geometry.numBlocks === 0) continue;
      if (geometry.numBlocks > context.maxBlocksOfPrecinct) {
        const message = `a precinct has ${geometry.numBlocks} code-blocks, the limit is ${context.maxBlocksOfPrecinct}`;
        throw overLimit('limit-code-blocks', message, { clause: '15444-1 B.7' });
      }
      const held = snapshot.get({ tile, component: component.component, resolution: r, precinct });
      context.notePackets(r, held?.packets.length ?? 0, held?.complete ?? false);
      if (held === undefined) continue;
      const blocks = readBlocks(geometry, style.codeBlockStyle, held, context.layers);
      if (blocks.error) {
        context.partial = true;
        const where = `tile ${tile}, component ${component.component}, resolution level ${r}, precinct ${precinct}`;
        context.log.add(blocks.error.code, `${where}: ${blocks.error.reason}`, { clause: '15444-1 B.10' });
      }
      for (const body of blocks.bodies) context.packetBytes += body.length;
      let first = 0;
      for (const band of geometry.bands) {
        const plan = plans[band.band];
        if (plan !== undefined) {
          yield* decodeBand(band, first, blocks, plan, style.codeBlockStyle, decoder, plane, context);
        }
        first += band.numBlocksWide * band.numBlocksHigh;
      }
    }
  }
}

function planSubband(
  component: TileComponent,
  resolution: ResolutionGeometry,
  subband: SubbandGeometry,
  window: ComponentWindow,
  roiShift: number,
  snapshot: PrecinctSnapshot,
  context: DecodeContext,
): SubbandPlan | undefined {
  const { style, quantization } = component.parameters;
  const wanted = subbandWindow(window, resolution.r, subband.orientation);
  const x = clip(wanted.x, subband.x);
  const y = clip(wanted.y, subband.y);
  if (lengthOf(x) === 0 || lengthOf(y) === 0) return undefined;
  const place = subbandPlace(window, resolution.r, subband.orientation);
  const levels = style.numDecompositionLevels;
  let step = stepOf(quantization, levels, resolution.r, subband.orientation);
  if (step === undefined) {
    // the last step given is the best guess there is
    step = { epsilon: quantization.epsilon.at(-1)!, mu: quantization.mu.at(-1)! };
    context.partial = true;
    const found = quantization.epsilon.length;
    context.log.add('qcd-length', `${found} step sizes for ${3 * levels + 1} subbands; the last one is used again`, {
      clause: '15444-1 A.6.4',
    });
  }
  if (style.reversible && quantization.style !== 'none' && resolution.r === 0) {
    context.log.add('qcd-value', 'step sizes with the reversible filter; they are ignored', {
      clause: '15444-1 A.6.4',
    });
  }
  const { precision } = snapshot.main.siz.components[component.component];
  return {
    subband,
    x,
    y,
    placeX: place.x + x.lo - wanted.x.lo,
    placeY: place.y + place.rowStep * (y.lo - wanted.y.lo),
    rowStep: place.rowStep,
    bitPlanes: magnitudeBitPlanesOf(quantization.guardBits, step.epsilon) + roiShift,
    roiShift,
    step: stepSizeOf(precision, GAIN_LOG2[subband.orientation], step.epsilon, step.mu),
  };
}

function* decodeBand(
  band: PrecinctBand,
  firstBlock: number,
  blocks: PrecinctBlocks,
  plan: SubbandPlan,
  style: number,
  decoder: BlockDecoder,
  plane: WorkPlane,
  context: DecodeContext,
): Work<void> {
  const { xcbPrime, ycbPrime } = blocks.geometry;
  const { job, coefficients } = context;
  const width = 2 ** xcbPrime;
  const height = 2 ** ycbPrime;
  for (let by = 0; by < band.numBlocksHigh; by++) {
    const y0 = Math.max((band.firstBlockY + by) * height, band.y.lo);
    const y1 = Math.min((band.firstBlockY + by + 1) * height, band.y.hi);
    if (y1 <= plan.y.lo || y0 >= plan.y.hi) continue;
    for (let bx = 0; bx < band.numBlocksWide; bx++) {
      const x0 = Math.max((band.firstBlockX + bx) * width, band.x.lo);
      const x1 = Math.min((band.firstBlockX + bx + 1) * width, band.x.hi);
      if (x1 <= plan.x.lo || x0 >= plan.x.hi) continue;
      const block = firstBlock + by * band.numBlocksWide + bx;
      job.gather(blocks, block, context.layers);
      if (job.numPasses === 0) continue;
      const bitPlanes = plan.bitPlanes - blocks.contributions.zeroBitPlanes[block];
      if (bitPlanes > MAX_BIT_PLANES) {
        throw unsupported(
          'code-block-depth',
          `${bitPlanes} bit-planes in a code-block, ${MAX_BIT_PLANES} are carried`,
          {
            clause: '15444-1 E.1',
          },
        );
      }
      if (bitPlanes <= 0) {
        context.partial = true;
        context.log.add('code-block-depth', 'a code-block has passes but no bit-plane left for them', {
          clause: '15444-1 B.10.5',
        });
        continue;
      }
      job.width = x1 - x0;
      job.height = y1 - y0;
      job.subband = plan.subband.orientation;
      job.style = style;
      job.bitPlanes = bitPlanes;
      const findings = decoder.decode(job, coefficients, 0, job.width);
      context.codeBlocks++;
      if (findings !== 0) {
        context.partial = true;
        context.log.add(
          'code-block-check',
          `a code-block is damaged (finding ${findings}); its later passes were left out`,
          {
            clause: '15444-1 D.5',
          },
        );
      }
      if (plan.roiShift > 0) inverseMaxshift(coefficients, job.width * job.height, plan.roiShift);
      place(coefficients, job.width, x0, y0, x1, y1, plan, plane.allocate(), plane.stride, context.reconstruction);
      yield;
    }
  }
}

/** Dequantises the part of a code-block that lies in the window into the plane. */
function place(
  coefficients: Int32Array,
  blockWidth: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  plan: SubbandPlan,
  data: Int32Array | Float32Array,
  stride: number,
  reconstruction: number,
): void {
  const left = Math.max(x0, plan.x.lo);
  const top = Math.max(y0, plan.y.lo);
  const width = Math.min(x1, plan.x.hi) - left;
  const height = Math.min(y1, plan.y.hi) - top;
  const from = (top - y0) * blockWidth + (left - x0);
  const rowStride = plan.rowStep * stride;
  const to = plan.placeY * stride + (top - plan.y.lo) * rowStride + plan.placeX + left - plan.x.lo;
  if (data instanceof Int32Array) {
    dequantiseReversible(coefficients, from, blockWidth, width, height, data, to, rowStride, reconstruction);
  } else {
    dequantiseIrreversible(
      coefficients,
      from,
      blockWidth,
      width,
      height,
      data,
      to,
      rowStride,
      plan.step,
      reconstruction,
    );
  }
}

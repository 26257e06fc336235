/**
 * A tile whose packets are taken apart to code-blocks and put together anew: other precincts (15444-1 B.6, B.7), or more layers.
 *
 * Code-blocks keep their place, their missing bit-planes and every byte; inclusion and zero bit-plane trees, pass counts and lengths are
 * written anew (B.10). A whole tile is held in memory for that.
 */
import { joinBytes } from '../bits/join-bytes.ts';
import { PacketBitWriter } from '../bits/packet-bit-writer.ts';
import { STYLE_HIGH_THROUGHPUT } from '../codestream/cod.ts';
import { stepOf } from '../codestream/qcd.ts';
import { type DiagnosticLog, malformed, overLimit, usage } from '../errors.ts';
import { cellRange } from '../geometry/axis.ts';
import {
  type PrecinctBand,
  type PrecinctGeometry,
  numPrecinctsOf,
  precinctGeometry,
  type ResolutionGeometry,
} from '../geometry/tile-component.ts';
import type { TileComponent, TileGeometry } from '../geometry/tile.ts';
import type { PrecinctSnapshot } from '../packets/precinct-source.ts';
import { EMPTY_PACKET } from '../packets/tile-layout.ts';
import {
  RECORD_LENGTH,
  RECORD_NEXT,
  RECORD_OFFSET,
  RECORD_PACKET,
  RECORD_PASSES,
  RECORD_SIZE,
} from '../tier2/packet-header.ts';
import { NO_VALUE, type PacketContents, PrecinctWriter } from '../tier2/precinct-writer.ts';
import { type PrecinctBlocks, readBlocks } from '../tier2/read-blocks.ts';
import type { TranscodePlan } from './headers.ts';
import { type BandSlopes, bandSlopesOf, type LayerCuts, samplesOf, sizeOfBlock } from './layer-cuts.ts';
import type { BlockRecoder } from './recoded-block.ts';
import { inOrder, mostPackets, type OpenTile, orderOf, type PacketRun, type TilePair, wholeTile } from './open-tile.ts';
import { loadedExactly, type TranscodeWork } from './work.ts';

/** Opens a tile for writing its packets anew. Damage that only shows in packet headers is told in `log`. */
export function* openRebuiltTile(
  plan: TranscodePlan,
  pair: TilePair,
  cuts: LayerCuts | undefined,
  log: DiagnosticLog,
): TranscodeWork<OpenTile> {
  const { source, result } = pair;
  const { order, numbers } = orderOf(plan, result);
  const { numLayers } = result.header.cod;
  const headers: Uint8Array[] = new Array(numbers.count).fill(EMPTY_PACKET);
  const bodies: Uint8Array[] = new Array(numbers.count).fill(NO_BYTES);
  let complete = pair.ends.tile(pair.number) !== undefined;
  if (source) {
    checkLayers(cuts, source);
    checkCodeBlocks(plan, source);
    const wanted = Math.min(plan.options.layers ?? 65535, source.header.cod.numLayers);
    const snapshot = yield* loadedExactly(wholeTile(plan, source));
    for (const component of result.components) {
      const from = source.components[plan.components[component.component]];
      checkPartition(from, component);
      for (const resolution of component.geometry.resolutions) {
        const level = new SourceLevel(snapshot, pair.number, from, resolution.r, wanted, log);
        const slopes = cuts && bandSlopesOf(plan.source, source, from, resolution.r);
        for (let precinct = 0; precinct < numPrecinctsOf(resolution); precinct++) {
          const geometry = precinctGeometry(resolution, precinct);
          const first = numbers.of(component.component, resolution.r, precinct, 0);
          const take = plan.recoder
            ? recodedBlocks(plan.recoder, from, resolution.r, log, level)
            : (blocks: PrecinctBlocks, number: number, place: BlockPlace) =>
                takenOver(blocks, number, place, slopes, cuts, numLayers);
          yield* writeAnew(geometry, level, take, plan.recoder !== undefined, numLayers, headers, bodies, first);
          yield {};
        }
        complete &&= level.complete;
      }
    }
  }
  const inList = inOrder(result, order, numbers, lengthsOf(headers), lengthsOf(bodies));
  return {
    geometry: result,
    arrangement: pair.arrangement,
    order,
    ...inList,
    complete,
    madeUp: source && complete ? 0 : order.count,
    // biome-ignore lint/correctness/useYield: everything is there already
    *packets(from, to): TranscodeWork<PacketRun> {
      const run = { headers: new Array<Uint8Array>(to - from), bodies: new Array<Uint8Array>(to - from) };
      for (let k = from; k < to; k++) {
        const n = numbers.of(order.component[k], order.resolution[k], order.precinct[k], order.layer[k]);
        run.headers[k - from] = headers[n];
        run.bodies[k - from] = bodies[n];
      }
      return run;
    },
  };
}

/** Their contributions are all held at once. */
export function checkCodeBlocks(plan: TranscodePlan, source: TileGeometry): void {
  const most = mostPackets(plan);
  let count = 0;
  for (const c of plan.components) {
    for (const { subbands, xcbPrime, ycbPrime } of source.components[c].geometry.resolutions) {
      for (const { x, y } of subbands) count += cellRange(x, xcbPrime).count * cellRange(y, ycbPrime).count;
    }
  }
  if (count <= most) return;
  throw overLimit('limit-code-blocks', `tile ${source.tile} has ${count} code-blocks, the limit is ${most}`);
}

function checkLayers(cuts: LayerCuts | undefined, { header, components }: TileGeometry): void {
  if (cuts === undefined) return;
  const { numLayers } = header.cod;
  if (numLayers > 1) {
    throw usage('option-value', `layers can be put into pictures that have one; this one has ${numLayers}`);
  }
  if (components.some(({ parameters }) => (parameters.style.codeBlockStyle & STYLE_HIGH_THROUGHPUT) !== 0)) {
    throw usage('option-value', 'high-throughput code-blocks cannot be cut into layers', { clause: '15444-15 B.1' });
  }
}

/** B.7: xcb' and ycb' depend on the precinct, and with them what is a code-block. */
function checkPartition(source: TileComponent, result: TileComponent): void {
  for (const { r, xcbPrime, ycbPrime, ppx, ppy } of result.geometry.resolutions) {
    const before = source.geometry.resolutions[r];
    if (before.xcbPrime === xcbPrime && before.ycbPrime === ycbPrime) continue;
    const asked = `precincts of ${2 ** ppx} x ${2 ** ppy} at resolution level ${r} of component ${source.component}`;
    const was = `${2 ** before.xcbPrime} x ${2 ** before.ycbPrime}`;
    const message = `${asked} go with code-blocks of ${2 ** xcbPrime} x ${2 ** ycbPrime}; those of the source are ${was}`;
    throw usage('precinct-partition', message, { clause: '15444-1 B.7' });
  }
}

/** The code-blocks of one resolution level of the source, found by their place on the code-block grid. */
class SourceLevel {
  /** False when packets are missing or damaged. */
  complete = true;
  private readonly snapshot: PrecinctSnapshot;
  private readonly tile: number;
  private readonly component: TileComponent;
  private readonly resolution: ResolutionGeometry;
  /** Layers that are wanted. */
  private readonly layers: number;
  private readonly log: DiagnosticLog;
  private readonly precincts = new Map<number, PrecinctBlocks>();

  constructor(
    snapshot: PrecinctSnapshot,
    tile: number,
    component: TileComponent,
    r: number,
    layers: number,
    log: DiagnosticLog,
  ) {
    this.layers = layers;
    this.snapshot = snapshot;
    this.tile = tile;
    this.component = component;
    this.resolution = component.geometry.resolutions[r];
    this.log = log;
  }

  /** The precinct that holds code-block (bx, by) of a subband, and the number it has there. */
  find(band: number, bx: number, by: number): { readonly blocks: PrecinctBlocks; readonly number: number } {
    const { resolution } = this;
    const half = resolution.r === 0 ? 0 : 1;
    // a precinct is a whole number of code-blocks in each direction
    const column = Math.floor(bx / 2 ** (resolution.ppx - half - resolution.xcbPrime)) - resolution.firstPrecinctX;
    const row = Math.floor(by / 2 ** (resolution.ppy - half - resolution.ycbPrime)) - resolution.firstPrecinctY;
    const blocks = this.precinct(row * resolution.numPrecinctsWide + column);
    let number = 0;
    for (let b = 0; b < band; b++)
      number += blocks.geometry.bands[b].numBlocksWide * blocks.geometry.bands[b].numBlocksHigh;
    const { firstBlockX, firstBlockY, numBlocksWide } = blocks.geometry.bands[band];
    return { blocks, number: number + (by - firstBlockY) * numBlocksWide + (bx - firstBlockX) };
  }

  private precinct(index: number): PrecinctBlocks {
    let blocks = this.precincts.get(index);
    if (blocks) return blocks;
    const { component, parameters } = this.component;
    const key = { tile: this.tile, component, resolution: this.resolution.r, precinct: index };
    const held = this.snapshot.get(key) ?? { packets: [], complete: false };
    const whole = { packets: held.packets, complete: held.complete };
    blocks = readBlocks(precinctGeometry(this.resolution, index), parameters.style.codeBlockStyle, whole, 65535);
    if (blocks.error)
      this.log.add(blocks.error.code, `tile ${this.tile}: ${blocks.error.reason}`, { clause: '15444-1 B.10' });
    if (blocks.error || (!held.complete && held.packets.length < this.layers)) this.complete = false;
    this.precincts.set(index, blocks);
    return blocks;
  }
}

/** What one packet adds to one codeword segment of a code-block. */
interface Piece {
  readonly layer: number;
  readonly passes: number;
  readonly bytes: Uint8Array;
}

/** A code-block of the result: where it is, and how many layers there are. */
interface BlockPlace {
  readonly geometry: PrecinctGeometry;
  readonly band: PrecinctBand;
  readonly x: number;
  readonly y: number;
  readonly numLayers: number;
}

/** A code-block's contributions in order, none for one that is never included, and its missing bit-planes. */
interface TakenBlock {
  readonly zeroBitPlanes: number;
  readonly pieces: readonly Piece[];
}

/** What becomes of code-block `number` of a precinct of the source. */
type TakeBlock = (blocks: PrecinctBlocks, number: number, place: BlockPlace) => TakenBlock;

/** As it was, or cut into new layers. */
function takenOver(
  blocks: PrecinctBlocks,
  number: number,
  { band, geometry, x, y }: BlockPlace,
  slopes: readonly BandSlopes[] | undefined,
  cuts: LayerCuts | undefined,
  numLayers: number,
): TakenBlock {
  const insert = cuts && slopes && { cuts, slopes: slopes[band.band], samples: samplesOf(band, geometry, x, y) };
  const pieces = piecesOf(blocks, number, numLayers, insert);
  return { zeroBitPlanes: blocks.contributions.zeroBitPlanes[number], pieces };
}

/** With its coefficients coded anew. */
function recodedBlocks(
  recoder: BlockRecoder,
  { component, parameters }: TileComponent,
  r: number,
  log: DiagnosticLog,
  level: SourceLevel,
): TakeBlock {
  const { style, quantization, roiShift } = parameters;
  return (blocks, number, { band, geometry, x, y, numLayers }) => {
    const orientation = band.subband.orientation;
    const step = stepOf(quantization, style.numDecompositionLevels, r, orientation);
    if (step === undefined)
      throw malformed('qcd-length', `no step size for resolution level ${r}`, { clause: '15444-1 A.6.4' });
    const size = sizeOfBlock(band, geometry, x, y);
    const bitPlanes = quantization.guardBits + step.epsilon - 1 + roiShift;
    const facts = { ...size, subband: orientation, style: style.codeBlockStyle, bitPlanes };
    const recoded = recoder.recode(blocks, number, facts, numLayers);
    if (recoded === undefined) return { zeroBitPlanes: NO_VALUE, pieces: [] };
    if (recoded.findings !== 0) {
      level.complete = false;
      const message = `a code-block of component ${component} is damaged (finding ${recoded.findings})`;
      log.add('code-block-check', message, { clause: '15444-1 D.5' });
    }
    const { layer, zeroBitPlanes } = recoded;
    return { zeroBitPlanes, pieces: recoded.segments.map((segment) => ({ ...segment, layer })) };
  };
}

/** Code-blocks that are recoded between two yields: some milliseconds of work. */
const BLOCKS_AT_ONCE = 16;

/** Writes the packets of one precinct into `headers` and `bodies`, from place `first` on. */
function* writeAnew(
  geometry: PrecinctGeometry,
  level: SourceLevel,
  take: TakeBlock,
  recoded: boolean,
  numLayers: number,
  headers: Uint8Array[],
  bodies: Uint8Array[],
  first: number,
): TranscodeWork<void> {
  const { numBlocks } = geometry;
  const zeroBitPlanes = new Uint8Array(numBlocks).fill(NO_VALUE);
  const pieces: (readonly Piece[])[] = [];
  let classicBlocks: Uint8Array | undefined;
  let block = 0;
  for (const band of geometry.bands) {
    for (let y = 0; y < band.numBlocksHigh; y++) {
      for (let x = 0; x < band.numBlocksWide; x++, block++) {
        const { blocks, number } = level.find(band.band, band.firstBlockX + x, band.firstBlockY + y);
        const taken = take(blocks, number, { geometry, band, x, y, numLayers });
        if (!recoded && blocks.contributions.classicBlocks) {
          classicBlocks ??= new Uint8Array(numBlocks);
          classicBlocks[block] = blocks.contributions.classicBlocks[number];
        }
        pieces.push(taken.pieces);
        if (recoded && block % BLOCKS_AT_ONCE === BLOCKS_AT_ONCE - 1) yield {};
        if (taken.pieces.length > 0) zeroBitPlanes[block] = taken.zeroBitPlanes;
      }
    }
  }
  const writer = new PrecinctWriter(geometry, zeroBitPlanes, classicBlocks);
  const bits = new PacketBitWriter();
  const next = new Int32Array(numBlocks);
  for (let layer = 0; layer < numLayers; layer++) {
    const { contents, bytes } = contentsOf(pieces, next, layer);
    bits.reset();
    writer.writeHeader(bits, contents);
    headers[first + layer] = bits.take();
    bodies[first + layer] = joinBytes(bytes);
  }
}

/** The contributions of one code-block in order, those of layers beyond the result's left out. */
function piecesOf(
  { contributions, bodies }: PrecinctBlocks,
  number: number,
  numLayers: number,
  insert: { readonly cuts: LayerCuts; readonly slopes: BandSlopes; readonly samples: number } | undefined,
): Piece[] {
  const pieces: Piece[] = [];
  const { records, first, zeroBitPlanes } = contributions;
  const facts = { zeroBitPlanes: zeroBitPlanes[number], samples: insert?.samples ?? 0 };
  let pass = 0;
  for (let k = first[number]; k >= 0; k = records[k * RECORD_SIZE + RECORD_NEXT]) {
    const at = k * RECORD_SIZE;
    const layer = records[at + RECORD_PACKET];
    const body = bodies[layer];
    if (body === undefined || layer >= numLayers) break;
    const passes = records[at + RECORD_PASSES];
    const offset = records[at + RECORD_OFFSET];
    const bytes = body.subarray(offset, offset + records[at + RECORD_LENGTH]);
    if (insert) pieces.push(...insert.cuts.split(insert.slopes, facts, pass, passes, bytes));
    else pieces.push({ layer, passes, bytes });
    pass += passes;
  }
  return pieces;
}

/** What one layer takes of each code-block's pieces; `next` goes on. */
function contentsOf(
  pieces: readonly (readonly Piece[])[],
  next: Int32Array,
  layer: number,
): { readonly contents: PacketContents; readonly bytes: readonly Uint8Array[] } {
  const pieceStart = new Int32Array(pieces.length + 1);
  const taken: Piece[] = [];
  pieces.forEach((list, block) => {
    pieceStart[block] = taken.length;
    for (let piece = list[next[block]]; piece?.layer === layer; piece = list[++next[block]]) taken.push(piece);
  });
  pieceStart[pieces.length] = taken.length;
  const contents = {
    pieceStart,
    piecePasses: Int32Array.from(taken, ({ passes }) => passes),
    pieceLengths: Int32Array.from(taken, ({ bytes }) => bytes.length),
  };
  return { contents, bytes: taken.map(({ bytes }) => bytes) };
}

function lengthsOf(pieces: readonly Uint8Array[]): Int32Array {
  return Int32Array.from(pieces, (piece) => piece.length);
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

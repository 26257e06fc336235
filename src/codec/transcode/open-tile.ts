/**
 * One tile of a result before it is written: its geometry, the order of its packets and their lengths, and a way to get at them.
 */
import { joinTileHeaders, progressionChangesOf, type TileHeader } from '../codestream/coding-parameters.ts';
import { type TileGeometry, tileGeometry } from '../geometry/tile.ts';
import { numPrecinctsOf } from '../geometry/tile-component.ts';
import { type Arrangement, type PacketOrder, packetOrderOf } from '../packets/arrangement.ts';
import type { ComponentSelection, PacketEnds, PrecinctPlan, TileSelection } from '../packets/precinct-source.ts';
import { overLimit, usage } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { arrangementOf, checkLevels, tileHeaderOf, type TranscodePlan } from './headers.ts';
import { endsOf, type TranscodeWork } from './work.ts';

/** Packets of a tile, headers apart and without EPH. */
export interface PacketRun {
  readonly headers: readonly Uint8Array[];
  readonly bodies: readonly Uint8Array[];
}

/** A tile of the result. Arrays are by packet, in the order of the result. */
export interface OpenTile {
  readonly geometry: TileGeometry;
  readonly arrangement: Arrangement;
  readonly order: PacketOrder;
  /** Bytes of packet headers without EPH, and of bodies. */
  readonly headerLengths: Int32Array;
  readonly bodyLengths: Int32Array;
  /** False when the source lacks packets of it. */
  readonly complete: boolean;
  /** Packets that are empty because the source has none, or none is wanted. */
  readonly madeUp: number;
  /** Brings in the packets `from .. to`. */
  packets(from: number, to: number): TranscodeWork<PacketRun>;
}

/** A tile of the source and what becomes of it. */
export interface TilePair {
  /** Number of the tile in the source. */
  readonly number: number;
  /** The tile in the source; `undefined` when nothing of it is to be had, or wanted. */
  readonly source: TileGeometry | undefined;
  readonly result: TileGeometry;
  readonly arrangement: Arrangement;
  /** The source's words on the tile so far. */
  readonly ends: PacketEnds;
}

/** Reads the header of tile `tile` of the result and works out its geometry. */
export function* openPair(plan: TranscodePlan, tile: number): TranscodeWork<TilePair> {
  const number = plan.tiles[tile];
  const ends = yield* endsOf([{ tile: number, components: [], layers: 0 }]);
  const header: TileHeader = ends.tile(number) ?? joinTileHeaders(plan.source, number, []);
  checkLevels(plan, header);
  const result = tileGeometry(plan.main, tileHeaderOf(plan, tile, header));
  const wanted = ends.tile(number) !== undefined && (plan.filled === undefined || plan.filled.has(number));
  return {
    number,
    source: wanted ? tileGeometry(plan.source, header) : undefined,
    result,
    arrangement: arrangementOf(plan, header),
    ends,
  };
}

/** Everything of a source tile that the result keeps, as something to ask for. */
export function wholeTile(plan: TranscodePlan, source: TileGeometry): PrecinctPlan {
  const components = plan.components.map((component): ComponentSelection => {
    const { resolutions } = source.components[component].geometry;
    const kept = resolutions.slice(0, Math.max(0, resolutions.length - plan.reduce));
    return {
      component,
      resolutions: kept.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    };
  });
  const { numLayers } = source.header.cod;
  const layers = Math.min(plan.options.layers ?? numLayers, numLayers);
  const selection: TileSelection = { tile: source.tile, components, layers };
  return [selection];
}

/** The order of a tile's packets, and where in lists by precinct and layer each of them has its place. */
export function orderOf(
  plan: TranscodePlan,
  tile: TileGeometry,
): { readonly order: PacketOrder; readonly numbers: PacketNumbers } {
  const numbers = new PacketNumbers(tile);
  const most = mostPackets(plan);
  if (numbers.count > most) {
    throw overLimit('limit-code-blocks', `tile ${tile.tile} has ${numbers.count} packets, the limit is ${most}`);
  }
  // each change of progression goes through the packets anew, those that came before it too (A.6.6)
  const changes = progressionChangesOf(plan.main, tile.header).length;
  if (changes * numbers.count > MOST_STEPS * most) {
    const message = `${changes} changes of progression for the ${numbers.count} packets of tile ${tile.tile}`;
    throw overLimit('limit-code-blocks', `${message} are more than ${MOST_STEPS} times the limit of ${most}`);
  }
  return { order: packetOrderOf(plan.main, tile), numbers };
}

/** Steps through packets for each packet that may be held. */
const MOST_STEPS = 16;

/** Packets and code-blocks that a transcode may hold at once, and packets that it may make up where the source has none. */
export function mostPackets({ options }: TranscodePlan): number {
  return options.limits?.codeBlocks ?? DEFAULT_LIMITS.codeBlocks;
}

/** Numbers all packets of a tile by component, resolution level, precinct and layer. */
export class PacketNumbers {
  readonly count: number;
  private readonly numLayers: number;
  private readonly first: readonly (readonly number[])[];

  constructor(tile: TileGeometry) {
    this.numLayers = tile.header.cod.numLayers;
    let n = 0;
    this.first = tile.components.map(({ geometry }) =>
      geometry.resolutions.map((resolution) => {
        const first = n;
        n += numPrecinctsOf(resolution) * this.numLayers;
        return first;
      }),
    );
    this.count = n;
  }

  of(component: number, resolution: number, precinct: number, layer: number): number {
    return this.first[component][resolution] + precinct * this.numLayers + layer;
  }
}

/** Puts lengths that are listed by {@link PacketNumbers} into the order of packets. No packet that holds something may be left out. */
export function inOrder(
  tile: TileGeometry,
  order: PacketOrder,
  numbers: PacketNumbers,
  headers: Int32Array,
  bodies: Int32Array,
): { readonly headerLengths: Int32Array; readonly bodyLengths: Int32Array } {
  const headerLengths = new Int32Array(order.count);
  const bodyLengths = new Int32Array(order.count);
  for (let k = 0; k < order.count; k++) {
    const n = numbers.of(order.component[k], order.resolution[k], order.precinct[k], order.layer[k]);
    headerLengths[k] = headers[n];
    bodyLengths[k] = bodies[n];
  }
  if (order.count < numbers.count) {
    let held = 0;
    let sent = 0;
    for (const length of bodies) if (length > 0) held++;
    for (const length of bodyLengths) if (length > 0) sent++;
    if (sent < held) {
      throw usage('option-value', `the progression changes leave out ${held - sent} packets of tile ${tile.tile}`, {
        clause: '15444-1 A.6.6',
      });
    }
  }
  return { headerLengths, bodyLengths };
}

/**
 * What belongs to the order of bytes in a codestream and not to the picture: which packet comes when, where tiles are cut into
 * tile-parts, and which aids for readers are written. All lengths are worked out here, before anything is written.
 */
import { progressionChangesOf } from '../codestream/coding-parameters.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import { MAX_PLM_BYTES, packetLengthBytes, pltLength } from '../codestream/plt.ts';
import { pptLength } from '../codestream/ppm.ts';
import { SOT_BYTES, writeTileSegments } from '../codestream/tile-part.ts';
import { ByteWriter } from '../bits/byte-writer.ts';
import { usage } from '../errors.ts';
import { numPrecinctsOfTile, type TileGeometry } from '../geometry/tile.ts';
import { packetSequence } from '../tier2/progression.ts';

/** How a codestream is arranged. Progression, layers, SOP and EPH are those of COD, changes of progression those of POC. */
export interface Arrangement {
  /** A tile is cut into tile-parts wherever this changes in the order of its packets. */
  readonly tileParts: 'none' | 'resolution' | 'layer' | 'component';
  /** Packet lengths in the headers of tile-parts (15444-1 A.7.3). */
  readonly plt: boolean;
  /** Packet lengths in the main header (A.7.2). A tile-part then ends also where its lengths take all the room that PLM has. */
  readonly plm: boolean;
  /** Packet headers in the main header (A.7.4). */
  readonly ppm: boolean;
  /** Packet headers in the headers of tile-parts (A.7.5). */
  readonly ppt: boolean;
  /** Lengths of tile-parts (A.7.1). */
  readonly tlm: boolean;
}

/** The packets of one tile in codestream order, a place in each array for each of them. */
export interface PacketOrder {
  readonly count: number;
  readonly component: Uint16Array;
  readonly resolution: Uint8Array;
  /** Raster index within the resolution level. */
  readonly precinct: Uint32Array;
  readonly layer: Uint16Array;
}

/** One tile-part before it is written. */
export interface TilePartSize {
  readonly tile: number;
  /** Its packets: `firstPacket .. firstPacket + numPackets` in the order of the tile. */
  readonly firstPacket: number;
  readonly numPackets: number;
  /** Bytes of its header, from SOT to SOD. */
  readonly headerLength: number;
  /** Bytes of the whole tile-part. */
  readonly psot: number;
  /** Bytes of its packets as PLT and PLM list them: with SOP, and with the header unless that is packed. */
  readonly packetLengths: readonly number[];
  /** Bytes of its packet headers, with EPH, where they are packed. */
  readonly packedHeaderLengths?: readonly number[];
}

/** Bytes of an SOP marker segment and of an EPH marker. */
export const SOP_BYTES = 6;
export const EPH_BYTES = 2;
const SOD_BYTES = 2;

/** TPsot is one byte, and 255 tile-parts is the most that TNsot can say (A.4.2). */
const MAX_TILE_PARTS = 255;
const MAX_PSOT = 2 ** 32 - 1;

/** Refuses what contradicts itself. */
export function checkArrangement(a: Arrangement): void {
  if (a.ppm && a.ppt) {
    throw usage('option-value', 'packet headers go into PPM or PPT, not into both (15444-1 A.7.4, A.7.5)');
  }
}

/** Puts the packets of a tile in order (B.12), by its own POC or the main header's where there is one. */
export function packetOrderOf(main: MainHeader, tile: TileGeometry): PacketOrder {
  // a POC may leave packets out, but none comes twice
  const most = numPrecinctsOfTile(tile) * tile.header.cod.numLayers;
  const component = new Uint16Array(most);
  const resolution = new Uint8Array(most);
  const precinct = new Uint32Array(most);
  const layer = new Uint16Array(most);
  let count = 0;
  for (const place of packetSequence(tile, progressionChangesOf(main, tile.header))) {
    if (place === undefined) continue;
    component[count] = place.component;
    resolution[count] = place.resolution;
    precinct[count] = place.precinct;
    layer[count++] = place.layer;
  }
  return { count, component, resolution, precinct, layer };
}

/** How many tile-parts a tile is cut into; not with PLM, where it depends on the lengths of packets. */
export function numTilePartsOf(order: PacketOrder, a: Arrangement): number {
  return cutTileParts(order, a, undefined).length - 1;
}

/**
 * Works out the tile-parts of a tile from the lengths of its packets in the order of `order`: headers without EPH, and bodies.
 * A tile without packets has one tile-part.
 */
export function measureTileParts(
  main: MainHeader,
  tile: TileGeometry,
  a: Arrangement,
  order: PacketOrder,
  headerLengths: ArrayLike<number>,
  bodyLengths: ArrayLike<number>,
): TilePartSize[] {
  const { cod, segments } = tile.header;
  const sop = cod.sop ? SOP_BYTES : 0;
  const eph = cod.eph ? EPH_BYTES : 0;
  const packed = a.ppm || a.ppt;
  const lengths = new Float64Array(order.count);
  for (let k = 0; k < order.count; k++) lengths[k] = sop + (packed ? 0 : headerLengths[k] + eph) + bodyLengths[k];
  const starts = cutTileParts(order, a, lengths);
  const own = new ByteWriter();
  writeTileSegments(own, segments, main.siz.components.length);
  const parts: TilePartSize[] = [];
  for (let part = 0; part + 1 < starts.length; part++) {
    const firstPacket = starts[part];
    const end = starts[part + 1];
    const packetLengths = Array.from(lengths.subarray(firstPacket, end));
    const packedHeaderLengths: number[] = [];
    if (packed) for (let k = firstPacket; k < end; k++) packedHeaderLengths.push(headerLengths[k] + eph);
    const headerLength =
      SOT_BYTES +
      (part === 0 ? own.length : 0) +
      (a.plt ? pltLength(packetLengths) : 0) +
      (a.ppt ? pptLength(packedHeaderLengths) : 0) +
      SOD_BYTES;
    const psot = packetLengths.reduce((sum, length) => sum + length, headerLength);
    if (psot > MAX_PSOT) {
      throw usage(
        'option-value',
        `a tile-part of ${psot} bytes is more than Psot can say (15444-1 A.4.2); cut tiles into tile-parts or make them smaller`,
      );
    }
    parts.push({
      tile: tile.tile,
      firstPacket,
      numPackets: end - firstPacket,
      headerLength,
      psot,
      packetLengths,
      ...(packed ? { packedHeaderLengths } : {}),
    });
  }
  return parts;
}

/** Index of the first packet of each tile-part, with the number of packets at the end. `lengths` are needed with PLM. */
function cutTileParts(order: PacketOrder, a: Arrangement, lengths: Float64Array | undefined): number[] {
  const keys = a.tileParts === 'none' ? undefined : order[a.tileParts];
  const starts = [0];
  let plmBytes = 0;
  for (let k = 0; k < order.count; k++) {
    const bytes = a.plm && lengths ? packetLengthBytes(lengths[k]) : 0;
    if (k > 0 && ((keys && keys[k] !== keys[k - 1]) || plmBytes + bytes > MAX_PLM_BYTES)) {
      starts.push(k);
      plmBytes = 0;
    }
    plmBytes += bytes;
  }
  if (starts.length > MAX_TILE_PARTS) {
    const why = a.tileParts === 'none' ? 'PLM' : `a cut at each change of ${a.tileParts}`;
    throw usage(
      'option-value',
      `a tile would need ${starts.length} tile-parts for ${why}; there can be ${MAX_TILE_PARTS} (15444-1 A.4.2)`,
    );
  }
  starts.push(order.count);
  return starts;
}

/**
 * What a file needs around its packets, known before any of them is.
 */
import type { MainHeader } from '../codestream/main-header.ts';
import { tlmLength } from '../codestream/tlm.ts';
import type { TileGeometry } from '../geometry/tile.ts';
import { type Arrangement, EPH_BYTES, numTilePartsOf, packetOrderOf, SOP_BYTES } from '../packets/arrangement.ts';
import { writeMainHeader } from '../packets/codestream-writer.ts';

/** What stands around packets, in bytes. */
export interface Overhead {
  /** Headers of file, codestream and tile-parts, EOC. */
  readonly fixed: number;
  /** For every packet: SOP and EPH. */
  readonly perPacket: number;
  /** How often the length of a packet is written (PLT, PLM). */
  readonly lengthLists: number;
}

/** SOT and SOD. */
const TILE_PART_BYTES = 14;
/** Marker, length and index of a PLT, PLM, PPT or PPM segment. */
const SEGMENT_BYTES = 5;
/** How many tile-parts a tile will have. */
export function tilePartsOf(main: MainHeader, arrangement: Arrangement, tile: TileGeometry): number {
  if (arrangement.tileParts === 'none') return 1;
  return numTilePartsOf(packetOrderOf(main, tile), { ...arrangement, plm: false });
}

/** SOC to the first SOT, and EOC; lists of lengths and headers when they fit one segment each, without their entries. */
export function mainHeaderBytes(main: MainHeader, arrangement: Arrangement, numTileParts: number): number {
  const plain = { ...arrangement, plm: false, ppm: false, tlm: false };
  const tlm = arrangement.tlm ? tlmLength(numTileParts) : 0;
  const lists = (arrangement.plm ? SEGMENT_BYTES : 0) + (arrangement.ppm ? SEGMENT_BYTES : 0);
  return writeMainHeader(main, plain).bytes.length + tlm + lists + 2;
}

/** Tile-part headers and what lists of lengths and headers need apart from their entries, when they fit one segment each. */
export function tilePartBytes(arrangement: Arrangement, numTileParts: number): number {
  const { plt, plm, ppm, ppt } = arrangement;
  const segments = (plt ? 1 : 0) + (ppt ? 1 : 0);
  return numTileParts * (TILE_PART_BYTES + segments * SEGMENT_BYTES + (ppm ? 4 : 0) + (plm ? 1 : 0));
}

/** What surrounds packets that have `fixed` bytes before and between them. */
export function overheadOf(main: MainHeader, arrangement: Arrangement, fixed: number): Overhead {
  return {
    fixed,
    perPacket: (main.cod.sop ? SOP_BYTES : 0) + (main.cod.eph ? EPH_BYTES : 0),
    lengthLists: (arrangement.plt ? 1 : 0) + (arrangement.plm ? 1 : 0),
  };
}

/**
 * The one writer of codestreams: the last step of the encoder, and the whole of changing an arrangement (15444-1 A.3, A.4).
 *
 * Tiles are laid out one by one (`tile-layout`); here the main header is put before them. TLM, PLM and PPM speak of tile-parts
 * that come later: either those are known when the header is written, or room is kept for TLM, whose size is known beforehand.
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import { type MainHeader, writeMainSegments } from '../codestream/main-header.ts';
import * as M from '../codestream/markers.ts';
import { plmLength, writePlm } from '../codestream/plt.ts';
import { ppmLength, writePpm } from '../codestream/ppm.ts';
import { tlmLength, writeTlm } from '../codestream/tlm.ts';
import { usage } from '../errors.ts';
import { type Arrangement, checkArrangement, type TilePartSize } from './arrangement.ts';
import type { LaidOutTilePart } from './tile-layout.ts';

export type { Arrangement, PacketOrder, TilePartSize } from './arrangement.ts';
export { measureTileParts, numTilePartsOf, packetOrderOf } from './arrangement.ts';
export { type LaidOutTilePart, layOutTile, writeTilePartHeader } from './tile-layout.ts';

/** What the main header has to know of the tile-parts, in codestream order, for TLM, PLM and PPM. */
export interface TilePartIndex {
  /** The tile-parts, where they are known. */
  readonly tileParts?: readonly Pick<LaidOutTilePart, 'tile' | 'psot' | 'packetLengths' | 'packedHeaders'>[];
  /** Or only how many there will be: room is kept for TLM. PLM and PPM cannot be written then. */
  readonly numTileParts?: number;
}

/** A main header as bytes, from SOC to the last segment before the first SOT. */
export interface WrittenMainHeader {
  readonly bytes: Uint8Array;
  /** Where TLM begins in `bytes`; what {@link writeTlmSegments} gives fits there. */
  readonly tlmOffset?: number;
}

const EOC_BYTES = 2;

/** Writes the main header: everything that describes the picture, then TLM, PLM and PPM. */
export function writeMainHeader(main: MainHeader, a: Arrangement, index: TilePartIndex = {}): WrittenMainHeader {
  checkArrangement(a);
  const { tileParts } = index;
  const w = new ByteWriter();
  writeMainSegments(w, main);
  if (!a.tlm && !a.plm && !a.ppm) return { bytes: w.take() };
  if (tileParts === undefined && (a.plm || a.ppm)) {
    throw usage('option-value', 'PLM and PPM can only be written when all tile-parts are known before the main header');
  }
  const tlmOffset = w.length;
  if (a.tlm) {
    const numTileParts = tileParts?.length ?? index.numTileParts;
    if (numTileParts === undefined) throw new Error('TLM needs the number of tile-parts');
    if (tileParts) w.append(writeTlmSegments(tileParts));
    else w.append(new Uint8Array(tlmLength(numTileParts)));
  }
  if (a.plm) {
    writePlm(
      w,
      tileParts!.map((part) => part.packetLengths),
    );
  }
  if (a.ppm) {
    writePpm(
      w,
      tileParts!.map((part) => part.packedHeaders ?? []),
    );
  }
  return { bytes: w.take(), ...(a.tlm ? { tlmOffset } : {}) };
}

/** TLM of all tile-parts in codestream order, as bytes to put where {@link writeMainHeader} kept room for them. */
export function writeTlmSegments(tileParts: readonly { readonly tile: number; readonly psot: number }[]): Uint8Array {
  const w = new ByteWriter(tlmLength(tileParts.length));
  writeTlm(
    w,
    tileParts.map(({ tile, psot }) => ({ tile, length: psot })),
  );
  return w.take();
}

/** Bytes of a main header, for tile-parts that have only been measured. */
export function mainHeaderLength(main: MainHeader, a: Arrangement, tileParts: readonly TilePartSize[]): number {
  const w = new ByteWriter();
  writeMainSegments(w, main);
  return (
    w.length +
    (a.tlm ? tlmLength(tileParts.length) : 0) +
    (a.plm ? plmLength(tileParts.map((part) => part.packetLengths)) : 0) +
    (a.ppm ? ppmLength(tileParts.map((part) => part.packedHeaderLengths ?? [])) : 0)
  );
}

/** Bytes of a whole codestream, from SOC to EOC, for tile-parts that have only been measured. */
export function codestreamLength(main: MainHeader, a: Arrangement, tileParts: readonly TilePartSize[]): number {
  return tileParts.reduce((sum, part) => sum + part.psot, mainHeaderLength(main, a, tileParts)) + EOC_BYTES;
}

/**
 * A whole codestream, from SOC to EOC, in pieces that are views of what the tiles were laid out from. Tile-parts come in the order
 * given. With TLM, PLM or PPM all tiles are taken in before the first piece comes out, otherwise one after the other.
 */
export function* writeCodestream(
  main: MainHeader,
  tiles: Iterable<readonly LaidOutTilePart[]>,
  a: Arrangement,
): Generator<Uint8Array> {
  let rest = tiles;
  if (a.tlm || a.plm || a.ppm) {
    const tileParts: LaidOutTilePart[] = [];
    for (const parts of tiles) for (const part of parts) tileParts.push(part);
    yield writeMainHeader(main, a, { tileParts }).bytes;
    rest = [tileParts];
  } else {
    yield writeMainHeader(main, a).bytes;
  }
  for (const parts of rest) {
    for (const { header, data } of parts) {
      yield header;
      yield* data;
    }
  }
  yield Uint8Array.of(M.EOC >> 8, M.EOC & 255);
}

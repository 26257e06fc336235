/**
 * The data of a view-window as tile data-bins: the tile-parts of each tile as they are stored, in their order (15444-9 A.3.5).
 *
 * First tile-parts of all tiles come first, then second ones, so that files whose tiles are cut by resolution or layer build up evenly. Of
 * each tile as many tile-parts are sent as hold packets that the window needs; where packets cannot be told apart, all of them.
 */
import type { TilePart } from '../../codec/codestream/tile-part.ts';
import { tileGeometry } from '../../codec/geometry/tile.ts';
import type { FoundPackets } from '../../codec/packets/found-packets.ts';
import type { LoadOptions, TileSelection } from '../../codec/packets/precinct-source.ts';
import type { ByteRange } from '../../codec/source.ts';
import { isEmpty } from '../../codec/rect.ts';
import { selectionOf, tilesOfWindow } from '../view/window-precincts.ts';
import { BIN_CLASS } from '../wire/message.ts';
import type { BinContents } from './response-writer.ts';
import type { DeliveryTools, WindowOfCodestream } from './window-delivery.ts';

/** A tile of the window. */
interface Tile {
  readonly id: number;
  /** Bytes of the bin up to the end of each tile-part. */
  readonly ends: readonly number[];
  /** Tile-parts that the window needs. */
  readonly count: number;
  readonly contents: BinContents;
  held: number;
}

/** Adds all tile-parts of a window's tiles that the client lacks, as `deliverWindow` does with precincts. */
export async function* deliverTiles(request: WindowOfCodestream, tools: DeliveryTools): AsyncGenerator<void> {
  const { codestream, window, components } = request;
  const { main, number, source, input } = codestream;
  const { writer, model, wanted, load, extended } = tools;
  if (isEmpty(window.bounds)) return;
  const tiles: Tile[] = [];
  for (const id of tilesOfWindow(main, window.bounds, window.frame.reduce, components)) {
    if (model.of(number, BIN_CLASS.tile).isWhole(id) || (wanted && !wanted(number, BIN_CLASS.tile, id))) continue;
    const parts = await source.inTurn(source.tilePartsOf(id), load);
    let at = 0;
    const ends = parts.map(({ offset, end }) => {
      at += end - offset;
      return at;
    });
    const pieces = parts.map(({ offset, end }): ByteRange => ({ offset, length: end - offset }));
    const count = await neededParts(request, id, parts, load);
    const { bytes, layers } = model.held(number, BIN_CLASS.tile, id);
    // for tile data-bins a count of layers means tile-parts
    const held = Math.max(Math.min(bytes, at), layers > 0 ? (ends[Math.min(layers, ends.length) - 1] ?? 0) : 0);
    tiles.push({ id, ends, count, held, contents: { kind: 'pieces', source: input, pieces } });
  }
  const most = tiles.reduce((sum, { count }) => Math.max(sum, count), 1);
  for (let part = 0; part < most; part++) {
    for (const tile of tiles) {
      const { ends, count, contents, id, held } = tile;
      if (part >= Math.max(1, count)) continue;
      const to = ends[part] ?? 0;
      const last = part >= ends.length - 1;
      if (to <= held && !last) continue;
      // how many tile-parts are still to come, counting this one
      const aux = extended ? ends.length - part : undefined;
      const classId = extended ? BIN_CLASS.extendedTile : BIN_CLASS.tile;
      do {
        tile.held = writer.add(classId, number, id, Math.min(tile.held, to), to, last, contents, aux);
        if (writer.full) return;
        if (writer.isDue) yield;
      } while (tile.held < to);
    }
  }
}

/** How many of a tile's tile-parts hold packets of a window. */
async function neededParts(
  { codestream: { main, source }, window, components, layers }: WindowOfCodestream,
  t: number,
  parts: readonly TilePart[],
  load: LoadOptions,
): Promise<number> {
  if (parts.length < 2) return parts.length;
  const header = (await source.packetEnds([{ tile: t, components: [], layers: 0 }], load)).tile(t);
  if (header === undefined) return parts.length;
  const selection = selectionOf(tileGeometry(main, header), window.bounds, window.frame.reduce, components, layers);
  const found = (await source.packetEnds([selection], load)).found.get(t)?.packets;
  const end = found && endOfSelection(found, selection);
  if (end === undefined) return parts.length;
  let data = 0;
  for (const [k, part] of parts.entries()) {
    data += part.end - part.dataStart;
    if (data >= end) return k + 1;
  }
  return parts.length;
}

/** Where the last packet of a selection ends in the joined data of a tile; `undefined` when headers are packed or packets are missing. */
function endOfSelection(found: FoundPackets, { components, layers }: TileSelection): number | undefined {
  if (found.packedHeaders || found.headerRuns) return undefined;
  let end = 0;
  for (const { component, resolutions } of components) {
    for (const [r, rect] of resolutions.entries()) {
      if (rect === undefined) continue;
      const { numPrecinctsWide } = found.tile.components[component].geometry.resolutions[r];
      for (let y = rect.y0; y < rect.y1; y++) {
        for (let x = rect.x0; x < rect.x1; x++) {
          const ranges = found.rangesOf(component, r, y * numPrecinctsWide + x, layers);
          if (ranges.length < layers) return undefined;
          for (const { start, length } of ranges) end = Math.max(end, start + length);
        }
      }
    }
  }
  return end;
}

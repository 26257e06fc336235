/**
 * The data of a view-window as tile data-bins: the tile-parts of each tile as they are stored, in their order (15444-9 A.3.5).
 *
 * First tile-parts of all tiles come first, then second ones, so that files whose tiles are cut by resolution or layer build up evenly.
 */
import type { ByteRange } from '../../codec/source.ts';
import { isEmpty } from '../../codec/rect.ts';
import { tilesOfWindow } from '../view/window-precincts.ts';
import { BIN_CLASS } from '../wire/message.ts';
import type { BinContents } from './response-writer.ts';
import type { DeliveryTools, WindowOfCodestream } from './window-delivery.ts';

/** A tile of the window. */
interface Tile {
  readonly id: number;
  /** Bytes of the bin up to the end of each tile-part. */
  readonly ends: readonly number[];
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
    const { bytes, layers } = model.held(number, BIN_CLASS.tile, id);
    // for tile data-bins a count of layers means tile-parts
    const held = Math.max(Math.min(bytes, at), layers > 0 ? (ends[Math.min(layers, ends.length) - 1] ?? 0) : 0);
    tiles.push({ id, ends, held, contents: { kind: 'pieces', source: input, pieces } });
  }
  const most = Math.max(0, ...tiles.map(({ ends }) => ends.length));
  for (let part = 0; part < Math.max(1, most); part++) {
    for (const tile of tiles) {
      const { ends, contents, id, held } = tile;
      if (part >= Math.max(1, ends.length)) continue;
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

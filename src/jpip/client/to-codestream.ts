/**
 * What a cache holds, as a codestream: packets in the order that the headers say, one tile-part a tile, and an empty packet for each
 * that is missing (15444-1 B.10.3), so that any decoder of Part 1 makes the same picture of it.
 */
import { joinBytes } from '../../codec/bits/join-bytes.ts';
import { joinTileHeaders } from '../../codec/codestream/coding-parameters.ts';
import { overLimit } from '../../codec/errors.ts';
import type { Executor } from '../../codec/executor.ts';
import { numPrecinctsOfTile, tileGeometry } from '../../codec/geometry/tile.ts';
import type { Limits } from '../../codec/limits.ts';
import {
  type Arrangement,
  layOutTile,
  type LaidOutTilePart,
  writeCodestream,
} from '../../codec/packets/codestream-writer.ts';
import type { PrecinctSource, TileSelection } from '../../codec/packets/precinct-source.ts';
import { numTilesOf } from '../bins/bin-id.ts';

/** No aids, and nothing packed: the plainest order of bytes. */
export const PLAIN_ARRANGEMENT: Arrangement = {
  tileParts: 'none',
  plt: false,
  plm: false,
  ppm: false,
  ppt: false,
  tlm: false,
};

/** Makes a codestream of everything that a source holds. */
export async function codestreamOf(
  source: PrecinctSource,
  limits: Limits,
  executor: Pick<Executor, 'pause'>,
): Promise<Uint8Array> {
  const { main } = source;
  const tiles: LaidOutTilePart[][] = [];
  let total = 0;
  for (let tile = 0; tile < numTilesOf(main); tile++) {
    const header = (await source.load([{ tile, components: [], layers: 0 }])).tile(tile);
    const geometry = tileGeometry(main, header ?? joinTileHeaders(main, tile, []));
    const packets = numPrecinctsOfTile(geometry) * geometry.header.cod.numLayers;
    if (packets > limits.codeBlocks) {
      throw overLimit('limit-code-blocks', `tile ${tile} has ${packets} packets, the limit is ${limits.codeBlocks}`);
    }
    const selection: TileSelection = {
      tile,
      layers: geometry.header.cod.numLayers,
      components: geometry.components.map(({ component, geometry: own }) => ({
        component,
        resolutions: own.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
      })),
    };
    const snapshot = await source.load([selection]);
    const parts = layOutTile(geometry, main, (key) => snapshot.get(key)?.packets ?? [], PLAIN_ARRANGEMENT);
    tiles.push(parts);
    total += parts.reduce((sum, { psot }) => sum + psot, 0);
    if (total > limits.bytes) throw overLimit('limit-bytes', `more than ${limits.bytes} bytes, which is the limit`);
    await executor.pause?.();
  }
  return joinBytes([...writeCodestream(main, tiles, PLAIN_ARRANGEMENT)]);
}

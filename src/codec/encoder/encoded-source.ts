/**
 * An encoded picture as a provider of packets, like an indexed codestream: everything that consumes a {@link PrecinctSource} can take
 * it, the codestream writer first of all.
 */
import type { TileHeader } from '../codestream/coding-parameters.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type { PrecinctKey, PrecinctSnapshot, PrecinctSource } from '../packets/precinct-source.ts';
import type { PrecinctHeld } from '../tier2/read-blocks.ts';
import type { LayeredTile } from './layered-tile.ts';

/** The packets of coded tiles whose passes have been shared out to layers. */
export class EncodedSource implements PrecinctSource, PrecinctSnapshot {
  readonly main: MainHeader;
  readonly revision = 0;
  readonly diagnostics = [];
  private readonly tiles = new Map<number, LayeredTile>();

  constructor(main: MainHeader, tiles: readonly LayeredTile[]) {
    this.main = main;
    for (const tile of tiles) this.tiles.set(tile.coded.geometry.tile, tile);
  }

  /** Nothing has to be brought in: packets are made when they are asked for. */
  loadSync(): PrecinctSnapshot {
    return this;
  }

  load(): Promise<PrecinctSnapshot> {
    return Promise.resolve(this);
  }

  tile(t: number): TileHeader | undefined {
    return this.tiles.get(t)?.coded.geometry.header;
  }

  get(key: PrecinctKey): PrecinctHeld | undefined {
    const packets = this.tiles.get(key.tile)?.packets(key);
    return packets && { packets, complete: true };
  }
}

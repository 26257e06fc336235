/**
 * An encoded picture as a provider of packets, like an indexed codestream: everything that consumes a {@link PrecinctSource} can take
 * it, the codestream writer first of all.
 */
import type { TileHeader } from '../codestream/coding-parameters.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type {
  PacketEnds,
  PrecinctKey,
  PrecinctLengths,
  PrecinctSnapshot,
  PrecinctSource,
} from '../packets/precinct-source.ts';
import { type PacketView, type PrecinctHeld, ephBytes } from '../tier2/read-blocks.ts';
import type { LayeredTile } from './layered-tile.ts';

/** The packets of coded tiles whose passes have been shared out to layers. */
export class EncodedSource implements PrecinctSource, PrecinctSnapshot {
  readonly main: MainHeader;
  readonly revision = 0;
  readonly diagnostics = [];
  private readonly tiles = new Map<number, LayeredTile>();
  private last: (PrecinctKey & { readonly packets: readonly PacketView[] }) | undefined;

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
    const packets = this.packetsOf(key);
    return packets && { packets, complete: true };
  }

  packet(key: PrecinctKey, layer: number): PacketView | undefined {
    return this.packetsOf(key)?.[layer];
  }

  packetEndsSync(): PacketEnds {
    return {
      main: this.main,
      diagnostics: this.diagnostics,
      tile: (t: number): TileHeader | undefined => this.tile(t),
      get: (key: PrecinctKey): PrecinctLengths | undefined => {
        const packets = this.packetsOf(key);
        if (packets === undefined) return undefined;
        const ephs = packets.map(({ header }) => ephBytes(header!));
        return {
          headers: packets.map(({ header }, k) => header!.length - ephs[k]),
          bodies: packets.map(({ body }) => body.length),
          ephs,
          complete: true,
        };
      },
    };
  }

  packetEnds(): Promise<PacketEnds> {
    return Promise.resolve(this.packetEndsSync());
  }

  /** The packets of a precinct; those asked for last are kept, since a writer may want them layer by layer. */
  private packetsOf({ tile, component, resolution, precinct }: PrecinctKey): readonly PacketView[] | undefined {
    const { last } = this;
    const again =
      last?.tile === tile &&
      last.component === component &&
      last.resolution === resolution &&
      last.precinct === precinct;
    if (again) return last.packets;
    const packets = this.tiles.get(tile)?.packets({ tile, component, resolution, precinct });
    if (packets) this.last = { tile, component, resolution, precinct, packets };
    return packets;
  }
}

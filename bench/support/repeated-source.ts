/**
 * A picture of any size whose packets are those of a small one, over and over: a provider of packets like any other, and the way to a
 * codestream of gigabytes in seconds.
 *
 * The small picture is one tile whose sides are whole precincts at every resolution level, so that a precinct of the large picture has
 * the code-blocks of one of the small.
 */
import type { MainHeader } from '../../src/codec/codestream/main-header.ts';
import { joinTileHeaders, type TileHeader } from '../../src/codec/codestream/coding-parameters.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { tileGeometry } from '../../src/codec/geometry/tile.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { CodestreamSource } from '../../src/codec/packets/codestream-source.ts';
import type {
  PacketEnds,
  PrecinctKey,
  PrecinctPlan,
  PrecinctSnapshot,
  PrecinctSource,
} from '../../src/codec/packets/precinct-source.ts';
import { BytesSource, readNow } from '../../src/codec/source.ts';

/** Repeats `codestream` `columns` x `rows` times, as one tile or as many. */
export class RepeatedSource implements PrecinctSource {
  readonly main: MainHeader;
  private readonly snapshot: PrecinctSnapshot;
  private readonly ends: PacketEnds;
  private readonly tiled: boolean;
  /** Precincts by component and resolution level: across in the large picture, across and down in the small. */
  private readonly grids: readonly (readonly { large: number; wide: number; high: number }[])[];

  constructor(codestream: Uint8Array, columns: number, rows: number, tiled: boolean) {
    const place = { offset: 0, length: codestream.length };
    const input = new BytesSource(codestream);
    const small = readNow(CodestreamSource.open(input, place, DEFAULT_LIMITS, new DiagnosticLog()), codestream);
    const { siz } = small.main;
    const [xsiz, ysiz] = [siz.xsiz * columns, siz.ysiz * rows];
    const tile = tiled ? {} : { xtsiz: xsiz, ytsiz: ysiz };
    this.tiled = tiled;
    this.main = { ...small.main, siz: { ...siz, xsiz, ysiz, ...tile } };
    const smallTile = tileGeometry(small.main, joinTileHeaders(small.main, 0, []));
    const plan: PrecinctPlan = [
      {
        tile: 0,
        layers: small.main.cod.numLayers,
        components: smallTile.components.map(({ component, geometry }) => ({
          component,
          resolutions: geometry.resolutions.map((r) => ({
            x0: 0,
            y0: 0,
            x1: r.numPrecinctsWide,
            y1: r.numPrecinctsHigh,
          })),
        })),
      },
    ];
    this.ends = small.packetEndsSync(plan);
    this.snapshot = small.loadSync(plan);
    const largeTile = tileGeometry(this.main, joinTileHeaders(this.main, 0, []));
    this.grids = smallTile.components.map(({ component, geometry }) =>
      geometry.resolutions.map((r) => {
        const large = largeTile.components[component]!.geometry.resolutions[r.r]!.numPrecinctsWide;
        return { large, wide: r.numPrecinctsWide, high: r.numPrecinctsHigh };
      }),
    );
  }

  async load(): Promise<PrecinctSnapshot> {
    const { main, snapshot } = this;
    return {
      revision: 0,
      main,
      diagnostics: [],
      tile: (t) => this.tile(t),
      get: (key) => snapshot.get(this.small(key)),
      packet: (key, layer) => snapshot.packet(this.small(key), layer),
    };
  }

  async packetEnds(): Promise<PacketEnds> {
    const { main, ends } = this;
    return { main, diagnostics: [], tile: (t) => this.tile(t), get: (key) => ends.get(this.small(key)) };
  }

  private tile(t: number): TileHeader {
    return joinTileHeaders(this.main, t, []);
  }

  private small({ component, resolution, precinct }: PrecinctKey): PrecinctKey {
    if (this.tiled) return { tile: 0, component, resolution, precinct };
    const { large, wide, high } = this.grids[component]![resolution]!;
    const x = (precinct % large) % wide;
    const y = Math.floor(precinct / large) % high;
    return { tile: 0, component, resolution, precinct: y * wide + x };
  }
}

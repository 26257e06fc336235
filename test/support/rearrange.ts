/** Codestreams loaded as packets and written again by the library's writer, in another arrangement. */
import type { Cod, Progression } from '../../src/codec/codestream/cod.ts';
import type { TileHeader } from '../../src/codec/codestream/coding-parameters.ts';
import type { MainHeader } from '../../src/codec/codestream/main-header.ts';
import type { ProgressionChange } from '../../src/codec/codestream/poc.ts';
import { numXTiles, numYTiles } from '../../src/codec/codestream/siz.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { type TileGeometry, tileGeometry } from '../../src/codec/geometry/tile.ts';
import { precinctGeometry } from '../../src/codec/geometry/tile-component.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { CodestreamSource } from '../../src/codec/packets/codestream-source.ts';
import {
  type Arrangement,
  codestreamLength,
  type LaidOutTilePart,
  layOutTile,
  measureTileParts,
  packetOrderOf,
  type TilePartSize,
  writeCodestream,
} from '../../src/codec/packets/codestream-writer.ts';
import type { PrecinctKey, PrecinctPlan, PrecinctSnapshot } from '../../src/codec/packets/precinct-source.ts';
import { BytesSource, readNow } from '../../src/codec/source.ts';
import { type PacketView, readBlocks } from '../../src/codec/tier2/read-blocks.ts';
import { writePackets } from '../../src/codec/tier2/write-packets.ts';
import { join } from './codestream.ts';

/** Another way to write a codestream. What is not given stays as it was. */
export interface Rearrangement extends Arrangement {
  readonly progression?: Progression;
  readonly sop?: boolean;
  readonly eph?: boolean;
  /** Changes of progression, and the header they go into. Without it those of the original are dropped. */
  readonly poc?: { readonly where: 'main' | 'tile'; readonly changes: readonly ProgressionChange[] };
  /** True takes the packets apart to code-blocks and writes their headers anew. */
  readonly regenerate?: boolean;
}

/** An arrangement with nothing special. */
export const PLAIN: Arrangement = { tileParts: 'none', plt: false, plm: false, ppm: false, ppt: false, tlm: false };

/** Everything that a codestream holds. */
export interface Loaded {
  readonly main: MainHeader;
  readonly tiles: readonly TileGeometry[];
  readonly snapshot: PrecinctSnapshot;
}

/** Loads a bare codestream whole; with `apart`, packet headers come apart from bodies. */
export function loadAll(bytes: Uint8Array, apart = false): Loaded {
  const place = { offset: 0, length: bytes.length };
  const log = new DiagnosticLog();
  const source = readNow(CodestreamSource.open(new BytesSource(bytes), place, DEFAULT_LIMITS, log), bytes);
  const tiles: TileGeometry[] = [];
  for (let t = 0; t < numXTiles(source.main.siz) * numYTiles(source.main.siz); t++) {
    const packets = readNow(source.findPackets(t), bytes);
    if (packets) tiles.push(packets.tile);
  }
  const plan = tiles.map(({ tile, header, components }) => ({
    tile,
    layers: header.cod.numLayers,
    components: components.map(({ component, geometry }) => ({
      component,
      resolutions: geometry.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    })),
  }));
  if (apart) source.packetEndsSync(plan);
  return { main: source.main, tiles, snapshot: source.loadSync(plan) };
}

/** The headers of a codestream, changed. */
export function rearrangedHeaders(
  { main, tiles }: Loaded,
  how: Rearrangement,
): { main: MainHeader; tiles: TileGeometry[] } {
  const codOf = (cod: Cod): Cod => ({
    ...cod,
    progression: how.progression ?? cod.progression,
    sop: how.sop ?? cod.sop,
    eph: how.eph ?? cod.eph,
  });
  const pocOf = (where: 'main' | 'tile'): ProgressionChange[] => (how.poc?.where === where ? [...how.poc.changes] : []);
  const changed: MainHeader = {
    ...main,
    cod: codOf(main.cod),
    segments: { ...main.segments, poc: pocOf('main') },
  };
  return {
    main: changed,
    tiles: tiles.map(({ header }) => {
      const { cod, ...segments } = header.segments;
      const own: TileHeader = {
        tile: header.tile,
        cod: codOf(header.cod),
        segments: { ...segments, poc: pocOf('tile'), ...(cod ? { cod: codOf(cod) } : {}) },
      };
      return tileGeometry(changed, own);
    }),
  };
}

/** Writes a codestream in another arrangement. What the writer foresees of its size is checked on the way. */
export function rearrange(bytes: Uint8Array, how: Rearrangement): Uint8Array {
  return writeLoaded(loadAll(bytes), how).bytes;
}

/** The same for a codestream that is loaded already, with the tile-parts that came out. */
export function writeLoaded(
  loaded: Loaded,
  how: Rearrangement,
): { bytes: Uint8Array; main: MainHeader; tileParts: LaidOutTilePart[] } {
  const { main, tiles } = rearrangedHeaders(loaded, how);
  const laidOut: LaidOutTilePart[][] = [];
  const measured: TilePartSize[] = [];
  for (const tile of tiles) {
    const packets = packetsOf(loaded.snapshot, tile, how.regenerate === true);
    laidOut.push(layOutTile(tile, main, packets, how));
    measured.push(...measureTile(main, tile, how, packets));
  }
  const written = join(...writeCodestream(main, laidOut, how));
  const foreseen = codestreamLength(main, how, measured);
  if (foreseen !== written.length) throw new Error(`${foreseen} bytes were foreseen, ${written.length} were written`);
  return { bytes: written, main, tileParts: laidOut.flat() };
}

function packetsOf(
  snapshot: PrecinctSnapshot,
  tile: TileGeometry,
  regenerate: boolean,
): (key: PrecinctKey) => readonly PacketView[] {
  if (!regenerate) return (key) => snapshot.get(key)!.packets;
  return (key) => {
    const { geometry, parameters } = tile.components[key.component]!;
    const precinct = precinctGeometry(geometry.resolutions[key.resolution]!, key.precinct);
    const { numLayers, eph } = tile.header.cod;
    const blocks = readBlocks(precinct, parameters.style.codeBlockStyle, snapshot.get(key)!, numLayers);
    if (blocks.error) throw blocks.error;
    return writePackets(blocks, numLayers, eph);
  };
}

/** Measures a tile as rate control does: from the lengths of headers and bodies alone. */
function measureTile(
  main: MainHeader,
  tile: TileGeometry,
  a: Arrangement,
  packets: (key: PrecinctKey) => readonly PacketView[],
): TilePartSize[] {
  const order = packetOrderOf(main, tile);
  // laying out plainly gives header, EPH and body of each packet apart, in the same order
  const { sop, eph } = tile.header.cod;
  const [plain] = layOutTile(tile, main, packets, { ...PLAIN, ppm: true });
  const headers = plain!.packedHeaders!.map((header) => header.length - (eph ? 2 : 0));
  const bodies = plain!.packetLengths.map((length) => length - (sop ? 6 : 0));
  return measureTileParts(main, tile, a, order, headers, bodies);
}

/** Everything that a codestream holds, as a plan and as a list of precincts. */
export function allOf(bytes: Uint8Array): { plan: PrecinctPlan; keys: PrecinctKey[] } {
  const { tiles } = loadAll(bytes);
  const plan = tiles.map(({ tile, header, components }) => ({
    tile,
    layers: header.cod.numLayers,
    components: components.map(({ component, geometry }) => ({
      component,
      resolutions: geometry.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    })),
  }));
  const keys = plan.flatMap(({ tile, components }) =>
    components.flatMap(({ component, resolutions }) =>
      resolutions.flatMap((rect, resolution) =>
        Array.from({ length: rect.x1 * rect.y1 }, (_, precinct) => ({ tile, component, resolution, precinct })),
      ),
    ),
  );
  return { plan, keys };
}

/**
 * The tile data-bins of a JPT-stream as a {@link CachedSource} (15444-9 A.3.2.3).
 *
 * A tile data-bin is the tile's tile-parts one after another, so with a main header before it it is a codestream of one tile. Each tile
 * that is wanted is read as such. TLM and PLM speak of another arrangement and are left out of that header; PPM cannot be put in order
 * without all tile-parts before, so it is not carried.
 */
import { joinBytes } from '../../codec/bits/join-bytes.ts';
import { joinTileHeaders, type TileHeader } from '../../codec/codestream/coding-parameters.ts';
import type { MainHeader } from '../../codec/codestream/main-header.ts';
import { type Diagnostic, DiagnosticLog, Jpeg2000Error, unsupported } from '../../codec/errors.ts';
import { precinctGeometry } from '../../codec/geometry/tile-component.ts';
import { type TileGeometry, tileGeometry } from '../../codec/geometry/tile.ts';
import type { Limits } from '../../codec/limits.ts';
import { CodestreamSource } from '../../codec/packets/codestream-source.ts';
import { writeMainHeader } from '../../codec/packets/codestream-writer.ts';
import type { PacketEnds, PrecinctPlan, PrecinctSnapshot, TileSelection } from '../../codec/packets/precinct-source.ts';
import { BytesSource, readNow } from '../../codec/source.ts';
import { type BinKey, binName } from '../bins/bin-id.ts';
import type { BinCache, CachedBin } from '../bins/bin-store.ts';
import { BIN_CLASS } from '../wire/message.ts';
import { type StandingOf, standingOfTiles } from './asked.ts';
import type { CachedSource, WantedPrecinct } from './cache-source.ts';
import { PLAIN_ARRANGEMENT } from './to-codestream.ts';

/** A tile as a codestream of its own. */
interface OpenTile {
  readonly held: number;
  readonly complete: boolean;
  readonly source: CodestreamSource;
}

/** What a codestream of one tile, perhaps cut, is always told about. */
const EXPECTED: ReadonlySet<string> = /* @__PURE__ */ new Set(['eoc-missing', 'out-of-bytes', 'tile-part-length']);

/** A JPT-stream's data-bins as a source. */
export class TileBinSource implements CachedSource {
  readonly main: MainHeader;
  readonly codestream: number;
  private readonly cache: BinCache;
  private readonly limits: Limits;
  private readonly head: Uint8Array;
  private readonly tiles = new WeakMap<CachedBin, OpenTile>();
  private readonly assumed = new Set<number>();
  private readonly rejected = new Map<string, string>();
  private damaged: BinKey[] = [];

  constructor(cache: BinCache, codestream: number, main: MainHeader, limits: Limits) {
    if (main.segments.ppm.length > 0) {
      throw unsupported('capability', 'packet headers in the main header (PPM) with a JPT-stream', {
        clause: '15444-1 A.7.4',
      });
    }
    this.cache = cache;
    this.codestream = codestream;
    this.main = main;
    this.limits = limits;
    this.head = writeMainHeader(main, PLAIN_ARRANGEMENT).bytes;
  }

  async load(plan: PrecinctPlan): Promise<PrecinctSnapshot> {
    await this.cache.bring(this.binsOf(plan));
    return this.loadSync(plan);
  }

  loadSync(plan: PrecinctPlan): PrecinctSnapshot {
    const parts = new Map<number, PrecinctSnapshot>();
    for (const selection of plan) {
      const part = this.openTile(selection.tile)?.source.loadSync([selection]);
      if (part?.tile(selection.tile)) parts.set(selection.tile, part);
    }
    const assumed = new Set(this.assumed);
    return {
      revision: this.cache.revision,
      main: this.main,
      diagnostics: this.diagnosticsOf([...parts.values()]),
      tile: (t) => parts.get(t)?.tile(t) ?? (assumed.has(t) ? this.emptyHeader(t) : undefined),
      get: (key) => parts.get(key.tile)?.get(key),
      packet: (key, layer) => parts.get(key.tile)?.packet(key, layer),
    };
  }

  async packetEnds(plan: PrecinctPlan): Promise<PacketEnds> {
    await this.cache.bring(this.binsOf(plan));
    return this.packetEndsSync(plan);
  }

  packetEndsSync(plan: PrecinctPlan): PacketEnds {
    const parts = new Map<number, PacketEnds>();
    for (const selection of plan) {
      const part = this.openTile(selection.tile)?.source.packetEndsSync([selection]);
      if (part) parts.set(selection.tile, part);
    }
    return {
      main: this.main,
      diagnostics: this.diagnosticsOf([...parts.values()]),
      tile: (t) => parts.get(t)?.tile(t),
      get: (key) => parts.get(key.tile)?.get(key),
    };
  }

  takeDamaged(): BinKey[] {
    const { damaged } = this;
    this.damaged = [];
    return damaged;
  }

  lackingTiles(plan: PrecinctPlan): number[] {
    const lacking: number[] = [];
    for (const { tile } of plan) {
      const header: TileSelection = { tile, components: [], layers: 0 };
      if (!this.assumed.has(tile) && this.loadSync([header]).tile(tile) === undefined) lacking.push(tile);
    }
    return lacking;
  }

  lackingPrecincts(plan: PrecinctPlan): WantedPrecinct[] {
    const lacking: WantedPrecinct[] = [];
    for (const selection of plan) {
      const { tile } = selection;
      const bin = this.keyOf(tile);
      if (this.cache.extentOf(bin).complete && this.cache.get(bin) === undefined) continue;
      const snapshot = this.loadSync([selection]);
      if (snapshot.tile(tile) === undefined || this.cache.get(bin)?.complete) continue;
      for (const wanted of this.wantedBy([selection])) {
        const held = snapshot.get(wanted);
        if (held && (held.complete || held.packets.length >= wanted.layers)) continue;
        const { geometry } = this.geometryOf(tile).components[wanted.component];
        // where nothing is coded nothing is missed
        const { numBlocks } = precinctGeometry(geometry.resolutions[wanted.resolution], wanted.precinct);
        if (numBlocks > 0) lacking.push(wanted);
      }
    }
    return lacking;
  }

  lacks({ tile, component, resolution, precinct, layers }: WantedPrecinct): boolean {
    const level = this.geometryOf(tile).components[component].geometry.resolutions[resolution];
    const [x, y] = [precinct % level.numPrecinctsWide, Math.floor(precinct / level.numPrecinctsWide)];
    const resolutions = Array.from({ length: resolution + 1 }, (_, r) =>
      r === resolution ? { x0: x, y0: y, x1: x + 1, y1: y + 1 } : undefined,
    );
    const plan = [{ tile, components: [{ component, resolutions }], layers }];
    return this.lackingTiles(plan).length > 0 || this.lackingPrecincts(plan).length > 0;
  }

  *wantedBy(plan: PrecinctPlan): Generator<WantedPrecinct> {
    for (const { tile, components, layers } of plan) {
      const bin = this.keyOf(tile);
      const geometry = components.length > 0 ? this.geometryOf(tile) : undefined;
      for (const { component, resolutions } of components) {
        for (let resolution = 0; resolution < resolutions.length; resolution++) {
          const rect = resolutions[resolution];
          const level = geometry!.components[component].geometry.resolutions[resolution];
          if (rect === undefined || level === undefined) continue;
          for (let y = rect.y0; y < Math.min(rect.y1, level.numPrecinctsHigh); y++) {
            for (let x = rect.x0; x < Math.min(rect.x1, level.numPrecinctsWide); x++) {
              yield { tile, component, resolution, precinct: y * level.numPrecinctsWide + x, layers, bin };
            }
          }
        }
      }
    }
  }

  *binsOf(plan: PrecinctPlan): Generator<BinKey> {
    for (const { tile } of plan) yield this.keyOf(tile);
  }

  standingIn(plan: PrecinctPlan): StandingOf {
    return standingOfTiles(this.main, plan);
  }

  assumeHeader(tile: number): void {
    this.assumed.add(tile);
  }

  geometryOf(tile: number): TileGeometry {
    const header = this.loadSync([{ tile, components: [], layers: 0 }]).tile(tile);
    return tileGeometry(this.main, header ?? this.emptyHeader(tile));
  }

  private emptyHeader(tile: number): TileHeader {
    return joinTileHeaders(this.main, tile, []);
  }

  private keyOf(tile: number): BinKey {
    return { codestream: this.codestream, classId: BIN_CLASS.tile, id: tile };
  }

  private openTile(tile: number): OpenTile | undefined {
    const key = this.keyOf(tile);
    const bin = this.cache.get(key);
    if (bin === undefined || bin.held === 0) return undefined;
    this.cache.touch(bin);
    const known = this.tiles.get(bin);
    if (known && known.held === bin.held && known.complete === bin.complete) return known;
    const bytes = joinBytes([this.head, bin.prefix()]);
    const log = new DiagnosticLog();
    try {
      const source = readNow(CodestreamSource.open(new BytesSource(bytes), { offset: 0 }, this.limits, log), bytes);
      const snapshot = source.loadSync([{ tile, components: [], layers: 0 }]);
      if (bin.complete && bin.held > 0 && snapshot.tile(tile) === undefined) {
        this.reject(key, 'it does not begin with a tile-part of the tile');
        return undefined;
      }
      const open = { held: bin.held, complete: bin.complete, source };
      this.tiles.set(bin, open);
      this.rejected.delete(binName(key));
      return open;
    } catch (error) {
      if (!(error instanceof Jpeg2000Error) || error.kind !== 'malformed') throw error;
      if (bin.complete) this.reject(key, error.reason);
      return undefined;
    }
  }

  private diagnosticsOf(parts: readonly { readonly diagnostics: readonly Diagnostic[] }[]): Diagnostic[] {
    const found = parts.flatMap(({ diagnostics }) => diagnostics).filter(({ code }) => !EXPECTED.has(code));
    const damaged = [...this.rejected.values()].map(
      (why): Diagnostic => ({
        code: 'packet-header',
        message: `a data-bin is damaged and left out: ${why}`,
        clause: '15444-9 A.3',
      }),
    );
    return [...found, ...damaged];
  }

  private reject(key: BinKey, why: string): void {
    this.rejected.set(binName(key), `tile ${key.id}: ${why}`);
    this.damaged.push(key);
    this.cache.drop(key);
  }
}

/**
 * A cache of data-bins as a {@link PrecinctSource}: what has arrived is decoded as it is, without making a codestream of it.
 *
 * The main header is data-bin (6, 0), the header of a tile (2, tile), and each precinct is a data-bin of its own (15444-9 A.3). Data-bins
 * that contradict themselves are taken out of the cache and put on a list, to be asked for again: a wrong precinct must not spoil
 * others.
 */
import { joinTileHeaders, type TileHeader } from '../../codec/codestream/coding-parameters.ts';
import { emptySegments, readSegments } from '../../codec/codestream/header-segments.ts';
import { type MainHeader, readMainHeader } from '../../codec/codestream/main-header.ts';
import { type Diagnostic, DiagnosticLog, Jpeg2000Error } from '../../codec/errors.ts';
import { precinctGeometry } from '../../codec/geometry/tile-component.ts';
import { type TileGeometry, tileGeometry } from '../../codec/geometry/tile.ts';
import type { Limits } from '../../codec/limits.ts';
import type {
  PacketEnds,
  PrecinctKey,
  PrecinctLengths,
  PrecinctPlan,
  PrecinctSnapshot,
  PrecinctSource,
  TileSelection,
} from '../../codec/packets/precinct-source.ts';
import { ReadWindow } from '../../codec/read-window.ts';
import { readNow } from '../../codec/source.ts';
import type { PacketView, PrecinctHeld } from '../../codec/tier2/read-blocks.ts';
import { type BinKey, binName, firstSequenceNumbers, precinctId } from '../bins/bin-id.ts';
import type { BinCache, CachedBin } from '../bins/bin-store.ts';
import { BIN_CLASS } from '../wire/message.ts';
import { type NumberedTile, type StandingOf, standingInPlan } from './asked.ts';
import { heldOf, isWhole, lengthsOf, packetOf, type PrecinctPackets, splitPrecinct } from './precinct-packets.ts';

/** A precinct that a plan wants and its data-bin. */
export interface WantedPrecinct extends PrecinctKey {
  /** Quality layers that are wanted. */
  readonly layers: number;
  readonly bin: BinKey;
}

/** A source of packets over a cache, whatever kind of data-bins that holds. */
export interface CachedSource extends PrecinctSource {
  /** The number that the codestream has in the cache. */
  readonly codestream: number;
  loadSync(plan: PrecinctPlan): PrecinctSnapshot;
  /** Data-bins that turned out to be wrong since this was asked last, and are not held any more. */
  takeDamaged(): BinKey[];
  /** Headers of tiles that a plan wants and that are not held. */
  lackingTiles(plan: PrecinctPlan): number[];
  /** Precincts that a plan wants and that are not held with as many layers. Tiles without a header are not looked into. */
  lackingPrecincts(plan: PrecinctPlan): WantedPrecinct[];
  /** True when a precinct is not held with as many layers. */
  lacks(wanted: WantedPrecinct): boolean;
  /** The precincts of a plan, held or not. */
  wantedBy(plan: PrecinctPlan): Generator<WantedPrecinct>;
  /** Data-bins that a plan touches. */
  binsOf(plan: PrecinctPlan): Generator<BinKey>;
  /** How data-bins stand to a plan. */
  standingIn(plan: PrecinctPlan): StandingOf;
  /** Takes a tile's header for empty, since nobody sends one. */
  assumeHeader(tile: number): void;
  /** The geometry of a tile whose header is held, or else as the main header lets it be expected. */
  geometryOf(tile: number): TileGeometry;
}

/** Tiles whose geometry is kept for the next window. */
const MAX_OPEN_TILES = 256;
const EOC = [0xff, 0xd9];
const SOD = [0xff, 0x93];

interface OpenTile {
  readonly bin: CachedBin | undefined;
  readonly geometry: TileGeometry;
  /** The sequence number of the first precinct of each resolution level, by component; components with equal geometry share one. */
  readonly first: readonly (readonly number[])[];
}

/** The main header, when all of it is held. */
export function readCachedMainHeader(
  cache: BinCache,
  codestream: number,
  limits: Limits,
  log: DiagnosticLog,
): MainHeader | undefined {
  const bin = cache.get({ codestream, classId: BIN_CLASS.mainHeader, id: 0 });
  if (!bin?.complete) return undefined;
  return readNow(readMainHeader(windowOver(bin.prefix(), EOC), 0, limits, log), withEnd(bin.prefix(), EOC));
}

/** A JPP-stream's data-bins as a source. */
export class CacheSource implements CachedSource {
  readonly main: MainHeader;
  readonly codestream: number;
  private readonly cache: BinCache;
  private readonly log = new DiagnosticLog();
  private readonly tiles = new Map<number, OpenTile>();
  private readonly assumed = new Set<number>();
  private readonly splits = new WeakMap<CachedBin, PrecinctPackets>();
  /** A sum over what data-bins held that were too short. */
  private readonly doubted = new Map<string, number>();
  private damaged: BinKey[] = [];
  /** The tile without a header that was asked for last. */
  private guess: TileGeometry | undefined;
  /** Why data-bins were left out, until they are held again and right. */
  private readonly rejected = new Map<string, string>();

  constructor(cache: BinCache, codestream: number, main: MainHeader) {
    this.cache = cache;
    this.codestream = codestream;
    this.main = main;
  }

  async load(plan: PrecinctPlan): Promise<PrecinctSnapshot> {
    await this.cache.bring(this.binsOf(plan));
    return this.loadSync(plan);
  }

  loadSync(plan: PrecinctPlan): PrecinctSnapshot {
    const { tiles, found } = this.look(plan);
    return {
      revision: this.cache.revision,
      main: this.main,
      diagnostics: this.diagnostics(),
      tile: (t) => tiles.get(t)?.geometry.header,
      get: (key): PrecinctHeld | undefined => {
        const open = tiles.get(key.tile);
        const packets = open && found.get(this.idOf(key, open));
        return packets && heldOf(packets, open.geometry.header.cod.numLayers);
      },
      packet: (key, layer): PacketView | undefined => {
        const open = tiles.get(key.tile);
        const packets = open && found.get(this.idOf(key, open));
        return packets && packetOf(packets, layer);
      },
    };
  }

  async packetEnds(plan: PrecinctPlan): Promise<PacketEnds> {
    await this.cache.bring(this.binsOf(plan));
    return this.packetEndsSync(plan);
  }

  packetEndsSync(plan: PrecinctPlan): PacketEnds {
    const { tiles, found } = this.look(plan);
    return {
      main: this.main,
      diagnostics: this.diagnostics(),
      tile: (t) => tiles.get(t)?.geometry.header,
      get: (key): PrecinctLengths | undefined => {
        const open = tiles.get(key.tile);
        if (open === undefined) return undefined;
        const packets = found.get(this.idOf(key, open));
        if (packets === undefined) return { headers: [], bodies: [], ephs: [], complete: false };
        return { ...lengthsOf(packets), complete: isWhole(packets, open.geometry.header.cod.numLayers) };
      },
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
      if (!this.assumed.has(tile) && !this.cache.extentOf(this.headerKey(tile)).complete) lacking.push(tile);
    }
    return lacking;
  }

  lackingPrecincts(plan: PrecinctPlan): WantedPrecinct[] {
    const lacking: WantedPrecinct[] = [];
    for (const selection of plan) {
      const open = this.openTile(selection.tile);
      if (open === undefined) continue;
      for (const wanted of this.wantedIn(selection, open.geometry, open.first)) {
        if (this.isLacking(wanted, open)) lacking.push(wanted);
      }
    }
    return lacking;
  }

  lacks(wanted: WantedPrecinct): boolean {
    const open = this.openTile(wanted.tile);
    return open === undefined || this.isLacking(wanted, open);
  }

  private isLacking(wanted: WantedPrecinct, open: OpenTile): boolean {
    if (this.hasLayers(wanted, open)) return false;
    const { geometry } = open.geometry.components[wanted.component];
    // where nothing is coded nothing is missed
    return precinctGeometry(geometry.resolutions[wanted.resolution], wanted.precinct).numBlocks > 0;
  }

  *binsOf(plan: PrecinctPlan): Generator<BinKey> {
    for (const selection of plan) {
      yield this.headerKey(selection.tile);
      for (const { bin } of this.wantedBy([selection])) yield bin;
    }
  }

  *wantedBy(plan: PrecinctPlan): Generator<WantedPrecinct> {
    for (const selection of plan) {
      if (selection.components.length === 0) continue;
      const open = this.openTile(selection.tile);
      const geometry = open?.geometry ?? this.geometryOf(selection.tile);
      yield* this.wantedIn(selection, geometry, open?.first ?? firstNumbersOf(geometry));
    }
  }

  standingIn(plan: PrecinctPlan): StandingOf {
    const tileOf = (tile: number): NumberedTile => {
      const open = this.openTile(tile);
      const geometry = open?.geometry ?? this.geometryOf(tile);
      return { geometry, first: open?.first ?? firstNumbersOf(geometry), certain: open !== undefined };
    };
    const knowsMore = (tile: number): boolean => this.cache.get(this.headerKey(tile))?.complete === true;
    return standingInPlan(this.main, plan, tileOf, knowsMore);
  }

  assumeHeader(tile: number): void {
    this.assumed.add(tile);
  }

  geometryOf(tile: number): TileGeometry {
    const open = this.openTile(tile);
    if (open) return open.geometry;
    if (this.guess?.tile !== tile) this.guess = tileGeometry(this.main, joinTileHeaders(this.main, tile, []));
    return this.guess;
  }

  /** What is held of a plan at this moment. */
  private look(plan: PrecinctPlan): { tiles: Map<number, OpenTile>; found: Map<number, PrecinctPackets> } {
    const tiles = new Map<number, OpenTile>();
    const found = new Map<number, PrecinctPackets>();
    for (const selection of plan) {
      const open = this.openTile(selection.tile);
      if (open === undefined) continue;
      tiles.set(selection.tile, open);
      for (const wanted of this.wantedIn(selection, open.geometry, open.first)) {
        const packets = this.packetsOf(wanted, open);
        if (packets) found.set(wanted.bin.id, packets);
      }
    }
    return { tiles, found };
  }

  private diagnostics(): Diagnostic[] {
    const damaged = [...this.rejected.values()].map(
      (why): Diagnostic => ({
        code: 'packet-header',
        message: `a data-bin is damaged and left out: ${why}`,
        clause: '15444-9 A.3',
      }),
    );
    return [...this.log.list, ...damaged];
  }

  /** True when a precinct has as many layers as are wanted. A bin that is only on the shelf is believed where it is complete. */
  private hasLayers(wanted: WantedPrecinct, open: OpenTile): boolean {
    const { bin: key, layers } = wanted;
    const bin = this.cache.get(key);
    const extent = this.cache.extentOf(key);
    if (bin === undefined || extent.length > bin.held) return extent.complete;
    const packets = this.packetsOf(wanted, open);
    return packets !== undefined && (packets.complete || packets.count >= layers);
  }

  private headerKey(tile: number): BinKey {
    return { codestream: this.codestream, classId: BIN_CLASS.tileHeader, id: tile };
  }

  private idOf({ tile, component, resolution, precinct }: PrecinctKey, { first }: OpenTile): number {
    return precinctId(this.main, tile, component, first[component][resolution] + precinct);
  }

  private *wantedIn(
    { tile, components, layers }: TileSelection,
    geometry: TileGeometry,
    first: OpenTile['first'],
  ): Generator<WantedPrecinct> {
    for (const { component, resolutions } of components) {
      for (let resolution = 0; resolution < resolutions.length; resolution++) {
        const rect = resolutions[resolution];
        const level = geometry.components[component].geometry.resolutions[resolution];
        if (rect === undefined || level === undefined) continue;
        for (let y = rect.y0; y < Math.min(rect.y1, level.numPrecinctsHigh); y++) {
          for (let x = rect.x0; x < Math.min(rect.x1, level.numPrecinctsWide); x++) {
            const precinct = y * level.numPrecinctsWide + x;
            const id = precinctId(this.main, tile, component, first[component][resolution] + precinct);
            const bin = { codestream: this.codestream, classId: BIN_CLASS.precinct, id };
            yield { tile, component, resolution, precinct, layers, bin };
          }
        }
      }
    }
  }

  private openTile(tile: number): OpenTile | undefined {
    const bin = this.cache.get(this.headerKey(tile));
    const known = this.tiles.get(tile);
    if (known && (known.bin === bin || this.assumed.has(tile))) return known;
    const header = bin?.complete ? this.readTileHeader(tile, bin.prefix()) : undefined;
    if (header === undefined && !this.assumed.has(tile)) return undefined;
    const geometry = tileGeometry(this.main, header ?? joinTileHeaders(this.main, tile, []));
    const open = { bin, geometry, first: firstNumbersOf(geometry) };
    this.accept(this.headerKey(tile));
    if (this.tiles.size >= MAX_OPEN_TILES) this.tiles.delete(this.tiles.keys().next().value!);
    this.tiles.delete(tile);
    this.tiles.set(tile, open);
    return open;
  }

  /** The marker segments of all the tile's tile-part headers; PLT is ignored, and SOD may be there or not (15444-9 A.3.3). */
  private readTileHeader(tile: number, bytes: Uint8Array): TileHeader | undefined {
    // OpenJPIP sends SOT there, without its marker: Lsot is 10
    const start = bytes.length >= 10 && bytes[0] === 0 && bytes[1] === 10 ? 10 : 0;
    const segments = emptySegments();
    const { components } = this.main.siz;
    try {
      const reading = readSegments(windowOver(bytes, SOD), start, 'tile', segments, components.length, this.log);
      readNow(reading, withEnd(bytes, SOD));
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      this.reject(this.headerKey(tile), `the header of tile ${tile}: ${error.reason}`);
      return undefined;
    }
    return joinTileHeaders(this.main, tile, [
      { offset: 0, isot: tile, psot: 0, tpsot: 0, tnsot: 1, ordinal: 0, segments, dataStart: 0, end: 0 },
    ]);
  }

  private packetsOf(wanted: WantedPrecinct, { geometry: tile }: OpenTile): PrecinctPackets | undefined {
    const { component, resolution, precinct } = wanted;
    const bin = this.cache.get(wanted.bin);
    if (bin === undefined) return undefined;
    this.cache.touch(bin);
    const known = this.splits.get(bin);
    if (known && known.bytes.length === bin.held && known.complete === bin.complete) return known;
    const { geometry, parameters } = tile.components[component];
    const style = parameters.style.codeBlockStyle;
    const level = precinctGeometry(geometry.resolutions[resolution], precinct);
    const packets = splitPrecinct(level, style, tile.header.cod, bin.prefix(), bin.complete);
    const damage = packets.damage ?? this.doubtAbout(wanted.bin, packets, tile.header.cod.numLayers);
    if (damage !== undefined) {
      const where = `tile ${tile.tile}, component ${component}, resolution level ${resolution}, precinct ${precinct}`;
      this.reject(wanted.bin, `${where}: ${damage}`);
      return undefined;
    }
    this.splits.set(bin, packets);
    this.accept(wanted.bin);
    return packets;
  }

  /**
   * A data-bin that is whole with fewer packets than there are layers is of a codestream that was cut, or, more often, of another
   * precinct. It is believed when the same comes again.
   */
  private doubtAbout(key: BinKey, { bytes, complete, count }: PrecinctPackets, numLayers: number): string | undefined {
    if (!complete || count >= numLayers) return undefined;
    const name = binName(key);
    const sum = sumOf(bytes);
    if (this.doubted.get(name) === sum) return undefined;
    this.doubted.set(name, sum);
    return `${count} packets, where there are ${numLayers} layers`;
  }

  private accept(key: BinKey): void {
    if (this.rejected.size > 0) this.rejected.delete(binName(key));
  }

  private reject(key: BinKey, why: string): void {
    this.rejected.set(binName(key), why);
    this.damaged.push(key);
    this.cache.drop(key);
  }
}

/** Tells contents apart as far as is needed here (FNV-1a). */
function sumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5 ^ bytes.length;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum;
}

function firstNumbersOf(geometry: TileGeometry): number[][] {
  const shared = new Map<unknown, number[]>();
  return geometry.components.map(({ component, geometry: own }) => {
    const numbers = shared.get(own) ?? firstSequenceNumbers(geometry, component);
    shared.set(own, numbers);
    return numbers;
  });
}

/** Headers in data-bins end without the delimiter that ends them in a codestream. */
function withEnd(bytes: Uint8Array, end: readonly number[]): Uint8Array {
  const whole = new Uint8Array(bytes.length + end.length);
  whole.set(bytes);
  whole.set(end, bytes.length);
  return whole;
}

function windowOver(bytes: Uint8Array, end: readonly number[]): ReadWindow {
  return new ReadWindow(Number.POSITIVE_INFINITY, bytes.length + end.length);
}

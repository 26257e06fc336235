/**
 * A codestream as a {@link PrecinctSource}: in memory, or anywhere that ranges of bytes can be read from.
 *
 * Loading is "find, then fetch": where the wanted packets stand is worked out first (tile-parts, then packets), and then all
 * their bytes are asked for at once, joined to runs.
 */
import { joinBytes } from '../bits/join-bytes.ts';
import { joinTileHeaders, progressionChangesOf, type TileHeader } from '../codestream/coding-parameters.ts';
import { type MainHeader, readMainHeader } from '../codestream/main-header.ts';
import { type IndexedBytes, joinIndexed, readPacketLengths, splitPlm } from '../codestream/plt.ts';
import { splitPpm } from '../codestream/ppm.ts';
import type { TilePart } from '../codestream/tile-part.ts';
import { type Diagnostic, DiagnosticLog, Jpeg2000Error, overLimit, placeOf, usage } from '../errors.ts';
import { type TileGeometry, tileGeometry } from '../geometry/tile.ts';
import type { Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import { type ByteRange, BytesSource, type RandomAccessSource, readFrom, type Reading, readNow } from '../source.ts';
import { type PacketView, type PrecinctHeld, skipSop } from '../tier2/read-blocks.ts';
import { type ByteStore, joinNear, piecesStore, wholeStore } from './byte-store.ts';
import { type FoundEnds, foundEnds, type FoundTile } from './found-ends.ts';
import { type DataRun, type FoundPackets, type PacketIndex, type PacketRange, rangesIn } from './found-packets.ts';
import type {
  LoadOptions,
  PrecinctKey,
  PrecinctPlan,
  PrecinctSnapshot,
  PrecinctSource,
  TileSelection,
} from './precinct-source.ts';
import { type TileData, TilePackets } from './tile-packets.ts';
import { HEAD_BYTES, TilePartFinder } from './tile-parts.ts';

/** Least number of bytes fetched at once from a source that is not memory, when packet headers are followed. */
const REMOTE_CHUNK = 32768;

/** The most that is fetched at once while one packet header after the other is followed. */
const MOST_CHUNK = 1 << 18;

/** Ranges with at most this many bytes between them are read as one: a read costs more than these do. */
const NEAR = 1024;

/** A tile whose header has been read. */
interface OpenTile {
  readonly header: TileHeader;
  readonly parts: readonly TilePart[];
  /** Everything tolerated in this tile so far. */
  readonly log: DiagnosticLog;
  geometry?: TileGeometry;
  packets?: TilePackets;
  /** The packets found once more by their headers, where `packets` come from PLT or PLM. */
  exact?: TilePackets;
}

/** Where a codestream lies in its input. */
export interface CodestreamPlace {
  readonly offset: number;
  /** Undefined: to the end of the input. */
  readonly length?: number;
}

/** Tiles whose packet places are kept for the next window; older ones are worked out again. */
const MAX_OPEN_TILES = 256;

/** Tiles whose headers are fetched at once. */
const TILES_AHEAD = 256;
const MAX_OPEN_TILE_COMPONENTS = 1 << 16;

/** A codestream, parsed as far as anyone asked. */
export class CodestreamSource implements PrecinctSource {
  readonly main: MainHeader;
  /** Everything tolerated so far outside of single tiles. */
  readonly log: DiagnosticLog;
  /** End of the codestream in the input, as far as known. */
  readonly end: number;
  private readonly input: RandomAccessSource;
  private readonly limits: Limits;
  /** For tile-part headers. */
  private readonly headers: ReadWindow;
  /** For packet headers. */
  private readonly window: ReadWindow;
  private readonly finder: TilePartFinder;
  private readonly tiles = new Map<number, OpenTile | undefined>();
  private ppm: Uint8Array[] | undefined;
  private plm: Uint8Array[] | undefined;
  private lastSearch: Promise<unknown> = Promise.resolve();
  /** Knows of tiles that need not be looked for. */
  private index: PacketIndex | undefined;

  private constructor(
    input: RandomAccessSource,
    main: MainHeader,
    end: number,
    first: ReadWindow,
    limits: Limits,
    log: DiagnosticLog,
  ) {
    this.input = input;
    this.main = main;
    this.end = end;
    const chunk = chunkOf(input, REMOTE_CHUNK);
    this.headers = new ReadWindow(chunkOf(input, HEAD_BYTES), end, { mostChunk: chunk });
    this.headers.takeOver(first); // the first tile-part follows the main header
    this.window = new ReadWindow(chunk, end, { beside: this.headers, mostChunk: Math.max(chunk, MOST_CHUNK) });
    this.limits = limits;
    this.log = log;
    this.finder = new TilePartFinder(main, end);
  }

  /** Reads the main header. */
  static *open(
    input: RandomAccessSource,
    place: CodestreamPlace,
    limits: Limits,
    log: DiagnosticLog,
  ): Reading<CodestreamSource> {
    const limit = place.length === undefined ? Number.MAX_SAFE_INTEGER : place.offset + place.length;
    const first = new ReadWindow(chunkOf(input, REMOTE_CHUNK), Math.min(limit, input.size ?? Number.MAX_SAFE_INTEGER));
    const main = yield* readMainHeader(first, place.offset, limits, log);
    // a source over HTTP knows its size only after the first read
    const end = Math.min(limit, input.size ?? Number.MAX_SAFE_INTEGER);
    return new CodestreamSource(input, main, end, first, limits, log);
  }

  async load(plan: PrecinctPlan, options: LoadOptions = {}): Promise<PrecinctSnapshot> {
    const told = await this.index?.load(plan, options);
    const found = await this.inTurn(this.finding(plan, false, told), options);
    return readFrom(this.holding(plan, found), this.input, options.signal, options.executor, options.deadline);
  }

  loadSync(plan: PrecinctPlan, options: Pick<LoadOptions, 'deadline'> = {}): PrecinctSnapshot {
    const bytes = this.bytesInMemory();
    const told = this.index?.loadSync(plan);
    return readNow(this.holding(plan, readNow(this.finding(plan, false, told), bytes, options.deadline)), bytes);
  }

  async packetEnds(plan: PrecinctPlan, options: LoadOptions = {}): Promise<FoundEnds> {
    const told = await this.index?.load(plan, options);
    return this.endsOf(await this.inTurn(this.finding(plan, true, told), options));
  }

  packetEndsSync(plan: PrecinctPlan, options: Pick<LoadOptions, 'deadline'> = {}): FoundEnds {
    const told = this.index?.loadSync(plan);
    return this.endsOf(readNow(this.finding(plan, true, told), this.bytesInMemory(), options.deadline));
  }

  /**
   * Runs a search through this codestream when all that were begun before are over: each goes on where the last one ended, and must
   * not be overtaken while it waits for bytes.
   */
  inTurn<T>(search: Reading<T>, options: LoadOptions = {}): Promise<T> {
    const run = (): Promise<T> => readFrom(search, this.input, options.signal, options.executor, options.deadline);
    const result = this.lastSearch.then(run);
    this.lastSearch = result.catch(() => {});
    return result;
  }

  private bytesInMemory(): Uint8Array {
    if (this.input instanceof BytesSource) return this.input.bytes;
    throw usage('sync-source', 'only bytes in memory can be read synchronously');
  }

  /** Finds every tile-part of the codestream, for a description of it. */
  *findTileParts(): Reading<readonly TilePart[]> {
    yield* this.finder.findAll(this.headers, this.log);
    const tiles = new Set(this.finder.all().map(({ sot }) => sot.isot));
    const parts: TilePart[] = [];
    for (const tile of tiles) parts.push(...(yield* this.finder.partsOf(tile, this.headers, this.log)));
    return parts.sort((a, b) => a.ordinal - b.ordinal);
  }

  /** The packet places of a tile, all of them found; with `exact` by their headers, as {@link packetEnds} does. */
  *findPackets(tile: number, exact = false): Reading<TilePackets | undefined> {
    const open = yield* this.openTile(tile);
    if (open === undefined) return undefined;
    const packets = exact ? this.exactPacketsOf(open) : this.packetsOf(open);
    const components = packets.tile.components.map(({ component, geometry }) => ({
      component,
      resolutions: geometry.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    }));
    yield* packets.find({ tile, components, layers: packets.tile.header.cod.numLayers }, this.window, open.log);
    return packets;
  }

  /** The tile-parts of a tile, headers read. */
  *tilePartsOf(tile: number): Reading<readonly TilePart[]> {
    return (yield* this.openTile(tile))?.parts ?? [];
  }

  /** The first bytes of the codestream, mostly held since the main header was read. */
  *firstBytes(length: number): Reading<Uint8Array> {
    return yield* this.headers.need(this.main.offset, length);
  }

  /** Bytes of the input; `undefined` where that is not known. */
  get inputSize(): number | undefined {
    return this.input.size;
  }

  /** Lets an index tell where packets are, from now on. */
  useIndex(index: PacketIndex): void {
    this.index = index;
  }

  /** What was tolerated in a tile that has been opened last. */
  findingsIn(tile: number): readonly Diagnostic[] {
    return this.tiles.get(tile)?.log.list ?? [];
  }

  /** Brings in what was found. */
  private *holding(plan: PrecinctPlan, { found, diagnostics }: Findings): Reading<PrecinctSnapshot> {
    const store = this.input instanceof BytesSource ? wholeStore(this.input.bytes) : yield* this.fetch(plan, found);
    return new CodestreamSnapshot(this.main, found, store, diagnostics);
  }

  private endsOf({ found, diagnostics }: Findings): FoundEnds {
    return foundEnds(this.main, found, diagnostics, this.input);
  }

  /**
   * Finds the packets of a plan, with `exact` by following their headers. What an index has told of tiles is not looked for.
   */
  private *finding(plan: PrecinctPlan, exact: boolean, told: ToldTiles | undefined): Reading<Findings> {
    const found = new Map<number, FoundTile>();
    const logs = new Set([this.log]);
    const unknown: TileSelection[] = [];
    for (const selection of plan) {
      const packets = this.toldOf(selection, exact, told);
      if (packets) found.set(selection.tile, { header: packets.tile.header, packets });
      else unknown.push(selection);
    }
    for (const [k, selection] of unknown.entries()) {
      if (k > 0 && k % TILES_AHEAD === 0) this.headers.forgetAhead();
      if (k % TILES_AHEAD === 0) yield* this.fetchHeaders(unknown.slice(k, k + TILES_AHEAD));
      const open = yield* this.openTile(selection.tile);
      if (open === undefined) continue;
      logs.add(open.log);
      let packets: FoundPackets | undefined;
      if (selection.components.length > 0) {
        // lengths that were told before stay true
        const again = exact || open.exact?.covers(selection);
        const search = again ? this.exactPacketsOf(open) : this.packetsOf(open);
        yield* search.find(selection, this.window, open.log);
        packets = search;
      }
      found.set(selection.tile, { header: open.header, packets });
    }
    this.headers.forgetAhead();
    return { found, diagnostics: [...logs].flatMap((log) => log.list) };
  }

  /** What an index has told of a tile, unless more is asked for than it knows, or lengths were told before from packet headers. */
  private toldOf(selection: TileSelection, exact: boolean, told: ToldTiles | undefined): FoundPackets | undefined {
    const packets = told?.get(selection.tile);
    if (packets === undefined || packets.exact) return packets;
    const open = this.tiles.get(selection.tile);
    const read = open?.exact ?? open?.packets;
    return exact || (read?.exact && read.covers(selection)) ? undefined : packets;
  }

  private *fetchHeaders(plan: PrecinctPlan): Reading<void> {
    const tiles = plan.map(({ tile }) => tile).filter((tile) => !this.tiles.has(tile));
    yield* this.finder.fetchHeaders(tiles, this.headers, this.log);
  }

  private *openTile(tile: number): Reading<OpenTile | undefined> {
    if (this.tiles.has(tile)) {
      const known = this.tiles.get(tile);
      // move it to the young end
      this.tiles.delete(tile);
      this.tiles.set(tile, known);
      return known;
    }
    const log = new DiagnosticLog();
    const parts = yield* this.finder.partsOf(tile, this.headers, this.log);
    const open = parts.length === 0 ? undefined : { header: joinTileHeaders(this.main, tile, parts), parts, log };
    const most = Math.min(MAX_OPEN_TILES, MAX_OPEN_TILE_COMPONENTS / this.main.siz.components.length);
    if (this.tiles.size >= most) {
      const oldest = this.tiles.keys().next().value!;
      this.tiles.delete(oldest);
      this.finder.letGo(oldest);
    }
    this.tiles.set(tile, open);
    return open;
  }

  private packetsOf(open: OpenTile): TilePackets {
    if (open.packets === undefined) {
      open.geometry = tileGeometry(this.main, open.header);
      const changes = progressionChangesOf(this.main, open.header);
      open.packets = new TilePackets(open.geometry, this.tileData(open), changes, this.limits);
    }
    return open.packets;
  }

  /** Packets whose headers are followed, even where PLT or PLM tell their lengths. */
  private exactPacketsOf(open: OpenTile): TilePackets {
    const { tile, data } = this.packetsOf(open);
    if (data.packetLengths === undefined) return open.packets!;
    const changes = progressionChangesOf(this.main, open.header);
    open.exact ??= new TilePackets(tile, { ...data, packetLengths: undefined }, changes, this.limits);
    return open.exact;
  }

  private tileData(open: OpenTile): TileData {
    const runs = open.parts.map((part) => ({ offset: part.dataStart, length: part.end - part.dataStart }));
    const total = runs.reduce((sum, run) => sum + run.length, 0);
    return {
      runs,
      packedHeaders: this.packedHeadersOf(open.parts),
      packetLengths: this.packetLengthsOf(open.parts, total, open.log),
    };
  }

  /** A.7.4, A.7.5: packed headers of a tile are those of its tile-parts, joined. */
  private packedHeadersOf(parts: readonly TilePart[]): Uint8Array | undefined {
    if (this.main.segments.ppm.length > 0) {
      this.ppm ??= this.tolerated(() => splitPpm(joinIndexed(this.main.segments.ppm))) ?? [];
      return joinBytes(parts.map((part) => this.ppm![part.ordinal] ?? new Uint8Array(0)));
    }
    if (parts.every((part) => part.segments.ppt.length === 0)) return undefined;
    return joinBytes(parts.map((part) => joinIndexed(part.segments.ppt)));
  }

  /** A.7.2, A.7.3: packet lengths of a tile; only used when they add up to the data. */
  private packetLengthsOf(parts: readonly TilePart[], total: number, log: DiagnosticLog): number[] | undefined {
    const bytes = parts.map((part): IndexedBytes[] => {
      if (part.segments.plt.length > 0) return part.segments.plt;
      if (this.main.segments.plm.length === 0) return [];
      this.plm ??= splitPlm(joinIndexed(this.main.segments.plm));
      const piece = this.plm[part.ordinal];
      return piece ? [{ index: 0, bytes: piece, offset: this.main.offset }] : [];
    });
    if (bytes.some((segments) => segments.length === 0)) return undefined;
    // packed headers are not part of the lengths, and where each ends is only known by reading it
    if (this.main.segments.ppm.length > 0 || parts.some((part) => part.segments.ppt.length > 0)) return undefined;
    const lengths = this.tolerated(() => bytes.flatMap((s) => readPacketLengths(joinIndexed(s), s[0].offset)));
    if (lengths === undefined) return undefined;
    const sum = lengths.reduce((a, b) => a + b, 0);
    const cut = parts.some((part) => part.psot !== 0 && part.offset + part.psot > part.end);
    const endless = parts.some((part) => part.end === Number.MAX_SAFE_INTEGER); // Psot = 0 in an input of unknown size
    if (sum === total || (cut && sum > total) || endless) return lengths;
    log.add('plt-value', `packet lengths add up to ${sum}, the tile has ${total} bytes; they are ignored`, {
      offset: parts[0].offset,
      clause: '15444-1 A.7.3',
    });
    return undefined;
  }

  private tolerated<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      this.log.add(error.code, error.reason, placeOf(error));
      return undefined;
    }
  }

  private *fetch(plan: PrecinctPlan, found: FoundTiles): Reading<ByteStore> {
    const ranges: ByteRange[] = [];
    for (const selection of plan) {
      const packets = found.get(selection.tile)?.packets;
      if (packets) for (const range of wantedRanges(packets, selection)) ranges.push(range);
    }
    const runs = joinNear(ranges, NEAR);
    const total = runs.reduce((sum, run) => sum + run.length, 0);
    if (total > this.limits.bytes) {
      throw overLimit('limit-bytes', `${total} bytes are needed at once, the limit is ${this.limits.bytes}`);
    }
    const pieces = runs.length === 0 ? [] : yield runs;
    return piecesStore(runs.map((run, k) => ({ offset: run.offset, bytes: pieces[k] })));
  }
}

/** What was found of a plan, and what was tolerated on the way. */
interface Findings {
  readonly found: FoundTiles;
  readonly diagnostics: readonly Diagnostic[];
}

type FoundTiles = ReadonlyMap<number, FoundTile>;

/** What an index knows of some tiles. */
type ToldTiles = ReadonlyMap<number, FoundPackets>;

class CodestreamSnapshot implements PrecinctSnapshot {
  readonly revision = 0;
  readonly main: MainHeader;
  readonly diagnostics: readonly Diagnostic[];
  private readonly tiles: FoundTiles;
  private readonly store: ByteStore;

  constructor(main: MainHeader, tiles: FoundTiles, store: ByteStore, diagnostics: readonly Diagnostic[]) {
    this.main = main;
    this.tiles = tiles;
    this.store = store;
    this.diagnostics = diagnostics;
  }

  tile(t: number): TileHeader | undefined {
    return this.tiles.get(t)?.header;
  }

  get(key: PrecinctKey): PrecinctHeld | undefined {
    const packets = this.tiles.get(key.tile)?.packets;
    if (packets === undefined) return undefined;
    const { component, resolution, precinct } = key;
    const layers = packets.tile.header.cod.numLayers;
    const views: PacketView[] = [];
    let tail: PacketView | undefined;
    let short = false;
    for (const range of packets.rangesOf(component, resolution, precinct, layers)) {
      const view = this.view(packets, range);
      if (view.held < range.length) {
        // fewer layers were asked for, or the source gave less than it promised
        tail = view.held > 0 ? view.packet : undefined;
        short = true;
        break;
      }
      views.push(view.packet);
    }
    const complete = !short && packets.isWhole(component, resolution, precinct);
    if (!complete && !short) {
      const cut = packets.cutOf(component, resolution, precinct);
      if (cut) tail = this.view(packets, cut).packet;
    }
    return { packets: views, ...(tail ? { tail } : {}), complete };
  }

  packet(key: PrecinctKey, layer: number): PacketView | undefined {
    const packets = this.tiles.get(key.tile)?.packets;
    const range = packets?.rangeOf(key.component, key.resolution, key.precinct, layer);
    if (packets === undefined || range === undefined) return undefined;
    const { packet, held } = this.view(packets, range);
    if (held < range.length) return undefined;
    if (packet.header !== undefined || range.headerLength === 0) return packet;
    const end = range.headerLength + range.eph;
    return { header: packet.body.subarray(0, end), body: packet.body.subarray(end) };
  }

  private view(packets: FoundPackets, range: PacketRange): { packet: PacketView; held: number } {
    const bytes = this.slice(packets.runs, range.start, range.length);
    // with PLT, SOP is part of the packet; elsewhere what stands here is a header or, with packed headers, data
    const body = packets.exact ? bytes : bytes.subarray(skipSop(bytes, 0));
    const { packedHeaders, headerRuns } = packets;
    const { headerStart } = range;
    const headerLength = range.headerLength + range.eph;
    let header = packedHeaders?.subarray(headerStart, headerStart + headerLength);
    if (headerRuns) {
      header = this.slice(headerRuns, headerStart, headerLength);
      if (header.length < headerLength) return { packet: { header, body }, held: -1 };
    }
    return { packet: header ? { header, body } : { body }, held: bytes.length };
  }

  private slice(runs: readonly DataRun[], start: number, length: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    for (const range of rangesIn(runs, start, length)) pieces.push(this.store.slice(range.offset, range.length));
    return joinBytes(pieces);
  }
}

function* wantedRanges(packets: FoundPackets, selection: TileSelection): Generator<ByteRange> {
  for (const { component, resolutions } of selection.components) {
    for (let r = 0; r < resolutions.length; r++) {
      const rect = resolutions[r];
      const resolution = packets.tile.components[component].geometry.resolutions[r];
      if (rect === undefined || resolution === undefined) continue;
      for (let y = rect.y0; y < rect.y1; y++) {
        for (let x = rect.x0; x < rect.x1; x++) {
          const precinct = y * resolution.numPrecinctsWide + x;
          for (const range of packets.rangesOf(component, r, precinct, selection.layers, selection.fromLayer)) {
            yield* rangesIn(packets.runs, range.start, range.length);
            if (packets.headerRuns)
              yield* rangesIn(packets.headerRuns, range.headerStart, range.headerLength + range.eph);
          }
          const cut = packets.cutOf(component, r, precinct);
          if (cut) yield* rangesIn(packets.runs, cut.start, cut.length);
        }
      }
    }
  }
}

/** The least that is fetched at once: over memory a fetch costs nothing. */
function chunkOf(input: RandomAccessSource, remote: number): number {
  return input instanceof BytesSource ? Number.POSITIVE_INFINITY : remote;
}

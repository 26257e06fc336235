/**
 * A packet index that is read piece by piece: the head once, then the directory entries, records and pages of what is wanted.
 *
 * Each step asks for everything at once, so a window of a remote picture takes three reads of its index however many tiles and precincts
 * it has, and fewer where pieces lie near each other.
 */
import { crc32, fnv1a64 } from '../bits/checksums.ts';
import type { TileHeader } from '../codestream/coding-parameters.ts';
import { emptySegments, readSegments } from '../codestream/header-segments.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import { DiagnosticLog, Jpeg2000Error, overLimit, usage } from '../errors.ts';
import { tileGeometry } from '../geometry/tile.ts';
import type { Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import {
  type ByteRange,
  BytesSource,
  type RandomAccessSource,
  readFrom,
  type Reading,
  readNow,
  readRange,
  sourceError,
} from '../source.ts';
import { joinNear } from './byte-store.ts';
import type { CodestreamSource } from './codestream-source.ts';
import type { DataRun, FoundPackets, PacketIndex } from './found-packets.ts';
import {
  damaged,
  ENTRY_BYTES,
  HEAD_BYTES,
  type IndexHead,
  MAX_HASHED_BYTES,
  type IndexPage,
  type IndexRecord,
  readIndexEntry,
  readIndexHead,
  readIndexRecord,
} from './index-format.ts';
import { IndexedTile, TilePages } from './indexed-tile.ts';
import type { LoadOptions, PrecinctPlan } from './precinct-source.ts';

/** What is read at first; a small index is all there. */
const FIRST_READ = 1 << 16;
/** Pieces that lie this near are read as one. */
const NEAR = 4096;
/** Tiles and packets that are kept for the next window. */
const MAX_TILES = 1024;
const MAX_PACKETS = 1 << 20;

/** An index that belongs to a codestream. */
export class CodestreamIndex implements PacketIndex {
  private readonly input: RandomAccessSource;
  private readonly main: MainHeader;
  private readonly limits: Limits;
  readonly head: IndexHead;
  /** The beginning of the index. */
  private readonly beginning: Uint8Array;
  /** `undefined` for a tile that is not in the index. */
  private readonly tiles = new Map<number, TilePages | undefined>();
  /** By tile and page. */
  private readonly pages = new Map<number, IndexPage>();
  private packetsHeld = 0;

  private constructor(
    input: RandomAccessSource,
    beginning: Uint8Array,
    head: IndexHead,
    main: MainHeader,
    limits: Limits,
  ) {
    this.input = input;
    this.beginning = beginning;
    this.head = head;
    this.main = main;
    this.limits = limits;
  }

  /**
   * Opens an index, holds it against the codestream that it shall speak of, and lets that use it.
   *
   * @throws {Jpeg2000Error} `index-damaged`, `index-version`, or `index-mismatch` when it was made from another file.
   */
  static async attach(
    input: RandomAccessSource,
    source: CodestreamSource,
    limits: Limits,
    options: LoadOptions = {},
  ): Promise<CodestreamIndex> {
    const beginning = await guardedRead(readRange(0, FIRST_READ), input, options);
    const head = checkedHead(beginning, source);
    checkHash(head, await source.inTurn(source.firstBytes(head.hashedBytes), options));
    const index = new CodestreamIndex(input, beginning, head, source.main, limits);
    source.useIndex(index);
    return index;
  }

  /** The same without waiting; both the index and the codestream must be in memory. */
  static attachSync(input: BytesSource, source: CodestreamSource, bytes: Uint8Array, limits: Limits): CodestreamIndex {
    const head = checkedHead(input.bytes, source);
    checkHash(head, readNow(source.firstBytes(head.hashedBytes), bytes));
    const index = new CodestreamIndex(input, input.bytes, head, source.main, limits);
    source.useIndex(index);
    return index;
  }

  async load(plan: PrecinctPlan, options: LoadOptions = {}): Promise<ReadonlyMap<number, FoundPackets>> {
    return guardedRead(this.loading(plan), this.input, options);
  }

  loadSync(plan: PrecinctPlan): ReadonlyMap<number, FoundPackets> {
    if (this.input instanceof BytesSource) return readNow(this.loading(plan), this.input.bytes);
    throw usage('sync-source', 'an index that is not in memory cannot be read synchronously');
  }

  private *loading(plan: PrecinctPlan): Reading<ReadonlyMap<number, FoundPackets>> {
    const tiles = yield* this.readTiles(plan.map(({ tile }) => tile));
    const wanted: { readonly tile: TilePages; readonly page: number; readonly into: Map<number, IndexPage> }[] = [];
    const found = new Map<number, FoundPackets>();
    // a plan may name a tile several times, for several parts of it
    const asked = new Map<number, Map<number, IndexPage>>();
    const asking = new Set<number>();
    for (const selection of plan) {
      const tile = tiles.get(selection.tile);
      if (tile === undefined) continue;
      const pages = asked.get(selection.tile) ?? new Map<number, IndexPage>();
      asked.set(selection.tile, pages);
      for (const page of tile.pagesFor(selection)) {
        const key = keyOf(selection.tile, page);
        const held = this.pages.get(key);
        if (held) pages.set(page, held);
        else if (!asking.has(key)) wanted.push({ tile, page, into: pages });
        asking.add(key);
      }
      if (!found.has(selection.tile)) found.set(selection.tile, new IndexedTile(tile, pages));
    }
    const pieces = yield* this.fetch(wanted.map(({ tile, page }) => tile.placeOf(page)));
    for (const [k, { tile, page, into }] of wanted.entries()) {
      if (k % 64 === 63) yield [];
      const read = tile.readPage(page, pieces[k]);
      into.set(page, read);
      this.keep(keyOf(tile.geometry.tile, page), read);
    }
    return found;
  }

  /** The tiles of a list that are in the index, their directory entries and records read where they were not. */
  private *readTiles(tiles: readonly number[]): Reading<ReadonlyMap<number, TilePages | undefined>> {
    const wanted = new Map(tiles.map((t) => [t, this.tiles.get(t)]));
    const missing = [...wanted.keys()].filter((t) => !this.tiles.has(t) && t < this.head.numTiles);
    const directory = yield* this.fetch(
      missing.map((t) => ({ offset: HEAD_BYTES + t * ENTRY_BYTES, length: ENTRY_BYTES })),
    );
    const entries = missing.map((t, k) => ({ tile: t, ...readIndexEntry(directory[k], t) }));
    const indexed = entries.filter(({ offset }) => offset > 0);
    const records = yield* this.fetch(indexed);
    for (const [k, { tile, crc, offset }] of indexed.entries()) {
      if (k % 64 === 63) yield [];
      if (crc32(records[k]) !== crc) throw damaged(`the record of tile ${tile}`, offset);
      wanted.set(tile, this.tilePages(tile, readIndexRecord(records[k])));
    }
    for (const { tile } of entries) {
      if (this.tiles.size >= MAX_TILES) this.tiles.delete(this.tiles.keys().next().value!);
      this.tiles.set(tile, wanted.get(tile));
    }
    return wanted;
  }

  /** A record, held against the geometry of its tile. */
  private tilePages(t: number, record: IndexRecord): TilePages {
    const geometry = tileGeometry(this.main, this.headerOf(t, record.segments));
    const { sourceSize, codestreamOffset, pagePackets } = this.head;
    const toInput = ({ offset, length }: DataRun): DataRun => {
      if (codestreamOffset + offset + length > sourceSize) throw damaged(`data of tile ${t} beyond the file`);
      return { offset: this.main.offset + offset, length };
    };
    return new TilePages(geometry, record, record.runs.map(toInput), record.headerRuns.map(toInput), pagePackets);
  }

  private headerOf(tile: number, bytes: Uint8Array): TileHeader {
    const segments = emptySegments();
    if (bytes.length > 0) {
      const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
      const numComponents = this.main.siz.components.length;
      try {
        readNow(readSegments(window, 0, 'tile', segments, numComponents, new DiagnosticLog()), bytes);
      } catch (error) {
        if (!(error instanceof Jpeg2000Error)) throw error;
        throw damaged(`the header of tile ${tile}: ${error.reason}`);
      }
      segments.places.length = 0; // offsets in the record mean nothing to anyone
    }
    return { tile, cod: segments.cod ?? this.main.cod, segments };
  }

  /** Reads pieces of the index, all at once. */
  private *fetch(pieces: readonly ByteRange[]): Reading<Uint8Array[]> {
    const { beginning, head, limits } = this;
    for (const { offset, length } of pieces) {
      if (offset + length > head.length) throw damaged('a piece beyond its end', offset);
    }
    const far = pieces.filter(({ offset, length }) => offset + length > beginning.length);
    const runs = joinNear(far, NEAR);
    const total = runs.reduce((sum, run) => sum + run.length, 0);
    if (total > limits.bytes) {
      throw overLimit('limit-bytes', `${total} bytes of an index are needed at once, the limit is ${limits.bytes}`);
    }
    const bytes = runs.length > 0 ? yield runs : [];
    return pieces.map(({ offset, length }) => {
      if (offset + length <= beginning.length) return beginning.subarray(offset, offset + length);
      let k = 0;
      for (let lo = 0, hi = runs.length - 1; lo <= hi; ) {
        const middle = (lo + hi) >> 1;
        if (runs[middle].offset <= offset) {
          k = middle;
          lo = middle + 1;
        } else hi = middle - 1;
      }
      return bytes[k].subarray(offset - runs[k].offset, offset - runs[k].offset + length);
    });
  }

  private keep(key: number, page: IndexPage): void {
    for (const [old, { start }] of this.pages) {
      if (this.packetsHeld < MAX_PACKETS) break;
      this.packetsHeld -= start.length;
      this.pages.delete(old);
    }
    this.pages.set(key, page);
    this.packetsHeld += page.start.length;
  }
}

/** One number for a page of a tile. */
function keyOf(tile: number, page: number): number {
  return tile * 2 ** 32 + page;
}

/** Reads the head, and holds it against the codestream's. */
function checkedHead(beginning: Uint8Array, source: CodestreamSource): IndexHead {
  const head = readIndexHead(beginning);
  const { main, inputSize } = source;
  const numTiles = numXTiles(main.siz) * numYTiles(main.siz);
  const is = { size: inputSize, offset: main.offset, tiles: numTiles, components: main.siz.components.length };
  const { sourceSize: size, codestreamOffset: offset, numTiles: tiles, numComponents: components } = head;
  for (const [name, here, there] of [
    ['bytes', is.size, size],
    ['the offset of the codestream', is.offset, offset],
    ['tiles', is.tiles, tiles],
    ['components', is.components, components],
  ] as const) {
    if (here !== there) throw mismatch(`${name}: ${there} in the index, ${here} in the file`);
  }
  if (HEAD_BYTES + numTiles * ENTRY_BYTES > head.length) throw damaged('it is too short for its directory', 0);
  if (head.hashedBytes > MAX_HASHED_BYTES) throw damaged('its head asks for too much', 0);
  return head;
}

function checkHash({ hash, hashedBytes }: IndexHead, bytes: Uint8Array): void {
  const [upper, lower] = fnv1a64(bytes);
  if (bytes.length !== hashedBytes || upper !== hash[0] || lower !== hash[1]) {
    throw mismatch('the codestream begins with other bytes');
  }
}

function mismatch(what: string): Jpeg2000Error {
  return usage('index-mismatch', `the index was made from another file; ${what}`);
}

/** Reads from the index itself, with failures of its source as typed errors. */
async function guardedRead<T>(reading: Reading<T>, input: RandomAccessSource, options: LoadOptions): Promise<T> {
  const { signal, executor, deadline } = options;
  try {
    return await readFrom(reading, input, signal, executor, deadline);
  } catch (error) {
    if (error instanceof Jpeg2000Error || signal?.aborted) throw error;
    throw sourceError(error, { offset: 0, length: 0 });
  }
}

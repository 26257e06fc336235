/**
 * Makes the packet index of a codestream, tile by tile (`docs/index-format.md`). Packet headers are followed, also where PLT speaks, so
 * that the index is exact.
 */
import { crc32, fnv1a64 } from '../bits/checksums.ts';
import { ByteWriter } from '../bits/byte-writer.ts';
import * as M from '../codestream/markers.ts';
import { type IndexedBytes, joinIndexed } from '../codestream/plt.ts';
import { splitPpm } from '../codestream/ppm.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import { type TilePart, writeTileSegments } from '../codestream/tile-part.ts';
import { usage } from '../errors.ts';
import { numPrecinctsOf } from '../geometry/tile-component.ts';
import type { SinkWriter } from '../sink.ts';
import { type Reading, throwIfAborted } from '../source.ts';
import type { CodestreamSource } from './codestream-source.ts';
import { rangesIn } from './found-packets.ts';
import {
  ENTRY_BYTES,
  HEAD_BYTES,
  type IndexEntry,
  type IndexHead,
  type IndexLevel,
  type IndexPage,
  type IndexRun,
  MAX_HASHED_BYTES,
  PAGE_PACKETS,
  writeIndexEntry,
  writeIndexHead,
  writeIndexPage,
  writeIndexRecord,
} from './index-format.ts';
import { precinctsPerPage } from './indexed-tile.ts';
import type { LoadOptions } from './precinct-source.ts';
import type { TilePackets } from './tile-packets.ts';

/** How an index is made. */
export interface WriteIndexOptions extends LoadOptions {
  /** Told after each tile, and now and then within one. */
  readonly onProgress?: (done: {
    readonly tiles: number;
    readonly totalTiles: number;
    readonly packets: number;
  }) => void;
  /** Packets of a page. */
  readonly pagePackets?: number;
}

/** What was made. */
export interface WrittenIndex {
  /** Bytes of the index. */
  readonly bytes: number;
  readonly tiles: number;
  /** Tiles that are not in it: they are missing or damaged, and a reader searches through them itself. */
  readonly tilesLeftOut: number;
  readonly packets: number;
}

/** Bytes of the codestream after the main header that are hashed, since many pictures have the same header. */
const HASHED_BEYOND_HEADER = 1024;
const NOT_INDEXED: IndexEntry = { offset: 0, length: 0, crc: 0 };

/**
 * Writes the index of a codestream to a sink that can patch.
 *
 * @throws {Jpeg2000Error} `unsupported` for high-throughput code-blocks; `option-value` when the size of the input is not known.
 */
export async function writeIndex(
  source: CodestreamSource,
  out: SinkWriter,
  options: WriteIndexOptions = {},
): Promise<WrittenIndex> {
  const { main, inputSize } = source;
  if (inputSize === undefined) throw usage('option-value', 'an index speaks of a file whose size is known');
  const { pagePackets = PAGE_PACKETS, onProgress } = options;
  const numTiles = numXTiles(main.siz) * numYTiles(main.siz);
  const hashedBytes = Math.min(
    main.end - main.offset + HASHED_BEYOND_HEADER,
    MAX_HASHED_BYTES,
    inputSize - main.offset,
  );
  const hash = fnv1a64(await source.inTurn(source.firstBytes(hashedBytes), options));
  const directory = new ByteWriter(HEAD_BYTES + numTiles * ENTRY_BYTES);
  await out.write(new Uint8Array(HEAD_BYTES + numTiles * ENTRY_BYTES));
  const entries: IndexEntry[] = [];
  let packets = 0;
  for (let tile = 0; tile < numTiles; tile++) {
    throwIfAborted(options.signal);
    const survey = await source.inTurn(surveying(source, tile), options);
    if (survey === undefined) {
      entries.push(NOT_INDEXED);
    } else {
      const first = out.length;
      const components: IndexLevel[][] = [];
      for (const { component, geometry } of survey.packets.tile.components) {
        const levels: IndexLevel[] = [];
        for (const resolution of geometry.resolutions) {
          const numPrecincts = numPrecinctsOf(resolution);
          const { numLayers } = survey.packets.tile.header.cod;
          const step = precinctsPerPage(pagePackets, numLayers);
          const pageLengths: number[] = [];
          for (let from = 0; from < numPrecincts; from += step) {
            const page = pageOf(survey.packets, component, resolution.r, from, Math.min(from + step, numPrecincts));
            packets += page.start.length;
            const bytes = writeIndexPage(page, numLayers);
            pageLengths.push(bytes.length);
            await out.write(bytes);
            if (pageLengths.length % 64 === 0) {
              onProgress?.({ tiles: tile, totalTiles: numTiles, packets });
              throwIfAborted(options.signal);
              await options.executor?.pause?.();
            }
          }
          levels.push({ numPrecincts, pageLengths });
        }
        components.push(levels);
      }
      const w = new ByteWriter();
      writeIndexRecord(w, {
        ...survey.runs,
        segments: segmentsOf(survey.packets, main.siz.components.length),
        pages: first,
        components,
      });
      const record = w.take();
      entries.push({ offset: out.length, length: record.length, crc: crc32(record) });
      await out.write(record);
    }
    onProgress?.({ tiles: tile + 1, totalTiles: numTiles, packets });
  }
  const head: IndexHead = {
    sourceSize: inputSize,
    codestreamOffset: main.offset,
    hashedBytes,
    hash,
    numTiles,
    numComponents: main.siz.components.length,
    pagePackets,
    length: out.length,
  };
  writeIndexHead(directory, head);
  for (const [tile, entry] of entries.entries()) writeIndexEntry(directory, tile, entry);
  await out.flush();
  await out.patch(0, directory.take());
  const tilesLeftOut = entries.filter(({ offset }) => offset === 0).length;
  return { bytes: out.length, tiles: numTiles, tilesLeftOut, packets };
}

interface Survey {
  readonly packets: TilePackets;
  readonly runs: { readonly runs: IndexRun[]; readonly headerRuns: IndexRun[] };
}

/** A tile with all its packets found; `undefined` where it is missing, or anything about it had to be tolerated. */
function* surveying(source: CodestreamSource, tile: number): Reading<Survey | undefined> {
  const packets = yield* source.findPackets(tile, true);
  if (packets === undefined || !packets.exhausted || source.findingsIn(tile).length > 0) return undefined;
  const parts = yield* source.tilePartsOf(tile);
  const base = source.main.offset;
  const fromSoc = ({ offset, length }: IndexRun): IndexRun => ({ offset: offset - base, length });
  return {
    packets,
    runs: {
      runs: packets.runs.map(fromSoc),
      headerRuns: packets.packedHeaders ? headerRunsOf(source, parts).map(fromSoc) : [],
    },
  };
}

/** Where the packed headers of a tile stand, in the order in which they are joined (A.7.4, A.7.5). */
function headerRunsOf({ main }: CodestreamSource, parts: readonly TilePart[]): IndexRun[] {
  const { ppm } = main.segments;
  if (ppm.length === 0) return parts.flatMap((part) => placesOf(part.segments.ppt));
  const joined = joinIndexed(ppm);
  const pieces = splitPpm(joined);
  return parts.flatMap(({ ordinal }) => {
    const piece = pieces[ordinal];
    return piece ? [...rangesIn(placesOf(ppm), piece.byteOffset - joined.byteOffset, piece.length)] : [];
  });
}

function placesOf(segments: readonly IndexedBytes[]): IndexRun[] {
  const sorted = [...segments].sort((a, b) => a.index - b.index);
  return sorted.map(({ offset, bytes }) => ({ offset, length: bytes.length }));
}

/** The marker segments of a tile's own, with SOD after them; nothing where there are none. */
function segmentsOf(packets: TilePackets, numComponents: number): Uint8Array {
  const w = new ByteWriter();
  writeTileSegments(w, packets.tile.header.segments, numComponents);
  if (w.length > 0) w.u16(M.SOD);
  return w.take();
}

/** The packets of precincts `from .. to`. */
function pageOf(packets: TilePackets, component: number, resolution: number, from: number, to: number): IndexPage {
  const { numLayers } = packets.tile.header.cod;
  const first = new Uint32Array(to - from + 1);
  const ranges = Array.from({ length: to - from }, (_, p) => {
    const found = packets.rangesOf(component, resolution, from + p, numLayers);
    first[p + 1] = first[p] + found.length;
    return found;
  }).flat();
  const packed = packets.packedHeaders !== undefined;
  return {
    first,
    start: Float64Array.from(ranges, ({ start }) => start),
    header: Uint32Array.from(ranges, ({ headerLength }) => headerLength),
    eph: Uint8Array.from(ranges, ({ eph }) => eph),
    body: Uint32Array.from(ranges, (range) => range.length - (packed ? 0 : range.headerLength + range.eph)),
    headerStart: Float64Array.from(packed ? ranges : [], ({ headerStart }) => headerStart),
  };
}

/**
 * The index boxes of a codestream (15444-9 Annex I): made from its packets, and used as an index of them.
 *
 * Unlike an index of our own they carry no checksum, and say of a packet only where it is and how long, as PLT does. They are believed
 * where everything they say adds up; tiles of which it does not, or whose header has to be read anyway, are looked for as ever.
 */
import * as M from '../codestream/markers.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import type { SegmentPlace } from '../codestream/header-segments.ts';
import { emptySegments } from '../codestream/header-segments.ts';
import { overLimit, unsupported } from '../errors.ts';
import type { CodestreamIndexBox, FragmentArray, HeaderIndex, IndexedSegment } from '../fileformat/index-boxes.ts';
import { numPrecinctsOf } from '../geometry/tile-component.ts';
import { tileGeometry, type TileGeometry } from '../geometry/tile.ts';
import type { Limits } from '../limits.ts';
import type { Reading } from '../source.ts';
import type { CodestreamSource } from './codestream-source.ts';
import type { DataRun, FoundPackets, PacketIndex, PacketRange } from './found-packets.ts';
import type { PrecinctLengths, PrecinctPlan } from './precinct-source.ts';

/** Bytes of SOP. */
const SOP_BYTES = 6;

/**
 * Makes the index boxes' contents of a whole codestream of `length` bytes. Packets are listed only where their headers stand in line.
 *
 * @throws {Jpeg2000Error} `packet-truncated` where packets are missing or damaged, `limit-code-blocks` for more packets than that limit.
 */
export function* makeIndexBox(source: CodestreamSource, length: number, limits: Limits): Reading<CodestreamIndexBox> {
  const { main } = source;
  const base = main.offset;
  const numTiles = numXTiles(main.siz) * numYTiles(main.siz);
  const wide = length > 0xffffffff;
  const places: [number, number][][] = [];
  const headers: HeaderIndex[] = [];
  const packets: [number, number][][][] = main.siz.components.map(() => []);
  let count = 0;
  let inLine = true;
  for (let tile = 0; tile < numTiles; tile++) {
    const found = yield* source.findPackets(tile, true);
    const parts = yield* source.tilePartsOf(tile);
    if (found === undefined || !found.exhausted || source.findingsIn(tile).length > 0) {
      throw unsupported(
        'packet-truncated',
        `tile ${tile} is missing or damaged; index boxes are for whole codestreams`,
      );
    }
    count += found.count;
    if (count > limits.codeBlocks) {
      throw overLimit(
        'limit-code-blocks',
        `more than ${limits.codeBlocks} packets; an index in a file of its own has room`,
      );
    }
    places.push(parts.map((part): [number, number] => [part.offset - base, part.end - part.offset]));
    // of several tile-parts the first one's header alone, as OpenJPIP has it
    const [first] = parts;
    headers.push({
      length: first.dataStart - first.offset,
      segments: segmentsOf([{ marker: M.SOT, offset: first.offset, length: 12 }, ...first.segments.places], base),
    });
    inLine &&= found.packedHeaders === undefined;
    if (!inLine) continue;
    const { numLayers } = found.tile.header.cod;
    for (const { component, geometry } of found.tile.components) {
      const row: [number, number][] = [];
      for (const resolution of geometry.resolutions) {
        for (let p = 0; p < numPrecinctsOf(resolution); p++) {
          for (const range of found.rangesOf(component, resolution.r, p, numLayers)) {
            const [{ offset }] = found.toRanges(range.start, range.length);
            row.push([offset - base, range.length]);
          }
        }
      }
      packets[component].push(row);
    }
    yield [];
  }
  return {
    codestream: { dataReference: 0, container: 0, offset: base, length },
    header: { length: main.end - base, segments: segmentsOf(main.segments.places, base) },
    tileParts: fragmentsOf(places, wide),
    tileHeaders: headers,
    ...(inLine ? { packets: packets.map((rows) => fragmentsOf(rows, wide)) } : {}),
  };
}

function segmentsOf(places: readonly SegmentPlace[], base: number): IndexedSegment[] {
  // those without a length have no room in the box
  const listed = places.filter(({ length }) => length > 2);
  const left = new Map<number, number>();
  return listed
    .reverse()
    .map(({ marker, offset, length }) => {
      const more = left.get(marker) ?? 0;
      left.set(marker, more + 1);
      return { marker, more, offset: offset + 2 - base, length: length - 2 };
    })
    .reverse();
}

function fragmentsOf(rows: readonly (readonly [number, number])[][], wide: boolean): FragmentArray {
  const numColumns = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const offsets = new Float64Array(rows.length * numColumns);
  const lengths = new Float64Array(rows.length * numColumns);
  rows.forEach((row, r) => {
    row.forEach(([offset, length], k) => {
      offsets[r * numColumns + k] = offset;
      lengths[r * numColumns + k] = length;
    });
  });
  return { wide, numRows: rows.length, numColumns, offsets, lengths };
}

/** Segments that change how a tile is coded, or where its packet headers are: then its header has to be read. */
const NEEDS_HEADER: readonly number[] = [M.COD, M.COC, M.QCD, M.QCC, M.RGN, M.POC, M.PPT];

/** An index made of index boxes. */
export class BoxIndex implements PacketIndex {
  private readonly main: MainHeader;
  private readonly box: Required<Pick<CodestreamIndexBox, 'tileParts' | 'tileHeaders' | 'packets'>>;
  private readonly tiles = new Map<number, BoxedTile | undefined>();

  private constructor(main: MainHeader, box: BoxIndex['box']) {
    this.main = main;
    this.box = box;
  }

  /** The index that a box is of a codestream; `undefined` where it does not fit, or does not say enough. */
  static of(box: CodestreamIndexBox, { main }: CodestreamSource): BoxIndex | undefined {
    const { codestream, header, tileParts, tileHeaders, packets } = box;
    if (!header || !tileParts || !tileHeaders || !packets || main.segments.ppm.length > 0) return undefined;
    const numTiles = numXTiles(main.siz) * numYTiles(main.siz);
    const fits =
      codestream.dataReference === 0 &&
      codestream.offset === main.offset &&
      header.length === main.end - main.offset &&
      tileParts.numRows === numTiles &&
      tileHeaders.length === numTiles &&
      packets.length === main.siz.components.length &&
      packets.every(({ numRows }) => numRows === numTiles);
    return fits ? new BoxIndex(main, { tileParts, tileHeaders, packets }) : undefined;
  }

  load(plan: PrecinctPlan): Promise<ReadonlyMap<number, FoundPackets>> {
    return Promise.resolve(this.loadSync(plan));
  }

  loadSync(plan: PrecinctPlan): ReadonlyMap<number, FoundPackets> {
    const found = new Map<number, FoundPackets>();
    for (const { tile } of plan) {
      if (!this.tiles.has(tile)) this.tiles.set(tile, this.tile(tile));
      const known = this.tiles.get(tile);
      if (known) found.set(tile, known);
    }
    return found;
  }

  /** A tile of one tile-part, all of whose bytes are told of, whose header changes nothing. */
  private tile(tile: number): BoxedTile | undefined {
    const { tileParts, tileHeaders, packets } = this.box;
    const header = tileHeaders[tile];
    if (header === undefined || header.segments.some(({ marker }) => NEEDS_HEADER.includes(marker))) return undefined;
    const first = tile * tileParts.numColumns;
    if (tileParts.numColumns > 1 && tileParts.lengths[first + 1] > 0) return undefined;
    const start = tileParts.offsets[first];
    const end = start + tileParts.lengths[first];
    if (start < this.main.end - this.main.offset || header.length < 14) return undefined;
    const geometry = tileGeometry(this.main, { tile, cod: this.main.cod, segments: emptySegments() });
    const { numLayers } = this.main.cod;
    let sum = header.length;
    let count = 0;
    for (const { component, geometry: own } of geometry.components) {
      const { numColumns, offsets, lengths } = packets[component];
      const n = own.resolutions.reduce((total, resolution) => total + numPrecinctsOf(resolution), 0) * numLayers;
      if (n > numColumns) return undefined;
      for (let k = tile * numColumns; k < (tile + 1) * numColumns; k++) {
        const has = k < tile * numColumns + n;
        const inside = offsets[k] >= start + header.length && offsets[k] + lengths[k] <= end;
        if (has ? lengths[k] < 1 || !inside : lengths[k] !== 0) return undefined;
        sum += lengths[k];
      }
      count += n;
    }
    // all that is left may be SOP before each packet
    const left = end - start - sum;
    if (left !== 0 && left !== count * SOP_BYTES) return undefined;
    return new BoxedTile(geometry, packets, { offset: this.main.offset + start, length: end - start }, start);
  }
}

/** The packets of a tile, as index boxes tell of them. */
class BoxedTile implements FoundPackets {
  readonly tile: TileGeometry;
  readonly exact = false;
  readonly runs: readonly DataRun[];
  readonly packedHeaders = undefined;
  readonly headerRuns = undefined;
  private readonly packets: readonly FragmentArray[];
  /** Where the tile-part begins in the codestream. */
  private readonly start: number;
  /** Precincts before those of each resolution level, by component. */
  private readonly before: readonly (readonly number[])[];

  constructor(tile: TileGeometry, packets: readonly FragmentArray[], run: DataRun, start: number) {
    this.tile = tile;
    this.packets = packets;
    this.runs = [run];
    this.start = start;
    this.before = tile.components.map(({ geometry }) => {
      let n = 0;
      return geometry.resolutions.map((resolution) => {
        const first = n;
        n += numPrecinctsOf(resolution);
        return first;
      });
    });
  }

  rangesOf(component: number, resolution: number, precinct: number, layers: number, from = 0): PacketRange[] {
    const ranges: PacketRange[] = [];
    for (let layer = from; layer < Math.min(layers, this.tile.header.cod.numLayers); layer++) {
      ranges.push(this.at(component, resolution, precinct, layer));
    }
    return ranges;
  }

  rangeOf(component: number, resolution: number, precinct: number, layer: number): PacketRange | undefined {
    return layer < this.tile.header.cod.numLayers ? this.at(component, resolution, precinct, layer) : undefined;
  }

  /** Nobody asks one that is not exact. */
  lengthsOf(): PrecinctLengths {
    return { headers: [], bodies: [], ephs: [], complete: false };
  }

  cutOf(): undefined {
    return undefined;
  }

  isWhole(): boolean {
    return true;
  }

  private at(component: number, resolution: number, precinct: number, layer: number): PacketRange {
    const { numColumns, offsets, lengths } = this.packets[component];
    const { numLayers } = this.tile.header.cod;
    const k = this.tile.tile * numColumns + (this.before[component][resolution] + precinct) * numLayers + layer;
    return { start: offsets[k] - this.start, length: lengths[k], headerStart: 0, headerLength: 0, eph: 0 };
  }
}

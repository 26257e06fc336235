/** A tile as an index knows it: where its pages are, and its packets as far as pages have been read. */
import type { TileGeometry } from '../geometry/tile.ts';
import { numPrecinctsOf } from '../geometry/tile-component.ts';
import type { ByteRange } from '../source.ts';
import type { DataRun, FoundPackets, PacketRange } from './found-packets.ts';
import { damaged, type IndexPage, type IndexRecord, readIndexPage } from './index-format.ts';
import type { PrecinctLengths, TileSelection } from './precinct-source.ts';

/** Pages of one tile, numbered through all components and resolution levels. */
export class TilePages {
  readonly geometry: TileGeometry;
  readonly runs: readonly DataRun[];
  /** Empty where headers stand in line. */
  readonly headerRuns: readonly DataRun[];
  private readonly precinctsPerPage: number;
  private readonly dataLength: number;
  private readonly headersLength: number;
  /** First page of `component * 33 + resolution`. */
  private readonly firstPage: Int32Array;
  /** Where each page begins in the index, and one more number: the end. */
  private readonly start: Float64Array;
  /** Precincts of each page. */
  private readonly numPrecincts: Uint32Array;

  /** @throws {Jpeg2000Error} `index-damaged` when the record does not fit the geometry of its tile. */
  constructor(
    geometry: TileGeometry,
    record: IndexRecord,
    runs: readonly DataRun[],
    headerRuns: readonly DataRun[],
    pagePackets: number,
  ) {
    const { tile, header, components } = geometry;
    this.geometry = geometry;
    this.runs = runs;
    this.headerRuns = headerRuns;
    this.precinctsPerPage = precinctsPerPage(pagePackets, header.cod.numLayers);
    this.dataLength = lengthOf(runs);
    this.headersLength = lengthOf(headerRuns);
    const starts = [record.pages];
    const counts: number[] = [];
    this.firstPage = new Int32Array(components.length * 33);
    const wrong = (): never => {
      throw damaged(`the record of tile ${tile} speaks of other precincts than the tile has`);
    };
    if (record.components.length !== components.length) wrong();
    components.forEach(({ component, geometry: { resolutions } }) => {
      const levels = record.components[component];
      if (levels.length !== resolutions.length) wrong();
      levels.forEach(({ numPrecincts, pageLengths }, r) => {
        const numPages = Math.ceil(numPrecincts / this.precinctsPerPage);
        if (numPrecincts !== numPrecinctsOf(resolutions[r]) || pageLengths.length !== numPages) wrong();
        this.firstPage[component * 33 + r] = counts.length;
        pageLengths.forEach((length, k) => {
          starts.push(starts[starts.length - 1] + length);
          counts.push(Math.min(this.precinctsPerPage, numPrecincts - k * this.precinctsPerPage));
        });
      });
    });
    this.start = Float64Array.from(starts);
    this.numPrecincts = Uint32Array.from(counts);
  }

  /** The pages that a selection needs. */
  pagesFor(selection: TileSelection): Set<number> {
    const pages = new Set<number>();
    for (const { component, resolutions } of selection.components) {
      resolutions.forEach((rect, r) => {
        const resolution = this.geometry.components[component].geometry.resolutions[r];
        if (rect === undefined || resolution === undefined || rect.x1 <= rect.x0) return;
        for (let y = rect.y0; y < rect.y1; y++) {
          const row = y * resolution.numPrecinctsWide;
          const last = this.pageOf(component, r, row + rect.x1 - 1);
          for (let page = this.pageOf(component, r, row + rect.x0); page <= last; page++) pages.add(page);
        }
      });
    }
    return pages;
  }

  /** The page that a precinct is in. */
  pageOf(component: number, resolution: number, precinct: number): number {
    return this.firstPage[component * 33 + resolution] + Math.floor(precinct / this.precinctsPerPage);
  }

  /** A precinct's place in its page. */
  placeInPage(precinct: number): number {
    return precinct % this.precinctsPerPage;
  }

  /** Where a page stands in the index. */
  placeOf(page: number): ByteRange {
    return { offset: this.start[page], length: this.start[page + 1] - this.start[page] };
  }

  /** Reads a page from its bytes. */
  readPage(page: number, bytes: Uint8Array): IndexPage {
    const { numLayers } = this.geometry.header.cod;
    return readIndexPage(bytes, this.numPrecincts[page], numLayers, this.dataLength, this.headersLength);
  }
}

/** Precincts in a page: as many as have room with all their layers. */
export function precinctsPerPage(pagePackets: number, layers: number): number {
  return Math.max(1, Math.floor(pagePackets / layers));
}

/** The packets of a tile, as far as pages were read for a plan. */
export class IndexedTile implements FoundPackets {
  readonly tile: TileGeometry;
  readonly exact = true;
  readonly runs: readonly DataRun[];
  readonly packedHeaders = undefined;
  readonly headerRuns: readonly DataRun[] | undefined;
  private readonly known: TilePages;
  private readonly pages: ReadonlyMap<number, IndexPage>;

  constructor(known: TilePages, pages: ReadonlyMap<number, IndexPage>) {
    this.tile = known.geometry;
    this.runs = known.runs;
    this.headerRuns = known.headerRuns.length > 0 ? known.headerRuns : undefined;
    this.known = known;
    this.pages = pages;
  }

  rangesOf(component: number, resolution: number, precinct: number, layers: number, from = 0): PacketRange[] {
    const ranges: PacketRange[] = [];
    for (let layer = from; layer < layers; layer++) {
      const range = this.rangeOf(component, resolution, precinct, layer);
      if (range === undefined) break;
      ranges.push(range);
    }
    return ranges;
  }

  rangeOf(component: number, resolution: number, precinct: number, layer: number): PacketRange | undefined {
    const page = this.pageOf(component, resolution, precinct);
    if (page === undefined) return undefined;
    const place = this.known.placeInPage(precinct);
    const k = page.first[place] + layer;
    if (k >= page.first[place + 1]) return undefined;
    const packed = this.headerRuns !== undefined;
    const headerLength = page.header[k];
    const eph = page.eph[k];
    return {
      start: page.start[k],
      length: page.body[k] + (packed ? 0 : headerLength + eph),
      headerStart: packed ? page.headerStart[k] : 0,
      headerLength,
      eph,
    };
  }

  lengthsOf(component: number, resolution: number, precinct: number): PrecinctLengths {
    const page = this.pageOf(component, resolution, precinct);
    if (page === undefined) return { headers: [], bodies: [], ephs: [], complete: false };
    const place = this.known.placeInPage(precinct);
    const [from, to] = [page.first[place], page.first[place + 1]];
    return {
      headers: page.header.subarray(from, to),
      bodies: page.body.subarray(from, to),
      ephs: page.eph.subarray(from, to),
      complete: true,
    };
  }

  /** Only tiles that are all there are in an index. */
  cutOf(): undefined {
    return undefined;
  }

  isWhole(component: number, resolution: number, precinct: number): boolean {
    return this.pageOf(component, resolution, precinct) !== undefined;
  }

  private pageOf(component: number, resolution: number, precinct: number): IndexPage | undefined {
    return this.pages.get(this.known.pageOf(component, resolution, precinct));
  }
}

function lengthOf(runs: readonly DataRun[]): number {
  return runs.reduce((sum, { length }) => sum + length, 0);
}

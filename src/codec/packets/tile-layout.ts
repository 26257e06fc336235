/**
 * Puts the packets of one tile in order, as tile-parts (15444-1 A.4.2, B.9).
 *
 * Everything that belongs to the arrangement is made anew here: SOP with its count, PLT, PPT, Psot. What belongs to the picture is
 * never copied: the data of a tile-part is a list of views of the packets that were given.
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import { PacketBitReader } from '../bits/packet-bit-reader.ts';
import type { Cod } from '../codestream/cod.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import * as M from '../codestream/markers.ts';
import { writePlt } from '../codestream/plt.ts';
import { writePpt } from '../codestream/ppm.ts';
import { writeSot, writeTileSegments } from '../codestream/tile-part.ts';
import { malformed, usage } from '../errors.ts';
import { numPrecinctsOf, type PrecinctGeometry, precinctGeometry } from '../geometry/tile-component.ts';
import { numPrecinctsOfTile, type TileGeometry } from '../geometry/tile.ts';
import { PrecinctReader } from '../tier2/packet-header.ts';
import { type PacketView, skipEph } from '../tier2/read-blocks.ts';
import {
  type Arrangement,
  checkArrangement,
  measureTileParts,
  type PacketOrder,
  packetOrderOf,
  type TilePartSize,
} from './arrangement.ts';
import type { PrecinctKey } from './precinct-source.ts';

/** One tile-part, ready to be written. */
export interface LaidOutTilePart {
  readonly tile: number;
  /** Index within the tile, and the number of tile-parts of the tile. */
  readonly tpsot: number;
  readonly tnsot: number;
  /** Bytes of the whole tile-part. */
  readonly psot: number;
  /** SOT to SOD. */
  readonly header: Uint8Array;
  /** The packets, in pieces. */
  readonly data: readonly Uint8Array[];
  /** Bytes of each packet, as PLT and PLM list them. */
  readonly packetLengths: readonly number[];
  /** The header of each packet, with EPH where COD asks for it, where they are packed. */
  readonly packedHeaders?: readonly Uint8Array[];
}

/** The packets of a tile in codestream order: headers apart and without EPH, and bodies. */
interface OrderedPackets {
  readonly headers: Uint8Array[];
  readonly bodies: Uint8Array[];
}

/**
 * Lays out one tile. `packets` gives the packets of a precinct, layer 0 upward, headers in line or apart, with or without EPH. Where
 * there are fewer than COD has layers, empty packets follow; what there is beyond them is left out.
 */
export function layOutTile(
  tile: TileGeometry,
  main: MainHeader,
  packets: (key: PrecinctKey) => readonly PacketView[],
  a: Arrangement,
): LaidOutTilePart[] {
  checkArrangement(a);
  checkCod(tile, main);
  const order = packetOrderOf(main, tile);
  const ordered = collect(tile, order, packets);
  const headerLengths = ordered.headers.map((header) => header.length);
  const bodyLengths = ordered.bodies.map((body) => body.length);
  const sizes = measureTileParts(main, tile, a, order, headerLengths, bodyLengths);
  let zppt = 0;
  return sizes.map((size, tpsot): LaidOutTilePart => {
    const packedHeaders = size.packedHeaderLengths && packedHeadersOf(tile, ordered, size);
    const header = writeTilePartHeader(tile, main, a, sizes, tpsot, packedHeaders, zppt);
    zppt = header.nextZppt;
    return {
      tile: tile.tile,
      tpsot,
      tnsot: sizes.length,
      psot: size.psot,
      header: header.bytes,
      data: dataOf(tile, ordered, size),
      packetLengths: size.packetLengths,
      ...(packedHeaders ? { packedHeaders } : {}),
    };
  });
}

/**
 * The header of one of a tile's tile-parts, SOT to SOD. `packedHeaders`, with EPH, are needed where PPT is written; `zppt` is the
 * index of its first PPT segment, which counts through the tile.
 */
export function writeTilePartHeader(
  tile: TileGeometry,
  main: MainHeader,
  a: Arrangement,
  sizes: readonly TilePartSize[],
  tpsot: number,
  packedHeaders: readonly Uint8Array[] | undefined,
  zppt: number,
): { readonly bytes: Uint8Array; readonly nextZppt: number } {
  const size = sizes[tpsot];
  const w = new ByteWriter(size.headerLength);
  writeSot(w, { isot: tile.tile, psot: size.psot, tpsot, tnsot: sizes.length });
  if (tpsot === 0) writeTileSegments(w, tile.header.segments, main.siz.components.length);
  if (a.plt) writePlt(w, size.packetLengths);
  const nextZppt = a.ppt ? writePpt(w, packedHeaders!, zppt) : zppt;
  w.u16(M.SOD);
  if (w.length !== size.headerLength) {
    throw new Error(`a tile-part header takes ${w.length} bytes, ${size.headerLength} were foreseen`);
  }
  return { bytes: w.take(), nextZppt };
}

/**
 * Appends packet `k` of a tile to `pieces` with what belongs to its place: SOP with its count before it (A.8.1), EPH after its header
 * (A.8.2). `header` is without EPH; where headers are packed it is not there.
 */
export function appendPacket(
  pieces: Uint8Array[],
  cod: Cod,
  k: number,
  header: Uint8Array | undefined,
  body: Uint8Array,
): void {
  if (cod.sop) {
    // Nsop counts the packets of the tile, modulo 65536
    pieces.push(Uint8Array.of(0xff, 0x91, 0, 4, k >> 8, k));
  }
  if (header) pieces.push(header);
  if (header && cod.eph) pieces.push(EPH);
  if (body.length > 0) pieces.push(body);
}

/** A packet header as it goes into PPM or PPT: EPH goes where the header goes (A.8.2). */
export function packedHeader(cod: Cod, header: Uint8Array): Uint8Array {
  if (!cod.eph) return header;
  const whole = new Uint8Array(header.length + EPH.length);
  whole.set(header);
  whole.set(EPH, header.length);
  return whole;
}

/** The order of packets follows the tile's COD; what is written must be the same. */
function checkCod(tile: TileGeometry, main: MainHeader): void {
  const { cod, segments } = tile.header;
  const written = segments.cod ?? main.cod;
  const same =
    cod.progression === written.progression &&
    cod.numLayers === written.numLayers &&
    cod.sop === written.sop &&
    cod.eph === written.eph;
  if (!same) throw new Error(`tile ${tile.tile} has another COD than its header and the main header say`);
}

/** Asks for the packets of every precinct and puts them in order. */
function collect(
  tile: TileGeometry,
  order: PacketOrder,
  packets: (key: PrecinctKey) => readonly PacketView[],
): OrderedPackets {
  const first = firstPrecincts(tile);
  const held: (readonly PacketView[] | undefined)[] = new Array(numPrecinctsOfTile(tile));
  const sent = new Uint16Array(held.length);
  const headers: Uint8Array[] = new Array(order.count);
  const bodies: Uint8Array[] = new Array(order.count);
  const fetch = (component: number, resolution: number, precinct: number): readonly PacketView[] => {
    const { geometry, parameters } = tile.components[component];
    const views = packets({ tile: tile.tile, component, resolution, precinct });
    const precinctOf = (): PrecinctGeometry => precinctGeometry(geometry.resolutions[resolution], precinct);
    return setApart(views.slice(0, tile.header.cod.numLayers), precinctOf, parameters.style.codeBlockStyle);
  };
  for (let k = 0; k < order.count; k++) {
    const component = order.component[k];
    const resolution = order.resolution[k];
    const precinct = order.precinct[k];
    const index = first[component][resolution] + precinct;
    held[index] ??= fetch(component, resolution, precinct);
    const view = held[index][order.layer[k]];
    headers[k] = view?.header ?? EMPTY_PACKET;
    bodies[k] = view?.body ?? NO_BYTES;
    sent[index]++;
  }
  tile.components.forEach(({ component, geometry }) => {
    for (const resolution of geometry.resolutions) {
      for (let precinct = 0; precinct < numPrecinctsOf(resolution); precinct++) {
        const index = first[component][resolution.r] + precinct;
        const views = held[index] ?? fetch(component, resolution.r, precinct);
        if (views.length <= sent[index]) continue;
        const where = `component ${component}, resolution level ${resolution.r}, precinct ${precinct}`;
        throw usage(
          'option-value',
          `the progression changes leave out packets of tile ${tile.tile}: ${where}, layer ${sent[index]}`,
        );
      }
    }
  });
  return { headers, bodies };
}

/** Where the precincts of each component and resolution level begin when all of a tile are counted. */
function firstPrecincts(tile: TileGeometry): number[][] {
  let n = 0;
  return tile.components.map(({ geometry }) =>
    geometry.resolutions.map((resolution) => {
      const first = n;
      n += numPrecinctsOf(resolution);
      return first;
    }),
  );
}

/**
 * The packets of one precinct with headers apart and without EPH. Where a header in line ends is only known by reading it, and all
 * before it.
 */
function setApart(views: readonly PacketView[], geometry: () => PrecinctGeometry, style: number): PacketView[] {
  if (views.every(({ header }) => header !== undefined)) {
    return views.map(({ header, body }) => ({ header: withoutEph(header!), body }));
  }
  const reader = new PrecinctReader(geometry(), style, false);
  const bits = new PacketBitReader(NO_BYTES);
  return views.map(({ header, body }, layer): PacketView => {
    const bytes = header ?? body;
    bits.reset(bytes, 0, bytes.length);
    reader.readHeader(bits);
    const rest = header ? body : body.subarray(skipEph(body, bits.position));
    if (bits.overrun || rest.length !== reader.bodyLength) {
      const message = `layer ${layer}: a packet body of ${rest.length} bytes, where its header speaks of ${reader.bodyLength}`;
      throw malformed('packet-length', message, { clause: '15444-1 B.9' });
    }
    return { header: bytes.subarray(0, bits.position), body: rest };
  });
}

/** Bit stuffing keeps 0xFF92 out of a header, so it can only be EPH. */
export function withoutEph(header: Uint8Array): Uint8Array {
  const end = header.length - 2;
  return end > 0 && header[end] === 0xff && header[end + 1] === 0x92 ? header.subarray(0, end) : header;
}

function packedHeadersOf(tile: TileGeometry, { headers }: OrderedPackets, size: TilePartSize): Uint8Array[] {
  const own = headers.slice(size.firstPacket, size.firstPacket + size.numPackets);
  return own.map((header) => packedHeader(tile.header.cod, header));
}

function dataOf(tile: TileGeometry, { headers, bodies }: OrderedPackets, size: TilePartSize): Uint8Array[] {
  const { cod } = tile.header;
  const packed = size.packedHeaderLengths !== undefined;
  const data: Uint8Array[] = [];
  for (let n = 0; n < size.numPackets; n++) {
    const k = size.firstPacket + n;
    appendPacket(data, cod, k, packed ? undefined : headers[k], bodies[k]);
  }
  return data;
}

const EPH = /* @__PURE__ */ Uint8Array.of(0xff, 0x92);
/** The header of a packet with nothing in it (B.10.3). */
export const EMPTY_PACKET = /* @__PURE__ */ new Uint8Array(1);
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * Codestreams taken apart and put together again, to make from one file others that hold the same packets: other tile-
 * parts, other optional markers, packed packet headers.
 */
import { PacketBitReader } from '../../src/codec/bits/packet-bit-reader.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { numPrecinctsOf, precinctGeometry } from '../../src/codec/geometry/tile-component.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { CodestreamSource } from '../../src/codec/packets/codestream-source.ts';
import { BytesSource, readNow } from '../../src/codec/source.ts';
import { PrecinctReader } from '../../src/codec/tier2/packet-header.ts';
import type { PacketPlace } from '../../src/codec/tier2/progression.ts';
import { skipEph } from '../../src/codec/tier2/read-blocks.ts';

/** Bytes of a hex literal; white space is for the reader. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, k) => Number.parseInt(digits.slice(2 * k, 2 * k + 2), 16));
}

/** Bytes one after the other. */
export function join(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A number as big-endian bytes. */
export function be(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, k) => Math.floor(value / 256 ** (bytes - 1 - k)) % 256);
}

/** A marker segment around its parameters. */
export function segment(marker: number, ...parameters: Uint8Array[]): Uint8Array {
  const body = join(...parameters);
  return join(be(marker, 2), be(body.length + 2, 2), body);
}

/** One tile-part: its tile, the segments of its header, its packets. */
export interface Part {
  readonly isot: number;
  readonly tpsot: number;
  readonly tnsot: number;
  readonly header: readonly Uint8Array[];
  readonly data: Uint8Array;
}

/** A codestream in pieces. */
export interface Pieces {
  /** Segments of the main header, without SOC. */
  readonly main: readonly Uint8Array[];
  readonly parts: readonly Part[];
}

/** The marker that a segment begins with. */
export function markerOf(bytes: Uint8Array, at = 0): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}

/** Takes a well-formed codestream apart. */
export function takeApart(bytes: Uint8Array): Pieces {
  const u = (at: number, n: number): number => bytes.slice(at, at + n).reduce((value, byte) => value * 256 + byte, 0);
  const segmentsUntil = (at: number, stop: number): { segments: Uint8Array[]; end: number } => {
    const segments: Uint8Array[] = [];
    while (markerOf(bytes, at) !== stop) {
      const length = 2 + u(at + 2, 2);
      segments.push(bytes.slice(at, at + length));
      at += length;
    }
    return { segments, end: at };
  };
  const main = segmentsUntil(2, 0xff90);
  const parts: Part[] = [];
  let at = main.end;
  while (markerOf(bytes, at) === 0xff90) {
    const psot = u(at + 6, 4);
    const end = psot === 0 ? bytes.length - 2 : at + psot;
    const { segments, end: sod } = segmentsUntil(at + 12, 0xff93);
    parts.push({
      isot: u(at + 4, 2),
      tpsot: u(at + 10, 1),
      tnsot: u(at + 11, 1),
      header: segments,
      data: bytes.slice(sod + 2, end),
    });
    at = end;
  }
  return { main: main.segments, parts };
}

/** How a codestream ends. */
export interface Ending {
  /** False leaves out EOC. */
  readonly eoc?: boolean;
  /** True writes Psot = 0 into the last tile-part. */
  readonly openEnd?: boolean;
}

/** One tile-part as bytes. */
export function partBytes(part: Part, open = false): Uint8Array {
  const header = join(...part.header);
  const psot = open ? 0 : 12 + header.length + 2 + part.data.length;
  const sot = join(hex('FF90 000A'), be(part.isot, 2), be(psot, 4), be(part.tpsot, 1), be(part.tnsot, 1));
  return join(sot, header, hex('FF93'), part.data);
}

/** Puts pieces together, with Psot as it must be. */
export function putTogether({ main, parts }: Pieces, ending: Ending = {}): Uint8Array {
  const tileParts = parts.map((part, k) => partBytes(part, ending.openEnd === true && k === parts.length - 1));
  return join(hex('FF4F'), ...main, ...tileParts, ending.eoc === false ? hex('') : hex('FFD9'));
}

/** The pieces without segments of some kinds. */
export function without({ main, parts }: Pieces, ...markers: number[]): Pieces {
  const others = (segments: readonly Uint8Array[]): Uint8Array[] =>
    segments.filter((s) => !markers.includes(markerOf(s)));
  return { main: others(main), parts: parts.map((part) => ({ ...part, header: others(part.header) })) };
}

/** TLM for these parts (ST = 2, SP = 1), as one segment. */
export function tlmFor(parts: readonly Part[]): Uint8Array {
  const entries = parts.map((part) => join(be(part.isot, 2), be(partBytes(part).length, 4)));
  return segment(0xff55, hex('00 60'), ...entries);
}

/**
 * A packet in its place: `header` and `body` lie one after the other in the tile-part, after an SOP marker if there is
 * one.
 */
export interface PlacedPacket {
  readonly part: number;
  readonly component: number;
  readonly resolution: number;
  readonly precinct: number;
  readonly layer: number;
  readonly sop: Uint8Array;
  readonly header: Uint8Array;
  readonly body: Uint8Array;
}

/** All packets of a codestream whose headers are in line, in the order of its tile-parts. */
export function packetsOf(bytes: Uint8Array): PlacedPacket[] {
  const source = new BytesSource(bytes);
  const place = { offset: 0, length: bytes.length };
  const codestream = readNow(CodestreamSource.open(source, place, DEFAULT_LIMITS, new DiagnosticLog()), bytes);
  const parts = readNow(codestream.findTileParts(), bytes);
  const found: (PacketPlace & { offset: number; length: number; header: number })[] = [];
  for (const tile of new Set(parts.map((part) => part.isot))) {
    const packets = readNow(codestream.findPackets(tile), bytes)!;
    for (const { component, geometry, parameters } of packets.tile.components) {
      for (const resolution of geometry.resolutions) {
        for (let k = 0; k < numPrecinctsOf(resolution); k++) {
          const reader = new PrecinctReader(precinctGeometry(resolution, k), parameters.style.codeBlockStyle);
          for (const [layer, range] of packets.rangesOf(component, resolution.r, k, 65535).entries()) {
            const [run] = [...packets.toRanges(range.start, range.length)];
            const sop = markerOf(bytes, run!.offset) === 0xff91 ? 6 : 0; // lengths of PLT include SOP
            const offset = run!.offset + sop;
            const bits = new PacketBitReader(bytes, offset);
            reader.readHeader(bits);
            const header = skipEph(bytes, bits.position) - offset;
            const place = { component, resolution: resolution.r, precinct: k, layer };
            found.push({ ...place, offset, length: run!.length - sop, header });
          }
        }
      }
    }
  }
  found.sort((a, b) => a.offset - b.offset);
  return found.map(({ offset, length, header, ...place }): PlacedPacket => {
    const part = parts.findIndex((p) => offset >= p.dataStart && offset < p.end);
    const hasSop = offset - 6 >= parts[part]!.dataStart && markerOf(bytes, offset - 6) === 0xff91;
    return {
      ...place,
      part,
      sop: hasSop ? bytes.slice(offset - 6, offset) : hex(''),
      header: bytes.slice(offset, offset + header),
      body: bytes.slice(offset + header, offset + length),
    };
  });
}

/** Splits bytes into pieces of at most `length`. */
function chunked(bytes: Uint8Array, length: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += length) pieces.push(bytes.slice(at, at + length));
  return pieces;
}

/**
 * Moves all packet headers into PPM or PPT (15444-1 A.7.4, A.7.5), in segments of at most `segmentBytes`. PLT is left
 * out: its lengths would be others.
 */
export function packHeaders(bytes: Uint8Array, kind: 'ppm' | 'ppt', segmentBytes = 60000): Uint8Array {
  const { main, parts } = without(takeApart(bytes), 0xff58, 0xff57, 0xff55);
  const packets = packetsOf(bytes);
  const headers = parts.map((_, k) => join(...packets.filter((p) => p.part === k).map((p) => p.header)));
  const bare = parts.map((part, k) => ({
    ...part,
    data: join(...packets.filter((p) => p.part === k).flatMap((p) => [p.sop, p.body])),
  }));
  const segments = (marker: number, all: Uint8Array, first = 0): Uint8Array[] =>
    chunked(all, segmentBytes).map((piece, k) => segment(marker, be(first + k, 1), piece));
  if (kind === 'ppt') {
    const next = new Map<number, number>(); // Zppt counts through all tile-parts of a tile
    const packed = bare.map((part, k) => {
      const first = next.get(part.isot) ?? 0;
      const own = segments(0xff61, headers[k]!, first);
      next.set(part.isot, first + own.length);
      return { ...part, header: [...part.header, ...own] };
    });
    return putTogether({ main, parts: packed });
  }
  const all = join(...headers.flatMap((header) => [be(header.length, 4), header]));
  return putTogether({ main: [...main, ...segments(0xff60, all)], parts: bare });
}

/** Adds PLT to every tile-part (A.7.3), lengths as `change` makes them of the true ones. */
export function withPlt(
  bytes: Uint8Array,
  change: (lengths: number[], part: number) => number[] = (l) => l,
): Uint8Array {
  const pieces = without(takeApart(bytes), 0xff58, 0xff55);
  const packets = packetsOf(bytes);
  const parts = pieces.parts.map((part, k) => {
    const own = packets.filter((p) => p.part === k);
    const lengths = change(
      own.map((p) => p.sop.length + p.header.length + p.body.length),
      k,
    );
    return { ...part, header: [...part.header, segment(0xff58, hex('00'), ...lengths.map(packetLength))] };
  });
  return putTogether({ ...pieces, parts });
}

/** A packet length in groups of seven bits (Table A.36). */
export function packetLength(length: number): Uint8Array {
  const groups = [length % 128];
  for (let rest = Math.floor(length / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift(128 + (rest % 128));
  return Uint8Array.from(groups);
}

/** Cuts every tile-part into many, at packet boundaries, and deals them out tile after tile (A.4.2). */
export function interleaveTileParts(bytes: Uint8Array, packetsEach: number): Uint8Array {
  const { main, parts } = without(takeApart(bytes), 0xff58, 0xff57, 0xff55);
  const packets = packetsOf(bytes);
  const tiles = new Map<number, Part[]>();
  parts.forEach((part, k) => {
    const list = tiles.get(part.isot) ?? [];
    tiles.set(part.isot, list);
    const own = packets.filter((p) => p.part === k);
    for (let n = 0; n < own.length; n += packetsEach) {
      const some = own.slice(n, n + packetsEach);
      list.push({
        ...part,
        tpsot: list.length,
        tnsot: 0,
        header: n === 0 ? part.header : [],
        data: join(...some.flatMap((p) => [p.sop, p.header, p.body])),
      });
    }
  });
  const dealt: Part[] = [];
  for (let k = 0; [...tiles.values()].some((list) => k < list.length); k++) {
    for (const list of tiles.values()) if (list[k]) dealt.push(list[k]!);
  }
  // the number of tile-parts is said with the last one only, as a writer that does not know it beforehand does
  const last = dealt.map((part) =>
    part.tpsot === tiles.get(part.isot)!.length - 1 ? { ...part, tnsot: part.tpsot + 1 } : part,
  );
  return putTogether({ main, parts: last });
}

/**
 * A wide picture of one row of tiles, all alike: the single tile of a codestream, over and over. Its width must be a
 * multiple of all precincts and code-blocks that are smaller than it, and its offsets 0. With TLM, so that tiles can be
 * found at once.
 */
export function repeatTile(bytes: Uint8Array, columns: number): Uint8Array {
  const { main, parts } = without(takeApart(bytes), 0xff55);
  const siz = main[0]!.slice();
  const view = new DataView(siz.buffer);
  const width = view.getUint32(6);
  view.setUint32(6, width * columns); // Xsiz
  view.setUint32(22, width); // XTsiz
  const tiles = Array.from({ length: columns }, (_, isot) => parts.map((part) => ({ ...part, isot }))).flat();
  return putTogether({ main: [siz, ...main.slice(1), tlmFor(tiles)], parts: tiles });
}

/**
 * The same packets in an order that takes two changes of progression to say (15444-1 A.6.6): first layer 0 of
 * everything by resolution, then everything by layer, of which layer 0 has been sent already. POC goes into the main or
 * the tile-part headers.
 */
export function withOverlappingPoc(bytes: Uint8Array, where: 'main' | 'tile'): Uint8Array {
  const { main, parts } = without(takeApart(bytes), 0xff58, 0xff55, 0xff5f);
  const packets = packetsOf(bytes);
  const bodies = (some: readonly PlacedPacket[]): Uint8Array[] => some.flatMap((p) => [p.header, p.body]);
  const inside = (a: PlacedPacket, b: PlacedPacket): number => a.component - b.component || a.precinct - b.precinct;
  // RLCP to layer 1, then LRCP to the end
  const poc = segment(0xff5f, hex('00 00 0001 21 00 01'), hex('00 00 FFFF 21 00 00'));
  const tiles = [...new Set(parts.map((part) => part.isot))].map((isot): Part => {
    const own = packets.filter((p) => parts[p.part]!.isot === isot);
    const first = own.filter((p) => p.layer === 0).sort((a, b) => a.resolution - b.resolution || inside(a, b));
    const rest = own
      .filter((p) => p.layer > 0)
      .sort((a, b) => a.layer - b.layer || a.resolution - b.resolution || inside(a, b));
    const header = parts.filter((part) => part.isot === isot).flatMap((part) => part.header);
    const data = join(...bodies(first), ...bodies(rest));
    return { isot, tpsot: 0, tnsot: 1, header: where === 'tile' ? [...header, poc] : header, data };
  });
  return putTogether({ main: where === 'main' ? [...main, poc] : main, parts: tiles });
}

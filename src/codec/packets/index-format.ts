/**
 * The binary form of a packet index, as `docs/index-format.md` describes it: head, directory of tiles, tile records, pages.
 *
 * Everything that is read was checked against a CRC-32 before, so what makes no sense here was written wrong. Numbers are big-endian, and
 * those of records and pages are varints: seven bits a byte, least significant first, the top bit saying that more follow.
 */
import { crc32 } from '../bits/checksums.ts';
import { ByteReader } from '../bits/byte-reader.ts';
import { ByteWriter } from '../bits/byte-writer.ts';
import { type Jpeg2000Error, malformed, unsupported } from '../errors.ts';

/** What a whole index speaks of. */
export interface IndexHead {
  /** Bytes of the file. */
  readonly sourceSize: number;
  /** Where the codestream begins in it. */
  readonly codestreamOffset: number;
  /** So many bytes of the codestream, from SOC, have this hash (FNV-1a, upper and lower half). */
  readonly hashedBytes: number;
  readonly hash: readonly [number, number];
  readonly numTiles: number;
  readonly numComponents: number;
  /** Packets that a page has room for; it holds `max(1, floor(pagePackets / layers))` precincts. */
  readonly pagePackets: number;
  /** Bytes of the index. */
  readonly length: number;
}

/** Where the record of a tile stands; `offset` 0 for a tile that is not in the index. */
export interface IndexEntry {
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

/** A run of bytes, counted from the start of the codestream. */
export interface IndexRun {
  readonly offset: number;
  readonly length: number;
}

/** What is known of a tile beside its packets. */
export interface IndexRecord {
  /** Data of the tile-parts, in order. */
  readonly runs: readonly IndexRun[];
  /** Packed packet headers (PPM, PPT) in order; empty where headers stand in line. */
  readonly headerRuns: readonly IndexRun[];
  /** Marker segments of the tile's own header, up to SOD. */
  readonly segments: Uint8Array;
  /** Where the pages begin in the index. */
  readonly pages: number;
  /** Precincts and bytes of pages, by component and resolution level. */
  readonly components: readonly (readonly IndexLevel[])[];
}

/** The pages of one resolution level. */
export interface IndexLevel {
  readonly numPrecincts: number;
  readonly pageLengths: readonly number[];
}

/** The packets of some precincts. Packets are numbered by precinct, then by layer. */
export interface IndexPage {
  /** First packet of each precinct, and one more number: the end. */
  readonly first: Uint32Array;
  /** Where the packet begins in the joined data of the tile, after SOP. */
  readonly start: Float64Array;
  /** Bytes of the header without EPH, and of EPH. */
  readonly header: Uint32Array;
  readonly eph: Uint8Array;
  readonly body: Uint32Array;
  /** Where the header begins in the joined packed headers; empty where headers stand in line. */
  readonly headerStart: Float64Array;
}

/** The most of a codestream that is hashed. */
export const MAX_HASHED_BYTES = 1 << 16;
export const HEAD_BYTES = 64;
export const ENTRY_BYTES = 20;
/** The format that is written. */
export const INDEX_VERSION = 1;
/** Packets of a page, by default. */
export const PAGE_PACKETS = 2048;
/** More would let a page grow without bound. */
const MOST_PAGE_PACKETS = 65536;
/** "j2kindex" with its first letter's top bit set, so that no text editor takes it for text. */
const MAGIC = [0xea, 0x32, 0x6b, 0x69, 0x6e, 0x64, 0x65, 0x78] as const;
const CRC_BYTES = 4;

/** Bits of a page's first byte. */
const LAYER_MAJOR = 1;
const COUNTS = 2;
const EPH_ALL = 4;
const EPH_MIXED = 8;
const PACKED = 16;

/** What is wrong with an index. */
export function damaged(what: string, offset?: number): Jpeg2000Error {
  return malformed('index-damaged', `the index is damaged: ${what}`, offset === undefined ? {} : { offset });
}

export function writeIndexHead(w: ByteWriter, head: IndexHead): void {
  const own = new ByteWriter(HEAD_BYTES);
  own.append(MAGIC);
  own.u16(INDEX_VERSION);
  own.u16(0);
  own.u64(head.sourceSize);
  own.u64(head.codestreamOffset);
  own.u32(head.hashedBytes);
  own.u32(head.hash[0]);
  own.u32(head.hash[1]);
  own.u32(head.numTiles);
  own.u32(head.numComponents);
  own.u32(head.pagePackets);
  own.u64(head.length);
  const bytes = own.take();
  w.append(bytes);
  w.u32(crc32(bytes));
}

export function readIndexHead(bytes: Uint8Array): IndexHead {
  if (bytes.length < HEAD_BYTES) throw damaged(`${bytes.length} bytes are no head`, 0);
  if (MAGIC.some((byte, k) => bytes[k] !== byte)) throw damaged('it does not begin like one', 0);
  const r = new ByteReader(bytes);
  r.slice(MAGIC.length);
  const version = r.u16();
  if (version !== INDEX_VERSION) throw unsupported('index-version', `an index of version ${version}, known is 1`);
  if (u32At(bytes, HEAD_BYTES - CRC_BYTES) !== crc32(bytes, 0, HEAD_BYTES - CRC_BYTES)) throw damaged('its head', 0);
  r.u16();
  const head: IndexHead = {
    sourceSize: u64(r),
    codestreamOffset: u64(r),
    hashedBytes: r.u32(),
    hash: [r.u32(), r.u32()],
    numTiles: r.u32(),
    numComponents: r.u32(),
    pagePackets: r.u32(),
    length: u64(r),
  };
  if (head.pagePackets < 1 || head.pagePackets > MOST_PAGE_PACKETS) throw damaged('packets of a page', 0);
  return head;
}

export function writeIndexEntry(w: ByteWriter, tile: number, entry: IndexEntry): void {
  const own = new ByteWriter(ENTRY_BYTES);
  own.u64(entry.offset);
  own.u32(entry.length);
  own.u32(entry.crc);
  const bytes = own.take();
  w.append(bytes);
  w.u32(crcOfEntry(tile, bytes));
}

/** Reads the directory entry of a tile. */
export function readIndexEntry(bytes: Uint8Array, tile: number): IndexEntry {
  if (bytes.length < ENTRY_BYTES) throw damaged(`it ends within the directory, at tile ${tile}`);
  const r = new ByteReader(bytes);
  const entry = { offset: u64(r), length: r.u32(), crc: r.u32() };
  if (r.u32() !== crcOfEntry(tile, bytes.subarray(0, ENTRY_BYTES - CRC_BYTES)))
    throw damaged(`the entry of tile ${tile}`);
  return entry;
}

/** The tile's number counts, so that no entry can be taken for another. */
function crcOfEntry(tile: number, bytes: Uint8Array): number {
  const w = new ByteWriter(ENTRY_BYTES);
  w.u32(tile);
  w.append(bytes);
  return crc32(w.take());
}

export function writeIndexRecord(w: ByteWriter, record: IndexRecord): void {
  writeRuns(w, record.runs);
  writeRuns(w, record.headerRuns);
  writeVarint(w, record.segments.length);
  w.append(record.segments);
  writeVarint(w, record.pages);
  writeVarint(w, record.components.length);
  for (const levels of record.components) {
    writeVarint(w, levels.length);
    for (const { numPrecincts, pageLengths } of levels) {
      writeVarint(w, numPrecincts);
      writeVarint(w, pageLengths.length);
      for (const length of pageLengths) writeVarint(w, length);
    }
  }
}

/** Reads a record whose bytes have been checked. */
export function readIndexRecord(bytes: Uint8Array): IndexRecord {
  const r = new Varints(bytes);
  const runs = readRuns(r);
  const headerRuns = readRuns(r);
  const segments = r.slice(r.next());
  const pages = r.next();
  const components = r.list(1, () =>
    r.list(2, (): IndexLevel => {
      const numPrecincts = r.next();
      return { numPrecincts, pageLengths: r.list(1, () => r.next()) };
    }),
  );
  if (r.left > 0) throw damaged('bytes follow a record');
  return { runs, headerRuns, segments, pages, components };
}

function writeRuns(w: ByteWriter, runs: readonly IndexRun[]): void {
  writeVarint(w, runs.length);
  let end = 0;
  for (const { offset, length } of runs) {
    writeSigned(w, offset - end);
    writeVarint(w, length);
    end = offset + length;
  }
}

function readRuns(r: Varints): IndexRun[] {
  let end = 0;
  return r.list(2, (): IndexRun => {
    const offset = end + r.signed();
    const length = r.next();
    if (offset < 0) throw damaged('a place before the codestream');
    end = offset + length;
    return { offset, length };
  });
}

/** Writes a page, its checksum included. */
export function writeIndexPage(page: IndexPage, layers: number): Uint8Array {
  const { first, start, header, eph, body, headerStart } = page;
  const numPrecincts = first.length - 1;
  const numPackets = start.length;
  const packed = headerStart.length > 0;
  const inLine = (k: number): number => (packed ? 0 : header[k] + eph[k]) + body[k];
  // the order in which packets follow each other, so that most gaps are small and alike
  const second = first[0] + 1 < first[1] ? start[1] - (start[0] + inLine(0)) : 0;
  const layerMajor = second < 0 || second > 6;
  const counts = first.some((k, p) => p < numPrecincts && first[p + 1] - k !== layers);
  const ephs = eph.reduce((n, bytes) => n + (bytes > 0 ? 1 : 0), 0);
  const mixed = ephs > 0 && ephs < numPackets;
  const w = new ByteWriter(16 + 6 * numPackets);
  w.u8(
    (layerMajor ? LAYER_MAJOR : 0) |
      (counts ? COUNTS : 0) |
      (ephs === numPackets && ephs > 0 ? EPH_ALL : 0) |
      (mixed ? EPH_MIXED : 0) |
      (packed ? PACKED : 0),
  );
  if (counts) for (let p = 0; p < numPrecincts; p++) writeVarint(w, first[p + 1] - first[p]);
  let end = 0;
  let headerEnd = 0;
  forEachPacket(first, layerMajor, (k) => {
    writeSigned(w, start[k] - end);
    writeVarint(w, mixed ? 2 * header[k] + (eph[k] >> 1) : header[k]);
    writeVarint(w, body[k]);
    end = start[k] + inLine(k);
    if (!packed) return;
    writeSigned(w, headerStart[k] - headerEnd);
    headerEnd = headerStart[k] + header[k] + eph[k];
  });
  w.u32(crc32(w.take()));
  return w.take();
}

/** Reads a page of `numPrecincts` precincts and checks that its packets lie within `dataLength` and `headersLength` bytes. */
export function readIndexPage(
  bytes: Uint8Array,
  numPrecincts: number,
  layers: number,
  dataLength: number,
  headersLength: number,
): IndexPage {
  const length = bytes.length - CRC_BYTES;
  if (length < 1 || u32At(bytes, length) !== crc32(bytes, 0, length)) throw damaged('a page');
  const flags = bytes[0];
  const r = new Varints(bytes.subarray(1, length));
  const first = new Uint32Array(numPrecincts + 1);
  for (let p = 0; p < numPrecincts; p++) {
    const count = flags & COUNTS ? r.next() : layers;
    if (count > layers) throw damaged(`${count} packets of a precinct with ${layers} layers`);
    first[p + 1] = first[p] + count;
  }
  const n = first[numPrecincts];
  const packed = (flags & PACKED) !== 0;
  // a packet takes three bytes at least
  if (n * (packed ? 4 : 3) > r.left || (n > 0 && packed !== headersLength > 0))
    throw damaged('a page says more than it holds');
  const page: IndexPage = {
    first,
    start: new Float64Array(n),
    header: new Uint32Array(n),
    eph: new Uint8Array(n),
    body: new Uint32Array(n),
    headerStart: new Float64Array(packed ? n : 0),
  };
  let end = 0;
  let headerEnd = 0;
  forEachPacket(first, (flags & LAYER_MAJOR) !== 0, (k) => {
    const start = end + r.signed();
    const told = r.next();
    const header = flags & EPH_MIXED ? Math.floor(told / 2) : told;
    const eph = flags & EPH_ALL || (flags & EPH_MIXED && told % 2 === 1) ? 2 : 0;
    const body = r.next();
    end = start + body + (packed ? 0 : header + eph);
    page.start[k] = start;
    page.header[k] = header;
    page.eph[k] = eph;
    page.body[k] = body;
    let inHeaders = true;
    if (packed) {
      const headerStart = headerEnd + r.signed();
      headerEnd = headerStart + header + eph;
      page.headerStart[k] = headerStart;
      inHeaders = headerStart >= 0 && headerEnd <= headersLength;
    }
    if (start < 0 || end > dataLength || header < 1 || !inHeaders) throw damaged('a packet outside of its tile');
  });
  if (r.left > 0) throw damaged('bytes follow a page');
  return page;
}

/** All packets of a page: precinct by precinct, or layer by layer. */
function forEachPacket(first: Uint32Array, layerMajor: boolean, visit: (k: number) => void): void {
  const numPrecincts = first.length - 1;
  if (!layerMajor) {
    for (let k = 0; k < first[numPrecincts]; k++) visit(k);
    return;
  }
  let left = first[numPrecincts];
  for (let layer = 0; left > 0; layer++) {
    for (let p = 0; p < numPrecincts; p++) {
      if (first[p] + layer >= first[p + 1]) continue;
      visit(first[p] + layer);
      left--;
    }
  }
}

function u32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

function u64(r: ByteReader): number {
  const value = r.u32() * 2 ** 32 + r.u32();
  if (value > Number.MAX_SAFE_INTEGER) throw damaged('a number beyond 2^53', r.offset - 8);
  return value;
}

/** Writes a whole number from 0 to 2^53 - 1. */
export function writeVarint(w: ByteWriter, value: number): void {
  let rest = value;
  while (rest >= 128) {
    w.u8((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  w.u8(rest);
}

/** Writes a whole number with a sign: 0, -1, 1, -2, … as 0, 1, 2, 3, … */
export function writeSigned(w: ByteWriter, value: number): void {
  writeVarint(w, value < 0 ? -2 * value - 1 : 2 * value);
}

/** Reads varints. */
export class Varints {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Bytes left. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  next(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      if (this.at >= this.bytes.length) throw damaged('a number has no end');
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw damaged('a number beyond 2^53');
      if (byte < 128) return value;
      if (scale > 2 ** 46) throw damaged('a number of too many bytes');
      scale *= 128;
    }
  }

  signed(): number {
    const value = this.next();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  slice(length: number): Uint8Array {
    if (length > this.left) throw damaged(`${length} bytes, where ${this.left} are left`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A number of items, then the items, each of which takes `least` bytes or more. */
  list<T>(least: number, item: () => T): T[] {
    const count = this.next();
    if (count * least > this.left) throw damaged(`a list of ${count} in ${this.left} bytes`);
    const items: T[] = [];
    for (let k = 0; k < count; k++) items.push(item());
    return items;
  }
}

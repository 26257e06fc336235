/**
 * Index boxes (15444-9 Annex I): where the parts of a codestream are, inside the JP2 file itself.
 *
 * `iptr` points to the file's index `fidx`, whose `prxy` boxes each stand for a box of the file and point to its index. That of a
 * codestream is `cidx`: `cptr` says which codestream, `manf` what follows, `mhix` lists the marker segments of the main header, `tpix` the
 * tile-parts, `thix` the segments of the tiles' headers, `ppix` the packets and `phix` their headers. The lists are arrays of fragments,
 * `faix`. Offsets inside a `cidx` count from the first byte of the codestream, those of `iptr`, `cptr` and `prxy` from that of the file.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, readType, writeBox } from './box.ts';

const CLAUSE = '15444-9 I.3';

/** IPTR: where the file index is. */
export interface IndexPointer {
  readonly offset: number;
  readonly length: number;
}

/** CPTR: the codestream that an index speaks of. `dataReference` 0 is this file, `container` 0 a contiguous codestream. */
export interface CodestreamPointer {
  readonly dataReference: number;
  readonly container: number;
  readonly offset: number;
  readonly length: number;
}

/** The header of a box that stands elsewhere: eight bytes, or sixteen with XLBox. */
export interface BoxHead {
  readonly type: string;
  readonly length: number;
  /** True for a header of sixteen bytes, whatever the length. */
  readonly long: boolean;
}

/** MHIX: the marker segments of one header. */
export interface HeaderIndex {
  /** Bytes of the header. */
  readonly length: number;
  readonly segments: readonly IndexedSegment[];
}

/** One marker segment: `offset` is that of its length field, `length` what that says; `more` of its kind follow. */
export interface IndexedSegment {
  readonly marker: number;
  readonly more: number;
  readonly offset: number;
  readonly length: number;
}

/** FAIX: rows of fragments, all equally long; what a row lacks is fragments of no bytes at offset 0. */
export interface FragmentArray {
  /** Offsets and lengths of eight bytes (versions 1 and 3) instead of four (0 and 2). */
  readonly wide: boolean;
  readonly numRows: number;
  readonly numColumns: number;
  /** Row by row. */
  readonly offsets: Float64Array;
  readonly lengths: Float64Array;
  /** Another number of each fragment (versions 2 and 3). */
  readonly aux?: Uint32Array;
}

/** PRXY: a box of the file, and where its indexes are. */
export interface BoxProxy {
  readonly offset: number;
  readonly box: BoxHead;
  readonly indexes: readonly { readonly offset: number; readonly box: BoxHead }[];
}

/** FIDX: a file's index. */
export interface FileIndex {
  readonly proxies: readonly BoxProxy[];
  /** FPTR: parts of the file. */
  readonly parts: readonly IndexPointer[];
}

/** CIDX: a codestream's index. */
export interface CodestreamIndexBox {
  readonly codestream: CodestreamPointer;
  readonly header?: HeaderIndex;
  /** A row for each tile, an element for each of its tile-parts. */
  readonly tileParts?: FragmentArray;
  /** One for each tile. */
  readonly tileHeaders?: readonly HeaderIndex[];
  /** One for each component: a row for each tile, elements by precinct (lower resolution levels first), then by layer. */
  readonly packets?: readonly FragmentArray[];
  readonly packetHeaders?: readonly FragmentArray[];
}

export function readIptr(box: BoxContent): IndexPointer {
  const r = fieldsOf(box, CLAUSE);
  const pointer = { offset: u64(r), length: u64(r) };
  atEnd(r, box);
  return pointer;
}

export function writeIptr(w: ByteWriter, { offset, length }: IndexPointer): void {
  writeBox(w, 'iptr', () => {
    w.u64(offset);
    w.u64(length);
  });
}

/** FPTR has the same fields. */
export const readFptr = readIptr;

export function writeFptr(w: ByteWriter, { offset, length }: IndexPointer): void {
  writeBox(w, 'fptr', () => {
    w.u64(offset);
    w.u64(length);
  });
}

export function readCptr(box: BoxContent): CodestreamPointer {
  const r = fieldsOf(box, CLAUSE);
  const pointer = { dataReference: r.u16(), container: r.u16(), offset: u64(r), length: u64(r) };
  atEnd(r, box);
  return pointer;
}

export function writeCptr(w: ByteWriter, { dataReference, container, offset, length }: CodestreamPointer): void {
  writeBox(w, 'cptr', () => {
    w.u16(dataReference);
    w.u16(container);
    w.u64(offset);
    w.u64(length);
  });
}

export function readManf(box: BoxContent): BoxHead[] {
  const r = fieldsOf(box, CLAUSE);
  const heads: BoxHead[] = [];
  while (r.remaining > 0) heads.push(readBoxHead(r));
  return heads;
}

export function writeManf(w: ByteWriter, heads: readonly BoxHead[]): void {
  writeBox(w, 'manf', () => {
    for (const head of heads) writeBoxHead(w, head);
  });
}

function readBoxHead(r: ByteReader): BoxHead {
  const short = r.u32();
  const type = readType(r);
  return short === 1 ? { type, length: u64(r), long: true } : { type, length: short, long: false };
}

function writeBoxHead(w: ByteWriter, { type, length, long }: BoxHead): void {
  w.u32(long ? 1 : length);
  w.text(type);
  if (long) w.u64(length);
}

export function readMhix(box: BoxContent): HeaderIndex {
  const r = fieldsOf(box, CLAUSE);
  const length = u64(r);
  const segments: IndexedSegment[] = [];
  while (r.remaining > 0) segments.push({ marker: r.u16(), more: r.u16(), offset: u64(r), length: r.u16() });
  return { length, segments };
}

export function writeMhix(w: ByteWriter, { length, segments }: HeaderIndex): void {
  writeBox(w, 'mhix', () => {
    w.u64(length);
    for (const segment of segments) {
      w.u16(segment.marker);
      w.u16(segment.more);
      w.u64(segment.offset);
      w.u16(segment.length);
    }
  });
}

export function readFaix(box: BoxContent): FragmentArray {
  const r = fieldsOf(box, CLAUSE);
  const version = r.u8();
  if (version > 3) throw malformed('box-value', `version ${version} of a fragment array`, place(box));
  const wide = (version & 1) !== 0;
  const hasAux = version >= 2;
  const number = (): number => (wide ? u64(r) : r.u32());
  const numColumns = number();
  const numRows = number();
  const n = numColumns * numRows;
  if (n * ((wide ? 16 : 8) + (hasAux ? 4 : 0)) !== r.remaining) {
    throw malformed('box-length', `${numRows} rows of ${numColumns} fragments in ${r.remaining} bytes`, place(box));
  }
  const offsets = new Float64Array(n);
  const lengths = new Float64Array(n);
  const aux = new Uint32Array(hasAux ? n : 0);
  for (let k = 0; k < n; k++) {
    offsets[k] = number();
    lengths[k] = number();
    if (hasAux) aux[k] = r.u32();
  }
  return { wide, numRows, numColumns, offsets, lengths, ...(hasAux ? { aux } : {}) };
}

export function writeFaix(w: ByteWriter, { wide, numRows, numColumns, offsets, lengths, aux }: FragmentArray): void {
  writeBox(w, 'faix', () => {
    const number = (value: number): void => {
      if (wide) w.u64(value);
      else w.u32(value);
    };
    w.u8((wide ? 1 : 0) + (aux ? 2 : 0));
    number(numColumns);
    number(numRows);
    for (let k = 0; k < numRows * numColumns; k++) {
      number(offsets[k]);
      number(lengths[k]);
      if (aux) w.u32(aux[k]);
    }
  });
}

export function readPrxy(box: BoxContent): BoxProxy {
  const r = fieldsOf(box, CLAUSE);
  const offset = u64(r);
  const head = readBoxHead(r);
  const count = r.u8();
  const indexes = Array.from({ length: count }, () => ({ offset: u64(r), box: readBoxHead(r) }));
  atEnd(r, box);
  return { offset, box: head, indexes };
}

export function writePrxy(w: ByteWriter, { offset, box, indexes }: BoxProxy): void {
  writeBox(w, 'prxy', () => {
    w.u64(offset);
    writeBoxHead(w, box);
    w.u8(indexes.length);
    for (const index of indexes) {
      w.u64(index.offset);
      writeBoxHead(w, index.box);
    }
  });
}

export function readTpix(box: BoxContent, log: DiagnosticLog): FragmentArray {
  const [array] = childrenOf(box, log, 'faix');
  if (array === undefined) throw malformed('box-missing', `'${box.type}' holds no 'faix'`, place(box));
  return readFaix(array);
}

export function writeTpix(w: ByteWriter, array: FragmentArray): void {
  writeBox(w, 'tpix', () => writeFaix(w, array));
}

export function readThix(box: BoxContent, log: DiagnosticLog): HeaderIndex[] {
  return childrenOf(box, log, 'mhix').map(readMhix);
}

export function writeThix(w: ByteWriter, headers: readonly HeaderIndex[]): void {
  writeBox(w, 'thix', () => {
    writeAfterManifest(
      w,
      headers.map((header): Child => ['mhix', () => writeMhix(w, header)]),
    );
  });
}

/** PPIX and PHIX. */
export function readPacketIndex(box: BoxContent, log: DiagnosticLog): FragmentArray[] {
  return childrenOf(box, log, 'faix').map(readFaix);
}

export function writePacketIndex(w: ByteWriter, type: 'ppix' | 'phix', arrays: readonly FragmentArray[]): void {
  writeBox(w, type, () => {
    writeAfterManifest(
      w,
      arrays.map((array): Child => ['faix', () => writeFaix(w, array)]),
    );
  });
}

/**
 * Reads a CIDX. One that says nothing, since a writer left room for it and filled it with zeros, is `undefined`.
 *
 * @throws {Jpeg2000Error} `malformed` where its contents cannot be.
 */
export function readCidx(box: BoxContent, log: DiagnosticLog): CodestreamIndexBox | undefined {
  if (box.content.every((byte) => byte === 0)) return undefined;
  const found = new Map<string, BoxContent>();
  for (const child of boxesIn(box.content, contentOffset(box), log)) {
    if (!found.has(child.type)) found.set(child.type, child);
  }
  const pointer = found.get('cptr');
  if (pointer === undefined) throw malformed('box-missing', `'cidx' holds no 'cptr'`, place(box));
  const child = <T>(type: string, read: (box: BoxContent, log: DiagnosticLog) => T): T | undefined => {
    const own = found.get(type);
    return own && !own.content.every((byte) => byte === 0) ? read(own, log) : undefined;
  };
  const header = child('mhix', readMhix);
  const tileParts = child('tpix', readTpix);
  const tileHeaders = child('thix', readThix);
  const packets = child('ppix', readPacketIndex);
  const packetHeaders = child('phix', readPacketIndex);
  return {
    codestream: readCptr(pointer),
    ...(header ? { header } : {}),
    ...(tileParts ? { tileParts } : {}),
    ...(tileHeaders ? { tileHeaders } : {}),
    ...(packets ? { packets } : {}),
    ...(packetHeaders ? { packetHeaders } : {}),
  };
}

export function writeCidx(w: ByteWriter, index: CodestreamIndexBox): void {
  const { header, tileParts, tileHeaders, packets, packetHeaders } = index;
  writeBox(w, 'cidx', () => {
    writeCptr(w, index.codestream);
    const parts: Child[] = [];
    if (header) parts.push(['mhix', () => writeMhix(w, header)]);
    if (tileParts) parts.push(['tpix', () => writeTpix(w, tileParts)]);
    if (tileHeaders) parts.push(['thix', () => writeThix(w, tileHeaders)]);
    if (packets) parts.push(['ppix', () => writePacketIndex(w, 'ppix', packets)]);
    if (packetHeaders) parts.push(['phix', () => writePacketIndex(w, 'phix', packetHeaders)]);
    writeAfterManifest(w, parts);
  });
}

export function readFidx(box: BoxContent, log: DiagnosticLog): FileIndex {
  const children = [...boxesIn(box.content, contentOffset(box), log)];
  return {
    proxies: children.filter(({ type }) => type === 'prxy').map(readPrxy),
    parts: children.filter(({ type }) => type === 'fptr').map(readFptr),
  };
}

export function writeFidx(w: ByteWriter, { proxies, parts }: FileIndex): void {
  writeBox(w, 'fidx', () => {
    for (const part of parts) writeFptr(w, part);
    for (const proxy of proxies) writePrxy(w, proxy);
  });
}

function childrenOf(box: BoxContent, log: DiagnosticLog, type: string): BoxContent[] {
  return [...boxesIn(box.content, contentOffset(box), log)].filter((child) => child.type === type);
}

/** A box to be written, and how. */
type Child = readonly [type: string, write: () => void];

/** A manifest, which lists the headers of boxes, and those boxes after it. */
function writeAfterManifest(w: ByteWriter, children: readonly Child[]): void {
  const lengths = w.length + 8; // behind the manifest's own header
  writeManf(
    w,
    children.map(([type]) => ({ type, length: 0, long: false })),
  );
  children.forEach(([, write], k) => {
    const start = w.length;
    write();
    w.setU32(lengths + 8 * k, w.length - start);
  });
}

function u64(r: ByteReader): number {
  const { offset } = r;
  const value = r.u32() * 2 ** 32 + r.u32();
  if (value > Number.MAX_SAFE_INTEGER) throw malformed('box-value', 'a number beyond 2^53', { offset, clause: CLAUSE });
  return value;
}

function atEnd(r: ByteReader, box: BoxContent): void {
  if (r.remaining > 0) throw malformed('box-length', `${r.remaining} bytes too many in '${box.type}'`, place(box));
}

function place({ offset }: BoxContent): { readonly offset: number; readonly clause: string } {
  return { offset, clause: CLAUSE };
}

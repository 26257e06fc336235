/**
 * Boxes, the envelope of every JP2-family file (15444-1 I.4).
 *
 * A box is a length, a four-character type and contents; a superbox holds further boxes. A length of 1 means that
 * eight more bytes carry the real one, a length of 0 that the box goes on to the end of the file. Headers are read
 * with a small read-ahead and contents only where somebody wants them, so walking a file of many gigabytes costs a
 * few reads.
 *
 * Offsets are plain numbers: exact to 2^53 bytes, far beyond the 32 bits of LBox.
 */
import { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed, Jpeg2000Error, placeOf } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import { type Reading, readRange } from '../source.ts';

/**
 * Contents of unknown reach are read in steps of this size, so that a lying length costs no more than the file holds.
 */
const READ_STEP = 1 << 20;

/** More boxes than this, in a file or in a superbox, are nobody's picture: a walk costs time and memory for each. */
export const MAX_BOXES = 1 << 16;

/** LBox and TBox; XLBox adds eight more. */
const SHORT_HEADER = 8;
const LONG_HEADER = 16;

/** The header of one box, with offsets in the file. */
export interface BoxHeader {
  /** TBox as four characters, spaces kept: `'jp2c'`, `'xml '`. */
  readonly type: string;
  /** Where the box begins. */
  readonly offset: number;
  /** Bytes of LBox, TBox and XLBox: 8 or 16. */
  readonly headerLength: number;
  /** Bytes of the whole box; `undefined` when it goes on to the end of the file (LBox = 0). */
  readonly length: number | undefined;
}

/** A box whose contents are in memory. */
export interface BoxContent extends BoxHeader {
  readonly length: number;
  readonly content: Uint8Array;
}

/** Where the contents of a box begin in the file. */
export function contentOffset(box: BoxHeader): number {
  return box.offset + box.headerLength;
}

/** Reads the box header at `offset`; `undefined` at the end of the file. */
export function* readBoxHeader(file: ReadWindow, offset: number): Reading<BoxHeader | undefined> {
  const bytes = yield* file.need(offset, LONG_HEADER);
  return bytes.length === 0 ? undefined : boxHeaderAt(bytes, 0, offset);
}

/**
 * The contents of a box: `length` bytes at `offset`, fewer only at the end of the input. With the size of the input
 * unknown the length cannot be trusted, so the bytes are asked for in growing steps.
 */
export function* readContent(offset: number, length: number, size: number | undefined): Reading<Uint8Array> {
  if (size !== undefined) return yield* readRange(offset, Math.max(0, Math.min(length, size - offset)));
  let bytes = yield* readRange(offset, Math.min(length, READ_STEP));
  while (bytes.length < length) {
    const more = yield* readRange(offset + bytes.length, Math.min(length - bytes.length, bytes.length));
    if (more.length === 0) break;
    const joined: Uint8Array = new Uint8Array(bytes.length + more.length);
    joined.set(bytes);
    joined.set(more, bytes.length);
    bytes = joined;
  }
  return bytes;
}

/**
 * The boxes inside a superbox that is in memory, in order. `offset` is the place of `content` in the file. A child
 * that claims more bytes than its parent has is cut at the parent's end; a header that makes no sense ends the walk.
 */
export function* boxesIn(content: Uint8Array, offset: number, log: DiagnosticLog): Generator<BoxContent> {
  let at = 0;
  for (let count = 0; at < content.length; count++) {
    if (count === MAX_BOXES) {
      log.add('limit-boxes', `the rest of a superbox is skipped after ${MAX_BOXES} boxes`, { offset: offset + at });
      return;
    }
    let header: BoxHeader;
    try {
      header = boxHeaderAt(content, at, offset + at);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      log.add(error.code, `the rest of a superbox is skipped: ${error.reason}`, placeOf(error));
      return;
    }
    const room = content.length - at;
    if (header.length === undefined || header.length > room) {
      const found = header.length === undefined ? 'an open end' : `${header.length} bytes`;
      log.add('box-length', `box '${header.type}' has ${found} where its superbox has ${room} left; it was cut there`, {
        offset: header.offset,
        clause: '15444-1 I.4',
      });
    }
    const length = Math.min(header.length ?? room, room);
    yield { ...header, length, content: content.subarray(at + header.headerLength, at + length) };
    at += length;
  }
}

/** LBox, TBox and XLBox at position `at` of `bytes`, which is byte `offset` of the file. */
function boxHeaderAt(bytes: Uint8Array, at: number, offset: number): BoxHeader {
  const room = bytes.length - at;
  if (room < SHORT_HEADER) {
    throw malformed('box-length', `expected a box header of 8 bytes, found ${room}`, { offset, clause: '15444-1 I.4' });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, Math.min(room, LONG_HEADER));
  const lbox = view.getUint32(0);
  const type = typeAt(bytes, at + 4);
  if (lbox === 0) return { type, offset, headerLength: SHORT_HEADER, length: undefined };
  if (lbox !== 1) {
    if (lbox < SHORT_HEADER) throw badLength(type, lbox, SHORT_HEADER, offset);
    return { type, offset, headerLength: SHORT_HEADER, length: lbox };
  }
  if (room < LONG_HEADER) {
    throw malformed('box-length', `expected XLBox of '${type}' in 16 bytes, found ${room}`, {
      offset,
      clause: '15444-1 I.4',
    });
  }
  const xlbox = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
  if (xlbox < LONG_HEADER || xlbox > Number.MAX_SAFE_INTEGER) throw badLength(type, xlbox, LONG_HEADER, offset);
  return { type, offset, headerLength: LONG_HEADER, length: xlbox };
}

function badLength(type: string, length: number, least: number, offset: number) {
  return malformed('box-length', `expected a box length of at least ${least}, found ${length} in box '${type}'`, {
    offset,
    clause: '15444-1 I.4',
  });
}

/** Four bytes as characters. */
function typeAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

/** A cursor over the fields of a box, which complains with the file's offsets and the given clause. */
export function fieldsOf(box: BoxContent, clause: string): ByteReader {
  return new ByteReader(box.content, contentOffset(box), clause);
}

/** Four characters, as in TBox and BR. */
export function readType(fields: ByteReader): string {
  return typeAt(fields.slice(4), 0);
}

/** A signed byte. */
export function readInt8(fields: ByteReader): number {
  return (fields.u8() << 24) >> 24;
}

/** Reads a box, or reports why it cannot be read. */
export function tolerate<T>(
  log: DiagnosticLog,
  box: BoxContent | undefined,
  read: (box: BoxContent) => T,
): T | undefined {
  if (!box) return undefined;
  try {
    return read(box);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    log.add(error.code, `box '${box.type}' is ignored: ${error.reason}`, { offset: box.offset, clause: error.clause });
    return undefined;
  }
}

/** A box around what `contents` writes; its length, in 32 bits, is filled in afterwards. Codestreams may need more. */
export function writeBox(w: ByteWriter, type: string, contents: () => void): void {
  const start = w.length;
  w.u32(0);
  w.text(type);
  contents();
  w.setU32(start, w.length - start);
}

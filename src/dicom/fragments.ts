/**
 * From encapsulated pixel data to frames (PS3.5 A.4): items of fragments, the basic offset table in front of them, and the extended
 * one beside them.
 */
import { malformed, usage } from '../codec/errors.ts';
import { type Bytes, isBytes, toUint8Array } from '../codec/source.ts';

/** What is known of the frames in encapsulated pixel data. */
export interface FrameTables {
  /** Number of Frames (0028,0008). Default 1. */
  readonly numberOfFrames?: number;
  /** Extended Offset Table (7FE0,0001): for every frame where its first item begins, counted from the first item after the basic table. */
  readonly extendedOffsets?: ArrayLike<number | bigint>;
}

/** An item: where its tag stands, counted from the first item after the basic offset table, and its bytes. */
interface Item {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Tags of PS3.5 7.5, group and element as they stand in little-endian bytes. */
const ITEM = 0xe000fffe;
const SEQUENCE_DELIMITER = 0xe0ddfffe;

/**
 * Takes the value of an encapsulated Pixel Data element apart: for every frame its fragments, as views of the bytes.
 *
 * The value begins with the item of the basic offset table, which may be empty. Frames are told apart by the extended offset table, the
 * basic one, one fragment a frame, or the codestreams' own beginnings, whichever comes first.
 *
 * @throws {Jpeg2000Error} `dicom-fragments` when the items or tables do not fit together.
 * @example
 * ```ts
 * const frames = framesOf(pixelData, { numberOfFrames: 120 });
 * const frame = await decodeFrame(frames[7], attributes);
 * ```
 */
export function framesOf(value: Bytes, tables: FrameTables = {}): Uint8Array[][] {
  const { numberOfFrames = 1, extendedOffsets } = tables;
  if (!Number.isInteger(numberOfFrames) || numberOfFrames < 1) {
    throw usage('option-value', `numberOfFrames must be a whole number from 1, found ${numberOfFrames}`);
  }
  const [table, ...fragments] = itemsOf(toUint8Array(value));
  if (!table) throw bad('expected the item of the basic offset table, found none');
  const first = fragments[0]?.offset ?? 0;
  const items = fragments.map(({ offset, bytes }) => ({ offset: offset - first, bytes }));
  if (extendedOffsets) return split(items, Array.from(extendedOffsets, Number), numberOfFrames);
  if (table.bytes.length >= 4) return split(items, offsetsIn(table.bytes), numberOfFrames);
  if (numberOfFrames === 1) return [items.map(({ bytes }) => bytes)];
  if (items.length === numberOfFrames) return items.map(({ bytes }) => [bytes]);
  const starts = items.filter(({ bytes }) => isStart(bytes)).map(({ offset }) => offset);
  return split(items, starts, numberOfFrames);
}

/** The bytes of one frame, joined: fragments as they are, or one buffer, which may still consist of items. */
export function joinFragments(fragments: Bytes | readonly Bytes[]): Uint8Array {
  const list = isBytes(fragments) ? [fragments] : fragments;
  if (!Array.isArray(list) || list.length === 0 || !list.every(isBytes)) {
    throw usage('input-type', 'expected the fragments of a frame as bytes');
  }
  let pieces = (list as readonly Bytes[]).map(toUint8Array);
  if (pieces.length === 1 && isItem(pieces[0]!)) {
    pieces = itemsOf(pieces[0]!).map(({ bytes }) => bytes);
    // what comes before the codestream is the basic offset table
    if (pieces.length > 1 && !isStart(pieces[0]!)) pieces = pieces.slice(1);
  }
  if (pieces.length === 1) return pieces[0]!;
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Items up to the sequence delimiter, or the end. */
function itemsOf(value: Uint8Array): Item[] {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const items: Item[] = [];
  for (let at = 0; at + 8 <= value.length; ) {
    const tag = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    if (tag === SEQUENCE_DELIMITER) break;
    if (tag !== ITEM) throw bad(`expected an item at byte ${at}, found tag ${tag.toString(16)}`, at);
    if (length > value.length - at - 8) {
      throw bad(`an item of ${length} bytes goes beyond the end of the pixel data`, at);
    }
    items.push({ offset: at, bytes: value.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  return items;
}

function isItem(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[0] === 0xfe && bytes[1] === 0xff && bytes[2] === 0x00 && bytes[3] === 0xe0;
}

/** SOC and SIZ, or a JP2 signature. */
function isStart(bytes: Uint8Array): boolean {
  const codestream = bytes[0] === 0xff && bytes[1] === 0x4f && bytes[2] === 0xff && bytes[3] === 0x51;
  return codestream || (bytes[4] === 0x6a && bytes[5] === 0x50 && bytes[6] === 0x20 && bytes[7] === 0x20);
}

function offsetsIn(table: Uint8Array): number[] {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  return Array.from({ length: Math.floor(table.length / 4) }, (_, k) => view.getUint32(4 * k, true));
}

/** Deals items out to frames that begin at offsets. */
function split(items: readonly Item[], offsets: readonly number[], numberOfFrames: number): Uint8Array[][] {
  if (offsets.length !== numberOfFrames) {
    throw bad(`expected the offsets of ${numberOfFrames} frames, found ${offsets.length}`);
  }
  const frames: Uint8Array[][] = [];
  let item = 0;
  for (const [k, offset] of offsets.entries()) {
    if (items[item]?.offset !== offset) throw bad(`frame ${k} begins at ${offset}, where no fragment does`);
    const end = offsets[k + 1] ?? Number.POSITIVE_INFINITY;
    const frame: Uint8Array[] = [];
    for (; item < items.length && items[item]!.offset < end; item++) frame.push(items[item]!.bytes);
    frames.push(frame);
  }
  return frames;
}

function bad(message: string, offset?: number): Error {
  return malformed('dicom-fragments', message, { clause: 'PS3.5 A.4', ...(offset === undefined ? {} : { offset }) });
}

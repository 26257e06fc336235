/**
 * The tags of a degenerate TIFF file, which is how GeoJP2 stores GeoTIFF (a file of one pixel that nobody looks at): enough of TIFF 6.0
 * and BigTIFF to read arrays of numbers and text by tag, and to write them.
 */
import { ByteWriter } from '../codec/bits/byte-writer.ts';
import { malformed } from '../codec/errors.ts';

/** Values of a tag: numbers, or text for type ASCII. */
export type TagValue = readonly number[] | string;

/** More tags, or values of one, than this are no description of a place. */
const MAX_TAGS = 1024;
const MAX_VALUES = 1 << 16;

/** Bytes of a value by type (TIFF 6.0 section 2; 16 to 18 of BigTIFF). */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  6: 1, // SBYTE
  8: 2, // SSHORT
  9: 4, // SLONG
  11: 4, // FLOAT
  12: 8, // DOUBLE
  16: 8, // LONG8
};

/**
 * The tags of the first directory. A tag whose values lie outside the bytes is left out.
 *
 * @throws {Jpeg2000Error} `geo-metadata` for bytes that are no TIFF file.
 */
export function readTiffTags(bytes: Uint8Array): Map<number, TagValue> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8) throw bad(`expected a TIFF file, found ${bytes.length} bytes`);
  const order = view.getUint16(0);
  const little = order === 0x4949;
  const version = view.getUint16(2, little);
  if ((!little && order !== 0x4d4d) || (version !== 42 && version !== 43)) throw bad('expected a TIFF file');
  const big = version === 43;
  const offset = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  if (big && bytes.length < 16) throw bad('the TIFF header is cut short');
  const directory = offset(big ? 8 : 4);
  const [countBytes, entryBytes] = big ? [8, 20] : [2, 12];
  if (directory + countBytes > bytes.length) throw bad('the TIFF directory lies beyond the end');
  const said = big ? offset(directory) : view.getUint16(directory, little);
  const room = Math.floor((bytes.length - directory - countBytes) / entryBytes);
  const tags = new Map<number, TagValue>();
  for (let k = 0; k < Math.min(said, room, MAX_TAGS); k++) {
    const at = directory + countBytes + k * entryBytes;
    const type = view.getUint16(at + 2, little);
    const count = offset(at + 4);
    const size = (TYPE_BYTES[type] ?? 0) * count;
    if (size === 0 || count > MAX_VALUES) continue;
    const valueAt = at + (big ? 12 : 8);
    const from = size <= (big ? 8 : 4) ? valueAt : offset(valueAt);
    if (from + size > bytes.length) continue;
    const tag = view.getUint16(at, little);
    if (!tags.has(tag)) tags.set(tag, readValues(view, from, type, count, little));
  }
  return tags;
}

function readValues(view: DataView, from: number, type: number, count: number, little: boolean): TagValue {
  if (type === 2) {
    let text = '';
    for (let k = 0; k < count; k++) text += String.fromCharCode(view.getUint8(from + k));
    return text;
  }
  return Array.from({ length: count }, (_, k) => {
    const at = from + k * TYPE_BYTES[type];
    switch (type) {
      case 3:
        return view.getUint16(at, little);
      case 4:
        return view.getUint32(at, little);
      case 6:
        return view.getInt8(at);
      case 8:
        return view.getInt16(at, little);
      case 9:
        return view.getInt32(at, little);
      case 11:
        return view.getFloat32(at, little);
      case 12:
        return view.getFloat64(at, little);
      case 16:
        return Number(view.getBigUint64(at, little));
      default:
        return view.getUint8(at);
    }
  });
}

/** A tag to be written: whole numbers as SHORT, others as DOUBLE, text as ASCII. */
export interface Tag {
  readonly tag: number;
  readonly type: 'short' | 'double' | 'ascii';
  readonly values: TagValue;
}

/** A file of one grey pixel with the given tags (big-endian, TIFF 6.0), as GeoJP2 wants it. */
export function writeTiffTags(tags: readonly Tag[]): Uint8Array {
  const picture: Tag[] = [256, 257, 258, 259, 262, 273, 277, 278, 279].map((tag) => ({
    tag,
    type: 'short',
    values: [PIXEL_TAGS[tag]],
  }));
  const all = [...picture, ...tags].sort((a, b) => a.tag - b.tag);
  const w = new ByteWriter();
  w.text('MM');
  w.u16(42);
  w.u32(8);
  w.u16(all.length);
  const tail = new ByteWriter();
  const tailAt = 8 + 2 + 12 * all.length + 4;
  for (const { tag, type, values } of all) {
    w.u16(tag);
    const data = new ByteWriter();
    const count = values.length + (type === 'ascii' ? 1 : 0);
    w.u16(type === 'ascii' ? 2 : type === 'short' ? 3 : 12);
    w.u32(count);
    if (typeof values === 'string') {
      data.text(`${values}\0`);
    } else {
      for (const value of values) {
        if (type === 'short') data.u16(value);
        else data.append(doubleBytes(value));
      }
    }
    const bytes = data.take();
    if (bytes.length <= 4) {
      w.append(bytes);
      w.append(new Uint8Array(4 - bytes.length));
    } else {
      w.u32(tailAt + tail.length);
      tail.append(bytes);
      if (bytes.length % 2 === 1) tail.u8(0); // values begin at even places
    }
  }
  w.u32(0);
  w.append(tail.take());
  w.u8(0); // the pixel
  const pixelAt = w.length - 1;
  const bytes = w.take();
  const strip = all.findIndex(({ tag }) => tag === 273);
  new DataView(bytes.buffer).setUint16(8 + 2 + 12 * strip + 8, pixelAt);
  return bytes;
}

/** Width, height, bits, compression, photometric, strip offset (filled in), samples, rows, bytes of the one pixel. */
const PIXEL_TAGS: Readonly<Record<number, number>> = {
  256: 1,
  257: 1,
  258: 8,
  259: 1,
  262: 1,
  273: 0,
  277: 1,
  278: 1,
  279: 1,
};

function doubleBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

function bad(message: string): Error {
  return malformed('geo-metadata', message, { clause: 'GeoJP2' });
}

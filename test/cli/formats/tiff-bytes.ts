/** TIFF files of every arrangement, for tests of the reader: built from a list of tags, with the slow parts plain. */
import { deflateSync } from 'node:zlib';
import { join } from '../../codec/fileformat/box-bytes.ts';

/** What a TIFF is to be. */
export interface TiffShape {
  readonly width: number;
  readonly height: number;
  /** Samples, interleaved. */
  readonly samples: readonly number[];
  readonly count: number;
  readonly bits: number;
  readonly photometric?: number;
  readonly bigEndian?: boolean;
  readonly compression?: 'none' | 'lzw' | 'deflate' | 'packbits';
  readonly predictor?: boolean;
  readonly planar?: boolean;
  /** Tiles of this size; otherwise strips of `rows` rows. */
  readonly tile?: number;
  readonly rows?: number;
  /** Further tags: number, field type, values. */
  readonly tags?: readonly (readonly [number, number, readonly number[]])[];
}

const COMPRESSIONS = { none: 1, lzw: 5, deflate: 8, packbits: 32773 };
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 7: 1, 12: 8 };

/** The file. */
export function tiffBytes(shape: TiffShape): Uint8Array {
  const { width, height, count, bits, bigEndian = false, compression = 'none', planar = false, tile } = shape;
  const little = !bigEndian;
  const [cellWidth, cellHeight] = tile ? [tile, tile] : [width, shape.rows ?? height];
  const cells: Uint8Array[] = [];
  const groups = planar ? Array.from({ length: count }, (_, c) => [c]) : [Array.from({ length: count }, (_, c) => c)];
  for (const channels of groups) {
    for (let y0 = 0; y0 < height; y0 += cellHeight) {
      for (let x0 = 0; x0 < width; x0 += cellWidth) {
        const rows = tile ? cellHeight : Math.min(cellHeight, height - y0);
        cells.push(packed(cellBytes(shape, channels, x0, y0, cellWidth, rows, little), compression));
      }
    }
  }
  const cellsAt = cells.map((_, k) => 8 + cells.slice(0, k).reduce((sum, cell) => sum + cell.length, 0));
  const tags: [number, number, readonly number[]][] = [
    [256, 3, [width]],
    [257, 3, [height]],
    [258, 3, new Array(count).fill(bits)],
    [259, 3, [COMPRESSIONS[compression]]],
    [262, 3, [shape.photometric ?? (count < 3 ? 1 : 2)]],
    [277, 3, [count]],
    [284, 3, [planar ? 2 : 1]],
    ...(shape.predictor ? [[317, 3, [2]] as [number, number, number[]]] : []),
    ...(tile
      ? ([
          [322, 3, [tile]],
          [323, 3, [tile]],
          [324, 4, cellsAt],
          [325, 4, cells.map((c) => c.length)],
        ] as [number, number, number[]][])
      : ([
          [273, 4, cellsAt],
          [278, 3, [cellHeight]],
          [279, 4, cells.map((c) => c.length)],
        ] as [number, number, number[]][])),
    ...(shape.tags ?? []).map(([a, b, c]): [number, number, readonly number[]] => [a, b, c]),
  ];
  tags.sort((a, b) => a[0] - b[0]);
  const body = join(...cells);
  const directoryAt = 8 + body.length + (body.length & 1);
  const directory = new DataView(new ArrayBuffer(2 + 12 * tags.length + 4));
  directory.setUint16(0, tags.length, little);
  const tail: Uint8Array[] = [];
  let tailAt = directoryAt + directory.byteLength;
  tags.forEach(([tag, type, values], k) => {
    const size = SIZES[type];
    const bytes = new DataView(new ArrayBuffer(Math.max(4, size * values.length)));
    values.forEach((value, i) => {
      if (size === 1) bytes.setUint8(i, value);
      else if (size === 2) bytes.setUint16(2 * i, value, little);
      else if (size === 4) bytes.setUint32(4 * i, value, little);
      else bytes.setFloat64(8 * i, value, little);
    });
    const at = 2 + 12 * k;
    directory.setUint16(at, tag, little);
    directory.setUint16(at + 2, type, little);
    directory.setUint32(at + 4, type === 5 ? values.length / 2 : values.length, little);
    if (bytes.byteLength === 4) {
      for (let i = 0; i < 4; i++) directory.setUint8(at + 8 + i, bytes.getUint8(i));
    } else {
      directory.setUint32(at + 8, tailAt, little);
      tail.push(new Uint8Array(bytes.buffer));
      tailAt += bytes.byteLength;
    }
  });
  const header = new DataView(new ArrayBuffer(8));
  header.setUint16(0, little ? 0x4949 : 0x4d4d);
  header.setUint16(2, 42, little);
  header.setUint32(4, directoryAt, little);
  return join(
    new Uint8Array(header.buffer),
    body,
    new Uint8Array(body.length & 1),
    new Uint8Array(directory.buffer),
    ...tail,
  );
}

/** Rows of a strip or tile, each beginning on a whole byte, differences where a predictor is asked for. */
function cellBytes(
  { width, height, samples, count, bits, predictor }: TiffShape,
  channels: readonly number[],
  x0: number,
  y0: number,
  columns: number,
  rows: number,
  little: boolean,
): Uint8Array {
  const rowBytes = Math.ceil((columns * channels.length * bits) / 8);
  const out = new DataView(new ArrayBuffer(rowBytes * rows));
  const at = (x: number, y: number, c: number) => (x < width && y < height ? samples[(y * width + x) * count + c] : 0);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      channels.forEach((c, k) => {
        const before = predictor && x > 0 ? at(x0 + x - 1, y0 + y, c) : 0;
        const value = at(x0 + x, y0 + y, c) - before;
        const index = x * channels.length + k;
        if (bits === 8) out.setUint8(y * rowBytes + index, value);
        else if (bits === 16) out.setUint16(y * rowBytes + 2 * index, value, little);
        else if (bits === 32) out.setUint32(y * rowBytes + 4 * index, value, little);
        else {
          for (let b = 0; b < bits; b++) {
            const bit = index * bits + b;
            const byte = y * rowBytes + (bit >> 3);
            if ((value >> (bits - 1 - b)) & 1) out.setUint8(byte, out.getUint8(byte) | (0x80 >> (bit & 7)));
          }
        }
      });
    }
  }
  return new Uint8Array(out.buffer);
}

function packed(bytes: Uint8Array, compression: NonNullable<TiffShape['compression']>): Uint8Array {
  if (compression === 'deflate') return deflateSync(bytes);
  if (compression === 'packbits') {
    // literal runs only
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 128) {
      const run = bytes.subarray(at, at + 128);
      parts.push(Uint8Array.of(run.length - 1), run);
    }
    return join(...parts);
  }
  if (compression === 'lzw') {
    // codes of 9 bits, the table cleared before it grows beyond them
    const codes: number[] = [];
    bytes.forEach((byte, k) => {
      if (k % 250 === 0) codes.push(256);
      codes.push(byte);
    });
    codes.push(257);
    const text = codes.map((code) => code.toString(2).padStart(9, '0')).join('');
    return Uint8Array.from({ length: Math.ceil(text.length / 8) }, (_, k) =>
      Number.parseInt(text.slice(8 * k, 8 * k + 8).padEnd(8, '0'), 2),
    );
  }
  return bytes;
}

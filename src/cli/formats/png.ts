/**
 * PNG (W3C PNG, third edition): grey or colour of 8 or 16 bits, with or without opacity, and an ICC profile where the
 * picture has one. Samples are scaled to the full range, so 12 bits become 16; one bit of grey stays one bit.
 */
import { crc32, deflateSync } from 'node:zlib';
import type { RasterImage } from '../../codec/image.ts';
import {
  ascii,
  type Channel,
  colourGroups,
  depthOf,
  interleave,
  joined,
  type OutputPart,
  writeEach,
} from './picture.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Colour types by the number of colours, without and with opacity (PNG 11.2.1). */
const COLOUR_TYPES: Readonly<Record<number, readonly [number, number]>> = { 1: [0, 4], 3: [2, 6] };

/** One PNG for a picture of one or three colours; otherwise one for each channel. */
export function writePng(image: RasterImage): OutputPart[] {
  const groups = colourGroups(image);
  return writeEach(groups, ({ colours, opacity, note }) => {
    const whole = groups.length === 1;
    const deep = [...colours, ...(opacity ? [opacity] : [])].some((c) => c.precision > 16);
    const notes = [deep ? 'samples of more than 16 bits scaled to 16' : '', note ?? ''].filter((text) => text !== '');
    return {
      bytes: pngBytes(colours, opacity, whole ? image.colour.icc : undefined, whole && image.colour.space === 'srgb'),
      ...(notes.length > 0 ? { note: notes.join(', ') } : {}),
    };
  });
}

function pngBytes(
  colours: readonly Channel[],
  opacity: Channel | undefined,
  icc: Uint8Array | undefined,
  srgb: boolean,
): Uint8Array {
  const channels = opacity ? [...colours, opacity] : colours;
  const { width, height } = channels[0];
  const precision = depthOf(channels);
  const bits = precision === 1 && channels.length === 1 ? 1 : precision <= 8 ? 8 : 16;
  const samples = interleave(channels, bits);
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, bits);
  header.setUint8(9, COLOUR_TYPES[colours.length][opacity ? 1 : 0]);
  const rows =
    bits === 1 ? packedRows(samples, width, height) : filteredRows(samples, height, channels.length * (bits / 8));
  return joined([
    SIGNATURE,
    pngChunk('IHDR', new Uint8Array(header.buffer)),
    ...(icc ? [pngChunk('iCCP', joined([ascii('ICC profile\0\0'), deflateSync(icc)]))] : []),
    ...(srgb && !icc ? [pngChunk('sRGB', Uint8Array.of(1))] : []), // relative colorimetric
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

/** Length, type, contents, checksum of type and contents (PNG 5.3). */
export function pngChunk(type: string, content: Uint8Array): Uint8Array {
  const typed = joined([ascii(type), content]);
  const ends = new DataView(new ArrayBuffer(8));
  ends.setUint32(0, content.length);
  ends.setUint32(4, crc32(typed));
  return joined([new Uint8Array(ends.buffer, 0, 4), typed, new Uint8Array(ends.buffer, 4, 4)]);
}

/** Rows with the Paeth filter (PNG 9.4), the best single choice for pictures of 8 and 16 bits. */
function filteredRows(samples: Uint8Array, height: number, pixelBytes: number): Uint8Array {
  const rowBytes = samples.length / height;
  const out = new Uint8Array(samples.length + height);
  for (let y = 0; y < height; y++) {
    const from = y * rowBytes;
    const to = y * (rowBytes + 1);
    out[to] = 4;
    for (let x = 0; x < rowBytes; x++) {
      const left = x < pixelBytes ? 0 : samples[from + x - pixelBytes];
      const above = y === 0 ? 0 : samples[from + x - rowBytes];
      const corner = y === 0 || x < pixelBytes ? 0 : samples[from + x - rowBytes - pixelBytes];
      const toLeft = Math.abs(above - corner);
      const toAbove = Math.abs(left - corner);
      const toCorner = Math.abs(left + above - 2 * corner);
      const nearest = toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
      out[to + 1 + x] = samples[from + x] - nearest;
    }
  }
  return out;
}

/** Rows of single bits, eight to a byte from the left, without a filter. */
export function packedRows(samples: Uint8Array, width: number, height: number, filterBytes = 1): Uint8Array {
  const rowBytes = filterBytes + Math.ceil(width / 8);
  const out = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (samples[y * width + x] !== 0) out[y * rowBytes + filterBytes + (x >> 3)] |= 0x80 >> (x & 7);
    }
  }
  return out;
}

/**
 * Baseline TIFF (TIFF 6.0), little-endian, uncompressed: any number of channels with their values as they are, in 1,
 * 8, 16 or 32 bits. Signed and floating point samples, opacity and an ICC profile are said in their tags.
 */
import type { RasterImage } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';
import { alike, type Channel, joined, type OutputPart } from './picture.ts';
import { packedRows } from './png.ts';
import { interleaveRaw, isFloat, sampleBytes } from './raw.ts';

/** About this many bytes make a strip, so that readers need little memory (TIFF 6.0 section 3). */
const STRIP_BYTES = 65536;

/** Field types: BYTE-like ASCII and UNDEFINED, SHORT, LONG, RATIONAL and DOUBLE (TIFF 6.0 section 2). */
const TYPES = { ASCII: 2, SHORT: 3, LONG: 4, RATIONAL: 5, UNDEFINED: 7, DOUBLE: 12 } as const;

/** PhotometricInterpretation: black is zero, RGB, separated inks, CIELab (TIFF 6.0 sections 4, 6, 16 and 23). */
const PHOTOMETRIC = { GREY: 1, RGB: 2, INKS: 5 } as const;

/** One directory entry. */
export interface Entry {
  readonly tag: number;
  readonly type: keyof typeof TYPES;
  readonly values: readonly number[] | Uint8Array;
}

/** One TIFF with all channels. */
export function writeTiff(image: RasterImage): OutputPart[] {
  const channels = alike(image, 'tif');
  const { width, height } = channels[0];
  const bilevel = channels.length === 1 && channels[0].precision === 1 && !channels[0].signed;
  const bits = bilevel ? 1 : 8 * sampleBytes(channels);
  const samples = interleaveRaw(channels, true);
  const pixels = bilevel ? packedRows(samples, width, height, 0) : samples;
  return [{ suffix: '', bytes: tiffBytes(entriesOf(image, channels, bits), pixels, pixels.length / height, height) }];
}

/** A TIFF of one black sample that carries tags: the degenerate GeoTIFF of GeoJP2 is one. */
export function tiffOfTags(tags: readonly Entry[]): Uint8Array {
  const entries: Entry[] = [
    { tag: 256, type: 'LONG', values: [1] }, // ImageWidth
    { tag: 257, type: 'LONG', values: [1] }, // ImageLength
    { tag: 258, type: 'SHORT', values: [8] }, // BitsPerSample
    { tag: 259, type: 'SHORT', values: [1] }, // Compression: none
    { tag: 262, type: 'SHORT', values: [PHOTOMETRIC.GREY] },
    { tag: 277, type: 'SHORT', values: [1] }, // SamplesPerPixel
  ];
  return tiffBytes([...entries, ...tags], new Uint8Array(1), 1, 1);
}

/** What the directory says, but for where the strips are. */
function entriesOf(image: RasterImage, channels: readonly Channel[], bits: number): Entry[] {
  const count = channels.length;
  const colours = channels.filter((c) => c.kind === 'colour').length;
  const [photometric, base] =
    image.colour.space === 'cmyk' && colours === 4
      ? [PHOTOMETRIC.INKS, 4]
      : colours === 3 || (colours === 0 && count >= 3) || (image.colour.space === 'unknown' && colours === 4)
        ? [PHOTOMETRIC.RGB, 3]
        : [PHOTOMETRIC.GREY, 1];
  const format = channels.some(isFloat) ? 3 : channels.some((c) => c.signed) ? 2 : 1; // IEEE, signed, unsigned
  const extra = channels
    .slice(base)
    .map((c) => (c.kind === 'opacity' ? 2 : c.kind === 'premultiplied-opacity' ? 1 : 0));
  return [
    { tag: 256, type: 'LONG', values: [channels[0].width] }, // ImageWidth
    { tag: 257, type: 'LONG', values: [channels[0].height] }, // ImageLength
    { tag: 258, type: 'SHORT', values: channels.map(() => bits) }, // BitsPerSample
    { tag: 259, type: 'SHORT', values: [1] }, // Compression: none
    { tag: 262, type: 'SHORT', values: [photometric] },
    { tag: 277, type: 'SHORT', values: [count] }, // SamplesPerPixel
    { tag: 282, type: 'RATIONAL', values: [72, 1] }, // XResolution
    { tag: 283, type: 'RATIONAL', values: [72, 1] }, // YResolution
    { tag: 284, type: 'SHORT', values: [1] }, // PlanarConfiguration: interleaved
    { tag: 296, type: 'SHORT', values: [2] }, // ResolutionUnit: inch
    ...(extra.length > 0 ? [{ tag: 338, type: 'SHORT', values: extra } as const] : []), // ExtraSamples
    { tag: 339, type: 'SHORT', values: channels.map(() => format) }, // SampleFormat
    ...(image.colour.icc ? [{ tag: 34675, type: 'UNDEFINED', values: image.colour.icc } as const] : []), // ICC profile
  ];
}

/** Header, pixels, values that do not fit into the directory, and the directory itself. */
function tiffBytes(entries: readonly Entry[], pixels: Uint8Array, rowBytes: number, height: number): Uint8Array {
  if (pixels.length > 2 ** 32 - 2 ** 20) throw new CommandLineError('a TIFF file cannot hold more than 4 GB');
  const rowsPerStrip = Math.max(1, Math.floor(STRIP_BYTES / rowBytes));
  const strips = Array.from({ length: Math.ceil(height / rowsPerStrip) }, (_, k) => k * rowsPerStrip * rowBytes);
  const pixelsAt = 8;
  const all: Entry[] = [
    ...entries,
    { tag: 273, type: 'LONG', values: strips.map((at) => pixelsAt + at) }, // StripOffsets
    { tag: 278, type: 'LONG', values: [rowsPerStrip] }, // RowsPerStrip
    { tag: 279, type: 'LONG', values: strips.map((at) => Math.min(rowsPerStrip * rowBytes, pixels.length - at)) },
  ];
  all.sort((a, b) => a.tag - b.tag); // the directory is in the order of tags
  const parts: Uint8Array[] = [new Uint8Array(pixelsAt), pixels];
  let end = pixelsAt + pixels.length;
  const append = (bytes: Uint8Array): number => {
    if (end % 2 === 1) {
      parts.push(new Uint8Array(1)); // offsets are even
      end++;
    }
    const at = end;
    parts.push(bytes);
    end += bytes.length;
    return at;
  };
  const directory = new DataView(new ArrayBuffer(2 + 12 * all.length + 4));
  directory.setUint16(0, all.length, true);
  all.forEach((entry, k) => {
    const bytes = valueBytes(entry);
    const at = 2 + 12 * k;
    directory.setUint16(at, entry.tag, true);
    directory.setUint16(at + 2, TYPES[entry.type], true);
    directory.setUint32(at + 4, entry.type === 'RATIONAL' ? entry.values.length / 2 : entry.values.length, true);
    if (bytes.length <= 4) bytes.forEach((byte, b) => void directory.setUint8(at + 8 + b, byte));
    else directory.setUint32(at + 8, append(bytes), true);
  });
  const directoryAt = append(new Uint8Array(directory.buffer));
  const header = new DataView(parts[0].buffer);
  header.setUint16(0, 0x4949, true); // II: little-endian
  header.setUint16(2, 42, true);
  header.setUint32(4, directoryAt, true);
  return joined(parts);
}

function valueBytes({ type, values }: Entry): Uint8Array {
  if (type === 'UNDEFINED' || type === 'ASCII') return Uint8Array.from(values);
  if (type === 'DOUBLE') {
    const view = new DataView(new ArrayBuffer(8 * values.length));
    for (const [k, value] of values.entries()) view.setFloat64(8 * k, value, true);
    return new Uint8Array(view.buffer);
  }
  const size = type === 'SHORT' ? 2 : 4;
  const view = new DataView(new ArrayBuffer(size * values.length));
  for (const [k, value] of values.entries()) {
    if (size === 2) view.setUint16(2 * k, value, true);
    else view.setUint32(4 * k, value, true);
  }
  return new Uint8Array(view.buffer);
}

/**
 * Reading PNG (W3C PNG, third edition) through `fast-png`: any depth and colour type, opacity, palettes, the ICC
 * profile, the physical size and XMP. Gamma and chromaticities (gAMA, cHRM) are ignored, as most programs do.
 *
 * A palette stays one: the samples are indices and the palette goes into the file's own (15444-1 I.5.3.4).
 */
import { decode, type DecodedPng } from 'fast-png';
import type { PaletteSpec } from '../../codec/fileformat/jp2-spec.ts';
import type { SampleArray } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';
import type { InputPicture } from './input-picture.ts';

/** Where the chunks begin: behind the signature. */
const FIRST_CHUNK = 8;

/** pHYs unit: the metre; 0 says only the ratio. */
const METRE = 1;

/** Keyword of the text chunk that holds XMP (XMP specification part 3, 1.1.5). */
const XMP = 'XML:com.adobe.xmp';

/** Reads a PNG file. */
export function readPng(bytes: Uint8Array): InputPicture {
  const { interlaced, xmp } = scan(bytes);
  const png = decode(bytes, { checkCrc: true });
  const { width, height, depth } = png;
  if (interlaced && depth < 8) {
    throw new CommandLineError(`an interlaced PNG of ${depth} bits a sample is not read; save it without interlacing`);
  }
  const samples = depth < 8 ? unpacked(png) : (png.data as Uint8Array | Uint16Array);
  const notes: string[] = [];
  const { data, channels } = withKeyedOpacity(samples, png);
  const icc = profileOf(png, notes);
  const { resolution } = png;
  const metadata = {
    ...(resolution?.unit === METRE && resolution.x > 0 && resolution.y > 0
      ? { resolution: { capture: { x: resolution.x, y: resolution.y } } }
      : {}),
    ...(xmp === undefined ? {} : { xmp }),
  };
  const colour = { ...(icc ? { icc } : {}), ...(png.palette ? { palette: paletteOf(png.palette) } : {}) };
  return {
    image: { width, height, channels, precision: depth, signed: false, layout: 'interleaved', data },
    ...(Object.keys(colour).length > 0 ? { colour } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    notes,
  };
}

/** What `fast-png` does not tell: the interlace method, and XMP in an international text chunk (PNG 11.2.1, 11.3.3.4). */
function scan(bytes: Uint8Array): { interlaced: boolean; xmp: string | undefined } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let xmp: string | undefined;
  for (let at = FIRST_CHUNK; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const content = bytes.subarray(at + 8, at + 8 + view.getUint32(at));
    if (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) !== 'iTXt') continue;
    const keyword = String.fromCharCode(...content.subarray(0, XMP.length));
    // keyword, NUL, compression flag and method, language and translated keyword with a NUL each
    if (keyword === XMP && content[XMP.length + 1] === 0) {
      const language = content.indexOf(0, XMP.length + 3);
      const translated = content.indexOf(0, language + 1);
      if (language > 0 && translated > 0) xmp ??= new TextDecoder().decode(content.subarray(translated + 1));
    }
  }
  return { interlaced: bytes[28] === 1, xmp };
}

/** Samples of less than a byte, from rows that begin on whole bytes (PNG 7.2). */
function unpacked({ width, height, depth, data }: DecodedPng): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const samples = new Uint8Array(width * height);
  const mask = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      samples[y * width + x] = (data[y * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return samples;
}

/** A colour that stands for nothing becomes a channel of opacity, of the picture's depth (PNG 11.3.1.1). */
function withKeyedOpacity(data: Uint8Array | Uint16Array, png: DecodedPng): { data: SampleArray; channels: number } {
  const { channels, transparency, depth } = png;
  if (!transparency || transparency.length < channels) return { data, channels };
  const count = data.length / channels;
  const all = depth === 16 ? new Uint16Array(data.length + count) : new Uint8Array(data.length + count);
  const opaque = 2 ** depth - 1;
  for (let i = 0; i < count; i++) {
    let keyed = true;
    for (let c = 0; c < channels; c++) {
      const value = data[i * channels + c];
      all[i * (channels + 1) + c] = value;
      keyed &&= value === transparency[c];
    }
    all[i * (channels + 1) + channels] = keyed ? 0 : opaque;
  }
  return { data: all, channels: channels + 1 };
}

/** Three columns of 8 bits, or four where some entries are not opaque. */
function paletteOf(palette: readonly (readonly number[])[]): PaletteSpec {
  const columns = Math.max(...palette.map((entry) => entry.length));
  return {
    columns: Array.from({ length: columns }, (_, c) => ({
      precision: 8,
      entries: Uint8Array.from(palette, (entry) => entry[c] ?? 255),
    })),
  };
}

/** The profile, if it is one for the colours that the picture has. */
function profileOf({ channels, palette, iccEmbeddedProfile }: DecodedPng, notes: string[]): Uint8Array | undefined {
  if (!iccEmbeddedProfile) return undefined;
  const { profile } = iccEmbeddedProfile;
  const grey = channels < 3 && !palette;
  const space = String.fromCharCode(...profile.subarray(16, 20));
  if (space === (grey ? 'GRAY' : 'RGB ')) return profile;
  notes.push(`the ICC profile is left out: it is for '${space.trim()}', the picture is ${grey ? 'grey' : 'RGB'}`);
  return undefined;
}

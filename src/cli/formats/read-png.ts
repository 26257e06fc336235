/**
 * Reading PNG (W3C PNG, third edition) through `fast-png`: any depth and colour type, opacity, palettes, the ICC
 * profile, the physical size and XMP. Gamma and chromaticities (gAMA, cHRM) are ignored, as most programs do.
 *
 * A palette stays one: the samples are indices and the palette goes into the file's own (15444-1 I.5.3.4).
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { decode, type DecodedPng } from 'fast-png';
import type { PaletteSpec } from '../../codec/fileformat/jp2-spec.ts';
import type { SampleArray } from '../../codec/image.ts';
import type { InputPicture } from './input-picture.ts';
import { joined } from './picture.ts';
import { pngChunk } from './png.ts';

/** Where the chunks begin: behind the signature. */
const FIRST_CHUNK = 8;

/** pHYs unit: the metre; 0 says only the ratio. */
const METRE = 1;

/** Keyword of the text chunk that holds XMP (XMP specification part 3, 1.1.5). */
const XMP = 'XML:com.adobe.xmp';

/** Reads a PNG file. */
export function readPng(bytes: Uint8Array): InputPicture {
  const xmp = xmpOf(bytes);
  const png = decode(isInterlacedBits(bytes) ? withoutInterlace(bytes) : bytes, { checkCrc: true });
  const { width, height, depth } = png;
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

/** XMP in an international text chunk (PNG 11.3.3.4), which `fast-png` does not tell. */
function xmpOf(bytes: Uint8Array): string | undefined {
  for (const content of chunksOf(bytes, 'iTXt')) {
    const keyword = String.fromCharCode(...content.subarray(0, XMP.length));
    // keyword, NUL, compression flag and method, language and translated keyword with a NUL each
    if (keyword === XMP && content[XMP.length + 1] === 0) {
      const language = content.indexOf(0, XMP.length + 3);
      const translated = content.indexOf(0, language + 1);
      if (language > 0 && translated > 0) return new TextDecoder().decode(content.subarray(translated + 1));
    }
  }
  return undefined;
}

/** Contents of all chunks of a type. */
function* chunksOf(bytes: Uint8Array, type: string): Generator<Uint8Array> {
  for (const chunk of chunks(bytes)) if (chunk.type === type) yield chunk.content;
}

/** All chunks (PNG 5.3). */
function* chunks(bytes: Uint8Array): Generator<{ type: string; content: Uint8Array; whole: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = FIRST_CHUNK; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    yield { type, content: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) };
    at = end;
  }
}

/** Whether a PNG has interlaced samples of less than a byte, which `fast-png` takes for whole bytes (8.0.0). */
function isInterlacedBits(bytes: Uint8Array): boolean {
  return bytes[28] === 1 && bytes[24] < 8; // in IHDR, which always comes first (PNG 11.2.1)
}

/** The same PNG with its rows in their order and without filters. */
function withoutInterlace(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), bytes[24]];
  const samples = deinterlaced(bytes, width, height, depth);
  const rowBytes = 1 + Math.ceil((width * depth) / 8);
  const rows = new Uint8Array(rowBytes * height);
  for (let i = 0; i < samples.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    rows[y * rowBytes + 1 + ((x * depth) >> 3)] |= samples[i] << (8 - depth - ((x * depth) & 7));
  }
  const parts = [bytes.subarray(0, FIRST_CHUNK)];
  let written = false;
  for (const { type, content, whole } of chunks(bytes)) {
    if (type === 'IHDR') {
      const header = content.slice();
      header[12] = 0; // interlace method
      parts.push(pngChunk('IHDR', header));
    } else if (type === 'IDAT') {
      if (!written) parts.push(pngChunk('IDAT', deflateSync(rows, { level: 0 })));
      written = true;
    } else {
      parts.push(whole);
    }
  }
  return joined(parts);
}

/** Where the seven passes of Adam7 begin, and their steps (PNG 8.2). */
const PASSES = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
] as const;

/** The samples of all passes in their places. */
function deinterlaced(bytes: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const data = inflateSync(Buffer.concat([...chunksOf(bytes, 'IDAT')]));
  const samples = new Uint8Array(width * height);
  let at = 0;
  for (const { x, y, dx, dy } of PASSES) {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    if (columns <= 0 || rows <= 0) continue;
    const rowBytes = Math.ceil((columns * depth) / 8);
    let above = new Uint8Array(rowBytes);
    for (let row = 0; row < rows; row++, at += 1 + rowBytes) {
      const line = unfiltered(data[at], data.subarray(at + 1, at + 1 + rowBytes), above);
      for (let k = 0; k < columns; k++) samples[(y + row * dy) * width + x + k * dx] = sampleAt(line, 0, k, depth);
      above = line;
    }
  }
  return samples;
}

/** A row of bytes without its filter (PNG 9.2); a pixel takes no more than one byte here. */
function unfiltered(filter: number, row: Uint8Array, above: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(row.length);
  for (let k = 0; k < row.length; k++) {
    const [left, up, corner] = [k > 0 ? out[k - 1] : 0, above[k], k > 0 ? above[k - 1] : 0];
    out[k] = row[k] + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
  }
  return out;
}

/** Of left, above and corner the one nearest to left + above - corner (PNG 9.4). */
function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Samples of less than a byte, from rows that begin on whole bytes (PNG 7.2). */
function unpacked({ width, height, depth, data }: DecodedPng): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const samples = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) samples[y * width + x] = sampleAt(data, y * rowBytes, x, depth);
  }
  return samples;
}

/** The sample of `depth` bits at column `x` of a row. */
function sampleAt(data: ArrayLike<number>, rowAt: number, x: number, depth: number): number {
  const bit = x * depth;
  return (data[rowAt + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
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

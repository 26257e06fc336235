/**
 * What the samples of a picture track are: the visual sample entry `mjp2` (15444-3 6.2; 15444-12 12.1.3).
 *
 * It holds a JP2 header superbox, which says of every frame what it says of the one picture of a JP2 file: size, depths, colours,
 * palette, channels. The boxes beside it are about fields and about how a frame came to be.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import type { DiagnosticLog } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, readType, tolerate, writeBox } from './box.ts';
import { type Jp2Header, readJp2Header, writeJp2Header } from './jp2-boxes.ts';
import { decodeUtf8 } from './utf8.ts';

/** Fields of a frame (15444-3 field coding box). */
export interface FieldCoding {
  /** Codestreams in a sample: 1 for whole frames, 2 for a field each. */
  readonly count: 1 | 2;
  /** Which field of the two holds the first line and is stored first, or `unknown`. */
  readonly order: 'unknown' | 'top-first' | 'bottom-first';
}

/** How samples of a track are to be read. */
export interface SampleEntry {
  /** Four characters: `mjp2` for JPEG 2000. */
  readonly format: string;
  /** Index of the data reference, from 1. */
  readonly dataReference: number;
  /** Size of a frame in pixels. */
  readonly width: number;
  readonly height: number;
  /** The JP2 header of all its frames; `undefined` where it is missing. */
  readonly header: Jp2Header | undefined;
  readonly fields: FieldCoding;
  /** Brands of the files that a frame in boxes would be (`jp2p`). */
  readonly profiles: readonly string[];
  /** The name of the compressor, where one is given. */
  readonly compressor: string;
}

/** Bytes of an entry before its boxes. */
const FIXED_BYTES = 78;

/** Values of the field order (15444-3 field coding box). */
const ORDERS: Readonly<Record<number, FieldCoding['order']>> = { 1: 'top-first', 6: 'bottom-first' };

const PROGRESSIVE: FieldCoding = { count: 1, order: 'unknown' };

/** Depth of a visual sample entry: colour, grey, or with opacity (15444-3 6.2). */
const DEPTH = { colour: 0x18, opacity: 0x20, grey: 0x28 } as const;

/** A visual sample entry. One of another format, as `mp4v`, comes without a header. */
export function readSampleEntry(box: BoxContent, log: DiagnosticLog): SampleEntry {
  const fields = fieldsOf(box, '15444-12 12.1.3');
  fields.slice(6);
  const dataReference = fields.u16();
  fields.slice(16);
  const width = fields.u16();
  const height = fields.u16();
  fields.slice(8 + 4 + 2); // resolutions, reserved, frames a sample
  const name = fields.slice(32);
  fields.slice(4); // depth, and -1
  const at = contentOffset(box) + FIXED_BYTES;
  let header: Jp2Header | undefined;
  let coding: FieldCoding | undefined;
  let profiles: readonly string[] | undefined;
  if (box.type === 'mjp2') {
    for (const inner of boxesIn(fields.rest(), at, log)) {
      if (inner.type === 'jp2h') header ??= readJp2Header(inner.content, contentOffset(inner), log);
      else if (inner.type === 'fiel') coding ??= tolerate(log, inner, readFieldCoding);
      else if (inner.type === 'jp2p') profiles ??= tolerate(log, inner, readProfiles);
    }
  }
  return {
    format: box.type,
    dataReference,
    width,
    height,
    header,
    fields: coding ?? PROGRESSIVE,
    profiles: profiles ?? [],
    // the first byte is a length, but some writers leave stray bytes behind it
    compressor: decodeUtf8(name.subarray(1, 1 + Math.min(name[0], 31))).replace(/\0.*$/s, ''),
  };
}

/** What has to be said to write a sample entry. */
export interface SampleEntrySpec extends Pick<SampleEntry, 'width' | 'height' | 'fields'> {
  readonly header: Jp2Header;
}

/** A whole visual sample entry for JPEG 2000 frames in this file. */
export function writeSampleEntry(w: ByteWriter, { width, height, header, fields }: SampleEntrySpec): void {
  writeBox(w, 'mjp2', () => {
    w.append(new Uint8Array(6));
    w.u16(1); // the only data reference
    w.append(new Uint8Array(16));
    w.u16(width);
    w.u16(height);
    w.u32(0x480000); // 72 dots an inch, twice
    w.u32(0x480000);
    w.u32(0);
    w.u16(1);
    w.append(new Uint8Array(32));
    w.u16(depthOf(header));
    w.u16(0xffff);
    writeJp2Header(w, header);
    writeBox(w, 'fiel', () => {
      w.u8(fields.count);
      w.u8(fields.order === 'top-first' ? 1 : fields.order === 'bottom-first' ? 6 : 0);
    });
  });
}

function depthOf({ channelDefinitions, colours, imageHeader }: Jp2Header): number {
  if (channelDefinitions?.some(({ type }) => type === 1 || type === 2)) return DEPTH.opacity;
  const grey = colours.some((colour) => colour.method === 'enumerated' && colour.enumerated === 17);
  return grey || imageHeader?.numComponents === 1 ? DEPTH.grey : DEPTH.colour;
}

function readFieldCoding(box: BoxContent): FieldCoding {
  const fields = fieldsOf(box, '15444-3 6.2');
  const count = fields.u8() === 2 ? 2 : 1;
  return { count, order: ORDERS[fields.u8()] ?? 'unknown' };
}

/** JP2 profile (15444-3 6.2): a list of brands. */
function readProfiles(box: BoxContent): string[] {
  const fields = fieldsOf(box, '15444-3 6.2');
  fields.u32();
  const brands: string[] = [];
  while (fields.remaining >= 4 && brands.length < 64) brands.push(readType(fields));
  return brands;
}

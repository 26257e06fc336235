/**
 * What a file says of the components as they are stored: the image header and bits per component boxes (15444-1
 * I.5.3.1, I.5.3.2).
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type BoxContent, fieldsOf, writeBox } from './box.ts';

/** How the samples of one component are stored: BPC of 15444-1 Table I.6, and Ssiz of the codestream. */
export interface SampleFormat {
  readonly precision: number;
  readonly signed: boolean;
}

/** The image header box (15444-1 I.5.3.1). */
export interface ImageHeaderBox {
  readonly height: number;
  readonly width: number;
  /** NC. */
  readonly numComponents: number;
  /** BPC; `undefined` when the components differ and a bits per component box says how. */
  readonly format: SampleFormat | undefined;
  /** C: 7 for JPEG 2000. */
  readonly compressionType: number;
  /** UnkC: the colour space is not really known. */
  readonly colourSpaceUnknown: boolean;
  /** IPR: the file has an intellectual property box. */
  readonly intellectualProperty: boolean;
}

/** Image header (15444-1 I.5.3.1). */
export function readImageHeader(box: BoxContent): ImageHeaderBox {
  const fields = fieldsOf(box, '15444-1 I.5.3.1');
  const height = fields.u32();
  const width = fields.u32();
  const numComponents = fields.u16();
  const bpc = fields.u8();
  const compressionType = fields.u8();
  const unkC = fields.u8();
  const ipr = fields.u8();
  return {
    height,
    width,
    numComponents,
    format: bpc === 255 ? undefined : sampleFormat(bpc),
    compressionType,
    colourSpaceUnknown: unkC === 1,
    intellectualProperty: ipr === 1,
  };
}

/** A whole image header box. */
export function writeImageHeader(w: ByteWriter, box: ImageHeaderBox): void {
  writeBox(w, 'ihdr', () => {
    w.u32(box.height);
    w.u32(box.width);
    w.u16(box.numComponents);
    w.u8(box.format ? sampleBits(box.format) : 255);
    w.u8(box.compressionType);
    w.u8(box.colourSpaceUnknown ? 1 : 0);
    w.u8(box.intellectualProperty ? 1 : 0);
  });
}

/** Bits per component (15444-1 I.5.3.2): one byte for every component. */
export function readBitsPerComponent(box: BoxContent): SampleFormat[] {
  return Array.from(box.content, sampleFormat);
}

/** A whole bits per component box, for components that differ. */
export function writeBitsPerComponent(w: ByteWriter, formats: readonly SampleFormat[]): void {
  writeBox(w, 'bpcc', () => w.append(formats.map(sampleBits)));
}

/** Seven bits of depth less one, and the sign in the top bit (15444-1 Table I.6). */
export function sampleFormat(bits: number): SampleFormat {
  return { precision: (bits & 0x7f) + 1, signed: bits >= 0x80 };
}

/** The same, the other way. */
export function sampleBits({ precision, signed }: SampleFormat): number {
  return (signed ? 0x80 : 0) | (precision - 1);
}

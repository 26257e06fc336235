/**
 * From components to channels: the palette, component mapping and channel definition boxes (15444-1 I.5.3.4 to
 * I.5.3.6).
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed } from '../errors.ts';
import type { SampleArray } from '../image.ts';
import { type BoxContent, fieldsOf, writeBox } from './box.ts';
import { type SampleFormat, sampleBits, sampleFormat } from './image-header.ts';

/** One column of a palette: what an index turns into in one generated channel. */
export interface PaletteColumn extends SampleFormat {
  readonly values: SampleArray;
}

/** The palette box (15444-1 I.5.3.4). */
export interface Palette {
  /** NE. */
  readonly numEntries: number;
  readonly columns: readonly PaletteColumn[];
}

/** Where one channel comes from (15444-1 I.5.3.5). */
export interface ComponentMapping {
  /** CMP: component of the codestream. */
  readonly component: number;
  /** PCOL when MTYP is 1; `undefined` for a direct use of the component (MTYP 0). */
  readonly paletteColumn: number | undefined;
}

/** What one channel means (15444-1 I.5.3.6). */
export interface ChannelDefinition {
  /** Cn: the channel, counted after the component mapping. */
  readonly channel: number;
  /** Typ: 0 colour, 1 opacity, 2 premultiplied opacity, 65535 unspecified. */
  readonly type: number;
  /** Asoc: 0 the whole image, 1… a colour, 65535 none. */
  readonly association: number;
}

/** Palette (15444-1 I.5.3.4): the entries stand row by row, each value in as many whole bytes as its depth needs. */
export function readPalette(box: BoxContent): Palette {
  const clause = '15444-1 I.5.3.4';
  const fields = fieldsOf(box, clause);
  const numEntries = fields.u16();
  const numColumns = fields.u8();
  const place = { offset: box.offset, clause };
  if (numEntries < 1 || numEntries > 1024) {
    throw malformed('palette', `expected 1 to 1024 palette entries, found ${numEntries}`, place);
  }
  if (numColumns < 1) throw malformed('palette', 'expected at least one palette column, found none', place);
  const formats = Array.from(fields.slice(numColumns), sampleFormat);
  for (const { precision } of formats) {
    if (precision > 38)
      throw malformed('palette', `expected a palette depth of 1 to 38 bits, found ${precision}`, place);
  }
  const rowBytes = formats.reduce((sum, { precision }) => sum + bytesOf(precision), 0);
  const rows = fields.slice(numEntries * rowBytes);
  let columnAt = 0;
  const columns = formats.map((format): PaletteColumn => {
    const values = paletteArray(format, numEntries);
    for (let entry = 0; entry < numEntries; entry++)
      values[entry] = paletteValue(rows, entry * rowBytes + columnAt, format);
    columnAt += bytesOf(format.precision);
    return { ...format, values };
  });
  return { numEntries, columns };
}

/** A whole palette box. */
export function writePalette(w: ByteWriter, { numEntries, columns }: Palette): void {
  writeBox(w, 'pclr', () => {
    w.u16(numEntries);
    w.u8(columns.length);
    for (const column of columns) w.u8(sampleBits(column));
    for (let entry = 0; entry < numEntries; entry++) {
      for (const { precision, values } of columns) {
        // two's complement without the bits above the depth, which are padding (I.5.3.4)
        const low = values[entry] < 0 ? values[entry] + 2 ** precision : values[entry];
        for (let k = bytesOf(precision) - 1; k >= 0; k--) w.u8(Math.floor(low / 256 ** k) % 256);
      }
    }
  });
}

function bytesOf(precision: number): number {
  return (precision + 7) >> 3;
}

/** The narrowest array that carries every value; more than 32 bits are exact as floating point. */
function paletteArray({ precision, signed }: SampleFormat, length: number): SampleArray {
  if (precision <= 8) return signed ? new Int8Array(length) : new Uint8Array(length);
  if (precision <= 16) return signed ? new Int16Array(length) : new Uint16Array(length);
  if (precision <= 32) return signed ? new Int32Array(length) : new Uint32Array(length);
  return new Float64Array(length);
}

/** One big-endian value of at most 5 bytes; of a padded one, the low bits count. */
function paletteValue(bytes: Uint8Array, at: number, { precision, signed }: SampleFormat): number {
  let value = 0;
  for (let k = 0; k < bytesOf(precision); k++) value = value * 256 + bytes[at + k];
  value %= 2 ** precision;
  return signed && value >= 2 ** (precision - 1) ? value - 2 ** precision : value;
}

/** Component mapping (15444-1 I.5.3.5): four bytes for every channel. */
export function readComponentMapping(box: BoxContent): ComponentMapping[] {
  const fields = fieldsOf(box, '15444-1 I.5.3.5');
  const mapping: ComponentMapping[] = [];
  while (fields.remaining > 0) {
    const component = fields.u16();
    const mtyp = fields.u8();
    const pcol = fields.u8();
    mapping.push({ component, paletteColumn: mtyp === 0 ? undefined : pcol });
  }
  return mapping;
}

/** A whole component mapping box. */
export function writeComponentMapping(w: ByteWriter, mapping: readonly ComponentMapping[]): void {
  writeBox(w, 'cmap', () => {
    for (const { component, paletteColumn } of mapping) {
      w.u16(component);
      w.u8(paletteColumn === undefined ? 0 : 1);
      w.u8(paletteColumn ?? 0);
    }
  });
}

/** Channel definition (15444-1 I.5.3.6): a count, then six bytes for every channel described. */
export function readChannelDefinition(box: BoxContent): ChannelDefinition[] {
  const fields = fieldsOf(box, '15444-1 I.5.3.6');
  const definitions: ChannelDefinition[] = [];
  const count = fields.u16();
  for (let k = 0; k < count; k++) {
    definitions.push({ channel: fields.u16(), type: fields.u16(), association: fields.u16() });
  }
  return definitions;
}

/** A whole channel definition box. */
export function writeChannelDefinition(w: ByteWriter, definitions: readonly ChannelDefinition[]): void {
  writeBox(w, 'cdef', () => {
    w.u16(definitions.length);
    for (const { channel, type, association } of definitions) {
      w.u16(channel);
      w.u16(type);
      w.u16(association);
    }
  });
}

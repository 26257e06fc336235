/** Boxes for tests: bytes from hex, and boxes around bytes. */
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { type BoxContent, boxesIn } from '../../../src/codec/fileformat/box.ts';

/** Bytes of a hex literal; white space is for the reader. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, k) => Number.parseInt(digits.slice(2 * k, 2 * k + 2), 16));
}

/** One byte a character. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Bytes one after the other. */
export function join(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A box as the walk hands it to a reading function: fields as hex. */
export function contents(type: string, bytes: string): BoxContent {
  const content = hex(bytes);
  return { type, offset: 0, headerLength: 8, length: 8 + content.length, content };
}

/** What a writing function wrote: one whole box, as the walk hands it to the reading function. */
export function written(write: (w: ByteWriter) => void): BoxContent {
  const w = new ByteWriter(0);
  write(w);
  const log = new DiagnosticLog();
  const [found, ...more] = boxesIn(w.take(), 0, log);
  if (!found || more.length > 0 || log.list.length > 0) throw new Error('expected one whole box');
  return found;
}

/** How a box says its length. */
export type LengthForm = 'short' | 'long' | 'open';

/** A box of a type around its contents. */
export function box(type: string, content: Uint8Array = new Uint8Array(0), form: LengthForm = 'short'): Uint8Array {
  const header = new DataView(new ArrayBuffer(form === 'long' ? 16 : 8));
  header.setUint32(0, form === 'long' ? 1 : form === 'open' ? 0 : 8 + content.length);
  for (let k = 0; k < 4; k++) header.setUint8(4 + k, type.charCodeAt(k));
  if (form === 'long') header.setBigUint64(8, BigInt(16 + content.length));
  return join(new Uint8Array(header.buffer), content);
}

/** The signature box (15444-1 I.5.1). */
export const SIGNATURE = hex('0000000C 6A502020 0D0A870A');

/** A file type box that says JP2. */
export const FTYP_JP2 = box('ftyp', hex('6A703220 00000000 6A703220'));

/** 3 x 2 samples, one component of 8 bits. */
export const IHDR = box('ihdr', hex('00000002 00000003 0001 07 07 00 00'));

/** Enumerated greyscale. */
export const COLR_GREY = box('colr', hex('01 00 00 00000011'));

/** SOC, SIZ and nothing to decode. */
export const CODESTREAM = hex('FF4F FF51 0000');

/** The smallest file that has all it needs. */
export function smallFile(...extra: Uint8Array[]): Uint8Array {
  return join(SIGNATURE, FTYP_JP2, box('jp2h', join(IHDR, COLR_GREY)), ...extra, box('jp2c', CODESTREAM));
}

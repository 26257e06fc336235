/** A name for something: the label box (15444-2 M.11.13). */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type BoxContent, writeBox } from './box.ts';
import { decodeUtf8, encodeUtf8, trimNuls } from './utf8.ts';

/** Label (15444-2 M.11.13): UTF-8, without an end mark, though some writers add NULs. */
export function readLabel(box: BoxContent): string {
  return trimNuls(decodeUtf8(box.content));
}

/** A whole label box. */
export function writeLabel(w: ByteWriter, label: string): void {
  writeBox(w, 'lbl ', () => w.append(encodeUtf8(label)));
}

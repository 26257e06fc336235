/** COM: a comment (15444-1 A.9.2). */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { usage } from '../errors.ts';
import { COM } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

/** A comment: text in Latin-1 (Rcom 1), or bytes (Rcom 0). */
export interface Comment {
  readonly text: string | undefined;
  readonly bytes: Uint8Array;
}

/** Reads the parameters after Lcom. */
export function readCom(r: ByteReader): Comment {
  const rcom = r.u16();
  const bytes = r.rest();
  if (rcom !== 1) return { text: undefined, bytes };
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { text, bytes };
}

/** Writes a whole COM. */
export function writeCom(w: ByteWriter, comment: Comment): void {
  writeSegment(w, COM, () => {
    w.u16(comment.text === undefined ? 0 : 1);
    w.append(comment.bytes);
  });
}

/** A comment of text, which must be Latin-1 (Table A.46), or of bytes. */
export function commentOf(content: string | Uint8Array): Comment {
  if (typeof content !== 'string') return { text: undefined, bytes: content };
  const bytes = new Uint8Array(content.length);
  for (let k = 0; k < content.length; k++) {
    const code = content.charCodeAt(k);
    if (code > 255)
      throw usage('option-value', `a comment is Latin-1 text, which has no ${JSON.stringify(content[k])}`);
    bytes[k] = code;
  }
  return { text: content, bytes };
}

/** COM: a comment (15444-1 A.9.2). */
import type { ByteReader } from '../bits/byte-reader.ts';

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

/** RGN: a region of interest, coded by shifting it above everything else (15444-1 A.6.3, Annex H). */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed } from '../errors.ts';
import { readComponentIndex, writeComponentIndex } from './cod.ts';
import { RGN } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

/** RGN. */
export interface Rgn {
  readonly component: number;
  /** s, the implicit (Maxshift) shift; 0..37 in practice. */
  readonly shift: number;
}

/** Reads the parameters after Lrgn. */
export function readRgn(r: ByteReader, numComponents: number): Rgn {
  const component = readComponentIndex(r, numComponents, '15444-1 A.6.3');
  const offset = r.offset;
  const style = r.u8();
  if (style !== 0) {
    throw malformed('rgn-value', `unknown region style ${style}`, { offset, clause: '15444-1 A.6.3' });
  }
  return { component, shift: r.u8() };
}

/** Writes a whole RGN. */
export function writeRgn(w: ByteWriter, rgn: Rgn, numComponents: number): void {
  writeSegment(w, RGN, () => {
    writeComponentIndex(w, rgn.component, numComponents);
    w.u8(0); // Srgn: implicit (Maxshift)
    w.u8(rgn.shift);
  });
}

/** TLM: the lengths of all tile-parts, so that any of them can be found at once (15444-1 A.7.1). */
import type { ByteReader } from '../bits/byte-reader.ts';
import { malformed } from '../errors.ts';

/** One TLM segment. */
export interface Tlm {
  /** Ztlm: the place of this segment among its kind. */
  readonly index: number;
  /** Ttlm and Ptlm; without Ttlm each tile has one tile-part and they come in order. */
  readonly entries: readonly { readonly tile: number | undefined; readonly length: number }[];
}

/** Reads the parameters after Ltlm. */
export function readTlm(r: ByteReader): Tlm {
  const index = r.u8();
  const offset = r.offset;
  const stlm = r.u8();
  const st = (stlm >> 4) & 3;
  const wide = ((stlm >> 6) & 1) === 1;
  const size = st + (wide ? 4 : 2);
  if (st === 3 || r.remaining % size !== 0) {
    throw malformed('tlm-value', `Stlm ${stlm} does not fit ${r.remaining} bytes`, { offset, clause: '15444-1 A.7.1' });
  }
  const entries: { tile: number | undefined; length: number }[] = [];
  while (r.remaining > 0) {
    const tile = st === 0 ? undefined : st === 1 ? r.u8() : r.u16();
    entries.push({ tile, length: wide ? r.u32() : r.u16() });
  }
  return { index, entries };
}

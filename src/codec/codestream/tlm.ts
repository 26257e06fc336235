/** TLM: the lengths of all tile-parts, so that any of them can be found at once (15444-1 A.7.1). */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed } from '../errors.ts';
import { TLM } from './markers.ts';
import { MAX_PARAMETER_BYTES, writeSegment, writeSegmentIndex } from './segment-writer.ts';

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

/** A tile-part as the writer lists it. */
export interface TlmEntry {
  readonly tile: number;
  readonly length: number;
}

/** Ttlm of two bytes and Ptlm of four: one size for every codestream, so that room can be kept before lengths are known. */
const STLM = 0x60;
const ENTRY_BYTES = 6;
const ENTRIES_IN_SEGMENT = /* @__PURE__ */ Math.floor((MAX_PARAMETER_BYTES - 2) / ENTRY_BYTES);

/** Writes tile-parts in codestream order into as many whole TLM segments as they need. */
export function writeTlm(w: ByteWriter, entries: readonly TlmEntry[]): void {
  for (let from = 0, index = 0; from < entries.length; from += ENTRIES_IN_SEGMENT, index++) {
    writeSegment(w, TLM, () => {
      writeSegmentIndex(w, TLM, index);
      w.u8(STLM);
      for (const { tile, length } of entries.slice(from, from + ENTRIES_IN_SEGMENT)) {
        w.u16(tile);
        w.u32(length);
      }
    });
  }
}

/** Bytes that {@link writeTlm} takes for so many tile-parts. */
export function tlmLength(numTileParts: number): number {
  return 6 * Math.ceil(numTileParts / ENTRIES_IN_SEGMENT) + ENTRY_BYTES * numTileParts;
}

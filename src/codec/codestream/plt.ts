/**
 * PLT and PLM: packet lengths in order of appearance, of one tile-part or of all of them (15444-1 A.7.2 and A.7.3).
 *
 * A length is written in groups of seven bits, most significant first; the top bit of a byte says that more follow.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed, usage } from '../errors.ts';
import { PLM, PLT } from './markers.ts';
import { dealOut, dealtLength, MAX_PARAMETER_BYTES, writeSegment, writeSegmentIndex } from './segment-writer.ts';

/** One PLT, PPT, PLM or PPM segment: its place among its kind, and its bytes. */
export interface IndexedBytes {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Offset of the bytes in the input. */
  readonly offset: number;
}

/** Reads Zplt, Zppt, Zplm or Zppm and hands over the rest. */
export function readIndexedBytes(r: ByteReader): IndexedBytes {
  const index = r.u8();
  return { index, offset: r.offset, bytes: r.rest() };
}

/**
 * Puts segments in order and joins their bytes. A length or header may be split between two segments only in PPM and PPT;
 * joining all kinds alike is harmless where it may not.
 */
export function joinIndexed(segments: readonly IndexedBytes[]): Uint8Array {
  if (segments.length === 1) return segments[0].bytes;
  const sorted = [...segments].sort((a, b) => a.index - b.index);
  const joined = new Uint8Array(sorted.reduce((sum, s) => sum + s.bytes.length, 0));
  let at = 0;
  for (const s of sorted) {
    joined.set(s.bytes, at);
    at += s.bytes.length;
  }
  return joined;
}

/** Reads packet lengths Iplt or Iplm to the end of `bytes`. */
export function readPacketLengths(bytes: Uint8Array, offset?: number): number[] {
  const lengths: number[] = [];
  let value = 0;
  let open = false;
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f);
    if (value > 0xffffffff) {
      throw malformed('plt-value', 'a packet length exceeds 32 bits', {
        ...(offset === undefined ? {} : { offset }),
        clause: '15444-1 A.7.3',
      });
    }
    open = byte >= 0x80;
    if (!open) {
      lengths.push(value);
      value = 0;
    }
  }
  if (open) {
    throw malformed('plt-value', 'the last packet length has no end', {
      ...(offset === undefined ? {} : { offset }),
      clause: '15444-1 A.7.3',
    });
  }
  return lengths;
}

/**
 * Splits joined PLM bytes (Nplm, then Nplm bytes of lengths, for each tile-part in codestream order) into one list a tile-part.
 */
export function splitPlm(joined: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < joined.length) {
    const n = joined[at];
    parts.push(joined.subarray(at + 1, at + 1 + n));
    at += 1 + n;
  }
  return parts;
}

/** Packet lengths that fit one segment, beside its index. */
const CAPACITY = MAX_PARAMETER_BYTES - 1;

/** Nplm is one byte: a tile-part whose packet lengths take more cannot be listed in PLM (A.7.2). */
export const MAX_PLM_BYTES = 255;

/** Bytes that a packet length takes, 1 to 5 (Table A.36). */
export function packetLengthBytes(length: number): number {
  let bytes = 1;
  for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function writePacketLength(w: ByteWriter, length: number): void {
  for (let k = packetLengthBytes(length) - 1; k >= 0; k--) {
    w.u8((Math.floor(length / 128 ** k) % 128) | (k > 0 ? 0x80 : 0));
  }
}

/** Writes the packet lengths of a tile-part into as many whole PLT segments as they need; none is split between two (A.7.3). */
export function writePlt(w: ByteWriter, lengths: readonly number[]): void {
  const starts = dealOut(lengths.map(packetLengthBytes), CAPACITY);
  for (let index = 0; index + 1 < starts.length; index++) {
    writeSegment(w, PLT, () => {
      writeSegmentIndex(w, PLT, index);
      for (let k = starts[index]; k < starts[index + 1]; k++) writePacketLength(w, lengths[k]);
    });
  }
}

/** Bytes that {@link writePlt} takes. */
export function pltLength(lengths: readonly number[]): number {
  return dealtLength(lengths.map(packetLengthBytes), CAPACITY, 1);
}

/** Writes the packet lengths of all tile-parts, in codestream order, into as many whole PLM segments as they need (A.7.2). */
export function writePlm(w: ByteWriter, tileParts: readonly (readonly number[])[]): void {
  const sizes = tileParts.map(plmBytesOf);
  const starts = dealOut(
    sizes.map((size) => 1 + size),
    CAPACITY,
  );
  for (let index = 0; index + 1 < starts.length; index++) {
    writeSegment(w, PLM, () => {
      writeSegmentIndex(w, PLM, index);
      for (let k = starts[index]; k < starts[index + 1]; k++) {
        w.u8(sizes[k]);
        for (const length of tileParts[k]) writePacketLength(w, length);
      }
    });
  }
}

/** Bytes that {@link writePlm} takes. */
export function plmLength(tileParts: readonly (readonly number[])[]): number {
  return dealtLength(
    tileParts.map((lengths) => 1 + plmBytesOf(lengths)),
    CAPACITY,
    1,
  );
}

function plmBytesOf(lengths: readonly number[]): number {
  const size = lengths.reduce((sum, length) => sum + packetLengthBytes(length), 0);
  if (size > MAX_PLM_BYTES) {
    throw usage('option-value', `packet lengths of ${size} bytes in one tile-part, where PLM holds ${MAX_PLM_BYTES}`);
  }
  return size;
}

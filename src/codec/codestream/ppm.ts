/**
 * PPM and PPT: packet headers, packed into the main header for all tile-parts or into the tile-part header for one (15444-1 A.7.4
 * and A.7.5). To be read, PPT segments need only joining.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed, usage } from '../errors.ts';
import { PPM, PPT } from './markers.ts';
import { dealOut, dealtLength, MAX_PARAMETER_BYTES, writeSegment, writeSegmentIndex } from './segment-writer.ts';

/**
 * Splits joined PPM bytes (Nppm, four bytes, then that many bytes of headers, for each tile-part in codestream order).
 * Nppm and its bytes may be spread over several segments, which is why the segments are joined first.
 */
export function splitPpm(joined: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < joined.length) {
    if (joined.length - at < 4) throw bad(`${joined.length - at} bytes where Nppm should stand`);
    const n = ((joined[at] << 24) | (joined[at + 1] << 16) | (joined[at + 2] << 8) | joined[at + 3]) >>> 0;
    at += 4;
    if (n > joined.length - at) throw bad(`Nppm is ${n}, but only ${joined.length - at} bytes follow`);
    parts.push(joined.subarray(at, at + n));
    at += n;
  }
  return parts;
}

function bad(message: string): Error {
  return malformed('ppm-value', message, { clause: '15444-1 A.7.4' });
}

/** Packet headers that fit one segment, beside its index. */
const CAPACITY = MAX_PARAMETER_BYTES - 1;

/** Bytes of Nppm. */
const NPPM_BYTES = 4;

/**
 * Writes the packet headers of all tile-parts, in codestream order, into as many whole PPM segments as they need. Those of one
 * tile-part may run over several, but each segment ends with a completed packet header (A.7.4).
 */
export function writePpm(w: ByteWriter, tileParts: readonly (readonly Uint8Array[])[]): void {
  const pieces: Uint8Array[] = [];
  for (const headers of tileParts) {
    const sum = headers.reduce((bytes, header) => bytes + header.length, 0);
    const nppm = [sum >>> 24, (sum >> 16) & 255, (sum >> 8) & 255, sum & 255];
    // Nppm stays with the first header after it, as some readers expect
    const first = new Uint8Array(NPPM_BYTES + (headers[0]?.length ?? 0));
    first.set(nppm);
    if (headers.length > 0) first.set(headers[0], NPPM_BYTES);
    pieces.push(first);
    for (let k = 1; k < headers.length; k++) pieces.push(headers[k]);
  }
  writePieces(w, PPM, pieces, 0);
}

/**
 * Writes the packet headers of one tile-part into as many whole PPT segments as they need, each with completed headers (A.7.5).
 *
 * @param firstIndex Zppt of the first segment. The index goes on from one tile-part of a tile to the next.
 * @returns Zppt of the next segment of this tile.
 */
export function writePpt(w: ByteWriter, headers: readonly Uint8Array[], firstIndex: number): number {
  return writePieces(w, PPT, headers, firstIndex);
}

/** Bytes that {@link writePpm} takes for headers of such lengths. */
export function ppmLength(tileParts: readonly (readonly number[])[]): number {
  const pieces: number[] = [];
  for (const lengths of tileParts) {
    pieces.push(NPPM_BYTES + (lengths[0] ?? 0));
    for (let k = 1; k < lengths.length; k++) pieces.push(lengths[k]);
  }
  return dealtLength(pieces, CAPACITY, 1);
}

/** Bytes that {@link writePpt} takes for headers of such lengths. */
export function pptLength(lengths: readonly number[]): number {
  return dealtLength(lengths, CAPACITY, 1);
}

function writePieces(w: ByteWriter, marker: number, pieces: readonly Uint8Array[], firstIndex: number): number {
  const longest = pieces.reduce((most, piece) => Math.max(most, piece.length), 0);
  if (longest > CAPACITY) {
    throw usage(
      'option-value',
      `a packet header of ${longest} bytes does not fit a segment of packed headers; smaller precincts have shorter ones`,
    );
  }
  const starts = dealOut(
    pieces.map((piece) => piece.length),
    CAPACITY,
  );
  const count = starts.length - 1;
  for (let k = 0; k < count; k++) {
    writeSegment(w, marker, () => {
      writeSegmentIndex(w, marker, firstIndex + k);
      for (let p = starts[k]; p < starts[k + 1]; p++) w.append(pieces[p]);
    });
  }
  return firstIndex + count;
}

/** The frame of a marker segment when it is written: marker, length, parameters (15444-1 A.1.1). */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { usage } from '../errors.ts';
import { markerName } from './markers.ts';

/** The largest value of a length field, which counts itself and the parameters but not the marker. */
const MAX_SEGMENT_LENGTH = 65535;

/** Parameters that a segment can hold after its length field. */
export const MAX_PARAMETER_BYTES = MAX_SEGMENT_LENGTH - 2;

/** Segments of one kind that one header can hold, where an index of one byte counts them. */
const MAX_INDEXED_SEGMENTS = 256;

/** Writes a whole segment around the parameters that `write` adds. */
export function writeSegment(w: ByteWriter, marker: number, write: () => void): void {
  w.u16(marker);
  const at = w.length;
  w.u16(0);
  write();
  const length = w.length - at;
  if (length > MAX_SEGMENT_LENGTH) {
    throw usage('option-value', `${markerName(marker)} would take ${length} bytes, more than ${MAX_SEGMENT_LENGTH}`);
  }
  w.setU16(at, length);
}

/** Writes Ztlm, Zplm, Zplt, Zppm or Zppt. */
export function writeSegmentIndex(w: ByteWriter, marker: number, index: number): void {
  if (index >= MAX_INDEXED_SEGMENTS) {
    throw usage(
      'option-value',
      `${markerName(marker)} would need more than ${MAX_INDEXED_SEGMENTS} segments in one header`,
    );
  }
  w.u8(index);
}

/**
 * Deals lengths of indivisible pieces, none of them 0, out to segments of at most `capacity` bytes: the index of the first piece of
 * each segment, with the number of pieces at the end. Without pieces there is no segment.
 */
export function dealOut(lengths: readonly number[], capacity: number): number[] {
  const starts: number[] = [];
  let filled = capacity;
  for (let k = 0; k < lengths.length; k++) {
    if (filled + lengths[k] > capacity) {
      starts.push(k);
      filled = 0;
    }
    filled += lengths[k];
  }
  starts.push(lengths.length);
  return starts;
}

/** Bytes of all segments that hold such pieces, with `indexBytes` beside marker and length in each. */
export function dealtLength(lengths: readonly number[], capacity: number, indexBytes: number): number {
  const segments = dealOut(lengths, capacity).length - 1;
  return segments * (4 + indexBytes) + lengths.reduce((sum, length) => sum + length, 0);
}

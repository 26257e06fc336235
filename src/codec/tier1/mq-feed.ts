/**
 * The bytes of a codeword segment in the form the block decoder takes them (15444-1 C.3.4, BYTEIN).
 *
 * Two bytes become `value << 5 | bits`: what is added to the code register, and how many bits of it are new. A byte has
 * eight; after an 0xFF it has seven, and the eighth is added to those before it, because it may be a carry that belongs
 * to the 0xFF. Of two neighbours one at most has seven, so a pair always brings the fifteen that one renormalisation can
 * take. A marker (0xFF and a byte above 0x8F) ends the segment early. Whatever the end, ones follow; some are put behind
 * the last byte, so that a reader which stops advancing at the last entry sees them for ever.
 */

/** Entries of ones behind the bytes: enough that a check at the end of a segment finds them still unread. */
export const FEED_TAIL = 8;

/** Writes `data[start .. stop)` to `feed` from `at` on, then the tail; returns where the last entry stands. */
export function feedSegment(data: Uint8Array, start: number, stop: number, feed: Int32Array, at: number): number {
  let last = 0;
  let value = 0;
  let bits = 0;
  let to = at;
  for (let i = start; i < stop; i++) {
    const byte = data[i];
    const more = last === 0xff ? 7 : 8;
    if (more === 7 && byte > 0x8f) break;
    value = (value << more) + byte;
    bits += more;
    last = byte;
    if (bits > 8) {
      feed[to++] = (value << 5) | bits;
      value = 0;
      bits = 0;
    }
  }
  if (bits > 0) feed[to++] = (((value << 8) | 0xff) << 5) | (bits + 8);
  for (let i = 0; i < FEED_TAIL; i++) feed[to++] = (0xffff << 5) | 16;
  return to - 1;
}

/** How many bits the code register takes from `data[start .. stop)`; bytes behind a marker count as ones. */
export function bitsOfSegment(data: Uint8Array, start: number, stop: number): number {
  const end = markerIn(data, start, stop);
  let bits = 8 * (stop - start);
  for (let i = start + 1; i < end; i++) if (data[i - 1] === 0xff) bits--;
  return bits;
}

/** Where the code string of a segment ends: at the second byte of a marker, or at `stop`. */
export function markerIn(data: Uint8Array, start: number, stop: number): number {
  for (let i = start + 1; i < stop; i++) if (data[i - 1] === 0xff && data[i] > 0x8f) return i;
  return stop;
}

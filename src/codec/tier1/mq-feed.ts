/**
 * The bytes of a codeword segment in the form the block decoder takes them (15444-1 C.3.4, BYTEIN).
 *
 * Each byte becomes `value << 4 | bits`: what is added to the code register, and how many bits of it are new. After an
 * 0xFF byte these are seven, and the byte is doubled, because its upper bit may be a carry that belongs to the 0xFF. A
 * marker (0xFF and a byte above 0x8F) ends the segment early. Whatever the end, ones follow; some are put behind the
 * last byte, so that a reader which stops advancing at the last entry sees them for ever.
 */

/** Entries of ones behind the bytes: enough that a check at the end of a segment finds them still unread. */
export const FEED_TAIL = 8;

/** Writes `data[start .. stop)` to `feed` from `at` on, then the tail; returns where the last entry stands. */
export function feedSegment(data: Uint8Array, start: number, stop: number, feed: Int32Array, at: number): number {
  let last = 0;
  let to = at;
  for (let i = start; i < stop; i++) {
    const byte = data[i];
    if (last !== 0xff) {
      feed[to++] = (byte << 4) | 8;
    } else {
      if (byte > 0x8f) break;
      feed[to++] = (byte << 5) | 7;
    }
    last = byte;
  }
  for (let i = 0; i < FEED_TAIL; i++) feed[to++] = (0xff << 4) | 8;
  return to - 1;
}

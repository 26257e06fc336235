/**
 * The bit streams of a high-throughput code-block (15444-15 clause 7.1), without what was stuffed into them.
 *
 * A codeword segment of high throughput holds up to five streams, which all avoid pairs of bytes that could be a marker: after a byte
 * of 0xFF, or before one in those that are read backward, a byte carries only seven bits. Here each stream becomes a plain row of bits
 * in 32-bit words, the first bit lowest, before a bit of it is used. Then a field of up to 32 bits at bit `k` is two words, three shifts
 * and an or, wherever it begins, and the loops that take the fields need no bytes, no counters and no ends. It takes about 1 ns a byte;
 * a decoder that fills a register as it goes was 1.2 times as slow in all (V8 11.3, 2026-12).
 */

/** Words behind the last one of a stream that {@link unstuffForward} and {@link unstuffBackward} fill. */
export const PADDING_WORDS = 6;

/**
 * A stream that is read forward (MagSgn, SigProp): bytes `start .. end` of `data`, into `words` from `first` on. Behind them come bits of
 * `filling`, 0 or -1.
 *
 * @returns the number of bits before the filling.
 */
export function unstuffForward(
  data: Uint8Array,
  start: number,
  end: number,
  filling: number,
  words: Int32Array,
  first: number,
): number {
  let word = 0;
  let held = 0;
  let w = first | 0;
  let last = 0;
  for (let k = start | 0; k < end; k = (k + 1) | 0) {
    let byte = data[k] | 0;
    let count = 8;
    if (last === 0xff) {
      byte &= 0x7f;
      count = 7;
    }
    word |= byte << held;
    held = (held + count) | 0;
    if (held >= 32) {
      words[w] = word;
      w = (w + 1) | 0;
      held = (held - 32) | 0;
      word = byte >> (count - held);
    }
    last = data[k];
  }
  fill(words, w, word, held, filling);
  return 32 * (w - first) + held;
}

/**
 * A stream that is read backward (VLC, MagRef): bytes `end - 1` down to `start`. `last` is the byte that counts as read before the first
 * one, `held` bits in `word` come before all others.
 *
 * @returns the number of bits before the zeros that follow.
 */
export function unstuffBackward(
  data: Uint8Array,
  start: number,
  end: number,
  last: number,
  word: number,
  held: number,
  words: Int32Array,
  first: number,
): number {
  let w = first | 0;
  for (let k = (end - 1) | 0; k >= start; k = (k - 1) | 0) {
    const byte = data[k] | 0;
    const count = last > 0x8f && (byte & 0x7f) === 0x7f ? 7 : 8;
    const bits = byte & ((1 << count) - 1);
    word |= bits << held;
    held = (held + count) | 0;
    if (held >= 32) {
      words[w] = word;
      w = (w + 1) | 0;
      held = (held - 32) | 0;
      word = bits >> (count - held);
    }
    last = byte;
  }
  fill(words, w, word, held, 0);
  return 32 * (w - first) + held;
}

/** Writes the last word, and the padding. */
function fill(words: Int32Array, w: number, word: number, held: number, filling: number): void {
  words[w] = word | (filling << held);
  for (let k = 1; k <= PADDING_WORDS; k++) words[w + k] = filling;
}

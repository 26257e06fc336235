/**
 * From rows of bits to the bit streams of a high-throughput code-block (15444-15 clause 7.1): the way back of ht-bits.ts.
 *
 * The loops that choose the bits gather them in 32-bit words, the first bit lowest. What has to be stuffed into them is only looked for
 * here, four bytes at a time: a byte that calls for it is rare, and one test of four says whether it is among them. The two streams of
 * a code-block take about a tenth of its time so (V8 11.3, 2026-12).
 */

/** Words behind the bits that {@link stuffForward} and {@link stuffBackward} may read. */
export const PADDING_WORDS = 2;

/**
 * A stream that is read forward (MagSgn, SigProp): `count` bits from `words[from]` on become bytes from `data[at]` on, and after a byte
 * of 0xFF there are only seven in a byte. A last byte that is not full is filled with bits of `filling`, 0 or -1.
 *
 * @returns where the bytes end. The last one may be 0xFF.
 */
export function stuffForward(
  words: Int32Array,
  from: number,
  count: number,
  filling: number,
  data: Uint8Array,
  at: number,
): number {
  let to = at | 0;
  let bit = 0;
  let last = 0;
  const full = (count - 32) | 0;
  while (bit <= full) {
    const w = (from + (bit >> 5)) | 0;
    const four = (words[w] >>> bit) | ((words[(w + 1) | 0] << 1) << ~bit);
    // a byte of ones is a zero byte of the complement
    if (last !== 0xff && ((~four - 0x01010101) & four & 0x80808080) === 0) {
      data[to] = four;
      data[to + 1] = four >> 8;
      data[to + 2] = four >> 16;
      last = four >>> 24;
      data[to + 3] = last;
      to = (to + 4) | 0;
      bit = (bit + 32) | 0;
    } else {
      const some = last === 0xff ? 7 : 8;
      last = four & ((1 << some) - 1);
      data[to] = last;
      to = (to + 1) | 0;
      bit = (bit + some) | 0;
    }
  }
  while (bit < count) {
    const w = (from + (bit >> 5)) | 0;
    const some = last === 0xff ? 7 : 8;
    const left = (count - bit) | 0;
    let four = (words[w] >>> bit) | ((words[(w + 1) | 0] << 1) << ~bit);
    if (left < some) four = (four & ((1 << left) - 1)) | (filling << left);
    last = four & ((1 << some) - 1);
    data[to] = last;
    to = (to + 1) | 0;
    bit = (bit + some) | 0;
  }
  return to;
}

/**
 * A stream that is read backward (VLC, MagRef): `count` bits from `words[from]` on become bytes from `data[end - 1]` down. A byte whose
 * low seven bits are ones holds only these, where the one before it was above 0x8F, which is assumed of the one before the first. A last
 * byte that is not full is filled with zeros.
 *
 * @returns where the bytes begin, 16 times that plus the number of bits in the last byte: 1 to 8, or 0 where there is no byte.
 */
export function stuffBackward(words: Int32Array, from: number, count: number, data: Uint8Array, end: number): number {
  let to = end | 0;
  let bit = 0;
  let last = 0xff;
  const full = (count - 32) | 0;
  while (bit <= full) {
    const w = (from + (bit >> 5)) | 0;
    const four = (words[w] >>> bit) | ((words[(w + 1) | 0] << 1) << ~bit);
    if ((((four & 0x7f7f7f7f) + 0x01010101) & 0x80808080) === 0) {
      data[to - 1] = four;
      data[to - 2] = four >> 8;
      data[to - 3] = four >> 16;
      last = four >>> 24;
      to = (to - 4) | 0;
      data[to] = last;
      bit = (bit + 32) | 0;
    } else {
      const some = last > 0x8f && (four & 0x7f) === 0x7f ? 7 : 8;
      last = four & ((1 << some) - 1);
      to = (to - 1) | 0;
      data[to] = last;
      bit = (bit + some) | 0;
    }
  }
  let used = to === end ? 0 : 8;
  while (bit < count) {
    const w = (from + (bit >> 5)) | 0;
    const left = (count - bit) | 0;
    let four = (words[w] >>> bit) | ((words[(w + 1) | 0] << 1) << ~bit);
    if (left < 8) four &= (1 << left) - 1;
    const some = last > 0x8f && (four & 0x7f) === 0x7f ? 7 : 8;
    last = four & ((1 << some) - 1);
    to = (to - 1) | 0;
    data[to] = last;
    bit = (bit + some) | 0;
    // a byte that is full with seven bits has no room for an eighth
    used = some === 7 ? 8 : left < 8 ? left : 8;
  }
  return (to << 4) | used;
}

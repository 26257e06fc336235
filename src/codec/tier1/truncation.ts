/**
 * Where a codeword segment may be cut so that its first coding passes still decode (15444-1 D.4.1 leaves this to encoders).
 *
 * After a pass, the arithmetic coder knows an interval; any code string inside it decodes this pass and all before it
 * rightly. A decoder that runs out of bytes continues with ones, so `n` bytes stand for their value and one unit of the last bit,
 * less almost nothing: they will do if that sum is above the interval's lower end and not above its upper end.
 *
 * All numbers here are relative to the bytes that had left the registers when the pass ended, in units where the last bit of
 * these bytes weighs 2^27 (its place in the code register of C.2). They have at most 53 bits, so float arithmetic is exact.
 */

/** The weight of the last bit of the last byte that has left the registers. */
export const BYTE_UNIT = 0x8000000;

/**
 * The shortest prefix of the finished segment `bytes[start .. end)` that is inside `(lower, upper]` when ones follow; returns
 * where it ends. `position` is the last byte that was out when the interval was noted, and `byte` its value then: at most
 * a carry has been added to it since. Bytes that were dropped at the end must still be in the array.
 */
export function shortestPrefix(
  bytes: Uint8Array,
  start: number,
  end: number,
  position: number,
  byte: number,
  lower: number,
  upper: number,
): number {
  let n = position + 1;
  let unit = BYTE_UNIT;
  const atPosition = n > start ? (bytes[position] - byte + 1) * unit : unit;
  let value = atPosition;
  let good = lower < value && value <= upper;
  let best = good ? n : -1;
  // without its last byte the prefix stands for more, or for as much if that byte was all ones. Only a byte with a carry
  // behind 0xFF makes the longer one stand for more; it cannot lie further back than `position`
  while (n > start && (good || n >= position)) {
    n--;
    const bits = bitsOfByte(bytes, n);
    value += unit * ((1 << bits) - 1 - bytes[n]);
    unit *= 1 << bits;
    good = lower < value && value <= upper;
    if (good) best = n;
  }
  if (best >= 0) return Math.min(best, end);
  n = position + 1;
  value = atPosition;
  unit = BYTE_UNIT;
  while (n < end && !(lower < value && value <= upper)) {
    value -= unit;
    unit /= 1 << bitsOfByte(bytes, n);
    value += (bytes[n] + 1) * unit;
    n++;
  }
  return n;
}

/** After 0xFF only seven bits are new; no segment ends in 0xFF, so the byte before the first does not matter. */
function bitsOfByte(bytes: Uint8Array, n: number): number {
  return bytes[n - 1] === 0xff ? 7 : 8;
}

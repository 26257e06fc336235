/**
 * How many bytes of a codeword segment its first passes need, when nobody has written it down.
 */

/** Bytes of a segment of `length` bytes that hold its first `n` of `passes` passes, rather more than they need. */
export function estimatedEnd(n: number, passes: number, length: number): number {
  if (n >= passes) return length;
  return Math.min(length, Math.ceil(length * 2 ** ((n - passes) / 3)) + 4);
}

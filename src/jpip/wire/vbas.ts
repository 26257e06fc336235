/**
 * VBAS: the variable-length numbers of message headers (15444-9 A.2.1).
 *
 * A number stands in as many bytes as it needs, seven bits in each, most significant first; the top bit of a byte says
 * that another one follows. The standard sets no bound; here a number goes up to 2^53 - 1, which JavaScript's numbers hold
 * exactly. Leading bytes that carry no bits (0x80) are read, within reason, and never written.
 */
import { JpipError } from '../errors.ts';

/** Bytes that a number may take when it is read: eight carry 2^53 - 1, and some writers pad. */
export const MAX_VBAS_BYTES = 10;

/** A number and where the next byte after it stands. */
export interface VbasNumber {
  readonly value: number;
  readonly next: number;
}

/** Bytes that `n` takes. */
export function vbasLength(n: number): number {
  let length = 1;
  for (let limit = 0x80; n >= limit; limit *= 0x80) length++;
  return length;
}

/** Writes `n` at position `at`, which must have room for it, and gives the position after it. */
export function writeVbas(out: Uint8Array, at: number, n: number): number {
  const end = at + vbasLength(n);
  let rest = n;
  out[end - 1] = rest % 0x80;
  for (let k = end - 2; k >= at; k--) {
    rest = Math.floor(rest / 0x80);
    out[k] = 0x80 | (rest % 0x80);
  }
  return end;
}

/** Reads the number at position `at`; `undefined` when its last byte is not there yet. */
export function readVbas(bytes: Uint8Array, at: number): VbasNumber | undefined {
  let value = 0;
  for (let k = at; k < bytes.length; k++) {
    value = vbasStep(value, bytes[k], k - at + 1, k);
    if (bytes[k] < 0x80) return { value, next: k + 1 };
  }
  return undefined;
}

/** The value once `byte`, the `count`th of its number, is there; `offset` is the place of that byte, for the complaint. */
export function vbasStep(value: number, byte: number, count: number, offset: number): number {
  const next = value * 0x80 + (byte & 0x7f);
  if (next > Number.MAX_SAFE_INTEGER || count > MAX_VBAS_BYTES) {
    throw new JpipError(
      'malformed',
      'message-header',
      `expected a number of at most 2^53 - 1 in ${MAX_VBAS_BYTES} bytes, found a longer one`,
      { offset, clause: '15444-9 A.2.1' },
    );
  }
  return next;
}

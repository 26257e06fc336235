/** Random messages of a response, and random ways to cut it. */
import fc from 'fast-check';
import type { MessageHeader } from '../../src/jpip/wire/message.ts';

/** Numbers of every length in VBAS, small ones often. */
export const vbasNumber = (most = Number.MAX_SAFE_INTEGER): fc.Arbitrary<number> =>
  fc.oneof(
    fc.nat(Math.min(most, 20)),
    fc.nat(Math.min(most, 0x4000)),
    fc.integer({ min: 0, max: most }),
    fc.nat(52).map((bits) => Math.min(most, 2 ** bits)),
    fc.nat(52).map((bits) => Math.min(most, 2 ** bits - 1)),
  );

const messageClass = fc.oneof(fc.constantFrom(0, 1, 2, 4, 5, 6, 8), vbasNumber());

/** A message with its body. */
export const jpipMessage: fc.Arbitrary<{ header: MessageHeader; body: Uint8Array }> = fc
  .record({
    classId: messageClass,
    codestream: fc.oneof(fc.constantFrom(0, 1), vbasNumber()),
    id: vbasNumber(),
    offset: vbasNumber(Number.MAX_SAFE_INTEGER - 1000),
    last: fc.boolean(),
    aux: vbasNumber(),
    body: fc.uint8Array({ maxLength: 200 }),
  })
  .map(({ aux, body, ...fields }) => ({
    header: { ...fields, length: body.length, ...(fields.classId % 2 === 1 ? { aux } : {}) },
    body,
  }));

/** The same bytes in pieces of the given sizes, used round and round. */
export function inPieces(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, k = 0; at < bytes.length; k++) {
    const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[k % sizes.length]!);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Pieces of bytes put together. */

/** All pieces as one; a single piece is given back as it is, without a copy. `into` is memory of just the right length, where there is some. */
export function joinBytes(pieces: readonly Uint8Array[], into?: Uint8Array): Uint8Array {
  if (into === undefined && pieces.length === 1) return pieces[0];
  const whole = into ?? new Uint8Array(lengthOfAll(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Bytes of all pieces. */
export function lengthOfAll(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/** PPM: the packet headers of all tile-parts, packed into the main header (15444-1 A.7.4). PPT segments need only joining. */
import { malformed } from '../errors.ts';

/**
 * Splits joined PPM bytes (Nppm, four bytes, then that many bytes of headers, for each tile-part in codestream order).
 * Nppm and its bytes may be spread over several segments, which is why the segments are joined first.
 */
export function splitPpm(joined: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < joined.length) {
    if (joined.length - at < 4) throw bad(`${joined.length - at} bytes where Nppm should stand`);
    const n = ((joined[at] << 24) | (joined[at + 1] << 16) | (joined[at + 2] << 8) | joined[at + 3]) >>> 0;
    at += 4;
    if (n > joined.length - at) throw bad(`Nppm is ${n}, but only ${joined.length - at} bytes follow`);
    parts.push(joined.subarray(at, at + n));
    at += n;
  }
  return parts;
}

function bad(message: string): Error {
  return malformed('ppm-value', message, { clause: '15444-1 A.7.4' });
}

/** ICC profiles with the header fields that a file format looks at. */
import { ascii } from './box-bytes.ts';

/** The profile with its length, its class and the signature that every profile has (ICC.1:2010 7.2). */
export function whole(profile: Uint8Array, profileClass = 'mntr'): Uint8Array {
  const bytes = profile.slice();
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  bytes.set(ascii(profileClass), 12);
  bytes.set(ascii('acsp'), 36);
  return bytes;
}

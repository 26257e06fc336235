/**
 * Text in boxes: UTF-8, and what XML may be stored in (15444-1 I.7.1; RFC 3629).
 *
 * The codec has no platform types, so it carries its own decoder and encoder. A malformed sequence becomes one U+FFFD
 * for every maximal part that could have begun a character, as the Unicode standard recommends (section 3.9) and as
 * browsers do.
 */

const REPLACEMENT = 0xfffd;

/** `String.fromCharCode` takes its arguments on the stack, so text is joined in pieces. */
const PIECE = 4096;

/** UTF-8 bytes as a string; never fails. */
export function decodeUtf8(bytes: Uint8Array): string {
  const pieces: string[] = [];
  let units: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at++];
    const length = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    let code = length <= 0 ? lead : lead & (0x3f >> length);
    // The first continuation byte is narrower for some leads: no overlong forms, no surrogates, nothing above
    // U+10FFFF.
    let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let seen = 0;
    while (seen < length && at < bytes.length && bytes[at] >= low && bytes[at] <= high) {
      code = (code << 6) | (bytes[at++] & 0x3f);
      low = 0x80;
      high = 0xbf;
      seen++;
    }
    if (length < 0 || seen < length) code = REPLACEMENT;
    if (code > 0xffff) units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    else units.push(code);
    if (units.length >= PIECE) {
      pieces.push(String.fromCharCode(...units));
      units = [];
    }
  }
  pieces.push(String.fromCharCode(...units));
  return pieces.join('');
}

/** A text without the NULs at its end; not by a pattern, which takes time with the square of the NULs before another character. */
export function trimNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

/** A string as UTF-8 bytes; half a surrogate pair becomes U+FFFD, for it is no character. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(3 * text.length); // a pair of units takes four bytes, a single one at most three
  let at = 0;
  for (let k = 0; k < text.length; k++) {
    let code = text.codePointAt(k)!;
    if (code >= 0xd800 && code < 0xe000) code = REPLACEMENT;
    if (code > 0xffff) k++;
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
    } else {
      if (code < 0x10000) {
        bytes[at++] = 0xe0 | (code >> 12);
      } else {
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return bytes.slice(0, at);
}

/**
 * The text of an XML box: UTF-16 when it begins with that byte order mark, UTF-8 otherwise; mark and trailing NULs
 * removed.
 */
export function decodeXmlText(bytes: Uint8Array): string {
  const wide =
    bytes.length >= 2 && ((bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe));
  if (wide) return decodeUtf16(bytes.subarray(2), bytes[0] === 0xff);
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return trimNuls(decodeUtf8(bytes.subarray(marked ? 3 : 0)));
}

function decodeUtf16(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pieces: string[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2 * PIECE) {
    const units: number[] = [];
    const end = Math.min(bytes.length - 1, at + 2 * PIECE);
    for (let k = at; k < end; k += 2) units.push(view.getUint16(k, littleEndian));
    pieces.push(String.fromCharCode(...units));
  }
  return trimNuls(pieces.join(''));
}

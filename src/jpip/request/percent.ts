/**
 * Percent-encoding of request fields (15444-9 C.1.2, RFC 3986 2.1).
 *
 * Requests are written so that a person can read them and that servers which decode nothing still see the delimiters of the grammar:
 * whatever browsers leave alone in a query stays. `+` is a plus sign and nothing else, as `+now` in a codestream context
 * shows; because form decoders would make a space of it, it is written as `%2B`, and a space as `%20`.
 */
import { decodeUtf8, encodeUtf8 } from '../../codec/fileformat/utf8.ts';
import { JpipError } from '../errors.ts';

/** Stays in values as it is: unreserved characters, and delimiters that mean something inside of fields. */
const PLAIN_IN_VALUE = /^[A-Za-z0-9\-._~!$()*,;:@/?=[\]]*$/;
const ENCODED_IN_VALUE = /[^A-Za-z0-9\-._~!$()*,;:@/?=[\]]+/g;
/** In a name, `=` would end it. */
const ENCODED_IN_NAME = /[^A-Za-z0-9\-._~!$()*,;:@/?[\]]+/g;
const ESCAPES = /%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*/g;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** A field's value as it goes into a query. */
export function percentEncode(text: string): string {
  return PLAIN_IN_VALUE.test(text) ? text : encode(text, ENCODED_IN_VALUE);
}

/** A field's name as it goes into a query. */
export function percentEncodeName(name: string): string {
  return encode(name, ENCODED_IN_NAME);
}

/** Text from a query; `offset` is its place there, for the complaint. */
export function percentDecode(text: string, offset = 0): string {
  if (!text.includes('%')) return text;
  const stray = /%(?![0-9A-Fa-f]{2})/.exec(text);
  if (stray) throw syntaxError('expected two hexadecimal digits after %', offset + stray.index);
  return text.replace(ESCAPES, (run, at: number) => {
    const bytes = new Uint8Array(run.length / 3);
    for (let k = 0; k < bytes.length; k++) bytes[k] = Number.parseInt(run.slice(3 * k + 1, 3 * k + 3), 16);
    const decoded = decodeUtf8(bytes);
    // a replacement character may also have been meant; then it comes out as the same bytes again
    if (decoded.includes('\ufffd') && !sameBytes(encodeUtf8(decoded), bytes)) {
      throw syntaxError('expected percent-encoded UTF-8', offset + at);
    }
    return decoded;
  });
}

function encode(text: string, pattern: RegExp): string {
  if (LONE_SURROGATE.test(text)) {
    throw new JpipError('usage', 'option-value', 'expected text in a request, found half of a surrogate pair');
  }
  return text.replace(pattern, (run) => {
    let encoded = '';
    for (const byte of encodeUtf8(run)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return encoded;
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}

function syntaxError(message: string, offset: number): JpipError {
  return new JpipError('malformed', 'request-syntax', message, { offset, clause: '15444-9 C.1.2' });
}

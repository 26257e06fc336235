/**
 * The smallest possible reader of boxes, for tests that need the codestream of a file without the library's own reader.
 */

/** The bytes of the first contiguous codestream box (`jp2c`), or the input when it is a bare codestream. */
export function extractCodestream(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0) === 0xff4f) return bytes;
  let at = 0;
  while (at + 8 <= bytes.length) {
    let length = view.getUint32(at);
    let header = 8;
    if (length === 1) {
      length = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (length === 0) {
      length = bytes.length - at;
    }
    if (view.getUint32(at + 4) === 0x6a703263) return bytes.subarray(at + header, at + length);
    at += length;
  }
  throw new Error('no codestream box');
}

/** PGX, the one-component raw format of the conformance suite (T.803 B.2): a line of text, then the samples. */

/** One component as integers. */
export interface PgxImage {
  readonly width: number;
  readonly height: number;
  readonly precision: number;
  readonly signed: boolean;
  readonly data: Int32Array;
}

/** Reads a PGX file: `PG ML + 8 128 128`, where ML is big-endian and LM little-endian. */
export function readPgx(bytes: Uint8Array): PgxImage {
  const end = bytes.indexOf(0x0a);
  const header = new TextDecoder('latin1').decode(bytes.subarray(0, end));
  const match = /^PG\s+(ML|LM)\s*([+-]?)\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(header);
  if (end < 0 || !match) throw new Error(`not a PGX file: ${header.slice(0, 40)}`);
  const [, order, sign, ...numbers] = match;
  const [precision, width, height] = numbers.map(Number) as [number, number, number];
  const signed = sign === '-';
  const size = precision <= 8 ? 1 : precision <= 16 ? 2 : 4;
  const body = bytes.subarray(end + 1);
  const count = width * height;
  if (body.length < count * size) throw new Error(`PGX ends after ${body.length} of ${count * size} bytes of samples`);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const little = order === 'LM';
  const data = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    if (size === 1) data[i] = signed ? view.getInt8(i) : view.getUint8(i);
    else if (size === 2) data[i] = signed ? view.getInt16(2 * i, little) : view.getUint16(2 * i, little);
    else data[i] = view.getInt32(4 * i, little);
  }
  return { width, height, precision, signed, data };
}

/** Writes a big-endian PGX file. */
export function writePgx(image: PgxImage): Uint8Array {
  const { width, height, precision, signed, data } = image;
  const header = new TextEncoder().encode(`PG ML ${signed ? '-' : '+'} ${precision} ${width} ${height}\n`);
  const size = precision <= 8 ? 1 : precision <= 16 ? 2 : 4;
  const bytes = new Uint8Array(header.length + data.length * size);
  bytes.set(header);
  const view = new DataView(bytes.buffer, header.length);
  for (let i = 0; i < data.length; i++) {
    if (size === 1) view.setInt8(i, data[i]!);
    else if (size === 2) view.setInt16(2 * i, data[i]!);
    else view.setInt32(4 * i, data[i]!);
  }
  return bytes;
}

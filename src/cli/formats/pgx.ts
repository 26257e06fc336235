/**
 * PGX, the format of the conformance suite (15444-4 B.2): one component a file, a line of text and then the samples
 * as they are, in one, two or four bytes, two's complement where signed.
 */
import type { RasterImage } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';
import { ascii, type Channel, channelsOf, type OutputPart, type ReadPicture, stacked, writeEach } from './picture.ts';

/** One PGX file for each component, big-endian. */
export function writePgx(image: RasterImage): OutputPart[] {
  return writeEach(channelsOf(image), pgxFile);
}

function pgxFile({
  width,
  height,
  precision,
  signed,
  data,
  start,
  stride,
}: Channel): Pick<OutputPart, 'bytes' | 'stack'> {
  const size = bytesOf(precision);
  const headFor = (rows: number) => ascii(`PG ML ${signed ? '-' : '+'} ${precision} ${width} ${rows}\n`);
  const count = width * height;
  const samples = new Uint8Array(count * size);
  const view = new DataView(samples.buffer);
  for (let i = 0; i < count; i++) {
    const value = data[start + i * stride];
    if (size === 1) samples[i] = value;
    else if (size === 2) view.setInt16(2 * i, value);
    else view.setInt32(4 * i, value);
  }
  return stacked(height, headFor, samples);
}

function bytesOf(precision: number): number {
  return precision <= 8 ? 1 : precision <= 16 ? 2 : 4;
}

/** Reads a PGX file, in either byte order. */
export function readPgx(bytes: Uint8Array): ReadPicture {
  const end = bytes.indexOf(0x0a);
  const line = String.fromCharCode(...bytes.subarray(0, end < 0 ? 0 : Math.min(end, 200)));
  const match = /^PG\s+(ML|LM)\s*([+-]?)\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line);
  if (!match) throw new CommandLineError('not a PGX file: its first line is not "PG ML + 8 width height"');
  const littleEndian = match[1] === 'LM';
  const signed = match[2] === '-';
  const [precision, width, height] = match.slice(3).map(Number);
  if (precision < 1 || precision > 32) throw new CommandLineError(`a PGX file of ${precision} bits cannot be read`);
  const size = bytesOf(precision);
  const count = width * height;
  const held = bytes.length - end - 1;
  if (held < count * size) throw new CommandLineError(`the PGX file ends after ${held} of ${count * size} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + end + 1, count * size);
  const read = (i: number) => {
    if (size === 1) return signed ? view.getInt8(i) : view.getUint8(i);
    if (size === 2) return signed ? view.getInt16(2 * i, littleEndian) : view.getUint16(2 * i, littleEndian);
    return signed ? view.getInt32(4 * i, littleEndian) : view.getUint32(4 * i, littleEndian);
  };
  const data =
    size === 1
      ? new (signed ? Int8Array : Uint8Array)(count)
      : size === 2
        ? new (signed ? Int16Array : Uint16Array)(count)
        : new (signed ? Int32Array : Uint32Array)(count);
  for (let i = 0; i < count; i++) data[i] = read(i);
  return { width, height, channels: 1, precision, signed, data };
}

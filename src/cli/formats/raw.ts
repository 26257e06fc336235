/**
 * Samples and nothing else, in one, two or four bytes each; signed ones in two's complement, floating point ones in
 * four bytes.
 */
import type { RasterImage } from '../../codec/image.ts';
import { alike, type Channel, channelsOf, joined, type OutputPart } from './picture.ts';

/** How raw samples are arranged. */
export interface RawOptions {
  /** One channel after the other, or sample by sample. Default planar. */
  readonly layout?: 'planar' | 'interleaved';
  /** Default big-endian, as in PGX. */
  readonly littleEndian?: boolean;
}

/** One file with all samples. */
export function writeRaw(image: RasterImage, options: RawOptions = {}): OutputPart[] {
  const { layout = 'planar', littleEndian = false } = options;
  if (layout === 'planar') {
    const planes = channelsOf(image).map((channel) => interleaveRaw([channel], littleEndian));
    // of several channels the rows do not follow each other
    return [{ suffix: '', ...(planes.length === 1 ? rowsAlone(planes[0]) : { bytes: joined(planes) }) }];
  }
  return [{ suffix: '', ...rowsAlone(interleaveRaw(alike(image, 'interleaved raw'), littleEndian)) }];
}

function rowsAlone(rows: Uint8Array): Pick<OutputPart, 'bytes' | 'stack'> {
  return { bytes: rows, stack: { headFor: () => new Uint8Array(0), rows } };
}

/** Bytes of a sample that is kept as it is. */
export function sampleBytes(channels: readonly Channel[]): 1 | 2 | 4 {
  const precision = Math.max(...channels.map((c) => c.precision));
  if (channels.some(isFloat)) return 4;
  return precision <= 8 ? 1 : precision <= 16 ? 2 : 4;
}

/** True for samples that are no integers. */
export function isFloat({ data }: Channel): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}

/** Values of some channels as they are, sample by sample. */
export function interleaveRaw(channels: readonly Channel[], littleEndian: boolean): Uint8Array {
  const size = sampleBytes(channels);
  const float = channels.some(isFloat);
  const count = channels[0].width * channels[0].height;
  const step = size * channels.length;
  const bytes = new Uint8Array(count * step);
  const view = new DataView(bytes.buffer);
  channels.forEach(({ data, start, stride }, c) => {
    for (let i = 0, at = c * size; i < count; i++, at += step) {
      const value = data[start + i * stride];
      if (size === 1) bytes[at] = value;
      else if (size === 2) view.setInt16(at, value, littleEndian);
      else if (float) view.setFloat32(at, value, littleEndian);
      else view.setInt32(at, value, littleEndian);
    }
  });
  return bytes;
}

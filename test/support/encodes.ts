/** What tests of the encoder have in common: pictures, their errors, a spill store in memory. */
import type { RasterImage, RawImage, SampleArray, SpillStore } from '../../src/index.ts';
import { randomFrom } from './random.ts';

/** A picture with something in every subband: waves, an edge, and a little noise. */
export function wavyPicture(
  width: number,
  height: number,
  channels: number,
  precision: number,
  noise = 0.03,
): { image: RawImage; interleaved: Uint8Array | Uint16Array } {
  const random = randomFrom(width * 31 + height * 7 + channels);
  const Kind = precision > 8 ? Uint16Array : Uint8Array;
  const planes = Array.from({ length: channels }, () => ({ data: new Kind(width * height), precision }));
  const interleaved = new Kind(width * height * channels);
  for (let k = 0; k < width * height; k++) {
    const [x, y] = [k % width, Math.floor(k / width)];
    for (let c = 0; c < channels; c++) {
      let value = 0.5 + 0.2 * Math.sin(x / 9 + c) + 0.15 * Math.cos((x + 2 * y) / 31) + (x > y ? 0.08 : -0.08);
      value += noise * (random.next() - 0.5);
      const sample = Math.max(0, Math.min(2 ** precision - 1, Math.round(value * 2 ** precision)));
      planes[c]!.data[k] = sample;
      interleaved[k * channels + c] = sample;
    }
  }
  return { image: { width, height, planes }, interleaved };
}

/** Decibels of a decoded component against what was encoded, over the samples that `where` names. */
export function psnrOf(
  decoded: SampleArray,
  original: SampleArray,
  precision: number,
  where: (k: number) => boolean = () => true,
): number {
  let error = 0;
  let count = 0;
  for (let k = 0; k < original.length; k++) {
    if (!where(k)) continue;
    error += (decoded[k]! - original[k]!) ** 2;
    count++;
  }
  return error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(((2 ** precision - 1) ** 2 * count) / error);
}

/** The first sample of the first component that is not what was encoded. */
export function firstWrong(decoded: RasterImage, image: RawImage): string | undefined {
  for (const [c, { data }] of image.planes!.entries()) {
    const found = decoded.planes![c]!.data;
    for (let k = 0; k < Math.max(data.length, found.length); k++) {
      if (found[k] !== data[k]) return `component ${c}, sample ${k}: ${found[k]} instead of ${data[k]}`;
    }
  }
  return undefined;
}

/** A spill store in memory. */
export function spillStore(): SpillStore {
  const parts: Uint8Array[] = [];
  return {
    append: (bytes) => void parts.push(bytes.slice()),
    read: (offset, length) => new Uint8Array(Buffer.concat(parts).subarray(offset, offset + length)),
  };
}

/**
 * Samples as a data set means them: the sign that Pixel Representation gives them, in an array as wide as Bits Allocated.
 */
import type { SampleArray } from '../codec/image.ts';

/** Arrays of pixels. */
export type PixelArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** An array for samples of so many bits. */
export function pixelArray(bits: number, signed: boolean, length: number): PixelArray {
  if (bits <= 8) return signed ? new Int8Array(length) : new Uint8Array(length);
  if (bits <= 16) return signed ? new Int16Array(length) : new Uint16Array(length);
  return signed ? new Int32Array(length) : new Uint32Array(length);
}

/**
 * Samples in an array for `bits` bits. Where the codestream's sign is not `signed`, the low `width` bits are kept and taken for two's
 * complement, or for a number without sign; nothing else changes a value.
 */
export function toPixels(
  samples: SampleArray,
  from: { readonly signed: boolean },
  to: { readonly bits: number; readonly signed: boolean; readonly width: number },
): PixelArray {
  const { bits, signed, width } = to;
  if (from.signed === signed) {
    const same = pixelArray(bits, signed, 0);
    // samples come in the narrowest array, which is mostly the right one
    if (samples.constructor === same.constructor) return samples as PixelArray;
    const pixels = pixelArray(bits, signed, samples.length);
    pixels.set(samples);
    return pixels;
  }
  const pixels = pixelArray(bits, signed, samples.length);
  const shift = 32 - width;
  for (let k = 0; k < samples.length; k++) {
    const low = samples[k]! << shift;
    pixels[k] = signed ? low >> shift : low >>> shift;
  }
  return pixels;
}

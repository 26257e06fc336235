/**
 * How far a decoded picture is from what was encoded.
 */
import type { SampleArray } from '../image.ts';
import type { ComponentSamples } from './samples.ts';

/** One decoded component: row major, without gaps. */
export interface DecodedComponent {
  readonly width: number;
  readonly height: number;
  readonly data: SampleArray;
}

/** Sum of squared differences of one component. */
export function squaredError(samples: ComponentSamples, decoded: DecodedComponent): number {
  const { data, offset, strideX, strideY } = samples;
  let sum = 0;
  for (let y = 0, k = 0; y < decoded.height; y++) {
    let from = offset + y * strideY;
    for (let x = 0; x < decoded.width; x++, k++, from += strideX) {
      const difference = data[from] - decoded.data[k];
      sum += difference * difference;
    }
  }
  return sum;
}

/** Decibels for a summed squared error of so many samples. */
export function decibels(peakEnergy: number, numSamples: number, error: number): number {
  return error <= 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((peakEnergy * numSamples) / error);
}

/** The summed squared error that makes so many decibels. */
export function errorOfDecibels(peakEnergy: number, numSamples: number, psnr: number): number {
  return (peakEnergy * numSamples) / 10 ** (psnr / 10);
}

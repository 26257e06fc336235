/**
 * What a high-throughput cleanup pass down to any bit-plane would cost and gain, from one look at the coefficients.
 *
 * A cleanup pass is all or nothing, so a rate can only be met by choosing the plane of each code-block, and coding a block at several
 * planes to find out takes as long as it sounds. What MagSgn takes follows from how long the magnitudes of a quad are; what MEL and VLC
 * take, from how many quads are empty. The squared error follows from counts and sums by length of the magnitude.
 */
import type { CodeBlockCoefficients } from './block-encoder.ts';

/*
 * Everything is counted in one array, by lengths of magnitudes, which are 0 to 31 with the bits below the quantiser step:
 * 0: by that of the longest magnitude of the quad and of the magnitude itself, 32 x 32;
 * PARTS: by that of the magnitude, and the three bits behind its first one, 32 x 8;
 * QUADS: quads by that of the longest magnitude, 32.
 * There are four of the first two while a block is looked at, one for each sample of a quad: four in a row often add to the same
 * number, and would have to wait for each other, which took 1.15 times as long. To sum up magnitudes and their squares by length instead
 * of counting parts took 1.35 times as long (V8 11.3, 2026-12).
 */
const PARTS = 4 * 32 * 32;
const QUADS = PARTS + 4 * 32 * 8;

/** Estimates the cleanup passes of one code-block after another. */
export class CleanupEstimator {
  private readonly tally = new Int32Array(QUADS + 32);
  private fractionBits = 0;
  private exact = false;
  private longest = 0;

  /** Looks at a block; the other methods answer for it. */
  look({ width, height, coefficients, fractionBits, exact }: CodeBlockCoefficients): void {
    const { tally } = this;
    tally.fill(0);
    this.fractionBits = fractionBits;
    this.exact = exact;
    for (let y = 0; y < height; y = (y + 2) | 0) {
      // where a row or a column is missing, what is there is looked at twice and counted once
      const below = y + 1 < height ? width : 0;
      const inRow = below === 0 ? 0 : -1;
      let k = (y * width) | 0;
      for (let x = 0; x < width; x = (x + 2) | 0) {
        const beside = x + 1 < width ? -1 : 0;
        const x0 = coefficients[k];
        const x1 = coefficients[(k + below) | 0] & inRow;
        const x2 = coefficients[(k - beside) | 0] & beside;
        const x3 = coefficients[(k + below - beside) | 0] & inRow & beside;
        k = (k + 2) | 0;
        const a0 = ((x0 ^ (x0 >> 31)) - (x0 >> 31)) | 0;
        const a1 = ((x1 ^ (x1 >> 31)) - (x1 >> 31)) | 0;
        const a2 = ((x2 ^ (x2 >> 31)) - (x2 >> 31)) | 0;
        const a3 = ((x3 ^ (x3 >> 31)) - (x3 >> 31)) | 0;
        const most = (32 - Math.clz32(a0 | a1 | a2 | a3)) | 0;
        const here = 5120 | most;
        tally[here] = (tally[here] + 1) | 0;
        if (most === 0) continue;
        const row = most << 5;
        const l0 = (32 - Math.clz32(a0)) | 0;
        const l1 = (32 - Math.clz32(a1)) | 0;
        const l2 = (32 - Math.clz32(a2)) | 0;
        const l3 = (32 - Math.clz32(a3)) | 0;
        tally[row | l0] = (tally[row | l0] + 1) | 0;
        tally[1024 | row | l1] = (tally[1024 | row | l1] + 1) | 0;
        tally[2048 | row | l2] = (tally[2048 | row | l2] + 1) | 0;
        tally[3072 | row | l3] = (tally[3072 | row | l3] + 1) | 0;
        const p0 = 4096 | (l0 << 3) | ((a0 << (33 - l0)) >>> 29);
        tally[p0] = (tally[p0] + 1) | 0;
        const p1 = 4352 | (l1 << 3) | ((a1 << (33 - l1)) >>> 29);
        tally[p1] = (tally[p1] + 1) | 0;
        const p2 = 4608 | (l2 << 3) | ((a2 << (33 - l2)) >>> 29);
        tally[p2] = (tally[p2] + 1) | 0;
        const p3 = 4864 | (l3 << 3) | ((a3 << (33 - l3)) >>> 29);
        tally[p3] = (tally[p3] + 1) | 0;
      }
    }
    this.longest = 31;
    while (this.longest > 0 && tally[QUADS | this.longest] === 0) this.longest--;
    for (let most = 1; most <= this.longest; most++) {
      for (let length = 0; length <= most; length++) {
        const k = (most << 5) | length;
        tally[k] += tally[k + 1024] + tally[k + 2048] + tally[k + 3072];
      }
    }
    for (let k = PARTS; k < PARTS + 256; k++) tally[k] += tally[k + 256] + tally[k + 512] + tally[k + 768];
  }

  /** From this plane on, nothing is significant. */
  emptyFrom(): number {
    return Math.max(0, this.longest - this.fractionBits);
  }

  /**
   * About so many bytes the cleanup pass down to `plane` takes; right to 1.6 % of a code-block on the average, and to 0.5 % over a picture.
   *
   * The weights were fitted to 6400 cleanup passes of photographs and of X-rays, 0.1 to 10 bits a sample (2026-12).
   */
  bytesAt(plane: number): number {
    const { tally, longest } = this;
    if (plane >= this.emptyFrom()) return 0;
    const shift = plane + this.fractionBits;
    let lengths = 0;
    let samples = 0;
    let coded = 0;
    let ones = 0;
    let empty = 0;
    for (let most = 0; most <= shift; most++) empty += tally[QUADS | most];
    for (let most = shift + 1; most <= longest; most++) {
      let significant = 0;
      for (let length = shift + 1; length <= most; length++) significant += tally[(most << 5) | length];
      lengths += significant * (most - shift);
      samples += significant;
      coded += tally[QUADS | most];
      if (most === shift + 1) ones += significant;
    }
    const mixed = (empty * coded) / (empty + coded);
    const bits = 1.053 * lengths - 0.262 * samples - 1.342 * ones + 7.863 * coded + 1.584 * mixed + 0.048 * empty + 27;
    return Math.max(3, bits / 8);
  }

  /**
   * The squared error that is left after it, in squared quantiser steps; right to 0.3 %. Magnitudes whose first four bits agree are taken
   * to be spread evenly, and so is what is lost of those above 16.
   */
  errorAt(plane: number): number {
    const { tally, longest, fractionBits } = this;
    if (plane === 0 && this.exact) return 0;
    const shift = plane + fractionBits;
    let error = 0;
    for (let length = 1; length <= Math.min(shift + 4, longest); length++) {
      const width = Math.max(1, 2 ** (length - 4));
      for (let part = 0; part < 8; part++) {
        const first = 2 ** (length - 1) + part * 2 ** (length - 4);
        const middle = length <= shift ? 0 : (Math.floor(first / 2 ** shift) + 0.5) * 2 ** shift;
        const mean = first + (width - 1) / 2;
        error += tally[PARTS | (length << 3) | part] * ((mean - middle) ** 2 + (width * width - 1) / 12);
      }
    }
    let larger = 0;
    for (let length = shift + 5; length <= longest; length++) {
      for (let part = 0; part < 8; part++) larger += tally[PARTS | (length << 3) | part];
    }
    // whole numbers 0 to 2^shift - 1 about 2^(shift - 1)
    error += larger * (4 ** shift / 12 + 1 / 6);
    return error / 4 ** fractionBits;
  }
}

/**
 * How much errors of coefficients can add up to on one axis: for every decomposition level the largest sum, over the samples of the
 * line, of the magnitudes that unit coefficients of the low-pass and the high-pass subband bring about there (9/7, F.3).
 *
 * Found by putting a one in the place of every coefficient in turn, so that borders and odd lengths are what they are.
 */
import { interleave, synthesiseLineSlowly } from './wavelet.ts';

/** Sums by decomposition level; level 0 is the line itself. */
export interface SynthesisSums {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The sums for a line of so many samples that begins at 0. */
export function synthesisSums(length: number, levels: number): SynthesisSums {
  const lengths = [length];
  for (let n = 1; n <= levels; n++) lengths.push((lengths[n - 1]! + 1) >> 1);
  const sums = { low: [1], high: [0] };
  for (let n = 1; n <= levels; n++) {
    const numLow = lengths[n]!;
    const total = lengths[n - 1]!;
    const ones = Array.from({ length: total }, (_, k) => up(unit(total, k), n));
    sums.low.push(largestSum(ones.slice(0, numLow), length));
    sums.high.push(largestSum(ones.slice(numLow), length));
  }
  return sums;

  /** The line that a level, low-pass before high-pass, becomes when all levels above have nothing else. */
  function up(level: readonly number[], n: number): number[] {
    let line = [...level];
    for (let m = n; m >= 1; m--) {
      const missing = lengths[m - 1]! - line.length;
      line = synthesiseLineSlowly(interleave([...line, ...new Array<number>(missing).fill(0)], 0), 0, '9/7');
    }
    return line;
  }
}

function unit(length: number, at: number): number[] {
  return Array.from({ length }, (_, k) => (k === at ? 1 : 0));
}

function largestSum(responses: readonly (readonly number[])[], length: number): number {
  let largest = 0;
  for (let k = 0; k < length; k++)
    largest = Math.max(
      largest,
      responses.reduce((sum, line) => sum + Math.abs(line[k]!), 0),
    );
  return largest;
}

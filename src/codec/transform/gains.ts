/**
 * How large the filters make things: what quantiser steps and rate control weigh subbands by (15444-1 E.1, J.14 for the idea).
 *
 * A subband of decomposition level n is reached through n - 1 low-pass filters and one more filter on each axis. Two numbers of that
 * chain matter: the energy of the picture that one unit of error in a coefficient becomes (the squared norm of its synthesis basis
 * function), and the largest coefficient that a picture bounded by 1 can bring about (the sum of magnitudes of the analysis filter).
 * Both are products of one number an axis, made here from the lifting steps.
 */
import { ALPHA, BETA, DELTA, GAMMA, K } from './lifting-97.ts';

/** What one axis does to a subband, low-pass or high-pass there. */
interface AxisGains {
  /** By decomposition level, from 1: squared norm of the synthesis filter. */
  readonly energy: readonly number[];
  /** Sum of magnitudes of the analysis filter. */
  readonly bound: readonly number[];
}

/** Both filters of an axis. */
interface FilterGains {
  readonly low: AxisGains;
  readonly high: AxisGains;
}

/** Filter taps around coordinate 0, which stands in the middle. */
type Taps = Float64Array;

/** From this level on the numbers only double (energy) or stay (bound); to nine digits for both filters. */
const LEVELS = 10;

// made when first asked for, because making them took a sixth of the time in which the library is loaded (2026-12)
let gains53: FilterGains | undefined;
let gains97: FilterGains | undefined;

function gainsOf(reversible: boolean): FilterGains {
  if (reversible) return (gains53 ??= filterGains([-0.5, 0.25], 1));
  return (gains97 ??= filterGains([ALPHA, BETA, GAMMA, DELTA], K));
}

/**
 * Energy of a subband's basis functions: squared error of the picture for each squared unit of error in one of its coefficients.
 * Level 0 is the picture itself. `orientation` counts LL, HL, LH, HH. An axis of one sample is passed on as it is (F.3.6, F.4.6), so that
 * after `levelsX` and `levelsY` splits, which leave one, no more energy gathers.
 */
export function energyOf(
  reversible: boolean,
  level: number,
  orientation: number,
  levelsX: number = level,
  levelsY: number = level,
): number {
  const gains = gainsOf(reversible);
  const x = axisEnergy(orientation & 1 ? gains.high : gains.low, Math.min(level, levelsX));
  return x * axisEnergy(orientation & 2 ? gains.high : gains.low, Math.min(level, levelsY));
}

function axisEnergy({ energy }: AxisGains, level: number): number {
  if (level === 0) return 1;
  const n = Math.min(level, LEVELS);
  return energy[n - 1] * 2 ** (level - n);
}

/** Largest magnitude of a coefficient for samples of magnitude 1 at most. */
export function boundOf(reversible: boolean, level: number, orientation: number): number {
  if (level === 0) return 1;
  const gains = gainsOf(reversible);
  const n = Math.min(level, LEVELS) - 1;
  const x = orientation & 1 ? gains.high : gains.low;
  const y = orientation & 2 ? gains.high : gains.low;
  return x.bound[n] * y.bound[n];
}

/** Energy of the inverse component transform: squared error in red, green and blue for each unit in its component c (Annex G). */
export const RCT_ENERGY: readonly number[] = [3, 11 / 16, 11 / 16];
export const ICT_ENERGY: readonly number[] = [3, 0.344136 ** 2 + 1.772 ** 2, 1.402 ** 2 + 0.714136 ** 2];

function filterGains(lifting: readonly number[], k: number): FilterGains {
  // analysis by lifting: odd samples take from their even neighbours, then even from odd, and so on (F.4.8)
  let even: Taps = Float64Array.of(1);
  let odd: Taps = Float64Array.of(1);
  lifting.forEach((factor, step) => {
    if (step % 2 === 0) odd = lifted(odd, even, factor);
    else even = lifted(even, odd, factor);
  });
  const low = even.map((tap) => tap / k);
  const high = odd.map((tap) => tap * k);
  // synthesis filters of a biorthogonal pair are the other's analysis filter with alternating signs
  const synthesisLow = alternating(high);
  const synthesisHigh = alternating(low);
  const result = { low: { energy: [], bound: [] }, high: { energy: [], bound: [] } } as {
    [axis in 'low' | 'high']: { energy: number[]; bound: number[] };
  };
  let analysisChain: Taps = Float64Array.of(1);
  let synthesisChain: Taps = Float64Array.of(1);
  for (let level = 1; level <= LEVELS; level++) {
    const distance = 2 ** (level - 1);
    const lowAnalysis = convolved(analysisChain, low, distance);
    const lowSynthesis = convolved(synthesisChain, synthesisLow, distance);
    result.low.bound.push(sumOf(lowAnalysis, Math.abs));
    result.high.bound.push(sumOf(convolved(analysisChain, high, distance), Math.abs));
    result.low.energy.push(sumOf(lowSynthesis, square));
    result.high.energy.push(sumOf(convolved(synthesisChain, synthesisHigh, distance), square));
    analysisChain = lowAnalysis;
    synthesisChain = lowSynthesis;
  }
  return result;
}

/** `taps` plus `factor` times `other` moved by one to either side. */
function lifted(taps: Taps, other: Taps, factor: number): Taps {
  const half = Math.max(taps.length >> 1, (other.length >> 1) + 1);
  const sum = new Float64Array(2 * half + 1);
  taps.forEach((tap, k) => void (sum[k + half - (taps.length >> 1)] += tap));
  other.forEach((tap, k) => {
    const at = k + half - (other.length >> 1);
    sum[at - 1] += factor * tap;
    sum[at + 1] += factor * tap;
  });
  return sum;
}

function alternating(taps: Taps): Taps {
  return taps.map((tap, k) => ((k - (taps.length >> 1)) & 1 ? -tap : tap));
}

/** Convolution with a filter whose taps stand `distance` apart. */
function convolved(chain: Taps, filter: Taps, distance: number): Taps {
  const half = (chain.length >> 1) + (filter.length >> 1) * distance;
  const result = new Float64Array(2 * half + 1);
  filter.forEach((tap, k) => {
    const at = k * distance;
    for (let n = 0; n < chain.length; n++) result[at + n] += tap * chain[n];
  });
  return result;
}

function sumOf(taps: Taps, term: (tap: number) => number): number {
  return taps.reduce((sum, tap) => sum + term(tap), 0);
}

function square(value: number): number {
  return value * value;
}

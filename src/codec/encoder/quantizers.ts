/**
 * Quantiser steps, bit-planes and weights of the subbands (15444-1 Annex E).
 *
 * Steps are chosen so that an error of one step weighs the same in every subband, and exponents so that no coefficient that the filters
 * can make of legal samples has more bit-planes than M_b.
 */
import type { ComponentCodingStyle } from '../codestream/cod.ts';
import type { Quantization } from '../codestream/qcd.ts';
import type { Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import { boundOf, energyOf, ICT_ENERGY, RCT_ENERGY } from '../transform/gains.ts';
import { epsilonMuOf, magnitudeBitPlanesOf, stepSizeOf } from '../transform/quantization.ts';
import { whole } from '../checks.ts';
import type { EncodeOptions, Rate } from './options.ts';
import { bytesOf } from './rates.ts';
import { visualWeight } from './visual-weights.ts';

/** Gain of a subband as a power of two: LL 0, HL and LH 1, HH 2 (Table E.1). */
const GAIN_LOG2 = [0, 1, 1, 2] as const;

/** Magnitude bit-planes that the block coder carries. */
export const MAX_BIT_PLANES = 30;

/** The largest epsilon_b that QCD can say (Table A.30). */
const MAX_EPSILON = 31;

/** RCT, ICT or neither (Annex G). */
export type ComponentTransform = 'none' | 'rct' | 'ict';

/** How the subbands of one component are quantised and weighed. Subbands count as in QCD: LL, then HL, LH, HH upward. */
export interface SubbandPlan {
  /** Δ_b; 1 for reversible coding. */
  readonly step: number;
  /** M_b (E-2), without a region's shift. */
  readonly bitPlanes: number;
  /** Squared error of the picture for a squared error of one step, weighted. */
  readonly weight: number;
}

/**
 * The step of a subband whose coefficients weigh as much as samples do. Fine enough that what rate control leaves out decides the
 * quality, not the quantiser: a deadzone quantiser with planes cut off is the quantiser of a coarser step.
 */
export function baseStepOf(rate: Rate, siz: Siz, sampleBits: number, samples: number): number {
  if ('step' in rate) return rate.step;
  const deepest = Math.max(...siz.components.map((c) => c.precision));
  if ('qfactor' in rate) return 2 ** deepest * stepOfQfactor(rate.qfactor);
  if ('psnr' in rate) {
    const error = (2 ** deepest - 1) / 10 ** (rate.psnr / 20);
    return Math.sqrt(12) * error * (1 / 4);
  }
  const points = (siz.xsiz - siz.xosiz) * (siz.ysiz - siz.yosiz);
  const bytes = bytesOf(rate, points, sampleBits) ?? 0;
  const bitsASample = Math.min(deepest, Math.ceil((8 * bytes) / samples));
  return 2 ** (deepest - 8) / 2 ** Math.max(0, bitsASample - 1);
}

/*
 * Quality factors. Up to Q = 50 the step falls as 50 / Q, then in a straight line, as the tables of JPEG do: M(Q). It is multiplied by a
 * part of the range of samples, small where loss is to be seen little and larger near 100, and the visual weights fade out there: at 97
 * all subbands have the same step, which comes down to that of rounding at 100. (The scheme is that of Watanabe and Taubman, the visual
 * weights are those of `visual-weights`, so that numbers mean about the same as elsewhere, not the same bytes.)
 */
const VISUAL_UP_TO = 65;
const VISUAL_NO_MORE = 97;
const PART_VISUAL = 0.04;
const PART_PLAIN = 0.1;
/** Of the range of samples of eight bits: the step at 100. */
const LEAST_PART = Math.SQRT1_2 / 256;

function scaleOfQfactor(q: number): number {
  return q < 50 ? 50 / q : 2 * (1 - q / 100);
}

/** How far a quality factor is on its way from visual steps to equal ones: 0 to 1. */
function plainness(q: number): number {
  if (q <= VISUAL_UP_TO) return 0;
  if (q >= VISUAL_NO_MORE) return 1;
  const log = (at: number) => Math.log(scaleOfQfactor(at));
  return (log(VISUAL_UP_TO) - log(q)) / (log(VISUAL_UP_TO) - log(VISUAL_NO_MORE));
}

/** The base step of a quality factor, as a part of the range of samples. */
function stepOfQfactor(q: number): number {
  return PART_VISUAL * (PART_PLAIN / PART_VISUAL) ** plainness(q) * scaleOfQfactor(q) + LEAST_PART;
}

/** The power of visual weights in quantiser steps: 0 unless a quality factor asks for them. */
export function visualPowerOf(rate: Rate): number {
  return 'qfactor' in rate ? 1 - plainness(rate.qfactor) : 0;
}

/** A base step that leaves less error than rounding to whole samples does; finer ones would only cost bit-planes. */
const FINEST_STEP = 1 / 64;

/** Base steps down to this need not be coarser for a size or a PSNR, whatever QCD can say. */
const FINE_ENOUGH = 1 / 4;

/** A base step, quartered `refine` times, as far as finer steps help and can be said and coded. What is asked for as a step stays. */
export function refinedStepOf(
  base: number,
  refine: number,
  rate: Rate,
  siz: Siz,
  levels: number,
  options: EncodeOptions,
): number {
  if ('step' in rate || 'qfactor' in rate) return base;
  const deepest = Math.max(...siz.components.map((c) => c.precision));
  // one entry for all subbands has the step of the lowest, which is the finest (E-5)
  const lowest = options.quantization === 'derived' ? Math.sqrt(energyOf(false, levels, 0)) : 1;
  const finest = lowest * 2 ** (deepest - finestEpsilon(options.guardBits ?? 2, options));
  return Math.max(FINEST_STEP, base / 4 ** refine, Math.min(finest, Math.max(FINE_ENOUGH, base)));
}

/** Quantisation of component c: QCD or QCC. */
export function quantizationOf(
  siz: Siz,
  c: number,
  style: ComponentCodingStyle,
  mct: ComponentTransform,
  base: number,
  options: EncodeOptions,
  visualPower: number,
): Quantization {
  const guardBits = whole('guardBits', options.guardBits ?? 2, 0, 7);
  const { precision } = siz.components[c];
  const levels = style.numDecompositionLevels;
  const derived = !style.reversible && options.quantization === 'derived';
  const epsilon: number[] = [];
  const mu: number[] = [];
  const finest = finestEpsilon(guardBits, options);
  // E-5 doubles the step from level to level, even where there is nothing left to split
  const [levelsX, levelsY] = derived ? [levels, levels] : splitsOf(siz);
  // RCT's differences have one bit more than its sum; all three share one QCD
  const magnitude = 2 ** (precision - 1) * (mct === 'rct' && c < 3 ? 2 : 1);
  for (let b = 0; b < (derived ? 1 : 3 * levels + 1); b++) {
    const { level, orientation } = placeOfSubband(b, levels);
    const gain = GAIN_LOG2[orientation];
    let entry: { epsilon: number; mu: number };
    if (style.reversible) {
      // the nominal range, or more where the filters can exceed it
      const bits = Math.ceil(Math.log2(magnitude * boundOf(true, level, orientation) + 2));
      entry = { epsilon: Math.max(precision + gain, bits - guardBits + 1), mu: 0 };
    } else {
      const chroma = mct !== 'none' && (c === 1 || c === 2);
      const seen = visualPower > 0 ? visualWeight(chroma, level, orientation) ** (visualPower / 2) : 1;
      const step = base / (seen * Math.sqrt(energyOf(false, level, orientation, levelsX, levelsY)));
      entry = epsilonMuOf(step, precision + gain);
      // the coarsest step there is (E-3); a low quality factor asks for no more than that
      if (entry.epsilon < 0 && visualPower > 0) entry = { epsilon: 0, mu: 0 };
      // the lowest of many levels would have finer steps than can be said or coded, and than make any difference
      const codable = base >= 2 ** (precision - finest);
      if (entry.epsilon > finest && codable && !derived) entry = { epsilon: finest, mu: 0 };
      const largest =
        (magnitude * boundOf(false, level, orientation)) / stepSizeOf(precision, gain, entry.epsilon, entry.mu);
      const planes = magnitudeBitPlanesOf(guardBits, entry.epsilon);
      if (largest >= 2 ** planes) {
        throw usage(
          'option-value',
          `${guardBits} guard bits are too few for the 9/7 filter; 2 are enough (15444-1 E-2)`,
        );
      }
    }
    if (entry.epsilon < 0 || entry.epsilon > 31) {
      throw usage('rate-value', `a quantiser step of ${base} is beyond what QCD can say for ${precision} bits`);
    }
    epsilon.push(entry.epsilon);
    mu.push(entry.mu);
  }
  return { style: style.reversible ? 'none' : derived ? 'derived' : 'expounded', guardBits, epsilon, mu };
}

/** How often a tile can be split along each axis until one sample is left, for components that are not subsampled. */
function splitsOf({ xsiz, ysiz, xosiz, yosiz, xtsiz, ytsiz }: Siz): [number, number] {
  const splits = (size: number): number => Math.ceil(Math.log2(size));
  return [splits(Math.min(xtsiz, xsiz - xosiz)), splits(Math.min(ytsiz, ysiz - yosiz))];
}

/** The largest epsilon_b of a subband that can be coded; a region is shifted by M_b and needs twice the bit-planes. */
function finestEpsilon(guardBits: number, { roi }: EncodeOptions): number {
  const shift = roi ? (roi.shift ?? MAX_BIT_PLANES >> 1) : 0;
  const bitPlanes = roi ? Math.min(shift, MAX_BIT_PLANES - shift) : MAX_BIT_PLANES;
  return Math.min(MAX_EPSILON, bitPlanes + 1 - guardBits);
}

/** Decomposition level and orientation of entry b of QCD. */
function placeOfSubband(b: number, levels: number): { level: number; orientation: 0 | 1 | 2 | 3 } {
  if (b === 0) return { level: levels, orientation: 0 };
  const r = Math.floor((b - 1) / 3) + 1;
  return { level: levels - r + 1, orientation: (((b - 1) % 3) + 1) as 1 | 2 | 3 };
}

/** What component c needs to know of each of its subbands. */
export function subbandsOf(
  siz: Siz,
  c: number,
  style: ComponentCodingStyle,
  q: Quantization,
  mct: ComponentTransform,
  deepest: number,
  options: EncodeOptions,
): SubbandPlan[] {
  const levels = style.numDecompositionLevels;
  const { precision } = siz.components[c];
  const [levelsX, levelsY] = splitsOf(siz);
  const colour = mct === 'none' || c > 2 ? 1 : mct === 'rct' ? RCT_ENERGY[c] : ICT_ENERGY[c];
  const chroma = mct !== 'none' && (c === 1 || c === 2);
  return Array.from({ length: 3 * levels + 1 }, (_, b) => {
    const { level, orientation } = placeOfSubband(b, levels);
    const epsilon = q.style === 'derived' ? Math.max(0, q.epsilon[0] - levels + level) : q.epsilon[b];
    const mu = q.style === 'derived' ? q.mu[0] : q.mu[b];
    const step = style.reversible ? 1 : stepSizeOf(precision, GAIN_LOG2[orientation], epsilon, mu);
    const visual = options.weights === 'visual' ? visualWeight(chroma, level, orientation) : 1;
    // errors of shallower components count as if they had the depth of the deepest
    const weight =
      energyOf(style.reversible, level, orientation, levelsX, levelsY) *
      step ** 2 *
      colour *
      visual *
      4 ** (deepest - precision);
    return { step, bitPlanes: magnitudeBitPlanesOf(q.guardBits, epsilon), weight };
  });
}

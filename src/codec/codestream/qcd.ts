/** QCD and QCC: quantisation step sizes and guard bits (15444-1 A.6.4 and A.6.5). */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed } from '../errors.ts';
import { readComponentIndex, writeComponentIndex } from './cod.ts';
import { QCC, QCD } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

/** Quantisation of one component. */
export interface Quantization {
  /** `none` for reversible coding, `derived` from one step by E-5, `expounded` with one step a subband (Table A.28). */
  readonly style: 'none' | 'derived' | 'expounded';
  /** G, 0..7 (E-2). */
  readonly guardBits: number;
  /** ε_b by subband: LL, then HL, LH, HH from the lowest resolution upward. */
  readonly epsilon: readonly number[];
  /** μ_b in the same order; all 0 for `none`. */
  readonly mu: readonly number[];
}

/** QCC. */
export interface Qcc {
  readonly component: number;
  readonly quantization: Quantization;
}

const STYLES = ['none', 'derived', 'expounded'] as const;

/** Reads the parameters after Lqcd. */
export function readQcd(r: ByteReader): Quantization {
  return readQuantization(r, '15444-1 A.6.4');
}

/** Reads the parameters after Lqcc. */
export function readQcc(r: ByteReader, numComponents: number): Qcc {
  const component = readComponentIndex(r, numComponents, '15444-1 A.6.5');
  return { component, quantization: readQuantization(r, '15444-1 A.6.5') };
}

function readQuantization(r: ByteReader, clause: string): Quantization {
  const start = r.offset;
  const sqcd = r.u8();
  const style = STYLES[sqcd & 0x1f];
  if (style === undefined) {
    throw malformed('qcd-value', `unknown quantisation style ${sqcd & 0x1f}`, { offset: start, clause });
  }
  const epsilon: number[] = [];
  const mu: number[] = [];
  if (style === 'none') {
    while (r.remaining >= 1) {
      epsilon.push(r.u8() >> 3);
      mu.push(0);
    }
  } else {
    while (r.remaining >= 2 && !(style === 'derived' && epsilon.length === 1)) {
      const v = r.u16();
      epsilon.push(v >> 11);
      mu.push(v & 0x7ff);
    }
  }
  if (epsilon.length === 0) throw malformed('qcd-length', 'no step size', { offset: start, clause });
  return { style, guardBits: sqcd >> 5, epsilon, mu };
}

/** Writes a whole QCD. */
export function writeQcd(w: ByteWriter, quantization: Quantization): void {
  writeSegment(w, QCD, () => writeQuantization(w, quantization));
}

/** Writes a whole QCC. */
export function writeQcc(w: ByteWriter, qcc: Qcc, numComponents: number): void {
  writeSegment(w, QCC, () => {
    writeComponentIndex(w, qcc.component, numComponents);
    writeQuantization(w, qcc.quantization);
  });
}

function writeQuantization(w: ByteWriter, { style, guardBits, epsilon, mu }: Quantization): void {
  w.u8((guardBits << 5) | STYLES.indexOf(style));
  for (let b = 0; b < epsilon.length; b++) {
    if (style === 'none') w.u8(epsilon[b] << 3);
    else w.u16((epsilon[b] << 11) | mu[b]);
  }
}

/**
 * Index of a subband in the step-size list, and what `derived` makes of it.
 *
 * Subband b of resolution level r is entry 0 for LL, else 3(r-1) + 1, 2, 3 for HL, LH, HH. With `derived`, E-5 gives
 * ε_b = ε_0 - N_L + n_b, where n_b is the decomposition level of the subband.
 */
export function stepOf(
  quantization: Quantization,
  numDecompositionLevels: number,
  r: number,
  orientation: number,
): { epsilon: number; mu: number } | undefined {
  if (quantization.style === 'derived') {
    const nb = r === 0 ? numDecompositionLevels : numDecompositionLevels - r + 1;
    return { epsilon: Math.max(0, quantization.epsilon[0] - numDecompositionLevels + nb), mu: quantization.mu[0] };
  }
  const b = r === 0 ? 0 : 3 * (r - 1) + orientation;
  const epsilon = quantization.epsilon[b];
  return epsilon === undefined ? undefined : { epsilon, mu: quantization.mu[b] };
}

/**
 * Quantisation, dequantisation and reconstruction (15444-1 Annex E).
 *
 * Block coders deliver each coefficient as twice its magnitude with sign, plus half a step: V = ±(2m + 1) 2^p, where m is the
 * decoded magnitude without its p undecoded bit-planes. The lowest set bit of |V| thus marks the middle of the interval that the
 * coefficient is known to lie in, and V / 2 is the mid-point reconstruction of E.1.1.2 (r = 0.5) without further work.
 */

/** M_b = G + ε_b - 1 (E-2): the most magnitude bit-planes that a code-block of the subband can have. */
export function magnitudeBitPlanesOf(guardBits: number, epsilonB: number): number {
  return guardBits + epsilonB - 1;
}

/** Δ_b = 2^(R_b - ε_b) (1 + μ_b / 2^11) with R_b = R_I + log2(gain_b) (E-3, E-4). */
export function stepSizeOf(precision: number, gainLog2: number, epsilonB: number, muB: number): number {
  return 2 ** (precision + gainLog2 - epsilonB) * (1 + muB / 2048);
}

/**
 * Dequantises `n` coefficients from `v[at]` on into integers from `m[to]` on; the step is 1 (reversible path).
 *
 * With r = 0.5 a fully decoded V = 2q + 1 becomes q, and one that lacks p bit-planes becomes (m + 1/2) 2^p.
 */
export function dequantiseReversible(
  v: Int32Array,
  at: number,
  m: Int32Array,
  to: number,
  n: number,
  reconstruction: number,
): void {
  if (reconstruction === 0.5) {
    for (let k = 0; k < n; k = (k + 1) | 0) m[(to + k) | 0] = (v[(at + k) | 0] / 2) | 0; // toward zero
  } else {
    for (let k = 0; k < n; k++) m[to + k] = Math.trunc(reconstruct(v[at + k], reconstruction));
  }
}

/** The same for the irreversible path: times the step size. */
export function dequantiseIrreversible(
  v: Int32Array,
  at: number,
  m: Float64Array,
  to: number,
  n: number,
  step: number,
  reconstruction: number,
): void {
  if (reconstruction === 0.5) {
    const half = step / 2;
    for (let k = 0; k < n; k = (k + 1) | 0) m[(to + k) | 0] = v[(at + k) | 0] * half;
  } else {
    for (let k = 0; k < n; k++) m[to + k] = reconstruct(v[at + k], reconstruction) * step;
  }
}

/** (m + r) 2^p with sign, from V = ±(2m + 1) 2^p (E-6, E-8); 0 stays 0. */
function reconstruct(v: number, r: number): number {
  const magnitude = Math.abs(v);
  const halfStep = magnitude & -magnitude;
  const value = (magnitude - halfStep) / 2 + r * halfStep;
  return v < 0 ? -value : value;
}

/**
 * Takes a code-block out of a float plane: sign and magnitude of x / Δ_b, toward zero (E-1), with `1 / Δ_b` and a power of two for
 * fraction bits in `factor`.
 */
export function quantiseIrreversible(
  plane: Float32Array,
  from: number,
  stride: number,
  width: number,
  height: number,
  factor: number,
  q: Int32Array,
): void {
  for (let y = 0, to = 0; y < height; y++, from += stride) {
    for (let x = 0; x < width; x = (x + 1) | 0, to = (to + 1) | 0) q[to] = plane[(from + x) | 0] * factor; // stored as an integer, that is truncated
  }
}

/** Takes a code-block out of an integer plane as it is (reversible path, E.2). */
export function quantiseReversible(
  plane: Int32Array,
  from: number,
  stride: number,
  width: number,
  height: number,
  q: Int32Array,
): void {
  for (let y = 0, to = 0; y < height; y++, from += stride) {
    for (let x = 0; x < width; x = (x + 1) | 0, to = (to + 1) | 0) q[to] = plane[(from + x) | 0];
  }
}

/**
 * The step size nearest to `step` that ε_b and μ_b can say: the inverse of {@link stepSizeOf} for a subband of nominal range
 * `rangeLog2` bits (R_b, E-3 and E-4).
 */
export function epsilonMuOf(step: number, rangeLog2: number): { epsilon: number; mu: number } {
  let exponent = Math.floor(Math.log2(step));
  let mu = Math.round((step / 2 ** exponent - 1) * 2048);
  if (mu === 2048) {
    mu = 0;
    exponent++;
  }
  return { epsilon: rangeLog2 - exponent, mu };
}

/**
 * How well the eye sees errors in a subband, for the `visual` weights (the idea of 15444-1 J.12).
 *
 * The contrast sensitivity of the eye falls with spatial frequency. The model of Mannos and Sakrison (1974),
 * A(f) = 2.6 (0.0192 + 0.114 f) exp(-(0.114 f)^1.1) with f in cycles a degree, is evaluated in the middle of each subband for a
 * picture seen from as far as 1700 of its samples (60 cm at 72 samples an inch); below its peak it is held at 1, because nobody
 * keeps a fixed distance. For colour differences the eye is half as sharp.
 */

const VIEWING_DISTANCE = 1700;
const PEAK_FREQUENCY = 7.891;

/** Weight of squared error, at most 1. `orientation` counts LL, HL, LH, HH of decomposition level `level`. */
export function visualWeight(chroma: boolean, level: number, orientation: number): number {
  if (orientation === 0 || level === 0) return 1;
  // a high-pass subband of level n reaches from 2^-(n+1) to 2^-n cycles a sample; a diagonal one is sqrt(2) finer
  const cyclesASample = 0.75 * 2 ** -level * (orientation === 3 ? Math.SQRT2 : 1);
  const cyclesADegree = cyclesASample * VIEWING_DISTANCE * Math.tan(Math.PI / 180);
  const f = Math.max(PEAK_FREQUENCY, chroma ? 2 * cyclesADegree : cyclesADegree);
  return (sensitivity(f) / sensitivity(PEAK_FREQUENCY)) ** 2;
}

function sensitivity(f: number): number {
  return 2.6 * (0.0192 + 0.114 * f) * Math.exp(-((0.114 * f) ** 1.1));
}

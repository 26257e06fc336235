/**
 * How far two pictures are apart: squared, absolute and peak error, PSNR, and structural similarity.
 *
 * SSIM is that of Wang, Bovik, Sheikh and Simoncelli (IEEE Transactions on Image Processing 13(4), 2004): a Gaussian
 * window of 11 x 11 samples with a standard deviation of 1.5, K1 = 0.01, K2 = 0.03, the mean over all places where the
 * window lies inside the picture, without any scaling before. The window is a product of two lines, so rows are
 * weighed first and columns after; eleven weighed rows are kept.
 */

/** Samples of one component. */
export interface Comparable {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** How far two components are apart. */
export interface Difference {
  /** Decibels of the range over the squared error; infinite for equal components. */
  readonly psnr: number;
  /** Mean squared error. */
  readonly mse: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Largest absolute error. */
  readonly peak: number;
  /** Structural similarity, 1 for equal components; `undefined` for one of less than 11 samples a side. */
  readonly ssim: number | undefined;
}

const WINDOW = 11;
const SIGMA = 1.5;
const K1 = 0.01;
const K2 = 0.03;

/** The Gaussian of one dimension, with a sum of 1. */
const WEIGHTS = /* @__PURE__ */ gaussian();

function gaussian(): Float64Array {
  const middle = (WINDOW - 1) / 2;
  const weights = Float64Array.from({ length: WINDOW }, (_, k) => Math.exp(-((k - middle) ** 2) / (2 * SIGMA ** 2)));
  const sum = weights.reduce((total, w) => total + w, 0);
  return weights.map((w) => w / sum);
}

/** Compares two components of one size; `range` is the difference of the largest and the smallest possible value. */
export function compareComponents(a: Comparable, b: Comparable, range: number): Difference {
  const count = a.width * a.height;
  let squares = 0;
  let absolutes = 0;
  let peak = 0;
  for (let i = 0; i < count; i++) {
    const error = Math.abs(a.data[i] - b.data[i]);
    squares += error * error;
    absolutes += error;
    if (error > peak) peak = error;
  }
  const mse = squares / count;
  return { psnr: psnrOf(mse, range), mse, mae: absolutes / count, peak, ssim: ssimOf(a, b, range) };
}

/** Decibels of a mean squared error. */
export function psnrOf(mse: number, range: number): number {
  return mse === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((range * range) / mse);
}

/** Structural similarity of two components of one size. */
export function ssimOf(a: Comparable, b: Comparable, range: number): number | undefined {
  const { width, height } = a;
  if (width < WINDOW || height < WINDOW) return undefined;
  const [c1, c2] = [(K1 * range) ** 2, (K2 * range) ** 2];
  const columns = width - WINDOW + 1;
  // for each of the last eleven rows: weighed a, b, a², b², ab
  const rows = Array.from({ length: WINDOW }, () => new Float64Array(5 * columns));
  const sums = new Float64Array(5 * columns);
  let total = 0;
  for (let y = 0; y < height; y++) {
    weighRow(a.data, b.data, y * width, columns, rows[y % WINDOW]);
    if (y < WINDOW - 1) continue;
    sums.fill(0);
    for (let k = 0; k < WINDOW; k++) {
      const row = rows[(y + 1 + k) % WINDOW]; // the oldest first
      const weight = WEIGHTS[k];
      for (let i = 0; i < sums.length; i++) sums[i] += weight * row[i];
    }
    for (let i = 0; i < sums.length; i += 5) {
      const [meanA, meanB] = [sums[i], sums[i + 1]];
      const varianceA = sums[i + 2] - meanA * meanA;
      const varianceB = sums[i + 3] - meanB * meanB;
      const covariance = sums[i + 4] - meanA * meanB;
      const light = (2 * meanA * meanB + c1) / (meanA * meanA + meanB * meanB + c1);
      total += (light * (2 * covariance + c2)) / (varianceA + varianceB + c2);
    }
  }
  return total / (columns * (height - WINDOW + 1));
}

function weighRow(a: ArrayLike<number>, b: ArrayLike<number>, at: number, columns: number, out: Float64Array): void {
  for (let x = 0; x < columns; x++) {
    let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
    for (let k = 0; k < WINDOW; k++) {
      const weight = WEIGHTS[k];
      const va = a[at + x + k];
      const vb = b[at + x + k];
      sa += weight * va;
      sb += weight * vb;
      saa += weight * va * va;
      sbb += weight * vb * vb;
      sab += weight * va * vb;
    }
    const o = 5 * x;
    out[o] = sa;
    out[o + 1] = sb;
    out[o + 2] = saa;
    out[o + 3] = sbb;
    out[o + 4] = sab;
  }
}

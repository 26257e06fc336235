/**
 * Structural similarity straight from its definition (Wang, Bovik, Sheikh, Simoncelli 2004, equations 6 and 13 to 16):
 * for every place of the window its weighed means, variances and covariance, one after the other.
 */

/** The mean of SSIM over all places of an 11 x 11 Gaussian window of standard deviation 1.5. */
export function slowSsim(
  a: readonly number[],
  b: readonly number[],
  width: number,
  height: number,
  range: number,
): number {
  const weight = (x: number, y: number) => Math.exp(-((x - 5) ** 2 + (y - 5) ** 2) / (2 * 1.5 ** 2));
  let sum = 0;
  for (let y = 0; y < 11; y++) for (let x = 0; x < 11; x++) sum += weight(x, y);
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  const values: number[] = [];
  for (let y0 = 0; y0 + 11 <= height; y0++) {
    for (let x0 = 0; x0 + 11 <= width; x0++) {
      const mean = (f: (i: number) => number) => {
        let total = 0;
        for (let y = 0; y < 11; y++) {
          for (let x = 0; x < 11; x++) total += (weight(x, y) / sum) * f((y0 + y) * width + x0 + x);
        }
        return total;
      };
      const muA = mean((i) => a[i]);
      const muB = mean((i) => b[i]);
      const sigmaA2 = mean((i) => (a[i] - muA) ** 2);
      const sigmaB2 = mean((i) => (b[i] - muB) ** 2);
      const sigmaAB = mean((i) => (a[i] - muA) * (b[i] - muB));
      values.push(
        ((2 * muA * muB + c1) * (2 * sigmaAB + c2)) / ((muA ** 2 + muB ** 2 + c1) * (sigmaA2 + sigmaB2 + c2)),
      );
    }
  }
  return values.reduce((total, v) => total + v, 0) / values.length;
}

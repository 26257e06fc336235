/**
 * Irreversible 9/7 synthesis of lines (15444-1 F.3.8.2, Table F.4).
 *
 * Undo the scaling, then four lifting steps, the last first. The samples of a line are scaled by K where even and 1/K where odd;
 * together with the subband gains of Table E.1 in the step sizes this is the convention of the standard (low-pass gain 1 at
 * frequency 0, high-pass gain 2 at the highest frequency).
 *
 * Planes hold 32-bit floats; sums are made in 64 bits and rounded when stored, which is closer to the exact result than a
 * decoder that works in 32 bits throughout.
 */

const ALPHA = -1.586134342059924;
const BETA = -0.052980118572961;
const GAMMA = 0.882911075530934;
const DELTA = 0.443506852043971;
const K = 1.230174104914001;

/** One row: reads `numLow` + `numHigh` samples from `plane[at]` on and leaves the interleaved line in `line`. */
export function inverse97Row(
  plane: Float32Array,
  at: number,
  numLow: number,
  numHigh: number,
  parity: number,
  line: Float32Array,
): void {
  const n = numLow + numHigh;
  const highAt = at + numLow;
  if (n === 1) {
    line[0] = parity === 0 ? plane[at] : plane[highAt] / 2; // F.3.6
    return;
  }
  for (let k = 0, to = parity; k < numLow; k++, to += 2) line[to] = plane[at + k] * K;
  for (let k = 0, to = 1 - parity; k < numHigh; k++, to += 2) line[to] = plane[highAt + k] * (1 / K);
  liftRow(line, n, parity, DELTA);
  liftRow(line, n, 1 - parity, GAMMA);
  liftRow(line, n, parity, BETA);
  liftRow(line, n, 1 - parity, ALPHA);
}

/** Takes `factor` times the two neighbours from every second sample, beginning at `first` (0 or 1). */
function liftRow(line: Float32Array, n: number, first: number, factor: number): void {
  const last = n - 1;
  let k = first;
  if (k === 0) {
    line[0] = line[0] - 2 * factor * line[1]; // both neighbours mirror to one
    k = 2;
  }
  let left = line[k - 1];
  for (; k < last; k += 2) {
    const right = line[k + 1];
    line[k] = line[k] - factor * (left + right);
    left = right;
  }
  if (k === last) line[k] = line[k] - 2 * factor * line[k - 1];
}

/** Some columns at once, as in the 5/3 case; `lines` receives interleaved rows of `width` samples. */
export function inverse97Columns(
  plane: Float32Array,
  at: number,
  stride: number,
  width: number,
  numLow: number,
  numHigh: number,
  parity: number,
  lines: Float32Array,
): void {
  const n = numLow + numHigh;
  const highAt = at + numLow * stride;
  if (n === 1) {
    for (let x = 0; x < width; x++) lines[x] = parity === 0 ? plane[at + x] : plane[highAt + x] / 2;
    return;
  }
  for (let k = 0; k < numLow; k++) scaleRow(plane, at + k * stride, lines, (2 * k + parity) * width, width, K);
  for (let k = 0; k < numHigh; k++) {
    scaleRow(plane, highAt + k * stride, lines, (2 * k + 1 - parity) * width, width, 1 / K);
  }
  liftRows(lines, n, width, parity, DELTA);
  liftRows(lines, n, width, 1 - parity, GAMMA);
  liftRows(lines, n, width, parity, BETA);
  liftRows(lines, n, width, 1 - parity, ALPHA);
}

function scaleRow(from: Float32Array, at: number, to: Float32Array, toAt: number, width: number, factor: number): void {
  for (let x = 0; x < width; x++) to[toAt + x] = from[at + x] * factor;
}

function liftRows(lines: Float32Array, n: number, width: number, first: number, factor: number): void {
  const last = n - 1;
  for (let k = first; k < n; k += 2) {
    const row = k * width;
    const above = (k > 0 ? k - 1 : 1) * width;
    const below = (k < last ? k + 1 : last - 1) * width;
    for (let x = 0; x < width; x++) lines[row + x] = lines[row + x] - factor * (lines[above + x] + lines[below + x]);
  }
}

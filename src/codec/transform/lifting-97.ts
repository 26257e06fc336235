/**
 * The irreversible 9/7 filter on lines: synthesis (15444-1 F.3.8.2, Table F.4) and analysis (F.4.8.2).
 *
 * Synthesis: undo the scaling, then four lifting steps, the last first. Even samples are scaled by K and odd ones by 1/K; together with the
 * subband gains of Table E.1 in the step sizes this is the convention of the standard (low-pass gain 1 at frequency 0, high-pass
 * gain 2 at the highest frequency). The scaling of both axes is done where rows are read: a product of two factors costs no more
 * than one.
 *
 * A long line streams: with a, b the samples at even and odd places, each new pair finishes one step of each kind a little further
 * back, and everything in between stays in registers,
 *
 *     a1[n] = a[n] - δ(b[left] + b[right])      b1[left] = b[left] - γ(a1[n-1] + a1[n])
 *     a2[n-1] = a1[n-1] - β(b1 + b1)            b2 = b1 - α(a2 + a2)
 *
 * which is four times as fast as four passes (13.0 to 3.2 ns a sample, V8 11.3, 2026-11). Short lines take the four passes.
 * Analysis is the same in the opposite order, with the scaling last.
 *
 * Synthesis keeps its rows in 64-bit floats, all in one array (see rows.ts). Analysis works in planes of 32-bit floats: sums are made in 64
 * bits and rounded when stored; rounding every step to 32 bits instead, with Math.fround, was five times slower.
 */

/** The lifting factors of Table F.4. */
export const ALPHA = -1.586134342059924;
export const BETA = -0.052980118572961;
export const GAMMA = 0.882911075530934;
export const DELTA = 0.443506852043971;
/** K of Table F.4. */
export const K = 1.230174104914001;

/** Lines of fewer samples take the plain road. */
export const STREAMED = 8;

/**
 * One row: `numLow` low-pass samples from `m[low]` on and `numHigh` high-pass ones from `m[high]` on come out interleaved from `m[line]` on,
 * all multiplied by `scale`, the factor of the other axis. The plain road, for short lines, and for coefficients that are no multiples of a
 * step (those of another reconstruction than the middle of the interval).
 */
export function inverse97Row(
  m: Float64Array,
  low: number,
  high: number,
  line: number,
  numLow: number,
  numHigh: number,
  parity: number,
  scale: number,
): void {
  const n = numLow + numHigh;
  if (n === 1) {
    m[line] = parity === 0 ? m[low] * scale : m[high] * (scale / 2); // F.3.6
    return;
  }
  for (let k = 0, to = line + parity; k < numLow; k++, to += 2) m[to] = m[low + k] * (scale * K);
  for (let k = 0, to = line + 1 - parity; k < numHigh; k++, to += 2) m[to] = m[high + k] * (scale / K);
  liftLine(m, line, n, parity, DELTA);
  liftLine(m, line, n, 1 - parity, GAMMA);
  liftLine(m, line, n, parity, BETA);
  liftLine(m, line, n, 1 - parity, ALPHA);
}

/** Takes `factor` times the two neighbours from every second sample of a line, beginning at `first` (0 or 1). */
function liftLine(m: Float64Array, line: number, n: number, first: number, factor: number): void {
  const last = n - 1;
  for (let k = first; k < n; k += 2) {
    m[line + k] -= factor * (m[line + (k > 0 ? k - 1 : 1)] + m[line + (k < last ? k + 1 : last - 1)]);
  }
}

/**
 * {@link inverse97Row} where both halves are coefficients as the block decoder left them, and `lowScale` and `highScale` have the step sizes
 * in them: dequantisation costs nothing then (1.76 to 1.30 ns a sample, V8 11.3, 2026-12). For lines of at least {@link STREAMED} samples.
 */
export function streamCoefficients(
  v: Int32Array,
  low: number,
  w: Int32Array,
  high: number,
  m: Float64Array,
  line: number,
  numLow: number,
  numHigh: number,
  parity: number,
  lowScale: number,
  highScale: number,
): void {
  const alpha = ALPHA;
  const beta = BETA;
  const gamma = GAMMA;
  const delta = DELTA;
  // b: the odd sample right of even sample n. What lies left of the line mirrors to what lies right of its first sample.
  let b = w[high + parity] * highScale;
  let a1 = v[low] * lowScale - delta * (w[high] * highScale + b);
  let b1 = parity === 0 ? 0 : w[high] * highScale - 2 * gamma * a1;
  let nextB = w[high + 1 + parity] * highScale;
  let nextA1 = v[low + 1] * lowScale - delta * (b + nextB);
  let nextB1 = b - gamma * (a1 + nextA1);
  let a2 = a1 - beta * ((parity === 0 ? nextB1 : b1) + nextB1);
  m[line + parity] = a2;
  if (parity === 1) m[line] = b1 - 2 * alpha * a2;
  b = nextB;
  a1 = nextA1;
  b1 = nextB1;
  let to = (line + parity + 1) | 0;
  // even samples that have an odd one on their right
  const full = numHigh - parity;
  const right = (high + parity) | 0;
  for (let n = 2; n < full; n = (n + 1) | 0, to = (to + 2) | 0) {
    nextB = w[(right + n) | 0] * highScale;
    nextA1 = v[(low + n) | 0] * lowScale - delta * (b + nextB);
    nextB1 = b - gamma * (a1 + nextA1);
    const nextA2 = a1 - beta * (b1 + nextB1);
    m[to] = b1 - alpha * (a2 + nextA2);
    m[(to + 1) | 0] = nextA2;
    b = nextB;
    a1 = nextA1;
    b1 = nextB1;
    a2 = nextA2;
  }
  if (full < numLow) {
    // the line ends with an even sample, right of which everything mirrors
    nextA1 = v[low + numLow - 1] * lowScale - 2 * delta * b;
    nextB1 = b - gamma * (a1 + nextA1);
    const nextA2 = a1 - beta * (b1 + nextB1);
    m[to] = b1 - alpha * (a2 + nextA2);
    m[to + 1] = nextA2;
    const lastA2 = nextA1 - 2 * beta * nextB1;
    m[to + 2] = nextB1 - alpha * (nextA2 + lastA2);
    m[to + 3] = lastA2;
  } else {
    nextB1 = b - 2 * gamma * a1;
    const nextA2 = a1 - beta * (b1 + nextB1);
    m[to] = b1 - alpha * (a2 + nextA2);
    m[to + 1] = nextA2;
    m[to + 2] = nextB1 - 2 * alpha * nextA2;
  }
}

/** The same where the high-pass half alone is coefficients (1.4 to 1.2 ns a sample). */
export function streamMixed(
  m: Float64Array,
  low: number,
  w: Int32Array,
  high: number,
  line: number,
  numLow: number,
  numHigh: number,
  parity: number,
  lowScale: number,
  highScale: number,
): void {
  const alpha = ALPHA;
  const beta = BETA;
  const gamma = GAMMA;
  const delta = DELTA;
  // b: the odd sample right of even sample n. What lies left of the line mirrors to what lies right of its first sample.
  let b = w[high + parity] * highScale;
  let a1 = m[low] * lowScale - delta * (w[high] * highScale + b);
  let b1 = parity === 0 ? 0 : w[high] * highScale - 2 * gamma * a1;
  let nextB = w[high + 1 + parity] * highScale;
  let nextA1 = m[low + 1] * lowScale - delta * (b + nextB);
  let nextB1 = b - gamma * (a1 + nextA1);
  let a2 = a1 - beta * ((parity === 0 ? nextB1 : b1) + nextB1);
  m[line + parity] = a2;
  if (parity === 1) m[line] = b1 - 2 * alpha * a2;
  b = nextB;
  a1 = nextA1;
  b1 = nextB1;
  let to = (line + parity + 1) | 0;
  // even samples that have an odd one on their right
  const full = numHigh - parity;
  const right = (high + parity) | 0;
  for (let n = 2; n < full; n = (n + 1) | 0, to = (to + 2) | 0) {
    nextB = w[(right + n) | 0] * highScale;
    nextA1 = m[(low + n) | 0] * lowScale - delta * (b + nextB);
    nextB1 = b - gamma * (a1 + nextA1);
    const nextA2 = a1 - beta * (b1 + nextB1);
    m[to] = b1 - alpha * (a2 + nextA2);
    m[(to + 1) | 0] = nextA2;
    b = nextB;
    a1 = nextA1;
    b1 = nextB1;
    a2 = nextA2;
  }
  if (full < numLow) {
    // the line ends with an even sample, right of which everything mirrors
    nextA1 = m[low + numLow - 1] * lowScale - 2 * delta * b;
    nextB1 = b - gamma * (a1 + nextA1);
    const nextA2 = a1 - beta * (b1 + nextB1);
    m[to] = b1 - alpha * (a2 + nextA2);
    m[to + 1] = nextA2;
    const lastA2 = nextA1 - 2 * beta * nextB1;
    m[to + 2] = nextB1 - alpha * (nextA2 + lastA2);
    m[to + 3] = lastA2;
  } else {
    nextB1 = b - 2 * gamma * a1;
    const nextA2 = a1 - beta * (b1 + nextB1);
    m[to] = b1 - alpha * (a2 + nextA2);
    m[to + 1] = nextA2;
    m[to + 2] = nextB1 - 2 * alpha * nextA2;
  }
}

/**
 * The vertical steps that two more low-pass rows make possible, `n` samples wide, away from the ends of a line. The places are those of rows
 * of the picture, top to bottom, each as far as the steps have brought it: `a2` (finished), `b1`, `a1`, `b`, then `a` (a low-pass row) with
 * `below` (the high-pass row under it) and `c` with `under`, as they came. Two steps of each kind are made, which leaves `below` and `c` as
 * far as `b1` and `a1` were, and finishes `b1`, `a1`, `b` and `a`, all in their places.
 *
 * One pair of rows at a time would store twice what the second step takes from registers here (5.7 to 3.8 ns for two samples, V8 11.3,
 * 2026-12). The factors are locals, since constants of a module become variables in a bundle and are fetched in each turn (7.8 to 5.7).
 */
export function inverse97Rows(
  m: Float64Array,
  a2: number,
  b1: number,
  a1: number,
  b: number,
  a: number,
  below: number,
  c: number,
  under: number,
  n: number,
): void {
  const alpha = ALPHA;
  const beta = BETA;
  const gamma = GAMMA;
  const delta = DELTA;
  for (let x = 0; x < n; x = (x + 1) | 0) {
    const high = m[(b + x) | 0];
    const previousA1 = m[(a1 + x) | 0];
    const nextHigh = m[(below + x) | 0];
    const nextA1 = m[(a + x) | 0] - delta * (high + nextHigh);
    const nextB1 = high - gamma * (previousA1 + nextA1);
    const previousB1 = m[(b1 + x) | 0];
    const nextA2 = previousA1 - beta * (previousB1 + nextB1);
    m[(a1 + x) | 0] = nextA2;
    m[(b1 + x) | 0] = previousB1 - alpha * (m[(a2 + x) | 0] + nextA2);
    const lastA1 = m[(c + x) | 0] - delta * (nextHigh + m[(under + x) | 0]);
    const lastB1 = nextHigh - gamma * (nextA1 + lastA1);
    const lastA2 = nextA1 - beta * (nextB1 + lastB1);
    m[(c + x) | 0] = lastA1;
    m[(below + x) | 0] = lastB1;
    m[(a + x) | 0] = lastA2;
    m[(b + x) | 0] = nextB1 - alpha * (nextA2 + lastA2);
  }
}

/** One lifting step of one row: takes `factor` times the rows above and below from it. */
export function liftRow97(m: Float64Array, row: number, above: number, below: number, factor: number, n: number): void {
  for (let x = 0; x < n; x++) m[row + x] -= factor * (m[above + x] + m[below + x]);
}

/**
 * One row of `n` samples from `plane[at]` on, interleaved as they stand in the picture, becomes its low-pass and then its high-pass
 * samples, all multiplied by `scale`, the factor of the other axis. `highs` is scratch for exactly the high-pass half.
 */
export function forward97Row(
  plane: Float32Array,
  at: number,
  n: number,
  parity: number,
  scale: number,
  highs: Float32Array,
): void {
  if (n === 1) {
    plane[at] *= parity === 0 ? scale : 2 * scale; // F.4.6
    return;
  }
  if (n >= STREAMED) streamForwardRow(plane, at, n, parity, scale / K, scale * K, highs);
  else {
    liftForwardRow(plane, at, n, 1 - parity, ALPHA);
    liftForwardRow(plane, at, n, parity, BETA);
    liftForwardRow(plane, at, n, 1 - parity, GAMMA);
    liftForwardRow(plane, at, n, parity, DELTA);
    for (let k = 1 - parity, h = 0; k < n; k += 2) highs[h++] = plane[at + k] * (scale * K);
    for (let k = parity, l = 0; k < n; k += 2) plane[at + l++] = plane[at + k] * (scale / K);
  }
  plane.set(highs, at + n - highs.length);
}

/** Adds `factor` times the two neighbours to every second sample, beginning at `first` (0 or 1). */
function liftForwardRow(plane: Float32Array, at: number, n: number, first: number, factor: number): void {
  const last = n - 1;
  for (let k = first; k < n; k += 2) {
    plane[at + k] += factor * (plane[at + (k > 0 ? k - 1 : 1)] + plane[at + (k < last ? k + 1 : last - 1)]);
  }
}

function streamForwardRow(
  plane: Float32Array,
  at: number,
  n: number,
  parity: number,
  lowScale: number,
  highScale: number,
  highs: Float32Array,
): void {
  const first = at + parity;
  const numLow = n - highs.length;
  let h = 0;
  // a: an even sample; b: the odd one on its right. What lies left of the line mirrors to what lies right of its first sample.
  let a = plane[first + 2];
  let b1 = plane[first + 1] + ALPHA * (plane[first] + a);
  const leftB1 = parity === 0 ? b1 : plane[at] + 2 * ALPHA * plane[first];
  let a1 = plane[first] + BETA * (leftB1 + b1);
  let b2 = leftB1 + 2 * GAMMA * a1; // left of the first even sample; of no meaning when the line begins with that
  if (parity === 1) highs[h++] = b2 * highScale;
  let nextA = plane[first + 4];
  let nextB1 = plane[first + 3] + ALPHA * (a + nextA);
  let nextA1 = a + BETA * (b1 + nextB1);
  let nextB2 = b1 + GAMMA * (a1 + nextA1);
  if (parity === 0) b2 = nextB2;
  plane[at] = (a1 + DELTA * (b2 + nextB2)) * lowScale;
  highs[h++] = nextB2 * highScale;
  a = nextA;
  b1 = nextB1;
  a1 = nextA1;
  b2 = nextB2;
  const lastEven = numLow - 1;
  let from = (first + 5) | 0;
  let to = (at + 1) | 0;
  for (const end = (at + lastEven - 1) | 0; to < end; to = (to + 1) | 0) {
    nextA = plane[(from + 1) | 0];
    nextB1 = plane[from] + ALPHA * (a + nextA);
    nextA1 = a + BETA * (b1 + nextB1);
    nextB2 = b1 + GAMMA * (a1 + nextA1);
    plane[to] = (a1 + DELTA * (b2 + nextB2)) * lowScale;
    highs[h] = nextB2 * highScale;
    h = (h + 1) | 0;
    a = nextA;
    b1 = nextB1;
    a1 = nextA1;
    b2 = nextB2;
    from = (from + 2) | 0;
  }
  const endsOdd = highs.length - parity === numLow;
  nextB1 = endsOdd ? plane[from] + 2 * ALPHA * a : b1;
  nextA1 = a + BETA * (b1 + nextB1);
  nextB2 = b1 + GAMMA * (a1 + nextA1);
  plane[at + lastEven - 1] = (a1 + DELTA * (b2 + nextB2)) * lowScale;
  highs[h++] = nextB2 * highScale;
  b2 = endsOdd ? nextB1 + 2 * GAMMA * nextA1 : nextB2;
  plane[at + lastEven] = (nextA1 + DELTA * (nextB2 + b2)) * lowScale;
  if (endsOdd) highs[h] = b2 * highScale;
}

/**
 * All vertical steps of a column of fewer than {@link STREAMED} rows, in place: `n` rows of `width` samples from `plane[at]` on, `stride`
 * samples apart, which stay interleaved and unscaled; {@link forward97Row} scales them.
 */
export function forward97FewRows(
  plane: Float32Array,
  at: number,
  stride: number,
  n: number,
  parity: number,
  width: number,
): void {
  if (n === 1) return;
  for (let k = 1 - parity; k < n; k += 2) liftForwardRowAt(plane, at, stride, n, k, ALPHA, width);
  for (let k = parity; k < n; k += 2) liftForwardRowAt(plane, at, stride, n, k, BETA, width);
  for (let k = 1 - parity; k < n; k += 2) liftForwardRowAt(plane, at, stride, n, k, GAMMA, width);
  for (let k = parity; k < n; k += 2) liftForwardRowAt(plane, at, stride, n, k, DELTA, width);
}

/** The first odd row for {@link forward97RowsAt}: the third. */
export function firstOdd97(parity: number): number {
  return 5 - parity;
}

/** Of a column of {@link STREAMED} rows and more, what comes before the first {@link forward97RowsAt}; reads the rows up to that. */
export function forward97FirstRows(
  plane: Float32Array,
  at: number,
  stride: number,
  n: number,
  parity: number,
  width: number,
): void {
  const first = firstOdd97(parity);
  for (let k = 1 - parity; k < first; k += 2) liftForwardRowAt(plane, at, stride, n, k, ALPHA, width);
  for (let k = parity; k < first - 2; k += 2) liftForwardRowAt(plane, at, stride, n, k, BETA, width);
  liftForwardRowAt(plane, at, stride, n, 1 - parity, GAMMA, width);
  if (parity === 0) liftForwardRowAt(plane, at, stride, n, 0, DELTA, width);
}

/**
 * The odd row `k`, which has an even one below it, takes all four steps along, each a row further up: row k - 3 is finished, and with it
 * row k - 4, which nothing needs any more.
 */
export function forward97RowsAt(plane: Float32Array, at: number, stride: number, k: number, width: number): void {
  const toA1 = stride | 0;
  const toB1 = (2 * stride) | 0;
  const toA = (3 * stride) | 0;
  const toB = (4 * stride) | 0;
  const toBelow = (5 * stride) | 0;
  const b2 = (at + (k - 4) * stride) | 0;
  const end = (b2 + width) | 0;
  for (let i = b2; i < end; i = (i + 1) | 0) {
    const a = plane[(i + toA) | 0];
    const b1 = plane[(i + toB1) | 0];
    const a1 = plane[(i + toA1) | 0];
    const nextB1 = plane[(i + toB) | 0] + ALPHA * (a + plane[(i + toBelow) | 0]);
    const nextA1 = a + BETA * (b1 + nextB1);
    const nextB2 = b1 + GAMMA * (a1 + nextA1);
    plane[(i + toA1) | 0] = a1 + DELTA * (plane[i] + nextB2);
    plane[(i + toB1) | 0] = nextB2;
    plane[(i + toA) | 0] = nextA1;
    plane[(i + toB) | 0] = nextB1;
  }
}

/** What is left at the end, step by step; `k` is the first odd row that {@link forward97RowsAt} has not had. */
export function forward97LastRows(
  plane: Float32Array,
  at: number,
  stride: number,
  n: number,
  k: number,
  width: number,
): void {
  for (let o = k; o < n; o += 2) liftForwardRowAt(plane, at, stride, n, o, ALPHA, width);
  for (let e = k - 1; e < n; e += 2) liftForwardRowAt(plane, at, stride, n, e, BETA, width);
  for (let o = k - 2; o < n; o += 2) liftForwardRowAt(plane, at, stride, n, o, GAMMA, width);
  for (let e = k - 3; e < n; e += 2) liftForwardRowAt(plane, at, stride, n, e, DELTA, width);
}

/** One lifting step of row k. */
function liftForwardRowAt(
  plane: Float32Array,
  at: number,
  stride: number,
  n: number,
  k: number,
  factor: number,
  width: number,
): void {
  const row = at + k * stride;
  const above = at + (k > 0 ? k - 1 : 1) * stride;
  const below = at + (k < n - 1 ? k + 1 : n - 2) * stride;
  for (let x = 0; x < width; x++) plane[row + x] += factor * (plane[above + x] + plane[below + x]);
}

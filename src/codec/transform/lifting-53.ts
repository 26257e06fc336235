/**
 * The reversible 5/3 filter on lines: synthesis (15444-1 F.3.8.1, equations F-5 and F-6) and analysis (F.4.8.1, F-9 and F-10).
 *
 * Even coordinates hold low-pass, odd ones high-pass samples, so `parity`, the parity of a line's first coordinate, decides which
 * comes first. Synthesis undoes the update step, then the prediction; both round toward minus infinity. Symmetric extension (F.3.7)
 * never reaches further than one sample here, so it is written as a choice of neighbour.
 *
 * Both steps are fused: an even sample needs the two odd ones beside it as they came, and an odd one is finished as soon as the
 * even one after it is; analysis has the same shape with the roles exchanged. Range: sums of two neighbours stay below 2^31 as long
 * as magnitudes stay below 2^29.
 */

/**
 * One row: `numLow` low-pass samples from `m[low]` on and `numHigh` high-pass ones from `m[high]` on come out interleaved from `m[line]` on.
 */
export function inverse53Row(
  m: Int32Array,
  low: number,
  high: number,
  line: number,
  numLow: number,
  numHigh: number,
  parity: number,
): void {
  if (numLow + numHigh === 1) {
    m[line] = parity === 0 ? m[low] : halve(m[high]);
    return;
  }
  let to = line;
  if (parity === 0) {
    let right = m[high]; // the sample left of the line mirrors to this one
    let even = m[low] - ((right + right + 2) >> 2); // F-5
    m[to] = even;
    for (let n = 1; n < numHigh; n = (n + 1) | 0, to = (to + 2) | 0) {
      const nextRight = m[(high + n) | 0];
      const nextEven = m[(low + n) | 0] - ((right + nextRight + 2) >> 2); // F-5
      m[(to + 1) | 0] = right + ((even + nextEven) >> 1); // F-6
      m[(to + 2) | 0] = nextEven;
      right = nextRight;
      even = nextEven;
    }
    if (numLow > numHigh) {
      const nextEven = m[low + numHigh] - ((right + right + 2) >> 2);
      m[to + 1] = right + ((even + nextEven) >> 1);
      m[to + 2] = nextEven;
    } else m[to + 1] = right + even;
    return;
  }
  let left = m[high];
  let right = numHigh > 1 ? m[high + 1] : left;
  let even = m[low] - ((left + right + 2) >> 2);
  m[to] = left + even;
  m[to + 1] = even;
  left = right;
  to += 2;
  // even samples that have an odd one on their right
  const full = numHigh - 1;
  for (let n = 1; n < full; n = (n + 1) | 0, to = (to + 2) | 0) {
    right = m[(high + n + 1) | 0];
    const nextEven = m[(low + n) | 0] - ((left + right + 2) >> 2);
    m[to] = left + ((even + nextEven) >> 1);
    m[(to + 1) | 0] = nextEven;
    even = nextEven;
    left = right;
  }
  if (numHigh > numLow) m[to] = left + even;
  else if (numLow > 1) {
    const nextEven = m[low + numLow - 1] - ((left + left + 2) >> 2);
    m[to] = left + ((even + nextEven) >> 1);
    m[to + 1] = nextEven;
  }
}

/**
 * The vertical steps of one low-pass row, `n` samples wide: `low` becomes the even row (F-5), and `before`, the high-pass row above it,
 * the odd one between it and `previous`, the even row before (F-6). `after` is the high-pass row below. Where a line ends, rows stand
 * for each other (F.3.7): `after` may be `before`, and `previous` may be `low`.
 */
export function inverse53Rows(
  m: Int32Array,
  before: number,
  low: number,
  after: number,
  previous: number,
  n: number,
): void {
  for (let x = 0; x < n; x = (x + 1) | 0) {
    const high = m[(before + x) | 0];
    const even = m[(low + x) | 0] - ((high + m[(after + x) | 0] + 2) >> 2); // F-5
    m[(low + x) | 0] = even; // stored before `previous` is read, which may be the same row
    m[(before + x) | 0] = high + ((m[(previous + x) | 0] + even) >> 1); // F-6
  }
}

/** The first row of a line that begins with a low-pass one: above it, `after` mirrors (F-5). */
export function firstRow53(m: Int32Array, low: number, after: number, n: number): void {
  for (let x = 0; x < n; x++) m[low + x] -= (m[after + x] + m[after + x] + 2) >> 2;
}

/** The last row of a line that ends with a high-pass one: below it, `even` mirrors (F-6). */
export function lastRow53(m: Int32Array, high: number, even: number, n: number): void {
  for (let x = 0; x < n; x++) m[high + x] += m[even + x];
}

/** A line of one high-pass row. */
export function loneRow53(m: Int32Array, high: number, n: number): void {
  for (let x = 0; x < n; x++) m[high + x] = halve(m[high + x]);
}

/**
 * F.3.6: a lone odd sample was doubled by the encoder. After a lossy cut it need not be even any more; halving toward zero is what
 * OpenJPEG does, and the standard leaves it open.
 */
function halve(value: number): number {
  return (value / 2) | 0;
}

/**
 * One row of `n` samples from `plane[at]` on, interleaved as they stand in the picture, becomes its low-pass and then its high-pass
 * samples. `highs` is scratch for exactly the high-pass half: what is written in front is never needed again, what belongs behind is.
 */
export function forward53Row(plane: Int32Array, at: number, n: number, parity: number, highs: Int32Array): void {
  if (n === 1) {
    if (parity === 1) plane[at] *= 2; // F.4.6
    return;
  }
  const numHigh = highs.length;
  const numLow = n - numHigh;
  let from = (at + parity) | 0;
  let even = plane[from];
  let h = 0;
  let high: number;
  if (parity === 1) {
    high = plane[at] - even; // F-9, both neighbours are one
    highs[h++] = high;
  } else {
    const nextEven = n > 2 ? plane[from + 2] : even;
    high = plane[from + 1] - ((even + nextEven) >> 1);
  }
  // each turn: the odd sample right of an even one, and with it the even one
  const full = numLow - 1;
  let to = at | 0;
  for (const end = (to + full) | 0; to < end; to = (to + 1) | 0) {
    const nextEven = plane[(from + 2) | 0];
    const nextHigh = (plane[(from + 1) | 0] - ((even + nextEven) >> 1)) | 0; // F-9
    plane[to] = even + ((high + nextHigh + 2) >> 2); // F-10
    highs[h] = nextHigh;
    h = (h + 1) | 0;
    high = nextHigh;
    even = nextEven;
    from = (from + 2) | 0;
  }
  if (h < numHigh) {
    const nextHigh = plane[from + 1] - even;
    plane[at + full] = even + ((high + nextHigh + 2) >> 2);
    highs[h] = nextHigh;
  } else plane[at + full] = even + ((high + high + 2) >> 2);
  plane.set(highs, at + numLow);
}

/**
 * The vertical steps that end with the odd row `k`, in place: `n` rows of `width` samples from `plane[at]` on, `stride` samples apart,
 * which stay interleaved. Row k becomes high-pass (F-9), and the even row above it low-pass (F-10), for which the odd row before it
 * must have been here. The row below k is read as it came.
 */
export function forward53RowsAt(
  plane: Int32Array,
  at: number,
  stride: number,
  n: number,
  k: number,
  width: number,
): void {
  const odd = at + k * stride;
  if (n === 1) {
    for (let x = odd; x < odd + width; x++) plane[x] *= 2; // F.4.6
    return;
  }
  const below = k < n - 1 ? odd + stride : odd - stride;
  if (k === 0) {
    for (let x = 0; x < width; x++) plane[odd + x] -= plane[below + x];
    return;
  }
  const above = odd - stride;
  // where no odd row comes before the even one, the one after it stands for both; distances, so that one index serves for all rows
  const toBefore = (k > 1 ? -stride : stride) | 0;
  const toOdd = stride | 0;
  const toBelow = (below - above) | 0;
  const end = (above + width) | 0;
  for (let i = above | 0; i < end; i = (i + 1) | 0) {
    const even = plane[i];
    const high = (plane[(i + toOdd) | 0] - ((even + plane[(i + toBelow) | 0]) >> 1)) | 0; // F-9
    plane[(i + toOdd) | 0] = high;
    // at the first even row `before` is the odd row itself, as it is now
    plane[i] = even + ((plane[(i + toBefore) | 0] + high + 2) >> 2); // F-10
  }
}

/** The last row where that is an even one, after {@link forward53RowsAt} for all odd rows: both its neighbours are the row above. */
export function forward53LastRow(plane: Int32Array, at: number, stride: number, n: number, width: number): void {
  if (n === 1) return;
  const even = at + (n - 1) * stride;
  const before = even - stride;
  for (let x = 0; x < width; x++) plane[even + x] += (2 * plane[before + x] + 2) >> 2;
}

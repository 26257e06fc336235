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

/** One row: reads `numLow` low-pass and then `numHigh` high-pass samples from `plane[at]` on, leaves them interleaved in `line`. */
export function inverse53Row(
  plane: Int32Array,
  at: number,
  numLow: number,
  numHigh: number,
  parity: number,
  line: Int32Array,
): void {
  const highAt = at + numLow;
  if (numLow + numHigh === 1) {
    line[0] = parity === 0 ? plane[at] : halve(plane[highAt]);
    return;
  }
  if (parity === 0) {
    let high = plane[highAt]; // the sample left of the line mirrors to this one
    let even = plane[at] - ((high + high + 2) >> 2); // F-5
    line[0] = even;
    for (let n = 1; n < numHigh; n++) {
      const nextHigh = plane[highAt + n];
      const nextEven = plane[at + n] - ((high + nextHigh + 2) >> 2); // F-5
      line[2 * n - 1] = high + ((even + nextEven) >> 1); // F-6
      line[2 * n] = nextEven;
      high = nextHigh;
      even = nextEven;
    }
    if (numLow > numHigh) {
      const nextEven = plane[at + numHigh] - ((high + high + 2) >> 2);
      line[2 * numHigh - 1] = high + ((even + nextEven) >> 1);
      line[2 * numHigh] = nextEven;
    } else line[2 * numHigh - 1] = high + even;
    return;
  }
  let high = plane[highAt];
  let nextHigh = numHigh > 1 ? plane[highAt + 1] : high;
  let even = plane[at] - ((high + nextHigh + 2) >> 2);
  line[0] = high + even;
  line[1] = even;
  high = nextHigh;
  for (let n = 1; n < numLow; n++) {
    nextHigh = n + 1 < numHigh ? plane[highAt + n + 1] : high;
    const nextEven = plane[at + n] - ((high + nextHigh + 2) >> 2);
    line[2 * n] = high + ((even + nextEven) >> 1);
    line[2 * n + 1] = nextEven;
    even = nextEven;
    high = nextHigh;
  }
  if (numHigh > numLow) line[2 * numLow] = high + even;
}

/**
 * Columns `x0 <= x < x1`, all at once and in place: `n` rows from `plane[0]` on, `stride` samples apart, already interleaved. Whole
 * rows are combined, so the inner loops run along memory.
 */
export function inverse53Columns(
  plane: Int32Array,
  stride: number,
  n: number,
  parity: number,
  x0: number,
  x1: number,
): void {
  if (n === 1) {
    if (parity === 1) for (let x = x0; x < x1; x++) plane[x] = halve(plane[x]);
    return;
  }
  const last = n - 1;
  for (let k = parity; k < n; k += 2) {
    const even = k * stride;
    const below = (k < last ? k + 1 : last - 1) * stride;
    const above = (k > 0 ? k - 1 : 1) * stride;
    // the row above is finished with the even row before it; at the start of the line the two are one
    const before = k > 1 ? even - 2 * stride : even;
    for (let x = x0; x < x1; x++) {
      const high = plane[above + x];
      plane[even + x] -= (high + plane[below + x] + 2) >> 2; // F-5
      if (k > 0) plane[above + x] = high + ((plane[before + x] + plane[even + x]) >> 1); // F-6
    }
  }
  if ((last & 1) !== parity) {
    // an odd row ends the line: both its neighbours are the one above
    const odd = last * stride;
    const above = odd - stride;
    for (let x = x0; x < x1; x++) plane[odd + x] += plane[above + x];
  }
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

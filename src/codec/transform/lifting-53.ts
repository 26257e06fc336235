/**
 * Reversible 5/3 synthesis of lines (15444-1 F.3.8.1, equations F-5 and F-6).
 *
 * Even coordinates hold low-pass, odd ones high-pass samples, so `parity`, the parity of a line's first coordinate, decides which
 * comes first. Undo the update step, then the prediction; both round toward minus infinity. Symmetric extension (F.3.7) never
 * reaches further than one sample here, so it is written as a choice of neighbour.
 *
 * Both steps are fused: an even sample needs the two odd ones beside it as they came, and an odd one is finished as soon as the
 * even one after it is. Range: sums of two neighbours stay below 2^31 as long as magnitudes stay below 2^29.
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

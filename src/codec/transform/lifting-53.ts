/**
 * Reversible 5/3 synthesis of lines (15444-1 F.3.8.1, equations F-5 and F-6).
 *
 * A line comes as its low-pass samples followed by its high-pass samples and leaves interleaved. Even coordinates hold low-pass
 * samples, so `parity`, the parity of the line's first coordinate, decides which comes first. Undo the update step, then the
 * prediction; both round toward minus infinity. Symmetric extension (F.3.7) never reaches further than one sample here, so it is
 * written as a choice of neighbour.
 *
 * Range: sums of two neighbours stay below 2^31 as long as magnitudes stay below 2^29.
 */

/**
 * One row: reads `numLow` + `numHigh` samples from `plane[at]` on and leaves the interleaved line in `line`.
 *
 * Both steps are fused into one pass: an even sample needs the two odd ones beside it as they came, and an odd one is finished
 * as soon as the even one after it is.
 */
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
    // F.3.6: a lone even sample is itself, a lone odd one was doubled by the encoder. After a lossy cut it need not be even any
    // more; halving toward zero is what OpenJPEG does, and the standard leaves it open.
    line[0] = parity === 0 ? plane[at] : (plane[highAt] / 2) | 0;
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
 * Some columns at once: reads `numLow` low-pass rows and then `numHigh` high-pass rows, `width` samples each, from `plane[at]` on
 * and leaves the interleaved rows in `lines`, `width` samples apart. Neighbours are whole rows, so the inner loops run along memory.
 */
export function inverse53Columns(
  plane: Int32Array,
  at: number,
  stride: number,
  width: number,
  numLow: number,
  numHigh: number,
  parity: number,
  lines: Int32Array,
): void {
  const highAt = at + numLow * stride;
  if (numLow + numHigh === 1) {
    for (let x = 0; x < width; x++) lines[x] = parity === 0 ? plane[at + x] : (plane[highAt + x] / 2) | 0;
    return;
  }
  for (let n = 0; n < numLow; n++) {
    // an even row at 2n lies between high-pass rows n - 1 and n, one at 2n + 1 (parity 1) between n and n + 1
    const before = n - 1 + parity;
    const above = highAt + (before < 0 ? 0 : before) * stride;
    const below = highAt + (before + 1 < numHigh ? before + 1 : numHigh - 1) * stride;
    const from = at + n * stride;
    const to = (2 * n + parity) * width;
    for (let x = 0; x < width; x++) {
      lines[to + x] = plane[from + x] - ((plane[above + x] + plane[below + x] + 2) >> 2); // F-5
    }
  }
  const last = numLow + numHigh - 1;
  for (let n = 0; n < numHigh; n++) {
    const row = 2 * n + 1 - parity;
    const above = (row > 0 ? row - 1 : 1) * width;
    const below = (row < last ? row + 1 : last - 1) * width;
    const from = highAt + n * stride;
    const to = row * width;
    for (let x = 0; x < width; x++) {
      lines[to + x] = plane[from + x] + ((lines[above + x] + lines[below + x]) >> 1); // F-6
    }
  }
}

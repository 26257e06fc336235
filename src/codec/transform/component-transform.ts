/** The multiple component transforms, inverse: RCT and ICT (15444-1 Annex G), in place. */

/** RCT back to red, green, blue, for samples `from <= k < to` (G-6 to G-8). Ranges: B bits in Y0, B + 1 in Y1 and Y2. */
export function inverseRct(y0: Int32Array, y1: Int32Array, y2: Int32Array, from: number, to: number): void {
  for (let k = from; k < to; k++) {
    const b = y1[k];
    const r = y2[k];
    const green = y0[k] - ((b + r) >> 2);
    y0[k] = r + green;
    y1[k] = green;
    y2[k] = b + green;
  }
}

/** ICT back to red, green, blue, for samples `from <= k < to` (G-12 to G-14). */
export function inverseIct(y0: Float32Array, y1: Float32Array, y2: Float32Array, from: number, to: number): void {
  for (let k = from; k < to; k++) {
    const y = y0[k];
    const cb = y1[k];
    const cr = y2[k];
    y0[k] = y + 1.402 * cr;
    y1[k] = y - 0.344136 * cb - 0.714136 * cr;
    y2[k] = y + 1.772 * cb;
  }
}

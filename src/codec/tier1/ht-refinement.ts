/**
 * The two refinement passes of high throughput, decoding (15444-15 clauses 7.4 and 7.5): one more bit-plane for what the cleanup pass
 * left. Both go over stripes of four rows, column by column.
 */
import { PADDING_WORDS, unstuffBackward, unstuffForward } from './ht-bits.ts';

/** Most bytes of the two passes together. */
const MAX_REFINEMENT_BYTES = 2046;

/** Significant since the cleanup pass, and since the significance propagation pass. */
const BY_CLEANUP = 1;
const BY_PROPAGATION = 2;

/** Decodes refinement passes, in scratch memory of its own. */
export class RefinementDecoder {
  private readonly words = new Int32Array((MAX_REFINEMENT_BYTES >> 2) + 1 + PADDING_WORDS);
  /** Significance by sample, with a border of one all around; at most 4096 samples of at most 1024 in a row or column. */
  private readonly significance = new Uint8Array(3 * 4096);
  private pitch = 0;
  /** Places of the samples that a group of columns made significant, in scanning order. */
  private readonly found = new Int32Array(16);

  /** Takes in what the cleanup pass left in `out`. */
  begin(width: number, height: number, out: Int32Array, at: number, stride: number): void {
    const { significance } = this;
    const pitch = width + 2;
    this.pitch = pitch;
    significance.fill(0, 0, pitch * (height + 2));
    for (let y = 0; y < height; y++) {
      const row = (y + 1) * pitch + 1;
      const from = at + y * stride;
      for (let x = 0; x < width; x++) significance[row + x] = out[from + x] === 0 ? 0 : BY_CLEANUP;
    }
  }

  /**
   * Significance propagation: insignificant samples with a significant neighbour get a bit of `plane`. The bits of four columns come
   * first, then the signs of what they made significant. `bytes` of `data` from `start` on are the stream.
   */
  propagate(
    data: Uint8Array,
    start: number,
    bytes: number,
    width: number,
    height: number,
    causal: boolean,
    plane: number,
    out: Int32Array,
    at: number,
    stride: number,
  ): void {
    const { words, significance, pitch, found } = this;
    const last = unstuffForward(data, start, start + bytes, 0, words, 0);
    const magnitude = 3 << plane;
    let bit = 0;
    for (let top = 0; top < height; top += 4) {
      const bottom = Math.min(top + 4, height);
      for (let group = 0; group < width; group += 4) {
        const right = Math.min(group + 4, width);
        let count = 0;
        for (let x = group; x < right; x++) {
          for (let y = top; y < bottom; y++) {
            const k = (y + 1) * pitch + x + 1;
            if (significance[k] !== 0) continue;
            let around =
              significance[k - pitch - 1] |
              significance[k - pitch] |
              significance[k - pitch + 1] |
              significance[k - 1] |
              significance[k + 1];
            // causal coding sees nothing of the next stripe
            if (!causal || y + 1 < top + 4) {
              around |= significance[k + pitch - 1] | significance[k + pitch] | significance[k + pitch + 1];
            }
            if (around === 0) continue;
            const one = bit < last ? (words[bit >> 5] >>> (bit & 31)) & 1 : 0;
            bit++;
            if (one === 0) continue;
            significance[k] = BY_PROPAGATION;
            found[count++] = at + y * stride + x;
          }
        }
        for (let k = 0; k < count; k++) {
          const negative = bit < last ? (words[bit >> 5] >>> (bit & 31)) & 1 : 0;
          bit++;
          out[found[k]] = negative === 0 ? magnitude : -magnitude;
        }
      }
    }
  }

  /** Magnitude refinement: what the cleanup pass made significant gets a bit of `plane`. The stream is read from its end. */
  refine(
    data: Uint8Array,
    start: number,
    bytes: number,
    width: number,
    height: number,
    plane: number,
    out: Int32Array,
    at: number,
    stride: number,
  ): void {
    const { words, significance, pitch } = this;
    const last = unstuffBackward(data, start, start + bytes, 0xff, 0, 0, words, 0);
    const half = 1 << plane;
    let bit = 0;
    for (let top = 0; top < height; top += 4) {
      const bottom = Math.min(top + 4, height);
      for (let x = 0; x < width; x++) {
        for (let y = top; y < bottom; y++) {
          if (significance[(y + 1) * pitch + x + 1] !== BY_CLEANUP) continue;
          const one = bit < last ? (words[bit >> 5] >>> (bit & 31)) & 1 : 0;
          bit++;
          const k = at + y * stride + x;
          // the middle of the interval moves into its upper or its lower half
          const up = (one === 0) === out[k] > 0 ? -half : half;
          out[k] += up;
        }
      }
    }
  }
}

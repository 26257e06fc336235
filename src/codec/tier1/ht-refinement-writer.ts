/**
 * The two refinement passes of high throughput, encoding (15444-15 clauses 7.4 and 7.5): the way back of ht-refinement.ts.
 *
 * Both go over stripes of four rows, column by column, for one bit-plane below that of the cleanup pass.
 */
import { PADDING_WORDS, stuffBackward, stuffForward } from './ht-stuffing.ts';

/** At most two bits a sample. */
const MAX_WORDS = 256 + PADDING_WORDS;

/** Significant since the cleanup pass, and since the significance propagation pass. */
const BY_CLEANUP = 1;
const BY_PROPAGATION = 2;

/** Encodes refinement passes, in scratch memory of its own. */
export class RefinementWriter {
  private readonly words = new Int32Array(MAX_WORDS);
  /** Significance by sample, with a border of one all around; at most 4096 samples of at most 1024 in a row or column. */
  private readonly significance = new Uint8Array(3 * 4096);
  /** Places of the samples that a group of columns made significant, in scanning order. */
  private readonly found = new Int32Array(16);
  private pitch = 0;

  /** Sees what the cleanup pass, which codes `|v| >> shift`, made significant. */
  begin(coefficients: Int32Array, width: number, height: number, shift: number): void {
    const { significance } = this;
    const pitch = (width + 2) | 0;
    this.pitch = pitch;
    significance.fill(0, 0, pitch * (height + 2));
    let k = 0;
    for (let y = 0; y < height; y = (y + 1) | 0) {
      const row = ((y + 1) * pitch + 1) | 0;
      for (let x = 0; x < width; x = (x + 1) | 0) {
        const v = coefficients[k];
        k = (k + 1) | 0;
        significance[row + x] = ((v ^ (v >> 31)) - (v >> 31)) >> shift === 0 ? 0 : BY_CLEANUP;
      }
    }
  }

  /**
   * Significance propagation: insignificant samples with a significant neighbour give their bit below `shift`. The bits of four columns
   * come first, then the signs of what they made significant. Writes to `data` from `at` on.
   *
   * @returns where the bytes end; there is at least one, and the last is not 0xFF.
   */
  propagate(
    coefficients: Int32Array,
    width: number,
    height: number,
    shift: number,
    causal: boolean,
    data: Uint8Array,
    at: number,
  ): number {
    const { words, significance, pitch, found } = this;
    const below = (shift - 1) | 0;
    words.fill(0);
    let bit = 0;
    for (let top = 0; top < height; top = (top + 4) | 0) {
      const bottom = Math.min(top + 4, height);
      for (let group = 0; group < width; group = (group + 4) | 0) {
        const right = Math.min(group + 4, width);
        let count = 0;
        for (let x = group; x < right; x = (x + 1) | 0) {
          for (let y = top; y < bottom; y = (y + 1) | 0) {
            const k = ((y + 1) * pitch + x + 1) | 0;
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
            const place = (y * width + x) | 0;
            const v = coefficients[place];
            const one = (((v ^ (v >> 31)) - (v >> 31)) >> below) & 1;
            words[bit >> 5] |= one << (bit & 31);
            bit = (bit + 1) | 0;
            if (one === 0) continue;
            significance[k] = BY_PROPAGATION;
            found[count] = place;
            count = (count + 1) | 0;
          }
        }
        for (let k = 0; k < count; k = (k + 1) | 0) {
          words[bit >> 5] |= (coefficients[found[k]] >>> 31) << (bit & 31);
          bit = (bit + 1) | 0;
        }
      }
    }
    let end = stuffForward(words, 0, bit, 0, data, at);
    // some decoders take an empty segment for damage, and none may end with 0xFF
    if (end === at || data[end - 1] === 0xff) {
      data[end] = 0;
      end = (end + 1) | 0;
    }
    return end;
  }

  /**
   * Magnitude refinement: what the cleanup pass made significant gives its bit below `shift`. Writes to `data` from `at` on.
   *
   * @returns where the bytes end.
   */
  refine(coefficients: Int32Array, width: number, height: number, shift: number, data: Uint8Array, at: number): number {
    const { words, significance, pitch } = this;
    const below = (shift - 1) | 0;
    words.fill(0);
    let bit = 0;
    for (let top = 0; top < height; top = (top + 4) | 0) {
      const bottom = Math.min(top + 4, height);
      for (let x = 0; x < width; x = (x + 1) | 0) {
        for (let y = top; y < bottom; y = (y + 1) | 0) {
          if (significance[(y + 1) * pitch + x + 1] !== BY_CLEANUP) continue;
          const v = coefficients[y * width + x];
          const one = (((v ^ (v >> 31)) - (v >> 31)) >> below) & 1;
          words[bit >> 5] |= one << (bit & 31);
          bit = (bit + 1) | 0;
        }
      }
    }
    // the stream is read from its end, so it is made at the end of the buffer
    const begin = stuffBackward(words, 0, bit, data, data.length) >> 4;
    data.copyWithin(at, begin, data.length);
    return (at + data.length - begin) | 0;
  }

  /** How much less the squared error of what {@link propagate} found is, in squared steps of `2^-fractionBits` of a coefficient. */
  gainOfPropagation(
    coefficients: Int32Array,
    width: number,
    height: number,
    shift: number,
    fractionBits: number,
    exact: boolean,
  ): number {
    const { significance, pitch } = this;
    const low = 2 ** (shift - 1);
    const middle = exact && shift - 1 === fractionBits ? low : 1.5 * low;
    let sum = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (significance[(y + 1) * pitch + x + 1] !== BY_PROPAGATION) continue;
        const r = Math.abs(coefficients[y * width + x]);
        sum += (2 * r - middle) * middle;
      }
    }
    return sum / 4 ** fractionBits;
  }

  /** The same for {@link refine}. */
  gainOfRefinement(
    coefficients: Int32Array,
    width: number,
    height: number,
    shift: number,
    fractionBits: number,
    exact: boolean,
  ): number {
    const { significance, pitch } = this;
    const low = 2 ** (shift - 1);
    const middle = exact && shift - 1 === fractionBits ? 0 : 0.5 * low;
    let sum = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (significance[(y + 1) * pitch + x + 1] !== BY_CLEANUP) continue;
        // 0 .. 2 low, of which first `low` and then the middle of one half stands for all
        const rest = Math.abs(coefficients[y * width + x]) % (2 * low);
        const before = rest - low;
        const after = rest - (rest < low ? 0 : low) - middle;
        sum += before * before - after * after;
      }
    }
    return sum / 4 ** fractionBits;
  }
}

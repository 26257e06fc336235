/**
 * The high-throughput cleanup pass, decoding (15444-15 clause 7.3).
 *
 * A code-block is cut into quads of 2 x 2 samples, row by row of quads. Two loops go over them. The first reads, for each quad, which
 * samples are significant, what is known of their exponents, and how much the largest exponent exceeds its prediction; that takes the
 * MEL and VLC streams and nothing that the second loop finds. The second reads magnitudes and signs from the MagSgn stream; it has no
 * branch that depends on a single sample, because such branches are as good as random. Samples 0 to 3 of a quad are the upper left,
 * lower left, upper right and lower right one.
 */
import { PADDING_WORDS, unstuffBackward, unstuffForward } from './ht-bits.ts';
import { MelDecoder } from './ht-mel.ts';
import { forEachCodeword } from './ht-vlc-table.ts';

/** More quads than the largest code-block has, whatever its shape, with a column to the left and two to the right. */
const MAX_QUADS = 4096;
/** Most bytes of a cleanup segment (15444-15 clause 7.1.1). */
const MAX_CLEANUP_BYTES = 65535;
/** Most bytes of the part of it that holds MEL and VLC. */
const MAX_SUFFIX_BYTES = 4079;

/**
 * By table, context and the next seven bits: what the codeword says, from the lowest bit on its length (3 bits), u_off, rho (4), e_1 (4)
 * and e_k (4). So the upper twelve bits are what the second loop wants.
 */
let codewords: Uint16Array | undefined;

function readCodewords(): Uint16Array {
  const table = new Uint16Array(2 * 8 * 128);
  forEachCodeword((t, context, rho, uOff, known, ones, codeword, length) => {
    const value = length | (uOff << 3) | (rho << 4) | (ones << 8) | (known << 12);
    for (let k = codeword; k < 128; k += 1 << length) table[(t << 10) | (context << 7) | k] = value;
  });
  return table;
}

/**
 * The prefix of u (Table 3) by the next three bits: its length (2 bits), the length of the suffix (3 bits) and the value with a suffix of
 * 0. With 8 added to the bits, nothing is there to be read.
 */
const U_PREFIX: Uint8Array = /* @__PURE__ */ (() => {
  const one = 1 | (1 << 5);
  const two = 2 | (2 << 5);
  const three = 3 | (1 << 2) | (3 << 5);
  const five = 3 | (5 << 2) | (5 << 5);
  return Uint8Array.of(five, one, two, one, three, one, two, one, 0, 0, 0, 0, 0, 0, 0, 0);
})();

/** A suffix from here on is followed by four more bits, in units of 4. */
const LEAST_EXTENDED = 5 + 28;

/** Decodes cleanup passes, in scratch memory of its own. */
export class CleanupDecoder {
  private readonly table = (codewords ??= readCodewords());
  private readonly mel = new MelDecoder();
  /** By quad: rho, e_1 and e_k, four bits each, and u above them. */
  private readonly quads = new Int32Array(MAX_QUADS);
  private readonly vlc = new Int32Array((MAX_SUFFIX_BYTES >> 2) + 1 + PADDING_WORDS);
  private readonly magSgn = new Int32Array((MAX_CLEANUP_BYTES >> 2) + 1 + PADDING_WORDS);
  /** By column, with one to the left and two to the right: 2 mu - 1 of the row above, 0 where it is insignificant. */
  private readonly above = new Int32Array(1024 + 6);

  /**
   * Decodes the `length` bytes from `data[start]`. The coefficient in column x of row y becomes `±(2 mu + 1) << plane` in `out[at + y *
   * stride + x]`, that is twice the middle of the interval that is known, or 0. Width and height are even.
   *
   * @returns false when the bytes cannot be a cleanup segment; then some coefficients may not be written.
   */
  decode(
    data: Uint8Array,
    start: number,
    length: number,
    width: number,
    height: number,
    plane: number,
    out: Int32Array,
    at: number,
    stride: number,
  ): boolean {
    if (length < 2 || length > MAX_CLEANUP_BYTES) return false;
    const end = start + length;
    const suffix = 16 * data[end - 1] + (data[end - 2] & 15);
    if (suffix < 2 || suffix > length || suffix > MAX_SUFFIX_BYTES) return false;
    const border = end - suffix;
    this.mel.start(data, border, end);
    const nibble = data[end - 2] >> 4;
    const held = (nibble & 7) === 7 ? 3 : 4;
    const first = nibble & ((1 << held) - 1);
    const vlcBits = unstuffBackward(data, border, end - 2, data[end - 2] | 15, first, held, this.vlc);
    const magSgnBits = unstuffForward(data, start, border, -1, this.magSgn);
    const quadsWide = width >> 1;
    const quadsHigh = height >> 1;
    this.readQuads(quadsWide, quadsHigh, vlcBits);
    return this.readSamples(quadsWide, quadsHigh, magSgnBits, plane, out, at, stride);
  }

  /** The first loop: MEL and VLC (15444-15 clauses 7.3.4 to 7.3.6). */
  private readQuads(quadsWide: number, quadsHigh: number, vlcBits: number): void {
    const { table, mel, quads, vlc } = this;
    const pitch = (quadsWide + 3) | 0;
    let zeros = 0;
    let one = 0;
    let bit = 0;
    quads.fill(0, 0, pitch);
    for (let row = 0; row < quadsHigh; row = (row + 1) | 0) {
      let q = (row * pitch + 1) | 0;
      const base = row === 0 ? 0 : 1024;
      quads[q - 1] = 0;
      let left = 0;
      for (let x = 0; x < quadsWide; x = (x + 2) | 0) {
        if (bit > vlcBits) bit = vlcBits;
        let w = bit >> 5;
        let s = bit & 31;
        let bits = (vlc[w] >>> s) | ((vlc[w + 1] << 1) << (31 - s));
        let context = 0;
        // the first quad of the pair
        if (row === 0) context = ((left >> 1) & 7) | (left & 1);
        else {
          const up = q - pitch;
          context =
            (((quads[up - 1] >> 3) | (quads[up] >> 1)) & 1) |
            (((left >> 1) | (left >> 2)) & 2) |
            (((quads[up] >> 1) | (quads[up + 1] << 1)) & 4);
        }
        let first = 0;
        let coded = 1;
        if (context === 0) {
          while (zeros === 0 && one === 0) {
            mel.readRun();
            zeros = mel.zeros;
            one = mel.one;
          }
          if (zeros > 0) {
            zeros = (zeros - 1) | 0;
            coded = 0;
          } else one = 0;
        }
        if (coded !== 0) {
          first = table[base | (context << 7) | (bits & 127)];
          const length = first & 7;
          bits >>>= length;
          bit = (bit + length) | 0;
        }
        // the second one
        const middle = first >> 4;
        let second = 0;
        if (x + 1 < quadsWide) {
          if (row === 0) context = ((middle >> 1) & 7) | (middle & 1);
          else {
            const up = (q - pitch + 1) | 0;
            context =
              (((quads[up - 1] >> 3) | (quads[up] >> 1)) & 1) |
              (((middle >> 1) | (middle >> 2)) & 2) |
              (((quads[up] >> 1) | (quads[up + 1] << 1)) & 4);
          }
          coded = 1;
          if (context === 0) {
            while (zeros === 0 && one === 0) {
              mel.readRun();
              zeros = mel.zeros;
              one = mel.one;
            }
            if (zeros > 0) {
              zeros = (zeros - 1) | 0;
              coded = 0;
            } else one = 0;
          }
          if (coded !== 0) {
            second = table[base | (context << 7) | (bits & 127)];
            bit = (bit + (second & 7)) | 0;
          }
        }
        left = second >> 4;
        // u of both: both prefixes, both suffixes, both extensions
        let u1 = 0;
        let u2 = 0;
        if (((first | second) & 8) !== 0) {
          w = bit >> 5;
          s = bit & 31;
          bits = (vlc[w] >>> s) | ((vlc[w + 1] << 1) << (31 - s));
          let both = 0;
          if (row === 0 && (first & second & 8) !== 0) {
            while (zeros === 0 && one === 0) {
              mel.readRun();
              zeros = mel.zeros;
              one = mel.one;
            }
            if (zeros > 0) zeros = (zeros - 1) | 0;
            else {
              one = 0;
              both = 2;
            }
          }
          const prefix1 = U_PREFIX[(bits & 7) | (~first & 8)];
          let used = prefix1 & 3;
          bits >>>= used;
          let prefix2 = U_PREFIX[(bits & 7) | (~second & 8)];
          // in the first row, a second u beside a first one of more than two is 1 or 2, in one bit
          if (row === 0 && both === 0 && (first & second & 8) !== 0 && used === 3) {
            prefix2 = 1 | (((bits & 1) + 1) << 5);
          }
          const used2 = prefix2 & 3;
          bits >>>= used2;
          const suffix1 = (prefix1 >> 2) & 7;
          u1 = ((prefix1 >> 5) + (bits & ((1 << suffix1) - 1))) | 0;
          bits >>>= suffix1;
          const suffix2 = (prefix2 >> 2) & 7;
          u2 = ((prefix2 >> 5) + (bits & ((1 << suffix2) - 1))) | 0;
          bits >>>= suffix2;
          used = (used + used2 + suffix1 + suffix2) | 0;
          if (u1 >= LEAST_EXTENDED) {
            u1 = (u1 + 4 * (bits & 15)) | 0;
            bits >>>= 4;
            used = (used + 4) | 0;
          }
          if (u2 >= LEAST_EXTENDED) {
            u2 = (u2 + 4 * (bits & 15)) | 0;
            used = (used + 4) | 0;
          }
          u1 = (u1 + both) | 0;
          u2 = (u2 + both) | 0;
          bit = (bit + used) | 0;
        }
        quads[q] = middle | (u1 << 12);
        quads[q + 1] = left | (u2 << 12);
        q = (q + 2) | 0;
      }
      // what stands right of the row counts as empty
      quads[row * pitch + 1 + quadsWide] = 0;
      quads[row * pitch + 2 + quadsWide] = 0;
    }
  }

  /** The second loop: exponents, magnitudes and signs (15444-15 clauses 7.3.7, 7.3.8). */
  private readSamples(
    quadsWide: number,
    quadsHigh: number,
    magSgnBits: number,
    plane: number,
    out: Int32Array,
    at: number,
    stride: number,
  ): boolean {
    const { quads, magSgn: words, above } = this;
    const pitch = (quadsWide + 3) | 0;
    const most = (30 - plane) | 0;
    let bit = 0;
    above.fill(0, 0, 2 * quadsWide + 4);
    for (let row = 0; row < quadsHigh; row = (row + 1) | 0) {
      let upper = (at + 2 * row * stride) | 0;
      let q = (row * pitch + 1) | 0;
      // three of the four exponents above go on to the next quad
      let aboveLeft = 0;
      let aboveHere = above[1];
      for (let x = 0; x < quadsWide; x = (x + 1) | 0) {
        const lower = (upper + stride) | 0;
        const column = (2 * x + 1) | 0;
        const aboveNext = above[column + 1];
        const aboveRight = above[column + 2];
        const quad = quads[q];
        q = (q + 1) | 0;
        const rho = quad & 15;
        if (rho === 0) {
          out[upper] = 0;
          out[lower] = 0;
          out[upper + 1] = 0;
          out[lower + 1] = 0;
          above[column] = 0;
          above[column + 1] = 0;
        } else {
          let kappa = 1;
          if ((rho & (rho - 1)) !== 0) {
            // the bit length of several numbers or'ed is the largest of theirs
            kappa = (31 - Math.clz32(aboveLeft | aboveHere | aboveNext | aboveRight)) | 0;
            if (kappa < 1) kappa = 1;
          }
          const exponent = (kappa + (quad >>> 12)) | 0;
          if (exponent > most) return false;
          if (bit > magSgnBits) bit = magSgnBits;
          const s0 = -(rho & 1);
          const s1 = -((rho >> 1) & 1);
          const s2 = -((rho >> 2) & 1);
          const s3 = -(rho >> 3);
          const m0 = ((exponent & s0) - ((quad >> 8) & 1)) | 0;
          const m1 = ((exponent & s1) - ((quad >> 9) & 1)) | 0;
          const m2 = ((exponent & s2) - ((quad >> 10) & 1)) | 0;
          const m3 = ((exponent & s3) - ((quad >> 11) & 1)) | 0;
          let w = bit >> 5;
          let s = bit & 31;
          let bits = (words[w] >>> s) | ((words[w + 1] << 1) << (31 - s));
          const v0 = (bits & ((1 << m0) - 1)) | (((quad >> 4) & 1) << m0);
          if (exponent > 16) {
            // one field at a time
            bit = (bit + m0) | 0;
            w = bit >> 5;
            s = bit & 31;
            bits = (words[w] >>> s) | ((words[w + 1] << 1) << (31 - s));
          } else bits >>>= m0;
          const v1 = (bits & ((1 << m1) - 1)) | (((quad >> 5) & 1) << m1);
          if (exponent > 8) {
            bit = (bit + m1 + (exponent > 16 ? 0 : m0)) | 0;
            w = bit >> 5;
            s = bit & 31;
            bits = (words[w] >>> s) | ((words[w + 1] << 1) << (31 - s));
          } else bits >>>= m1;
          const v2 = (bits & ((1 << m2) - 1)) | (((quad >> 6) & 1) << m2);
          if (exponent > 16) {
            bit = (bit + m2) | 0;
            w = bit >> 5;
            s = bit & 31;
            bits = (words[w] >>> s) | ((words[w + 1] << 1) << (31 - s));
          } else bits >>>= m2;
          const v3 = (bits & ((1 << m3) - 1)) | (((quad >> 7) & 1) << m3);
          bit = (bit + m3 + (exponent > 16 ? 0 : exponent > 8 ? m2 : m0 + m1 + m2)) | 0;
          const t0 = (((v0 | 1) + 2) & s0) << plane;
          const t1 = (((v1 | 1) + 2) & s1) << plane;
          const t2 = (((v2 | 1) + 2) & s2) << plane;
          const t3 = (((v3 | 1) + 2) & s3) << plane;
          const n0 = -(v0 & 1);
          const n1 = -(v1 & 1);
          const n2 = -(v2 & 1);
          const n3 = -(v3 & 1);
          out[upper] = (t0 ^ n0) - n0;
          out[lower] = (t1 ^ n1) - n1;
          out[upper + 1] = (t2 ^ n2) - n2;
          out[lower + 1] = (t3 ^ n3) - n3;
          above[column] = (v1 | 1) & s1;
          above[column + 1] = (v3 | 1) & s3;
        }
        upper = (upper + 2) | 0;
        aboveLeft = aboveNext;
        aboveHere = aboveRight;
      }
    }
    return true;
  }
}

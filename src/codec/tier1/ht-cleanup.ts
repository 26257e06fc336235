/**
 * The high-throughput cleanup pass, decoding (15444-15 clause 7.3).
 *
 * A code-block is cut into quads of 2 x 2 samples, row by row of quads. Two loops go over them. The first reads, for each quad, which
 * samples are significant, what is known of their exponents, and how much the largest exponent exceeds its prediction; that takes the
 * MEL and VLC streams and nothing that the second loop finds. The second reads magnitudes and signs from the MagSgn stream; it has no
 * branch that depends on a single sample, because such branches are as good as random. Samples 0 to 3 of a quad are the upper left,
 * lower left, upper right and lower right one.
 *
 * As in coding-passes.ts, tables, streams and quads are places of one `Int32Array`, which is a constant of the function that makes the
 * decoder, and the places are literals.
 */
import { PADDING_WORDS, unstuffBackward, unstuffForward } from './ht-bits.ts';
import { MelDecoder } from './ht-mel.ts';
import { forEachCodeword } from './ht-vlc-table.ts';

/** Most bytes of a cleanup segment (15444-15 clause 7.1.1), and of the part of it that holds MEL and VLC. */
const MAX_CLEANUP_BYTES = 65534;
const MAX_SUFFIX_BYTES = 4079;

// places in the memory; the loops have them as literals
/**
 * By table, context and the next seven bits: what the codeword says, from the lowest bit on its length (3 bits), u_off, rho (4), e_1 (4)
 * and e_k (4). So the upper twelve bits are what the second loop wants.
 */
const CODEWORDS = 0;
/**
 * The prefix of u (Table 3) by the next three bits: its length (2 bits), the length of the suffix (3 bits) and the value with a suffix of
 * 0. With 8 added to the bits, nothing is there to be read.
 */
const U_PREFIX = 2048;
/** By column, with one to the left and two to the right: 2 mu - 1 of the row above, 0 where it is insignificant. */
const ABOVE = 2064;
/** By quad, with one to the left and two to the right of each row: rho, e_1 and e_k, four bits each, and u above them. */
const QUADS = 3104;
/** The bits of VLC and of MagSgn. */
const VLC = 7200;
const MAG_SGN = 8240;

/** Decodes cleanup passes; the one memory is that of all decoders. */
export const cleanup = /* @__PURE__ */ createCleanup();

function createCleanup() {
  const MEMORY = new Int32Array(MAG_SGN + (MAX_CLEANUP_BYTES >> 2) + 1 + PADDING_WORDS);
  const mel = new MelDecoder();
  let hasTables = false;

  /**
   * Decodes the `length` bytes from `data[start]`. The coefficient in column x of row y becomes `±(2 mu + 1) << plane` in `out[at + y *
   * stride + x]`, that is twice the middle of the interval that is known, or 0. Width and height are even. An exponent above
   * `mostExponent`, at most 31 - plane, is damage.
   *
   * @returns false when the bytes cannot be a cleanup segment; then some coefficients may not be written.
   */
  function decode(
    data: Uint8Array,
    start: number,
    length: number,
    width: number,
    height: number,
    plane: number,
    mostExponent: number,
    out: Int32Array,
    at: number,
    stride: number,
  ): boolean {
    if (length < 2 || length > MAX_CLEANUP_BYTES) return false;
    const end = start + length;
    const suffix = 16 * data[end - 1] + (data[end - 2] & 15);
    if (suffix < 2 || suffix > length || suffix > MAX_SUFFIX_BYTES) return false;
    if (!hasTables) fillTables();
    const border = end - suffix;
    mel.start(data, border, end);
    const nibble = data[end - 2] >> 4;
    const held = (nibble & 7) === 7 ? 3 : 4;
    const first = nibble & ((1 << held) - 1);
    const vlcBits = unstuffBackward(data, border, end - 2, data[end - 2] | 15, first, held, MEMORY, VLC);
    const magSgnBits = unstuffForward(data, start, border, -1, MEMORY, MAG_SGN);
    const quadsWide = width >> 1;
    const quadsHigh = height >> 1;
    readQuads(quadsWide, quadsHigh, vlcBits | 0);
    return readSamples(quadsWide, quadsHigh, magSgnBits | 0, plane | 0, mostExponent | 0, out, at | 0, stride | 0);
  }

  function fillTables(): void {
    forEachCodeword((t, context, rho, uOff, known, ones, codeword, length) => {
      const value = length | (uOff << 3) | (rho << 4) | (ones << 8) | (known << 12);
      const at = CODEWORDS + (t << 10) + (context << 7);
      for (let k = codeword; k < 128; k += 1 << length) MEMORY[at + k] = value;
    });
    const one = 1 | (1 << 5);
    const two = 2 | (2 << 5);
    const three = 3 | (1 << 2) | (3 << 5);
    const five = 3 | (5 << 2) | (5 << 5);
    MEMORY.set([five, one, two, one, three, one, two, one], U_PREFIX);
    hasTables = true;
  }

  /** The first loop: MEL and VLC (15444-15 clauses 7.3.4 to 7.3.6). */
  function readQuads(quadsWide: number, quadsHigh: number, vlcBits: number): void {
    const memory = MEMORY;
    const lastBit = vlcBits | 0;
    const pitch = (quadsWide + 3) | 0;
    let zeros = 0;
    let one = 0;
    let bit = 0;
    let rowStart = QUADS | 0;
    for (let row = 0; row < quadsHigh; row = (row + 1) | 0) {
      let q = (rowStart + 1) | 0;
      const table = row === 0 ? 0 : 1024;
      memory[rowStart] = 0;
      let left = 0;
      // what stands above: the quads above left, above, and the two to the right of that
      let up0 = 0;
      let up1 = 0;
      if (row !== 0) up1 = memory[(q - pitch) | 0];
      for (let x = 0; x < quadsWide; x = (x + 2) | 0) {
        let up2 = 0;
        let up3 = 0;
        let context = 0;
        if (row === 0) context = ((left >> 1) & 7) | (left & 1);
        else {
          up2 = memory[(q - pitch + 1) | 0];
          up3 = memory[(q - pitch + 2) | 0];
          context =
            (((up0 >> 3) | (up1 >> 1)) & 1) | (((left >> 1) | (left >> 2)) & 2) | (((up1 >> 1) | (up2 << 1)) & 4);
        }
        if (bit > lastBit) bit = lastBit;
        let s = bit & 31;
        let w = (7200 + (bit >> 5)) | 0;
        let bits = (memory[w] >>> s) | ((memory[(w + 1) | 0] << 1) << (31 - s));
        // the first quad of the pair
        let first = 0;
        let coded = 1;
        if (context === 0) {
          while (zeros === 0 && one === 0) {
            mel.readRun();
            zeros = mel.zeros | 0;
            one = mel.one | 0;
          }
          if (zeros > 0) {
            zeros = (zeros - 1) | 0;
            coded = 0;
          } else one = 0;
        }
        if (coded !== 0) {
          first = memory[table | (context << 7) | (bits & 127)];
          bits = (bits >>> (first & 7)) | 0;
          bit = (bit + (first & 7)) | 0;
        }
        const middle = first >> 4;
        // the second one
        let second = 0;
        if (x + 1 < quadsWide) {
          if (row === 0) context = ((middle >> 1) & 7) | (middle & 1);
          else {
            context =
              (((up1 >> 3) | (up2 >> 1)) & 1) | (((middle >> 1) | (middle >> 2)) & 2) | (((up2 >> 1) | (up3 << 1)) & 4);
          }
          coded = 1;
          if (context === 0) {
            while (zeros === 0 && one === 0) {
              mel.readRun();
              zeros = mel.zeros | 0;
              one = mel.one | 0;
            }
            if (zeros > 0) {
              zeros = (zeros - 1) | 0;
              coded = 0;
            } else one = 0;
          }
          if (coded !== 0) {
            second = memory[table | (context << 7) | (bits & 127)];
            bit = (bit + (second & 7)) | 0;
          }
        }
        up0 = up2;
        up1 = up3;
        left = second >> 4;
        // u of both: both prefixes, both suffixes, both extensions
        let u1 = 0;
        let u2 = 0;
        if (((first | second) & 8) !== 0) {
          s = bit & 31;
          w = (7200 + (bit >> 5)) | 0;
          bits = (memory[w] >>> s) | ((memory[(w + 1) | 0] << 1) << (31 - s));
          let both = 0;
          if (row === 0 && (first & second & 8) !== 0) {
            while (zeros === 0 && one === 0) {
              mel.readRun();
              zeros = mel.zeros | 0;
              one = mel.one | 0;
            }
            if (zeros > 0) zeros = (zeros - 1) | 0;
            else {
              one = 0;
              both = 2;
            }
          }
          const prefix1 = memory[2048 | (bits & 7) | (~first & 8)];
          const used1 = prefix1 & 3;
          bits = (bits >>> used1) | 0;
          let prefix2 = memory[2048 | (bits & 7) | (~second & 8)];
          // in the first row, a second u beside a first one of more than two is 1 or 2, in one bit
          if (row === 0 && both === 0 && (first & second & 8) !== 0 && used1 === 3) {
            prefix2 = 1 | (((bits & 1) + 1) << 5);
          }
          const used2 = prefix2 & 3;
          bits = (bits >>> used2) | 0;
          const suffix1 = (prefix1 >> 2) & 7;
          u1 = ((prefix1 >> 5) + (bits & ((1 << suffix1) - 1))) | 0;
          bits = (bits >>> suffix1) | 0;
          const suffix2 = (prefix2 >> 2) & 7;
          u2 = ((prefix2 >> 5) + (bits & ((1 << suffix2) - 1))) | 0;
          bit = (bit + used1 + used2 + suffix1 + suffix2) | 0;
          // a suffix of 28 and more is followed by four more bits, in units of 4
          if (u1 >= 33 || u2 >= 33) {
            bits = (bits >>> suffix2) | 0;
            if (u1 >= 33) {
              u1 = (u1 + 4 * (bits & 15)) | 0;
              bits = (bits >>> 4) | 0;
              bit = (bit + 4) | 0;
            }
            if (u2 >= 33) {
              u2 = (u2 + 4 * (bits & 15)) | 0;
              bit = (bit + 4) | 0;
            }
          }
          u1 = (u1 + both) | 0;
          u2 = (u2 + both) | 0;
        }
        memory[q] = middle | (u1 << 12);
        memory[(q + 1) | 0] = left | (u2 << 12);
        q = (q + 2) | 0;
      }
      // what stands right of the row counts as empty
      rowStart = (rowStart + pitch) | 0;
      memory[(rowStart - 2) | 0] = 0;
      memory[(rowStart - 1) | 0] = 0;
    }
  }

  /** The second loop: exponents, magnitudes and signs (15444-15 clauses 7.3.7, 7.3.8). */
  function readSamples(
    quadsWide: number,
    quadsHigh: number,
    magSgnBits: number,
    plane: number,
    mostExponent: number,
    out: Int32Array,
    at: number,
    stride: number,
  ): boolean {
    const memory = MEMORY;
    // integers, or the loop takes them out of their wrapping each time
    const shift = plane | 0;
    const most = mostExponent | 0;
    const lastBit = magSgnBits | 0;
    const step = stride | 0;
    const columnsEnd = (2065 + 2 * quadsWide) | 0;
    let bit = 0;
    let q = QUADS | 0;
    let rowAt = at | 0;
    memory.fill(0, ABOVE, ABOVE + 2 * quadsWide + 4);
    for (let row = quadsHigh | 0; row > 0; row = (row - 1) | 0) {
      let upper = rowAt;
      let lower = (rowAt + step) | 0;
      rowAt = (lower + step) | 0;
      // two of the four exponents above go on to the next quad
      let aboveLeft = 0;
      let aboveHere = memory[2065];
      q = (q + 1) | 0;
      for (let column = 2065; column < columnsEnd; column = (column + 2) | 0) {
        const aboveNext = memory[(column + 1) | 0];
        const aboveRight = memory[(column + 2) | 0];
        const quad = memory[q];
        q = (q + 1) | 0;
        const rho = quad & 15;
        if (rho === 0) {
          out[upper] = 0;
          out[lower] = 0;
          out[(upper + 1) | 0] = 0;
          out[(lower + 1) | 0] = 0;
          memory[column] = 0;
          memory[(column + 1) | 0] = 0;
        } else {
          let exponent = ((quad >> 12) + 1) | 0;
          if ((rho & (rho - 1)) !== 0) {
            // the bit length of several numbers or'ed is the largest of theirs
            const kappa = (30 - Math.clz32(aboveLeft | aboveHere | aboveNext | aboveRight)) | 0;
            if (kappa > 0) exponent = (exponent + kappa) | 0;
          }
          if (exponent > most) return false;
          if (bit > lastBit) bit = lastBit;
          let s = bit & 31;
          let w = (8240 + (bit >> 5)) | 0;
          // up to an exponent of 8 the bits of all four samples are in this field
          let bits = (memory[w] >>> s) | ((memory[(w + 1) | 0] << 1) << (31 - s));
          let mask = 0;
          let m = 0;
          let v = 0;
          let sign = 0;
          // sample 0
          mask = -(quad & 1) | 0;
          m = ((exponent & mask) - ((quad >> 8) & 1)) | 0;
          v = (bits & ((1 << m) - 1)) | (((quad >> 4) & 1) << m);
          bit = (bit + m) | 0;
          if (exponent > 8) {
            s = bit & 31;
            w = (8240 + (bit >> 5)) | 0;
            bits = (memory[w] >>> s) | ((memory[(w + 1) | 0] << 1) << (31 - s));
          } else bits = (bits >>> m) | 0;
          sign = -(v & 1) | 0;
          v |= 1;
          out[upper] = (((((v + 2) & mask) << shift) ^ sign) - sign) | 0;
          // sample 1
          mask = -((quad >> 1) & 1) | 0;
          m = ((exponent & mask) - ((quad >> 9) & 1)) | 0;
          v = (bits & ((1 << m) - 1)) | (((quad >> 5) & 1) << m);
          bit = (bit + m) | 0;
          if (exponent > 8) {
            s = bit & 31;
            w = (8240 + (bit >> 5)) | 0;
            bits = (memory[w] >>> s) | ((memory[(w + 1) | 0] << 1) << (31 - s));
          } else bits = (bits >>> m) | 0;
          sign = -(v & 1) | 0;
          v |= 1;
          memory[column] = v & mask;
          out[lower] = (((((v + 2) & mask) << shift) ^ sign) - sign) | 0;
          // sample 2
          mask = -((quad >> 2) & 1) | 0;
          m = ((exponent & mask) - ((quad >> 10) & 1)) | 0;
          v = (bits & ((1 << m) - 1)) | (((quad >> 6) & 1) << m);
          bit = (bit + m) | 0;
          if (exponent > 8) {
            s = bit & 31;
            w = (8240 + (bit >> 5)) | 0;
            bits = (memory[w] >>> s) | ((memory[(w + 1) | 0] << 1) << (31 - s));
          } else bits = (bits >>> m) | 0;
          sign = -(v & 1) | 0;
          v |= 1;
          out[(upper + 1) | 0] = (((((v + 2) & mask) << shift) ^ sign) - sign) | 0;
          // sample 3
          mask = -((quad >> 3) & 1) | 0;
          m = ((exponent & mask) - ((quad >> 11) & 1)) | 0;
          v = (bits & ((1 << m) - 1)) | (((quad >> 7) & 1) << m);
          bit = (bit + m) | 0;
          sign = -(v & 1) | 0;
          v |= 1;
          memory[(column + 1) | 0] = v & mask;
          out[(lower + 1) | 0] = (((((v + 2) & mask) << shift) ^ sign) - sign) | 0;
        }
        upper = (upper + 2) | 0;
        lower = (lower + 2) | 0;
        aboveLeft = aboveNext;
        aboveHere = aboveRight;
      }
      q = (q + 2) | 0;
    }
    return true;
  }

  return { decode };
}

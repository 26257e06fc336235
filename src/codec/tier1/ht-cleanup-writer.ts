/**
 * The high-throughput cleanup pass, encoding (15444-15 clause 7.3): the way back of ht-cleanup.ts.
 *
 * Again two loops go over the quads. The first finds which samples are significant, the largest exponent and the codeword, and gathers
 * the bits of MagSgn; the second takes the codewords two by two and makes MEL and VLC of them. Neither looks at the other's streams, so
 * the state of each fits into registers. Samples 0 to 3 of a quad are the upper left, lower left, upper right and lower right one.
 *
 * Of a significant sample with magnitude mu and sign s, t = 2 mu - 1 is at hand everywhere; it is 0 for an insignificant one. Its
 * lowest bit then tells significance, the bit length of several or'ed is their largest exponent, and MagSgn gets t - 1 + s.
 */
import { MelWriter } from './ht-mel-writer.ts';
import { PADDING_WORDS, stuffBackward, stuffForward } from './ht-stuffing.ts';
import { forEachCodeword } from './ht-vlc-table.ts';

/** More quads than a code-block of 4096 coefficients has, whatever its shape, when rows are filled up to whole pairs. */
const MAX_QUADS = 2048;
/** Quads, and bits of MagSgn of one quad: four times 31. */
const MAX_MAG_SGN_WORDS = 4 * MAX_QUADS + PADDING_WORDS;
const MAX_VLC_WORDS = MAX_QUADS + PADDING_WORDS;

/** The context was 0, so that MEL tells whether the quad is empty; and it is not. */
const BY_MEL = 1 << 15;
const NOT_EMPTY = 1 << 16;

/**
 * By table, context, rho (4 bits) and eps (4): the codeword (7 bits), its length (3) and e_k (4). Eps tells the samples that have the
 * largest exponent, and is 0 where that is not above the prediction. Among the codewords that tell no lie, the one that says most.
 */
let codewords: Uint16Array | undefined;

function codewordTable(): Uint16Array {
  const table = new Uint16Array(2 * 8 * 256);
  const said = new Int8Array(table.length).fill(-1);
  forEachCodeword((t, context, rho, uOff, known, ones, codeword, length) => {
    const says = 8 * bitCount(known) + 7 - length;
    for (let eps = uOff; eps < (uOff === 0 ? 1 : 16); eps++) {
      if ((eps & ~rho) !== 0 || (eps & known) !== ones) continue;
      const index = (t << 11) | (context << 8) | (rho << 4) | eps;
      if (says <= said[index]) continue;
      said[index] = says;
      table[index] = codeword | (length << 7) | (known << 10);
    }
  });
  return table;
}

function bitCount(nibble: number): number {
  return (nibble & 1) + ((nibble >> 1) & 1) + ((nibble >> 2) & 1) + (nibble >> 3);
}

/**
 * By u of the first and of the second quad of a pair, five bits each, and 1024 more for the first row of quads: the code of both (16
 * bits) and its length above it. Both prefixes come first, then both suffixes (15444-15 clause 7.3.6, Table 3).
 */
let uCodes: Int32Array | undefined;

function uCodeTable(): Int32Array {
  const table = new Int32Array(2 * 1024);
  for (let u1 = 0; u1 < 32; u1++) {
    for (let u2 = 0; u2 < 32; u2++) {
      table[(u1 << 5) | u2] = uCode(u1, u2, 0);
      // the first row: MEL tells whether both are above 2, and if so both are coded less 2
      const both = u1 > 2 && u2 > 2 ? 2 : 0;
      const single = u1 > 2 && u2 > 0 && both === 0;
      table[1024 + ((u1 << 5) | u2)] = uCode(u1 - both, u2 - both, single ? 1 : 0);
    }
  }
  return table;
}

/** With `single`, the second u is known to be 1 or 2, and takes one bit. */
function uCode(u1: number, u2: number, single: number): number {
  let bits = 0;
  let count = 0;
  const put = (value: number, length: number) => {
    bits |= value << count;
    count += length;
  };
  const prefix = (u: number) => {
    if (u === 1) put(1, 1);
    else if (u === 2) put(2, 2);
    else if (u > 2) put(u < 5 ? 4 : 0, 3);
  };
  const suffix = (u: number) => {
    if (u > 4) put(u - 5, 5);
    else if (u > 2) put(u - 3, 1);
  };
  prefix(u1);
  if (single !== 0) put(u2 - 1, 1);
  else prefix(u2);
  suffix(u1);
  if (single === 0) suffix(u2);
  return bits | (count << 16);
}

/** Encodes cleanup passes, in scratch memory of its own. */
export class CleanupWriter {
  private readonly table = (codewords ??= codewordTable());
  private readonly uTable = (uCodes ??= uCodeTable());
  private readonly mel = new MelWriter();
  /**
   * By quad, from the lowest bit on: codeword (7 bits) and its length (3), u (5), and what MEL is to tell (2). Where a row has an odd
   * number of quads, one with nothing in it follows.
   */
  private readonly quads = new Int32Array(MAX_QUADS);
  private readonly vlc = new Int32Array(MAX_VLC_WORDS);
  private readonly magSgn = new Int32Array(MAX_MAG_SGN_WORDS);
  /** By column, with one to the left and two to the right: t of the row above. */
  private readonly above = new Int32Array(1024 + 6);

  /**
   * Encodes `|v| >> shift` of all coefficients, row major; width and height are even. The magnitudes have at most 30 bits. Writes the
   * segment to the start of `data`.
   *
   * @returns its length in bytes, 0 if all is zero.
   */
  encode(coefficients: Int32Array, width: number, height: number, shift: number, data: Uint8Array): number {
    const magSgnBits = this.gatherMagnitudes(coefficients, width >> 1, height >> 1, shift);
    if (magSgnBits === 0) return 0;
    const vlcBits = this.gatherCodewords(width >> 1, height >> 1);
    return this.join(magSgnBits, vlcBits, data);
  }

  /** The first loop. Returns the number of MagSgn bits, which is 0 only for a code-block without significant coefficients. */
  private gatherMagnitudes(values: Int32Array, quadsWide: number, quadsHigh: number, shift: number): number {
    const { table, quads, above, magSgn: words } = this;
    const width = 2 * quadsWide;
    let q = 0;
    let word = 0;
    let held = 0;
    let w = 0;
    above.fill(0, 0, width + 4);
    for (let row = 0; row < quadsHigh; row = (row + 1) | 0) {
      let upper = (2 * row * width) | 0;
      const base = row === 0 ? 0 : 2048;
      let left = 0;
      let aboveLeft = 0;
      let aboveHere = above[1];
      for (let x = 0; x < quadsWide; x = (x + 1) | 0) {
        const lower = (upper + width) | 0;
        const column = (2 * x + 1) | 0;
        const aboveNext = above[column + 1];
        const aboveRight = above[column + 2];
        const x0 = values[upper];
        const x1 = values[lower];
        const x2 = values[upper + 1];
        const x3 = values[lower + 1];
        upper = (upper + 2) | 0;
        const n0 = x0 >> 31;
        const n1 = x1 >> 31;
        const n2 = x2 >> 31;
        const n3 = x3 >> 31;
        const a0 = ((x0 ^ n0) - n0) >> shift;
        const a1 = ((x1 ^ n1) - n1) >> shift;
        const a2 = ((x2 ^ n2) - n2) >> shift;
        const a3 = ((x3 ^ n3) - n3) >> shift;
        const context = row === 0 ? left : ((aboveLeft | aboveHere) & 1) | left | (((aboveNext | aboveRight) & 1) << 2);
        if ((a0 | a1 | a2 | a3) === 0) {
          quads[q] = context === 0 ? BY_MEL : table[base | (context << 8)] & 1023;
          above[column] = 0;
          above[column + 1] = 0;
          left = 0;
        } else {
          // all ones where significant
          const s0 = (0 - a0) >> 31;
          const s1 = (0 - a1) >> 31;
          const s2 = (0 - a2) >> 31;
          const s3 = (0 - a3) >> 31;
          const t0 = ((a0 << 1) + s0) | 0;
          const t1 = ((a1 << 1) + s1) | 0;
          const t2 = ((a2 << 1) + s2) | 0;
          const t3 = ((a3 << 1) + s3) | 0;
          const rho = (s0 & 1) | (s1 & 2) | (s2 & 4) | (s3 & 8);
          // kappa: one less than the largest exponent above if more than one sample is significant, and at least 1
          const several = (0 - (rho & (rho - 1))) >> 31;
          const kappa = (31 - Math.clz32(((aboveLeft | aboveHere | aboveNext | aboveRight) & several) | 2)) | 0;
          const excess = (32 - Math.clz32(t0 | t1 | t2 | t3) - kappa) | 0;
          const u = excess & ~(excess >> 31);
          const exponent = (kappa + u) | 0;
          const h = (exponent - 1) | 0;
          const eps =
            (((t0 >> h) & 1) | (((t1 >> h) & 1) << 1) | (((t2 >> h) & 1) << 2) | (((t3 >> h) & 1) << 3)) &
            ((0 - u) >> 31);
          const code = table[base | (context << 8) | (rho << 4) | eps] | 0;
          quads[q] = (code & 1023) | (u << 10) | (context === 0 ? BY_MEL | NOT_EMPTY : 0);
          const m0 = ((exponent & s0) - ((code >> 10) & 1)) | 0;
          const m1 = ((exponent & s1) - ((code >> 11) & 1)) | 0;
          const m2 = ((exponent & s2) - ((code >> 12) & 1)) | 0;
          const m3 = ((exponent & s3) - (code >> 13)) | 0;
          const f0 = (t0 + ~n0) & ((1 << m0) - 1);
          const f1 = (t1 + ~n1) & ((1 << m1) - 1);
          const f2 = (t2 + ~n2) & ((1 << m2) - 1);
          const f3 = (t3 + ~n3) & ((1 << m3) - 1);
          above[column] = t1;
          above[column + 1] = t3;
          left = row === 0 ? ((rho >> 1) & 7) | (rho & 1) : ((rho >> 1) | (rho >> 2)) & 2;
          if (exponent <= 8) {
            // all four in one word
            const m01 = (m0 + m1) | 0;
            const m012 = (m01 + m2) | 0;
            const field = f0 | (f1 << m0) | (f2 << m01) | (f3 << m012);
            const filled = word | (field << held);
            const beyond = (field >>> 1) >>> (31 - held);
            words[w] = filled;
            held = (held + m012 + m3) | 0;
            word = held > 31 ? beyond : filled;
            w = (w + (held >> 5)) | 0;
            held &= 31;
          } else if (exponent <= 16) {
            let field = f0 | (f1 << m0);
            let filled = word | (field << held);
            let beyond = (field >>> 1) >>> (31 - held);
            words[w] = filled;
            held = (held + m0 + m1) | 0;
            word = held > 31 ? beyond : filled;
            w = (w + (held >> 5)) | 0;
            held &= 31;
            field = f2 | (f3 << m2);
            filled = word | (field << held);
            beyond = (field >>> 1) >>> (31 - held);
            words[w] = filled;
            held = (held + m2 + m3) | 0;
            word = held > 31 ? beyond : filled;
            w = (w + (held >> 5)) | 0;
            held &= 31;
          } else {
            words[w] = word;
            let bit = ((w << 5) + held) | 0;
            bit = putField(words, bit, f0, m0);
            bit = putField(words, bit, f1, m1);
            bit = putField(words, bit, f2, m2);
            bit = putField(words, bit, f3, m3);
            w = bit >> 5;
            held = bit & 31;
            word = words[w];
          }
        }
        q = (q + 1) | 0;
        aboveLeft = aboveNext;
        aboveHere = aboveRight;
      }
      if ((quadsWide & 1) !== 0) {
        quads[q] = 0;
        q = (q + 1) | 0;
      }
    }
    words[w] = word;
    return ((w << 5) + held) | 0;
  }

  /** The second loop: MEL and VLC (15444-15 clauses 7.3.4 to 7.3.6). Returns the number of VLC bits. */
  private gatherCodewords(quadsWide: number, quadsHigh: number): number {
    const { mel, quads, uTable, vlc: words } = this;
    const pitch = (quadsWide + (quadsWide & 1)) | 0;
    const count = (pitch * quadsHigh) | 0;
    mel.start();
    let runLength = mel.runLength;
    let run = 0;
    // the first byte of VLC shares its place with the low bits of the suffix length, which count as ones
    let word = 15;
    let held = 4;
    let w = 0;
    for (let q = 0; q < count; q = (q + 2) | 0) {
      const first = quads[q];
      const second = quads[q + 1];
      if ((first & BY_MEL) !== 0) {
        if ((first & NOT_EMPTY) !== 0) {
          mel.endedRun(run);
          run = 0;
          runLength = mel.runLength;
        } else {
          run = (run + 1) | 0;
          if (run === runLength) {
            mel.fullRun();
            run = 0;
            runLength = mel.runLength;
          }
        }
      }
      if ((second & BY_MEL) !== 0) {
        if ((second & NOT_EMPTY) !== 0) {
          mel.endedRun(run);
          run = 0;
          runLength = mel.runLength;
        } else {
          run = (run + 1) | 0;
          if (run === runLength) {
            mel.fullRun();
            run = 0;
            runLength = mel.runLength;
          }
        }
      }
      const u1 = (first >> 10) & 31;
      const u2 = (second >> 10) & 31;
      let pair = (u1 << 5) | u2;
      if (q < pitch) {
        if (u1 !== 0 && u2 !== 0) {
          if (u1 > 2 && u2 > 2) {
            mel.endedRun(run);
            run = 0;
            runLength = mel.runLength;
          } else {
            run = (run + 1) | 0;
            if (run === runLength) {
              mel.fullRun();
              run = 0;
              runLength = mel.runLength;
            }
          }
        }
        pair |= 1024;
      }
      const u = uTable[pair];
      const length1 = (first >> 7) & 7;
      const lengths = (length1 + ((second >> 7) & 7)) | 0;
      const field = (first & 127) | ((second & 127) << length1) | ((u & 0xffff) << lengths);
      const filled = word | (field << held);
      const beyond = (field >>> 1) >>> (31 - held);
      words[w] = filled;
      held = (held + lengths + (u >> 16)) | 0;
      word = held > 31 ? beyond : filled;
      w = (w + (held >> 5)) | 0;
      held &= 31;
    }
    words[w] = word;
    // more zeros than there are, which nobody will ask for
    if (run > 0) mel.fullRun();
    return ((w << 5) + held) | 0;
  }

  /** Makes one segment of the three streams (15444-15 clause 7.1.1). Returns its length. */
  private join(magSgnBits: number, vlcBits: number, data: Uint8Array): number {
    const { mel } = this;
    let end = stuffForward(this.magSgn, magSgnBits, -1, data, 0);
    // what follows the last byte reads as ones
    if (data[end - 1] === 0xff) end = (end - 1) | 0;
    const magSgnEnd = end;
    for (let k = 0; k < mel.length; k++) data[end + k] = mel.data[k];
    end = (end + mel.length) | 0;
    // VLC is read backward from the end, so it comes out at the other end of the buffer
    const stuffed = stuffBackward(this.vlc, vlcBits, data, data.length);
    const begin = stuffed >> 4;
    const used = (1 << (stuffed & 15)) - 1;
    // the bits that count of the last byte of each; after 0xFF the top bit has to be 0, so it counts
    const melBits = (0xff << mel.room) & 0xff;
    const both = mel.byte | data[begin];
    const agree = (both & melBits) === mel.byte && (both & used) === data[begin] && both !== 0xff;
    if (melBits !== 0) {
      if (agree && used !== 0xff && begin < data.length - 1) {
        data[begin] = both;
      } else {
        data[end] = mel.byte;
        end = (end + 1) | 0;
      }
    }
    data.copyWithin(end, begin, data.length);
    end = (end + data.length - begin) | 0;
    data[end] = 0;
    end = (end + 1) | 0;
    const suffix = (end - magSgnEnd) | 0;
    data[end - 1] = suffix >> 4;
    data[end - 2] = (data[end - 2] & 0xf0) | (suffix & 15);
    return end;
  }
}

/** Writes up to 31 bits behind those that are there; what is behind them in the last word becomes 0. Returns where they end. */
function putField(words: Int32Array, bit: number, field: number, count: number): number {
  const w = bit >> 5;
  const s = bit & 31;
  words[w] |= field << s;
  words[w + 1] = (field >>> 1) >>> (31 - s);
  return (bit + count) | 0;
}

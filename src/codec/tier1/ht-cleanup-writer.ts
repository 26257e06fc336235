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

// places in the memory; the loops have them as literals
/**
 * By table, context, rho (4 bits) and eps (4): the codeword (7 bits), its length (3), the part of the
 * next quad's context that comes from this one (3), and e_k (4). Eps tells the samples that have the
 * largest exponent, and is 0 where that is not above the prediction. Among the codewords that tell no lie, the one that says most.
 */
const CODEWORDS = 0;
/**
 * By u of the first and of the second quad of a pair, five bits each, and 1024 more for the first row of quads: the code of both (16
 * bits) and its length above it. Both prefixes come first, then both suffixes (15444-15 clause 7.3.6, Table 3).
 */
const U_CODES = 4096;
/** By column, with one to the left and two to the right: t of the row above. */
const ABOVE = 6144;
/**
 * By quad, from the lowest bit on: codeword (7 bits) and its length (3), u (5), a bit if the context was 0, so that MEL tells whether the
 * quad is empty, and one if it is not. Where a row has an odd number of quads, one with nothing in it follows.
 */
const QUADS = 7184;
/** The bits of VLC: at most a word a pair of quads, and those of MagSgn: at most four times 31 a quad. */
const VLC = 9232;
const MAG_SGN = 10260;
const MEMORY_WORDS = MAG_SGN + 4 * MAX_QUADS + PADDING_WORDS;

function codewordTable(): Int32Array {
  const table = new Int32Array(2 * 8 * 256);
  const said = new Int8Array(table.length).fill(-1);
  forEachCodeword((t, context, rho, uOff, known, ones, codeword, length) => {
    const says = 8 * bitCount(known) + 7 - length;
    for (let eps = uOff; eps < (uOff === 0 ? 1 : 16); eps++) {
      if ((eps & ~rho) !== 0 || (eps & known) !== ones) continue;
      const index = (t << 11) | (context << 8) | (rho << 4) | eps;
      if (says <= said[index]) continue;
      said[index] = says;
      const next = t === 0 ? (rho & 1) | (rho >> 1) : ((rho >> 1) | (rho >> 2)) & 2;
      table[index] = codeword | (length << 7) | (next << 10) | (known << 13);
    }
  });
  return table;
}

function bitCount(nibble: number): number {
  return (nibble & 1) + ((nibble >> 1) & 1) + ((nibble >> 2) & 1) + (nibble >> 3);
}

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

/** Encodes cleanup passes; the one memory is that of all encoders. */
export const cleanupWriter = /* @__PURE__ */ createCleanupWriter();

function createCleanupWriter() {
  const MEMORY = new Int32Array(MEMORY_WORDS);
  const mel = new MelWriter();
  let hasTables = false;

  /**
   * Encodes `|v| >> shift` of all coefficients, row major; width and height are even. The magnitudes have at most 30 bits. Writes the
   * segment to the start of `data`.
   *
   * @returns its length in bytes, 0 if all is zero.
   */
  function encode(coefficients: Int32Array, width: number, height: number, shift: number, data: Uint8Array): number {
    if (!hasTables) {
      MEMORY.set(codewordTable(), CODEWORDS);
      MEMORY.set(uCodeTable(), U_CODES);
      hasTables = true;
    }
    const magSgnBits = gatherMagnitudes(coefficients, width >> 1, height >> 1, shift | 0);
    if (magSgnBits === 0) return 0;
    const vlcBits = gatherCodewords(width >> 1, height >> 1);
    return join(magSgnBits, vlcBits, data);
  }

  /** The first loop. Returns the number of MagSgn bits, which is 0 only for a code-block without significant coefficients. */
  function gatherMagnitudes(values: Int32Array, quadsWide: number, quadsHigh: number, shift: number): number {
    const memory = MEMORY;
    const width = (2 * quadsWide) | 0;
    const byMel = 1 << 15;
    let q = 7184;
    let bit = 328320; // 32 times MAG_SGN
    let upper = 0;
    memory.fill(0, ABOVE, ABOVE + width + 4);
    memory[MAG_SGN] = 0;
    const down = shift | 0;
    for (let row = 0; row < quadsHigh; row = (row + 1) | 0) {
      const base = row === 0 ? 0 : 2048;
      let left = 0;
      let aboveLeft = 0;
      let aboveHere = memory[6145];
      const right = (upper + width) | 0;
      for (let column = 6145; upper < right; column = (column + 2) | 0) {
        const aboveNext = memory[(column + 1) | 0];
        const aboveRight = memory[(column + 2) | 0];
        const lower = (upper + width) | 0;
        const x0 = values[upper];
        const x1 = values[lower];
        const x2 = values[(upper + 1) | 0];
        const x3 = values[(lower + 1) | 0];
        upper = (upper + 2) | 0;
        const a0 = (((x0 ^ (x0 >> 31)) - (x0 >> 31)) | 0) >> down;
        const a1 = (((x1 ^ (x1 >> 31)) - (x1 >> 31)) | 0) >> down;
        const a2 = (((x2 ^ (x2 >> 31)) - (x2 >> 31)) | 0) >> down;
        const a3 = (((x3 ^ (x3 >> 31)) - (x3 >> 31)) | 0) >> down;
        const context = left | ((aboveLeft | aboveHere) & 1) | (((aboveNext | aboveRight) & 1) << 2);
        const unknown = (context - 1) & byMel;
        const around = aboveLeft | aboveHere | aboveNext | aboveRight;
        const index = base | (context << 8);
        const any = a0 | a1 | a2 | a3;
        if (any === 0) {
          memory[q] = (memory[index] & 1023) | unknown;
          memory[column] = 0;
          memory[(column + 1) | 0] = 0;
          left = 0;
        } else if ((any | (around >>> 3)) < 64) {
          // no exponent is above 8 then, so that all four fit into one word at every step, a byte each
          const magnitudes = a0 | (a1 << 8) | (a2 << 16) | (a3 << 24);
          const significant = ((magnitudes + 0x7f7f7f7f) >>> 7) & 0x01010101;
          const negative = (x0 >>> 31) | ((x1 >>> 23) & 0x100) | ((x2 >>> 15) & 0x10000) | ((x3 >> 7) & 0x1000000);
          const less = (magnitudes - significant) | 0;
          const v = (less << 1) | (negative & significant);
          const t = v | significant;
          memory[column] = (t >>> 8) & 255;
          memory[(column + 1) | 0] = t >>> 24;
          // the bits 0, 8, 16 and 24 come together
          const rho = Math.imul(significant, 0x01020408) >>> 24;
          const several = (0 - (rho & (rho - 1))) >> 31;
          const kappa = (31 - Math.clz32((around & several) | 2)) | 0;
          const folded = less | (less >>> 16);
          const excess = (33 - Math.clz32((folded | (folded >>> 8)) & 255) - kappa) | 0;
          const u = excess & ~(excess >> 31);
          const exponent = (kappa + u) | 0;
          const h = (exponent - 1) | 0;
          const eps = (Math.imul((v >>> h) & 0x01010101, 0x01020408) >>> 24) & ((0 - u) >> 31);
          const code = memory[index | (rho << 4) | eps];
          left = (code >> 10) & 7;
          memory[q] = (code & 1023) | (u << 10) | Math.imul(unknown, 3);
          const known = Math.imul(code >> 13, 0x204081) & 0x01010101;
          const f = v & ~(known << h);
          // the number of bits of each, and then the sums of these
          const lengths = (Math.imul(significant, exponent) - known) | 0;
          const sums = Math.imul(lengths, 0x01010101);
          const field =
            (f & 255) |
            (((f >>> 8) & 255) << sums) |
            (((f >>> 16) & 255) << (sums >> 8)) |
            ((f >>> 24) << (sums >> 16));
          const w = bit >> 5;
          memory[w] |= field << bit;
          memory[(w + 1) | 0] = (field >>> 1) >>> ~bit;
          bit = (bit + (sums >>> 24)) | 0;
        } else {
          // all ones where significant
          const s0 = (0 - a0) >> 31;
          const s1 = (0 - a1) >> 31;
          const s2 = (0 - a2) >> 31;
          const s3 = (0 - a3) >> 31;
          // what MagSgn is to have, or 0
          const v0 = (((a0 << 1) | (x0 >>> 31)) - 2) & s0;
          const v1 = (((a1 << 1) | (x1 >>> 31)) - 2) & s1;
          const v2 = (((a2 << 1) | (x2 >>> 31)) - 2) & s2;
          const v3 = (((a3 << 1) | (x3 >>> 31)) - 2) & s3;
          memory[column] = v1 | (s1 & 1);
          memory[(column + 1) | 0] = v3 | (s3 & 1);
          const rho = (s0 & 1) | (s1 & 2) | (s2 & 4) | (s3 & 8);
          const several = (0 - (rho & (rho - 1))) >> 31;
          const kappa = (31 - Math.clz32((around & several) | 2)) | 0;
          const excess = (32 - Math.clz32(v0 | v1 | v2 | v3 | 1) - kappa) | 0;
          const u = excess & ~(excess >> 31);
          const exponent = (kappa + u) | 0;
          const h = (exponent - 1) | 0;
          const eps =
            (((v0 >> h) & 1) | (((v1 >> h) & 1) << 1) | (((v2 >> h) & 1) << 2) | (((v3 >> h) & 1) << 3)) &
            ((0 - u) >> 31);
          const code = memory[index | (rho << 4) | eps];
          left = (code >> 10) & 7;
          memory[q] = (code & 1023) | (u << 10) | Math.imul(unknown, 3);
          const m0 = ((exponent & s0) - ((code >> 13) & 1)) | 0;
          const m1 = ((exponent & s1) - ((code >> 14) & 1)) | 0;
          const m2 = ((exponent & s2) - ((code >> 15) & 1)) | 0;
          const m3 = ((exponent & s3) - (code >> 16)) | 0;
          const f0 = v0 & ((1 << m0) - 1);
          const f1 = v1 & ((1 << m1) - 1);
          const f2 = v2 & ((1 << m2) - 1);
          const f3 = v3 & ((1 << m3) - 1);
          if (exponent <= 16) {
            const f01 = f0 | (f1 << m0);
            let w = bit >> 5;
            memory[w] |= f01 << bit;
            memory[(w + 1) | 0] = (f01 >>> 1) >>> ~bit;
            bit = (bit + m0 + m1) | 0;
            const f23 = f2 | (f3 << m2);
            w = bit >> 5;
            memory[w] |= f23 << bit;
            memory[(w + 1) | 0] = (f23 >>> 1) >>> ~bit;
            bit = (bit + m2 + m3) | 0;
          } else {
            let w = bit >> 5;
            memory[w] |= f0 << bit;
            memory[(w + 1) | 0] = (f0 >>> 1) >>> ~bit;
            bit = (bit + m0) | 0;
            w = bit >> 5;
            memory[w] |= f1 << bit;
            memory[(w + 1) | 0] = (f1 >>> 1) >>> ~bit;
            bit = (bit + m1) | 0;
            w = bit >> 5;
            memory[w] |= f2 << bit;
            memory[(w + 1) | 0] = (f2 >>> 1) >>> ~bit;
            bit = (bit + m2) | 0;
            w = bit >> 5;
            memory[w] |= f3 << bit;
            memory[(w + 1) | 0] = (f3 >>> 1) >>> ~bit;
            bit = (bit + m3) | 0;
          }
        }
        q = (q + 1) | 0;
        aboveLeft = aboveNext;
        aboveHere = aboveRight;
      }
      upper = (upper + width) | 0;
      if ((quadsWide & 1) !== 0) {
        memory[q] = 0;
        q = (q + 1) | 0;
      }
    }
    return (bit - 328320) | 0;
  }

  /** The second loop: MEL and VLC (15444-15 clauses 7.3.4 to 7.3.6). Returns the number of VLC bits. */
  function gatherCodewords(quadsWide: number, quadsHigh: number): number {
    const memory = MEMORY;
    const pitch = (quadsWide + (quadsWide & 1)) | 0;
    const firstRow = (QUADS + pitch) | 0;
    const end = (QUADS + pitch * quadsHigh) | 0;
    const byMel = 1 << 15;
    const notEmpty = 1 << 16;
    mel.start();
    // the first byte of VLC shares its place with the low bits of the suffix length, which count as ones
    let word = 15;
    let held = 4;
    let w = 9232;
    for (let q = 7184; q < end; q = (q + 2) | 0) {
      const first = memory[q];
      const second = memory[q + 1];
      if ((first & byMel) !== 0) mel.put(first & notEmpty);
      if ((second & byMel) !== 0) mel.put(second & notEmpty);
      const u1 = (first >> 10) & 31;
      const u2 = (second >> 10) & 31;
      let pair = (u1 << 5) | u2;
      if (q < firstRow) {
        // in the first row MEL tells of two that are coded whether both are above 2
        if (u1 !== 0 && u2 !== 0) mel.put((2 - u1) & (2 - u2) & notEmpty);
        pair |= 1024;
      }
      const u = memory[(4096 + pair) | 0];
      const length1 = (first >> 7) & 7;
      const lengths = (length1 + ((second >> 7) & 7)) | 0;
      const field = (first & 127) | ((second & 127) << length1) | ((u & 0xffff) << lengths);
      const filled = word | (field << held);
      memory[w] = filled;
      const beyond = (field >>> 1) >>> ~held;
      held = (held + lengths + (u >> 16)) | 0;
      const carry = held >> 5;
      word = (beyond & -carry) | (filled & (carry - 1));
      w = (w + carry) | 0;
      held &= 31;
    }
    memory[w] = word;
    mel.finish();
    return (((w - 9232) << 5) + held) | 0;
  }

  /** Makes one segment of the three streams (15444-15 clause 7.1.1). Returns its length. */
  function join(magSgnBits: number, vlcBits: number, data: Uint8Array): number {
    let end = stuffForward(MEMORY, MAG_SGN, magSgnBits, -1, data, 0);
    // what follows the last byte reads as ones
    if (data[end - 1] === 0xff) end = (end - 1) | 0;
    const magSgnEnd = end;
    for (let k = 0; k < mel.length; k++) data[end + k] = mel.data[k];
    end = (end + mel.length) | 0;
    // VLC is read backward from the end, so it comes out at the other end of the buffer
    const stuffed = stuffBackward(MEMORY, VLC, vlcBits, data, data.length);
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

  return { encode };
}

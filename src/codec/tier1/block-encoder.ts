/**
 * The block encoder: coefficients in, codeword segments out (15444-1 Annex D over Annex C).
 *
 * The three coding passes of block-decoder.ts with the same flag words, one for each column of four rows: see there for
 * their layout. A decoder must know a decision before it can find the context of the next; an encoder knows them all. So each
 * coding pass is made in two steps. The first walks over the flags and lists the decisions, `context << 1 | decision`, one byte
 * each; the second codes the list (mq-writer.ts, or raw-writer.ts in bypassed passes). Each step is a small loop that
 * keeps its state in registers.
 *
 * Magnitudes lie column of four after column of four, and are also cut into bit-planes: eight planes of a column are
 * a word of `planes`, four bits each, so that a pass gets its bits of a column with one load.
 */
import { SIGN_CODING, ZERO_CODING } from './contexts.ts';
import { MqWriter } from './mq-writer.ts';
import { RawWriter } from './raw-writer.ts';

/** A code-block to be coded. */
export interface CodeBlockCoefficients {
  /** 1..1024, and at most 4096 coefficients in all (Table A.18). */
  width: number;
  height: number;
  /** 0 LL, 1 HL (horizontally high-pass), 2 LH, 3 HH: the column of Table D.1. */
  subband: 0 | 1 | 2 | 3;
  /** Table A.19: 1 bypass, 2 reset, 4 terminate, 8 vertically causal, 16 predictable termination, 32 segmentation symbols. */
  style: number;
  /**
   * Row major, `width * height` values. The magnitude that is coded is `|v| >> fractionBits`, at most 30 bits; the bits below
   * only serve to measure distortion.
   */
  coefficients: Int32Array;
  /** 0 for reversible coding. */
  fractionBits: number;
  /** Whether a coefficient that is decoded to the end is exact, or is taken to be in the middle of its interval. */
  exact: boolean;
  /** Stop after a bit-plane whose passes together gain less squared error per byte than this; 0 codes everything. */
  stopSlope: number;
}

/** What came out. It belongs to the encoder, and the next call overwrites it. */
export interface CodedBlock {
  /** Magnitude bit-planes that are coded; 0 if there is nothing but zeros. */
  bitPlanes: number;
  /** `3 * bitPlanes - 2`, or fewer when stopped early; 0 when `bitPlanes` is 0. */
  numPasses: number;
  /** The codeword segments, one after another; only the first `dataLength` bytes count. */
  data: Uint8Array;
  dataLength: number;
  /**
   * By pass: so many bytes are enough to decode the passes up to this one. Never decreasing; where a codeword segment ends, its
   * end; within a segment the shortest length that will do when the decoder continues with ones.
   */
  passLengths: Int32Array;
  /** By pass: how much less the squared error is than without it, in units of a squared quantiser step. May be negative. */
  passDistortions: Float64Array;
}

const MAX_BIT_PLANES = 30;
const MAX_PASSES = 3 * MAX_BIT_PLANES - 2;

const STYLE_BYPASS = 1;
const STYLE_RESET = 2;
const STYLE_TERMINATE = 4;
const STYLE_CAUSAL = 8;
const STYLE_PREDICTABLE = 16;
const STYLE_SEGMENTATION = 32;

/** Columns of four: most for 819 x 5 coefficients. */
const MAX_COLUMNS = 819 * 2;
/** Flag words, with a column and a stripe more on each side. */
const MAX_FLAGS = 821 * 4;
/** For each coefficient of a pass a decision and its sign, run lengths and positions, four more at the end. */
const MAX_DECISIONS = 2 * 4096 + 3 * MAX_COLUMNS + 4;
/**
 * More than any block can take: 4096 coefficients of 30 bit-planes are less than 230 000 decisions, each takes at most 15
 * bits, and a byte holds at least seven.
 */
const MAX_BYTES = 1 << 19;
/** Distortion is summed with so many bits below the bit-plane: 4096 times 2^18 still fits. */
const DISTORTION_BITS = 17;

/** The visited bits of all four rows. */
const VISITED_ALL = 0x49200000;

/** Bit r of an index comes out as bit 3 + 3r. */
const SPREAD: Int32Array = /* @__PURE__ */ Int32Array.from(
  { length: 16 },
  (_, n) => ((n & 1) << 3) | ((n & 2) << 5) | ((n & 4) << 7) | ((n & 8) << 9),
);

/** Zero-coding contexts as decisions, `context << 1`, by subband and neighbourhood. */
const ZERO_DECISIONS: readonly Uint8Array[] = /* @__PURE__ */ [0, 1, 2, 3].map((subband) =>
  ZERO_CODING.slice(subband << 9, (subband + 1) << 9).map((context) => context << 1),
);

/** Encodes code-blocks one after another; it owns its scratch memory and the result. */
export class ClassicBlockEncoder {
  private readonly bytes = new Uint8Array(1 + MAX_BYTES);
  private readonly mq = new MqWriter(this.bytes);
  private readonly raw = new RawWriter(this.bytes);
  private readonly flags = new Int32Array(MAX_FLAGS);
  private readonly magnitudes = new Int32Array(4 * MAX_COLUMNS);
  private readonly planes = new Int32Array(4 * MAX_COLUMNS);
  private readonly signs = new Int32Array(MAX_COLUMNS + 2 * 1024);
  private readonly decisions = new Uint8Array(MAX_DECISIONS);
  private readonly result: CodedBlock = {
    bitPlanes: 0,
    numPasses: 0,
    data: this.bytes.subarray(1),
    dataLength: 0,
    passLengths: new Int32Array(MAX_PASSES),
    passDistortions: new Float64Array(MAX_PASSES),
  };
  private width = 0;
  private height = 0;
  private zero = ZERO_DECISIONS[0];
  private fractionBits = 0;
  /** All ones, or zero when the stripe above must not see this one (vertically causal contexts, D.7). */
  private north = -1;
  /** What the end of a cleanup pass leaves of the last stripe's flags. */
  private keep = -1;
  /** What a pass has summed for its distortion, and over how many coefficients. */
  private sum = 0;
  private count = 0;

  /** Codes a block with all its passes, or until they are no longer worth their bytes. */
  encode(block: CodeBlockCoefficients): CodedBlock {
    const { style, stopSlope } = block;
    const result = this.result;
    const bitPlanes = this.begin(block);
    const predictable = (style & STYLE_PREDICTABLE) !== 0;
    let numPasses = bitPlanes === 0 ? 0 : 3 * bitPlanes - 2;
    let end = 1;
    let segment = 0; // the pass that the segment at work began with
    let planeBits = 8 * end;
    let planeGain = 0;
    for (let pass = 0; pass < numPasses; pass++) {
      const raw = isRaw(pass, style);
      const writer = raw ? this.raw : this.mq;
      if (pass === segment) writer.start(end);
      // pass 0 is a cleanup pass: the first plane has no other (D.3)
      const turn = pass + 2;
      const plane = bitPlanes - 1 - ((turn / 3) | 0);
      const exact = block.exact && plane === 0;
      let count = 0;
      if (turn % 3 === 0) count = this.propagateSignificance(plane, raw);
      else if (turn % 3 === 1) count = this.refineMagnitude(plane);
      else count = this.cleanUp(plane, (style & STYLE_SEGMENTATION) !== 0);
      if (raw) this.raw.code(this.decisions, count);
      else this.mq.code(this.decisions, count);
      if ((style & STYLE_RESET) !== 0) this.mq.resetContexts();
      const gain = turn % 3 === 1 ? this.gainOfRefinement(plane, exact) : this.gainOfSignificance(plane, exact);
      result.passDistortions[pass] = gain;
      planeGain += gain;
      writer.mark();
      if (turn % 3 === 2) {
        const bits = 8 * end + writer.bits;
        if (stopSlope > 0 && planeGain < (stopSlope * (bits - planeBits)) / 8) numPasses = pass + 1;
        planeBits = bits;
        planeGain = 0;
      }
      if (endsSegment(pass, numPasses, style)) {
        end = writer.finish(predictable, result.passLengths, segment);
        segment = pass + 1;
      }
    }
    for (let pass = 0; pass < numPasses; pass++) result.passLengths[pass]--; // the byte before the first
    result.bitPlanes = bitPlanes;
    result.numPasses = numPasses;
    result.dataLength = end - 1;
    return result;
  }

  /** Takes the coefficients in, and returns how many bit-planes they have. */
  private begin(block: CodeBlockCoefficients): number {
    const { width, height, style, coefficients, fractionBits } = block;
    if (width * height > 4096 || width > 1024 || height > 1024) {
      throw new Error(`a code-block of ${width} x ${height} reached the block encoder`);
    }
    this.width = width;
    this.height = height;
    this.zero = ZERO_DECISIONS[block.subband];
    this.fractionBits = fractionBits;
    this.north = (style & STYLE_CAUSAL) !== 0 ? 0 : -1;
    const all = this.arrange(coefficients) >> fractionBits;
    const bitPlanes = 32 - Math.clz32(all);
    if (bitPlanes > MAX_BIT_PLANES) throw new Error(`${bitPlanes} bit-planes reached the block encoder`);
    if (bitPlanes === 0) return 0;
    this.gatherSigns();
    for (let group = 0; 8 * group < bitPlanes; group++) this.cutIntoPlanes(group);
    const stripes = (height + 3) >> 2;
    const flags = this.flags;
    flags.fill(0, 0, (width + 2) * (stripes + 2));
    const below = (VISITED_ALL << (3 * (height & 3))) & VISITED_ALL;
    this.keep = ~VISITED_ALL | below;
    if ((height & 3) !== 0) {
      const lastStripe = (width + 2) * stripes + 1;
      flags.fill(below, lastStripe, lastStripe + width);
    }
    this.mq.resetContexts();
    return bitPlanes;
  }

  /** Columns of four, magnitudes and signs apart; returns all magnitudes, or-ed together. */
  private arrange(coefficients: Int32Array): number {
    const { width, height, magnitudes, signs } = this;
    const whole = height & ~3;
    let all = 0;
    let to = 0;
    let column = width;
    for (let y = 0; y < whole; y += 4) {
      const end = (y + 1) * width;
      for (let at = y * width; at < end; at++) {
        const v0 = coefficients[at];
        const v1 = coefficients[at + width];
        const v2 = coefficients[at + 2 * width];
        const v3 = coefficients[at + 3 * width];
        const s0 = v0 >> 31;
        const s1 = v1 >> 31;
        const s2 = v2 >> 31;
        const s3 = v3 >> 31;
        const m0 = (v0 ^ s0) - s0;
        const m1 = (v1 ^ s1) - s1;
        const m2 = (v2 ^ s2) - s2;
        const m3 = (v3 ^ s3) - s3;
        magnitudes[to] = m0;
        magnitudes[to + 1] = m1;
        magnitudes[to + 2] = m2;
        magnitudes[to + 3] = m3;
        to += 4;
        all |= m0 | m1 | m2 | m3;
        signs[column++] = (s0 & 8) | (s1 & 0x40) | (s2 & 0x200) | (s3 & 0x1000);
      }
    }
    if (whole < height) {
      for (let x = 0; x < width; x++) {
        let sign = 0;
        for (let r = 0; r < 4; r++) {
          const v = whole + r < height ? coefficients[(whole + r) * width + x] : 0;
          const magnitude = v < 0 ? -v : v;
          magnitudes[to++] = magnitude;
          all |= magnitude;
          if (v < 0) sign |= 8 << (3 * r);
        }
        signs[column++] = sign;
      }
    }
    return all;
  }

  /** Adds the signs of the neighbours to those of each column. */
  private gatherSigns(): void {
    const { width, signs } = this;
    const end = width * (1 + ((this.height + 3) >> 2));
    signs.fill(0, 0, width);
    signs.fill(0, end, end + width);
    for (let column = width; column < end; column++) {
      signs[column] |=
        ((signs[column - 1] >> 1) & 0x924) |
        ((signs[column + 1] << 1) & 0x2490) |
        ((signs[column - width] >> 12) & 1) |
        ((signs[column + width] << 12) & 0x8000);
    }
  }

  /**
   * Eight bit-planes of a column of four in one word: a bit matrix of four bytes is transposed in two halves, so plane p is at
   * bits `8 (p & 3) + (p & 4)` and the three above.
   */
  private cutIntoPlanes(group: number): void {
    const { magnitudes, planes } = this;
    const columns = this.width * ((this.height + 3) >> 2);
    const shift = this.fractionBits + 8 * group;
    const to = group * MAX_COLUMNS;
    for (let k = 0; k < columns; k++) {
      const m = 4 * k;
      let x =
        ((magnitudes[m] >> shift) & 255) |
        (((magnitudes[m + 1] >> shift) & 255) << 8) |
        (((magnitudes[m + 2] >> shift) & 255) << 16) |
        ((magnitudes[m + 3] >> shift) << 24);
      let t = (x ^ (x >>> 7)) & 0x00aa00aa;
      x ^= t ^ (t << 7);
      t = (x ^ (x >>> 14)) & 0x0000cccc;
      planes[to + k] = x ^ t ^ (t << 14);
    }
  }

  /** Significance propagation: rows not significant that have a significant neighbour (D.3.1, D.3.2). */
  private propagateSignificance(plane: number, raw: boolean): number {
    const { flags, decisions, magnitudes, planes, signs, zero, width, height, north } = this;
    const stride = width + 2;
    const group = (plane >> 3) * MAX_COLUMNS;
    const shift = ((plane & 3) << 3) | (plane & 4);
    const down = this.distortionShift(plane);
    const signMask = raw ? 0 : 255; // raw signs are stored as they are (D.6)
    let n = 0;
    let sum = 0;
    let count = 0;
    let column = 0;
    for (let y = 0, i = stride + 1; y < height; y += 4, i += 2) {
      for (let x = width; x > 0; x--, i++, column++) {
        const f = flags[i];
        if (f === 0) continue;
        const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
        const free = ~((f >>> 1) | (f >>> 18)) & 0x1248;
        const near = ((any << 3) | (any >>> 3) | f | (f >>> 2)) & free;
        if (near === 0) continue;
        const bits = SPREAD[(planes[group + column] >>> shift) & 15];
        const ones = bits & free;
        let s = near & bits;
        s |= (s << 3) & ones;
        s |= (s << 3) & ones;
        s |= (s << 3) & ones;
        const todo = near | ((s << 3) & free);
        flags[i] = f | (s << 1) | (todo << 18);
        const around = signs[width + column];
        let h = f & 0x1ef;
        decisions[n] = zero[h] | ((bits >>> 3) & 1);
        n += (todo >>> 3) & 1;
        decisions[n] = (SIGN_CODING[(h & 0xaa) | (around & 0x55)] & signMask) ^ ((around >>> 3) & 1);
        n += (s >>> 3) & 1;
        h = ((f >>> 3) & 0x1ef) | ((s >>> 2) & 2);
        decisions[n] = zero[h] | ((bits >>> 6) & 1);
        n += (todo >>> 6) & 1;
        decisions[n] = (SIGN_CODING[(h & 0xaa) | ((around >>> 3) & 0x55)] & signMask) ^ ((around >>> 6) & 1);
        n += (s >>> 6) & 1;
        h = ((f >>> 6) & 0x1ef) | ((s >>> 5) & 2);
        decisions[n] = zero[h] | ((bits >>> 9) & 1);
        n += (todo >>> 9) & 1;
        decisions[n] = (SIGN_CODING[(h & 0xaa) | ((around >>> 6) & 0x55)] & signMask) ^ ((around >>> 9) & 1);
        n += (s >>> 9) & 1;
        h = ((f >>> 9) & 0x1ef) | ((s >>> 8) & 2);
        decisions[n] = zero[h] | ((bits >>> 12) & 1);
        n += (todo >>> 12) & 1;
        decisions[n] = (SIGN_CODING[(h & 0xaa) | ((around >>> 9) & 0x55)] & signMask) ^ ((around >>> 12) & 1);
        n += (s >>> 12) & 1;
        if (s !== 0) {
          flags[i - 1] |= s << 2;
          flags[i + 1] |= s;
          if ((s & 8) !== 0) {
            flags[i - stride - 1] |= 0x20000 & north;
            flags[i - stride] |= 0x10000 & north;
            flags[i - stride + 1] |= 0x8000 & north;
          }
          if ((s & 0x1000) !== 0) {
            flags[i + stride - 1] |= 4;
            flags[i + stride] |= 2;
            flags[i + stride + 1] |= 1;
          }
          const m = 4 * column;
          sum +=
            ((magnitudes[m] >> down) & ((s << 28) >> 31)) +
            ((magnitudes[m + 1] >> down) & ((s << 25) >> 31)) +
            ((magnitudes[m + 2] >> down) & ((s << 22) >> 31)) +
            ((magnitudes[m + 3] >> down) & ((s << 19) >> 31));
          count += (Math.imul(s >>> 3, 0x249) >>> 9) & 7;
        }
      }
    }
    this.sum = sum;
    this.count = count;
    return n;
  }

  /** Magnitude refinement: rows that were significant before this bit-plane (D.3.3). */
  private refineMagnitude(plane: number): number {
    const { flags, decisions, magnitudes, planes, width, height } = this;
    const group = (plane >> 3) * MAX_COLUMNS;
    const shift = ((plane & 3) << 3) | (plane & 4);
    const down = this.distortionShift(plane);
    const middle = 1 << (plane + this.fractionBits - down);
    const mask = 2 * middle - 1;
    let n = 0;
    let sum = 0;
    let column = 0;
    for (let y = 0, i = width + 3; y < height; y += 4, i += 2) {
      for (let x = width; x > 0; x--, i++, column++) {
        const f = flags[i];
        let todo = f & ~(f >>> 17) & 0x2490;
        if (todo === 0) continue;
        flags[i] = f | (todo << 16);
        const bits = SPREAD[(planes[group + column] >>> shift) & 15];
        do {
          const k = 27 - Math.clz32(todo & -todo);
          todo &= todo - 1;
          const context = ((f >>> k) & 0x100000) !== 0 ? 16 : ((f >>> k) & 0x1ef) !== 0 ? 15 : 14;
          decisions[n++] = (context << 1) | ((bits >> (3 + k)) & 1);
          sum += Math.abs(((magnitudes[4 * column + ((k * 11) >> 5)] >> down) & mask) - middle);
        } while (todo !== 0);
      }
    }
    this.sum = sum;
    this.count = n;
    return n;
  }

  /** Cleanup: all rows not visited yet, with one decision for four where nothing is near (D.3.4), and the symbol of D.5. */
  private cleanUp(plane: number, segmentation: boolean): number {
    const { flags, decisions, magnitudes, planes, signs, zero, width, height, north } = this;
    const stride = width + 2;
    const group = (plane >> 3) * MAX_COLUMNS;
    const shift = ((plane & 3) << 3) | (plane & 4);
    const down = this.distortionShift(plane);
    const whole = height & ~3;
    const keep = this.keep;
    let n = 0;
    let sum = 0;
    let count = 0;
    let column = 0;
    for (let y = 0, i = stride + 1; y < height; y += 4, i += 2) {
      const clear = y < whole ? ~0x49200000 : keep;
      for (let x = width; x > 0; x--, i++, column++) {
        const f = flags[i];
        let todo = ~((f >>> 1) | (f >>> 18)) & 0x1248;
        if (todo === 0) {
          flags[i] = f & clear;
          continue;
        }
        const bits = SPREAD[(planes[group + column] >>> shift) & 15];
        const s = bits & todo;
        let fix = 0;
        let last = 0;
        if (f === 0) {
          if (bits === 0) {
            decisions[n++] = 34;
            continue;
          }
          const run = ((28 - Math.clz32(s & -s)) * 11) >> 5;
          decisions[n] = 35;
          decisions[n + 1] = 36 | (run >> 1);
          last = 36 | (run & 1);
          n += 2;
          fix = n;
          todo &= -(s & -s);
        }
        flags[i] = (f | (s << 1)) & clear;
        const around = signs[width + column];
        let h = f & 0x1ef;
        decisions[n] = zero[h] | ((bits >>> 3) & 1);
        n += (todo >>> 3) & 1;
        decisions[n] = SIGN_CODING[(h & 0xaa) | (around & 0x55)] ^ ((around >>> 3) & 1);
        n += (s >>> 3) & 1;
        h = ((f >>> 3) & 0x1ef) | ((s >>> 2) & 2);
        decisions[n] = zero[h] | ((bits >>> 6) & 1);
        n += (todo >>> 6) & 1;
        decisions[n] = SIGN_CODING[(h & 0xaa) | ((around >>> 3) & 0x55)] ^ ((around >>> 6) & 1);
        n += (s >>> 6) & 1;
        h = ((f >>> 6) & 0x1ef) | ((s >>> 5) & 2);
        decisions[n] = zero[h] | ((bits >>> 9) & 1);
        n += (todo >>> 9) & 1;
        decisions[n] = SIGN_CODING[(h & 0xaa) | ((around >>> 6) & 0x55)] ^ ((around >>> 9) & 1);
        n += (s >>> 9) & 1;
        h = ((f >>> 9) & 0x1ef) | ((s >>> 8) & 2);
        decisions[n] = zero[h] | ((bits >>> 12) & 1);
        n += (todo >>> 12) & 1;
        decisions[n] = SIGN_CODING[(h & 0xaa) | ((around >>> 9) & 0x55)] ^ ((around >>> 12) & 1);
        n += (s >>> 12) & 1;
        if (s !== 0) {
          if (f === 0) decisions[fix] = last;
          flags[i - 1] |= s << 2;
          flags[i + 1] |= s;
          if ((s & 8) !== 0) {
            flags[i - stride - 1] |= 0x20000 & north;
            flags[i - stride] |= 0x10000 & north;
            flags[i - stride + 1] |= 0x8000 & north;
          }
          if ((s & 0x1000) !== 0) {
            flags[i + stride - 1] |= 4;
            flags[i + stride] |= 2;
            flags[i + stride + 1] |= 1;
          }
          const m = 4 * column;
          sum +=
            ((magnitudes[m] >> down) & ((s << 28) >> 31)) +
            ((magnitudes[m + 1] >> down) & ((s << 25) >> 31)) +
            ((magnitudes[m + 2] >> down) & ((s << 22) >> 31)) +
            ((magnitudes[m + 3] >> down) & ((s << 19) >> 31));
          count += (Math.imul(s >>> 3, 0x249) >>> 9) & 7;
        }
      }
    }
    if (segmentation) {
      for (let bit = 0; bit < 4; bit++) decisions[n++] = 37 - (bit & 1); // 1010 in the uniform context
    }
    this.sum = sum;
    this.count = count;
    return n;
  }

  /** How far magnitudes are shifted down to sum them for the distortion at a bit-plane. */
  private distortionShift(plane: number): number {
    return Math.max(0, plane + this.fractionBits - DISTORTION_BITS);
  }

  /**
   * A coefficient that is t times 2^plane, t in [1, 2), was taken for 0 and is now taken for 3/2 times 2^plane: the squared error
   * was t² and is (t - 3/2)². When the value is exact instead, nothing of the error is left where t is 1.
   */
  private gainOfSignificance(plane: number, exact: boolean): number {
    const one = 2 ** Math.min(plane + this.fractionBits, DISTORTION_BITS);
    return ((3 * this.sum) / one - (exact ? 2 : 2.25) * this.count) * 4 ** plane;
  }

  /**
   * A coefficient whose bits from this plane down are t times 2^plane, t in [0, 2), was taken for 1 and is now taken for 1/2
   * or 3/2: the squared error was (t - 1)² and is (|t - 1| - 1/2)².
   */
  private gainOfRefinement(plane: number, exact: boolean): number {
    const one = 2 ** Math.min(plane + this.fractionBits, DISTORTION_BITS);
    return (this.sum / one - (exact ? 0 : 0.25) * this.count) * 4 ** plane;
  }
}

/** The first ten passes are always arithmetically coded; then bypass leaves only the cleanup passes so (Table D.9). */
function isRaw(pass: number, style: number): boolean {
  return (style & STYLE_BYPASS) !== 0 && pass >= 10 && pass % 3 !== 0;
}

/** Whether a codeword segment ends after this pass (D.4.1, Table D.9). */
function endsSegment(pass: number, numPasses: number, style: number): boolean {
  if (pass === numPasses - 1 || (style & STYLE_TERMINATE) !== 0) return true;
  return (style & STYLE_BYPASS) !== 0 && pass >= 9 && pass % 3 !== 1;
}

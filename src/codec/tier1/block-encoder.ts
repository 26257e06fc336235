/**
 * The block encoder: coefficients in, codeword segments out (15444-1 Annex D over Annex C).
 *
 * A decoder must know a decision before it can find the context of the next; an encoder knows them all. So each coding pass is
 * made in two steps: one walks over the code-block and lists the decisions, the other codes the list (mq-writer.ts, or
 * raw-writer.ts in bypassed passes). Each is a small loop without a branch that depends on single decisions.
 *
 * As in block-decoder.ts a column of four rows is one flag word. All columns of a code-block lie in `stride = width + 2` words
 * a stripe, with a border around; so one index serves for flags, signs, bit-planes and bytes. With `k` three times the row:
 *
 * ```
 *   flags    3 + k, 4 + k, 5 + k   significance of the neighbour on the left, of the row, of the neighbour on the right;
 *                                  bits 2..0 and 17..15, for the rows above and below, come from the words there when needed
 *            20 + k                magnitude refined before (selects between the contexts of Table D.4)
 *            21 + k                visited in this bit-plane; always set for rows below the block, so that no pass visits them
 *   signs    3 + k                 sign of the row (1 is negative); 0 and 15 for the rows above and below,
 *            2 + k, 4 + k          left and right. They never change: a sign counts only where its significance bit is set
 *   planes   eight bit-planes a word, four bits each: plane p at bits 8 (p & 3) + (p & 4) and the three above
 *   bytes    eight bits of each row, one byte a row; the first word has the fraction bits, below the plane 0
 * ```
 *
 * Masks have one bit a row, at 3 + k. Which rows a significance propagation pass visits depends on what it finds in the rows
 * above, but within a column that is a carry, so the masks of all four rows are made at once. After that everything is
 * known: each row writes its entry and the entry of a sign, and the place to write to advances by none, one or two.
 *
 * A list entry is the neighbourhood of nine bits that contexts.ts speaks of with the decision in its middle (zero coding),
 * 512 plus the sign in bit 8 over signs and significance of the nearest four (sign coding), 1024 plus `context << 1 | decision`,
 * or 2048 plus a number of columns that a cleanup pass finds empty.
 *
 * Masks and places in the memory are literals inside the passes, because a bundler turns constants of a module into variables.
 */
import { CONTEXT_MAGNITUDE, SIGN_CODING, ZERO_CODING } from './contexts.ts';
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
  /** Stop where the bit-planes to come can hardly gain so much squared error a byte; 0 codes everything. */
  stopSlope: number;
  /**
   * Measure distortion exactly at the end of each bit-plane, for regions of interest: where coefficients lie many bit-planes apart, a
   * rounding of the large ones would hide the small ones.
   */
  measured: boolean;
  /**
   * False where nobody will ask what a pass gains, because all of them are kept: `passDistortions` is all zeros then, which
   * saves 5 to 9 % of an encode (V8 11.3, 2026-12). Needs `stopSlope` 0 and nothing `measured`. Default true.
   */
  distortions?: boolean;
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
  /** The squared error that is left after the last pass, in the same units. */
  residual: number;
}

const MAX_BIT_PLANES = 30;
const MAX_PASSES = 3 * MAX_BIT_PLANES - 2;

const STYLE_BYPASS = 1;
const STYLE_RESET = 2;
const STYLE_TERMINATE = 4;
const STYLE_CAUSAL = 8;
const STYLE_PREDICTABLE = 16;
const STYLE_SEGMENTATION = 32;

// places in the memory; the first 160 words are the arithmetic coder's (mq-writer.ts)
const SYMBOLS = 160; // 4 x 1088 words: `context << 1 | decision` of a list entry, by subband
const SPREAD = 4512; // 16 words: bit r of the index comes out as bit 3 + 3r
const REFINEMENT = 4528; // 64 pairs of list entries
const EXPAND = 4592; // 586 words: bit 3r of the index comes out as six ones in byte r
const FLAGS = 5178; // (width + 2) x (stripes + 2) words; most for 819 x 5 coefficients
const WORDS = 3284; // so many
const SIGNS = FLAGS + WORDS; // 8462
const PLANES = SIGNS + WORDS; // 11746: four times
const BYTES = PLANES + 4 * WORDS; // 24882: five times
const LIST = BYTES + 5 * WORDS; // 41302

/** For each coefficient of a pass a decision and its sign, run lengths and positions, and some more at the end. */
const MAX_LIST = 2 * 4096 + 3 * 1638 + 16;
/**
 * More than any block can take: 4096 coefficients of 30 bit-planes are less than 230 000 decisions, each takes at most 15
 * bits, and a byte holds at least seven.
 */
const MAX_BYTES = 1 << 19;

/** The visited bits of all four rows. */
const VISITED_ALL = 0x49200000;

/** Encodes code-blocks one after another; it owns its scratch memory and the result. */
export class ClassicBlockEncoder {
  private readonly bytes = new Uint8Array(1 + MAX_BYTES);
  private readonly memory = new Int32Array(LIST + MAX_LIST);
  private readonly mq = new MqWriter(this.memory, this.bytes);
  private readonly raw = new RawWriter(this.bytes);
  private readonly result: CodedBlock = {
    bitPlanes: 0,
    numPasses: 0,
    data: this.bytes.subarray(1),
    dataLength: 0,
    passLengths: new Int32Array(MAX_PASSES),
    passDistortions: new Float64Array(MAX_PASSES),
    residual: 0,
  };
  private width = 0;
  private height = 0;
  private subband = 0;
  private fractionBits = 0;
  /** Row 0 of the stripe below, or nothing (vertically causal contexts, D.7). */
  private south = 0x38;
  /** What the end of a cleanup pass leaves of the last stripe's flags. */
  private keep = -1;

  // what the passes of a bit-plane need to find its bits, and the six bits below them that distortion is measured by
  private planes = 0;
  private shift = 0;
  private bytes0 = 0;
  private up = 0;
  private down = 0;
  private low = 0;
  /** Whether distortion is measured at all. */
  private weighs = true;
  private maskHigh = 0;
  private maskLow = 0;

  // what a pass leaves for `gain`: coefficients that it has changed, the sum of their |t - 1| in 64ths, and how many bits were 0
  private count = 0;
  private sum = 0;
  private zeros = 0;

  constructor() {
    const memory = this.memory;
    for (let n = 0; n < 16; n++) {
      const spread = (n & 1) | ((n & 2) << 2) | ((n & 4) << 4) | ((n & 8) << 6);
      memory[SPREAD + n] = spread << 3;
      memory[EXPAND + spread] = Math.imul((n & 1) | ((n & 2) << 7) | ((n & 4) << 14) | ((n & 8) << 21), 63);
    }
    memory.set(refinementTable(), REFINEMENT);
    for (let subband = 0; subband < 4; subband++) memory.set(symbolsOf(subband), SYMBOLS + 1088 * subband);
  }

  /** Codes a block with all its passes, or until they are no longer worth their bytes. */
  encode(block: CodeBlockCoefficients): CodedBlock {
    const { style, stopSlope } = block;
    const result = this.result;
    const gains = result.passDistortions;
    this.weighs = block.distortions !== false;
    const bitPlanes = this.begin(block);
    const predictable = (style & STYLE_PREDICTABLE) !== 0;
    let numPasses = bitPlanes === 0 ? 0 : 3 * bitPlanes - 2;
    let end = 1;
    let segment = 0; // the pass that the segment at work began with
    // each bit-plane is measured once at most
    let measuredPlane = -1;
    let measuredLeft = 0;
    const leftAfter = (plane: number): number => {
      if (plane !== measuredPlane) measuredLeft = residualOf(block, plane);
      measuredPlane = plane;
      return measuredLeft;
    };
    let planeEnd = 8 * end;
    let planeBits = 0;
    let passEnd = planeEnd;
    let cleanupBits = 0;
    let left = block.measured ? residualOf(block, bitPlanes) : 0;
    for (let pass = 0; pass < numPasses; pass++) {
      const raw = isRaw(pass, style);
      const writer = raw ? this.raw : this.mq;
      if (pass === segment) writer.start(end);
      // pass 0 is a cleanup pass: the first plane has no other (D.3)
      const turn = pass + 2;
      const plane = bitPlanes - 1 - ((turn / 3) | 0);
      this.lookAt(plane);
      let count = 0;
      if (turn % 3 === 0) count = this.propagateSignificance();
      else if (turn % 3 === 1) count = this.refineMagnitude();
      else count = this.cleanUp((style & STYLE_SEGMENTATION) !== 0);
      if (raw) this.raw.code(this.memory, LIST, count);
      else this.mq.code(LIST, count, SYMBOLS + 1088 * this.subband);
      gains[pass] = this.weighs ? this.gain(plane, block.exact, turn % 3 !== 1) : 0;
      if ((style & STYLE_RESET) !== 0) this.mq.resetContexts();
      writer.mark();
      if (block.measured && turn % 3 === 2) left = measuredGains(block, plane, gains, pass, left);
      if (stopSlope > 0 && turn % 3 !== 1) {
        const bits = 8 * end + writer.bits - planeEnd;
        if (turn % 3 === 0) {
          passEnd = planeEnd + bits;
          // this is the best pass of its plane; where it is not worth its bytes, and little is left, nothing after it will be
          const poor = 8 * gains[pass] < stopSlope * bits;
          if (poor && 2 * leftAfter(plane + 1) < stopSlope * planeBits) numPasses = pass + 1;
          // or it is the last one that is: a refinement gains a quarter of 4^plane for a bit or a little less; a cleanup pass, like this
          // pass in the next plane, about a quarter of what the one before it gained, for about as many bits
          else if (
            2.5 * 4 ** plane < stopSlope &&
            2.6 * gains[pass] < stopSlope * bits &&
            2.6 * gains[pass - 1] < stopSlope * cleanupBits
          ) {
            numPasses = pass + 1;
          }
        } else {
          // the next plane gains about half of what is left, for more bytes than this one, its best pass half as much again
          const planeGain = gains[pass] + (pass > 0 ? gains[pass - 1] + gains[pass - 2] : 0);
          const poor = 2 * planeGain < stopSlope * bits;
          if (poor && 6 * leftAfter(plane) < stopSlope * bits) numPasses = pass + 1;
          planeEnd += bits;
          planeBits = bits;
          cleanupBits = planeEnd - passEnd;
          passEnd = planeEnd;
        }
      }
      if (endsSegment(pass, numPasses, style)) {
        end = writer.finish(predictable, result.passLengths, segment);
        segment = pass + 1;
      }
    }
    for (let pass = 0; pass < numPasses; pass++) result.passLengths[pass]--; // the byte before the first
    result.bitPlanes = bitPlanes;
    result.numPasses = numPasses;
    // the planes that are complete are measured; a pass or two beyond them are taken at what they gained
    const complete = Math.floor((numPasses + 2) / 3);
    result.residual = leftAfter(bitPlanes - complete);
    for (let pass = Math.max(0, 3 * complete - 2); pass < numPasses; pass++) result.residual -= gains[pass];
    result.dataLength = end - 1;
    return result;
  }

  /** Takes the coefficients in, and returns how many bit-planes they have. */
  private begin(block: CodeBlockCoefficients): number {
    const { width, height, subband, style, coefficients, fractionBits } = block;
    if (width * height > 4096 || width > 1024 || height > 1024) {
      throw new Error(`a code-block of ${width} x ${height} reached the block encoder`);
    }
    this.width = width;
    this.height = height;
    this.subband = subband;
    this.fractionBits = fractionBits;
    this.south = (style & STYLE_CAUSAL) !== 0 ? 0 : 0x38;
    const all = this.arrange(coefficients, 0) >> fractionBits;
    const bitPlanes = 32 - Math.clz32(all);
    if (bitPlanes > MAX_BIT_PLANES) throw new Error(`${bitPlanes} bit-planes reached the block encoder`);
    if (bitPlanes === 0) return 0;
    const memory = this.memory;
    const stride = width + 2;
    const stripes = (height + 3) >> 2;
    for (let group = 1; 8 * group < bitPlanes; group++) this.arrange(coefficients, group);
    this.gatherSigns();
    memory.fill(0, FLAGS, FLAGS + stride * (stripes + 2));
    const below = (VISITED_ALL << (3 * (height & 3))) & VISITED_ALL;
    this.keep = ~VISITED_ALL | below;
    if ((height & 3) !== 0) {
      const lastStripe = FLAGS + stride * stripes + 1;
      memory.fill(below, lastStripe, lastStripe + width);
    }
    this.mq.resetContexts();
    return bitPlanes;
  }

  /**
   * Puts signs, bytes and eight bit-planes of all columns to their places; returns all magnitudes, or-ed together. The bytes of a
   * column are a bit matrix, and swapping its bits in two steps makes the word of its bit-planes.
   */
  private arrange(coefficients: Int32Array, group: number): number {
    const { memory, width, height } = this;
    const shift = this.fractionBits + 8 * group;
    const fraction = 8 - this.fractionBits;
    const planes = 11746 + 3284 * group;
    const bytes = 24882 + 3284 + 3284 * group;
    let all = 0;
    for (let y = 0, i = width + 3; y < height; y += 4, i += 2) {
      // beyond the last row, whatever is read there stands for zero
      const rows = height - y;
      const use1 = rows > 1 ? -1 : 0;
      const use2 = rows > 2 ? -1 : 0;
      const use3 = rows > 3 ? -1 : 0;
      const second = width & use1;
      const third = (2 * width) & use2;
      const fourth = (3 * width) & use3;
      for (let at = (y * width) | 0, end = (at + width) | 0; at < end; at = (at + 1) | 0, i = (i + 1) | 0) {
        const v0 = coefficients[at];
        const v1 = coefficients[(at + second) | 0] & use1;
        const v2 = coefficients[(at + third) | 0] & use2;
        const v3 = coefficients[(at + fourth) | 0] & use3;
        const s0 = v0 >> 31;
        const s1 = v1 >> 31;
        const s2 = v2 >> 31;
        const s3 = v3 >> 31;
        const m0 = ((v0 ^ s0) - s0) | 0;
        const m1 = ((v1 ^ s1) - s1) | 0;
        const m2 = ((v2 ^ s2) - s2) | 0;
        const m3 = ((v3 ^ s3) - s3) | 0;
        all |= m0 | m1 | m2 | m3;
        memory[(8462 + i) | 0] = (s0 & 8) | (s1 & 0x40) | (s2 & 0x200) | (s3 & 0x1000);
        if (group === 0) {
          // the bits below bit-plane 0, at the upper end of their bytes
          memory[(bytes - 3284 + i) | 0] =
            ((m0 << fraction) & 255) |
            (((m1 << fraction) & 255) << 8) |
            (((m2 << fraction) & 255) << 16) |
            ((m3 << fraction) << 24);
        }
        let word =
          ((m0 >> shift) & 255) | (((m1 >> shift) & 255) << 8) | (((m2 >> shift) & 255) << 16) | ((m3 >> shift) << 24);
        memory[(bytes + i) | 0] = word;
        let t = (word ^ (word >>> 7)) & 0x00aa00aa;
        word ^= t ^ (t << 7);
        t = (word ^ (word >>> 14)) & 0x0000cccc;
        memory[(planes + i) | 0] = word ^ t ^ (t << 14);
      }
    }
    return all;
  }

  /** Adds the signs of the neighbours to those of each column. */
  private gatherSigns(): void {
    const { memory, width, height } = this;
    const stride = width + 2;
    for (let y = 0, i = 8462 + stride + 1; y < height; y += 4, i += 2) {
      for (const end = i + width; i < end; i = (i + 1) | 0) {
        memory[i] |=
          ((memory[(i - 1) | 0] >> 1) & 0x924) |
          ((memory[(i + 1) | 0] << 1) & 0x2490) |
          ((memory[(i - stride) | 0] >> 12) & 1) |
          ((memory[(i + stride) | 0] << 12) & 0x8000);
      }
    }
  }

  /**
   * Where a bit-plane is. The six bits below it come from two of the `bytes` words, because planes 0 to 5 of a group of eight
   * have less than six bits below them in the group.
   */
  private lookAt(plane: number): void {
    const group = WORDS * (plane >> 3);
    const p = plane & 7;
    this.planes = PLANES - FLAGS + group;
    this.shift = ((p & 3) << 3) | (p & 4);
    this.bytes0 = BYTES - FLAGS + group;
    this.up = Math.max(0, 6 - p);
    this.down = Math.max(0, p - 6);
    this.low = 2 + p;
    this.maskHigh = Math.imul(p > 6 ? 63 : 64 - (64 >> p), 0x01010101);
    this.maskLow = Math.imul(63 >> p, 0x01010101);
  }

  /** Significance propagation: rows not significant that have a significant neighbour (D.3.1, D.3.2). */
  private propagateSignificance(): number {
    const { memory, width, height, south } = this;
    const stride = width + 2;
    const { planes, bytes0, shift, up, down, low, maskHigh, maskLow, weighs } = this;
    let n = 41302;
    let sum = 0;
    let count = 0;
    for (let y = 0, i = 5178 + stride + 1; y < height; y += 4, i += 2) {
      for (const end = i + width; i < end; i = (i + 1) | 0) {
        const word = memory[i];
        const f = word | ((memory[(i - stride) | 0] >>> 12) & 7) | ((memory[(i + stride) | 0] & south) << 12);
        if (f === 0) continue;
        const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
        const free = ~((f >>> 1) | (f >>> 18)) & 0x1248;
        const near = ((any << 3) | (any >>> 3) | f | (f >>> 2)) & free;
        if (near === 0) continue;
        const bits = memory[4512 + ((memory[(planes + i) | 0] >>> shift) & 15)] & free;
        let s = near & bits; // a row that becomes significant makes the row below it a candidate too
        s |= (s << 3) & bits;
        s |= (s << 3) & bits;
        s |= (s << 3) & bits;
        const todo = near | ((s << 3) & free);
        memory[(i - 1) | 0] |= s << 2;
        memory[i] = word | (s << 1) | (todo << 18);
        memory[(i + 1) | 0] |= s;
        if (s === 0) {
          memory[n] = f & 0x1ff;
          n = (n + ((todo >>> 3) & 1)) | 0;
          memory[n] = (f >>> 3) & 0x1ff;
          n = (n + ((todo >>> 6) & 1)) | 0;
          memory[n] = (f >>> 6) & 0x1ff;
          n = (n + ((todo >>> 9) & 1)) | 0;
          memory[n] = (f >>> 9) & 0x1ff;
          n = (n + (todo >>> 12)) | 0;
          continue;
        }
        const around = memory[(3284 + i) | 0];
        const g = f | (s << 1); // as each row sees it, but for the row below: that is not significant yet
        const steps = todo + s; // two bits a row: 0, 1 or 2 entries
        let h = (g ^ ((s << 1) & 0x80)) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | (around & 0x55) | ((around << 5) & 0x100);
        n = (n + ((steps >>> 3) & 3)) | 0;
        h = ((g >>> 3) ^ ((s >>> 2) & 0x80)) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | ((around >>> 3) & 0x55) | ((around << 2) & 0x100);
        n = (n + ((steps >>> 6) & 3)) | 0;
        h = ((g >>> 6) ^ ((s >>> 5) & 0x80)) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | ((around >>> 6) & 0x55) | ((around >>> 1) & 0x100);
        n = (n + ((steps >>> 9) & 3)) | 0;
        h = (g >>> 9) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | ((around >>> 9) & 0x55) | ((around >>> 4) & 0x100);
        n = (n + (steps >>> 12)) | 0;
        if (!weighs) continue;
        const fraction =
          (((memory[(bytes0 + 3284 + i) | 0] << up) >>> down) & maskHigh) |
          ((memory[(bytes0 + i) | 0] >>> low) & maskLow);
        sum = (sum + (Math.imul(fraction & memory[4592 + (s >>> 3)], 0x01010101) >>> 24)) | 0;
        count = (count + ((Math.imul(s >>> 3, 0x249) >>> 9) & 7)) | 0;
      }
    }
    this.sum = sum;
    this.count = count;
    return n - 41302;
  }

  /** Magnitude refinement: rows that were significant before this bit-plane (D.3.3). */
  private refineMagnitude(): number {
    const { memory, width, height, south } = this;
    const stride = width + 2;
    const { planes, bytes0, shift, up, down, low, maskHigh, maskLow, weighs } = this;
    let n = 41302;
    let sum = 0;
    let zeros = 0;
    for (let y = 0, i = 5178 + stride + 1; y < height; y += 4, i += 2) {
      for (const end = i + width; i < end; i = (i + 1) | 0) {
        const word = memory[i];
        const todo = (word >>> 1) & ~(word >>> 18) & 0x1248;
        if (todo === 0) continue;
        const f = word | ((memory[(i - stride) | 0] >>> 12) & 7) | ((memory[(i + stride) | 0] & south) << 12);
        memory[i] = word | (todo << 17);
        const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
        const near = (any << 3) | (any >>> 3) | f | (f >>> 2);
        const refined = f >>> 17;
        const bits = memory[4512 + ((memory[(planes + i) | 0] >>> shift) & 15)];
        const fields = bits | ((((near & ~refined) | ~todo) & 0x1248) << 1) | (((refined | ~todo) & 0x1248) << 2);
        // entries of two rows come from the table at once, one after the other without gaps
        const upper = memory[4528 + ((fields >>> 3) & 63)];
        memory[n] = upper & 0x7ff;
        memory[(n + 1) | 0] = (upper >>> 16) & 0x7ff;
        n = (n + (upper >>> 27)) | 0;
        const lower = memory[4528 + ((fields >>> 9) & 63)];
        memory[n] = lower & 0x7ff;
        memory[(n + 1) | 0] = (lower >>> 16) & 0x7ff;
        n = (n + (lower >>> 27)) | 0;
        if (!weighs) continue;
        const zero = (todo & ~bits) >>> 3;
        const fraction =
          (((memory[(bytes0 + 3284 + i) | 0] << up) >>> down) & maskHigh) |
          ((memory[(bytes0 + i) | 0] >>> low) & maskLow);
        sum =
          (sum + (Math.imul((fraction & memory[4592 + (todo >>> 3)]) ^ memory[4592 + zero], 0x01010101) >>> 24)) | 0;
        zeros = (zeros + ((Math.imul(zero, 0x249) >>> 9) & 7)) | 0;
      }
    }
    this.sum = sum;
    this.count = n - 41302;
    this.zeros = zeros;
    return n - 41302;
  }

  /** Cleanup: all rows not visited yet, with one decision for four where nothing is near (D.3.4), and the symbol of D.5. */
  private cleanUp(segmentation: boolean): number {
    const { memory, width, height, south } = this;
    const stride = width + 2;
    const { planes, bytes0, shift, up, down, low, maskHigh, maskLow, weighs } = this;
    const whole = height & ~3;
    let n = 41302;
    let sum = 0;
    let count = 0;
    let zeros = 0;
    for (let y = 0, i = 5178 + stride + 1; y < height; y += 4, i += 2) {
      const clear = y < whole ? ~0x49200000 : this.keep;
      for (const end = i + width; i < end; i = (i + 1) | 0) {
        const word = memory[i];
        const f = word | ((memory[(i - stride) | 0] >>> 12) & 7) | ((memory[(i + stride) | 0] & south) << 12);
        let todo = ~((f >>> 1) | (f >>> 18)) & 0x1248;
        if (todo === 0) {
          memory[i] = word & clear;
          continue;
        }
        const s = memory[4512 + ((memory[(planes + i) | 0] >>> shift) & 15)] & todo;
        let position = 0;
        if ((f | s) === 0) {
          zeros = (zeros + 1) | 0;
          continue;
        }
        if (zeros !== 0) {
          memory[n] = 2048 + zeros;
          n = (n + 1) | 0;
          zeros = 0;
        }
        if (f === 0) {
          const k = ((28 - Math.clz32(s & -s)) * 11) >> 5;
          memory[n] = 1059;
          memory[(n + 1) | 0] = 1060 | (k >> 1);
          position = 1060 | (k & 1);
          n = (n + 2) | 0;
          todo &= -(s & -s);
        }
        const at = n;
        // from here on as in significance propagation: a call for each column would cost more than the lines twice
        memory[(i - 1) | 0] |= s << 2;
        memory[i] = (word | (s << 1)) & clear;
        memory[(i + 1) | 0] |= s;
        if (s === 0) {
          memory[n] = f & 0x1ff;
          n = (n + ((todo >>> 3) & 1)) | 0;
          memory[n] = (f >>> 3) & 0x1ff;
          n = (n + ((todo >>> 6) & 1)) | 0;
          memory[n] = (f >>> 6) & 0x1ff;
          n = (n + ((todo >>> 9) & 1)) | 0;
          memory[n] = (f >>> 9) & 0x1ff;
          n = (n + (todo >>> 12)) | 0;
          continue;
        }
        const around = memory[(3284 + i) | 0];
        const g = f | (s << 1); // as each row sees it, but for the row below: that is not significant yet
        const steps = todo + s; // two bits a row: 0, 1 or 2 entries
        let h = (g ^ ((s << 1) & 0x80)) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | (around & 0x55) | ((around << 5) & 0x100);
        n = (n + ((steps >>> 3) & 3)) | 0;
        h = ((g >>> 3) ^ ((s >>> 2) & 0x80)) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | ((around >>> 3) & 0x55) | ((around << 2) & 0x100);
        n = (n + ((steps >>> 6) & 3)) | 0;
        h = ((g >>> 6) ^ ((s >>> 5) & 0x80)) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | ((around >>> 6) & 0x55) | ((around >>> 1) & 0x100);
        n = (n + ((steps >>> 9) & 3)) | 0;
        h = (g >>> 9) & 0x1ff;
        memory[n] = h;
        memory[(n + 1) | 0] = 512 | (h & 0xaa) | ((around >>> 9) & 0x55) | ((around >>> 4) & 0x100);
        n = (n + (steps >>> 12)) | 0;
        if (position !== 0) memory[at] = position; // the run has told the first row's decision, so its entry gives way
        if (!weighs) continue;
        const fraction =
          (((memory[(bytes0 + 3284 + i) | 0] << up) >>> down) & maskHigh) |
          ((memory[(bytes0 + i) | 0] >>> low) & maskLow);
        sum = (sum + (Math.imul(fraction & memory[4592 + (s >>> 3)], 0x01010101) >>> 24)) | 0;
        count = (count + ((Math.imul(s >>> 3, 0x249) >>> 9) & 7)) | 0;
      }
    }
    if (zeros !== 0) memory[n++] = 2048 + zeros;
    if (segmentation) {
      for (let bit = 0; bit < 4; bit++) memory[n++] = 1061 - (bit & 1); // 1010 in the uniform context
    }
    this.sum = sum;
    this.count = count;
    return n - 41302;
  }

  /**
   * How much less the squared error is after a pass.
   *
   * A coefficient that is t times 2^plane, t in [1, 2), was taken for 0 and is now taken for 3/2 times 2^plane: the squared error
   * was t² and is (t - 3/2)², the gain is 3t - 9/4. One that was significant before has t in [0, 2) from its lower bits, was
   * taken for 1 and is now taken for 1/2 or 3/2, a gain of |t - 1| - 1/4. Where the last bit-plane makes the value exact instead,
   * 1/4 more. Either way it is a linear function of |t - 1|, which is summed in 64ths: rounded down, so that half a 64th is added where bits were lost. The complement of six bits
   * is one 64th less than what is missing to 1, which counts where none were.
   */
  private gain(plane: number, exact: boolean, significance: boolean): number {
    const weight = 4 ** plane;
    const bonus = exact && plane === 0 ? 0.25 : 0;
    const cut = plane + this.fractionBits > 6;
    if (significance) {
      const sum = (this.sum + (cut ? this.count / 2 : 0)) / 64;
      return (3 * sum + (0.75 + bonus) * this.count) * weight;
    }
    const sum = (this.sum + (cut ? this.count / 2 : this.zeros)) / 64;
    return (sum + (bonus - 0.25) * this.count) * weight;
  }
}

/** Brings the gains of the three passes that end with `pass` to their exact sum; returns the squared error that is left. */
function measuredGains(
  block: CodeBlockCoefficients,
  plane: number,
  gains: Float64Array,
  pass: number,
  before: number,
): number {
  const left = residualOf(block, plane);
  const first = Math.max(0, pass - 2);
  let sum = 0;
  for (let k = first; k <= pass; k++) sum += gains[k];
  const gain = before - left;
  for (let k = first; k <= pass; k++) gains[k] = sum > 0 ? (gains[k] / sum) * gain : k === pass ? gain : 0;
  return left;
}

/** Squared error of a block that is decoded down to a bit-plane, in squared quantiser steps. */
function residualOf(
  { width, height, coefficients, fractionBits, exact }: CodeBlockCoefficients,
  plane: number,
): number {
  if (exact && plane === 0) return 0;
  const shift = plane + fractionBits;
  const mask = ((1 << shift) - 1) | 0;
  const one = 1 << shift; // with 31 bits nothing is significant yet, and this is not used
  let sum = 0;
  if (shift <= 8) {
    // 4096 squares below 2^18: integers are enough, and need no conversion
    for (let k = (width * height - 1) | 0; k >= 0; k = (k - 1) | 0) {
      const v = coefficients[k];
      const a = ((v ^ (v >> 31)) - (v >> 31)) | 0;
      const twice = (2 * (a & mask) - (((mask - a) >> 31) & one)) | 0; // two times the error, so that half a unit is whole
      sum = (sum + Math.imul(twice, twice)) | 0;
    }
  } else {
    for (let k = width * height - 1; k >= 0; k--) {
      const v = coefficients[k];
      const a = ((v ^ (v >> 31)) - (v >> 31)) | 0;
      const twice = 2 * (a & mask) - (((mask - a) >> 31) & one);
      sum += twice * twice;
    }
  }
  return sum / 4 ** (fractionBits + 1);
}

/**
 * Refinement decisions of two rows, listed one after the other, by three bits for each: the decision, whether a neighbour is
 * significant, whether refined before; both of the latter for a row that is not refined now. The count is at bit 27.
 */
function refinementTable(): Int32Array {
  return Int32Array.from({ length: 64 }, (_, pair) => {
    let entry = 0;
    let count = 0;
    for (const row of [pair & 7, pair >> 3]) {
      if (row >= 6) continue;
      entry |= (1024 + 2 * CONTEXT_MAGNITUDE + row) << (16 * count);
      count++;
    }
    return entry | (count << 27);
  });
}

/**
 * Decisions, `context << 1 | decision`, by list entry. An entry is a neighbourhood with the decision in its middle (D.3.1), or
 * 512 and the sign above a neighbourhood of signs (D.3.2), or 1024 and the decision itself.
 */
function symbolsOf(subband: number): Uint8Array {
  return Uint8Array.from({ length: 1088 }, (_, n) => {
    if (n < 512) return (ZERO_CODING[(subband << 9) | n] << 1) | ((n >> 4) & 1);
    if (n < 1024) return SIGN_CODING[n & 255] ^ ((n >> 8) & 1);
    return n - 1024;
  });
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

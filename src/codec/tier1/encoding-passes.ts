/**
 * The coding passes, as decisions to be coded (15444-1 Annex D): what block-encoder.ts calls for one pass after the other.
 *
 * A decoder must know a decision before it can find the context of the next; an encoder knows them all. So each coding pass is
 * made in two steps: one walks over the code-block and lists the decisions, the other codes the list (mq-writer.ts, or
 * raw-writer.ts in bypassed passes). Each is a small loop without a branch that depends on single decisions.
 *
 * As in coding-passes.ts a column of four rows is one flag word. All columns of a code-block lie in `stride = width + 2` words
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
 * Masks and places in the memory are literals inside the passes, because a bundler turns constants of a module into variables. The
 * memory is one `Int32Array` and a constant of the function that makes the passes, which is called once, so that the machine code has
 * its address and length as literals too (coding-passes.ts says why). All encoders share it, and the bytes that come out.
 */
import { CONTEXT_MAGNITUDE, SIGN_CODING, ZERO_CODING } from './contexts.ts';
import { createMqWriter } from './mq-writer.ts';
import { RawWriter } from './raw-writer.ts';

/** What the passes have to know of a code-block; block-encoder.ts explains it. */
export interface BlockShape {
  readonly width: number;
  readonly height: number;
  readonly subband: 0 | 1 | 2 | 3;
  readonly coefficients: Int32Array;
  readonly fractionBits: number;
}

const MAX_BIT_PLANES = 30;

// places in the memory; the first 512 words are the arithmetic coder's (mq-writer.ts)
const SYMBOLS = 512; // 4 x 1088 words: the context of a list entry and in bit 31 its decision, by subband
const SPREAD = 4864; // 16 words: bit r of the index comes out as bit 3 + 3r
const REFINEMENT = 4880; // 64 pairs of list entries
const EXPAND = 4944; // 586 words: bit 3r of the index comes out as six ones in byte r
const FLAGS = 5530; // (width + 2) x (stripes + 2) words; most for 819 x 5 coefficients
const WORDS = 3284; // so many
const SIGNS = FLAGS + WORDS; // 8814
const PLANES = SIGNS + WORDS; // 12098: four times
const BYTES = PLANES + 4 * WORDS; // 25234: five times
const LIST = BYTES + 5 * WORDS; // 41654: for each coefficient a decision and its sign, run lengths and positions, and some more
const COLUMNS = LIST + 2 * 4096 + 3 * 1638 + 16; // 54776: columns that refinement has to visit, of 1638 and one more

/**
 * More than any block can take: 4096 coefficients of 30 bit-planes are less than 230 000 decisions, each takes at most 15
 * bits, and a byte holds at least seven.
 */
const MAX_BYTES = 1 << 19;

/** The visited bits of all four rows. */
const VISITED_ALL = 0x49200000;

/** The coding passes over the one memory of all block encoders. */
export const encodingPasses = /* @__PURE__ */ createPasses();

function createPasses() {
  // a pass begins by giving this a name of its own, because the compiler sees the constant in some loops only if that is so
  const MEMORY = new Int32Array(COLUMNS + 1639);
  const bytes = new Uint8Array(1 + MAX_BYTES);
  const mq = createMqWriter(MEMORY, bytes);
  const raw = new RawWriter(bytes);
  const block = {
    width: 0,
    height: 0,
    fractionBits: 0,
    /** Row 0 of the stripe below, or nothing (vertically causal contexts, D.7). */
    south: 0x38,
    /** What the end of a cleanup pass leaves of the last stripe's flags. */
    keep: -1,
    /** Where the decisions of the subband are. */
    symbols: 0,
    /** Where the list of columns with significant rows ends. */
    lastColumn: 0,
    /** Whether distortion is measured at all. */
    weighs: true,
    // what the passes of a bit-plane need to find its bits, and the six bits below them that distortion is measured by
    planes: 0,
    shift: 0,
    bytes0: 0,
    up: 0,
    down: 0,
    low: 0,
    maskHigh: 0,
    maskLow: 0,
  };
  /** What a pass has found: coefficients that it has changed, the sum of their |t - 1| in 64ths, and how many bits were 0. */
  const found = { count: 0, sum: 0, zeros: 0 };
  for (let n = 0; n < 16; n++) {
    const spread = (n & 1) | ((n & 2) << 2) | ((n & 4) << 4) | ((n & 8) << 6);
    MEMORY[SPREAD + n] = spread << 3;
    MEMORY[EXPAND + spread] = Math.imul((n & 1) | ((n & 2) << 7) | ((n & 4) << 14) | ((n & 8) << 21), 63);
  }
  MEMORY.set(refinementTable(), REFINEMENT);
  for (let subband = 0; subband < 4; subband++) MEMORY.set(symbolsOf(subband), SYMBOLS + 1088 * subband);

  /** Takes the coefficients in, and returns how many bit-planes they have. */
  function begin(shape: BlockShape, causal: boolean, weighs: boolean): number {
    const { width, height, coefficients, fractionBits } = shape;
    if (width * height > 4096 || width > 1024 || height > 1024) {
      throw new Error(`a code-block of ${width} x ${height} reached the block encoder`);
    }
    block.width = width;
    block.height = height;
    block.fractionBits = fractionBits;
    block.south = causal ? 0 : 0x38;
    block.symbols = SYMBOLS + 1088 * shape.subband;
    block.weighs = weighs;
    const all = arrange(coefficients, 0) >> fractionBits;
    const bitPlanes = 32 - Math.clz32(all);
    if (bitPlanes > MAX_BIT_PLANES) throw new Error(`${bitPlanes} bit-planes reached the block encoder`);
    if (bitPlanes === 0) return 0;
    const stride = width + 2;
    const stripes = (height + 3) >> 2;
    for (let group = 1; 8 * group < bitPlanes; group++) arrange(coefficients, group);
    gatherSigns();
    MEMORY.fill(0, FLAGS, FLAGS + stride * (stripes + 2));
    const below = (VISITED_ALL << (3 * (height & 3))) & VISITED_ALL;
    block.keep = ~VISITED_ALL | below;
    if ((height & 3) !== 0) {
      const lastStripe = FLAGS + stride * stripes + 1;
      MEMORY.fill(below, lastStripe, lastStripe + width);
    }
    mq.resetContexts();
    return bitPlanes;
  }

  /**
   * Puts signs, bytes and eight bit-planes of all columns to their places; returns all magnitudes, or-ed together. The bytes of a
   * column are a bit matrix, and swapping its bits in two steps makes the word of its bit-planes.
   */
  function arrange(coefficients: Int32Array, group: number): number {
    const memory = MEMORY;
    const { width, height } = block;
    const shift = block.fractionBits + 8 * group;
    const fraction = 8 - block.fractionBits;
    const planes = 12098 + 3284 * group;
    const bytes = 25234 + 3284 + 3284 * group;
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
        memory[(8814 + i) | 0] = (s0 & 8) | (s1 & 0x40) | (s2 & 0x200) | (s3 & 0x1000);
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
  function gatherSigns(): void {
    const memory = MEMORY;
    const { width, height } = block;
    const stride = width + 2;
    for (let y = 0, i = 8814 + stride + 1; y < height; y += 4, i += 2) {
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
  function lookAt(plane: number): void {
    const group = WORDS * (plane >> 3);
    const p = plane & 7;
    block.planes = PLANES - FLAGS + group;
    block.shift = ((p & 3) << 3) | (p & 4);
    block.bytes0 = BYTES - FLAGS + group;
    block.up = Math.max(0, 6 - p);
    block.down = Math.max(0, p - 6);
    block.low = 2 + p;
    block.maskHigh = Math.imul(p > 6 ? 63 : 64 - (64 >> p), 0x01010101);
    block.maskLow = Math.imul(63 >> p, 0x01010101);
  }

  /** Significance propagation: rows not significant that have a significant neighbour (D.3.1, D.3.2). */
  function propagateSignificance(): number {
    const memory = MEMORY;
    const { width, height, south, planes, bytes0, shift, up, down, low, maskHigh, maskLow, weighs } = block;
    const stride = width + 2;
    let columns = 54776;
    let n = 41654;
    let sum = 0;
    let count = 0;
    for (let y = 0, i = 5530 + stride + 1; y < height; y += 4, i += 2) {
      for (const end = i + width; i < end; i = (i + 1) | 0) {
        const word = memory[i];
        const f = word | ((memory[(i - stride) | 0] >>> 12) & 7) | ((memory[(i + stride) | 0] & south) << 12);
        if (f === 0) continue;
        memory[columns] = i; // for refinement, if a row is significant already
        columns = (columns - (-(word & 0x2490) >> 31)) | 0;
        const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
        const free = ~((f >>> 1) | (f >>> 18)) & 0x1248;
        const near = ((any << 3) | (any >>> 3) | f | (f >>> 2)) & free;
        if (near === 0) continue;
        const bits = memory[4864 + ((memory[(planes + i) | 0] >>> shift) & 15)] & free;
        let s = near & bits; // a row that becomes significant makes the row below it a candidate too
        s |= (s << 3) & bits;
        s |= (s << 3) & bits;
        s |= (s << 3) & bits;
        const todo = near | ((s << 3) & free);
        memory[i] = word | (s << 1) | (todo << 18);
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
        memory[(i - 1) | 0] |= s << 2;
        memory[(i + 1) | 0] |= s;
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
        sum = (sum + (Math.imul(fraction & memory[4944 + (s >>> 3)], 0x01010101) >>> 24)) | 0;
        count = (count + ((Math.imul(s >>> 3, 0x249) >>> 9) & 7)) | 0;
      }
    }
    block.lastColumn = columns;
    found.sum = sum;
    found.count = count;
    return n - 41654;
  }

  /** Magnitude refinement: rows that were significant before this bit-plane (D.3.3); significance propagation has listed their columns. */
  function refineMagnitude(): number {
    const memory = MEMORY;
    const { width, south, planes, bytes0, shift, up, down, low, maskHigh, maskLow, weighs } = block;
    const stride = width + 2;
    let n = 41654;
    let sum = 0;
    let zeros = 0;
    const last = block.lastColumn;
    for (let j = 54776; j < last; j = (j + 1) | 0) {
      const i = memory[j];
      const word = memory[i];
      const todo = (word >>> 1) & ~(word >>> 18) & 0x1248;
      if (todo === 0) continue;
      const f = word | ((memory[(i - stride) | 0] >>> 12) & 7) | ((memory[(i + stride) | 0] & south) << 12);
      memory[i] = word | (todo << 17);
      const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
      const near = (any << 3) | (any >>> 3) | f | (f >>> 2);
      const refined = f >>> 17;
      const bits = memory[4864 + ((memory[(planes + i) | 0] >>> shift) & 15)];
      const fields = bits | ((((near & ~refined) | ~todo) & 0x1248) << 1) | (((refined | ~todo) & 0x1248) << 2);
      // entries of two rows come from the table at once, one after the other without gaps
      const upper = memory[4880 + ((fields >>> 3) & 63)];
      memory[n] = upper & 0x7ff;
      memory[(n + 1) | 0] = (upper >>> 16) & 0x7ff;
      n = (n + (upper >>> 27)) | 0;
      const lower = memory[4880 + ((fields >>> 9) & 63)];
      memory[n] = lower & 0x7ff;
      memory[(n + 1) | 0] = (lower >>> 16) & 0x7ff;
      n = (n + (lower >>> 27)) | 0;
      if (!weighs) continue;
      const zero = (todo & ~bits) >>> 3;
      const fraction =
        (((memory[(bytes0 + 3284 + i) | 0] << up) >>> down) & maskHigh) |
        ((memory[(bytes0 + i) | 0] >>> low) & maskLow);
      sum = (sum + (Math.imul((fraction & memory[4944 + (todo >>> 3)]) ^ memory[4944 + zero], 0x01010101) >>> 24)) | 0;
      zeros = (zeros + ((Math.imul(zero, 0x249) >>> 9) & 7)) | 0;
    }
    found.sum = sum;
    found.count = n - 41654;
    found.zeros = zeros;
    return n - 41654;
  }

  /** Cleanup: all rows not visited yet, with one decision for four where nothing is near (D.3.4), and the symbol of D.5. */
  function cleanUp(segmentation: boolean): number {
    const memory = MEMORY;
    const { width, height, south, planes, bytes0, shift, up, down, low, maskHigh, maskLow, weighs } = block;
    const stride = width + 2;
    const whole = height & ~3;
    let n = 41654;
    let sum = 0;
    let count = 0;
    let zeros = 0;
    for (let y = 0, i = 5530 + stride + 1; y < height; y += 4, i += 2) {
      const clear = y < whole ? ~0x49200000 : block.keep;
      for (const end = i + width; i < end; i = (i + 1) | 0) {
        const word = memory[i];
        const f = word | ((memory[(i - stride) | 0] >>> 12) & 7) | ((memory[(i + stride) | 0] & south) << 12);
        let todo = ~((f >>> 1) | (f >>> 18)) & 0x1248;
        if (todo === 0) {
          memory[i] = word & clear;
          continue;
        }
        const s = memory[4864 + ((memory[(planes + i) | 0] >>> shift) & 15)] & todo;
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
        sum = (sum + (Math.imul(fraction & memory[4944 + (s >>> 3)], 0x01010101) >>> 24)) | 0;
        count = (count + ((Math.imul(s >>> 3, 0x249) >>> 9) & 7)) | 0;
      }
    }
    if (zeros !== 0) memory[n++] = 2048 + zeros;
    if (segmentation) {
      for (let bit = 0; bit < 4; bit++) memory[n++] = 1061 - (bit & 1); // 1010 in the uniform context
    }
    found.sum = sum;
    found.count = count;
    return n - 41654;
  }

  /** Codes the decisions that a pass has listed. */
  function code(count: number, bypassed: boolean): void {
    if (bypassed) raw.code(MEMORY, LIST, count);
    else mq.code(LIST, count, block.symbols);
  }

  return {
    begin,
    lookAt,
    propagateSignificance,
    refineMagnitude,
    cleanUp,
    code,
    found,
    mq,
    raw,
    data: bytes.subarray(1),
  };
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
 * The context and in bit 31 the decision, by list entry. An entry is a neighbourhood with the decision in its middle (D.3.1), or
 * 512 and the sign above a neighbourhood of signs (D.3.2), or 1024 and the decision itself.
 */
function symbolsOf(subband: number): Int32Array {
  return Int32Array.from({ length: 1088 }, (_, n) => {
    if (n < 512) return ZERO_CODING[(subband << 9) | n] | (((n >> 4) & 1) << 31);
    if (n < 1024) return (SIGN_CODING[n & 255] >> 1) | ((SIGN_CODING[n & 255] ^ (n >> 8)) << 31);
    return ((n - 1024) >> 1) | (n << 31);
  });
}

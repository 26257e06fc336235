/**
 * The block decoder: codeword segments in, coefficients out (15444-1 Annex D over Annex C).
 *
 * A code-block is coded bit-plane by bit-plane, three passes a plane: coefficients next to significant ones first
 * (significance propagation), then one more bit of those significant already (magnitude refinement), then the rest
 * (cleanup). Each pass scans stripes of four rows, column by column.
 *
 * A column of four is one 32-bit flag word, and each pass makes from it a mask of the rows it has to visit. With `k` three
 * times the row, everything about a row and its neighbours stands `k` bits further up:
 *
 * ```
 *   bits 17..0   significance of a 3 x 6 window, rows of W, x, E, from the row above the column to the row below it;
 *                `word >> k & 0x1ff` is the neighbourhood that contexts.ts speaks of
 *   19 + k       sign of the row (1 is negative);   bit 18 and bit 31: signs of the row above and the row below
 *   20 + k       magnitude refined before (selects between the contexts of Table D.4)
 *   21 + k       visited in this bit-plane; always set for rows below the block, so that no pass visits them
 * ```
 *
 * Tables, contexts, flags and the bytes of the segment share one `Int32Array`: a loop then needs one base register and one
 * length instead of six (5 % of the whole, V8 11.3, 2026-11). The registers of the MQ decoder live in local variables
 * during a pass, so its steps stand at each of the eight places that decode a bit; mq-decoder.ts has the readable form.
 * Names and scale differ from there in four ways, all for speed:
 *
 * - `a` is 2^15 times the A of the standard, minus 2^30, and `c` 2^15 times C: below zero means "renormalise" for the one
 *   and "in the LPS part" for the other. `spare` bits of the code string are below the 16 that decisions look at.
 * - The exchange, the choice of the next state and the update of both registers are masks, not branches. Outside the
 *   cleanup pass three decisions of four renormalise, so there the shift is always made, if need be by zero: 3 % faster
 *   than a test. In the cleanup pass one test finds the common case (MPS, no renormalisation).
 * - Masks and places in the memory are literals inside the passes, because a bundler turns constants of a module into
 *   variables, which are read from memory each time (6 %). The list of places below names them.
 * - Bytes come unstuffed (`feedSegment`), each with the number of its new bits.
 */
import { INITIAL_CONTEXTS, SIGN_CODING, ZERO_CODING } from './contexts.ts';
import { FEED_TAIL, feedSegment } from './mq-feed.ts';
import { MQ_ENTRIES } from './mq-table.ts';
import { RawBits } from './raw-bits.ts';

/** A coded block as tier 2 hands it over. */
export interface CodeBlockData {
  /** 1..1024, and at most 4096 coefficients in all (Table A.18). */
  width: number;
  height: number;
  /** 0 LL, 1 HL (horizontally high-pass), 2 LH, 3 HH: the column of Table D.1. */
  subband: 0 | 1 | 2 | 3;
  /** Table A.19: 1 bypass, 2 reset, 4 terminate, 8 vertically causal, 16 predictable termination, 32 segmentation symbols. */
  style: number;
  /** Coded magnitude bit-planes: M_b (and the ROI shift) less the zero bit-planes of the packet header. */
  bitPlanes: number;
  /** Coding passes that are present. */
  numPasses: number;
  /** The codeword segments, one after another; only the first `dataLength` bytes are read. */
  data: Uint8Array;
  dataLength: number;
  numSegments: number;
  /** Coding passes of each codeword segment. */
  segmentPasses: Int32Array;
  /** Bytes of each codeword segment. */
  segmentLengths: Int32Array;
}

/** A segmentation symbol was not 1010 (D.5). */
export const FOUND_SEGMENTATION_SYMBOL = 1;
/** A segment did not end as predictable termination makes it end (D.4.2). */
export const FOUND_PREDICTABLE_TERMINATION = 2;
/** More coding passes than the bit-planes have; the excess was ignored. */
export const FOUND_TOO_MANY_PASSES = 4;
/** More than {@link MAX_BIT_PLANES} bit-planes; nothing was decoded. */
export const FOUND_TOO_MANY_BIT_PLANES = 8;
/** A segment holds both raw and arithmetically coded passes; the block was decoded up to there. */
export const FOUND_MIXED_SEGMENT = 16;

/** So many bit-planes and the half bit below them fit the output format. */
export const MAX_BIT_PLANES = 30;

const STYLE_BYPASS = 1;
const STYLE_RESET = 2;
const STYLE_TERMINATE = 4;
const STYLE_CAUSAL = 8;
const STYLE_PREDICTABLE = 16;
const STYLE_SEGMENTATION = 32;

// places in the memory; the contexts of contexts.ts are at 0..18 (17 run-length, 18 uniform)
const A = 28;
const C = 29;
const SPARE = 30;
const POSITION = 31;
const STATES = 32; // 128 entries of mq-table.ts
const ZERO = 160; // 4 x 512 contexts
const SIGN = 2208; // 256 contexts and flips
const FLAGS = 2464; // (width + 2) x (stripes + 2) words; most for 819 x 5 coefficients
const FEED = 5752; // the bytes of a segment

/** The visited bits of all four rows. */
const VISITED_ALL = 0x49200000;

/**
 * More bytes than any segment can use: 4096 coefficients of 30 bit-planes are less than 230 000 decisions, each takes at
 * most 15 bits, and a byte brings at least seven.
 */
const MAX_SEGMENT_BYTES = 1 << 19;

/** Decodes code-blocks one after another; it owns its scratch memory. */
export class ClassicBlockDecoder {
  private memory: Int32Array = new Int32Array(FEED + 8192);
  private readonly raw = new RawBits();
  private width = 0;
  private height = 0;
  /** Where the first coefficient goes, and how far apart rows are there. */
  private at = 0;
  private stride = 0;
  private subband = 0;
  /** All ones, or zero when the stripe above must not see this one (vertically causal contexts, D.7). */
  private north = -1;
  /** What the end of a cleanup pass leaves of the last stripe's flags. */
  private keep = -1;
  /** Where the last entry of the feed stands. */
  private end = FEED;

  constructor() {
    this.memory.set(MQ_ENTRIES, STATES);
    this.memory.set(ZERO_CODING, ZERO);
    this.memory.set(SIGN_CODING, SIGN);
  }

  /**
   * Decodes the coefficient in column x of row y into `out[at + y * stride + x]`; all of them are written, and nothing else.
   * One with magnitude bits `m` down to bit-plane `p` comes out as `±(2m + 1) << p`, that is doubled and with a one below
   * the last decoded bit; an insignificant one as 0.
   *
   * Returns what was wrong as `FOUND_` bits, 0 if nothing. Where a check fails, the answer holds the coding passes up to
   * the last check that held, so all of the block when no check before it did.
   */
  decode(block: CodeBlockData, out: Int32Array, at: number, stride: number): number {
    if (block.width * block.height > 4096 || block.width > 1024 || block.height > 1024) {
      throw new Error(`a code-block of ${block.width} x ${block.height} reached the block decoder`);
    }
    this.width = block.width;
    this.height = block.height;
    this.at = at;
    this.stride = stride;
    if (block.bitPlanes > MAX_BIT_PLANES) {
      this.clear(out);
      return FOUND_TOO_MANY_BIT_PLANES;
    }
    const legal = block.bitPlanes === 0 ? 0 : 3 * block.bitPlanes - 2;
    let found = block.numPasses > legal ? FOUND_TOO_MANY_PASSES : 0;
    const passes = Math.min(block.numPasses, legal);
    found |= this.decodePasses(block, out, passes);
    // damage is rare, so going back to the last good state is decoding again up to there
    if (this.verifiedPasses < passes) this.decodePasses(block, out, this.verifiedPasses);
    return found;
  }

  /** Passes that `decodePasses` can vouch for: all of them, or those up to the last check that held before one failed. */
  private verifiedPasses = 0;

  private decodePasses(block: CodeBlockData, out: Int32Array, passes: number): number {
    this.clear(out);
    this.begin(block);
    const style = block.style;
    const checked = (style & STYLE_SEGMENTATION) !== 0;
    // a check at the end of every pass says more than four bits at the end of some
    const eachTerminated = (style & STYLE_PREDICTABLE) !== 0 && (style & STYLE_TERMINATE) !== 0;
    const data = block.data;
    let start = 0;
    let pass = 0;
    this.verifiedPasses = 0;
    for (let s = 0; s < block.numSegments && pass < passes; s++) {
      const stop = Math.min(start + block.segmentLengths[s], block.dataLength);
      const raw = isRaw(pass, style);
      if (raw) this.raw.start(data, start, stop);
      else this.startSegment(data, start, stop);
      const last = Math.min(pass + block.segmentPasses[s], passes);
      for (; pass < last; pass++) {
        if (isRaw(pass, style) !== raw) {
          this.verifiedPasses = passes;
          return FOUND_MIXED_SEGMENT;
        }
        // pass 0 is a cleanup pass: the first plane has no other (D.3)
        const turn = pass + 2;
        const plane = block.bitPlanes - 1 - ((turn / 3) | 0);
        if (turn % 3 === 0) {
          if (raw) this.propagateRaw(out, plane);
          else this.propagateSignificance(out, plane);
        } else if (turn % 3 === 1) {
          if (raw) this.refineRaw(out, plane);
          else this.refineMagnitude(out, plane);
        } else {
          this.cleanUp(out, plane);
          if (checked && this.readSegmentationSymbol() !== 0b1010) {
            const cut = pass + 1 === passes && !isTerminated(pass, block) && this.isAtEnd(stop - start);
            if (!cut) return FOUND_SEGMENTATION_SYMBOL;
          }
          if (checked && !eachTerminated) this.verifiedPasses = pass + 1;
        }
        if ((style & STYLE_RESET) !== 0) this.memory.set(INITIAL_CONTEXTS);
      }
      if ((style & STYLE_PREDICTABLE) !== 0 && isTerminated(pass - 1, block)) {
        const good = raw ? this.raw.endsPredictably() : this.endsPredictably(stop - start);
        if (!good) return FOUND_PREDICTABLE_TERMINATION;
        this.verifiedPasses = pass;
      }
      start = stop;
    }
    this.verifiedPasses = passes;
    return 0;
  }

  /** Makes all coefficients insignificant. */
  private clear(out: Int32Array): void {
    const { width, height, at, stride } = this;
    if (stride === width) out.fill(0, at, at + width * height);
    else for (let y = 0, o = at; y < height; y++, o += stride) out.fill(0, o, o + width);
  }

  private begin(block: CodeBlockData): void {
    const { width, height, subband, style } = block;
    this.subband = subband;
    this.north = (style & STYLE_CAUSAL) !== 0 ? 0 : -1;
    const memory = this.memory;
    const stripes = (height + 3) >> 2;
    memory.set(INITIAL_CONTEXTS);
    memory.fill(0, FLAGS, FLAGS + (width + 2) * (stripes + 2));
    const below = (VISITED_ALL << (3 * (height & 3))) & VISITED_ALL;
    this.keep = ~VISITED_ALL | below;
    if ((height & 3) !== 0) {
      const lastStripe = FLAGS + (width + 2) * stripes + 1;
      memory.fill(below, lastStripe, lastStripe + width);
    }
  }

  /** INITDEC (C.3.5): sixteen bits of the code string, the first of them zero. */
  private startSegment(data: Uint8Array, start: number, stop: number): void {
    const room = FEED + Math.min(stop - start, MAX_SEGMENT_BYTES) + FEED_TAIL;
    if (room > this.memory.length) {
      const larger = new Int32Array(room + (room >> 1));
      larger.set(this.memory);
      this.memory = larger;
    }
    const memory = this.memory;
    this.end = feedSegment(data, start, Math.min(stop, start + MAX_SEGMENT_BYTES), memory, FEED);
    let c = 0;
    let spare = -15;
    let position = FEED;
    while (spare < 0) {
      const entry = memory[position++];
      c += (entry >> 4) << (7 - spare);
      spare += entry & 15;
    }
    memory[A] = 0; // A = 0x8000
    memory[C] = c;
    memory[SPARE] = spare;
    memory[POSITION] = position;
  }

  /** Significance propagation: rows not significant that have a significant neighbour (D.3.1, D.3.2). */
  private propagateSignificance(out: Int32Array, plane: number): void {
    const memory = this.memory;
    const end = this.end;
    const width = this.width;
    const height = this.height;
    const flagStride = width + 2;
    const stride = this.stride;
    const north = this.north;
    const zero = ZERO + (this.subband << 9);
    const value = 3 << plane;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let position = memory[POSITION];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let moved = 0;
    let context = 0;
    let signs = 0;
    let left = 0;
    let right = 0;
    for (let y = 0, i = FLAGS + flagStride + 1; y < height; y += 4, i += 2) {
      for (let x = width, o = this.at + y * stride; x > 0; x--, i++, o++) {
        let f = memory[i];
        if (f === 0) continue;
        const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
        let todo = ((any << 3) | (any >>> 3) | f | (f >>> 2)) & ~(f >>> 1) & ~(f >>> 18) & 0x1248;
        if (todo === 0) continue;
        do {
          const k = 28 - Math.clz32(todo & -todo);
          todo &= todo - 1;
          context = memory[zero + ((f >>> k) & 0x1ef)];
          entry = memory[context];
          qe = entry & 0x7fff8000;
          a = (a - qe) | 0;
          c = (c - qe) | 0;
          moved = (a | c) >> 31;
          lower = c >> 31;
          a = (a + 0x40000000) | 0;
          lps = ((a - qe) >> 31) ^ lower;
          c = (c + (qe & lower)) | 0;
          a = (a + ((qe - a) & lower)) | 0;
          d = (entry ^ lps) & 1;
          memory[context] = entry ^ ((memory[32 + ((entry >> (1 + (lps & 7))) & 127)] ^ entry) & moved);
          shift = Math.clz32(a) - 1;
          a = ((a << shift) - 0x40000000) | 0;
          c <<= shift;
          spare = (spare - shift) | 0;
          while (spare < 0) {
            entry = memory[position];
            position = (position + (position < end ? 1 : 0)) | 0;
            c = (c + ((entry >> 4) << (7 - spare))) | 0;
            spare = (spare + (entry & 15)) | 0;
          }
          if (d !== 0) {
            left = memory[i - 1];
            right = memory[i + 1];
            signs =
              (k === 0 ? ((f >>> 18) & 1) | ((f >>> 16) & 0x40) : (f >>> (16 + k)) & 0x41) |
              ((left >>> (17 + k)) & 4) |
              ((right >>> (15 + k)) & 16);
            signs = memory[2208 + (((f >>> k) & 0xaa) | signs)];
            context = signs >> 1;
            entry = memory[context];
            qe = entry & 0x7fff8000;
            a = (a - qe) | 0;
            c = (c - qe) | 0;
            moved = (a | c) >> 31;
            lower = c >> 31;
            a = (a + 0x40000000) | 0;
            lps = ((a - qe) >> 31) ^ lower;
            c = (c + (qe & lower)) | 0;
            a = (a + ((qe - a) & lower)) | 0;
            d = (entry ^ lps) & 1;
            memory[context] = entry ^ ((memory[32 + ((entry >> (1 + (lps & 7))) & 127)] ^ entry) & moved);
            shift = Math.clz32(a) - 1;
            a = ((a << shift) - 0x40000000) | 0;
            c <<= shift;
            spare = (spare - shift) | 0;
            while (spare < 0) {
              entry = memory[position];
              position = (position + (position < end ? 1 : 0)) | 0;
              c = (c + ((entry >> 4) << (7 - spare))) | 0;
              spare = (spare + (entry & 15)) | 0;
            }
            d ^= signs & 1;
            out[o + Math.imul((k * 11) >> 5, stride)] = (value ^ -d) + d;
            memory[i - 1] = left | (0x20 << k);
            memory[i + 1] = right | (8 << k);
            f |= (0x10 << k) | (d << (19 + k));
            if (k === 0) {
              memory[i - flagStride - 1] |= 0x20000 & north;
              memory[i - flagStride] |= (0x10000 | (d << 31)) & north;
              memory[i - flagStride + 1] |= 0x8000 & north;
            } else if (k === 9) {
              memory[i + flagStride - 1] |= 4;
              memory[i + flagStride] |= 2 | (d << 18);
              memory[i + flagStride + 1] |= 1;
            }
            todo |= (0x40 << k) & ~(f >>> 1) & ~(f >>> 18) & 0x1248;
          }
          f |= 0x200000 << k;
        } while (todo !== 0);
        memory[i] = f;
      }
    }
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
    memory[POSITION] = position;
  }

  /** Magnitude refinement: rows that were significant before this bit-plane (D.3.3). */
  private refineMagnitude(out: Int32Array, plane: number): void {
    const memory = this.memory;
    const end = this.end;
    const width = this.width;
    const height = this.height;
    const flagStride = width + 2;
    const stride = this.stride;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let position = memory[POSITION];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let moved = 0;
    let context = 0;
    for (let y = 0, i = FLAGS + flagStride + 1; y < height; y += 4, i += 2) {
      for (let x = width, o = this.at + y * stride; x > 0; x--, i++, o++) {
        const f = memory[i];
        let todo = f & ~(f >>> 17) & 0x2490;
        if (todo === 0) continue;
        memory[i] = f | (todo << 16);
        do {
          const k = 27 - Math.clz32(todo & -todo);
          todo &= todo - 1;
          context = ((f >>> k) & 0x100000) !== 0 ? 16 : ((f >>> k) & 0x1ef) !== 0 ? 15 : 14;
          entry = memory[context];
          qe = entry & 0x7fff8000;
          a = (a - qe) | 0;
          c = (c - qe) | 0;
          moved = (a | c) >> 31;
          lower = c >> 31;
          a = (a + 0x40000000) | 0;
          lps = ((a - qe) >> 31) ^ lower;
          c = (c + (qe & lower)) | 0;
          a = (a + ((qe - a) & lower)) | 0;
          d = (entry ^ lps) & 1;
          memory[context] = entry ^ ((memory[32 + ((entry >> (1 + (lps & 7))) & 127)] ^ entry) & moved);
          shift = Math.clz32(a) - 1;
          a = ((a << shift) - 0x40000000) | 0;
          c <<= shift;
          spare = (spare - shift) | 0;
          while (spare < 0) {
            entry = memory[position];
            position = (position + (position < end ? 1 : 0)) | 0;
            c = (c + ((entry >> 4) << (7 - spare))) | 0;
            spare = (spare + (entry & 15)) | 0;
          }
          const place = o + Math.imul((k * 11) >> 5, stride);
          const old = out[place];
          const minus = old >> 31;
          out[place] = old + (((((d << 1) - 1) ^ minus) - minus) << plane);
        } while (todo !== 0);
      }
    }
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
    memory[POSITION] = position;
  }

  /** Cleanup: all rows not visited yet, with one decision for four where nothing is near (D.3.4). */
  private cleanUp(out: Int32Array, plane: number): void {
    const memory = this.memory;
    const end = this.end;
    const width = this.width;
    const height = this.height;
    const flagStride = width + 2;
    const stride = this.stride;
    const north = this.north;
    const zero = ZERO + (this.subband << 9);
    const value = 3 << plane;
    const whole = height & ~3;
    const keep = this.keep;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let position = memory[POSITION];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let moved = 0;
    let context = 0;
    let signs = 0;
    let left = 0;
    let right = 0;
    for (let y = 0, i = FLAGS + flagStride + 1; y < height; y += 4, i += 2) {
      for (let x = width, o = this.at + y * stride; x > 0; x--, i++, o++) {
        let f = memory[i];
        let todo = ~(f | (f >>> 17)) & 0x2490;
        let known = false;
        if (f === 0) {
          entry = memory[17];
          qe = entry & 0x7fff8000;
          a = (a - qe) | 0;
          c = (c - qe) | 0;
          d = entry & 1;
          if ((a | c) < 0) {
            lower = c >> 31;
            a = (a + 0x40000000) | 0;
            lps = ((a - qe) >> 31) ^ lower;
            c = (c + (qe & lower)) | 0;
            a = (a + ((qe - a) & lower)) | 0;
            d ^= lps & 1;
            memory[17] = memory[32 + ((entry >> (1 + (lps & 7))) & 127)];
            shift = Math.clz32(a) - 1;
            a = ((a << shift) - 0x40000000) | 0;
            c <<= shift;
            spare = (spare - shift) | 0;
            while (spare < 0) {
              entry = memory[position];
              position = (position + (position < end ? 1 : 0)) | 0;
              c = (c + ((entry >> 4) << (7 - spare))) | 0;
              spare = (spare + (entry & 15)) | 0;
            }
          }
          if (d === 0) continue;
          let run = 0;
          for (let bit = 0; bit < 2; bit++) {
            entry = memory[18];
            qe = entry & 0x7fff8000;
            a = (a - qe) | 0;
            c = (c - qe) | 0;
            moved = (a | c) >> 31;
            lower = c >> 31;
            a = (a + 0x40000000) | 0;
            lps = ((a - qe) >> 31) ^ lower;
            c = (c + (qe & lower)) | 0;
            a = (a + ((qe - a) & lower)) | 0;
            d = (entry ^ lps) & 1;
            memory[18] = entry ^ ((memory[32 + ((entry >> (1 + (lps & 7))) & 127)] ^ entry) & moved);
            shift = Math.clz32(a) - 1;
            a = ((a << shift) - 0x40000000) | 0;
            c <<= shift;
            spare = (spare - shift) | 0;
            while (spare < 0) {
              entry = memory[position];
              position = (position + (position < end ? 1 : 0)) | 0;
              c = (c + ((entry >> 4) << (7 - spare))) | 0;
              spare = (spare + (entry & 15)) | 0;
            }
            run = (run << 1) | d;
          }
          todo &= -1 << (4 + 3 * run);
          known = true;
        }
        while (todo !== 0) {
          const k = 27 - Math.clz32(todo & -todo);
          todo &= todo - 1;
          if (known) {
            known = false;
          } else {
            context = memory[zero + ((f >>> k) & 0x1ef)];
            entry = memory[context];
            qe = entry & 0x7fff8000;
            a = (a - qe) | 0;
            c = (c - qe) | 0;
            d = entry & 1;
            if ((a | c) < 0) {
              lower = c >> 31;
              a = (a + 0x40000000) | 0;
              lps = ((a - qe) >> 31) ^ lower;
              c = (c + (qe & lower)) | 0;
              a = (a + ((qe - a) & lower)) | 0;
              d ^= lps & 1;
              memory[context] = memory[32 + ((entry >> (1 + (lps & 7))) & 127)];
              shift = Math.clz32(a) - 1;
              a = ((a << shift) - 0x40000000) | 0;
              c <<= shift;
              spare = (spare - shift) | 0;
              while (spare < 0) {
                entry = memory[position];
                position = (position + (position < end ? 1 : 0)) | 0;
                c = (c + ((entry >> 4) << (7 - spare))) | 0;
                spare = (spare + (entry & 15)) | 0;
              }
            }
            if (d === 0) continue;
          }
          left = memory[i - 1];
          right = memory[i + 1];
          signs =
            (k === 0 ? ((f >>> 18) & 1) | ((f >>> 16) & 0x40) : (f >>> (16 + k)) & 0x41) |
            ((left >>> (17 + k)) & 4) |
            ((right >>> (15 + k)) & 16);
          signs = memory[2208 + (((f >>> k) & 0xaa) | signs)];
          context = signs >> 1;
          entry = memory[context];
          qe = entry & 0x7fff8000;
          a = (a - qe) | 0;
          c = (c - qe) | 0;
          moved = (a | c) >> 31;
          lower = c >> 31;
          a = (a + 0x40000000) | 0;
          lps = ((a - qe) >> 31) ^ lower;
          c = (c + (qe & lower)) | 0;
          a = (a + ((qe - a) & lower)) | 0;
          d = (entry ^ lps) & 1;
          memory[context] = entry ^ ((memory[32 + ((entry >> (1 + (lps & 7))) & 127)] ^ entry) & moved);
          shift = Math.clz32(a) - 1;
          a = ((a << shift) - 0x40000000) | 0;
          c <<= shift;
          spare = (spare - shift) | 0;
          while (spare < 0) {
            entry = memory[position];
            position = (position + (position < end ? 1 : 0)) | 0;
            c = (c + ((entry >> 4) << (7 - spare))) | 0;
            spare = (spare + (entry & 15)) | 0;
          }
          d ^= signs & 1;
          out[o + Math.imul((k * 11) >> 5, stride)] = (value ^ -d) + d;
          memory[i - 1] = left | (0x20 << k);
          memory[i + 1] = right | (8 << k);
          f |= (0x10 << k) | (d << (19 + k));
          if (k === 0) {
            memory[i - flagStride - 1] |= 0x20000 & north;
            memory[i - flagStride] |= (0x10000 | (d << 31)) & north;
            memory[i - flagStride + 1] |= 0x8000 & north;
          } else if (k === 9) {
            memory[i + flagStride - 1] |= 4;
            memory[i + flagStride] |= 2 | (d << 18);
            memory[i + flagStride + 1] |= 1;
          }
        }
        memory[i] = f & (y < whole ? ~0x49200000 : keep);
      }
    }
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
    memory[POSITION] = position;
  }

  /** Significance propagation with raw bits (D.6); signs are stored as they are. */
  private propagateRaw(out: Int32Array, plane: number): void {
    const raw = this.raw;
    const memory = this.memory;
    const width = this.width;
    const height = this.height;
    const flagStride = width + 2;
    const stride = this.stride;
    const north = this.north;
    const value = 3 << plane;
    for (let y = 0, i = FLAGS + flagStride + 1; y < height; y += 4, i += 2) {
      for (let x = width, o = this.at + y * stride; x > 0; x--, i++, o++) {
        let f = memory[i];
        if (f === 0) continue;
        const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
        let todo = ((any << 3) | (any >>> 3) | f | (f >>> 2)) & ~(f >>> 1) & ~(f >>> 18) & 0x1248;
        while (todo !== 0) {
          const k = 28 - Math.clz32(todo & -todo);
          todo &= todo - 1;
          if (raw.read() !== 0) {
            const d = raw.read();
            out[o + Math.imul((k * 11) >> 5, stride)] = (value ^ -d) + d;
            memory[i - 1] |= 0x20 << k;
            memory[i + 1] |= 8 << k;
            f |= (0x10 << k) | (d << (19 + k));
            if (k === 0) {
              memory[i - flagStride - 1] |= 0x20000 & north;
              memory[i - flagStride] |= (0x10000 | (d << 31)) & north;
              memory[i - flagStride + 1] |= 0x8000 & north;
            } else if (k === 9) {
              memory[i + flagStride - 1] |= 4;
              memory[i + flagStride] |= 2 | (d << 18);
              memory[i + flagStride + 1] |= 1;
            }
            todo |= (0x40 << k) & ~(f >>> 1) & ~(f >>> 18) & 0x1248;
          }
          f |= 0x200000 << k;
        }
        memory[i] = f;
      }
    }
  }

  /** Magnitude refinement with raw bits (D.6). */
  private refineRaw(out: Int32Array, plane: number): void {
    const raw = this.raw;
    const memory = this.memory;
    const width = this.width;
    const stride = this.stride;
    for (let y = 0, i = FLAGS + width + 3; y < this.height; y += 4, i += 2) {
      for (let x = width, o = this.at + y * stride; x > 0; x--, i++, o++) {
        const f = memory[i];
        let todo = f & ~(f >>> 17) & 0x2490;
        memory[i] = f | (todo << 16);
        while (todo !== 0) {
          const k = 27 - Math.clz32(todo & -todo);
          todo &= todo - 1;
          const place = o + Math.imul((k * 11) >> 5, stride);
          const change = ((raw.read() << 1) - 1) << plane;
          out[place] += out[place] < 0 ? -change : change;
        }
      }
    }
  }

  /** Four decisions in the uniform context, at the end of a cleanup pass (D.5). */
  private readSegmentationSymbol(): number {
    const memory = this.memory;
    const end = this.end;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let position = memory[POSITION];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let moved = 0;
    let symbol = 0;
    for (let bit = 0; bit < 4; bit++) {
      entry = memory[18];
      qe = entry & 0x7fff8000;
      a = (a - qe) | 0;
      c = (c - qe) | 0;
      moved = (a | c) >> 31;
      lower = c >> 31;
      a = (a + 0x40000000) | 0;
      lps = ((a - qe) >> 31) ^ lower;
      c = (c + (qe & lower)) | 0;
      a = (a + ((qe - a) & lower)) | 0;
      d = (entry ^ lps) & 1;
      memory[18] = entry ^ ((memory[32 + ((entry >> (1 + (lps & 7))) & 127)] ^ entry) & moved);
      shift = Math.clz32(a) - 1;
      a = ((a << shift) - 0x40000000) | 0;
      c <<= shift;
      spare = (spare - shift) | 0;
      while (spare < 0) {
        entry = memory[position];
        position = (position + (position < end ? 1 : 0)) | 0;
        c = (c + ((entry >> 4) << (7 - spare))) | 0;
        spare = (spare + (entry & 15)) | 0;
      }
      symbol = (symbol << 1) | d;
    }
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
    memory[POSITION] = position;
    return symbol;
  }

  /**
   * Whether the decoder has just begun to read the ones behind a segment of `length` bytes. Where rate control cut a segment
   * without terminating it, the ones may turn the segmentation symbol, which comes last of all, into another: OpenJPEG
   * makes such streams, and nothing else is wrong with them.
   */
  private isAtEnd(length: number): boolean {
    const position = this.memory[POSITION];
    return position > FEED + length && position < this.end;
  }

  /**
   * Whether the segment of `length` bytes ends as predictable termination ends it (D.4.2). That pushes out the code
   * register down to the weight of A = 0x8000, which is one bit for each renormalisation shift made, fills the last byte
   * with further bits of the register, and drops a final 0xFF. So the length follows from the number of shifts; and
   * since the bits sent are the base of the interval itself, what is left in C comes from the ones behind the end alone.
   */
  private endsPredictably(length: number): boolean {
    const memory = this.memory;
    const position = memory[POSITION];
    if (position >= this.end) return false;
    let shifts = -15 - memory[SPARE];
    for (let i = FEED; i < position; i++) shifts += memory[i] & 15;
    let bytes = 0;
    let bits = 0;
    while (bits < shifts) bits += memory[FEED + bytes++] & 15;
    const dropped = bytes === length + 1 && memory[FEED + length] === ((0xff << 4) | 8);
    return (bytes === length || dropped) && memory[C] < 2 ** (30 - (bits - shifts));
  }
}

/** The first ten passes are always arithmetically coded; then bypass leaves only the cleanup passes so (Table D.9). */
function isRaw(pass: number, style: number): boolean {
  return (style & STYLE_BYPASS) !== 0 && pass >= 10 && pass % 3 !== 0;
}

/**
 * Whether the encoder is known to have terminated the segment after this pass (D.4.1, Table D.9). The last pass at hand
 * need not be the last pass coded: layers may be missing, or rate control has cut the segment short.
 */
function isTerminated(pass: number, block: CodeBlockData): boolean {
  if ((block.style & STYLE_TERMINATE) !== 0 || pass === 3 * block.bitPlanes - 3) return true;
  return (block.style & STYLE_BYPASS) !== 0 && pass >= 9 && pass % 3 !== 1;
}

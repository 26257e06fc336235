/**
 * The coding passes, decoded (15444-1 Annex D over Annex C): what block-decoder.ts calls for one pass after the other.
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
 * Refinement knows its contexts beforehand, because it makes nothing significant: so it lists its decisions first, without a
 * branch, and then makes them in a loop that does nothing else. Which columns have a significant row, cleanup has listed:
 * whatever becomes significant later in a bit-plane is not refined in it.
 *
 * The registers of the MQ decoder live in local variables during a pass, so its steps stand at each of the eight places that
 * decode a bit; mq-decoder.ts has the readable form. They differ from it, all for speed (figures in docs/performance.md):
 *
 * - `a` is 2^15 times the A of the standard and `c` 2^15 times C, so that below zero `c` means "in the LPS part". `spare`
 *   bits of the code string are below the 16 that decisions look at.
 * - The exchange, the choice of the next state and the update of both registers are masks, not branches, and so is the
 *   decision `d`: 0 or -1. The renormalising shift is always made, if need be by zero. Only where a run-length decision
 *   says that a column stays empty one test finds the common case (MPS, no renormalisation).
 * - `entry` is the state of a context with all that a decision needs; those of the two states after it follow in the table.
 * - Bytes come unstuffed and in pairs (`feedSegment`), so that one addition always brings enough bits.
 *
 * And two that only the compiler sees (V8 11.3):
 *
 * - Tables, contexts, flags, lists and the feed are places of one `Int32Array`, and it is a constant of the function that makes the
 *   passes, which is called once. Then address and length are literals of the machine code; otherwise each turn of each loop
 *   loads and checks them again (10 % of the whole, 2026-12). All decoders share this memory; nothing in it outlives a
 *   code-block.
 * - Masks and places are literals, because a bundler turns constants of a module into variables, which are read from memory each
 *   time (6 %, 2026-11). The list of places below names them.
 */
import { INITIAL_STATES, SIGN_CODING, ZERO_CODING } from './contexts.ts';
import { FEED_TAIL, feedSegment } from './mq-feed.ts';
import { entryOf, MQ_ENTRIES } from './mq-table.ts';
import { RawBits } from './raw-bits.ts';

// places in the memory; the contexts of contexts.ts are at 0..18 (17 run-length, 18 uniform)
const LAST_COLUMN = 26;
const LAST_FEED = 27;
const A = 28;
const C = 29;
const SPARE = 30;
const POSITION = 31;
const STATES = 32; // the entries of mq-table.ts
const ZERO = 512; // 4 x 512 contexts
const SIGN = 2560; // 256 contexts, negative where the decision is flipped
const FLAGS = 2816; // (width + 2) x (stripes + 2) words; most for 819 x 5 coefficients
const DECISIONS = 6104; // place in the output and context, of 4096 and one more
const COLUMNS = 14304; // flag word and place in the output, of 819 x 2 columns and one more
const FEED = 17584; // the bytes of a segment in pairs

/** The visited bits of all four rows. */
const VISITED_ALL = 0x49200000;

/**
 * More bytes than any segment can use: 4096 coefficients of 30 bit-planes are less than 230 000 decisions, each takes at
 * most 15 bits, and a byte brings at least seven.
 */
const MAX_SEGMENT_BYTES = 1 << 19;

/** What the passes have to know of a code-block. */
export interface BlockShape {
  readonly width: number;
  readonly height: number;
  /** 0 LL, 1 HL (horizontally high-pass), 2 LH, 3 HH: the column of Table D.1. */
  readonly subband: 0 | 1 | 2 | 3;
}

/** The coding passes over the one memory of all block decoders. */
export const passes = /* @__PURE__ */ createPasses();

function createPasses() {
  // a pass begins by giving this a name of its own, because the compiler sees the constant in some loops only if that is so
  const MEMORY = new Int32Array(FEED + MAX_SEGMENT_BYTES / 2 + FEED_TAIL + 1);
  MEMORY.set(MQ_ENTRIES, STATES);
  MEMORY.set(ZERO_CODING, ZERO);
  for (let n = 0; n < 256; n++) MEMORY[SIGN + n] = (SIGN_CODING[n] >> 1) | (SIGN_CODING[n] << 31);
  const raw = new RawBits();
  const block = {
    width: 0,
    height: 0,
    subband: 0,
    /** Where the first coefficient goes, and how far apart rows are there. */
    at: 0,
    stride: 0,
    /** All ones, or zero when the stripe above must not see this one (vertically causal contexts, D.7). */
    north: -1,
    /** What the end of a cleanup pass leaves of the last stripe's flags. */
    keep: -1,
  };

  /** Makes all contexts, flags and coefficients those of a code-block before its first pass. */
  function begin(shape: BlockShape, causal: boolean, out: Int32Array, at: number, stride: number): void {
    const { width, height, subband } = shape;
    const stripes = (height + 3) >> 2;
    const below = (VISITED_ALL << (3 * (height & 3))) & VISITED_ALL;
    block.width = width;
    block.height = height;
    block.subband = subband;
    // integers, or the loops compute indices in floating point
    block.at = at | 0;
    block.stride = stride | 0;
    block.north = causal ? 0 : -1;
    block.keep = ~VISITED_ALL | below;
    resetContexts();
    MEMORY[LAST_COLUMN] = COLUMNS;
    MEMORY.fill(0, FLAGS, FLAGS + (width + 2) * (stripes + 2));
    if ((height & 3) !== 0) {
      const lastStripe = FLAGS + (width + 2) * stripes + 1;
      MEMORY.fill(below, lastStripe, lastStripe + width);
    }
    if (stride === width) out.fill(0, at, at + width * height);
    else for (let y = 0, o = at; y < height; y++, o += stride) out.fill(0, o, o + width);
  }

  /** Puts all contexts into their initial states (Table D.7). */
  function resetContexts(): void {
    for (let n = 0; n < INITIAL_STATES.length; n++) MEMORY[n] = entryOf(INITIAL_STATES[n]);
  }

  /** INITDEC (C.3.5): the first bit of a code string is zero and not sent, so fifteen more are looked at. */
  function startSegment(data: Uint8Array, start: number, stop: number): void {
    MEMORY[LAST_FEED] = feedSegment(data, start, Math.min(stop, start + MAX_SEGMENT_BYTES), MEMORY, FEED);
    const entry = MEMORY[FEED];
    MEMORY[A] = 0x8000 << 15;
    MEMORY[C] = (entry >> 5) << (30 - (entry & 31));
    MEMORY[SPARE] = (entry & 31) - 15;
    MEMORY[POSITION] = FEED + 1;
  }

  /** Significance propagation: rows not significant that have a significant neighbour (D.3.1, D.3.2). */
  function propagateSignificance(out: Int32Array, plane: number): void {
    const memory = MEMORY;
    const width = block.width;
    const height = block.height;
    const flagStride = width + 2;
    const stride = block.stride;
    const north = block.north;
    const zero = ZERO + ((block.subband & 3) << 9);
    const value = 3 << plane;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let moved = 0;
    let rest = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let context = 0;
    let signs = 0;
    let left = 0;
    let right = 0;
    for (let y = 0, i = FLAGS + flagStride + 1; y < height; y += 4, i += 2) {
      for (let x = width, o = block.at + y * stride; x > 0; x--, i++, o++) {
        let f = memory[i];
        if (f === 0) {
          if (x > 3 && (memory[i + 1] | memory[i + 2] | memory[i + 3]) === 0) {
            x -= 3;
            i += 3;
            o += 3;
          }
          continue;
        }
        const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
        let todo = ((any << 3) | (any >>> 3) | f | (f >>> 2)) & ~(f >>> 1) & ~(f >>> 18) & 0x1248;
        if (todo === 0) continue;
        do {
          const bit = todo & -todo;
          const k = 28 - Math.clz32(bit);
          todo ^= bit;
          context = memory[zero + ((f >>> k) & 0x1ef)];
          entry = memory[context];
          qe = entry & 0x7fff8000;
          a = (a - qe) | 0;
          c = (c - qe) | 0;
          lower = c >> 31;
          moved = ((a - 0x40000000) | c) >> 31;
          rest = (a - qe) | 0;
          lps = (rest >> 31) ^ lower;
          c = (c + (qe & lower)) | 0;
          a = (a - (rest & lower)) | 0;
          d = (entry >> 31) ^ lps;
          memory[context] = memory[(entry - moved - lps) & 511];
          shift = Math.clz32(a) - 1;
          a <<= shift;
          c <<= shift;
          spare = (spare - shift) | 0;
          if (spare < 0) {
            const position = memory[31];
            entry = memory[position];
            if (position < memory[27]) memory[31] = position + 1;
            c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
            spare = (spare + (entry & 31)) | 0;
          }
          if (d !== 0) {
            left = memory[i - 1];
            right = memory[i + 1];
            signs =
              (f & 0x92480000) | ((f >>> 2) & 0x10000) | ((left >>> 1) & 0x09240000) | ((right << 1) & 0x24900000);
            signs = memory[2560 + (((f >>> k) & 0xaa) | ((signs >>> (16 + k)) & 0x55))];
            context = signs & 31;
            entry = memory[context];
            qe = entry & 0x7fff8000;
            a = (a - qe) | 0;
            c = (c - qe) | 0;
            lower = c >> 31;
            moved = ((a - 0x40000000) | c) >> 31;
            rest = (a - qe) | 0;
            lps = (rest >> 31) ^ lower;
            c = (c + (qe & lower)) | 0;
            a = (a - (rest & lower)) | 0;
            d = (entry >> 31) ^ lps;
            memory[context] = memory[(entry - moved - lps) & 511];
            shift = Math.clz32(a) - 1;
            a <<= shift;
            c <<= shift;
            spare = (spare - shift) | 0;
            if (spare < 0) {
              const position = memory[31];
              entry = memory[position];
              if (position < memory[27]) memory[31] = position + 1;
              c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
              spare = (spare + (entry & 31)) | 0;
            }
            d ^= signs >> 31;
            out[o + Math.imul((k * 11) >> 5, stride)] = (value ^ d) - d;
            memory[i - 1] = left | (bit << 2);
            memory[i + 1] = right | bit;
            f |= (bit << 1) | (d & (bit << 16));
            if (bit === 8) {
              memory[i - flagStride - 1] |= 0x20000 & north;
              memory[i - flagStride] |= (0x10000 | (d & 0x80000000)) & north;
              memory[i - flagStride + 1] |= 0x8000 & north;
            } else if (bit === 0x1000) {
              memory[i + flagStride - 1] |= 4;
              memory[i + flagStride] |= 2 | (d & 0x40000);
              memory[i + flagStride + 1] |= 1;
            }
            todo |= (bit << 3) & ~(f >>> 1) & ~(f >>> 18) & 0x1248;
          }
          f |= bit << 18;
        } while (todo !== 0);
        memory[i] = f;
      }
    }
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
  }

  /** Magnitude refinement: rows that were significant before this bit-plane (D.3.3). */
  function refineMagnitude(out: Int32Array, plane: number): void {
    const memory = MEMORY;
    const stride = block.stride;
    const half = 1 << plane;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let moved = 0;
    let rest = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let context = 0;
    let n = DECISIONS;
    const last = memory[LAST_COLUMN];
    // each of the four rows is written, and the list grows by those that count
    for (let j = COLUMNS; j < last; j = (j + 2) | 0) {
      const i = memory[j];
      let o = memory[j + 1];
      const f = memory[i];
      const todo = f & ~(f >>> 17) & 0x2490;
      memory[i] = f | (todo << 16);
      const any = (f | (f >>> 1) | (f >>> 2)) & 0x9249;
      const near = (any | (any >>> 6) | (f >>> 3) | (f >>> 5)) & 0x249;
      const before = (f >>> 20) & 0x249;
      const g = (near & ~before) | (before << 1) | (todo >>> 2);
      memory[n] = o;
      memory[n + 1] = (g & 3) + 14;
      n = (n + ((g >> 1) & 2)) | 0;
      o = (o + stride) | 0;
      memory[n] = o;
      memory[n + 1] = ((g >> 3) & 3) + 14;
      n = (n + ((g >> 4) & 2)) | 0;
      o = (o + stride) | 0;
      memory[n] = o;
      memory[n + 1] = ((g >> 6) & 3) + 14;
      n = (n + ((g >> 7) & 2)) | 0;
      o = (o + stride) | 0;
      memory[n] = o;
      memory[n + 1] = ((g >> 9) & 3) + 14;
      n = (n + ((g >> 10) & 2)) | 0;
    }
    for (let j = DECISIONS; j < n; j = (j + 2) | 0) {
      const place = memory[j];
      context = memory[j + 1] & 31;
      entry = memory[context];
      qe = entry & 0x7fff8000;
      a = (a - qe) | 0;
      c = (c - qe) | 0;
      lower = c >> 31;
      moved = ((a - 0x40000000) | c) >> 31;
      rest = (a - qe) | 0;
      lps = (rest >> 31) ^ lower;
      c = (c + (qe & lower)) | 0;
      a = (a - (rest & lower)) | 0;
      d = (entry >> 31) ^ lps;
      memory[context] = memory[(entry - moved - lps) & 511];
      shift = Math.clz32(a) - 1;
      a <<= shift;
      c <<= shift;
      spare = (spare - shift) | 0;
      if (spare < 0) {
        const position = memory[31];
        entry = memory[position];
        if (position < memory[27]) memory[31] = position + 1;
        c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
        spare = (spare + (entry & 31)) | 0;
      }
      const old = out[place];
      const minus = ~d ^ (old >> 31);
      out[place] = old + ((half ^ minus) - minus);
    }
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
  }

  /** Cleanup: all rows not visited yet, with one decision for four where nothing is near (D.3.4). */
  function cleanUp(out: Int32Array, plane: number): void {
    const memory = MEMORY;
    const width = block.width;
    const height = block.height;
    const flagStride = width + 2;
    const stride = block.stride;
    const north = block.north;
    const zero = ZERO + ((block.subband & 3) << 9);
    const value = 3 << plane;
    const whole = height & ~3;
    const keep = block.keep;
    let columns = COLUMNS;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let moved = 0;
    let rest = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let context = 0;
    let signs = 0;
    let left = 0;
    let right = 0;
    for (let y = 0, i = FLAGS + flagStride + 1; y < height; y += 4, i += 2) {
      for (let x = width, o = block.at + y * stride; x > 0; x--, i++, o++) {
        let f = memory[i];
        let todo = ~(f | (f >>> 17)) & 0x2490;
        let known = false;
        if (f === 0) {
          entry = memory[17];
          qe = entry & 0x7fff8000;
          a = (a - qe) | 0;
          c = (c - qe) | 0;
          d = entry >> 31;
          if (((a - 0x40000000) | c) < 0) {
            lower = c >> 31;
            rest = (a - qe) | 0;
            lps = (rest >> 31) ^ lower;
            c = (c + (qe & lower)) | 0;
            a = (a - (rest & lower)) | 0;
            d ^= lps;
            memory[17] = memory[(entry + 1 - lps) & 511];
            shift = Math.clz32(a) - 1;
            a <<= shift;
            c <<= shift;
            spare = (spare - shift) | 0;
            if (spare < 0) {
              const position = memory[31];
              entry = memory[position];
              if (position < memory[27]) memory[31] = position + 1;
              c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
              spare = (spare + (entry & 31)) | 0;
            }
          }
          if (d === 0) continue;
          let run = 0;
          for (let bit = 0; bit < 2; bit++) {
            entry = memory[18];
            qe = entry & 0x7fff8000;
            a = (a - qe) | 0;
            c = (c - qe) | 0;
            lower = c >> 31;
            moved = ((a - 0x40000000) | c) >> 31;
            rest = (a - qe) | 0;
            lps = (rest >> 31) ^ lower;
            c = (c + (qe & lower)) | 0;
            a = (a - (rest & lower)) | 0;
            d = (entry >> 31) ^ lps;
            memory[18] = memory[(entry - moved - lps) & 511];
            shift = Math.clz32(a) - 1;
            a <<= shift;
            c <<= shift;
            spare = (spare - shift) | 0;
            if (spare < 0) {
              const position = memory[31];
              entry = memory[position];
              if (position < memory[27]) memory[31] = position + 1;
              c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
              spare = (spare + (entry & 31)) | 0;
            }
            run = (run << 1) - d;
          }
          todo &= -1 << (4 + 3 * run);
          known = true;
        }
        while (todo !== 0) {
          const bit = todo & -todo;
          const k = 27 - Math.clz32(bit);
          todo ^= bit;
          if (known) {
            known = false;
          } else {
            context = memory[zero + ((f >>> k) & 0x1ef)];
            entry = memory[context];
            qe = entry & 0x7fff8000;
            a = (a - qe) | 0;
            c = (c - qe) | 0;
            lower = c >> 31;
            moved = ((a - 0x40000000) | c) >> 31;
            rest = (a - qe) | 0;
            lps = (rest >> 31) ^ lower;
            c = (c + (qe & lower)) | 0;
            a = (a - (rest & lower)) | 0;
            d = (entry >> 31) ^ lps;
            memory[context] = memory[(entry - moved - lps) & 511];
            shift = Math.clz32(a) - 1;
            a <<= shift;
            c <<= shift;
            spare = (spare - shift) | 0;
            if (spare < 0) {
              const position = memory[31];
              entry = memory[position];
              if (position < memory[27]) memory[31] = position + 1;
              c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
              spare = (spare + (entry & 31)) | 0;
            }
            if (d === 0) continue;
          }
          left = memory[i - 1];
          right = memory[i + 1];
          signs = (f & 0x92480000) | ((f >>> 2) & 0x10000) | ((left >>> 1) & 0x09240000) | ((right << 1) & 0x24900000);
          signs = memory[2560 + (((f >>> k) & 0xaa) | ((signs >>> (16 + k)) & 0x55))];
          context = signs & 31;
          entry = memory[context];
          qe = entry & 0x7fff8000;
          a = (a - qe) | 0;
          c = (c - qe) | 0;
          lower = c >> 31;
          moved = ((a - 0x40000000) | c) >> 31;
          rest = (a - qe) | 0;
          lps = (rest >> 31) ^ lower;
          c = (c + (qe & lower)) | 0;
          a = (a - (rest & lower)) | 0;
          d = (entry >> 31) ^ lps;
          memory[context] = memory[(entry - moved - lps) & 511];
          shift = Math.clz32(a) - 1;
          a <<= shift;
          c <<= shift;
          spare = (spare - shift) | 0;
          if (spare < 0) {
            const position = memory[31];
            entry = memory[position];
            if (position < memory[27]) memory[31] = position + 1;
            c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
            spare = (spare + (entry & 31)) | 0;
          }
          d ^= signs >> 31;
          out[o + Math.imul((k * 11) >> 5, stride)] = (value ^ d) - d;
          memory[i - 1] = left | (bit << 1);
          memory[i + 1] = right | (bit >>> 1);
          f |= bit | (d & (bit << 15));
          if (bit === 0x10) {
            memory[i - flagStride - 1] |= 0x20000 & north;
            memory[i - flagStride] |= (0x10000 | (d & 0x80000000)) & north;
            memory[i - flagStride + 1] |= 0x8000 & north;
          } else if (bit === 0x2000) {
            memory[i + flagStride - 1] |= 4;
            memory[i + flagStride] |= 2 | (d & 0x40000);
            memory[i + flagStride + 1] |= 1;
          }
        }
        if ((f & 0x2490) !== 0) {
          memory[columns] = i;
          memory[columns + 1] = o;
          columns = (columns + 2) | 0;
        }
        memory[i] = f & (y < whole ? ~0x49200000 : keep);
      }
    }
    memory[LAST_COLUMN] = columns;
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
  }

  /** Significance propagation with raw bits (D.6); signs are stored as they are. */
  function propagateRaw(out: Int32Array, plane: number): void {
    const memory = MEMORY;
    const width = block.width;
    const height = block.height;
    const flagStride = width + 2;
    const stride = block.stride;
    const north = block.north;
    const value = 3 << plane;
    for (let y = 0, i = FLAGS + flagStride + 1; y < height; y += 4, i += 2) {
      for (let x = width, o = block.at + y * stride; x > 0; x--, i++, o++) {
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
  function refineRaw(out: Int32Array, plane: number): void {
    const memory = MEMORY;
    const stride = block.stride;
    const last = memory[LAST_COLUMN];
    for (let j = COLUMNS; j < last; j += 2) {
      const i = memory[j];
      const o = memory[j + 1];
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

  /** Four decisions in the uniform context, at the end of a cleanup pass (D.5). */
  function readSegmentationSymbol(): number {
    const memory = MEMORY;
    let a = memory[A];
    let c = memory[C];
    let spare = memory[SPARE];
    let entry = 0;
    let qe = 0;
    let lower = 0;
    let moved = 0;
    let rest = 0;
    let lps = 0;
    let shift = 0;
    let d = 0;
    let symbol = 0;
    for (let bit = 0; bit < 4; bit++) {
      entry = memory[18];
      qe = entry & 0x7fff8000;
      a = (a - qe) | 0;
      c = (c - qe) | 0;
      lower = c >> 31;
      moved = ((a - 0x40000000) | c) >> 31;
      rest = (a - qe) | 0;
      lps = (rest >> 31) ^ lower;
      c = (c + (qe & lower)) | 0;
      a = (a - (rest & lower)) | 0;
      d = (entry >> 31) ^ lps;
      memory[18] = memory[(entry - moved - lps) & 511];
      shift = Math.clz32(a) - 1;
      a <<= shift;
      c <<= shift;
      spare = (spare - shift) | 0;
      if (spare < 0) {
        const position = memory[31];
        entry = memory[position];
        if (position < memory[27]) memory[31] = position + 1;
        c = (c + ((entry >> 5) << (15 - spare - (entry & 31)))) | 0;
        spare = (spare + (entry & 31)) | 0;
      }
      symbol = (symbol << 1) - d;
    }
    memory[A] = a;
    memory[C] = c;
    memory[SPARE] = spare;
    return symbol;
  }

  /**
   * Bits of the segment that decisions have used up, which is one for each renormalisation shift made; infinitely many when
   * the decoder is so far behind the end that nobody counts.
   */
  function bitsUsed(): number {
    if (MEMORY[POSITION] >= MEMORY[LAST_FEED]) return Number.POSITIVE_INFINITY;
    let bits = -15 - MEMORY[SPARE];
    for (let i = FEED; i < MEMORY[POSITION]; i++) bits += MEMORY[i] & 31;
    return bits;
  }

  /** The code register, 2^15 times the C of the standard. */
  function codeRegister(): number {
    return MEMORY[C];
  }

  return {
    begin,
    resetContexts,
    startSegment,
    propagateSignificance,
    refineMagnitude,
    cleanUp,
    raw,
    propagateRaw,
    refineRaw,
    readSegmentationSymbol,
    bitsUsed,
    codeRegister,
  };
}

/**
 * Codeword segments of the arithmetic coder: runs of decisions in, bytes out (15444-1 C.2), with the lengths to which a segment
 * may be cut after each of its coding passes.
 *
 * mq-encoder.ts has the readable form. Here a whole coding pass is coded in one loop, and some things differ from there:
 *
 * - Instead of C the upper end of the interval is kept, `top` = C + A. The usual decision takes the upper part, which
 *   leaves `top` as it is.
 * - The tables and the list are in one `Int32Array` that is shared with encoding-passes.ts; `a` in the loop is 2^15 times A.
 * - Runs of empty columns come as one entry. As long as they are the more probable symbol and nothing is renormalised, only A
 *   changes, so that many of them take one division.
 * - The exchange, the choice of the next state and the updates are masks, not branches, and a renormalisation shifts by all
 *   its bits at once, if need be by zero.
 * - What a context becomes waits for as little as possible, since the next decision is often in the same context: the word that may
 *   follow is loaded before A is known, and A less Qe already tells whether it does follow. An LPS always renormalises, and an MPS that
 *   exchanges has even less left (4 %, V8 11.3, 2026-12).
 */
import { INITIAL_STATES } from './contexts.ts';
import { entryOf, MQ_ENTRIES } from './mq-table.ts';
import { BYTE_UNIT, shortestPrefix } from './truncation.ts';

/** The table of states stands behind the contexts. */
const STATES = 32;

/** Passes of one code-block: 30 bit-planes. */
const MAX_PASSES = 88;

/**
 * Writes segments one after another into an array that is its owner's, which must be large enough for all that comes and have a byte that
 * is not 0xFF before the first segment. The memory has contexts at 0..18, and the table of states from 32 on, up to 511; the rest is not ours.
 *
 * Called once, so that both arrays are constants of the machine code (coding-passes.ts says why).
 */
export function createMqWriter(memory: Int32Array, bytes: Uint8Array) {
  const MEMORY = memory;
  const BYTES = bytes;
  /** `position` is the BP of the standard: the last byte that has left the registers. */
  const state = { a: 0, top: 0, ct: 0, first: 0, position: 0, marks: 0 };
  const markPositions = new Int32Array(MAX_PASSES);
  const markBytes = new Int32Array(MAX_PASSES);
  const markLowers = new Int32Array(MAX_PASSES);
  const markUppers = new Int32Array(MAX_PASSES);
  MEMORY.set(MQ_ENTRIES, STATES);

  /** Puts all contexts into their initial states (Table D.7). */
  function resetContexts(): void {
    for (let n = 0; n < INITIAL_STATES.length; n++) MEMORY[n] = entryOf(INITIAL_STATES[n]);
  }

  /** Begins a segment at a place in the bytes; contexts stay (INITENC, C.2.8). */
  function start(at: number): void {
    state.a = 0x8000;
    state.top = 0x8000;
    state.ct = 12;
    state.first = at;
    state.position = at - 1;
    state.marks = 0;
  }

  /** Bits that have been decided so far in this segment, nearly. */
  function bits(): number {
    return 8 * (state.position - state.first + 1) + 12 - state.ct;
  }

  /**
   * Codes a list of `count` entries that stand in the memory from `list` on: what each stands for, the context and in
   * bit 31 the decision, is found in the words from `symbols` on. From 2048 on an entry is so many times a run of zeros (entry 1058, D.3.4).
   */
  function code(list: number, count: number, symbols: number): void {
    const memory = MEMORY;
    const bytes = BYTES;
    const end = (list + count) | 0;
    let a = state.a << 15;
    let top = state.top | 0;
    let ct = state.ct | 0;
    let position = state.position | 0;
    let last = bytes[position];
    for (let i = list | 0; i < end; i = (i + 1) | 0) {
      let item = memory[i];
      if (item >= 2048) {
        const entry = memory[17];
        if (entry >= 0) {
          const qe = entry & 0x7fff8000;
          const times = Math.min(item & 2047, ((a - 0x40000000) / qe) | 0);
          a = (a - Math.imul(times, qe)) | 0;
          item = (item - times) | 0;
        }
        if (item === 2048) continue;
        memory[i] = item - 1;
        i = (i - 1) | 0;
        item = 1058;
      }
      const symbol = memory[(symbols + item) | 0];
      const context = symbol & 31;
      const entry = memory[context];
      const qe = entry & 0x7fff8000;
      const lps = (entry ^ symbol) >> 31;
      const change = memory[(entry + 1 - lps) & 511] ^ entry;
      const rest = (a - qe) | 0;
      memory[context] = entry ^ (change & (((rest - 0x40000000) >> 31) | lps));
      const excess = (rest - qe) | 0;
      const lower = (excess >> 31) ^ lps;
      top = (top - ((rest & lower) >> 15)) | 0;
      a = (rest - (excess & lower)) | 0;
      let shift = (Math.clz32(a) - 1) | 0;
      while (shift >= ct) {
        let c = (top - (a >> 15)) << ct;
        a <<= ct;
        shift = (shift - ct) | 0;
        if (last !== 0xff && c >= 0x8000000) {
          last = (last + 1) | 0;
          bytes[position] = last;
          c &= 0x7ffffff;
        }
        position = (position + 1) | 0;
        if (last === 0xff) {
          last = c >> 20;
          c &= 0xfffff;
          ct = 7;
        } else {
          last = c >> 19;
          c &= 0x7ffff;
          ct = 8;
        }
        bytes[position] = last;
        top = (c + (a >> 15)) | 0;
      }
      a <<= shift;
      top <<= shift;
      ct = (ct - shift) | 0;
    }
    state.a = a >> 15;
    state.top = top;
    state.ct = ct;
    state.position = position;
  }

  /** Notes that a coding pass ends here. */
  function mark(): void {
    const k = state.marks++;
    markPositions[k] = state.position;
    markBytes[k] = BYTES[state.position];
    markLowers[k] = (state.top - state.a) << state.ct;
    markUppers[k] = state.top << state.ct;
  }

  /**
   * Ends the segment at the last mark; returns where the bytes end, and puts the ends for all marks into `ends`, from
   * `pass` on.
   */
  function finish(predictable: boolean, ends: Int32Array, pass: number): number {
    const end = predictable ? flushPredictably() : flush();
    for (let k = 0; k < state.marks - 1; k++) ends[pass + k] = endOfMark(k, end);
    ends[pass + state.marks - 1] = end;
    return end;
  }

  function endOfMark(k: number, end: number): number {
    return shortestPrefix(BYTES, state.first, end, markPositions[k], markBytes[k], markLowers[k], markUppers[k]);
  }

  /**
   * The fewest bytes that lie in the interval when ones follow them. Each byte more makes the steps finer between which
   * numbers to choose; the first step that falls into the interval is taken.
   */
  function flush(): number {
    const bytes = BYTES;
    let position = state.position;
    let lower = (state.top - state.a) << state.ct;
    let upper = state.top << state.ct;
    if (lower >= BYTE_UNIT && bytes[position] !== 0xff) {
      bytes[position]++;
      lower -= BYTE_UNIT;
      upper -= BYTE_UNIT;
    }
    let unit = BYTE_UNIT;
    // multiples of the unit are what prefixes up to `position` stand for; above the first only 0xFF and a carry could go
    let step = unit;
    while (!(lower < step && step <= upper)) {
      unit /= bytes[position] === 0xff ? 128 : 256;
      step = upper - (upper % unit);
      const found = lower < step;
      const byte = (found ? step - unit : step) / unit;
      bytes[++position] = byte;
      if (found) break;
      lower -= step;
      upper -= step;
      step = unit;
    }
    return endOfMark(state.marks - 1, position + 1);
  }

  /**
   * Predictable termination (D.4.2): the code register goes out down to the weight of A = 0x8000, so that a decoder can tell
   * from its own registers where the segment has to end. A final 0xFF is not sent.
   */
  function flushPredictably(): number {
    const bytes = BYTES;
    let c = state.top - state.a;
    let ct = state.ct;
    let position = state.position;
    for (let bits = 12 - ct; bits > 0; bits -= ct) {
      c <<= ct;
      if (bytes[position] !== 0xff && c >= BYTE_UNIT) {
        bytes[position]++;
        c &= BYTE_UNIT - 1;
      }
      ct = bytes[position] === 0xff ? 7 : 8;
      bytes[++position] = c >> (27 - ct);
      c &= (1 << (27 - ct)) - 1;
    }
    return position >= state.first && bytes[position] === 0xff ? position : position + 1;
  }

  return { resetContexts, start, code, mark, finish, bits };
}

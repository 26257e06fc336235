/**
 * Codeword segments of the arithmetic coder: runs of decisions in, bytes out (15444-1 C.2), with the lengths to which a segment
 * may be cut after each of its coding passes.
 *
 * mq-encoder.ts has the readable form. Here a whole coding pass is coded in one loop, and some things differ from there:
 *
 * - Instead of C the upper end of the interval is kept, `top` = C + A. The usual decision takes the upper part, which
 *   leaves `top` as it is.
 * - The tables and the list are in one `Int32Array` that is shared with the block encoder.
 * - Runs of empty columns come as one entry. As long as they are the more probable symbol and nothing is renormalised, only A
 *   changes, so that many of them take one division.
 * - The exchange, the choice of the next state and the updates are masks, not branches, and a renormalisation shifts by all
 *   its bits at once, if need be by zero.
 */
import { INITIAL_CONTEXTS } from './contexts.ts';
import { MQ_ENTRIES } from './mq-table.ts';
import { BYTE_UNIT, shortestPrefix } from './truncation.ts';

/** The table of states stands behind the contexts. */
const STATES = 32;

/** Passes of one code-block: 30 bit-planes. */
const MAX_PASSES = 88;

/** Writes segments one after another into an array that is its owner's. */
export class MqWriter {
  private readonly bytes: Uint8Array;
  /** Contexts at 0..18 as entries of mq-table.ts, and the table itself at 32..159; the rest is not ours. */
  private readonly memory: Int32Array;
  private a = 0;
  private top = 0;
  private ct = 0;
  private first = 0;
  /** BP of the standard: the last byte that has left the registers. */
  private position = 0;
  private marks = 0;
  private readonly markPositions = new Int32Array(MAX_PASSES);
  private readonly markBytes = new Int32Array(MAX_PASSES);
  private readonly markLowers = new Int32Array(MAX_PASSES);
  private readonly markUppers = new Int32Array(MAX_PASSES);

  /** `bytes` must be large enough for all that comes, and have a byte that is not 0xFF before the first segment. */
  constructor(memory: Int32Array, bytes: Uint8Array) {
    this.memory = memory;
    this.bytes = bytes;
    memory.set(MQ_ENTRIES, STATES);
  }

  /** Puts all contexts into their initial states (Table D.7). */
  resetContexts(): void {
    this.memory.set(INITIAL_CONTEXTS);
  }

  /** Begins a segment at a place in the bytes; contexts stay (INITENC, C.2.8). */
  start(at: number): void {
    this.a = 0x8000;
    this.top = 0x8000;
    this.ct = 12;
    this.first = at;
    this.position = at - 1;
    this.marks = 0;
  }

  /** Bits that have been decided so far in this segment, nearly. */
  get bits(): number {
    return 8 * (this.position - this.first + 1) + 12 - this.ct;
  }

  /**
   * Codes a list of `count` entries that stand in the memory from `list` on: what each stands for, `context << 1 | decision`, is
   * found in the words from `symbols` on. From 2048 on an entry is so many times a run of zeros (entry 1058, D.3.4).
   */
  code(list: number, count: number, symbols: number): void {
    const memory = this.memory;
    const bytes = this.bytes;
    const end = (list + count) | 0;
    let a = this.a | 0;
    let top = this.top | 0;
    let ct = this.ct | 0;
    let position = this.position | 0;
    let last = bytes[position];
    for (let i = list | 0; i < end; i = (i + 1) | 0) {
      let item = memory[i];
      if (item >= 2048) {
        const entry = memory[17];
        if ((entry & 1) === 0) {
          const qe = entry >> 15;
          const times = Math.min(item & 2047, ((a - 0x8000) / qe) | 0);
          a = (a - Math.imul(times, qe)) | 0;
          item = (item - times) | 0;
        }
        if (item === 2048) continue;
        memory[i] = item - 1;
        i = (i - 1) | 0;
        item = 1058;
      }
      const decision = memory[(symbols + item) | 0];
      const context = decision >> 1;
      const entry = memory[context];
      const qe = entry >> 15;
      const lps = -((entry ^ decision) & 1);
      const change = memory[32 + ((entry >> (1 + (lps & 7))) & 127)] ^ entry;
      const rest = (a - qe) | 0;
      const excess = (rest - qe) | 0;
      const lower = (excess >> 31) ^ lps;
      top = (top - (rest & lower)) | 0;
      a = (rest - (excess & lower)) | 0;
      memory[context] = entry ^ (change & ((a >> 15) - 1));
      let shift = (Math.clz32(a) - 16) | 0;
      while (shift >= ct) {
        let c = (top - a) << ct;
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
        top = (c + a) | 0;
      }
      a <<= shift;
      top <<= shift;
      ct = (ct - shift) | 0;
    }
    this.a = a;
    this.top = top;
    this.ct = ct;
    this.position = position;
  }

  /** Notes that a coding pass ends here. */
  mark(): void {
    const k = this.marks++;
    this.markPositions[k] = this.position;
    this.markBytes[k] = this.bytes[this.position];
    this.markLowers[k] = (this.top - this.a) << this.ct;
    this.markUppers[k] = this.top << this.ct;
  }

  /**
   * Ends the segment at the last mark; returns where the bytes end, and puts the ends for all marks into `ends`, from
   * `pass` on.
   */
  finish(predictable: boolean, ends: Int32Array, pass: number): number {
    const end = predictable ? this.flushPredictably() : this.flush();
    for (let k = 0; k < this.marks - 1; k++) ends[pass + k] = this.endOfMark(k, end);
    ends[pass + this.marks - 1] = end;
    return end;
  }

  private endOfMark(k: number, end: number): number {
    return shortestPrefix(
      this.bytes,
      this.first,
      end,
      this.markPositions[k],
      this.markBytes[k],
      this.markLowers[k],
      this.markUppers[k],
    );
  }

  /**
   * The fewest bytes that lie in the interval when ones follow them. Each byte more makes the steps finer between which
   * numbers to choose; the first step that falls into the interval is taken.
   */
  private flush(): number {
    const bytes = this.bytes;
    let position = this.position;
    let lower = (this.top - this.a) << this.ct;
    let upper = this.top << this.ct;
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
    return this.endOfMark(this.marks - 1, position + 1);
  }

  /**
   * Predictable termination (D.4.2): the code register goes out down to the weight of A = 0x8000, so that a decoder can tell
   * from its own registers where the segment has to end. A final 0xFF is not sent.
   */
  private flushPredictably(): number {
    const bytes = this.bytes;
    let c = this.top - this.a;
    let ct = this.ct;
    let position = this.position;
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
    return position >= this.first && bytes[position] === 0xff ? position : position + 1;
  }
}

/**
 * The MQ decoder as 15444-1 C.3 describes it: the readable form.
 *
 * The code string is a number, read bit by bit as precision is needed. `a` is the width of the current interval and `c`
 * the distance of that number from its base, both scaled so that `a` stays in [0x8000, 0xFFFF]. A decision splits the
 * interval into Qe (at the bottom, normally the less probable symbol) and the rest, and keeps the part that the number
 * lies in. The block decoder contains the same steps with its registers in local variables; this class is for reading,
 * for tests, and wherever speed does not matter.
 */
import { MQ_STATES } from './mq-table.ts';

/** The registers of the decoder and its contexts; {@link MqDecoder.decode} makes one decision. */
export class MqDecoder {
  private readonly states: Uint8Array;
  private readonly symbols: Uint8Array;
  private data: Uint8Array = new Uint8Array(0);
  private end = 0;
  private position = 0;
  private a = 0;
  /** Chigh in bits 31 to 16, Clow in bits 15 to 0; an unsigned 32-bit number. */
  private c = 0;
  private ct = 0;

  /** A decoder with so many contexts, all in state 0 with MPS 0. */
  constructor(contexts: number) {
    this.states = new Uint8Array(contexts);
    this.symbols = new Uint8Array(contexts);
  }

  /** Puts one context into a state of Table C.2. */
  setContext(context: number, state: number, mps: 0 | 1 = 0): void {
    this.states[context] = state;
    this.symbols[context] = mps;
  }

  /** Begins a codeword segment, `data[start .. end)`; contexts stay as they are (INITDEC, C.3.5). */
  start(data: Uint8Array, start = 0, end: number = data.length): void {
    this.data = data;
    this.position = start;
    this.end = end;
    this.a = 0x8000;
    this.c = this.byteAt(start) << 16;
    this.readByte();
    this.c = (this.c << 7) >>> 0;
    this.ct -= 7;
  }

  /** One decision in a context: 0 or 1 (DECODE, C.3.2). */
  decode(context: number): 0 | 1 {
    const row = 4 * this.states[context];
    const qe = MQ_STATES[row];
    this.a -= qe;
    const inLower = this.c >>> 16 < qe;
    if (!inLower) {
      this.c -= qe * 0x10000;
      if ((this.a & 0x8000) !== 0) return this.symbols[context] as 0 | 1;
    }
    // the lower part is the LPS, unless it is the larger one: then the two have changed places (conditional exchange)
    const isLps = inLower !== this.a < qe;
    if (inLower) this.a = qe;
    const mps = this.symbols[context];
    if (isLps) {
      this.symbols[context] = mps ^ MQ_STATES[row + 3];
      this.states[context] = MQ_STATES[row + 2];
    } else {
      this.states[context] = MQ_STATES[row + 1];
    }
    this.renormalise();
    return (isLps ? 1 - mps : mps) as 0 | 1;
  }

  /** RENORMD (C.3.3) */
  private renormalise(): void {
    do {
      if (this.ct === 0) this.readByte();
      this.a <<= 1;
      this.c = (this.c << 1) >>> 0;
      this.ct--;
    } while ((this.a & 0x8000) === 0);
  }

  /** BYTEIN (C.3.4): after 0xFF only seven bits are new, and a marker ends the segment: ones from there on. */
  private readByte(): void {
    if (this.byteAt(this.position) !== 0xff) {
      this.position++;
      this.c = (this.c + (this.byteAt(this.position) << 8)) >>> 0;
      this.ct = 8;
    } else if (this.byteAt(this.position + 1) > 0x8f) {
      this.c = (this.c + 0xff00) >>> 0;
      this.ct = 8;
    } else {
      this.position++;
      this.c = (this.c + (this.byteAt(this.position) << 9)) >>> 0;
      this.ct = 7;
    }
  }

  private byteAt(position: number): number {
    return position < this.end ? this.data[position] : 0xff;
  }
}

/**
 * The MQ encoder as 15444-1 C.2 describes it: the readable form.
 *
 * The code string is a number in the current interval, which begins at `c` and is `a` wide; both are scaled so that `a` stays in
 * [0x8000, 0xFFFF]. A decision keeps one part of the interval: Qe at the bottom, normally for the less probable symbol, or
 * the rest above. Bits leave at the top of `c`, a byte at a time. One bit above the byte catches the carry into the byte
 * before; a byte of 0xFF could not take it, so there the next one has seven bits and room for the carry itself.
 *
 * `mq-writer.ts` has the same steps as a loop over many decisions; this class is for reading, for tests, and wherever speed
 * does not matter.
 */
import { MQ_STATES } from './mq-table.ts';

/** The registers of the encoder and its contexts; {@link MqEncoder.encode} codes one decision. */
export class MqEncoder {
  private readonly states: Uint8Array;
  private readonly symbols: Uint8Array;
  /** The bytes so far; the first is not part of the segment, it stands where BP points at the start. */
  private bytes: number[] = [0];
  private a = 0x8000;
  /** A carry bit, eight bits of the next byte, three spacer bits, sixteen of fraction: 28 in all. */
  private c = 0;
  /** Shifts until the next byte is complete. */
  private ct = 12;

  /** An encoder with so many contexts, all in state 0 with MPS 0. */
  constructor(contexts: number) {
    this.states = new Uint8Array(contexts);
    this.symbols = new Uint8Array(contexts);
  }

  /** Puts one context into a state of Table C.2. */
  setContext(context: number, state: number, mps: 0 | 1 = 0): void {
    this.states[context] = state;
    this.symbols[context] = mps;
  }

  /** Begins a codeword segment; contexts stay as they are (INITENC, C.2.8). */
  start(): void {
    this.bytes = [0];
    this.a = 0x8000;
    this.c = 0;
    this.ct = 12;
  }

  /** Codes one decision in a context (ENCODE, C.2.2). */
  encode(context: number, decision: 0 | 1): void {
    const row = 4 * this.states[context];
    const qe = MQ_STATES[row];
    const isLps = decision !== this.symbols[context];
    this.a -= qe;
    // the lower part is the LPS, unless it is the larger one: then the two change places (conditional exchange)
    const takesLower = isLps !== this.a < qe;
    if (takesLower) this.a = qe;
    else this.c += qe;
    if ((this.a & 0x8000) !== 0) return;
    if (isLps) {
      this.symbols[context] ^= MQ_STATES[row + 3];
      this.states[context] = MQ_STATES[row + 2];
    } else {
      this.states[context] = MQ_STATES[row + 1];
    }
    this.renormalise();
  }

  /**
   * Ends the segment as FLUSH does (C.2.9) and returns its bytes. As many bits as possible are set in what is left, for a
   * decoder continues with ones; so a final 0xFF need not be sent.
   */
  flush(): Uint8Array {
    const upper = this.c + this.a;
    this.c |= 0xffff; // SETBITS
    if (this.c >= upper) this.c -= 0x8000;
    for (let byte = 0; byte < 2; byte++) {
      this.c <<= this.ct;
      this.writeByte();
    }
    if (this.bytes[this.bytes.length - 1] === 0xff) this.bytes.pop();
    return Uint8Array.from(this.bytes.slice(1));
  }

  /** RENORME (C.2.6) */
  private renormalise(): void {
    do {
      this.a <<= 1;
      this.c <<= 1;
      this.ct--;
      if (this.ct === 0) this.writeByte();
    } while ((this.a & 0x8000) === 0);
  }

  /** BYTEOUT (C.2.7) */
  private writeByte(): void {
    const last = this.bytes.length - 1;
    if (this.bytes[last] !== 0xff && this.c >= 0x8000000) {
      this.bytes[last]++;
      this.c &= 0x7ffffff;
    }
    const bits = this.bytes[last] === 0xff ? 7 : 8;
    this.bytes.push(this.c >>> (27 - bits));
    this.c &= (1 << (27 - bits)) - 1;
    this.ct = bits;
  }
}

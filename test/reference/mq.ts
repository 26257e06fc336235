/**
 * The MQ coder as the flow charts of 15444-1 Annex C draw it, one procedure a function, for tests only.
 *
 * The registers have the widths of the standard and the tables are typed here again, so that an error in the library's
 * table cannot hide behind itself.
 */

interface State {
  readonly qe: number;
  readonly nmps: number;
  readonly nlps: number;
  readonly exchange: boolean;
}

/** Table C.2: Qe as hex, NMPS, NLPS, and an `x` where SWITCH is one. */
const STATES: readonly State[] = `
  5601 1 1 x,  3401 2 6,    1801 3 9,    0AC1 4 12,   0521 5 29,   0221 38 33,  5601 7 6 x,  5401 8 14,
  4801 9 14,   3801 10 14,  3001 11 17,  2401 12 18,  1C01 13 20,  1601 29 21,  5601 15 14 x, 5401 16 14,
  5101 17 15,  4801 18 16,  3801 19 17,  3401 20 18,  3001 21 19,  2801 22 19,  2401 23 20,  2201 24 21,
  1C01 25 22,  1801 26 23,  1601 27 24,  1401 28 25,  1201 29 26,  1101 30 27,  0AC1 31 28,  09C1 32 29,
  08A1 33 30,  0521 34 31,  0441 35 32,  02A1 36 33,  0221 37 34,  0141 38 35,  0111 39 36,  0085 40 37,
  0049 41 38,  0025 42 39,  0015 43 40,  0009 44 41,  0005 45 42,  0001 45 43,  5601 46 46`
  .split(',')
  .map((row) => {
    const [qe, nmps, nlps, x] = row.trim().split(/\s+/);
    return { qe: Number.parseInt(qe!, 16), nmps: Number(nmps), nlps: Number(nlps), exchange: x === 'x' };
  });

/** I(CX) and MPS(CX) of the 19 contexts, in their initial states (Table D.7). */
export class Contexts {
  readonly index: number[] = [];
  readonly mps: number[] = [];

  constructor() {
    this.reset();
  }

  reset(): void {
    for (let cx = 0; cx < 19; cx++) {
      this.index[cx] = cx === 0 ? 4 : cx === 17 ? 3 : cx === 18 ? 46 : 0;
      this.mps[cx] = 0;
    }
  }
}

/** The encoder of C.2. `bytes[0]` is the byte before the first, which INITENC's BP points at. */
export class MqEncoder {
  private readonly contexts: Contexts;
  private a = 0x8000;
  private c = 0;
  private ct = 12;
  private bytes: number[] = [0];

  constructor(contexts: Contexts) {
    this.contexts = contexts;
  }

  encode(cx: number, d: number): void {
    if (d === this.contexts.mps[cx]) this.codeMps(cx);
    else this.codeLps(cx);
  }

  private codeMps(cx: number): void {
    const state = STATES[this.contexts.index[cx]!]!;
    this.a -= state.qe;
    if ((this.a & 0x8000) !== 0) {
      this.c += state.qe;
      return;
    }
    if (this.a < state.qe) this.a = state.qe;
    else this.c += state.qe;
    this.contexts.index[cx] = state.nmps;
    this.renormalise();
  }

  private codeLps(cx: number): void {
    const state = STATES[this.contexts.index[cx]!]!;
    this.a -= state.qe;
    if (this.a < state.qe) this.c += state.qe;
    else this.a = state.qe;
    if (state.exchange) this.contexts.mps[cx] = 1 - this.contexts.mps[cx]!;
    this.contexts.index[cx] = state.nlps;
    this.renormalise();
  }

  private renormalise(): void {
    do {
      this.a *= 2;
      this.c *= 2;
      this.ct--;
      if (this.ct === 0) this.byteOut();
    } while ((this.a & 0x8000) === 0);
  }

  private byteOut(): void {
    const last = this.bytes.length - 1;
    if (this.bytes[last] !== 0xff && this.c >= 0x8000000) {
      this.bytes[last]!++;
      if (this.bytes[last] === 0xff) this.c &= 0x7ffffff;
    }
    if (this.bytes[last] === 0xff) {
      this.bytes.push(Math.floor(this.c / 2 ** 20) & 0xff);
      this.c &= 0xfffff;
      this.ct = 7;
    } else {
      this.bytes.push(Math.floor(this.c / 2 ** 19) & 0xff);
      this.c &= 0x7ffff;
      this.ct = 8;
    }
  }

  /** FLUSH (C.2.9): as many one bits as the interval allows, then two bytes out; a final 0xFF is not sent. */
  flush(): number[] {
    const upper = this.c + this.a;
    this.c |= 0xffff;
    if (this.c >= upper) this.c -= 0x8000;
    this.c *= 2 ** this.ct;
    this.byteOut();
    this.c *= 2 ** this.ct;
    this.byteOut();
    if (this.bytes[this.bytes.length - 1] === 0xff) this.bytes.pop();
    return this.bytes.slice(1);
  }

  /** Predictable termination (D.4.2): push out exactly the bits that the decoder needs. */
  flushPredictably(): number[] {
    let k = 11 - this.ct + 1;
    while (k > 0) {
      this.c *= 2 ** this.ct;
      this.ct = 0;
      this.byteOut();
      k -= this.ct;
    }
    if (this.bytes.length > 1 && this.bytes[this.bytes.length - 1] === 0xff) this.bytes.pop();
    return this.bytes.slice(1);
  }
}

/** The decoder of C.3; past the end of `data` it sees 0xFF bytes. */
export class SlowMqDecoder {
  private readonly contexts: Contexts;
  private readonly data: ArrayLike<number>;
  private bp = 0;
  private a = 0x8000;
  private c: number;
  private ct = 0;

  constructor(contexts: Contexts, data: ArrayLike<number>) {
    this.contexts = contexts;
    this.data = data;
    this.c = this.byte(0) * 2 ** 16;
    this.byteIn();
    this.c *= 2 ** 7;
    this.ct -= 7;
  }

  private byte(at: number): number {
    return at < this.data.length ? this.data[at]! : 0xff;
  }

  private byteIn(): void {
    if (this.byte(this.bp) === 0xff) {
      if (this.byte(this.bp + 1) > 0x8f) {
        this.c += 0xff00;
        this.ct = 8;
      } else {
        this.bp++;
        this.c += this.byte(this.bp) * 2 ** 9;
        this.ct = 7;
      }
    } else {
      this.bp++;
      this.c += this.byte(this.bp) * 2 ** 8;
      this.ct = 8;
    }
  }

  decode(cx: number): number {
    const state = STATES[this.contexts.index[cx]!]!;
    this.a -= state.qe;
    if (Math.floor(this.c / 2 ** 16) < state.qe) {
      const d = this.a < state.qe ? this.exchangeMps(cx) : this.exchangeLps(cx);
      this.a = state.qe;
      this.renormalise();
      return d;
    }
    this.c -= state.qe * 2 ** 16;
    if ((this.a & 0x8000) !== 0) return this.contexts.mps[cx]!;
    const d = this.a < state.qe ? this.exchangeLps(cx) : this.exchangeMps(cx);
    this.renormalise();
    return d;
  }

  private exchangeMps(cx: number): number {
    this.contexts.index[cx] = STATES[this.contexts.index[cx]!]!.nmps;
    return this.contexts.mps[cx]!;
  }

  private exchangeLps(cx: number): number {
    const state = STATES[this.contexts.index[cx]!]!;
    const d = 1 - this.contexts.mps[cx]!;
    if (state.exchange) this.contexts.mps[cx] = d;
    this.contexts.index[cx] = state.nlps;
    return d;
  }

  private renormalise(): void {
    do {
      if (this.ct === 0) this.byteIn();
      this.a *= 2;
      this.c *= 2;
      this.ct--;
    } while ((this.a & 0x8000) === 0);
  }
}

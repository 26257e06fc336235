/**
 * The MEL decoder of the high-throughput cleanup pass (15444-15 clause 7.1.3, 7.3.3): runs of zero events with a one behind them, in an
 * adaptive run-length code of thirteen states.
 */

/** Table 2: by state k, a whole run is 2^E(k) zero events. */
export const MEL_EXPONENTS: Uint8Array = /* @__PURE__ */ Uint8Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5);

/** Reads runs of MEL events. */
export class MelDecoder {
  /** Zero events that come next. */
  zeros = 0;
  /** 1 when a one event follows them, 0 when another run does. */
  one = 0;
  private data: Uint8Array = new Uint8Array(0);
  private position = 0;
  /** Place of the last two bytes of the cleanup segment, which are read as if its length were not in them. */
  private tail = 0;
  private byte = 0;
  private left = 0;
  private state = 0;

  /** Begins with the stream that starts at byte `start`, in a cleanup segment that ends before byte `end`. */
  start(data: Uint8Array, start: number, end: number): void {
    this.data = data;
    this.position = start;
    this.tail = end - 2;
    this.byte = 0;
    this.left = 0;
    this.state = 0;
    this.zeros = 0;
    this.one = 0;
  }

  /** Reads the next run, when no event of the one before is left. */
  readRun(): void {
    const exponent = MEL_EXPONENTS[this.state];
    if (this.bit() === 1) {
      if (this.state < 12) this.state++;
      this.zeros = 1 << exponent;
      this.one = 0;
      return;
    }
    let run = 0;
    for (let k = 0; k < exponent; k++) run = 2 * run + this.bit();
    if (this.state > 0) this.state--;
    this.zeros = run;
    this.one = 1;
  }

  private bit(): number {
    if (this.left === 0) {
      this.left = this.byte === 0xff ? 7 : 8;
      const at = this.position++;
      // behind its end the stream goes on with ones
      if (at < this.tail) this.byte = this.data[at];
      else this.byte = at === this.tail ? this.data[at] | 0x0f : 0xff;
    }
    this.left--;
    return (this.byte >> this.left) & 1;
  }
}

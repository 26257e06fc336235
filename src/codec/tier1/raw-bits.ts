/**
 * The bits of raw (bypass) coding passes (15444-1 D.6).
 *
 * Bits come from the most significant end of each byte. After an 0xFF byte the next one carries seven bits, so that no
 * marker can arise. Where the segment ends, ones follow, as for the MQ coder: an encoder may drop a final 0xFF.
 */
export class RawBits {
  private data: Uint8Array = new Uint8Array(0);
  private end = 0;
  private position = 0;
  private byte = 0;
  /** Bits of `byte` that have not been read. */
  private left = 0;

  /** Begins a codeword segment, `data[start .. end)`. */
  start(data: Uint8Array, start: number, end: number): void {
    this.data = data;
    this.position = start;
    this.end = end;
    this.byte = 0;
    this.left = 0;
  }

  read(): number {
    if (this.left === 0) {
      this.left = this.byte === 0xff ? 7 : 8;
      this.byte = this.position < this.end ? this.data[this.position] : 0xff;
      this.position++;
    }
    this.left--;
    return (this.byte >> this.left) & 1;
  }

  /**
   * Whether the segment ends here as predictable termination wants it: every byte used, and the unused bits of the last
   * one 0101… (D.4.2, D.6). A final 0xFF may have been dropped, or be followed by a byte of filling.
   */
  endsPredictably(): boolean {
    if (this.position > this.end) return this.position === this.end + 1 && this.left === 0;
    const filling = 0x55 >> (8 - this.left);
    if ((this.byte & ((1 << this.left) - 1)) !== filling) return false;
    if (this.position === this.end) return true;
    return this.position + 1 === this.end && this.byte === 0xff && this.left === 0 && this.data[this.position] === 0x2a;
  }
}

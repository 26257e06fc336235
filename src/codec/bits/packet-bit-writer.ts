/**
 * The bits of packet headers as they are written (15444-1 B.10.1): most significant bit first, and after a byte of 0xFF the next
 * byte carries only seven bits. The other half of `packet-bit-reader`.
 */

/** Writes bits into a buffer that grows and is used again. */
export class PacketBitWriter {
  /** Bytes finished so far; after {@link align} that is all of them. */
  length = 0;
  /** Scratch: only the first {@link length} bytes mean anything, and only until the next bit is written. */
  bytes: Uint8Array;
  private current = 0;
  private free = 8;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(Math.max(1, capacity));
  }

  /** Forgets everything. */
  reset(): void {
    this.length = 0;
    this.current = 0;
    this.free = 8;
  }

  /** One bit, 0 or 1. */
  bit(b: number): void {
    this.free--;
    this.current |= b << this.free;
    if (this.free === 0) this.push();
  }

  /** The `count` lowest bits of `value`, 0 <= count <= 32, most significant first. */
  bits(value: number, count: number): void {
    let left = count;
    while (left > 0) {
      const n = left < this.free ? left : this.free;
      left -= n;
      this.free -= n;
      this.current |= ((value >>> left) & ((1 << n) - 1)) << this.free;
      if (this.free === 0) this.push();
    }
  }

  /** Ends a packet header: fills the last byte with zeros, and puts a byte of zeros after a final 0xFF. */
  align(): void {
    if (this.free < 8) this.push(); // after 0xFF the byte that was begun has seven free bits and none in it
    this.free = 8;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private push(): void {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(2 * this.bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.length++] = this.current;
    this.free = this.current === 0xff ? 7 : 8;
    this.current = 0;
  }
}

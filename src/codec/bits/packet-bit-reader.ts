/**
 * The bits of packet headers (15444-1 B.10.1): most significant bit first, and after a byte of 0xFF the next byte carries only
 * seven bits, its top bit being a stuffed zero, so that no marker can appear inside a header.
 */

/** Reads bits from `bytes[position .. end)`. Past the end it gives zeros and raises {@link overrun}. */
export class PacketBitReader {
  bytes: Uint8Array;
  position: number;
  end: number;
  /** True once a bit was asked for that was not there. */
  overrun = false;
  private current = 0;
  private left = 0;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** Starts anew at another place. */
  reset(bytes: Uint8Array, position: number, end: number): void {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.overrun = false;
    this.current = 0;
    this.left = 0;
  }

  bit(): number {
    if (this.left === 0) {
      if (this.position >= this.end) {
        this.overrun = true;
        return 0;
      }
      this.left = this.current === 0xff ? 7 : 8;
      this.current = this.bytes[this.position++];
    }
    this.left--;
    return (this.current >> this.left) & 1;
  }

  /** `count` bits, 0 <= count <= 32, as a non-negative integer. */
  bits(count: number): number {
    let value = 0;
    for (let k = 0; k < count; k++) value = value * 2 + this.bit();
    return value;
  }

  /** Ends a packet header: drops the padding, and the stuffed byte that follows a final 0xFF (B.10.1). */
  align(): void {
    if (this.current === 0xff) {
      if (this.position < this.end) this.position++;
      else this.overrun = true;
    }
    this.current = 0;
    this.left = 0;
  }
}

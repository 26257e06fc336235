/**
 * A growing buffer of big-endian numbers: marker segments and boxes are written through it. The other half of `byte-reader`.
 */

/** Writes forward; {@link ByteWriter.take} hands over what was written. */
export class ByteWriter {
  /** Bytes written so far. */
  length = 0;
  private bytes: Uint8Array;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  u8(value: number): void {
    const at = this.grow(1); // before `this.bytes` is looked at: growing replaces it
    this.bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.grow(2);
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
  }

  u32(value: number): void {
    this.setU32(this.grow(4), value);
  }

  /** 64 bits of a whole number below 2^53. */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value % 2 ** 32);
  }

  /** Bytes as they are. */
  append(bytes: ArrayLike<number>): void {
    const at = this.grow(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Latin-1 text, one byte a character. */
  text(text: string): void {
    for (let k = 0; k < text.length; k++) this.u8(text.charCodeAt(k));
  }

  /** Overwrites 16 bits that were written before, for lengths that are known only afterwards. */
  setU16(at: number, value: number): void {
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
  }

  /** Overwrites 32 bits that were written before. */
  setU32(at: number, value: number): void {
    this.bytes[at] = value >>> 24;
    this.bytes[at + 1] = value >>> 16;
    this.bytes[at + 2] = value >>> 8;
    this.bytes[at + 3] = value;
  }

  /** A copy of everything written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private grow(count: number): number {
    const at = this.length;
    this.length = at + count;
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
    }
    return at;
  }
}

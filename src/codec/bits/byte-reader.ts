/**
 * A bounds-checked cursor over big-endian bytes: marker segments and boxes are read through it.
 *
 * Running out is reported once, here, with the offset in the whole input, so the readers above need no checks of their own.
 */
import { malformed } from '../errors.ts';

/** Reads forward through a piece of the input. */
export class ByteReader {
  /** The piece. */
  readonly bytes: Uint8Array;
  /** Offset of `bytes[0]` in the whole input, for messages. */
  readonly base: number;
  /** Index of the next byte to read. */
  position = 0;
  private readonly clause: string | undefined;

  constructor(bytes: Uint8Array, base = 0, clause?: string) {
    this.bytes = bytes;
    this.base = base;
    this.clause = clause;
  }

  /** Offset of the next byte in the whole input. */
  get offset(): number {
    return this.base + this.position;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.bytes.length - this.position;
  }

  u8(): number {
    const at = this.take(1);
    return this.bytes[at];
  }

  u16(): number {
    const at = this.take(2);
    return (this.bytes[at] << 8) | this.bytes[at + 1];
  }

  u32(): number {
    const at = this.take(4);
    const b = this.bytes;
    return ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0;
  }

  /** A view of the next `length` bytes. */
  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A view of everything that is left. */
  rest(): Uint8Array {
    return this.slice(this.remaining);
  }

  private take(length: number): number {
    const at = this.position;
    if (length > this.bytes.length - at) {
      throw malformed('out-of-bytes', `expected ${length} more bytes, found ${this.bytes.length - at}`, {
        offset: this.base + at,
        ...(this.clause === undefined ? {} : { clause: this.clause }),
      });
    }
    this.position = at + length;
    return at;
  }
}

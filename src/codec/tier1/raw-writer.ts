/**
 * Codeword segments of raw (bypass) coding passes (15444-1 D.6), with the lengths to which a segment may be cut.
 *
 * Bits fill each byte from its most significant end. After an 0xFF byte the next one carries seven, so that no marker can
 * arise. A decoder that runs out of bytes reads ones, so bytes whose bits are all ones need not be there at the end.
 */

/** A raw segment holds a significance propagation and a refinement pass at most (Table D.9). */
const MAX_MARKS = 2;

/** Writes segments one after another into an array that is its owner's. */
export class RawWriter {
  private readonly bytes: Uint8Array;
  private first = 0;
  /** Where `byte` goes when it is full. */
  private position = 0;
  private byte = 0;
  /** Bits of `byte` that are still free. */
  private free = 8;
  private marks = 0;
  private readonly markEnds = new Int32Array(MAX_MARKS);

  /** `bytes` must be large enough for all that comes, and have a byte that is not 0xFF before the first segment. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Begins a segment at a place in the bytes. */
  start(at: number): void {
    this.first = at;
    this.position = at;
    this.byte = 0;
    this.free = 8;
    this.marks = 0;
  }

  /** Bits that have been written so far in this segment, nearly. */
  bits(): number {
    return 8 * (this.position - this.first) + 8 - this.free;
  }

  /** Appends the lowest bits of `count` decisions; their contexts, if they have any, play no part. */
  code(memory: Int32Array, list: number, count: number): void {
    const bytes = this.bytes;
    let position = this.position;
    let byte = this.byte;
    let free = this.free;
    for (let i = 0; i < count; i++) {
      free--;
      const entry = memory[list + i];
      byte |= ((entry < 512 ? entry >> 4 : entry < 1024 ? entry >> 8 : entry) & 1) << free;
      if (free === 0) {
        bytes[position++] = byte;
        free = byte === 0xff ? 7 : 8;
        byte = 0;
      }
    }
    this.position = position;
    this.byte = byte;
    this.free = free;
  }

  /** Notes that a coding pass ends here. */
  mark(): void {
    const end = this.position + (this.used > 0 ? 1 : 0);
    this.markEnds[this.marks++] = end > this.position ? end : this.withoutFinalOnes(end);
  }

  /**
   * Ends the segment at the last mark; returns where the bytes end, and puts the ends for all marks into `ends`, from
   * `pass` on. For predictable termination the last byte is filled up with 0101… and nothing but a final 0xFF is dropped
   * (D.4.2, D.6).
   */
  finish(predictable: boolean, ends: Int32Array, pass: number): number {
    const last = this.marks - 1;
    for (let k = 0; k <= last; k++) ends[pass + k] = this.markEnds[k];
    if (this.used > 0) {
      if (predictable) this.byte |= 0x55 >> (8 - this.free);
      this.bytes[this.position++] = this.byte;
    }
    if (predictable) {
      const drop = this.position > this.first && this.bytes[this.position - 1] === 0xff;
      ends[pass + last] = this.position - (drop ? 1 : 0);
    }
    return ends[pass + last];
  }

  /** Bits in the byte that is not full yet. */
  private get used(): number {
    return (this.bytes[this.position - 1] === 0xff && this.position > this.first ? 7 : 8) - this.free;
  }

  /**
   * A segment must not end with 0xFF (D.4.2), which decoders put there themselves. Further bytes of ones stay, though they could be left
   * out by the letter: not every decoder goes on with ones for long.
   */
  private withoutFinalOnes(end: number): number {
    return end > this.first && this.bytes[end - 1] === 0xff ? end - 1 : end;
  }
}

/**
 * A buffered view of a source for parsers that go forward by small steps: each {@link ReadWindow.need} is served from the
 * bytes fetched last, and fetches at least a chunk when it must.
 */
import { type Reading, readRange } from './source.ts';

/** Bytes around the place where a parser is reading. */
export class ReadWindow {
  /** Total bytes, as far as known; reads never go beyond. */
  readonly end: number;
  private bytes: Uint8Array = new Uint8Array(0);
  private start = 0;
  private readonly chunk: number;

  /** `chunk`: the least that is fetched at once. Over memory a fetch costs nothing, so `Infinity` is right there. */
  constructor(chunk: number, end = Number.POSITIVE_INFINITY) {
    this.chunk = chunk;
    this.end = end;
  }

  /** The bytes `offset .. offset + length`, fewer only where the input ends. */
  *need(offset: number, length: number): Reading<Uint8Array> {
    yield* this.fill(offset, length);
    const at = offset - this.start;
    return this.bytes.subarray(at, Math.min(at + length, this.bytes.length));
  }

  /** At least `length` bytes from `offset`, and everything that happens to be held beyond. */
  *needAtLeast(offset: number, length: number): Reading<Uint8Array> {
    yield* this.fill(offset, length);
    return this.bytes.subarray(offset - this.start);
  }

  private *fill(offset: number, length: number): Reading<void> {
    const stop = Math.min(offset + length, this.end);
    if (offset >= this.start && stop <= this.start + this.bytes.length) return;
    const want = Math.max(0, Math.min(Math.max(length, this.chunk), this.end - offset));
    this.bytes = want === 0 ? new Uint8Array(0) : yield* readRange(offset, want);
    this.start = offset;
  }
}

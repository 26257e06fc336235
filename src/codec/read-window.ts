/**
 * A buffered view of a source for parsers that go forward by small steps: each {@link ReadWindow.need} is served from the
 * bytes fetched last, and fetches at least a chunk when it must. What will surely be needed in many places can be fetched
 * ahead, all at once.
 */
import { type ByteRange, type Reading, readRange } from './source.ts';

/** Bytes that were fetched ahead. */
interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes held ahead at most; what would go beyond is left to be fetched where it is needed. */
const MAX_AHEAD = 4 * 1024 * 1024;

/** How a {@link ReadWindow} fetches. */
export interface ReadWindowOptions {
  /** The most that is fetched at once for going on near where the last fetch ended; each such fetch doubles. Default: the chunk. */
  readonly mostChunk?: number;
  /** A window whose bytes fetched ahead serve here too. */
  readonly beside?: ReadWindow;
}

/** Bytes around the place where a parser is reading. */
export class ReadWindow {
  /** Total bytes, as far as known; reads never go beyond. */
  readonly end: number;
  /** What was fetched last, and the offset where it begins, for a parser that looks there first. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  private readonly chunk: number;
  private readonly mostChunk: number;
  /** What is fetched at least by the next fetch that goes on where the last one ended. */
  private nextChunk: number;
  private readonly beside: ReadWindow | undefined;
  /** Fetched ahead, by offset. */
  private ahead: Piece[] = [];

  /** `chunk`: the least that is fetched at once. Over memory a fetch costs nothing, so `Infinity` is right there. */
  constructor(chunk: number, end = Number.POSITIVE_INFINITY, options: ReadWindowOptions = {}) {
    this.chunk = chunk;
    this.mostChunk = options.mostChunk ?? chunk;
    this.nextChunk = chunk;
    this.beside = options.beside;
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

  /** Fetches what lies ahead in several places with one read, for {@link need} to find. Over memory it does nothing. */
  *fetchAhead(ranges: readonly ByteRange[]): Reading<void> {
    if (this.chunk === Number.POSITIVE_INFINITY) return;
    const missing: ByteRange[] = [];
    let total = this.ahead.reduce((sum, piece) => sum + piece.bytes.length, 0);
    for (const { offset, length } of ranges) {
      const stop = Math.min(offset + length, this.end);
      if (stop <= offset || this.covers(offset, stop) || this.pieceWith(offset, stop)) continue;
      total += stop - offset;
      if (total > MAX_AHEAD) break;
      missing.push({ offset, length: stop - offset });
    }
    if (missing.length === 0) return;
    const fetched = yield missing;
    const pieces = missing.map(({ offset }, k) => ({ offset, bytes: fetched[k] }));
    this.ahead = [...this.ahead, ...pieces].sort((a, b) => a.offset - b.offset);
  }

  /** Keeps what another window fetched last as if it had been fetched ahead. */
  takeOver(other: ReadWindow): void {
    if (this.chunk !== Number.POSITIVE_INFINITY) this.ahead = [{ offset: other.start, bytes: other.bytes }];
  }

  /** Lets go of everything fetched ahead. */
  forgetAhead(): void {
    this.ahead = [];
  }

  private *fill(offset: number, length: number): Reading<void> {
    const stop = Math.min(offset + length, this.end);
    if (this.covers(offset, stop)) return;
    const piece = this.pieceWith(offset, stop) ?? this.beside?.pieceWith(offset, stop);
    if (piece) {
      this.bytes = piece.bytes;
      this.start = piece.offset;
      return;
    }
    // what was stepped over in between may be as long as what was fetched
    const goesOn = offset >= this.start && offset <= this.start + 2 * this.bytes.length && this.bytes.length > 0;
    this.nextChunk = goesOn ? Math.min(2 * this.nextChunk, this.mostChunk) : this.chunk;
    const want = Math.max(0, Math.min(Math.max(length, this.nextChunk), this.end - offset));
    this.bytes = want === 0 ? new Uint8Array(0) : yield* readRange(offset, want);
    this.start = offset;
  }

  private covers(offset: number, stop: number): boolean {
    return offset >= this.start && stop <= this.start + this.bytes.length;
  }

  /** The piece fetched ahead that holds all of `offset .. stop`. */
  private pieceWith(offset: number, stop: number): Piece | undefined {
    let lo = 0;
    let hi = this.ahead.length;
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (this.ahead[middle].offset <= offset) lo = middle + 1;
      else hi = middle;
    }
    const piece = this.ahead[lo - 1];
    return piece && stop <= piece.offset + piece.bytes.length ? piece : undefined;
  }
}

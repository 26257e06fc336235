/** Sources that behave in various ways, all within the contract of `RandomAccessSource`. */
import type { ByteRange, RandomAccessSource } from '../../src/index.ts';

/** A source over bytes that is not memory to the library, and keeps account of what is read. */
export class TestSource implements RandomAccessSource {
  readonly size?: number;
  /** Every range that was asked for. */
  readonly asked: ByteRange[] = [];
  /** Bytes handed out. */
  bytesRead = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, options: { sizeKnown?: boolean } = {}) {
    this.bytes = bytes;
    if (options.sizeKnown !== false) this.size = bytes.length;
  }

  async read(range: ByteRange): Promise<Uint8Array> {
    this.asked.push(range);
    // answers come in any order
    if (this.asked.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    const piece = this.bytes.slice(range.offset, range.offset + range.length);
    this.bytesRead += piece.length;
    return piece;
  }
}

/** Bytes as a stream of chunks whose lengths come from a list, over and over. */
export async function* chunksOfBytes(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let k = 0; at < bytes.length; k++) {
    const length = Math.max(1, lengths[k % lengths.length]!);
    yield bytes.slice(at, at + length);
    at += length;
  }
}

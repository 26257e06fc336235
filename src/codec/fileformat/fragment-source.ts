/**
 * Runs of bytes of one or more sources as one source: how a codestream in fragments is read (15444-2 M.11.3).
 */
import { joinBytes } from '../bits/join-bytes.ts';
import { type ByteRange, BytesSource, type RandomAccessSource } from '../source.ts';

/** A run of bytes of a source. */
export interface SourceFragment extends ByteRange {
  readonly source: RandomAccessSource;
}

/**
 * The fragments one after another. In memory they become one buffer, so that it can be read without waiting, and no
 * larger than what it is made of as long as fragments do not overlap. The end of a fragment's source is the end of all.
 */
export function joinFragments(
  fragments: readonly SourceFragment[],
  close?: () => void | Promise<void>,
): RandomAccessSource {
  const starts: number[] = [];
  let size = 0;
  for (const { length } of fragments) {
    starts.push(size);
    size += length;
  }
  if (fragments.every(({ source }) => source instanceof BytesSource)) {
    return new BytesSource(
      joinBytes(
        fragments.map(({ source, offset, length }) => (source as BytesSource).bytes.subarray(offset, offset + length)),
      ),
    );
  }
  return {
    size,
    close: () => close?.(),
    async read({ offset, length }, options) {
      // the last fragment that begins at or before the range
      let k = 0;
      for (let high = starts.length; high - k > 1; ) {
        const middle = (k + high) >> 1;
        if (starts[middle] <= offset) k = middle;
        else high = middle;
      }
      const parts: SourceFragment[] = [];
      for (; k < starts.length && starts[k] < offset + length; k++) {
        const fragment = fragments[k];
        const from = Math.max(0, offset - starts[k]);
        const to = Math.min(fragment.length, offset + length - starts[k]);
        if (to > from) parts.push({ source: fragment.source, offset: fragment.offset + from, length: to - from });
      }
      const pieces = await Promise.all(parts.map(({ source, ...range }) => source.read(range, options)));
      const short = pieces.findIndex((piece, n) => piece.length < parts[n].length);
      return joinBytes(short < 0 ? pieces : pieces.slice(0, short + 1));
    },
  };
}

/** Pieces of an input that are held in memory, found by their offset. */
import type { ByteRange } from '../source.ts';

/** What a snapshot reads from. */
export interface ByteStore {
  /** The bytes `offset .. offset + length`, or as many of them as are held from `offset` on. */
  slice(offset: number, length: number): Uint8Array;
}

/** The whole input in memory. */
export function wholeStore(bytes: Uint8Array): ByteStore {
  return { slice: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Some ranges of an input, sorted by offset and not overlapping. */
export function piecesStore(pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[]): ByteStore {
  return {
    slice(offset, length) {
      let lo = 0;
      let hi = pieces.length - 1;
      while (lo < hi) {
        const middle = (lo + hi + 1) >> 1;
        if (pieces[middle].offset <= offset) lo = middle;
        else hi = middle - 1;
      }
      const piece = pieces[lo];
      if (piece === undefined || offset < piece.offset) return new Uint8Array(0);
      const at = offset - piece.offset;
      return piece.bytes.subarray(at, at + length);
    },
  };
}

/** Ranges sorted, with those joined that have at most `near` bytes between them. */
export function joinNear(ranges: readonly ByteRange[], near: number): ByteRange[] {
  const sorted = [...ranges].sort((a, b) => a.offset - b.offset);
  const runs: { offset: number; length: number }[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const { offset, length } of sorted) {
    const stop = offset + length;
    const last = runs[runs.length - 1];
    if (offset > end + near) runs.push({ offset, length });
    else if (stop > end) last.length = stop - last.offset;
    end = Math.max(end, stop);
  }
  return runs;
}

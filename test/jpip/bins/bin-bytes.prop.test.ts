import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BinBytes } from '../../../src/jpip/bins/bin-bytes.ts';

/** A data-bin, and ranges of it that cover it, overlapping, twice and in any order. */
const scattered = fc.uint8Array({ minLength: 1, maxLength: 300 }).chain((bytes) => {
  const end = bytes.length;
  const range = fc.tuple(fc.nat(end), fc.nat(end)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const cuts = fc.array(fc.nat(end), { maxLength: 8 }).map((at) => {
    const places = [...new Set([0, ...at, end])].sort((a, b) => a - b);
    return places.slice(1).map((to, k) => [places[k]!, to] as const);
  });
  const all = fc.tuple(cuts, fc.array(range, { maxLength: 10 })).map(([cover, extra]) => [...cover, ...extra]);
  return fc.record({
    bytes: fc.constant(bytes),
    ranges: all.chain((r) => fc.shuffledSubarray(r, { minLength: r.length })),
  });
});

describe('the bytes of a data-bin', () => {
  test('are the same in whatever ranges and order they come', () => {
    fc.assert(
      fc.property(scattered, ({ bytes, ranges }) => {
        const bin = new BinBytes();
        const seen = new Set<number>();
        for (const [from, to] of ranges) {
          const before = seen.size;
          for (let k = from; k < to; k++) seen.add(k);
          const added = bin.add(from, bytes.subarray(from, to), to === bytes.length);
          expect(added).toEqual({ fresh: seen.size - before });
          let gap = 0;
          while (seen.has(gap)) gap++;
          expect(bin.held).toBe(gap);
          expect(bin.bytesHeld).toBe(seen.size);
          expect(bin.prefix()).toEqual(bytes.subarray(0, gap));
        }
        expect(bin.complete).toBe(true);
        expect(bin.prefix()).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('do not change by a range that contradicts them', () => {
    fc.assert(
      fc.property(scattered, fc.nat(), fc.nat(), ({ bytes, ranges }, at, length) => {
        const bin = new BinBytes();
        for (const [from, to] of ranges) bin.add(from, bytes.subarray(from, to), to === bytes.length);
        const from = at % bytes.length;
        const wrong = bytes.slice(from, from + 1 + (length % bytes.length));
        wrong[wrong.length - 1]! ^= 0x10;
        const added = bin.add(from, wrong, false);
        expect(added.fresh).toBe(0);
        expect(added.conflict).toMatch(/^byte \d+ is \d+, and was \d+$/);
        expect(bin.prefix()).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });
});

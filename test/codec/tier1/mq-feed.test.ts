import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FEED_TAIL, bitsOfSegment, feedSegment, markerIn } from '../../../src/codec/tier1/mq-feed.ts';

/** The code string bit by bit, with carries not resolved: the number that BYTEIN (C.3.4) adds up, and its bits. */
function codeString(data: Uint8Array): { value: bigint; bits: number; bytes: number } {
  let value = 0n;
  let bits = 0;
  for (let i = 0; i < data.length; i++) {
    const stuffed = i > 0 && data[i - 1] === 0xff;
    if (stuffed && data[i]! > 0x8f) return { value, bits, bytes: i };
    value = (value << (stuffed ? 7n : 8n)) + BigInt(data[i]!);
    bits += stuffed ? 7 : 8;
  }
  return { value, bits, bytes: data.length };
}

/** Many 0xFF bytes, and as many small ones behind them. */
const anyBytes = fc
  .array(fc.oneof(fc.constant(0xff), fc.integer({ min: 0, max: 0x8f }), fc.integer({ min: 0, max: 255 })))
  .map((bytes) => Uint8Array.from(bytes));

test('the pairs of a feed make up the code string, with ones behind it', () => {
  fc.assert(
    fc.property(anyBytes, (data) => {
      const feed = new Int32Array(data.length + 20);
      const last = feedSegment(data, 0, data.length, feed, 3);
      const { value, bits } = codeString(data);
      let sum = 0n;
      let length = 0;
      for (let i = 3; i <= last; i++) {
        const more = feed[i]! & 31;
        expect(more).toBeGreaterThanOrEqual(15);
        expect(feed[i]! >> 5).toBeLessThan(1 << 16);
        sum = (sum << BigInt(more)) + BigInt(feed[i]! >> 5);
        length += more;
      }
      const ones = BigInt(length - bits);
      expect(ones).toBeGreaterThanOrEqual(BigInt(16 * FEED_TAIL));
      expect(sum).toBe((value << ones) + (1n << ones) - 1n);
      expect(feed.subarray(last + 1).every((entry) => entry === 0)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('bits are counted as they are taken, and bytes behind a marker as ones', () => {
  fc.assert(
    fc.property(anyBytes, (data) => {
      const { bits, bytes } = codeString(data);
      expect(markerIn(data, 0, data.length)).toBe(bytes);
      expect(bitsOfSegment(data, 0, data.length)).toBe(bits + 8 * (data.length - bytes));
    }),
  );
  expect(bitsOfSegment(Uint8Array.of(0xff, 0x10, 0x10), 1, 3)).toBe(16);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PacketBitReader } from '../../../src/codec/bits/packet-bit-reader.ts';
import { PacketBitWriter } from '../../../src/codec/bits/packet-bit-writer.ts';
import { TagTreeDecoder, TagTreeEncoder } from '../../../src/codec/tier2/tag-tree.ts';
import { BitWriter, TagTreeWriter } from '../../reference/packet-writer.ts';

const sizes = fc.record({
  width: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 9 }),
  leaves: fc.array(fc.nat(12), { minLength: 81, maxLength: 81 }),
  questions: fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 1, max: 14 })), { maxLength: 60 }),
});

describe('tag trees that are written (B.10.2)', () => {
  test('are the bits of the definition', () => {
    fc.assert(
      fc.property(sizes, ({ width, height, leaves, questions }) => {
        const values = leaves.slice(0, width * height);
        const slow = new TagTreeWriter(width, height, values);
        const slowBits = new BitWriter();
        const tree = new TagTreeEncoder(width, height);
        const bits = new PacketBitWriter();
        values.forEach((value, n) => {
          tree.setLeaf(n % width, Math.floor(n / width), value);
        });
        for (const [k, threshold] of questions) {
          const n = k % values.length;
          slow.tell(slowBits, n % width, Math.floor(n / width), threshold);
          tree.tell(bits, n % width, Math.floor(n / width), threshold);
        }
        bits.align();
        expect(bits.take()).toEqual(slowBits.finish());
      }),
      { numRuns: 300 },
    );
  });

  test('say the same when leaves become known only when their layer comes, and can be taken back', () => {
    fc.assert(
      fc.property(sizes, fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }), (size, trials) => {
        const { width, height, leaves } = size;
        const values = leaves.slice(0, width * height);
        const tree = new TagTreeEncoder(width, height);
        const bits = new PacketBitWriter();
        const slow = new TagTreeWriter(width, height, values);
        const slowBits = new BitWriter();
        const layer = (l: number, of: readonly number[]): void => {
          of.forEach((value, n) => {
            if (value === l) tree.setLeaf(n % width, Math.floor(n / width), l);
          });
          of.forEach((value, n) => {
            if (value >= l) tree.tell(bits, n % width, Math.floor(n / width), l + 1);
          });
        };
        for (let l = 0; l <= 13; l++) {
          tree.mark();
          if (trials[l]) {
            // another choice of code-blocks is tried, and its bits thrown away
            const tried = new PacketBitWriter();
            values.forEach((value, n) => {
              if (value >= l && n % 2 === 0) tree.setLeaf(n % width, Math.floor(n / width), l);
            });
            values.forEach((_, n) => {
              tree.tell(tried, n % width, Math.floor(n / width), l + 1);
            });
            tree.rewind();
          }
          layer(l, values);
          values.forEach((value, n) => {
            if (value >= l) slow.tell(slowBits, n % width, Math.floor(n / width), l + 1);
          });
        }
        bits.align();
        const bytes = bits.take();
        expect(bytes).toEqual(slowBits.finish());
        const reader = new PacketBitReader(bytes);
        const decoder = new TagTreeDecoder(width, height);
        for (let l = 0; l <= 13; l++) {
          values.forEach((value, n) => {
            if (value < l) return;
            expect(decoder.isLess(reader, n % width, Math.floor(n / width), l + 1)).toBe(value === l);
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});

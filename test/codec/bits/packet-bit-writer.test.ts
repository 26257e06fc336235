import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PacketBitReader } from '../../../src/codec/bits/packet-bit-reader.ts';
import { PacketBitWriter } from '../../../src/codec/bits/packet-bit-writer.ts';
import { BitWriter } from '../../reference/packet-writer.ts';
import { hex } from '../../support/codestream.ts';

/** Runs of bits as value and count, with many ones so that stuffing comes up. */
const runs = fc.array(
  fc.tuple(fc.oneof(fc.constant(2 ** 32 - 1), fc.nat(2 ** 32 - 1)), fc.integer({ min: 0, max: 32 })),
  { maxLength: 60 },
);

describe('bits of packet headers (B.10.1)', () => {
  test('what is written is what the definition gives, and is read back to the last byte', () => {
    fc.assert(
      fc.property(fc.array(runs, { minLength: 1, maxLength: 4 }), (headers) => {
        const writer = new PacketBitWriter(1);
        const ends: number[] = [];
        const expected: number[] = [];
        for (const header of headers) {
          const slow = new BitWriter();
          for (const [value, count] of header) {
            writer.bits(value, count);
            slow.bits(count === 32 ? value : value % 2 ** count, count);
          }
          writer.align();
          expected.push(...slow.finish());
          ends.push(writer.length);
        }
        expect(writer.length).toBe(expected.length);
        const bytes = writer.take();
        expect([...bytes]).toEqual(expected);
        const reader = new PacketBitReader(bytes);
        headers.forEach((header, k) => {
          for (const [value, count] of header) {
            expect(reader.bits(count)).toBe(count === 32 ? value : value % 2 ** count);
          }
          reader.align();
          expect(reader.position).toBe(ends[k]);
        });
        expect(reader.overrun).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['nothing', [], ''],
    ['one bit', [[1, 1]], '80'],
    ['a byte of ones is followed by a byte of zeros', [[255, 8]], 'FF 00'],
    ['after a byte of ones there are seven bits', [[0xffff, 16]], 'FF 7F 80'],
    ['seven bits after a byte of ones end there', [[0x7fff, 15]], 'FF 7F'],
  ] as const)('%s', (_, list, text) => {
    const writer = new PacketBitWriter();
    for (const [value, count] of list) writer.bits(value, count);
    writer.align();
    expect(writer.take()).toEqual(hex(text));
  });

  test('a writer that is reset begins anew', () => {
    const writer = new PacketBitWriter();
    writer.bits(0xfff, 12);
    writer.reset();
    expect(writer.length).toBe(0);
    writer.bits(0xa5, 8);
    writer.align();
    expect(writer.take()).toEqual(hex('A5'));
  });
});

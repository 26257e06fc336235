import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketBitReader } from '../../../src/codec/bits/packet-bit-reader.ts';
import { BitWriter } from '../../reference/packet-writer.ts';

test('the bit after a byte of 0xFF is a stuffed zero and is not read', () => {
  // 1111 1111 | 0(stuffed) 101 0101 -> eight ones, then 1010101
  const bits = new PacketBitReader(Uint8Array.of(0xff, 0x55));
  expect(bits.bits(8)).toBe(0xff);
  expect(bits.bits(7)).toBe(0x55);
  expect(bits.overrun).toBe(false);
});

test('a header that ends with 0xFF is followed by one more byte', () => {
  const bits = new PacketBitReader(Uint8Array.of(0xff, 0x00, 0xaa));
  bits.bits(8);
  bits.align();
  expect(bits.position).toBe(2);
});

test('past the end come zeros, and the overrun is remembered', () => {
  const bits = new PacketBitReader(Uint8Array.of(0x80));
  expect(bits.bits(8)).toBe(0x80);
  expect(bits.overrun).toBe(false);
  expect(bits.bit()).toBe(0);
  expect(bits.overrun).toBe(true);
});

test('32 bits read as a positive number', () => {
  const bits = new PacketBitReader(Uint8Array.of(0xfe, 0xff, 0x7f, 0xff, 0x7f));
  expect(bits.bits(32)).toBeGreaterThan(2 ** 31);
});

test('any bits written with stuffing read back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 200 }), (list) => {
      const writer = new BitWriter();
      for (const b of list) writer.bit(b);
      const bytes = writer.finish();
      const reader = new PacketBitReader(bytes);
      expect(list.map(() => reader.bit())).toEqual(list);
      reader.align();
      expect(reader.position).toBe(bytes.length);
    }),
  );
});

import { expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';

test('numbers of every size come back, from whatever room the writer begins with', () => {
  for (let capacity = 0; capacity < 40; capacity++) {
    const w = new ByteWriter(capacity);
    w.u8(0x12);
    w.u16(0x3456);
    w.u8(0x78);
    w.u32(0xfedcba98);
    w.text('jp2c');
    w.append([1, 2, 3]);
    w.u64(2 ** 53 - 1);
    w.u8(0x9a);
    w.setU16(1, 0x6543);
    w.setU32(4, 0x89abcdef);
    const r = new ByteReader(w.take());
    expect([r.u8(), r.u16(), r.u8(), r.u32()]).toEqual([0x12, 0x6543, 0x78, 0x89abcdef]);
    expect(String.fromCharCode(...r.slice(4))).toBe('jp2c');
    expect(Array.from(r.slice(3))).toEqual([1, 2, 3]);
    expect([r.u32(), r.u32(), r.u8(), r.remaining]).toEqual([0x1fffff, 0xffffffff, 0x9a, 0]);
  }
});

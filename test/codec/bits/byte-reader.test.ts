import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { ceilDiv, ceilDivPow2, floorDiv, floorDivPow2, floorLog2 } from '../../../src/codec/bits/int-math.ts';
import { hex } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

describe('a cursor over bytes', () => {
  test('reads big-endian numbers and views, and knows its place in the whole input', () => {
    const bytes = hex('01 0203 FFFFFFFE AABBCC DD');
    const r = new ByteReader(bytes, 100);
    expect([r.u8(), r.u16(), r.u32()]).toEqual([1, 0x203, 2 ** 32 - 2]);
    expect([r.offset, r.remaining]).toEqual([107, 4]);
    expect(r.slice(3)).toEqual(hex('AABBCC'));
    expect(r.rest()).toEqual(hex('DD'));
    expect(r.rest()).toHaveLength(0);
    expect(r.slice(0).buffer).toBe(bytes.buffer);
  });

  test.each([
    ['u8', (r: ByteReader) => r.u8(), 3],
    ['u16', (r: ByteReader) => r.u16(), 2],
    ['u32', (r: ByteReader) => r.u32(), 0],
    ['slice', (r: ByteReader) => r.slice(4), 0],
  ] as const)('%s beyond the end says where, and does not move', (_, read, skip) => {
    const r = new ByteReader(hex('010203'), 50, '15444-1 A.1.1');
    r.slice(skip);
    const failure = { kind: 'malformed', code: 'out-of-bytes', offset: 50 + skip, clause: '15444-1 A.1.1' };
    expect(failureOf(() => read(r))).toEqual(failure);
    expect(r.position).toBe(skip);
  });
});

describe('whole-number arithmetic on the reference grid', () => {
  test('is right at the ends of 32 bits and below zero', () => {
    const most = 2 ** 32 - 1;
    expect([ceilDiv(most, 255), floorDiv(most, 255)]).toEqual([16843009, 16843009]);
    expect([ceilDiv(most, 2), floorDiv(most, 2)]).toEqual([2 ** 31, 2 ** 31 - 1]);
    expect([ceilDivPow2(most, 32), floorDivPow2(most, 32)]).toEqual([1, 0]);
    expect([ceilDivPow2(-1, 1), floorDivPow2(-1, 1)]).toEqual([0, -1]);
    expect(Object.is(ceilDivPow2(-1, 1), 0)).toBe(true);
    expect([1, 2, 3, 4, 2 ** 31, most].map(floorLog2)).toEqual([0, 1, 1, 2, 31, 31]);
  });
});

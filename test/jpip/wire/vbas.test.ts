/** The bytes of VBAS numbers, one by one. */
import { describe, expect, test } from 'vitest';
import { readVbas, vbasLength, writeVbas } from '../../../src/jpip/wire/vbas.ts';
import { jpipFailureOf } from '../../support/jpip-failure.ts';

const CASES: readonly [number, number[]][] = [
  [0, [0x00]],
  [1, [0x01]],
  [0x7f, [0x7f]],
  [0x80, [0x81, 0x00]],
  [0x3fff, [0xff, 0x7f]],
  [0x4000, [0x81, 0x80, 0x00]],
  [2 ** 32 - 1, [0x8f, 0xff, 0xff, 0xff, 0x7f]],
  [2 ** 32, [0x90, 0x80, 0x80, 0x80, 0x00]],
  [2 ** 49, [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  [Number.MAX_SAFE_INTEGER, [0x8f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
];

describe('a VBAS number', () => {
  test.each(CASES)('%d stands in seven bits a byte', (n, bytes) => {
    const out = new Uint8Array(bytes.length + 2).fill(0xee);
    expect(vbasLength(n)).toBe(bytes.length);
    expect(writeVbas(out, 1, n)).toBe(1 + bytes.length);
    expect([...out]).toEqual([0xee, ...bytes, 0xee]);
    expect(readVbas(out, 1)).toEqual({ value: n, next: 1 + bytes.length });
  });

  test.each(CASES)('%d is not there before its last byte', (_, bytes) => {
    for (let k = 0; k < bytes.length; k++) expect(readVbas(Uint8Array.from(bytes.slice(0, k)), 0)).toBeUndefined();
  });

  test('may begin with bytes that carry nothing', () => {
    expect(readVbas(Uint8Array.of(0x80, 0x80, 0x05, 0x06), 0)).toEqual({ value: 5, next: 3 });
  });

  test('may not be beyond 2^53 - 1', () => {
    const bytes = Uint8Array.of(0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00); // 2^53
    expect(jpipFailureOf(() => readVbas(bytes, 0))).toMatchObject({
      kind: 'malformed',
      code: 'message-header',
      offset: 7,
    });
  });

  test('may not be padded without end', () => {
    const bytes = new Uint8Array(64).fill(0x80);
    expect(jpipFailureOf(() => readVbas(bytes, 1))).toMatchObject({ code: 'message-header', offset: 11 });
  });
});

import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, fnv1a64 } from '../../../src/codec/bits/checksums.ts';

const text = (s: string): Uint8Array => new TextEncoder().encode(s);

test('CRC-32 is that of zlib', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => crc32(bytes) === zlibCrc32(bytes)));
});

test('FNV-1a is the definition, worked out with big integers', () => {
  const slow = (bytes: Uint8Array): bigint => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
    return hash;
  };
  const fast = (bytes: Uint8Array): bigint => {
    const [upper, lower] = fnv1a64(bytes);
    return (BigInt(upper) << 32n) | BigInt(lower);
  };
  // from the reference vectors of its authors
  expect(fast(text('foobar'))).toBe(0x85944171f73967e8n);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => fast(bytes) === slow(bytes)));
});

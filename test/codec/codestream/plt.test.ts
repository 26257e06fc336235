import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { joinIndexed, readIndexedBytes, readPacketLengths, splitPlm } from '../../../src/codec/codestream/plt.ts';
import { splitPpm } from '../../../src/codec/codestream/ppm.ts';
import { be, hex, join, packetLength } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

describe('PLT (A.7.3)', () => {
  test('lengths come in groups of seven bits, the most significant first', () => {
    // 0; 127; 128; 16383; 16384; 2^32 - 1
    const text = '00 7F 8100 FF7F 818000 8FFFFFFF7F';
    expect(readPacketLengths(hex(text))).toEqual([0, 127, 128, 16383, 16384, 2 ** 32 - 1]);
    expect(readPacketLengths(hex(''))).toEqual([]);
  });

  test('any lengths that are written are read', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 31 - 1 })), (lengths) => {
        expect(readPacketLengths(join(...lengths.map(packetLength)))).toEqual(lengths);
      }),
    );
  });

  test.each([
    ['without an end', '05 85', 'plt-value'],
    ['of more than 32 bits', '90 80 80 80 00', 'plt-value'],
  ])('a length %s is refused', (_, text, code) => {
    const failure = failureOf(() => readPacketLengths(hex(text), 77));
    expect(failure).toEqual({ kind: 'malformed', code, offset: 77, clause: '15444-1 A.7.3' });
  });

  test('segments know their place, and are joined in order of it', () => {
    const first = readIndexedBytes(new ByteReader(hex('01 AA BB'), 20));
    const second = readIndexedBytes(new ByteReader(hex('00 CC'), 50));
    expect(first).toEqual({ index: 1, offset: 21, bytes: hex('AABB') });
    expect(joinIndexed([first, second])).toEqual(hex('CC AABB'));
    expect(joinIndexed([first])).toBe(first.bytes);
    expect(failureOf(() => readIndexedBytes(new ByteReader(hex(''), 20)))).toMatchObject({ code: 'out-of-bytes' });
  });
});

describe('PLM (A.7.2)', () => {
  test('holds a run of lengths for each tile-part', () => {
    expect(splitPlm(hex('02 8100  00  01 05')).map((part) => readPacketLengths(part))).toEqual([[128], [], [5]]);
  });

  test('a run that is cut short gives what is there', () => {
    expect(splitPlm(hex('05 01 02')).map((part) => [...part])).toEqual([[1, 2]]);
  });
});

describe('PPM (A.7.4)', () => {
  test('holds the packet headers of one tile-part after the other', () => {
    expect(splitPpm(hex('00000002 AABB 00000000 00000001 CC')).map((part) => [...part])).toEqual([
      [0xaa, 0xbb],
      [],
      [0xcc],
    ]);
    expect(splitPpm(hex(''))).toEqual([]);
  });

  test('any headers that are written are read, wherever segments split them', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.integer({ min: 1, max: 30 }), (headers, size) => {
        const all = join(...headers.flatMap((header) => [be(header.length, 4), header]));
        const segments = [];
        for (let at = 0; at < all.length || at === 0; at += size) {
          segments.push({ index: segments.length, offset: 0, bytes: all.slice(at, at + size) });
        }
        expect(splitPpm(joinIndexed(segments.reverse()))).toEqual(headers);
      }),
    );
  });

  test.each([
    ['Nppm cut short', '000000'],
    ['Nppm beyond the end', '00000003 AABB'],
  ])('with %s is refused', (_, text) => {
    expect(failureOf(() => splitPpm(hex(text)))).toMatchObject({ code: 'ppm-value', clause: '15444-1 A.7.4' });
  });
});

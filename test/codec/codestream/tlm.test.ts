import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { readTlm } from '../../../src/codec/codestream/tlm.ts';
import { hex } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

const tlm = (text: string) => readTlm(new ByteReader(hex(text), 40));

describe('TLM (A.7.1)', () => {
  test.each([
    // Ztlm Stlm, then Ttlm of ST bytes and Ptlm of two or four
    [
      'no Ttlm, short Ptlm',
      '00 00 0100 0200',
      [
        [undefined, 0x100],
        [undefined, 0x200],
      ],
    ],
    ['no Ttlm, long Ptlm', '00 40 00010000', [[undefined, 0x10000]]],
    ['Ttlm of one byte, short Ptlm', '00 10 05 0100', [[5, 0x100]]],
    ['Ttlm of one byte, long Ptlm', '00 50 FF 80000000', [[255, 2 ** 31]]],
    ['Ttlm of two bytes, short Ptlm', '00 20 0102 0100', [[258, 0x100]]],
    ['Ttlm of two bytes, long Ptlm', '00 60 FFFE FFFFFFFF', [[65534, 2 ** 32 - 1]]],
    ['nothing', '00 60', []],
  ] as const)('%s', (_, text, entries) => {
    expect(tlm(text).entries.map((e) => [e.tile, e.length])).toEqual(entries);
  });

  test('Ztlm is its place among its kind', () => {
    expect(tlm('07 00 0100').index).toBe(7);
  });

  test.each([
    ['ST of 3', '00 30 0000 0100'],
    ['half an entry', '00 60 0001 0000'],
  ])('with %s is refused', (_, text) => {
    const failure = failureOf(() => tlm(text));
    expect(failure).toEqual({ kind: 'malformed', code: 'tlm-value', offset: 41, clause: '15444-1 A.7.1' });
  });
});

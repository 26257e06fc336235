import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as bits from '../../../src/codec/tier1/ht-bits.ts';
import { MelDecoder } from '../../../src/codec/tier1/ht-mel.ts';
import { MelWriter } from '../../../src/codec/tier1/ht-mel-writer.ts';
import { stuffBackward, stuffForward } from '../../../src/codec/tier1/ht-stuffing.ts';
import { forEachCodeword } from '../../../src/codec/tier1/ht-vlc-table.ts';
import { decodeMel, encodeMel, uRoundTrip, unstuffBackward, unstuffForward } from '../../reference/ht-block-coder.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';

const FROM = 3;

/** Rows of bits in which ones are frequent, so that there is much to stuff. */
const bitRows: fc.Arbitrary<number[]> = fc
  .array(fc.tuple(fc.constantFrom(0, 1, 1, 1), fc.integer({ min: 1, max: 24 })), { maxLength: 60 })
  .map((runs) => runs.flatMap(([bit, count]) => new Array<number>(count).fill(bit)));

/** Bits in words, the first lowest, with garbage behind them. */
function wordsOf(row: readonly number[]): Int32Array {
  const words = new Int32Array(FROM + (row.length >> 5) + 3).fill(-1);
  row.forEach((bit, k) => {
    if (bit === 0) words[FROM + (k >> 5)]! &= ~(1 << (k & 31));
  });
  return words;
}

describe('the bit streams of high throughput', () => {
  test('go forward with seven bits behind a byte of ones', () => {
    fc.assert(
      fc.property(bitRows, fc.constantFrom(0, -1), (row, filling) => {
        const data = new Uint8Array(4 * row.length + 16).fill(0xa5);
        const end = stuffForward(wordsOf(row), FROM, row.length, filling, data, 5);
        const bytes = data.subarray(5, end);
        const back = unstuffForward(bytes);
        expect(back.slice(0, row.length)).toEqual(row);
        expect(back.slice(row.length).every((bit) => bit === -filling)).toBe(true);
        expect(back.length - row.length).toBeLessThan(8);
        bytes.forEach((byte, k) => {
          if (k > 0 && bytes[k - 1] === 0xff) expect(byte).toBeLessThan(0x80);
        });
        const words = new Int32Array(row.length + 16);
        expect(bits.unstuffForward(data, 5, end, filling, words, 0)).toBe(back.length);
        row.forEach((bit, k) => {
          expect((words[k >> 5]! >>> (k & 31)) & 1).toBe(bit);
        });
      }),
    );
  });

  test('go backward with seven bits where all of them are ones behind a byte above 0x8F', () => {
    fc.assert(
      fc.property(bitRows, (row) => {
        const data = new Uint8Array(4 * row.length + 16);
        const place = stuffBackward(wordsOf(row), FROM, row.length, data, data.length - 3);
        const bytes = data.subarray(place >> 4, data.length - 3);
        const back = unstuffBackward(bytes, 0xff);
        expect(back.slice(0, row.length)).toEqual(row);
        expect(back.slice(row.length).every((bit) => bit === 0)).toBe(true);
        expect((place & 15) === 0).toBe(row.length === 0);
        if (row.length > 0) expect(back.length - row.length).toBeLessThanOrEqual(8 - (place & 15));
        bytes.forEach((byte, k) => {
          if (byte === 0xff) expect(bytes[k + 1]).toBeLessThan(0x90);
        });
        const words = new Int32Array(row.length + 16);
        expect(bits.unstuffBackward(data, place >> 4, data.length - 3, 0xff, 0, 0, words, 0)).toBe(back.length);
        row.forEach((bit, k) => {
          expect((words[k >> 5]! >>> (k & 31)) & 1).toBe(bit);
        });
      }),
    );
  });
});

describe('the MEL coder', () => {
  const events = fc
    .array(fc.tuple(fc.nat({ max: 70 }), fc.nat({ max: 3 })), { maxLength: 40 })
    .map((runs) => runs.flatMap(([zeros, ones]) => [...new Array(zeros).fill(0), ...new Array(ones).fill(1)]));

  test('gives the events back that it took', () => {
    fc.assert(
      fc.property(events, (list: number[]) => {
        expect(decodeMel(encodeMel(list), list.length)).toEqual(list);
        const writer = new MelWriter();
        writer.start();
        for (const event of list) writer.put(event);
        writer.finish();
        const bytes = [...writer.data.subarray(0, writer.length), writer.byte];
        const row = unstuffForward(bytes, true);
        const coded = encodeMel(list);
        expect(row.slice(0, coded.length)).toEqual(coded);
        // the decoder reads the last two bytes of a segment as ones, but for four bits
        const data = Uint8Array.from([...bytes, 0xff, 0xff]);
        const decoder = new MelDecoder();
        decoder.start(data, 0, data.length);
        const read: number[] = [];
        while (read.length < list.length) {
          decoder.readRun();
          for (let k = 0; k < decoder.zeros; k++) read.push(0);
          if (decoder.one === 1) read.push(1);
        }
        expect(read.slice(0, list.length)).toEqual(list);
      }),
    );
  });
});

describe('the codes of high throughput', () => {
  test('have every u that there may be, in both kinds of rows', () => {
    for (const firstRow of [false, true]) {
      for (let u1 = 0; u1 <= 74; u1++) {
        for (let u2 = 0; u2 <= 74; u2++) expect(uRoundTrip(u1, u2, firstRow)).toEqual([u1, u2]);
      }
    }
  });

  test('are complete prefix codes', () => {
    const bySet = new Map<number, number[][]>();
    let count = 0;
    forEachCodeword((table, context, rho, uOff, known, ones, codeword, length) => {
      const key = 8 * table + context;
      bySet.set(key, [...(bySet.get(key) ?? []), [codeword, length]]);
      count++;
      expect(known & ~rho).toBe(0);
      expect(ones & ~known).toBe(0);
      if (uOff === 0) expect(known).toBe(0);
    });
    expect(count).toBe(444 + 358);
    expect(bySet.size).toBe(16);
    for (const codes of bySet.values()) {
      const taken = new Uint8Array(128);
      for (const [codeword, length] of codes) {
        for (let k = codeword!; k < 128; k += 1 << length!) taken[k]!++;
      }
      expect(taken.every((n) => n === 1)).toBe(true);
    }
  });
});

describeShared('spec/htj2k-cxtvlc.csv', 'the tables of codewords', () => {
  test('are those of the standard', () => {
    const lines = readFileSync(sharedPath('spec', 'htj2k-cxtvlc.csv'), 'utf8').trim().split(/\r?\n/).slice(1);
    const ours: string[] = [];
    forEachCodeword((...values) => ours.push(values.join(',')));
    expect(ours.sort()).toEqual(lines.map((line) => line.trim()).sort());
  });
});

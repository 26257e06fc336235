import { describe, expect, test } from 'vitest';
import { levelsOf, rescale, tableOf } from '../../../src/codec/colour/levels.ts';
import { row } from './planes.ts';

describe('levels', () => {
  test('of bytes and words are the samples themselves', () => {
    const bytes = Uint8Array.of(0, 255);
    const words = Uint16Array.of(0, 65535);
    expect(levelsOf(row(bytes)).data).toBe(bytes);
    expect(levelsOf(row(words, { precision: 16 })).data).toBe(words);
  });

  test('of signed samples begin at the least one', () => {
    expect(levelsOf(row(Int8Array.of(-128, 0, 127), { signed: true })).data).toEqual(Uint8Array.of(0, 128, 255));
  });

  test('of deep samples keep their upper 16 bits', () => {
    expect(levelsOf(row([0, 65535, (1 << 20) - 1], { precision: 20 }))).toMatchObject({
      bits: 16,
      data: Uint16Array.of(0, 4095, 65535),
    });
  });

  test('clip samples beyond the depth', () => {
    expect(levelsOf(row([-5, 20], { precision: 4 })).data).toEqual(Uint8Array.of(0, 15));
  });
});

test('rescaling goes from full range to full range and rounds', () => {
  expect(rescale({ bits: 12, signed: false, data: Uint16Array.of(0, 8, 2048, 4095) }, 8)).toEqual(
    Uint8Array.of(0, 0, 128, 255),
  );
  expect(rescale({ bits: 1, signed: false, data: Uint8Array.of(0, 1) }, 8)).toEqual(Uint8Array.of(0, 255));
  expect(rescale({ bits: 8, signed: false, data: Uint8Array.of(255) }, 16)).toEqual(Uint16Array.of(65535));
});

test('a table has an entry for every level', () => {
  expect(Array.from(tableOf(2, (v) => v * 3))).toEqual([0, 1, 2, 3]);
});

import { describe, expect, test } from 'vitest';
import { joinNear, piecesStore } from '../../../src/codec/packets/byte-store.ts';

describe('ranges that lie near each other', () => {
  const ranges = [
    { offset: 40, length: 5 },
    { offset: 0, length: 10 },
    { offset: 12, length: 8 },
    { offset: 5, length: 2 },
  ];

  test('are joined where no more bytes are between them than is said', () => {
    expect(joinNear(ranges, 2)).toEqual([
      { offset: 0, length: 20 },
      { offset: 40, length: 5 },
    ]);
    expect(joinNear(ranges, 20)).toEqual([{ offset: 0, length: 45 }]);
  });

  test('are only joined where they touch or overlap when nothing may be between them', () => {
    expect(joinNear(ranges, 0)).toEqual([
      { offset: 0, length: 10 },
      { offset: 12, length: 8 },
      { offset: 40, length: 5 },
    ]);
  });

  test('are found again in what was read, with what lay between', () => {
    const bytes = Uint8Array.from({ length: 50 }, (_, k) => k);
    const runs = joinNear(ranges, 2);
    const store = piecesStore(
      runs.map(({ offset, length }) => ({ offset, bytes: bytes.subarray(offset, offset + length) })),
    );
    for (const { offset, length } of ranges) {
      expect([...store.slice(offset, length)]).toEqual([...bytes.subarray(offset, offset + length)]);
    }
    expect(store.slice(30, 4)).toHaveLength(0);
  });
});

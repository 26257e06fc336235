import { describe, expect, test } from 'vitest';
import type { BinKey } from '../../../src/jpip/bins/bin-id.ts';
import { BinCache } from '../../../src/jpip/bins/bin-store.ts';
import { CacheModel } from '../../../src/jpip/bins/cache-model.ts';
import { believe, correctionsOf, doubt } from '../../../src/jpip/client/statements.ts';
import { formatModel } from '../../../src/jpip/request/model-field.ts';

const key = (classId: number, id: number): BinKey => ({ codestream: 0, classId, id });

/** A cache that holds so many bytes of data-bins; `true` ends one. */
function holding(...bins: readonly (readonly [number, number, number, boolean])[]): BinCache {
  const cache = new BinCache('a');
  for (const [classId, id, length, last] of bins) {
    cache.add({ codestream: 0, classId, id, offset: 0, length, last }, new Uint8Array(length));
  }
  return cache;
}

function said(cache: BinCache, believed: CacheModel, keys: readonly BinKey[]): string {
  return formatModel(correctionsOf(keys, cache, believed, 100).flatMap(({ statements }) => statements));
}

describe('what a server is told', () => {
  const keys = [key(6, 0), key(8, 0), key(2, 5), key(0, 7), key(0, 8), key(0, 9), key(4, 3)];

  test('when it knows nothing, is all that is held', () => {
    const cache = holding(
      [6, 0, 90, true],
      [8, 0, 0, true],
      [2, 5, 3, true],
      [0, 7, 10, true],
      [0, 8, 4, false],
      [4, 3, 2, false],
    );
    expect(said(cache, new CacheModel(), keys)).toBe('Hm,M0,H5,P7,P8:4,T3:2');
  });

  test('when it knows what is true, is nothing', () => {
    const cache = holding([6, 0, 90, true], [0, 8, 4, false]);
    const believed = new CacheModel();
    believed.sent(0, 6, 0, 90, true);
    believed.sent(0, 0, 8, 4, false);
    expect(said(cache, believed, keys)).toBe('');
  });

  test('when it believes too much, is what is not true', () => {
    const cache = holding([0, 7, 10, true], [0, 8, 4, false]);
    const believed = new CacheModel();
    believed.sent(0, 0, 7, 10, true);
    believed.sent(0, 0, 8, 20, false);
    believed.sent(0, 0, 9, 20, true);
    expect(said(cache, believed, keys)).toBe('-P8,P8:4,-P9');
  });

  test('when a response was cut, is the truth about everything that is not whole', () => {
    const cache = holding([0, 7, 10, true], [0, 8, 4, false]);
    const believed = new CacheModel();
    doubt(believed, keys);
    expect(said(cache, believed, keys)).toBe('-Hm,-M0,-H5,-P8,P8:4,-P9,-T3');
    const corrections = correctionsOf(keys, cache, believed, 100);
    believe(believed, corrections);
    expect(said(cache, believed, keys)).toBe('');
    expect(believed.held(0, 0, 8)).toMatchObject({ whole: false, bytes: 4 });
  });

  test('is no more than so many data-bins', () => {
    const cache = holding([0, 7, 10, true], [0, 8, 4, false], [0, 9, 1, true]);
    expect(correctionsOf(keys, cache, new CacheModel(), 2).map(({ key: { id } }) => id)).toEqual([7, 8]);
  });
});

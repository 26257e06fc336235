import { expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import type { MainHeader } from '../../../src/codec/codestream/main-header.ts';
import { BytesSource, readNow } from '../../../src/codec/source.ts';
import { encodeSync, type EncodeOptions } from '../../../src/index.ts';
import { commonLevels, neededComponents, tilesOfWindow } from '../../../src/jpip/view/window-precincts.ts';

function mainOf(width: number, height: number, components: number, options: EncodeOptions, dx = 1): MainHeader {
  const planes = Array.from({ length: components }, (_, c) => {
    const step = c > 0 ? dx : 1;
    return { data: new Uint8Array(Math.ceil(width / step) * Math.ceil(height / step)), dx: step, dy: step };
  });
  const { data } = encodeSync({ width, height, planes }, { container: 'codestream', ...options });
  const opening = CodestreamSource.open(new BytesSource(data), { offset: 0 }, DEFAULT_LIMITS, new DiagnosticLog());
  return readNow(opening, data).main;
}

test('one component of a component transform needs all three of them, others need nobody', () => {
  const main = mainOf(8, 8, 4, { levels: 1, mct: 'rct' });
  expect(neededComponents(main, undefined)).toEqual([0, 1, 2, 3]);
  expect(neededComponents(main, [{ first: 2 }])).toEqual([0, 1, 2]);
  expect(neededComponents(main, [{ first: 0 }])).toEqual([0, 1, 2]);
  expect(neededComponents(main, [{ first: 3, last: 4_000_000_000 }])).toEqual([3]);
  expect(neededComponents(main, [{ first: 2, open: true }])).toEqual([0, 1, 2, 3]);
  expect(neededComponents(main, [{ first: 9 }])).toEqual([]);
  const plain = mainOf(8, 8, 4, { levels: 1, mct: 'none' });
  expect(neededComponents(plain, [{ first: 2 }])).toEqual([2]);
});

test('the levels of a request are the fewest that any of its components has', () => {
  const main = mainOf(64, 64, 3, { levels: 4 });
  const fewer = { ...main.cod.style, numDecompositionLevels: 2 };
  const mixed = { ...main, segments: { ...main.segments, coc: new Map([[1, fewer]]) } };
  expect(commonLevels(main, [0, 1, 2])).toBe(4);
  expect(commonLevels(mixed, [0, 2])).toBe(4);
  expect(commonLevels(mixed, [0, 1])).toBe(2);
  expect(commonLevels(mixed, [])).toBe(2);
});

test('a window needs the tiles of the samples that it touches', () => {
  const main = mainOf(100, 60, 1, { levels: 2, tile: { width: 30, height: 30 } });
  const tiles = (x0: number, y0: number, x1: number, y1: number, reduce = 0) =>
    tilesOfWindow(main, { x0, y0, x1, y1 }, reduce, [0]);
  expect(tiles(0, 0, 30, 30)).toEqual([0]);
  expect(tiles(29, 29, 31, 31)).toEqual([0, 1, 4, 5]);
  expect(tiles(0, 0, 0, 10)).toEqual([]);
  // sample 7 of the quarter picture is the one at 28, sample 8 that at 32
  expect(tiles(7, 0, 8, 1, 2)).toEqual([0]);
  expect(tiles(8, 0, 9, 1, 2)).toEqual([1]);
  expect(tiles(0, 0, 25, 15, 2)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('of a subsampled component also the sample before a window that begins between two', () => {
  const main = mainOf(96, 96, 2, { levels: 1, tile: { width: 33, height: 96 }, mct: 'none' }, 3);
  // point 34 lies between samples 11 (at 33) and 12 (at 36) of component 1, and 33 is where tile 1 begins
  expect(tilesOfWindow(main, { x0: 34, y0: 0, x1: 35, y1: 1 }, 0, [1])).toEqual([1]);
  // point 35 is between them too; 32 lies between 10 (at 30, tile 0) and 11
  expect(tilesOfWindow(main, { x0: 32, y0: 0, x1: 33, y1: 1 }, 0, [1])).toEqual([0]);
  expect(tilesOfWindow(main, { x0: 32, y0: 0, x1: 34, y1: 1 }, 0, [0, 1])).toEqual([0, 1]);
});

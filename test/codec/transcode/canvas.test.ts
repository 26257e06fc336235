import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numXTiles, numYTiles, type Siz } from '../../../src/codec/codestream/siz.ts';
import { croppedSiz, reducedSiz } from '../../../src/codec/transcode/canvas.ts';
import { tileBounds } from '../../../src/codec/geometry/tile-component.ts';

const COMPONENT = { precision: 8, signed: false, xrsiz: 1, yrsiz: 1 };

function siz(fields: Partial<Siz>): Siz {
  const { xsiz = 100, ysiz = 80 } = fields;
  const origin = { xosiz: 0, yosiz: 0, xtosiz: 0, ytosiz: 0 };
  return { rsiz: 0, xsiz, ysiz, ...origin, xtsiz: xsiz, ytsiz: ysiz, components: [COMPONENT], ...fields };
}

describe('dropping resolution levels', () => {
  test('divides the grid where offsets and tile sizes can be divided', () => {
    const grid = { xsiz: 1001, ysiz: 999, xosiz: 16, yosiz: 8, xtosiz: 8, ytosiz: 0, xtsiz: 256, ytsiz: 128 };
    expect(reducedSiz(siz(grid), 3)).toMatchObject({
      ...{ xsiz: 126, ysiz: 125, xosiz: 2, yosiz: 1 },
      ...{ xtosiz: 1, ytosiz: 0, xtsiz: 32, ytsiz: 16 },
      components: [COMPONENT],
    });
  });

  test('divides the size of a lone tile, whatever it is', () => {
    expect(reducedSiz(siz({ xsiz: 1001, ysiz: 77 }), 2)).toMatchObject({ xsiz: 251, ysiz: 20, xtsiz: 251, ytsiz: 20 });
  });

  test.each<[string, Partial<Siz>]>([
    ['an image offset', { xosiz: 2 }],
    ['a tile offset', { xosiz: 4, xtosiz: 2 }],
    ['a tile size', { xtsiz: 50 }],
    ['a tile height', { ytsiz: 30 }],
  ])('multiplies the distance of samples where %s cannot be divided', (_, fields) => {
    const before = siz(fields);
    const after = reducedSiz(before, 2);
    expect(after).toEqual({ ...before, components: [{ ...COMPONENT, xrsiz: 4, yrsiz: 4 }] });
  });

  test('is refused where samples would be more than 255 apart', () => {
    const grid = siz({ xtsiz: 51, components: [COMPONENT, { ...COMPONENT, yrsiz: 130 }] });
    expect(() => reducedSiz(grid, 1)).toThrow(
      expect.objectContaining({ kind: 'usage', code: 'sample-distance', clause: '15444-1 A.5.1' }),
    );
  });

  test('leaves every tile of every component the samples that its resolution level had', () => {
    const small = fc.integer({ min: 1, max: 70 });
    const grid = fc.record({ w: small, h: small, ox: fc.nat(20), oy: fc.nat(20), tw: small, th: small });
    const distances = fc.record({ xrsiz: fc.constantFrom(1, 2, 3), yrsiz: fc.constantFrom(1, 2, 5) });
    fc.assert(
      fc.property(grid, distances, fc.nat(4), ({ w, h, ox, oy, tw, th }, distance, d) => {
        fc.pre(tw > ox && th > oy);
        const component = { ...COMPONENT, ...distance };
        const before = siz({
          ...{ xsiz: ox + w, ysiz: oy + h, xosiz: ox, yosiz: oy, xtsiz: tw, ytsiz: th },
          components: [component],
        });
        const after = reducedSiz(before, d);
        expect([numXTiles(after), numYTiles(after)]).toEqual([numXTiles(before), numYTiles(before)]);
        const samples = (from: Siz, t: number, levels: number): number[] => {
          const { x0, y0, x1, y1 } = tileBounds(from, t);
          const { xrsiz, yrsiz } = from.components[0]!;
          const across = (x: number) => Math.ceil(Math.ceil(x / xrsiz) / 2 ** levels);
          const down = (y: number) => Math.ceil(Math.ceil(y / yrsiz) / 2 ** levels);
          return [across(x0), across(x1), down(y0), down(y1)];
        };
        for (let t = 0; t < numXTiles(before) * numYTiles(before); t++) {
          expect(samples(after, t, 0)).toEqual(samples(before, t, d));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('cutting tiles out', () => {
  test('moves offsets and keeps every coordinate', () => {
    const before = siz({ xosiz: 5, yosiz: 3, xtosiz: 2, ytosiz: 1, xtsiz: 30, ytsiz: 20 });
    const after = croppedSiz(before, { column: 1, row: 2, columns: 2, rows: 2 });
    expect(after).toMatchObject({ xosiz: 32, yosiz: 41, xtosiz: 32, ytosiz: 41, xsiz: 92, ysiz: 80 });
    expect(tileBounds(after, 3)).toEqual(tileBounds(before, (2 + 1) * 4 + 1 + 1));
  });

  test('at the corner keeps the image offset', () => {
    const before = siz({ xosiz: 5, yosiz: 3, xtosiz: 2, ytosiz: 1, xtsiz: 30, ytsiz: 20 });
    const after = croppedSiz(before, { column: 0, row: 0, columns: 1, rows: 1 });
    expect(after).toMatchObject({ xosiz: 5, yosiz: 3, xtosiz: 2, ytosiz: 1, xsiz: 32, ysiz: 21 });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ppxOf, ppyOf } from '../../../src/codec/codestream/cod.ts';
import { numXTiles, numYTiles } from '../../../src/codec/codestream/siz.ts';
import type { Interval } from '../../../src/codec/geometry/axis.ts';
import { numPrecinctsOfTile } from '../../../src/codec/geometry/tile.ts';
import {
  numPrecinctsOf,
  type PrecinctBand,
  precinctGeometry,
  type ResolutionGeometry,
  tileBounds,
  tileComponentGeometry,
} from '../../../src/codec/geometry/tile-component.ts';
import { codingStyles, mainHeaderOf, sizes, tileOf } from '../../arbitraries/canvas.ts';
import * as slow from '../../reference/geometry.ts';

/** Canvases as large as they may be, and small ones in which every cell can be looked at. */
const large = sizes({ offset: 2 ** 32 - 2, size: 2 ** 32 - 1, tile: 2 ** 32 - 1, sampling: 255, components: 3 });
const small = sizes({ offset: 5000, size: 90, tile: 60, sampling: 4, components: 3, least: 20 });

function rect(x: Interval, y: Interval) {
  return { x0: BigInt(x.lo), y0: BigInt(y.lo), x1: BigInt(x.hi), y1: BigInt(y.hi) };
}

/** Empty rectangles are alike wherever they lie. */
function orNone(r: slow.BigRect): slow.BigRect | 'none' {
  return slow.empty(r) ? 'none' : r;
}

/** Code-blocks of a precinct's share of a subband, as the geometry says. */
function blocksOf(band: PrecinctBand, xcb: number, ycb: number): slow.BigRect[] {
  const blocks: slow.BigRect[] = [];
  const share = rect(band.x, band.y);
  const w = 2 ** xcb;
  const h = 2 ** ycb;
  for (let y = 0; y < band.numBlocksHigh; y++) {
    for (let x = 0; x < band.numBlocksWide; x++) {
      const lo = { x: (band.firstBlockX + x) * w, y: (band.firstBlockY + y) * h };
      blocks.push(slow.cut(share, rect({ lo: lo.x, hi: lo.x + w }, { lo: lo.y, hi: lo.y + h })));
    }
  }
  return blocks;
}

/** Compares one precinct with B.6 and B.7. */
function checkPrecinct(resolution: ResolutionGeometry, tr: slow.BigRect, k: number): void {
  const { r, ppx, ppy, xcbPrime, ycbPrime } = resolution;
  const cell = slow.precinctCell(tr, ppx, ppy, k);
  const half = r > 0 ? 2n : 1n;
  const share = { x0: cell.x0 / half, y0: cell.y0 / half, x1: cell.x1 / half, y1: cell.y1 / half };
  const geometry = precinctGeometry(resolution, k);
  let numBlocks = 0;
  for (const band of geometry.bands) {
    const area = slow.cut(rect(band.subband.x, band.subband.y), share);
    expect(orNone(rect(band.x, band.y))).toEqual(orNone(area));
    expect(blocksOf(band, xcbPrime, ycbPrime)).toEqual(slow.codeBlocks(area, xcbPrime, ycbPrime));
    numBlocks += band.numBlocksWide * band.numBlocksHigh;
  }
  expect(geometry.numBlocks).toBe(numBlocks);
}

describe('geometry against the formulas of Annex B in whole numbers', () => {
  test('tiles cover the image area as B-5 to B-10 say', () => {
    fc.assert(
      fc.property(fc.oneof(large, small), fc.nat(), (siz, where) => {
        const count = slow.numTiles(siz);
        expect(BigInt(numXTiles(siz))).toBe(count.x);
        expect(BigInt(numYTiles(siz))).toBe(count.y);
        const t = where % Math.min(numXTiles(siz) * numYTiles(siz), 65535);
        const { x0, y0, x1, y1 } = tileBounds(siz, t);
        expect(rect({ lo: x0, hi: x1 }, { lo: y0, hi: y1 })).toEqual(slow.tileRect(siz, t));
      }),
      { numRuns: 300 },
    );
  });

  test('tile-components, resolution levels, subbands and precinct counts are those of B-12 to B-18', () => {
    fc.assert(
      fc.property(fc.oneof(large, small), codingStyles(32), fc.nat(), (siz, style, where) => {
        const t = where % Math.min(numXTiles(siz) * numYTiles(siz), 65535);
        for (const { xrsiz, yrsiz } of siz.components) {
          const geometry = tileComponentGeometry(tileBounds(siz, t), xrsiz, yrsiz, style);
          const tc = slow.tileComponentRect(slow.tileRect(siz, t), xrsiz, yrsiz);
          expect(rect(geometry.x, geometry.y)).toEqual(tc);
          const levels = style.numDecompositionLevels;
          expect(geometry.resolutions).toHaveLength(levels + 1);
          geometry.resolutions.forEach((resolution, r) => {
            const tr = slow.resolutionRect(tc, levels, r);
            expect(rect(resolution.x, resolution.y)).toEqual(tr);
            const nb = r === 0 ? levels : levels - r + 1;
            const bands =
              r === 0
                ? [[0, 0, 0] as const]
                : ([
                    [1, 1, 0],
                    [2, 0, 1],
                    [3, 1, 1],
                  ] as const);
            expect(resolution.subbands.map((b) => [b.orientation, b.nb])).toEqual(bands.map(([o]) => [o, nb]));
            bands.forEach(([, xob, yob], b) => {
              const { x, y } = resolution.subbands[b]!;
              expect(rect(x, y)).toEqual(slow.subbandRect(tc, nb, xob, yob));
            });
            const { wide, high } = slow.numPrecincts(tr, ppxOf(style, r), ppyOf(style, r));
            expect(BigInt(numPrecinctsOf(resolution))).toBe(wide * high);
            if (wide * high > 0n) expect(BigInt(resolution.numPrecinctsWide)).toBe(wide);
            const exponents = slow.codeBlockExponents(style, r);
            expect({ xcb: resolution.xcbPrime, ycb: resolution.ycbPrime }).toEqual(exponents);
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  test('any precinct of a huge picture is where B.6 puts it', () => {
    const style = codingStyles(32).map((s) => ({
      ...s,
      precincts: s.precincts?.map((p, r) => (r === 0 ? p : p & 0x77)),
    }));
    fc.assert(
      fc.property(
        large,
        style.filter((s) => s.precincts?.every((p, r) => r === 0 || (p & 15) * (p >> 4) > 0) ?? false),
        fc.nat(),
        (siz, s, where) => {
          const { xrsiz, yrsiz } = siz.components[0]!;
          const geometry = tileComponentGeometry(tileBounds(siz, 0), xrsiz, yrsiz, s);
          const tc = slow.tileComponentRect(slow.tileRect(siz, 0), xrsiz, yrsiz);
          for (const resolution of geometry.resolutions.slice(1)) {
            const count = numPrecinctsOf(resolution);
            if (count === 0) continue;
            const tr = slow.resolutionRect(tc, s.numDecompositionLevels, resolution.r);
            for (const k of new Set([0, count - 1, where % count])) checkPrecinct(resolution, tr, k);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('every precinct of a small picture is where B.6 puts it, code-blocks and all', () => {
    fc.assert(
      fc.property(small, codingStyles(6, 6), fc.nat(), (siz, style, where) => {
        const t = where % (numXTiles(siz) * numYTiles(siz));
        const { xrsiz, yrsiz } = siz.components[0]!;
        const geometry = tileComponentGeometry(tileBounds(siz, t), xrsiz, yrsiz, style);
        const tc = slow.tileComponentRect(slow.tileRect(siz, t), xrsiz, yrsiz);
        for (const resolution of geometry.resolutions) {
          const tr = slow.resolutionRect(tc, style.numDecompositionLevels, resolution.r);
          for (let k = 0; k < numPrecinctsOf(resolution); k++) checkPrecinct(resolution, tr, k);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('every sample of a subband lies in exactly one code-block of exactly one precinct', () => {
    fc.assert(
      fc.property(small, codingStyles(4, 6), fc.nat(), (siz, style, where) => {
        const t = where % (numXTiles(siz) * numYTiles(siz));
        for (const { xrsiz, yrsiz } of siz.components) {
          const geometry = tileComponentGeometry(tileBounds(siz, t), xrsiz, yrsiz, style);
          for (const resolution of geometry.resolutions) {
            const counts = resolution.subbands.map(
              ({ x, y }) => new Uint8Array(Math.max(0, x.hi - x.lo) * Math.max(0, y.hi - y.lo)),
            );
            for (let k = 0; k < numPrecinctsOf(resolution); k++) {
              const precinct = precinctGeometry(resolution, k);
              for (const band of precinct.bands) {
                const { x, y } = band.subband;
                for (const b of blocksOf(band, resolution.xcbPrime, resolution.ycbPrime)) {
                  expect(slow.empty(b)).toBe(false);
                  for (let v = Number(b.y0); v < b.y1; v++) {
                    for (let u = Number(b.x0); u < b.x1; u++)
                      counts[band.band]![(v - y.lo) * (x.hi - x.lo) + u - x.lo]!++;
                  }
                }
              }
            }
            for (const count of counts) expect(count.every((n) => n === 1)).toBe(true);
          }
        }
      }),
      { numRuns: 80 },
    );
  });

  test('components with equal parameters share one geometry', () => {
    fc.assert(
      fc.property(small, codingStyles(4), (siz, style) => {
        const main = mainHeaderOf(
          siz,
          siz.components.map(() => style),
        );
        const tile = tileOf(main, 0);
        let precincts = 0;
        tile.components.forEach((a) => {
          precincts += a.geometry.resolutions.reduce((sum, r) => sum + numPrecinctsOf(r), 0);
          tile.components.forEach((b) => {
            expect(a.geometry === b.geometry).toBe(a.xrsiz === b.xrsiz && a.yrsiz === b.yrsiz);
          });
        });
        expect(numPrecinctsOfTile(tile)).toBe(precincts);
      }),
      { numRuns: 50 },
    );
  });
});

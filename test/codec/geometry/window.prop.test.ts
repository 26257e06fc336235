import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Interval } from '../../../src/codec/geometry/axis.ts';
import {
  precinctGeometry,
  tileComponentGeometry,
  type TileComponentGeometry,
} from '../../../src/codec/geometry/tile-component.ts';
import { planWindow, precinctsOfWindow, subbandWindow } from '../../../src/codec/geometry/window.ts';
import { codingStyles } from '../../arbitraries/canvas.ts';
import { synthesiseLineSlowly } from '../../reference/wavelet.ts';

/**
 * Which coefficients of a one-dimensional picture influence the samples [lo, hi) of its highest level: one impulse
 * after another goes through all levels of synthesis. Both filters are probed with the arithmetic of 9/7 or with large
 * impulses, so that rounding hides nothing. Answer: by resolution level, coordinates in the low (level 0) or high band.
 */
function influence(levels: readonly Interval[], asked: Interval, filter: '5/3' | '9/7'): number[][] {
  const reach = levels.map((): number[] => []);
  const from = (r: number, high: boolean, index: number): boolean => {
    let line: number[] | undefined;
    for (let k = high ? r : r + 1; k < levels.length; k++) {
      const { lo, hi } = levels[k]!;
      // interleave: low-pass samples at even, high-pass samples at odd coordinates
      const next = new Array<number>(hi - lo).fill(0);
      if (line === undefined) {
        const at = high ? 2 * index + 1 : 2 * index;
        next[at - lo] = 2 ** 20;
      } else {
        const below = levels[k - 1]!;
        line.forEach((value, n) => {
          next[2 * (below.lo + n) - lo] = value;
        });
      }
      line = synthesiseLineSlowly(next, lo, filter);
    }
    line ??= Array.from({ length: levels[r]!.hi - levels[r]!.lo }, (_, n) => (n + levels[r]!.lo === index ? 1 : 0));
    const top = levels.at(-1)!;
    return line.some((value, n) => value !== 0 && n + top.lo >= asked.lo && n + top.lo < asked.hi);
  };
  for (let n = levels[0]!.lo; n < levels[0]!.hi; n++) if (from(0, false, n)) reach[0]!.push(n);
  for (let r = 1; r < levels.length; r++) {
    const { lo, hi } = levels[r]!;
    for (let n = Math.floor(lo / 2); n < Math.floor(hi / 2); n++) if (from(r, true, n)) reach[r]!.push(n);
  }
  return reach;
}

const cases = fc
  .record({
    lo: fc.nat(40),
    length: fc.integer({ min: 1, max: 40 }),
    style: codingStyles(4, 4),
    reduce: fc.nat(3),
    start: fc.nat(),
    extent: fc.nat(),
    filter: fc.constantFrom('5/3' as const, '9/7' as const),
  })
  .map(({ lo, length, style, reduce, start, extent, filter }) => {
    const geometry = tileComponentGeometry({ x0: lo, y0: lo, x1: lo + length, y1: lo + length }, 1, 1, style);
    const target = Math.max(0, style.numDecompositionLevels - reduce);
    return { geometry, target, window: pick(geometry, target, start, extent), filter };
  });

/** A window inside a resolution level. */
function pick(geometry: TileComponentGeometry, target: number, start: number, extent: number): Interval {
  const { lo, hi } = geometry.resolutions[target]!.x;
  const from = lo + (start % Math.max(1, hi - lo));
  return { lo: from, hi: Math.min(hi, from + 1 + (extent % Math.max(1, hi - from))) };
}

function contains(outer: Interval, n: number): boolean {
  return n >= outer.lo && n < outer.hi;
}

describe('what a window needs', () => {
  test("every coefficient that influences the window is asked for, and at most the filters' reach beyond", () => {
    fc.assert(
      fc.property(cases, ({ geometry, target, window, filter }) => {
        const plan = planWindow(geometry, target, window, window, filter === '5/3');
        const levels = geometry.resolutions.slice(0, target + 1).map((r) => r.x);
        const reach = influence(levels, window, filter);
        reach.forEach((needed, r) => {
          for (const orientation of r === 0 ? [0] : [1, 2, 3]) {
            const { x, y } = subbandWindow(plan, r, orientation);
            for (const n of needed) {
              if (r === 0 || orientation & 1) expect(contains(x, n)).toBe(true);
              if (r === 0 || orientation & 2) expect(contains(y, n)).toBe(true);
            }
          }
        });
        // not the whole line: one step of 5/3 reaches 2 samples further, one of 9/7 reaches 4
        const margin = filter === '5/3' ? 2 : 4;
        for (let r = target; r > 0; r--) {
          const asked = plan.x.kept[r]!;
          const high = plan.x.high[r]!;
          if (asked.hi > asked.lo)
            expect(2 * (high.hi - high.lo)).toBeLessThanOrEqual(asked.hi - asked.lo + 2 * margin + 1);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the low-pass part asked of a level is what its own synthesis keeps', () => {
    fc.assert(
      fc.property(cases, ({ geometry, target, window, filter }) => {
        const { x } = planWindow(geometry, target, window, window, filter === '5/3');
        expect(x.kept[target]).toEqual(window);
        for (let r = 1; r <= target; r++) {
          const step = x.steps[r]!;
          const below = x.kept[r - 1]!;
          const bounds = geometry.resolutions[r]!.x;
          expect(step.numLow).toBe(below.hi - below.lo);
          expect(step.count).toBe(x.kept[r]!.hi - x.kept[r]!.lo);
          // the interleaved line begins where the step says, inside the level
          const first = x.kept[r]!.lo - step.skip;
          expect(Math.abs(first % 2)).toBe(step.parity);
          if (step.count > 0) {
            expect(first).toBeGreaterThanOrEqual(bounds.lo);
            expect(first + step.numLow + step.numHigh).toBeLessThanOrEqual(bounds.hi);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the precincts of a window hold every coefficient that it asks for, and their edges hold one each', () => {
    fc.assert(
      fc.property(cases, ({ geometry, target, window, filter }) => {
        const plan = planWindow(geometry, target, window, window, filter === '5/3');
        for (const resolution of geometry.resolutions.slice(0, target + 1)) {
          const rect = precinctsOfWindow(plan, resolution);
          const seen = { columns: new Set<number>(), rows: new Set<number>() };
          for (let row = 0; row < resolution.numPrecinctsHigh; row++) {
            for (let column = 0; column < resolution.numPrecinctsWide; column++) {
              const precinct = precinctGeometry(resolution, row * resolution.numPrecinctsWide + column);
              const touched = precinct.bands.some((band) => {
                const wanted = subbandWindow(plan, resolution.r, band.subband.orientation);
                return (
                  Math.max(wanted.x.lo, band.x.lo) < Math.min(wanted.x.hi, band.x.hi) &&
                  Math.max(wanted.y.lo, band.y.lo) < Math.min(wanted.y.hi, band.y.hi)
                );
              });
              const inside =
                rect !== undefined && column >= rect.x0 && column < rect.x1 && row >= rect.y0 && row < rect.y1;
              if (!touched) continue;
              expect(inside).toBe(true);
              seen.columns.add(column);
              seen.rows.add(row);
            }
          }
          // the rectangle is no larger than it must be
          if (rect === undefined) continue;
          for (const column of [rect.x0, rect.x1 - 1]) expect(seen.columns.has(column)).toBe(true);
          for (const row of [rect.y0, rect.y1 - 1]) expect(seen.rows.has(row)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/**
 * What a window of samples needs: from samples of the result back to coefficients, level by level (15444-1 F.3).
 *
 * To synthesise samples [lo, hi) of one resolution level, the filters reach a little further: two samples on each side for
 * 5/3, four for 9/7, counted on the interleaved line. That wider interval E splits into the low-pass part, which is the window
 * of the level below, and the high-pass part, which is the window of the subbands. At a real end of the tile-component the
 * interval stops, and symmetric extension does the rest; elsewhere the margin is synthesised wrongly and then dropped.
 */
import type { Bounds } from '../rect.ts';
import type { AxisStep } from '../synthesis-shape.ts';
import { cellRange, clip, type Interval, lengthOf } from './axis.ts';
import type { ResolutionGeometry, TileComponentGeometry } from './tile-component.ts';

/** Samples that synthesis reaches beyond its output on each side: half the support of the filters (Tables F.2, F.3). */
const MARGIN_53 = 2;
const MARGIN_97 = 4;

/** One axis of a window through all resolution levels. */
export interface AxisWindow {
  /** Samples kept at each resolution level 0..target; the last is what was asked for. */
  readonly kept: readonly Interval[];
  /** Coefficients needed at each level r > 0 from the high-pass side; index 0 is unused. */
  readonly high: readonly Interval[];
  /** The step from level r - 1 to r; index 0 is unused. */
  readonly steps: readonly AxisStep[];
}

/** A window of a tile-component at one resolution level, with everything that is needed below it. */
export interface ComponentWindow {
  readonly target: number;
  readonly x: AxisWindow;
  readonly y: AxisWindow;
}

/** A window of a tile-component's geometry, and the precincts that it touches by resolution level. */
export interface TileWindow {
  readonly window: ComponentWindow;
  readonly resolutions: readonly (Bounds | undefined)[];
}

/** Works out a window. `x` and `y` are samples of resolution level `target`, inside the tile-component. */
export function planWindow(
  geometry: TileComponentGeometry,
  target: number,
  x: Interval,
  y: Interval,
  reversible: boolean,
): ComponentWindow {
  const margin = reversible ? MARGIN_53 : MARGIN_97;
  const bounds = geometry.resolutions;
  return {
    target,
    x: planAxis(
      bounds.map((b) => b.x),
      target,
      x,
      margin,
    ),
    y: planAxis(
      bounds.map((b) => b.y),
      target,
      y,
      margin,
    ),
  };
}

function planAxis(bounds: readonly Interval[], target: number, asked: Interval, margin: number): AxisWindow {
  const kept: Interval[] = new Array(target + 1);
  const high: Interval[] = new Array(target + 1);
  const steps: AxisStep[] = new Array(target + 1);
  kept[target] = asked;
  for (let r = target; r > 0; r--) {
    const w = kept[r];
    const empty = lengthOf(w) === 0;
    const e = empty ? { lo: w.lo, hi: w.lo } : clip({ lo: w.lo - margin, hi: w.hi + margin }, bounds[r]);
    const low = { lo: Math.ceil(e.lo / 2), hi: Math.ceil(e.hi / 2) };
    high[r] = { lo: Math.floor(e.lo / 2), hi: Math.floor(e.hi / 2) };
    steps[r] = {
      numLow: low.hi - low.lo,
      numHigh: high[r].hi - high[r].lo,
      parity: e.lo % 2 === 0 ? 0 : 1,
      skip: w.lo - e.lo,
      count: w.hi - w.lo,
    };
    kept[r - 1] = low;
  }
  return { kept, high, steps };
}

/** The coefficients of a subband that a window needs, in subband coordinates. */
export function subbandWindow(window: ComponentWindow, r: number, orientation: number): { x: Interval; y: Interval } {
  if (r === 0) return { x: window.x.kept[0], y: window.y.kept[0] };
  return {
    x: orientation & 1 ? window.x.high[r] : window.x.kept[r - 1],
    y: orientation & 2 ? window.y.high[r] : window.y.kept[r - 1],
  };
}

/** The precincts of a resolution level that a window touches: columns and rows from the level's first; undefined for none. */
export function precinctsOfWindow(window: ComponentWindow, resolution: ResolutionGeometry): Bounds | undefined {
  const half = resolution.r === 0 ? 0 : 1;
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = 0;
  let y1 = 0;
  for (const { orientation, x, y } of resolution.subbands) {
    const wanted = subbandWindow(window, resolution.r, orientation);
    const wx = clip(wanted.x, x);
    const wy = clip(wanted.y, y);
    if (lengthOf(wx) === 0 || lengthOf(wy) === 0) continue;
    const columns = cellRange(wx, resolution.ppx - half);
    const rows = cellRange(wy, resolution.ppy - half);
    x0 = Math.min(x0, columns.first - resolution.firstPrecinctX);
    y0 = Math.min(y0, rows.first - resolution.firstPrecinctY);
    x1 = Math.max(x1, columns.first + columns.count - resolution.firstPrecinctX);
    y1 = Math.max(y1, rows.first + rows.count - resolution.firstPrecinctY);
  }
  return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : undefined;
}

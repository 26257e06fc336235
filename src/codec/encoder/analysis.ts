/**
 * Analysis of planes that rows are loaded into (15444-1 F.4): which steps there are, and the order of loading and filtering.
 */
import type { Work } from '../executor.ts';
import { lengthOf } from '../geometry/axis.ts';
import type { TileComponent } from '../geometry/tile.ts';
import { type AnalysisStep, analyse53, analyse97 } from '../transform/dwt.ts';

/**
 * Samples of one component between two yields: rows that are loaded are analysed while they are in the cache, with those of the other
 * components of a colour.
 */
const PIECE_SAMPLES = 1 << 14;

/**
 * The samples of one tile-component as steps of analysis from the highest resolution level down, and what they leave. Each of the first
 * `apart` steps has a part of the plane for itself, one behind the other, so that rows of a step can be made anew from those of the one
 * above; all others take place where the last of these leaves its low-pass samples.
 */
export function analysisSteps(component: TileComponent, apart: number): AnalysisStep[] {
  const { resolutions } = component.geometry;
  const steps: AnalysisStep[] = [];
  let from = 0;
  let stride = 0;
  let free = 0;
  for (let r = resolutions.length - 1; r >= 0; r--) {
    const { x, y } = resolutions[r];
    const width = lengthOf(x);
    const height = lengthOf(y);
    const k = steps.length;
    if (k === 0 || k < apart) {
      from = free;
      stride = width;
      free += width * height;
    }
    const parityX = (x.lo & 1) as 0 | 1;
    const parityY = (y.lo & 1) as 0 | 1;
    const step = { at: from, stride, width, height, parityX, parityY };
    steps.push(step);
    ({ at: from, stride } = lowPassOf(step));
  }
  return steps;
}

/** Where a step leaves its low-pass samples. */
export function lowPassOf({ at, stride, parityY }: AnalysisStep): { readonly at: number; readonly stride: number } {
  return { at: at + parityY * stride, stride: 2 * stride };
}

/** Samples of the plane that steps take place in, `apart` of them for themselves. */
export function planeLength(steps: readonly AnalysisStep[], apart: number): number {
  const { at, width, height } = steps[Math.max(0, Math.min(apart, steps.length) - 1)];
  return at + width * height;
}

/**
 * The steps `first <= k` of components of one size, each in its plane; the last one is only what remains. Rows of the step `first` are there
 * after `load(y0, y1)`, which is called for one piece after another, even where there is nothing to filter. `lap` is told when something is done.
 */
export function* analyse(
  steps: readonly (readonly AnalysisStep[])[],
  planes: readonly (Int32Array | Float32Array)[],
  first: number,
  load: (y0: number, y1: number) => void,
  lap: (what: 'load' | 'transform') => void,
): Work<void> {
  const levels = steps[0].length - 1;
  for (let k = first; k < Math.max(first + 1, levels); k++) {
    const { width, height } = steps[0][k];
    if (width === 0 || height === 0) return;
    const rows = Math.max(2, Math.floor(PIECE_SAMPLES / width));
    const scratch = planes[0] instanceof Int32Array ? new Int32Array(width) : new Float32Array(width);
    for (let y0 = 0; y0 < height; y0 += rows) {
      const y1 = Math.min(height, y0 + rows);
      if (k === first) {
        load(y0, y1);
        lap('load');
      }
      for (let c = 0; c < planes.length && k < levels; c++) {
        const plane = planes[c];
        if (plane instanceof Int32Array) analyse53(plane, steps[c][k], y0, y1, scratch as Int32Array);
        else analyse97(plane, steps[c][k], y0, y1, scratch as Float32Array);
      }
      lap('transform');
      yield;
    }
  }
}

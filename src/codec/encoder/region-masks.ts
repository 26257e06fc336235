/**
 * A region of interest as masks over the coefficients of one tile-component (15444-1 H.3).
 */
import { ceilDiv } from '../bits/int-math.ts';
import type { Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import { lengthOf } from '../geometry/axis.ts';
import type { TileComponent } from '../geometry/tile.ts';
import type { Rect } from '../rect.ts';
import { coefficientMask, type LevelMask, lowPassMask } from '../transform/roi-mask.ts';
import type { RegionOfInterest } from './options.ts';

/** Checks what does not depend on a tile. */
export function checkRegion(roi: RegionOfInterest, siz: Siz): void {
  const width = siz.xsiz - siz.xosiz;
  const height = siz.ysiz - siz.yosiz;
  if (roi.mask === undefined && (roi.rects === undefined || roi.rects.length === 0)) {
    throw usage('option-value', 'a region of interest takes rectangles or a mask');
  }
  if (roi.mask && roi.mask.length !== width * height) {
    throw usage(
      'buffer-size',
      `a mask of ${width} x ${height} has ${width * height} entries, found ${roi.mask.length}`,
    );
  }
  for (const rect of roi.rects ?? []) {
    if ([rect.x, rect.y, rect.width, rect.height].every(Number.isInteger) && rect.width > 0 && rect.height > 0)
      continue;
    throw usage('option-value', 'a rectangle of a region takes whole numbers, width and height above 0');
  }
  const meets = ({ x, y, width: w, height: h }: Rect) => x < width && y < height && x + w > 0 && y + h > 0;
  if (roi.mask === undefined && !roi.rects?.some(meets)) {
    throw usage('region-empty', `no rectangle of the region meets the picture of ${width} x ${height}`);
  }
  if (roi.components?.length === 0) throw usage('option-value', 'roi.components names no component');
  for (const c of roi.components ?? []) {
    if (siz.components[c] === undefined) throw usage('component-missing', `roi.components names component ${c}`);
  }
}

/**
 * Masks by step of the analysis, from the highest resolution downward; the last is the low-pass rest. Each is arranged as its plane
 * is after the step.
 */
export function regionMasks(roi: RegionOfInterest, siz: Siz, component: TileComponent): LevelMask[] {
  const { geometry, parameters } = component;
  const { reversible, numDecompositionLevels } = parameters.style;
  const masks: LevelMask[] = [];
  let mask = sampleMask(roi, siz, component);
  for (let r = numDecompositionLevels; r > 0; r--) {
    const { x, y } = geometry.resolutions[r];
    const split = coefficientMask(mask, x.lo, y.lo, reversible);
    masks.push(split);
    mask = lowPassMask(split, x.lo, y.lo);
  }
  masks.push(mask);
  return masks;
}

/** Samples of the tile-component that lie in the region. */
function sampleMask(roi: RegionOfInterest, siz: Siz, component: TileComponent): LevelMask {
  const { xrsiz, yrsiz, geometry } = component;
  const width = lengthOf(geometry.x);
  const height = lengthOf(geometry.y);
  const data = new Uint8Array(width * height);
  for (const rect of roi.rects ?? []) {
    const x0 = Math.max(geometry.x.lo, ceilDiv(siz.xosiz + rect.x, xrsiz));
    const x1 = Math.min(geometry.x.hi, ceilDiv(siz.xosiz + rect.x + rect.width, xrsiz));
    const y0 = Math.max(geometry.y.lo, ceilDiv(siz.yosiz + rect.y, yrsiz));
    const y1 = Math.min(geometry.y.hi, ceilDiv(siz.yosiz + rect.y + rect.height, yrsiz));
    for (let y = y0; y < y1 && x0 < x1; y++) {
      const row = (y - geometry.y.lo) * width - geometry.x.lo;
      data.fill(1, row + x0, row + x1);
    }
  }
  if (roi.mask) {
    const stride = siz.xsiz - siz.xosiz;
    for (let y = 0; y < height; y++) {
      const row = ((geometry.y.lo + y) * yrsiz - siz.yosiz) * stride;
      for (let x = 0; x < width; x++) {
        if (roi.mask[row + (geometry.x.lo + x) * xrsiz - siz.xosiz] !== 0) data[y * width + x] = 1;
      }
    }
  }
  return { width, height, data };
}

/**
 * What a view-window needs: as fields of a request (15444-9 C.4), and as precincts, by which it is judged whether all of it is held.
 *
 * The end of a response says what the server believes; only the data-bins say what is there.
 */
import type { MainHeader } from '../../codec/codestream/main-header.ts';
import type { PrecinctPlan } from '../../codec/packets/precinct-source.ts';
import { type Bounds, intersect, isEmpty, type Rect } from '../../codec/rect.ts';
import { JpipError } from '../errors.ts';
import type { FrameSize, JpipRequest, SampledRange } from '../request/fields.ts';
import { frameBounds, framesOf, pickFrame } from '../view/view-window.ts';
import { commonLevels, neededComponents, selectionOf, tilesOfWindow } from '../view/window-precincts.ts';
import type { CachedSource, WantedPrecinct } from './cache-source.ts';

/** What a user wants to see: one window of a picture. Everything that is left out means all of it. */
export interface ViewWindow {
  /** In reference-grid units from the image area's top left corner, as for `decode`. */
  readonly region?: Rect;
  /** Resolution levels left out; default 0. */
  readonly reduce?: number;
  /** In place of `reduce`: the size of the whole image that fits best. */
  readonly fsiz?: FrameSize;
  /** Quality layers, from the first. */
  readonly layers?: number;
  readonly components?: readonly number[];
  /** The codestream wanted, of a file with several; default the first. */
  readonly codestreams?: readonly number[];
  /** Boxes wanted besides, as `[xml_;uuid]`. */
  readonly metareq?: string;
}

/** A window of one codestream. */
export interface WindowNeed {
  readonly reduce: number;
  /** On the reference grid divided by 2^reduce. */
  readonly bounds: Bounds;
  readonly layers: number;
  readonly components: readonly number[] | undefined;
}

/** Works out which part of a codestream a window is. */
export function needOf(main: MainHeader, window: ViewWindow): WindowNeed {
  const { siz } = main;
  const { region, components, layers } = window;
  if (components?.some((c) => siz.components[c] === undefined)) {
    throw new JpipError('usage', 'option-value', `components ${components} of ${siz.components.length}`);
  }
  const levels = commonLevels(main, components ?? []);
  const frame = window.fsiz && pickFrame(framesOf(siz, levels), window.fsiz, window.fsiz.round ?? 'round-down');
  const reduce = frame?.reduce ?? window.reduce ?? 0;
  if (!(Number.isInteger(reduce) && reduce >= 0 && reduce <= levels)) {
    throw new JpipError('usage', 'option-value', `reduce is ${reduce}, the picture has ${levels} decomposition levels`);
  }
  if (layers !== undefined && !(Number.isInteger(layers) && layers > 0)) {
    throw new JpipError('usage', 'option-value', `layers must be a whole number from 1, found ${layers}`);
  }
  const image = { x0: siz.xosiz, y0: siz.yosiz, x1: siz.xsiz, y1: siz.ysiz };
  const wanted = region
    ? intersect(image, {
        x0: siz.xosiz + region.x,
        y0: siz.yosiz + region.y,
        x1: siz.xosiz + region.x + region.width,
        y1: siz.yosiz + region.y + region.height,
      })
    : image;
  if (isEmpty(wanted) || Object.values(wanted).some(Number.isNaN)) {
    throw new JpipError('usage', 'option-value', 'the region lies outside of the picture');
  }
  return { reduce, bounds: reducedBounds(main, wanted, reduce), layers: layers ?? 65535, components };
}

/** The samples of a reduced frame that an area of the reference grid has, at least one. */
function reducedBounds(main: MainHeader, area: Bounds, reduce: number): Bounds {
  const scale = 2 ** reduce;
  const frame = frameBounds(main.siz, reduce);
  const x0 = Math.min(Math.ceil(area.x0 / scale), frame.x1 - 1);
  const y0 = Math.min(Math.ceil(area.y0 / scale), frame.y1 - 1);
  return {
    x0,
    y0,
    x1: Math.max(x0 + 1, Math.ceil(area.x1 / scale)),
    y1: Math.max(y0 + 1, Math.ceil(area.y1 / scale)),
  };
}

/** The precincts that a window needs, as far as the headers at hand tell. Tiles that have no sample in it are left out. */
export function planOf(source: CachedSource, need: WindowNeed): PrecinctPlan {
  const { main } = source;
  const components = neededComponents(
    main,
    need.components?.map((first) => ({ first })),
  );
  const tiles = tilesOfWindow(main, need.bounds, need.reduce, components);
  return tiles
    .map((tile) => selectionOf(source.geometryOf(tile), need.bounds, need.reduce, components, need.layers))
    .filter((selection) => selection.components.length > 0);
}

/**
 * The view-window fields of a request. The frame has just the size of a resolution level, and the rounding is written down: servers do not
 * agree about what holds without it.
 */
export function windowFields(main: MainHeader, need: WindowNeed): Partial<JpipRequest> {
  const frame = frameBounds(main.siz, need.reduce);
  const { x0, y0, x1, y1 } = need.bounds;
  return {
    fsiz: { width: frame.x1 - frame.x0, height: frame.y1 - frame.y0, round: 'closest' },
    roff: { x: x0 - frame.x0, y: y0 - frame.y0 },
    rsiz: { width: x1 - x0, height: y1 - y0 },
    ...(need.layers < main.cod.numLayers ? { layers: need.layers } : {}),
    ...(need.components ? { comps: rangesOf(need.components) } : {}),
  };
}

/**
 * Windows that make up for what a server left out of another: one for each resolution level where precincts are lacking, at the size
 * of that level, so that no margin of a filter and no scaling of coordinates can be got wrong.
 */
export function windowsAround(
  source: CachedSource,
  lacking: readonly WantedPrecinct[],
  need: WindowNeed,
): WindowNeed[] {
  const areas = new Map<number, Bounds>();
  for (const { tile, component, resolution, precinct } of lacking) {
    const { geometry, xrsiz, yrsiz } = source.geometryOf(tile).components[component];
    const level = geometry.resolutions[resolution];
    const column = level.firstPrecinctX + (precinct % level.numPrecinctsWide);
    const row = level.firstPrecinctY + Math.floor(precinct / level.numPrecinctsWide);
    const cell = {
      x0: Math.max(level.x.lo, column * 2 ** level.ppx) * xrsiz,
      y0: Math.max(level.y.lo, row * 2 ** level.ppy) * yrsiz,
      x1: Math.min(level.x.hi, (column + 1) * 2 ** level.ppx) * xrsiz,
      y1: Math.min(level.y.hi, (row + 1) * 2 ** level.ppy) * yrsiz,
    };
    const reduce = geometry.numDecompositionLevels - resolution;
    const known = areas.get(reduce);
    areas.set(reduce, known ? joined(known, cell) : cell);
  }
  const levels = commonLevels(source.main, need.components ?? []);
  return [...areas]
    .sort(([a], [b]) => b - a)
    .map(([level, area]): WindowNeed => {
      // a size that not every component has is asked for at the nearest one that all have
      const reduce = Math.min(level, levels);
      const scale = 2 ** (level - reduce);
      const frame = frameBounds(source.main.siz, reduce);
      const scaled = { x0: area.x0 * scale, y0: area.y0 * scale, x1: area.x1 * scale, y1: area.y1 * scale };
      return { ...need, reduce, bounds: intersect(frame, scaled) };
    })
    .filter(({ bounds }) => !isEmpty(bounds));
}

function joined(a: Bounds, b: Bounds): Bounds {
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

/** Numbers as ranges. */
function rangesOf(numbers: readonly number[]): SampledRange[] {
  const ranges: { first: number; last?: number }[] = [];
  for (const n of [...new Set(numbers)].sort((a, b) => a - b)) {
    const before = ranges.at(-1);
    if (before && (before.last ?? before.first) === n - 1) before.last = n;
    else ranges.push({ first: n });
  }
  return ranges;
}

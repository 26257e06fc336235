/**
 * What a client asked for, and what of a response is something else: a server that sends without end what nobody wants must not fill the
 * memory or keep a fetch going.
 *
 * Servers may send more than a window needs (15444-9 C.4.1 lets them enlarge it), so such data-bins are taken, but they are the first to go, and only
 * so many of them are put up with. Data-bins that the codestream cannot have are not taken at all.
 */
import type { TileGeometry } from '../../codec/geometry/tile.ts';
import type { ComponentSelection, PrecinctPlan, TileSelection } from '../../codec/packets/precinct-source.ts';
import type { MainHeader } from '../../codec/codestream/main-header.ts';
import { type BinKey, numTilesOf, splitPrecinctId } from '../bins/bin-id.ts';
import { JpipError } from '../errors.ts';
import { BIN_CLASS } from '../wire/message.ts';

/** `asked`: a window needs it; `spare`: it may be of use later; `none`: there is no such data-bin. */
export type Standing = 'asked' | 'spare' | 'none';

/** Says of a data-bin how it stands to what was asked for. */
export type StandingOf = (key: BinKey) => Standing;

/** What may still come for one window, or one wish. */
export interface Allowance {
  asked: number;
  spare: number;
}

/**
 * Takes bytes off an allowance.
 *
 * @throws {JpipError} `limit-response` when there are not so many left.
 */
export function take(allowance: Allowance, kind: keyof Allowance, bytes: number): void {
  allowance[kind] -= bytes;
  if (allowance[kind] >= 0) return;
  const what = kind === 'asked' ? 'more than there can be of what was asked for' : 'too much that was not asked for';
  throw new JpipError('limit', 'limit-response', `the server sends ${what}`);
}

/** Of a request for headers and boxes. */
export const standingOfHeaders: StandingOf = ({ classId, id }) => {
  if (classId === BIN_CLASS.mainHeader) return id === 0 ? 'asked' : 'none';
  return classId === BIN_CLASS.metadata ? 'asked' : 'spare';
};

/** A tile, and where the precincts of each of its components begin. */
export interface NumberedTile {
  readonly geometry: TileGeometry;
  /** By component: the sequence number of the first precinct of each resolution level, and their count at the end. */
  readonly first: readonly (readonly number[])[];
  /** False while the tile's header is not held, which may make the precincts other ones. */
  readonly certain: boolean;
}

/** What is selected of each component. */
type Rects = ReadonlyMap<number, ComponentSelection['resolutions']>;

/**
 * Of a window of a JPP-stream. `tileOf` numbers the precincts of a tile, and `knowsMore` says whether it could now do so for certain.
 */
export function standingInPlan(
  main: MainHeader,
  plan: PrecinctPlan,
  tileOf: (tile: number) => NumberedTile,
  knowsMore: (tile: number) => boolean,
): StandingOf {
  const numTiles = numTilesOf(main);
  const selections = new Map(plan.map((selection) => [selection.tile, selection]));
  const tiles = new Map<number, NumberedTile & { readonly rects: Rects }>();
  const numbered = (selection: TileSelection): NumberedTile & { readonly rects: Rects } => {
    let known = tiles.get(selection.tile);
    if (known === undefined || (!known.certain && knowsMore(selection.tile))) {
      const rects = new Map(selection.components.map(({ component, resolutions }) => [component, resolutions]));
      known = { ...tileOf(selection.tile), rects };
      tiles.set(selection.tile, known);
    }
    return known;
  };
  return ({ classId, id }) => {
    if (classId === BIN_CLASS.mainHeader) return id === 0 ? 'asked' : 'none';
    if (classId === BIN_CLASS.metadata) return id === 0 ? 'asked' : 'spare';
    if (classId === BIN_CLASS.tileHeader) return standingOfTile(id, numTiles, selections);
    if (classId !== BIN_CLASS.precinct) return 'none';
    const { tile, component, s } = splitPrecinctId(main, id);
    const selection = selections.get(tile);
    // whether there is such a precinct is only known of tiles that are looked at
    if (selection === undefined) return 'spare';
    const known = numbered(selection);
    if (s >= known.first[component].at(-1)!) return known.certain ? 'none' : 'spare';
    return isSelected(known, known.rects, component, s) ? 'asked' : 'spare';
  };
}

/** Of a window of a JPT-stream. */
export function standingOfTiles(main: MainHeader, plan: PrecinctPlan): StandingOf {
  const numTiles = numTilesOf(main);
  const selections = new Map(plan.map((selection) => [selection.tile, selection]));
  return ({ classId, id }) => {
    if (classId === BIN_CLASS.mainHeader) return id === 0 ? 'asked' : 'none';
    if (classId === BIN_CLASS.metadata) return id === 0 ? 'asked' : 'spare';
    return classId === BIN_CLASS.tile ? standingOfTile(id, numTiles, selections) : 'none';
  };
}

function standingOfTile(id: number, numTiles: number, selections: ReadonlyMap<number, TileSelection>): Standing {
  if (id >= numTiles) return 'none';
  return selections.has(id) ? 'asked' : 'spare';
}

function isSelected({ geometry, first }: NumberedTile, rects: Rects, component: number, s: number): boolean {
  const own = first[component];
  let resolution = 0;
  while (s >= own[resolution + 1]) resolution++;
  const rect = rects.get(component)?.[resolution];
  if (rect === undefined) return false;
  const { numPrecinctsWide } = geometry.components[component].geometry.resolutions[resolution];
  const precinct = s - own[resolution];
  const [x, y] = [precinct % numPrecinctsWide, Math.floor(precinct / numPrecinctsWide)];
  return x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1;
}

/**
 * Counts the precincts of a plan before anything is done for each of them.
 *
 * @throws {JpipError} `limit-window`.
 */
export function checkPlan(plan: PrecinctPlan, most: number): PrecinctPlan {
  let count = 0;
  for (const { components } of plan) {
    for (const { resolutions } of components) {
      for (const rect of resolutions)
        if (rect) count += Math.max(0, rect.x1 - rect.x0) * Math.max(0, rect.y1 - rect.y0);
    }
  }
  if (count <= most) return plan;
  throw new JpipError('limit', 'limit-window', `the window has ${count} precincts, the limit is ${most}`);
}

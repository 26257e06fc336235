/**
 * A tile with all its tile-components: parameters and geometry side by side.
 *
 * A file may have 16 384 components, nearly always with equal parameters, so geometry is worked out once for each different
 * set of them and shared.
 */
import {
  type TileComponentParameters,
  type TileHeader,
  tileComponentParametersOf,
} from '../codestream/coding-parameters.ts';
import type { ComponentCodingStyle } from '../codestream/cod.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type { Bounds } from '../rect.ts';
import { type TileComponentGeometry, numPrecinctsOf, tileBounds, tileComponentGeometry } from './tile-component.ts';

/** One tile-component with everything that steers it. */
export interface TileComponent {
  readonly component: number;
  /** XRsiz and YRsiz. */
  readonly xrsiz: number;
  readonly yrsiz: number;
  readonly parameters: TileComponentParameters;
  readonly geometry: TileComponentGeometry;
}

/** One tile. */
export interface TileGeometry {
  readonly tile: number;
  readonly header: TileHeader;
  /** The tile on the reference grid. */
  readonly bounds: Bounds;
  readonly components: readonly TileComponent[];
}

/** What was worked out before: whoever finds the packets of a tile and whoever decodes them ask for the same. */
const known = /* @__PURE__ */ new WeakMap<TileHeader, { readonly main: MainHeader; readonly tile: TileGeometry }>();

/** Works out a tile, once for each header. */
export function tileGeometry(main: MainHeader, header: TileHeader): TileGeometry {
  const found = known.get(header);
  if (found?.main === main) return found.tile;
  const tile = makeTile(main, header);
  known.set(header, { main, tile });
  return tile;
}

function makeTile(main: MainHeader, header: TileHeader): TileGeometry {
  const bounds = tileBounds(main.siz, header.tile);
  const shared = new Map<string, TileComponentGeometry>();
  // a style object stands for many components, so its key is made once
  const keys = new Map<ComponentCodingStyle, string>();
  const components = main.siz.components.map(({ xrsiz, yrsiz }, component): TileComponent => {
    const parameters = tileComponentParametersOf(main, header, component);
    const { style } = parameters;
    let key = keys.get(style);
    if (key === undefined) {
      key = `${style.numDecompositionLevels} ${style.xcb} ${style.ycb} ${style.precincts ?? ''}`;
      keys.set(style, key);
    }
    key = `${xrsiz} ${yrsiz} ${key}`;
    let geometry = shared.get(key);
    if (geometry === undefined) {
      geometry = tileComponentGeometry(bounds, xrsiz, yrsiz, style);
      shared.set(key, geometry);
    }
    return { component, xrsiz, yrsiz, parameters, geometry };
  });
  return { tile: header.tile, header, bounds, components };
}

/** Precincts of a whole tile, over all components and resolution levels. */
export function numPrecinctsOfTile(tile: TileGeometry): number {
  let sum = 0;
  for (const { geometry } of tile.components) {
    for (const resolution of geometry.resolutions) sum += numPrecinctsOf(resolution);
  }
  return sum;
}

/**
 * Which data-bin is which (15444-9 A.3): classes that share bins, and the number of a precinct among all of its codestream.
 */
import { ppxOf, ppyOf } from '../../codec/codestream/cod.ts';
import type { MainHeader } from '../../codec/codestream/main-header.ts';
import { numXTiles, numYTiles } from '../../codec/codestream/siz.ts';
import type { TileGeometry } from '../../codec/geometry/tile.ts';
import { numPrecinctsOf } from '../../codec/geometry/tile-component.ts';

/** Names one data-bin of a target. Extended classes name the same bin as plain ones, so only even classes stand here. */
export interface BinKey {
  readonly codestream: number;
  /** 0 precinct, 2 tile header, 4 tile, 6 main header, 8 metadata, or a class that is not known. */
  readonly classId: number;
  readonly id: number;
}

/** The class whose bins a message of class `classId` carries: extended forms share those of the plain one (A.2.2). */
export function binClassOf(classId: number): number {
  return classId & ~1;
}

/**
 * The in-class identifier of a precinct (equation A-1): `I = t + (c + s * numComponents) * numTiles`, where `s` counts the precincts of
 * the tile-component through its resolution levels from the lowest.
 */
export function precinctId(main: MainHeader, tile: number, component: number, s: number): number {
  return tile + (component + s * main.siz.components.length) * numTilesOf(main);
}

/** Splits an identifier of a precinct: equation A-1 turned round. */
export function splitPrecinctId(main: MainHeader, id: number): { tile: number; component: number; s: number } {
  const numTiles = numTilesOf(main);
  const numComponents = main.siz.components.length;
  const rest = Math.floor(id / numTiles);
  return { tile: id % numTiles, component: rest % numComponents, s: Math.floor(rest / numComponents) };
}

/** Tiles of a codestream. */
export function numTilesOf(main: MainHeader): number {
  return numXTiles(main.siz) * numYTiles(main.siz);
}

/**
 * More than any identifier of a precinct can be, unless a tile has a partition of its own that is finer than the main header's: what
 * a tile as large as tiles can be has, wherever it lies.
 */
export function precinctIdBound(main: MainHeader): number {
  const { siz, cod, segments } = main;
  let most = 0;
  siz.components.forEach(({ xrsiz, yrsiz }, c) => {
    const style = segments.coc.get(c) ?? cod.style;
    const width = Math.min(siz.xtsiz, siz.xsiz - siz.xosiz) / xrsiz + 1;
    const height = Math.min(siz.ytsiz, siz.ysiz - siz.yosiz) / yrsiz + 1;
    let count = 0;
    for (let r = 0; r <= style.numDecompositionLevels; r++) {
      const scale = 2 ** (style.numDecompositionLevels - r);
      const across = Math.ceil(width / scale / 2 ** ppxOf(style, r)) + 1;
      count += across * (Math.ceil(height / scale / 2 ** ppyOf(style, r)) + 1);
    }
    most = Math.max(most, count);
  });
  return most * siz.components.length * numTilesOf(main);
}

/** The sequence number of the first precinct of each resolution level of a tile-component, and their count at the end. */
export function firstSequenceNumbers(tile: TileGeometry, component: number): number[] {
  let s = 0;
  const first = tile.components[component].geometry.resolutions.map((resolution) => {
    const start = s;
    s += numPrecinctsOf(resolution);
    return start;
  });
  first.push(s);
  return first;
}

/** A key as one string, for maps. */
export function binName({ codestream, classId, id }: BinKey): string {
  return `${codestream} ${classId} ${id}`;
}

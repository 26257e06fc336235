/** Random canvases and coding styles: everything Annex B works with, within what the syntax allows. */
import fc from 'fast-check';
import type { Cod, ComponentCodingStyle, Progression } from '../../src/codec/codestream/cod.ts';
import { PROGRESSIONS } from '../../src/codec/codestream/cod.ts';
import { joinTileHeaders } from '../../src/codec/codestream/coding-parameters.ts';
import { emptySegments } from '../../src/codec/codestream/header-segments.ts';
import type { MainHeader } from '../../src/codec/codestream/main-header.ts';
import type { Siz } from '../../src/codec/codestream/siz.ts';
import { type TileGeometry, tileGeometry } from '../../src/codec/geometry/tile.ts';

/** How wild a canvas may be. */
export interface CanvasBounds {
  /** Largest image offset, image size and tile size along each axis. */
  readonly offset: number;
  readonly size: number;
  readonly tile: number;
  /** Largest XRsiz and YRsiz. */
  readonly sampling: number;
  readonly components: number;
  /** Smallest image and tile size; random numbers like to be small, and small tiles hold little. Default 1. */
  readonly least?: number;
}

interface AxisNumbers {
  readonly siz: number;
  readonly osiz: number;
  readonly tsiz: number;
  readonly tosiz: number;
}

const MOST = 2 ** 32 - 1;

function axis({ offset, size, tile, least = 1 }: CanvasBounds): fc.Arbitrary<AxisNumbers> {
  return fc
    .record({
      osiz: fc.nat(offset),
      extent: fc.integer({ min: least, max: size }),
      tsiz: fc.integer({ min: least, max: tile }),
      back: fc.nat(),
    })
    .map(({ osiz, extent, tsiz, back }) => ({
      siz: Math.min(MOST, osiz + extent),
      osiz: Math.min(MOST - 1, osiz),
      tsiz,
      // the first tile begins at or before the image area and reaches into it (B-3, B-4)
      tosiz: osiz - (back % Math.min(tsiz, osiz + 1)),
    }));
}

/** A random SIZ. */
export function sizes(bounds: CanvasBounds): fc.Arbitrary<Siz> {
  const sampling = fc.integer({ min: 1, max: bounds.sampling });
  return fc
    .record({
      x: axis(bounds),
      y: axis(bounds),
      components: fc.array(fc.record({ xrsiz: sampling, yrsiz: sampling }), {
        minLength: 1,
        maxLength: bounds.components,
      }),
    })
    .map(({ x, y, components }) => ({
      rsiz: 0,
      xsiz: x.siz,
      ysiz: y.siz,
      xosiz: x.osiz,
      yosiz: y.osiz,
      xtsiz: x.tsiz,
      ytsiz: y.tsiz,
      xtosiz: x.tosiz,
      ytosiz: y.tosiz,
      components: components.map((c) => ({ precision: 8, signed: false, ...c })),
    }));
}

/** A random coding style with at most `levels` decomposition levels and precinct exponents up to `precinct`. */
export function codingStyles(levels: number, precinct = 15): fc.Arbitrary<ComponentCodingStyle> {
  return fc
    .record({
      numDecompositionLevels: fc.nat(levels),
      xcb: fc.integer({ min: 2, max: 10 }),
      ycb: fc.integer({ min: 2, max: 10 }),
      reversible: fc.boolean(),
      largest: fc.boolean(),
      exponents: fc.array(fc.tuple(fc.nat(precinct), fc.nat(precinct)), {
        minLength: levels + 1,
        maxLength: levels + 1,
      }),
    })
    .map(({ numDecompositionLevels, xcb, ycb, reversible, largest, exponents }) => ({
      numDecompositionLevels,
      xcb,
      ycb: Math.min(ycb, 12 - xcb),
      codeBlockStyle: 0,
      reversible,
      precincts:
        largest && precinct === 15
          ? undefined
          : exponents
              .slice(0, numDecompositionLevels + 1)
              // an exponent of 0 is only legal at the lowest resolution level (Table A.21)
              .map(([x, y], r) => (r === 0 ? x | (y << 4) : Math.max(1, x) | (Math.max(1, y) << 4))),
    }));
}

/** A main header around a canvas, with a style for each component. */
export function mainHeaderOf(
  siz: Siz,
  styles: readonly ComponentCodingStyle[],
  progression: Progression = PROGRESSIONS[0],
  numLayers = 1,
): MainHeader {
  const cod: Cod = { sop: false, eph: false, progression, numLayers, mct: false, style: styles[0]! };
  const qcd = { style: 'none' as const, guardBits: 2, epsilon: [8], mu: [0] };
  const segments = emptySegments();
  for (const [c, style] of styles.entries()) segments.coc.set(c, style);
  return { siz, cod, qcd, segments, offset: 0, end: 0 };
}

/** One tile of such a picture. */
export function tileOf(main: MainHeader, tile: number): TileGeometry {
  return tileGeometry(main, joinTileHeaders(main, tile, []));
}

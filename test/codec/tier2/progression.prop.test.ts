import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROGRESSIONS } from '../../../src/codec/codestream/cod.ts';
import type { MainHeader } from '../../../src/codec/codestream/main-header.ts';
import type { ProgressionChange } from '../../../src/codec/codestream/poc.ts';
import { numXTiles, numYTiles } from '../../../src/codec/codestream/siz.ts';
import { packetSequence } from '../../../src/codec/tier2/progression.ts';
import { codingStyles, mainHeaderOf, sizes, tileOf } from '../../arbitraries/canvas.ts';
import { type Packet, packetOrder } from '../../reference/progression.ts';

const MAX_COMPONENTS = 3;

/** Small pictures with everything at odds: components differ in sampling, levels and precincts. */
const pictures = fc
  .record({
    siz: fc.oneof(
      sizes({ offset: 70, size: 45, tile: 24, sampling: 5, components: MAX_COMPONENTS }),
      sizes({ offset: 70, size: 45, tile: 30, sampling: 3, components: MAX_COMPONENTS, least: 16 }),
    ),
    styles: fc.array(fc.oneof(codingStyles(4, 5), codingStyles(3, 2)), {
      minLength: MAX_COMPONENTS,
      maxLength: MAX_COMPONENTS,
    }),
    progression: fc.constantFrom(...PROGRESSIONS),
    numLayers: fc.integer({ min: 1, max: 3 }),
    where: fc.nat(),
  })
  .map(({ siz, styles, progression, numLayers, where }) => ({
    main: mainHeaderOf(siz, styles.slice(0, siz.components.length), progression, numLayers),
    tile: where % (numXTiles(siz) * numYTiles(siz)),
  }));

const changes: fc.Arbitrary<ProgressionChange[]> = fc.array(
  fc
    .record({
      resolutionStart: fc.nat(4),
      resolutions: fc.integer({ min: 1, max: 33 }),
      componentStart: fc.nat(MAX_COMPONENTS - 1),
      components: fc.integer({ min: 1, max: MAX_COMPONENTS }),
      layerEnd: fc.integer({ min: 1, max: 5 }),
      progression: fc.constantFrom(...PROGRESSIONS),
    })
    .map(({ resolutionStart, resolutions, componentStart, components, layerEnd, progression }) => ({
      resolutionStart,
      resolutionEnd: resolutionStart + resolutions,
      componentStart,
      componentEnd: componentStart + components,
      layerEnd,
      progression,
    })),
  { minLength: 1, maxLength: 4 },
);

function found(main: MainHeader, tile: number, poc: readonly ProgressionChange[]): Packet[] {
  const numComponents = main.siz.components.length;
  // the reader of POC bounds CEpoc by the number of components
  const bounded = poc.map((change) => ({ ...change, componentEnd: Math.min(change.componentEnd, numComponents) }));
  const packets: Packet[] = [];
  for (const place of packetSequence(tileOf(main, tile), bounded)) {
    if (!place) continue; // a moment to pause
    const { component, resolution, precinct, layer } = place;
    packets.push([component, resolution, precinct, layer]);
  }
  return packets;
}

describe('progression orders', () => {
  test.each(PROGRESSIONS)('%s visits packets as the loops over every reference-grid point do', (progression) => {
    fc.assert(
      fc.property(pictures, ({ main, tile }) => {
        const ordered = { ...main, cod: { ...main.cod, progression } };
        expect(found(ordered, tile, [])).toEqual(packetOrder(ordered, tile, []));
      }),
      { numRuns: 250 },
    );
  });

  test('with POC, progressions may overlap and no packet comes twice', () => {
    fc.assert(
      fc.property(pictures, changes, ({ main, tile }, poc) => {
        const packets = found(main, tile, poc);
        expect(packets).toEqual(packetOrder(main, tile, poc));
        expect(new Set(packets.map(String)).size).toBe(packets.length);
      }),
      { numRuns: 400 },
    );
  });

  test('every order is a permutation of the same packets', () => {
    fc.assert(
      fc.property(pictures, ({ main, tile }) => {
        const orders = PROGRESSIONS.map((progression) =>
          found({ ...main, cod: { ...main.cod, progression } }, tile, [])
            .map(String)
            .sort(),
        );
        for (const order of orders) expect(order).toEqual(orders[0]);
      }),
      { numRuns: 100 },
    );
  });

  test('the layers of a precinct always come from the first upward', () => {
    fc.assert(
      fc.property(pictures, changes, ({ main, tile }, poc) => {
        const next = new Map<string, number>();
        for (const [c, r, k, l] of found(main, tile, poc)) {
          const key = `${c} ${r} ${k}`;
          expect(l).toBe(next.get(key) ?? 0);
          next.set(key, l + 1);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('positions are counted on the reference grid even where it is beyond 32 bits', () => {
    const siz = {
      rsiz: 0,
      xsiz: 2 ** 32 - 1,
      ysiz: 2,
      xosiz: 2 ** 32 - 300,
      yosiz: 0,
      xtsiz: 2 ** 32 - 1,
      ytsiz: 2,
      xtosiz: 0,
      ytosiz: 0,
      components: [
        { precision: 8, signed: false, xrsiz: 1, yrsiz: 1 },
        { precision: 8, signed: false, xrsiz: 3, yrsiz: 1 },
      ],
    };
    const style = {
      numDecompositionLevels: 2,
      xcb: 2,
      ycb: 2,
      codeBlockStyle: 0,
      reversible: true,
      precincts: [0x43, 0x44, 0x45],
    };
    const coarse = { ...style, numDecompositionLevels: 1, precincts: [0x42, 0x44] };
    for (const progression of PROGRESSIONS) {
      const main = mainHeaderOf(siz, [style, coarse], progression, 2);
      expect(found(main, 0, [])).toEqual(packetOrder(main, 0, []));
    }
  });
});

/** The numbers of precincts among all of a codestream (15444-9 A.3.2.1, equation A-1). */
import { describe, expect, test } from 'vitest';
import { firstSequenceNumbers, precinctId, precinctIdBound, splitPrecinctId } from '../../../src/jpip/bins/bin-id.ts';
import { fixture } from '../../support/fixtures.ts';
import { loadAll } from '../../support/rearrange.ts';

describe.each([
  'tiles-offsets-53',
  'precincts-rlcp-53',
  'precincts-cprl-53',
  'subsampled-420-53',
  'no-levels-53',
  'whole-offsets-53',
])('%s', (name) => {
  const { main, tiles } = loadAll(fixture(name));
  const components = main.siz.components.length;

  test('has every precinct at the number of the equation, which leads back to it', () => {
    const seen = new Set<number>();
    for (const { tile, components: parts } of tiles) {
      for (const { component } of parts) {
        const numPrecincts = firstSequenceNumbers(tiles[tile], component).at(-1)!;
        for (let s = 0; s < numPrecincts; s++) {
          const id = precinctId(main, tile, component, s);
          expect(id).toBe(tile + (component + s * components) * tiles.length);
          expect(splitPrecinctId(main, id)).toEqual({ tile, component, s });
          seen.add(id);
        }
      }
    }
    const all = tiles.flatMap((tile) =>
      tile.components.map(({ component }) => firstSequenceNumbers(tile, component).at(-1)!),
    );
    expect(seen.size).toBe(all.reduce((sum, count) => sum + count, 0));
  });

  test('has none beyond the bound, and a bound that is near', () => {
    let most = 0;
    for (const tile of tiles) {
      for (const { component } of tile.components) {
        most = Math.max(most, firstSequenceNumbers(tile, component).at(-1)!);
      }
    }
    const bound = precinctIdBound(main);
    expect(bound).toBeGreaterThanOrEqual(most * components * tiles.length);
    // at most two more rows and columns of precincts a resolution level than there are
    expect(bound).toBeLessThanOrEqual(9 * most * components * tiles.length);
  });
});

/**
 * Only tile-components of the result need the resolution levels that are dropped. The main header's COD once counted too, when every
 * component that was kept had a COC of its own (15444-1 A.6.1, A.6.2).
 */
import { expect, test } from 'vitest';
import { tileGeometry } from '../../src/codec/geometry/tile.ts';
import { layOutTile, writeCodestream } from '../../src/codec/packets/codestream-writer.ts';
import { decodeSync, encodeSync, transcodeSync } from '../../src/index.ts';
import { join } from '../support/codestream.ts';
import { wavyPicture } from '../support/encodes.ts';
import { loadAll, PLAIN } from '../support/rearrange.ts';
import { firstDifference } from '../support/same-picture.ts';

/** Component 0 has two levels, from COD; component 1 has five, from COC. */
function levelsThatDiffer(): Uint8Array {
  const component = (levels: number) => {
    const { image } = wavyPicture(80, 70, 1, 8);
    return loadAll(encodeSync(image, { container: 'codestream', levels }).data);
  };
  const [two, five] = [component(2), component(5)];
  const siz = { ...two.main.siz, components: [...two.main.siz.components, ...five.main.siz.components] };
  const coc = new Map([[1, five.main.cod.style]]);
  const qcc = new Map([[1, five.main.qcd]]);
  const main = { ...two.main, siz, segments: { ...two.main.segments, coc, qcc } };
  const geometry = tileGeometry(main, two.tiles[0]!.header);
  const parts = layOutTile(
    geometry,
    main,
    ({ component: c, ...key }) => (c === 0 ? two : five).snapshot.get({ ...key, component: 0 })!.packets,
    PLAIN,
  );
  return join(...writeCodestream(main, [parts], PLAIN));
}

test('drops what the component that stays has', () => {
  const source = levelsThatDiffer();
  const found = decodeSync(transcodeSync(source, { components: [1], reduce: 3 }).data, { strict: true });
  expect(firstDifference(found.data, decodeSync(source, { components: [1], reduce: 3 }).data)).toBe(-1);
});

test('refuses what a component that stays has not, and names it', () => {
  expect(() => transcodeSync(levelsThatDiffer(), { reduce: 3 })).toThrow(
    /reduce is 3, and component 0 of tile 0 has 2 decomposition levels/,
  );
});

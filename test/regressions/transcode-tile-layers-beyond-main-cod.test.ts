/**
 * POC in the main header bounds the layers of every tile, and tiles with a COD of their own may have more than the main header's COD
 * says (15444-1 A.6.1, A.6.6). Transcoding once took the main COD for the bound and lost those layers.
 */
import { expect, test } from 'vitest';
import { tileGeometry } from '../../src/codec/geometry/tile.ts';
import { layOutTile, writeCodestream } from '../../src/codec/packets/codestream-writer.ts';
import { decodeSync, encodeSync, type TranscodeOptions, transcodeSync } from '../../src/index.ts';
import { join } from '../support/codestream.ts';
import { wavyPicture } from '../support/encodes.ts';
import { loadAll, PLAIN } from '../support/rearrange.ts';
import { firstDifference } from '../support/same-picture.ts';

const { image } = wavyPicture(64, 64, 3, 8);

function tilesWithMoreLayers(): Uint8Array {
  const tile = { width: 32, height: 32 };
  const source = loadAll(encodeSync(image, { container: 'codestream', layers: 3, levels: 3, tile, mct: 'none' }).data);
  const all = { componentStart: 0, componentEnd: 3, resolutionStart: 0, resolutionEnd: 33, layerEnd: 3 };
  const poc = [
    { ...all, resolutionEnd: 2, progression: 'RLCP' as const },
    { ...all, progression: 'LRCP' as const },
  ];
  const main = {
    ...source.main,
    cod: { ...source.main.cod, numLayers: 1 },
    segments: { ...source.main.segments, poc },
  };
  const tiles = source.tiles.map(({ header }) => {
    const geometry = tileGeometry(main, { ...header, segments: { ...header.segments, cod: header.cod } });
    return layOutTile(geometry, main, (key) => source.snapshot.get(key)!.packets, PLAIN);
  });
  return join(...writeCodestream(main, tiles, PLAIN));
}

test.each<[TranscodeOptions, object]>([
  [{}, {}],
  [{ markers: { plt: true } }, {}],
  [{ layers: 2 }, { layers: 2 }],
  [{ reduce: 1 }, { reduce: 1 }],
  [{ components: [1] }, { components: [1] }],
  [{ progression: 'RPCL' }, {}],
])('%j keeps the layers of tiles', (options, window) => {
  const source = tilesWithMoreLayers();
  const found = decodeSync(transcodeSync(source, options).data, { layout: 'planar', strict: true });
  const expected = decodeSync(source, { layout: 'planar', ...window });
  expected.planes!.forEach(({ data }, c) => {
    expect(firstDifference(found.planes![c]!.data, data)).toBe(-1);
  });
});

/** OpenJPEG's own reader of JPP- and JPT-streams over what this server sends. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decode, encodeSync } from '../../../src/index.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { ask, engineOver } from '../../support/jpip-server.ts';
import { decodeWithOpenJpeg } from '../../support/openjpeg.ts';
import { describeTools } from '../../support/shared.ts';
import { runTool } from '../../support/tools.ts';

/** What `opj_jpip_transcode` makes of a response, decoded by `opj_decompress`. */
async function throughOpenJpeg(response: Uint8Array, suffix: 'jpp' | 'jpt') {
  const folder = mkdtempSync(join(tmpdir(), 'jp2kit-jpip-'));
  try {
    const [input, output] = [join(folder, `in.${suffix}`), join(folder, 'out.j2k')];
    writeFileSync(input, response);
    await runTool('opj_jpip_transcode', [input, output]);
    return await decodeWithOpenJpeg(new Uint8Array(readFileSync(output)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describeTools(['opj_jpip_transcode', 'opj_decompress'], 'opj_jpip_transcode', () => {
  const { image } = wavyPicture(333, 222, 3, 8);
  const common = { levels: 3, layers: 2, precincts: [{ width: 64, height: 64 }], progression: 'RPCL' } as const;
  const files = {
    whole: encodeSync(image, { ...common }).data,
    tiles: encodeSync(image, { ...common, tile: { width: 128, height: 128 } }).data,
    // it counts the precincts of a tile from the tile's corner, so tiles begin where precincts do
    parts: encodeSync(image, { ...common, tile: { width: 256, height: 128 }, tileParts: 'resolution' }).data,
  };
  // its tile headers are not those of the standard
  const engine = engineOver(files, { compatibility: { tileHeaders: 'openjpip' } });

  for (const target of Object.keys(files) as (keyof typeof files)[]) {
    for (const suffix of ['jpp', 'jpt'] as const) {
      test(`makes the picture of a ${suffix}-stream: ${target}`, async () => {
        const taken = await ask(engine, `target=${target}&fsiz=333,222&type=${suffix}-stream`);
        expect(taken.eor).toBe(1);
        const planes = await throughOpenJpeg(taken.bytes, suffix);
        const local = await decode(files[target], { layout: 'planar', colour: 'native' });
        for (const [c, { data }] of planes.entries()) {
          expect(Array.from(data)).toEqual(Array.from(local.planes![c]!.data));
        }
      });
    }
  }

  test('makes a window of a jpp-stream that is right inside', async () => {
    const [x, y, w, h] = [90, 60, 100, 80];
    const taken = await ask(engine, `target=whole&fsiz=333,222&roff=${x},${y}&rsiz=${w},${h}&type=jpp-stream`);
    const planes = await throughOpenJpeg(taken.bytes, 'jpp');
    const region = { x, y, width: w, height: h };
    const local = await decode(files.whole, { region, layout: 'planar', colour: 'native' });
    planes.forEach(({ data, width }, c) => {
      const inside = Array.from({ length: w * h }, (_, k) => data[(y + Math.floor(k / w)) * width + x + (k % w)]);
      expect(inside).toEqual(Array.from(local.planes![c]!.data));
    });
  });
});

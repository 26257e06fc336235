/** The client with OpenJPEG's JPIP server: pictures coded here, with index boxes written here, come back as they are. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytesSource, decode, encodeSync, writeIndexBoxes } from '../../../src/index.ts';
import { openJpip } from '../../../src/jpip-client.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { type OpjServer, startOpjServer } from '../../support/opj-server.ts';
import { expectSamePicture } from '../../support/same-picture.ts';
import { describeTools } from '../../support/shared.ts';
import { TestSink } from '../../support/sinks.ts';

/** A file as that server wants it: RPCL, and index boxes. */
async function servable(tile?: number): Promise<Uint8Array> {
  const { image } = wavyPicture(700, 500, tile === undefined ? 1 : 3, 8);
  const { data } = encodeSync(image, {
    container: 'jp2',
    levels: 3,
    layers: 2,
    progression: 'RPCL',
    codeBlock: { width: 32, height: 32 },
    precincts: [{ width: 128, height: 128 }],
    ...(tile === undefined ? {} : { tile: { width: tile, height: tile }, tileParts: 'resolution' }),
  });
  const sink = new TestSink();
  await writeIndexBoxes(bytesSource(data), sink);
  return sink.bytes;
}

const WINDOWS = [
  { reduce: 2 },
  { region: { x: 210, y: 150, width: 130, height: 100 } },
  { region: { x: 400, y: 300, width: 200, height: 150 }, layers: 1, reduce: 1 },
  {},
];

describeTools(['opj_server', 'spawn-fcgi', 'nginx'], 'the client with opj_server', () => {
  const files: Record<string, Uint8Array> = {};
  let server: OpjServer;

  beforeAll(async () => {
    files['plain.jp2'] = await servable();
    files['tiled.jp2'] = await servable(256);
    server = await startOpjServer(files);
  });
  afterAll(() => server?.close());

  test.each([
    ['plain.jp2', 'auto', 'jpp'],
    ['plain.jp2', 'stateless', 'jpp'],
    ['tiled.jp2', 'auto', 'jpp'],
    ['tiled.jp2', 'stateless', 'jpp'],
    ['tiled.jp2', 'auto', 'jpt'],
  ] as const)('%s, mode %s, of %s-streams', async (name, mode, type) => {
    const image = await openJpip(`${server.url}?target=${name}`, { mode, type });
    expect(image.info).toMatchObject({ container: 'jp2', width: 700, height: 500 });
    for (const window of WINDOWS) {
      const found = await image.decode(window);
      const expected = await decode(files[name]!, window);
      expectSamePicture({ ...found, warnings: [] }, { ...expected, warnings: [] });
    }
    await image.close();
  });
});

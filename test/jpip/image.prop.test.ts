/** Random pictures, windows, limits and interruptions: every window is as the file's at every step, and no byte comes twice. */
import { expect, test } from 'vitest';
import { decode, type EncodeOptions, encodeSync, type Progression } from '../../src/index.ts';
import { openIt, TestServer } from '../support/jpip-client.ts';
import { wavyPicture } from '../support/encodes.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { expectSamePicture } from '../support/same-picture.ts';

function randomFile(random: Random): Uint8Array {
  const channels = random.pick([1, 3]);
  const { image } = wavyPicture(random.int(30, 190), random.int(30, 190), channels, 8);
  const size = 2 ** random.int(4, 6);
  const lossy = random.chance(0.3);
  const options: EncodeOptions = {
    container: random.pick(['codestream', 'jp2'] as const),
    levels: random.int(0, 4),
    layers: lossy ? 1 : random.int(1, 4),
    progression: random.pick(['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] satisfies Progression[]),
    codeBlock: { width: 16, height: 16 },
    markers: { eph: random.chance(0.3), sop: random.chance(0.3), plt: random.chance(0.3) },
    ...(random.chance(0.7) ? { precincts: [{ width: size, height: size }] } : {}),
    ...(random.chance(0.4) ? { tile: { width: random.int(40, 100), height: random.int(40, 100) } } : {}),
    ...(lossy ? { wavelet: '9/7', rate: { bpp: 2 } } : {}),
  };
  return encodeSync(image, options).data;
}

test.each(Array.from({ length: 60 }, (_, k) => k + 1))('a client of picture %i', async (seed) => {
  const random = randomFrom(seed);
  const file = randomFile(random);
  const server = new TestServer({ 'a.jp2': file }, random.chance(0.2) ? { sessions: false } : {});
  const type = random.chance(0.2) ? ('jpt' as const) : ('jpp' as const);
  const evicts = random.chance(0.2);
  const { image } = await openIt('http://here/a.jp2', {
    fetch: server.fetch,
    type,
    mode: random.pick(['auto', 'stateless'] as const),
    post: random.pick(['auto', 'always'] as const),
    maxResponseBytes: random.pick([1500, 4000, 1 << 20]),
    retries: 20,
    ...(evicts ? { cacheBytes: random.int(1000, 8000) } : {}),
  });
  const { width, height, levels, layers } = image.info;
  for (let step = 0; step < 5; step++) {
    const cutAt = random.int(1, 3000);
    let cuts = random.chance(0.5) ? random.int(1, 3) : 0;
    server.road = {
      chunkBytes: random.pick([7, 100, 4096]),
      onChunk: (_, sent) => {
        if (cuts === 0 || sent < cutAt) return;
        cuts--;
        throw new Error('the connection is gone');
      },
    };
    if (random.chance(0.15)) server.restart();
    const x = random.int(0, width - 1);
    const y = random.int(0, height - 1);
    const window = {
      reduce: random.int(0, levels),
      ...(random.chance(0.3) ? { layers: random.int(1, layers) } : {}),
      ...(random.chance(0.8)
        ? { region: { x, y, width: random.int(1, width - x), height: random.int(1, height - y) } }
        : {}),
    };
    const expected = await decode(file, window).catch((error: Error) => error);
    const found = await image.decode(window).catch((error: Error) => error);
    // a region may have no sample at a low resolution
    if (expected instanceof Error) expect(found).toMatchObject({ message: expected.message });
    else if (found instanceof Error) throw found;
    else expectSamePicture({ ...found, warnings: [] }, { ...expected, warnings: [] });
    if (!evicts) expect(server.repeated).toBe(0);
  }
  await image.close();
});

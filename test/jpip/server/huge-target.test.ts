import { expect, test } from 'vitest';
import { buildIndex, decode, encodeSync, type RandomAccessSource } from '../../../src/index.ts';
import { createJpipEngine } from '../../../src/jpip-server.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { hugePicture } from '../../support/huge-picture.ts';
import { ask, StrictCache } from '../../support/jpip-server.ts';

/** A source that keeps account. */
function counted(source: RandomAccessSource & { readonly size: number }) {
  const account = { reads: 0, bytes: 0 };
  const read: RandomAccessSource['read'] = async (range) => {
    const bytes = await source.read(range);
    account.reads++;
    account.bytes += bytes.length;
    return bytes;
  };
  return { source: { size: source.size, read }, account };
}

test('a picture of 100 352 x 100 352 opens from its sidecar with a few reads', async () => {
  const { image } = wavyPicture(1024, 1024, 1, 8, 0);
  const tile = encodeSync(image, {
    container: 'codestream',
    levels: 5,
    rate: { bpp: 0.05 },
    progression: 'RPCL',
    precincts: [{ width: 256, height: 256 }],
    tile: { width: 1024, height: 1024 },
  }).data;
  const picture = hugePicture(tile, 98, 98);
  const index = await buildIndex(picture);
  const file = counted(picture);
  const sidecar = counted({
    size: index.length,
    read: async ({ offset, length }) => index.subarray(offset, offset + length),
  });
  const engine = createJpipEngine({ resolve: () => ({ source: file.source, index: sidecar.source, tid: 'huge' }) });
  const cache = new StrictCache();
  const taken = await ask(engine, 'target=x&fsiz=100352,100352&roff=70000,50000&rsiz=600,600&len=200000', { cache });
  expect(taken).toMatchObject({ status: 200, eor: 2 });
  const region = { x: 70000, y: 50000, width: 600, height: 600 };
  const [got, local] = [await cache.decode({ region }), await decode(picture, { region, colour: 'native' })];
  expect(got.data).toEqual(local.data);
  expect(file.account.reads).toBeLessThan(12);
  expect(file.account.bytes).toBeLessThan(12 * 65536);
  expect(sidecar.account.reads).toBeLessThan(12);
  expect(sidecar.account.bytes).toBeLessThan(200_000);
  // the whole of it at thumbnail size touches every tile, and comes in pieces
  const first = await ask(engine, 'target=x&fsiz=3136,3136&len=30000');
  expect(first).toMatchObject({ status: 200, eor: 4 });
});

/** Client and server over real sockets. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../../src/index.ts';
import { type JpipViewImage, openJpip } from '../../../src/jpip-client.ts';
import { nodeHandler } from '../../../src/jpip-server.ts';
import { remoteFile } from '../../support/jpip-client.ts';
import { engineOver } from '../../support/jpip-server.ts';
import { expectSamePicture } from '../../support/same-picture.ts';

const file = remoteFile({ width: 300, height: 220, channels: 3 });
const region = { x: 100, y: 40, width: 120, height: 130 };
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(nodeHandler(engineOver({ 'a.jp2': file }), { basePath: '/pictures' }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pictures/a.jp2`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each([
  { mode: 'session' },
  { mode: 'stateless' },
  { mode: 'stateless', post: 'always' },
  { mode: 'session', post: 'always', type: 'jpt' },
] as const)('windows come with %j', async (options) => {
  const image = await openJpip(url, options);
  for (const window of [{ reduce: 2 }, { region }, {}]) {
    const found = await image.decode(window);
    expectSamePicture({ ...found, warnings: [] }, { ...(await decode(file, window)), warnings: [] });
  }
  await image.close();
});

test('connections that break under way cost nothing but time', async () => {
  const image = await openJpip(url, { maxResponseBytes: 4000, retries: 10 });
  let broken = 0;
  for await (const { bytes } of image.request({})) {
    if (bytes > 0 && broken < 5) {
      broken++;
      server.closeAllConnections();
    }
  }
  expect(broken).toBe(5);
  const found = await image.decode();
  expectSamePicture({ ...found, warnings: [] }, { ...(await decode(file)), warnings: [] });
  expect(found.stats.requests).toBe(0);
  await image.close();
});

test('a view that begins ends the one before', async () => {
  const image = await openJpip(url, { maxResponseBytes: 3000 });
  let last: JpipViewImage | undefined;
  let second: Promise<void> | undefined;
  const show = async (): Promise<void> => {
    for await (const picture of image.view({ region, reduce: 1 }, { minIntervalMs: 0 })) last = picture;
  };
  let finals = 0;
  for await (const { final } of image.view({}, { minIntervalMs: 0 })) {
    if (final) finals++;
    second ??= show();
  }
  await second;
  expect(finals).toBe(0);
  const { final, ...picture } = last!;
  expect(final).toBe(true);
  expectSamePicture({ ...picture, warnings: [] }, { ...(await decode(file, { region, reduce: 1 })), warnings: [] });
  await image.close();
});

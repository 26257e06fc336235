/** Client and server over real sockets. */
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { decode } from '../../../src/index.ts';
import { type JpipViewImage, openJpip } from '../../../src/jpip-client.ts';
import { nodeHandler } from '../../../src/jpip-server.ts';
import { hostFetch } from '../../../src/platform/client-host.ts';
import { jpipRejection, openIt, remoteFile } from '../../support/jpip-client.ts';
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

/** A server for one test; gives its origin. */
async function serve(listener: RequestListener): Promise<string> {
  const own = createServer(listener);
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    own.closeAllConnections();
    own.close();
  });
  return `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
}

test('headers of the user go along within one origin only', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const other = await serve((request, response) => {
    seen.push(request.headers);
    response.end();
  });
  const away = await serve((request, response) => response.writeHead(302, { Location: other + request.url }).end());
  const headers = { 'X-Api-Key': 'secret' };
  const failure = await jpipRejection(openJpip(`${away}/a.jp2`, { headers }));
  expect(failure).toMatchObject({ kind: 'refused', code: 'response-status', status: 302 });
  expect(failure.message).toContain(other);
  expect(seen).toEqual([]);

  const handler = nodeHandler(engineOver({ 'a.jp2': file }));
  const here = await serve((request, response) => {
    if (request.url!.startsWith('/old')) response.writeHead(302, { Location: request.url!.slice(4) }).end();
    else {
      seen.push(request.headers);
      void handler(request, response);
    }
  });
  const image = await openJpip(`${here}/old/a.jp2`, { headers });
  expect(image.info.width).toBe(300);
  await image.close();
  expect(seen.length).toBeGreaterThan(1);
  for (const own of seen) expect(own['x-api-key']).toBe('secret');
});

// a connection that stays open is one less for the next requests, and keeps a program from ending
test.each(['a head and a byte', 'nothing'])(
  'a response of which %s comes is given up with its connection',
  async (what) => {
    const handler = nodeHandler(engineOver({ 'a.jp2': file }));
    let silent = false;
    let asked = (): void => {};
    let closed = (): void => {};
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    const origin = await serve((request, response) => {
      if (!silent) return void handler(request, response);
      response.on('close', closed);
      if (what !== 'nothing')
        response.writeHead(200, { 'Content-Type': 'image/jpp-stream' }).write(Uint8Array.of(0x20));
      asked();
    });
    const { image, expire } = await openIt(`${origin}/a.jp2`, { fetch: hostFetch, retries: 0 });
    silent = true;
    let failed = false;
    const failing = jpipRejection(image.decode()).finally(() => (failed = true));
    await isAsked;
    while (!failed) {
      expire();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await failing).toMatchObject({ code: 'timeout' });
    await isClosed;
  },
);

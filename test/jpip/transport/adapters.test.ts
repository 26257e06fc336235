/** Client and server engine through the adapters: what is decoded is what the file holds, whichever way it travels. */
import { createServer } from 'node:http';
import { connect as connect2, createServer as createServer2 } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { decodeSync } from '../../../src/index.ts';
import { openJpip } from '../../../src/jpip-client.ts';
import { createJpipEngine, fetchHandler, type JpipEngine, nodeHandler } from '../../../src/jpip-server.ts';
import { BytesSource } from '../../../src/codec/source.ts';
import { MessageReader } from '../../../src/jpip/wire/message-reader.ts';
import { fixture } from '../../support/fixtures.ts';
import { expectSamePicture } from '../../support/same-picture.ts';

const NAME = 'tiles-offsets-53';

function engineOver(name: string): JpipEngine {
  return createJpipEngine({
    resolve: (target) => (target === `${name}.j2k` ? { source: new BytesSource(fixture(name)) } : null),
  });
}

/** A listening server's port. */
async function listen(server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe.each(['auto', 'never', 'always'] as const)('with streaming: %s', (streaming) => {
  test.each(['session', 'stateless'] as const)('over node:http, mode %s', async (mode) => {
    const engine = engineOver(NAME);
    const server = createServer(nodeHandler(engine, { basePath: '/pictures', streaming }));
    const port = await listen(server);
    const image = await openJpip(`http://127.0.0.1:${port}/pictures/${NAME}.j2k`, { mode });
    expectSamePicture(await image.decode(), decodeSync(fixture(NAME)));
    await image.close();
    server.close();
    server.closeAllConnections();
  });

  test('through a fetch handler', async () => {
    const handler = fetchHandler(engineOver(NAME), { basePath: '/pictures', streaming });
    const image = await openJpip(`http://any.where/pictures/${NAME}.j2k`, {
      fetch: (url, init) => handler(new Request(url, init as RequestInit)),
    });
    const region = { x: 10, y: 10, width: 40, height: 30 };
    expectSamePicture(await image.decode({ region, reduce: 1 }), decodeSync(fixture(NAME), { region, reduce: 1 }));
    await image.close();
    await handler.close();
  });
});

test('a channel is told the path at which it is to be asked', async () => {
  const engine = engineOver(NAME);
  const server = createServer(nodeHandler(engine, { basePath: '/a/b' }));
  const port = await listen(server);
  const first = await fetch(`http://127.0.0.1:${port}/a/b/${NAME}.j2k?cnew=http&len=0&type=jpp-stream`);
  const [, cid] = /^cid=([^,]+)/.exec(first.headers.get('jpip-cnew')!)!;
  const [, path] = /path=([^,]*)/.exec(first.headers.get('jpip-cnew')!)!;
  const second = await fetch(`http://127.0.0.1:${port}/${path}?cid=${cid}&fsiz=64,64&len=2000`);
  expect([second.status, second.headers.get('content-type')]).toEqual([200, 'image/jpp-stream']);
  server.close();
  server.closeAllConnections();
});

test('over HTTP/2, many requests on one connection', async () => {
  const server = createServer2(nodeHandler(engineOver(NAME)));
  const port = await listen(server);
  const client = connect2(`http://127.0.0.1:${port}`);
  const ask = async (path: string): Promise<Uint8Array> => {
    const pieces: Buffer[] = [];
    for await (const piece of client.request({ ':path': path })) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  };
  const query = (len: number): string => `/${NAME}.j2k?fsiz=999,999&type=jpp-stream&len=${len}`;
  const answers = await Promise.all([500, 1000, 2000, 4000, 1e6].map((len) => ask(query(len))));
  for (const [k, bytes] of answers.entries()) {
    const reader = new MessageReader();
    const messages = reader.push(bytes);
    reader.end();
    expect(messages.at(-1)).toMatchObject({ kind: 'eor', reason: k < 4 ? 4 : 1 });
  }
  client.destroy();
  server.close();
});

test('connections that are cut in the middle of responses cost time and nothing else', async () => {
  const server = createServer(nodeHandler(engineOver(NAME), { streaming: 'always' }));
  const port = await listen(server);
  let connections = 0;
  // two of three connections end after a few hundred bytes
  const proxy = createTcpServer((socket) => {
    const upstream = connect(port, '127.0.0.1');
    const most = connections++ % 3 < 2 ? 700 : Number.POSITIVE_INFINITY;
    let passed = 0;
    upstream.on('data', (bytes) => {
      passed += bytes.length;
      socket.write(bytes.subarray(0, Math.max(0, bytes.length - Math.max(0, passed - most))));
      if (passed > most) socket.destroySoon();
    });
    socket.on('data', (bytes) => upstream.write(bytes));
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  const proxyPort = await listen(proxy);
  const image = await openJpip(`http://127.0.0.1:${proxyPort}/${NAME}.j2k`, { maxResponseBytes: 1500, retries: 20 });
  expectSamePicture(await image.decode(), decodeSync(fixture(NAME)));
  expect(connections).toBeGreaterThan(2);
  await image.close();
  proxy.close();
  server.close();
  server.closeAllConnections();
});

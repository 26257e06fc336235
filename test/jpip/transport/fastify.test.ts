/** The Fastify plugin, against a stand-in that does with plugins what Fastify does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type FastifyLike, fastifyJpip } from '../../../src/jpip/transport/fastify.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

type Route = Parameters<FastifyLike['route']>[0];

test('registers routes for its prefix and everything below its prefix, on raw requests and responses', async () => {
  const engine = new FakeEngine();
  const routes: Route[] = [];
  const parsers: string[] = [];
  let onClose: (() => Promise<void>) | undefined;
  let hijacked = 0;
  await fastifyJpip(engine, { basePath: 'data' })(
    {
      prefix: '/jpip',
      removeAllContentTypeParsers: () => parsers.splice(0),
      addContentTypeParser: (type, parser) => {
        parsers.push(type);
        parser({}, {}, (error) => expect(error).toBeNull());
      },
      route: (route) => routes.push(route),
      addHook: (_, hook) => {
        onClose = hook;
      },
    },
    {},
  );
  expect(parsers).toEqual(['*']);
  const method = ['GET', 'HEAD', 'POST', 'OPTIONS'];
  expect(routes).toMatchObject([
    { method, url: '/data' },
    { method, url: '/data/*' },
  ]);
  const server = createServer((raw, response) =>
    routes[1]!.handler({ raw }, { raw: response, hijack: () => hijacked++ }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/jpip/data/a.jp2?len=1`, {
      method: 'POST',
      body: 'fsiz=1,1',
    });
    expect(await response.text()).toBe('first second');
    expect(engine.requests[0]).toMatchObject({ path: '/a.jp2', query: 'len=1' });
    expect(engine.requests[0]!.body).toHaveLength(8);
    expect(hijacked).toBe(1);
    await onClose!();
    expect((await fetch(`http://127.0.0.1:${port}/jpip/data/a.jp2`)).status).toBe(503);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

/** The engine behind the Fetch standard, with the platform's own `Request` and `Response`. */
import { describe, expect, test } from 'vitest';
import { fetchHandler } from '../../../src/platform/fetch-handler.ts';
import type { AccessLogEntry } from '../../../src/jpip/transport/access-log.ts';
import { bytesOf, FakeEngine } from '../../support/fake-engine.ts';

describe('fetchHandler', () => {
  test('answers a request, with a length for clients that may need one', async () => {
    const engine = new FakeEngine();
    const handler = fetchHandler(engine, { basePath: '/jpip' });
    const response = await handler(new Request('http://host/jpip/a%20b.jp2?len=7#x'));
    expect([response.status, response.statusText]).toEqual([200, 'OK']);
    expect(response.headers.get('content-length')).toBe('12');
    expect(response.headers.get('jpip-tid')).toBe('x1');
    expect(await response.text()).toBe('first second');
    expect(engine.requests[0]).toMatchObject({ method: 'GET', path: '/a%20b.jp2', query: 'len=7' });
  });

  test('streams to those who can take it, no faster than they take it', async () => {
    const engine = new FakeEngine();
    const log: AccessLogEntry[] = [];
    engine.pieces = () => Array.from({ length: 100 }, (_, k) => bytesOf(`${k} `));
    const handler = fetchHandler(engine, { accessLog: (entry) => log.push(entry), streaming: 'always' });
    const response = await handler(new Request('http://host/'));
    expect(response.headers.get('content-length')).toBeNull();
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('0 ');
    expect(engine.taken).toBeLessThan(4);
    expect(log).toEqual([]);
    await reader.cancel();
    expect(engine.ended).toBe(1);
    expect(engine.signal!.aborted).toBe(true);
    expect(log).toMatchObject([{ status: 200, bytes: 2, aborted: true }]);
  });

  test('a body that nobody begins to read is given back when it is cancelled', async () => {
    const engine = new FakeEngine();
    const handler = fetchHandler(engine, { streaming: 'always' });
    const response = await handler(new Request('http://host/'));
    await response.body!.cancel();
    expect(engine.ended).toBe(1);
    await handler.close();
  });

  test('reads the body of a POST up to the limit', async () => {
    const engine = new FakeEngine();
    const handler = fetchHandler(engine, { requestBytes: 10 });
    const post = (body: string): Promise<Response> => handler(new Request('http://host/', { method: 'POST', body }));
    expect((await post('fsiz=1,1')).status).toBe(200);
    expect(new TextDecoder().decode(engine.requests[0]!.body)).toBe('fsiz=1,1');
    expect((await post('model=Hm,P0-9')).status).toBe(413);
    expect(engine.requests).toHaveLength(1);
  });

  test('hands the abort of a request on', async () => {
    const engine = new FakeEngine();
    const abort = new AbortController();
    const handler = fetchHandler(engine, { streaming: 'always' });
    await handler(new Request('http://host/', { signal: abort.signal }));
    expect(engine.signal!.aborted).toBe(false);
    abort.abort();
    expect(engine.signal!.aborted).toBe(true);
  });

  test('is well, counts, and has nothing elsewhere', async () => {
    const handler = fetchHandler(new FakeEngine(), { basePath: '/jpip' });
    expect(await (await handler(new Request('http://host/jpip/health'))).text()).toBe('ok\n');
    expect(await (await handler(new Request('http://host/jpip/metrics'))).text()).toContain(
      'jpip_engine_sessions_open 3',
    );
    expect((await handler(new Request('http://host/'))).status).toBe(404);
  });
});

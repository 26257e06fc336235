import { describe, expect, test } from 'vitest';
import { type FetchInit, type FetchResponseLike, httpConnection } from '../../../src/jpip/transport/client-http.ts';

/** A connection over a `fetch` that always gives the same, and what it was asked. */
function over(response: Partial<FetchResponseLike>, headers?: Record<string, string>) {
  const asked: { url: string; init: FetchInit }[] = [];
  const connection = httpConnection({
    fetch: async (url, init) => {
      asked.push({ url, init });
      return { status: 200, headers: { get: () => null }, arrayBuffer: async () => new ArrayBuffer(0), ...response };
    },
    ...(headers ? { headers } : {}),
  });
  return { connection, asked };
}

async function allOf(body: AsyncIterator<Uint8Array>): Promise<number[]> {
  const bytes: number[] = [];
  for (let step = await body.next(); !step.done; step = await body.next()) bytes.push(...step.value);
  return bytes;
}

describe('a connection over HTTP', () => {
  const request = { address: 'http://h/jpip', query: 'target=a&len=0', post: false };

  test('sends fields in the URL, or in the body', async () => {
    const { connection, asked } = over({}, { Authorization: 'me' });
    await connection.send(request);
    await connection.send({ ...request, post: true });
    expect(asked[0]).toEqual({
      url: 'http://h/jpip?target=a&len=0',
      init: { method: 'GET', headers: { Authorization: 'me' }, redirect: 'manual' },
    });
    expect(asked[1]).toEqual({
      url: 'http://h/jpip',
      init: {
        method: 'POST',
        headers: { Authorization: 'me', 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'target=a&len=0',
        redirect: 'manual',
      },
    });
    const plain = over({});
    await plain.connection.send(request);
    expect(plain.asked[0]!.init).toEqual({ method: 'GET', headers: {} });
  });

  test('says what is behind a failure, and hands on that of a request given up', async () => {
    const refused = new Error('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') });
    const failing = httpConnection({ fetch: () => Promise.reject(refused) });
    await expect(failing.send(request)).rejects.toThrow('fetch failed: connect ECONNREFUSED 127.0.0.1:9');
    const signal = { aborted: true, reason: refused };
    await expect(failing.send({ ...request, signal })).rejects.toBe(refused);
  });

  test('hands on the signal, status and headers', async () => {
    const { connection, asked } = over({
      status: 503,
      statusText: 'Busy',
      headers: { get: (name) => (name === 'JPIP-tid' ? 'x' : null) },
    });
    const { signal } = new AbortController();
    const reply = await connection.send({ ...request, signal });
    expect(asked[0]!.init.signal).toBe(signal);
    expect([reply.status, reply.reason, reply.header('JPIP-tid'), reply.header('JPIP-qid')]).toEqual([
      503,
      'Busy',
      'x',
      null,
    ]);
  });

  test('gives bodies of every kind piece by piece', async () => {
    const web = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Uint8Array.of(1, 2));
        controller.enqueue(Uint8Array.of(3));
        controller.close();
      },
    });
    const iterable = (async function* () {
      yield Uint8Array.of(1, 2);
      yield Uint8Array.of(3);
    })();
    const buffer = async (): Promise<ArrayBuffer> => Uint8Array.of(1, 2, 3).buffer;
    for (const response of [{ body: web }, { body: iterable }, { body: null, arrayBuffer: buffer }]) {
      const { connection } = over(response);
      expect(await allOf((await connection.send(request)).body)).toEqual([1, 2, 3]);
    }
    const empty = over({ body: null });
    expect(await allOf((await empty.connection.send(request)).body)).toEqual([]);
  });

  test('gives up a body of which nothing comes, at once', async () => {
    let cancelled = 0;
    const silent = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => {}),
      cancel: () => void cancelled++,
    });
    const { body } = await over({ body: silent }).connection.send(request);
    const waiting = body.next();
    await body.return?.();
    expect(cancelled).toBe(1);
    expect((await waiting).done).toBe(true);
  });

  test('cancels a body that is not wanted any more, and hands on its failure', async () => {
    let cancelled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Uint8Array.of(7)),
      cancel: () => void cancelled++,
    });
    const { connection } = over({ body: endless });
    const { body } = await connection.send(request);
    await body.next();
    await body.return?.();
    expect(cancelled).toBe(1);
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('reset')) });
    const failing = await over({ body: broken }).connection.send(request);
    await expect(failing.body.next()).rejects.toThrow('reset');
  });
});

describe('requests with headers of the user', () => {
  const request = { address: 'http://here:8080/a/b', query: 'len=0', post: false };

  /** A connection to servers that answer as the list says, by URL. */
  function sentOn(answers: Readonly<Record<string, Partial<FetchResponseLike> & { readonly location?: string }>>) {
    const asked: { url: string; init: FetchInit }[] = [];
    const connection = httpConnection({
      fetch: async (url, init) => {
        asked.push({ url, init });
        const { location, ...response } = answers[url] ?? {};
        const headers = { get: (name: string): string | null => (name === 'Location' ? (location ?? null) : null) };
        return { status: 200, headers, arrayBuffer: async () => new ArrayBuffer(0), ...response };
      },
      headers: { 'X-Api-Key': 'secret' },
    });
    return { connection, asked };
  }

  test.each([
    ['http://here:8080/c?x=1', 'http://here:8080/c?x=1'],
    ['HTTP://HERE:8080/c', 'HTTP://HERE:8080/c'],
    ['//here:8080/c', 'http://here:8080/c'],
    ['/c', 'http://here:8080/c'],
    ['c', 'http://here:8080/a/c'],
    ['?len=1', 'http://here:8080/a/b?len=1'],
  ])('are sent on to %s of the same origin', async (location, url) => {
    const { connection, asked } = sentOn({ 'http://here:8080/a/b?len=0': { status: 307, location } });
    expect((await connection.send(request)).status).toBe(200);
    expect(asked.map((each) => each.url)).toEqual(['http://here:8080/a/b?len=0', url]);
    expect(asked[1]!.init).toEqual(asked[0]!.init);
  });

  test.each([
    'http://there/c',
    'http://here/c',
    'https://here:8080/c',
    '//there:8080/c',
    'http://here:8080@there/c',
    'http://here:8080.there/c',
    'http:\\\\there/c',
    'data:text/plain,',
    '',
  ])('are not sent on to "%s"', async (location) => {
    const { connection, asked } = sentOn({ 'http://here:8080/a/b?len=0': { status: 302, location } });
    const { status, reason } = await connection.send(request);
    expect({ status, asked: asked.length }).toEqual({ status: 302, asked: 1 });
    expect(reason).toContain(location);
  });

  test('are not sent on where a browser does not say to which address, nor in circles', async () => {
    const opaque = sentOn({ 'http://here:8080/a/b?len=0': { status: 0, type: 'opaqueredirect' } });
    expect((await opaque.connection.send(request)).status).toBe(302);
    const circle = sentOn({ 'http://here:8080/a/b?len=0': { status: 302, location: 'b?len=0' } });
    expect((await circle.connection.send(request)).status).toBe(302);
    expect(circle.asked).toHaveLength(6);
  });
});

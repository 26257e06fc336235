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
      init: { method: 'GET', headers: { Authorization: 'me' } },
    });
    expect(asked[1]).toEqual({
      url: 'http://h/jpip',
      init: {
        method: 'POST',
        headers: { Authorization: 'me', 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'target=a&len=0',
      },
    });
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

import { describe, expect, test } from 'vitest';
import type { JpipHttpRequest, JpipHttpResponse } from '../../../src/jpip/http-message.ts';
import { loopback } from '../../../src/jpip/transport/loopback.ts';

/** An engine that says what it was asked, in two pieces. */
function echo() {
  const asked: JpipHttpRequest[] = [];
  let returned = false;
  const handle = async (request: JpipHttpRequest): Promise<JpipHttpResponse> => {
    asked.push(request);
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield Uint8Array.of(1, 2, 3);
        yield Uint8Array.of(4, 5);
      } finally {
        returned = true;
      }
    }
    return { status: 200, reason: 'OK', headers: { 'JPIP-tid': 'x' }, body: body() };
  };
  return { engine: { handle }, asked, wasReturned: () => returned };
}

const GET = { method: 'GET', headers: { 'X-Y': 'z' } } as const;

describe('a road without a network', () => {
  test('takes a URL apart as a web server does', async () => {
    const { engine, asked } = echo();
    await loopback(engine)('https://host:1/a/b%20c?target=d&len=1#e', GET);
    await loopback(engine)('/jpip', { method: 'POST', headers: {}, body: 'len=0' });
    expect(asked[0]).toEqual({ method: 'GET', path: '/a/b%20c', query: 'target=d&len=1', headers: { 'x-y': 'z' } });
    expect(asked[1]).toEqual({
      method: 'POST',
      path: '/jpip',
      query: '',
      headers: {},
      body: new TextEncoder().encode('len=0'),
    });
  });

  test('gives the response with its headers in any case', async () => {
    const response = await loopback(echo().engine)('/a', GET);
    expect([response.status, response.statusText]).toEqual([200, 'OK']);
    expect(response.headers.get('jpip-TID')).toBe('x');
    expect(response.headers.get('JPIP-qid')).toBeNull();
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3, 4, 5]);
  });

  test('cuts bodies into pieces, and off where it is told to', async () => {
    const sent: number[] = [];
    const onChunk = (_: JpipHttpRequest, bytes: number): void => {
      sent.push(bytes);
      if (bytes >= 4) throw new Error('cut');
    };
    const { engine, wasReturned } = echo();
    const { body } = await loopback(engine, { chunkBytes: 2, onChunk })('/a', GET);
    const pieces: number[][] = [];
    const take = async (): Promise<void> => {
      for await (const piece of body as AsyncIterable<Uint8Array>) pieces.push([...piece]);
    };
    await take();
    expect(pieces).toEqual([[1, 2], [3], [4, 5]]);
    expect(sent).toEqual([0, 2, 3]);
    expect(wasReturned()).toBe(true);
    const failing = loopback(echo().engine, { chunkBytes: 1, onChunk: (_, bytes) => onChunk(_, bytes + 2) });
    const response = await failing('/a', GET);
    await expect(response.arrayBuffer()).rejects.toThrow('cut');
  });

  test('fails before the engine is asked', async () => {
    const { engine, asked } = echo();
    const broken = loopback(engine, {
      onRequest: () => {
        throw new Error('refused');
      },
    });
    await expect(broken('/a', GET)).rejects.toThrow('refused');
    expect(asked).toEqual([]);
  });
});

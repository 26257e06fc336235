import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { decode, decodeSync, httpSource, type HttpSourceOptions, inspect, open } from '../../src/index.ts';
import { repeatTile } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';
import { expectSamePicture, expectSameSamples } from '../support/same-picture.ts';

/** What a server was asked for, and a way to misbehave. */
interface TestServer {
  readonly url: string;
  readonly ranges: [number, number][];
  /** Largest number of requests at once. */
  most: number;
  bytes: Uint8Array;
  etag: string | undefined;
  /** Answers instead of the proper one where it returns true. */
  answer: (request: IncomingMessage, response: ServerResponse, start: number, end: number) => boolean;
  delayMs: number;
}

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(bytes: Uint8Array): Promise<TestServer> {
  let active = 0;
  const server = createServer(async (request, response) => {
    active++;
    state.most = Math.max(state.most, active);
    if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
    active--;
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const start = Number(match?.[1] ?? 0);
    const end = Math.min(Number(match?.[2] ?? state.bytes.length - 1) + 1, state.bytes.length);
    state.ranges.push([start, end]);
    if (state.etag !== undefined) response.setHeader('ETag', state.etag);
    if (state.answer(request, response, start, end)) return;
    if (start >= state.bytes.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${state.bytes.length}` }).end();
      return;
    }
    response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${state.bytes.length}` });
    response.end(state.bytes.subarray(start, end));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state: TestServer = {
    url: `http://127.0.0.1:${port}/picture.j2k`,
    ranges: [],
    most: 0,
    bytes,
    etag: '"one"',
    answer: () => false,
    delayMs: 0,
  };
  return state;
}

const numbers = Uint8Array.from({ length: 300_000 }, (_, k) => (k * 7 + (k >> 8)) & 255);

describe('a URL as a source', () => {
  test('gives any range, and learns the size from the first answer', async () => {
    const server = await serve(numbers);
    const source = httpSource(server.url);
    expect(source.size).toBeUndefined();
    expect(await source.read({ offset: 5, length: 10 })).toEqual(numbers.slice(5, 15));
    expect(source.size).toBe(numbers.length);
    expect(await source.read({ offset: 8188, length: 10 })).toEqual(numbers.slice(8188, 8198));
    expect(await source.read({ offset: 0, length: 0 })).toHaveLength(0);
    // reads are rounded to blocks, and what was read is kept
    expect(server.ranges).toEqual([
      [0, 8192],
      [8192, 16384],
    ]);
  });

  test('gives what there is at the end and nothing beyond it', async () => {
    const server = await serve(numbers);
    const source = httpSource(server.url);
    expect(await source.read({ offset: 299_990, length: 1000 })).toEqual(numbers.slice(299_990));
    expect(await source.read({ offset: 300_000, length: 10 })).toHaveLength(0);
    expect(await source.read({ offset: 900_000, length: 10 })).toHaveLength(0);
  });

  test('asked beyond the end before it knows the size, learns it from the 416', async () => {
    const server = await serve(numbers);
    const source = httpSource(server.url);
    expect(await source.read({ offset: 900_000, length: 10 })).toHaveLength(0);
    expect(source.size).toBe(numbers.length);
    expect(await source.read({ offset: 10, length: 3 })).toEqual(numbers.slice(10, 13));
  });

  test('an empty file has no bytes', async () => {
    const server = await serve(new Uint8Array(0));
    const source = httpSource(server.url);
    expect(await source.read({ offset: 0, length: 10 })).toHaveLength(0);
    expect(source.size).toBe(0);
  });

  test('joins ranges that lie close together, and asks for distant ones at once', async () => {
    const server = await serve(numbers);
    server.delayMs = 20;
    const source = httpSource(server.url, { blockBytes: 1000, coalesceGapBytes: 2000, parallel: 3 });
    const offsets = [500, 2500, 100_000, 150_000, 200_000, 250_000, 252_100];
    const pieces = await source.readMany!(offsets.map((offset) => ({ offset, length: 100 })));
    for (const [k, piece] of pieces.entries()) expect(piece).toEqual(numbers.slice(offsets[k], offsets[k]! + 100));
    expect([...server.ranges].sort((a, b) => a[0] - b[0])).toEqual([
      [0, 3000],
      [100_000, 101_000],
      [150_000, 151_000],
      [200_000, 201_000],
      [250_000, 253_000],
    ]);
    expect(server.most).toBe(3);
  });

  test('never makes more requests at once than it may, however the reads come', async () => {
    const server = await serve(numbers);
    server.delayMs = 5;
    const source = httpSource(server.url, { blockBytes: 1000, coalesceGapBytes: 0, parallel: 2 });
    const reads = Array.from({ length: 20 }, (_, k) => source.read({ offset: k * 10_000, length: 10 }));
    await Promise.all(reads);
    expect(server.most).toBe(2);
  });

  test('forgets what was read longest ago, and reads it again', async () => {
    const server = await serve(numbers);
    const source = httpSource(server.url, { blockBytes: 1000, coalesceGapBytes: 0, cacheBytes: 5000 });
    for (const offset of [0, 10_000, 20_000, 30_000, 40_000, 50_000]) await source.read({ offset, length: 1 });
    await source.read({ offset: 50_000, length: 1000 });
    expect(server.ranges).toHaveLength(6);
    expect(await source.read({ offset: 0, length: 10 })).toEqual(numbers.slice(0, 10));
    expect(server.ranges).toHaveLength(7);
    // more at once than is kept
    expect(await source.read({ offset: 0, length: 100_000 })).toEqual(numbers.slice(0, 100_000));
  });

  test('sends the headers it was given', async () => {
    const server = await serve(numbers);
    let seen: string | undefined;
    server.answer = (request) => {
      seen = request.headers.authorization;
      return false;
    };
    await httpSource(server.url, { headers: { Authorization: 'Bearer x' } }).read({ offset: 0, length: 1 });
    expect(seen).toBe('Bearer x');
  });

  test('keeps the whole file when the server ignores ranges', async () => {
    const server = await serve(numbers);
    server.answer = (_, response) => {
      response.writeHead(200).end(numbers);
      return true;
    };
    const source = httpSource(server.url);
    expect(await source.read({ offset: 1000, length: 10 })).toEqual(numbers.slice(1000, 1010));
    expect(await source.read({ offset: 200_000, length: 10 })).toEqual(numbers.slice(200_000, 200_010));
    expect(source.size).toBe(numbers.length);
    expect(server.ranges).toHaveLength(1);
  });

  test('asks again for the rest when the server sends less than was asked for', async () => {
    const server = await serve(numbers);
    server.answer = (_, response, start, end) => {
      const stop = Math.min(end, start + 10_000);
      response.writeHead(206, { 'Content-Range': `bytes ${start}-${stop - 1}/${numbers.length}` });
      response.end(numbers.subarray(start, stop));
      return true;
    };
    const source = httpSource(server.url);
    expect(await source.read({ offset: 0, length: 50_000 })).toEqual(numbers.slice(0, 50_000));
    expect(await source.read({ offset: 12_000, length: 100 })).toEqual(numbers.slice(12_000, 12_100));
  });

  test('a server that does not say the size is read to where it stops', async () => {
    const server = await serve(numbers.slice(0, 20_000));
    server.answer = (_, response, start, end) => {
      if (start >= 20_000) {
        response.writeHead(416).end();
      } else {
        response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/*` });
        response.end(server.bytes.subarray(start, end));
      }
      return true;
    };
    const source = httpSource(server.url);
    expect(await source.read({ offset: 16_000, length: 10_000 })).toEqual(numbers.slice(16_000, 20_000));
    expect(source.size).toBe(20_000);
  });
});

describe('a URL that fails', () => {
  const failing = (status: number) => async (): Promise<TestServer> => {
    const server = await serve(numbers);
    server.answer = (_, response) => {
      response.writeHead(status).end('no');
      return true;
    };
    return server;
  };

  test.each([301, 403, 404, 500, 503])('status %i is source-read', async (status) => {
    const server = await failing(status)();
    await expect(httpSource(server.url).read({ offset: 3, length: 1 })).rejects.toMatchObject({
      name: 'Jpeg2000Error',
      code: 'source-read',
      offset: 0,
    });
    await expect(decode(httpSource(server.url))).rejects.toMatchObject({ code: 'source-read' });
  });

  test('a connection that breaks is source-read', async () => {
    const server = await serve(numbers);
    server.answer = (_, response, start) => {
      response.writeHead(206, { 'Content-Range': `bytes ${start}-999/1000`, 'Content-Length': '1000' });
      response.write('begin');
      setTimeout(() => response.destroy(), 5);
      return true;
    };
    await expect(httpSource(server.url).read({ offset: 0, length: 10 })).rejects.toMatchObject({ code: 'source-read' });
    await expect(httpSource('http://127.0.0.1:1/').read({ offset: 0, length: 1 })).rejects.toMatchObject({
      code: 'source-read',
    });
  });

  test('more bytes than were asked for, or others, are source-read', async () => {
    const server = await serve(numbers);
    server.answer = (_, response, start, end) => {
      response.writeHead(206, { 'Content-Range': `bytes ${start}-${end}/${numbers.length}` });
      response.end(numbers.subarray(start, end + 1));
      return true;
    };
    await expect(httpSource(server.url).read({ offset: 0, length: 10 })).rejects.toMatchObject({ code: 'source-read' });
    server.answer = (_, response, _start, end) => {
      response.writeHead(206, { 'Content-Range': `bytes 7-${end - 1}/${numbers.length}` });
      response.end(numbers.subarray(7, end));
      return true;
    };
    await expect(httpSource(server.url).read({ offset: 0, length: 10 })).rejects.toMatchObject({ code: 'source-read' });
    server.answer = (_, response, start, end) => {
      response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${numbers.length}` }).end();
      return true;
    };
    await expect(httpSource(server.url).read({ offset: 0, length: 10 })).rejects.toMatchObject({ code: 'source-read' });
  });

  test('an ETag or a size that changes is source-changed', async () => {
    const changes: ((server: TestServer) => void)[] = [
      (server) => {
        server.etag = '"two"';
      },
      (server) => {
        server.bytes = numbers.slice(0, 250_000);
      },
    ];
    for (const change of changes) {
      const server = await serve(numbers);
      const source = httpSource(server.url);
      await source.read({ offset: 0, length: 10 });
      change(server);
      await expect(source.read({ offset: 200_000, length: 10 })).rejects.toMatchObject({ code: 'source-changed' });
    }
  });

  test('a weak ETag may change, since it does not name bytes', async () => {
    const server = await serve(numbers);
    server.etag = 'W/"one"';
    const source = httpSource(server.url);
    await source.read({ offset: 0, length: 10 });
    server.etag = 'W/"two"';
    expect(await source.read({ offset: 200_000, length: 10 })).toEqual(numbers.slice(200_000, 200_010));
  });

  test('an abort rejects with the reason of the signal, also for requests that wait their turn', async () => {
    const server = await serve(numbers);
    server.delayMs = 1000;
    const source = httpSource(server.url, { blockBytes: 1000, coalesceGapBytes: 0, parallel: 1 });
    const controller = new AbortController();
    const reads = [0, 50_000].map((offset) => source.read({ offset, length: 10 }, { signal: controller.signal }));
    setTimeout(() => controller.abort('enough'), 10);
    for (const read of reads) await expect(read).rejects.toBe('enough');
    server.delayMs = 0;
    expect(await source.read({ offset: 50_000, length: 4 })).toEqual(numbers.slice(50_000, 50_004));
    await expect(source.read({ offset: 0, length: 1 }, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });
});

describe('pictures from a URL', () => {
  const COLUMNS = 200;
  const wide = repeatTile(fixture('layers-lrcp-53'), COLUMNS);
  const tight: HttpSourceOptions = { blockBytes: 4096, coalesceGapBytes: 4096 };

  test('are those from memory', async () => {
    for (const name of ['tiles-offsets-97', 'precincts-rpcl-plt-tlm-53', 'poc-53']) {
      const server = await serve(fixture(name));
      expectSamePicture(await decode(httpSource(server.url, { blockBytes: 512 })), decodeSync(fixture(name)));
    }
  });

  test('a window costs few requests and a small part of the bytes', async () => {
    const server = await serve(wide);
    const image = await open(httpSource(server.url, tight));
    const region = { x: 64 * 100 + 5, y: 7, width: 50, height: 30 };
    const picture = await image.decode({ region });
    expectSameSamples(picture.data, decodeSync(wide, { region }).data);
    expect(server.ranges.length).toBeLessThanOrEqual(4);
    const sum = server.ranges.reduce((bytes, [start, end]) => bytes + end - start, 0);
    expect(sum).toBeLessThan(wide.length / 10);
    expect(picture.stats.bytesRead).toBeLessThan(wide.length / 10);
  });

  test('headers alone cost one or two requests', async () => {
    const server = await serve(wide);
    expect((await inspect(httpSource(server.url))).width).toBe(64 * COLUMNS);
    expect(server.ranges.length).toBeLessThanOrEqual(2);
  });

  test('a server that ignores ranges still gives the picture', async () => {
    const server = await serve(fixture('tiles-offsets-53'));
    server.answer = (_, response) => {
      response.writeHead(200).end(server.bytes);
      return true;
    };
    expectSamePicture(await decode(httpSource(server.url)), decodeSync(server.bytes));
    expect(server.ranges).toHaveLength(1);
  });

  test('a truncated file gives a partial picture', async () => {
    const server = await serve(fixture('tiles-offsets-53').slice(0, 5000));
    const picture = await decode(httpSource(server.url));
    expectSamePicture(picture, decodeSync(server.bytes));
    expect(picture.status).toBe('partial');
  });
});

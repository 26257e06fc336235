/** A client loses nothing of what it holds, whatever happens to the connection, the session, the server or the target. */
import { describe, expect, test } from 'vitest';
import { decode, type RandomAccessSource, type RasterImage } from '../../src/index.ts';
import { type FetchLike, memoryStore } from '../../src/jpip-client.ts';
import { jpipRejection, openIt, remoteFile, TestServer } from '../support/jpip-client.ts';
import { expectSamePicture } from '../support/same-picture.ts';

const URL_OF_IT = 'http://here/a.jp2';
const region = { x: 90, y: 40, width: 50, height: 60 };
const small = remoteFile();

/** What can be told of two pictures that should be the same. */
function expectSame(found: RasterImage, expected: RasterImage): void {
  expectSamePicture({ ...found, warnings: [] }, { ...expected, warnings: [] });
}

describe.each(['session', 'stateless'] as const)('with mode %s', (mode) => {
  test('a response that is cut at any tenth byte is gone on with, and nothing of it is sent twice', async () => {
    const little = { region: { x: 90, y: 40, width: 20, height: 20 } };
    const expected = await decode(small, little);
    const plain = new TestServer({ 'a.jp2': small });
    const { image } = await openIt(URL_OF_IT, { fetch: plain.fetch, mode });
    const before = plain.sent;
    await image.decode(little);
    const whole = plain.sent - before;
    expect(whole).toBeGreaterThan(1500);

    for (let cut = 1; cut < whole; cut += 10) {
      const server = new TestServer({ 'a.jp2': small });
      const opened = await openIt(URL_OF_IT, { fetch: server.fetch, mode });
      let armed = true;
      server.road = {
        chunkBytes: cut,
        onChunk: (_, sent) => {
          if (!armed || sent === 0) return;
          armed = false;
          server.road = {};
          throw new Error('the connection is gone');
        },
      };
      const picture = await opened.image.decode(little);
      expectSame(picture, expected);
      expect(armed).toBe(false);
      expect(server.repeated).toBe(0);
      expect(opened.image.cache.bytes).toBe(image.cache.bytes);
    }
  }, 120_000);

  test('a connection that is refused again and again is an error, and works again when it does', async () => {
    const server = new TestServer({ 'a.jp2': small });
    let broken = false;
    const fetch: FetchLike = (url, init) => (broken ? Promise.reject(new Error('refused')) : server.fetch(url, init));
    const { image } = await openIt(URL_OF_IT, { fetch, mode, retries: 2 });
    broken = true;
    expect(await jpipRejection(image.decode({ region }))).toMatchObject({ kind: 'refused', code: 'connection' });
    const { bytes } = image.cache;
    expect(bytes).toBeGreaterThan(0);
    broken = false;
    expectSame(await image.decode({ region }), await decode(small, { region }));
  });

  test('a server that says nothing for long is given up', async () => {
    const server = new TestServer({ 'a.jp2': small });
    let stuck = false;
    const fetch: FetchLike = (url, init) => (stuck ? new Promise(() => {}) : server.fetch(url, init));
    const { image, expire } = await openIt(URL_OF_IT, { fetch, mode, retries: 0 });
    stuck = true;
    const failing = jpipRejection(image.decode({ region }));
    await new Promise((resolve) => setImmediate(resolve));
    expire();
    expect(await failing).toMatchObject({ kind: 'refused', code: 'timeout' });
  });

  test('an abort rejects with its reason, and what came before stays', async () => {
    const server = new TestServer({ 'a.jp2': small });
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch, mode });
    const reason = new Error('enough');
    const controller = new AbortController();
    server.road = {
      chunkBytes: 500,
      onChunk: (_, sent) => {
        if (sent >= 1500) controller.abort(reason);
      },
    };
    await expect(image.decode({ region, signal: controller.signal })).rejects.toBe(reason);
    const { bytes } = image.cache;
    expect(bytes).toBeGreaterThan(1000);
    server.road = {};
    expectSame(await image.decode({ region }), await decode(small, { region }));
  });

  test('a target that is replaced says so, and nothing of the old one is shown', async () => {
    const server: TestServer = new TestServer(
      { 'a.jp2': small },
      {
        revalidateMs: 0,
        resolve: () => {
          const bytes = server.files['a.jp2']!;
          const source: RandomAccessSource = {
            size: bytes.length,
            read: async (r) => bytes.slice(r.offset, r.offset + r.length),
          };
          return { source, tid: String(bytes.length), isCurrent: () => server.files['a.jp2'] === bytes };
        },
      },
    );
    const cache = memoryStore();
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch, mode, cache });
    const other = await openIt(URL_OF_IT, { fetch: server.fetch, mode, cache });
    await image.decode({ region });
    const replaced = remoteFile({ width: 220 });
    server.files['a.jp2'] = replaced;
    expect(await jpipRejection(image.decode())).toMatchObject({ kind: 'refused', code: 'target-changed' });
    expect(image.cache.bytes).toBeLessThan(1000);
    // whoever shared what was held hears of it too
    expect(await jpipRejection(other.image.decode({ region }))).toMatchObject({ code: 'target-changed' });
    const again = await openIt(URL_OF_IT, { fetch: server.fetch, mode, cache });
    expect(again.image.info.width).toBe(220);
    expectSame(await again.image.decode(), await decode(replaced));
  });

  test('a target that was replaced since the last run is opened as the new one', async () => {
    const cache = memoryStore();
    const before = new TestServer({ 'a.jp2': small });
    const first = await openIt(URL_OF_IT, { fetch: before.fetch, mode, cache });
    await first.image.decode();
    await first.image.close();
    const replaced = remoteFile({ width: 220 });
    const { image } = await openIt(URL_OF_IT, { fetch: new TestServer({ 'a.jp2': replaced }).fetch, mode, cache });
    expect(image.info.width).toBe(220);
    expectSame(await image.decode(), await decode(replaced));
  });

  test('a main header that is damaged in a store is fetched again', async () => {
    const cache = memoryStore();
    const kept = await cache.open(URL_OF_IT);
    const damaged = Uint8Array.of(0xff, 0x4f, 0xff, 0x51, 0, 3, 0);
    const key = { codestream: 0, classId: 6, id: 0 };
    kept.add({ ...key, offset: 0, length: damaged.length, last: true }, damaged);
    const { image } = await openIt(URL_OF_IT, { fetch: new TestServer({ 'a.jp2': small }).fetch, mode, cache });
    expectSame(await image.decode({ region }), await decode(small, { region }));
  });

  test('what was on its way when the target was replaced is not taken for the new one', async () => {
    const server = new TestServer({ 'a.jp2': small });
    const cache = memoryStore();
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch, mode, cache });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.road = { chunkBytes: 300, onChunk: (_, sent) => (sent > 300 ? held : undefined) };
    const late = jpipRejection(image.decode({ region }));
    while (image.cache.bytes < 700) await new Promise((resolve) => setImmediate(resolve));
    // as another image does that shares the cache and hears of it
    await image.cache.clear('another');
    release();
    expect(await late).toMatchObject({ code: 'target-changed' });
    expect(image.cache.bytes).toBe(0);
  });

  test('a server that was restarted knows no session; what is held is not sent again', async () => {
    const server = new TestServer({ 'a.jp2': small });
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch, mode });
    await image.decode({ region });
    const held = image.cache.bytes;
    server.restart();
    const before = server.sent;
    expectSame(await image.decode(), await decode(small));
    expect(server.sent - before).toBe(image.cache.bytes - held);
  });
});

describe('a session', () => {
  test.each([404, 410, 500, 503])('that has expired with status %i is opened anew', async (status) => {
    const server = new TestServer({ 'a.jp2': small });
    let forgotten: string | undefined;
    const fetch: FetchLike = (url, init) => {
      const cid = /(?:^|[?&])cid=([^&]*)/.exec(url)?.[1];
      if (cid === undefined || cid !== forgotten) return server.fetch(url, init);
      return Promise.resolve({ status, headers: { get: () => null }, arrayBuffer: async () => new ArrayBuffer(0) });
    };
    const { image } = await openIt(URL_OF_IT, { fetch });
    await image.decode({ region });
    forgotten = /(?:^|[?&])cid=([^&]*)/.exec(server.queries.at(-1)!)![1];
    const { length } = server.queries;
    expectSame(await image.decode(), await decode(small));
    expect(server.queries.slice(length).some((query) => query.includes('cnew=http'))).toBe(true);
  });

  test('is done without where the server keeps none', async () => {
    const server = new TestServer({ 'a.jp2': small }, { sessions: false });
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch });
    expectSame(await image.decode({ region }), await decode(small, { region }));
    expect(server.queries.filter((query) => query.includes('cnew'))).toHaveLength(1);
    expect(server.queries.at(-1)).toMatch(/model=/);
    expect(server.repeated).toBe(0);
    expect(await image.createSession()).toBeUndefined();
  });

  test('that must be and is not granted is refused', async () => {
    const server = new TestServer({ 'a.jp2': small }, { sessions: false });
    const failure = await jpipRejection(openIt(URL_OF_IT, { fetch: server.fetch, mode: 'session' }));
    expect(failure).toMatchObject({ kind: 'refused', code: 'request-channel' });
  });

  test('is told of data-bins that had to go', async () => {
    const server = new TestServer({ 'a.jp2': small });
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch, cacheBytes: 4000 });
    const places = [0, 100, 0, 50, 100, 0].map((x) => ({ x, y: 0, width: 60, height: 60 }));
    for (const place of places) {
      expectSame(await image.decode({ region: place }), await decode(small, { region: place }));
      expect(image.cache.bytes).toBeLessThan(4400);
    }
    expect(server.queries.some((query) => /model=-?[^&]*-P/.test(query))).toBe(true);
  });
});

describe('without a server', () => {
  const nowhere: FetchLike = () => Promise.reject(new Error('no route'));

  test('opening is an error where nothing is held', async () => {
    const failure = await jpipRejection(openIt(URL_OF_IT, { fetch: nowhere, retries: 1 }));
    expect(failure).toMatchObject({ kind: 'refused', code: 'connection' });
    const offline = await jpipRejection(openIt(URL_OF_IT, { fetch: nowhere, offline: true }));
    expect(offline).toMatchObject({ kind: 'refused', code: 'connection' });
  });

  test('what is held is shown', async () => {
    const server = new TestServer({ 'a.jp2': small });
    const cache = memoryStore();
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch, cache });
    await image.decode({ region });
    await image.close();
    for (const offline of [true, false]) {
      const again = await openIt(URL_OF_IT, { fetch: nowhere, cache, offline, retries: 0 });
      expect(again.image.offline).toBe(true);
      expect(again.events.filter(({ type }) => type === 'offline')).toHaveLength(offline ? 0 : 1);
      expectSame(await again.image.decode({ region }), await decode(small, { region }));
      const rest = await again.image.decode();
      expect(rest.status).toBe('partial');
    }
  });

  test('a decode that asks for nothing shows what is held', async () => {
    const server = new TestServer({ 'a.jp2': small });
    const { image } = await openIt(URL_OF_IT, { fetch: server.fetch });
    const { length } = server.queries;
    expect((await image.decode({ offline: true })).status).toBe('partial');
    await image.decode({ region });
    const asked = server.queries.length;
    expect(asked).toBeGreaterThan(length);
    expectSame(await image.decode({ region, offline: true }), await decode(small, { region }));
    expect(server.queries.length).toBe(asked);
  });
});

/** Puts another reason at the end of every response that was stopped by its limit. */
function withReason(server: TestServer, reason: number, lost: string[] = []): FetchLike {
  return async (url, init) => {
    const cid = /(?:^|[?&])cid=([^&]*)/.exec(url)?.[1];
    if (cid !== undefined && lost.includes(cid)) throw new Error('the channel must not be used any more');
    const response = await server.fetch(url, init);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const at = bytes.length - 3;
    if (bytes[at] === 0 && bytes[at + 1] === 4 && bytes[at + 2] === 0) {
      bytes[at + 1] = reason;
      if (reason === 6) {
        const channel = cid ?? /cid=([^,]*)/.exec(response.headers.get('JPIP-cnew') ?? '')?.[1];
        if (channel !== undefined) lost.push(channel);
      }
    }
    return { ...response, body: null, arrayBuffer: async () => bytes.buffer };
  };
}

describe('responses that end early', () => {
  test.each([
    ['a window change', 3],
    ['the byte limit', 4],
    ['a quality limit', 5],
    ['a limit of the session', 6],
    ['a limit of the response', 7],
    ['no reason', 255],
    ['a reason that is reserved', 77],
  ])('because of %s are gone on with', async (_, reason) => {
    const server = new TestServer({ 'a.jp2': small });
    const fetch = withReason(server, reason);
    const { image } = await openIt(URL_OF_IT, { fetch, maxResponseBytes: 4096 });
    expectSame(await image.decode({ region }), await decode(small, { region }));
  });
});

/** What goes out with requests, and what is made of odd answers. */
import { describe, expect, test } from 'vitest';
import { joinBytes } from '../../../src/codec/bits/join-bytes.ts';
import { decode, encodeSync } from '../../../src/index.ts';
import type { FetchInit, FetchLike } from '../../../src/jpip-client.ts';
import { MessageWriter } from '../../../src/jpip/wire/message-writer.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { jpipRejection, openIt, remoteFile, TestServer } from '../../support/jpip-client.ts';
import { expectSamePicture } from '../../support/same-picture.ts';

const file = remoteFile();
const region = { x: 90, y: 40, width: 50, height: 60 };

/** A server, and every request as it went out. */
function recording(
  bytes = file,
  change: (url: string, init: FetchInit) => ReturnType<FetchLike> | undefined = () => undefined,
) {
  const server = new TestServer({ 'a.jp2': bytes });
  const sent: { url: string; init: FetchInit }[] = [];
  const fetch: FetchLike = (url, init) => {
    sent.push({ url, init });
    return change(url, init) ?? server.fetch(url, init);
  };
  return { server, sent, fetch };
}

/** An answer with headers and no body. */
function answer(status: number, headers: Readonly<Record<string, string>> = {}): ReturnType<FetchLike> {
  return Promise.resolve({
    status,
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    arrayBuffer: async () => new ArrayBuffer(0),
  });
}

describe('requests', () => {
  test('carry what the address says besides, and the headers of the user', async () => {
    const { sent, fetch } = recording();
    const { image } = await openIt('http://here/jpip?target=a.jp2&token=x%26y', {
      fetch,
      headers: { Authorization: 'me' },
    });
    await image.decode({ region });
    await image.close();
    expect(sent.length).toBeGreaterThan(2);
    for (const { url, init } of sent) {
      expect(url).toContain('token=x%26y');
      expect(init.headers).toEqual({ Authorization: 'me' });
    }
    expect(sent[0]!.url).toMatch(/^http:\/\/here\/jpip\?target=a\.jp2&/);
    expect(sent[1]!.url).not.toContain('target=');
  });

  test('always say how much, of which codestream and as what', async () => {
    const { server, fetch } = recording();
    const { image } = await openIt('http://here/a.jp2', { fetch });
    await image.decode({ region });
    for (const query of server.queries) {
      expect(query).toMatch(/(^|&)len=\d+/);
      expect(query).toMatch(/(^|&)stream=0(&|$)/);
      expect(query).toMatch(/(^|&)type=jpp-stream(&|$)/);
      expect(query).toMatch(/(^|&)fsiz=\d+,\d+,closest(&|$)/);
    }
  });

  test('that are too long for a URL are posted, or say less where that is refused', async () => {
    const { image: picture } = wavyPicture(300, 240, 1, 8);
    const many = encodeSync(picture, {
      container: 'codestream',
      levels: 1,
      codeBlock: { width: 4, height: 4 },
      precincts: [{ width: 8, height: 8 }],
    }).data;
    for (const refuses of [false, true]) {
      const { sent, fetch } = recording(many, (_, { method }) =>
        refuses && method === 'POST' ? answer(405) : undefined,
      );
      const { image } = await openIt('http://here/a.jp2', { fetch, mode: 'stateless', maxResponseBytes: 8000 });
      const found = await image.decode();
      expectSamePicture({ ...found, warnings: [] }, { ...(await decode(many)), warnings: [] });
      const posts = sent.filter(({ init }) => init.method === 'POST').length;
      if (refuses) expect(posts).toBe(1);
      else expect(posts).toBeGreaterThan(1);
      expect(Math.max(...sent.map(({ url }) => url.length))).toBeLessThan(4100);
    }
    const never = recording(many);
    const { image } = await openIt('http://here/a.jp2', {
      fetch: never.fetch,
      mode: 'stateless',
      post: 'never',
      maxResponseBytes: 8000,
    });
    await image.decode();
    expect(never.sent.every(({ init }) => init.method === 'GET')).toBe(true);
  });

  test('of a channel go where the server wants them, but with secrets to no other host', async () => {
    const elsewhere = (url: string): ReturnType<FetchLike> | undefined =>
      url.includes('cnew=')
        ? answer(200, { 'jpip-cnew': 'cid=7,path=p/q,host=there,port=81,transport=http' })
        : undefined;
    for (const headers of [undefined, { Authorization: 'me' }]) {
      const { sent, fetch } = recording(file, (url) => elsewhere(url) ?? answer(200));
      await jpipRejection(openIt('https://here:8443/a.jp2', { fetch, ...(headers ? { headers } : {}) }));
      const expected = headers ? 'https://here:8443/p/q?' : 'https://there:81/p/q?';
      expect(sent[1]!.url.startsWith(expected)).toBe(true);
    }
  });
});

describe('answers', () => {
  test('of another type are refused', async () => {
    const { fetch } = recording(file, () => answer(200, { 'content-type': 'text/html; charset=utf-8' }));
    expect(await jpipRejection(openIt('http://here/a.jp2', { fetch }))).toMatchObject({
      kind: 'malformed',
      code: 'response-type',
    });
  });

  test('without a main header are refused', async () => {
    const { fetch, sent } = recording(file, () => answer(200));
    expect(await jpipRejection(openIt('http://here/a.jp2', { fetch }))).toMatchObject({ code: 'response-end' });
    // one that says nothing when it is asked for the id of the target was asked again without
    expect(sent[0]!.url).toContain('tid=0');
    expect(sent.at(-1)!.url).not.toContain('tid=');
  });

  test.each([429, 502, 503, 504])('with status %i are waited out', async (status) => {
    let left = 2;
    const { fetch } = recording(file, () => (left-- > 0 ? answer(status) : undefined));
    const { image } = await openIt('http://here/a.jp2', { fetch });
    expect(image.info.width).toBe(200);
  });

  test.each([400, 403, 404])('with status %i are errors at once', async (status) => {
    const { fetch, sent } = recording(file, () => answer(status, { reason: 'because' }));
    const failure = await jpipRejection(openIt('http://here/a.jp2', { fetch, mode: 'stateless' }));
    expect(failure).toMatchObject({ kind: 'refused', code: 'response-status', status });
    expect(failure.message).toContain('because');
    expect(sent).toHaveLength(1);
  });

  test('with data-bins of a class that is not known are taken without those', async () => {
    const server = new TestServer({ 'a.jp2': file });
    const strange = { classId: 11, codestream: 0, id: 3, offset: 0, length: 4, last: true, aux: 9 };
    const fetch: FetchLike = async (url, init) => {
      const response = await server.fetch(url, init);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const body = joinBytes([new MessageWriter().header(strange), Uint8Array.of(1, 2, 3, 4), bytes]);
      return { ...response, body: null, arrayBuffer: async () => new Uint8Array(body).buffer };
    };
    const { image } = await openIt('http://here/a.jp2', { fetch });
    const found = await image.decode({ region });
    expectSamePicture({ ...found, warnings: [] }, { ...(await decode(file, { region })), warnings: [] });
    expect(new Set([...image.cache.bins()].map(({ classId }) => classId))).toEqual(new Set([0, 2, 6, 8]));
  });

  test('with odd headers are taken, and the oddities reported', async () => {
    const server = new TestServer({ 'a.jp2': file });
    const fetch: FetchLike = async (url, init) => {
      const response = await server.fetch(url, init);
      const get = (name: string): string | null => (name === 'JPIP-rsiz' ? '-4936,-4936' : response.headers.get(name));
      return { ...response, headers: { get } };
    };
    const { image, events } = await openIt('http://here/a.jp2', { fetch });
    expect(image.info.width).toBe(200);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'diagnostic', diagnostic: expect.objectContaining({ code: 'response-header' }) }),
    );
  });

  test('that make no sense are an error, and what came before stays', async () => {
    const server = new TestServer({ 'a.jp2': file });
    let garbles = false;
    const fetch: FetchLike = async (url, init) => {
      const response = await server.fetch(url, init);
      if (!garbles) return response;
      const bytes = new Uint8Array(await response.arrayBuffer());
      bytes.fill(0x1f);
      return { ...response, body: null, arrayBuffer: async () => bytes.buffer };
    };
    const { image } = await openIt('http://here/a.jp2', { fetch, mode: 'stateless', retries: 1 });
    const before = image.cache.bytes;
    garbles = true;
    expect(await jpipRejection(image.decode({ region }))).toMatchObject({ kind: 'malformed' });
    expect(image.cache.bytes).toBe(before);
    garbles = false;
    const found = await image.decode({ region });
    expectSamePicture({ ...found, warnings: [] }, { ...(await decode(file, { region })), warnings: [] });
  });
});

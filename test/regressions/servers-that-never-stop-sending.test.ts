import { expect, test } from 'vitest';
import { memoryStore } from '../../src/jpip-client.ts';
import { BIN_CLASS } from '../../src/jpip/wire/message.ts';
import { jpipRejection, remoteFile } from '../support/jpip-client.ts';
import { type OddMessage, openThenOdd, responseOf } from '../support/odd-server.ts';

// What came counted as progress, wanted or not, and stayed in memory for as long as the fetch went on: that was for ever.
const file = remoteFile();
const MOST = 1 << 20;
const cacheBytes = 100_000;
let next = 1_000_000;

/** Messages with new identifiers. */
function* messages(count: number, length: number, more: OddMessage = {}): Generator<OddMessage> {
  for (let k = 0; k < count; k++) yield { id: next++, body: new Uint8Array(length), ...more };
}

test.each<[string, () => Iterable<OddMessage>]>([
  ['precincts that there are not', () => messages(10, 10_000)],
  ['precincts without a byte', () => messages(500, 0, { last: true })],
  ['headers of tiles that there are not', () => messages(500, 1, { classId: BIN_CLASS.tileHeader })],
  ['metadata', () => messages(10, 10_000, { classId: BIN_CLASS.metadata })],
  ['other codestreams', () => messages(10, 10_000, { codestream: 3 })],
  ['main headers', () => messages(500, 0, { classId: BIN_CLASS.mainHeader, last: true })],
  ['what a later edition may define', () => messages(500, 0, { classId: 14 })],
])('a window ends when a server sends %s without end', async (_, made) => {
  const cache = memoryStore({ cacheBytes });
  const limits = { unaskedBytes: MOST };
  const { image, requests } = await openThenOdd(file, () => responseOf(made()), { cache, limits });
  const before = image.cache.size;
  expect(await jpipRejection(image.decode())).toMatchObject({ kind: 'limit', code: 'limit-response' });
  expect(requests()).toBeLessThan(20);
  expect(image.cache.bytes).toBeLessThan(cacheBytes + 40_000);
  expect(image.cache.size).toBeLessThan(before + cacheBytes / 200);
});

test('a window ends when a precinct of it has no end', async () => {
  const endless = (request: number): Uint8Array =>
    responseOf([{ id: 20, offset: 50_000 * (request + 1), body: new Uint8Array(50_000) }]);
  const { image, requests } = await openThenOdd(file, endless, { limits: { bytes: MOST } });
  expect(await jpipRejection(image.decode())).toMatchObject({ kind: 'limit', code: 'limit-response' });
  expect(requests()).toBeLessThan(25);
});

test('a request for metadata ends when these have no end', async () => {
  const endless = (): Uint8Array => responseOf(messages(10, 10_000, { classId: BIN_CLASS.metadata }));
  const { image, requests } = await openThenOdd(file, endless, { limits: { metadataBytes: MOST } });
  expect(await jpipRejection(image.requestMetadata())).toMatchObject({ kind: 'limit', code: 'limit-response' });
  expect(requests()).toBeLessThan(20);
});

test('a response is longer than a client takes', async () => {
  const long = (): Uint8Array => responseOf(messages(10, 10_000));
  const { image } = await openThenOdd(file, long, { limits: { responseBytes: 50_000 } });
  expect(await jpipRejection(image.decode())).toMatchObject({ kind: 'limit', code: 'limit-response' });
});

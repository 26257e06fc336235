import { expect, test } from 'vitest';
import { EOR_REASON } from '../../src/jpip/wire/message.ts';
import { remoteFile } from '../support/jpip-client.ts';
import { openThenOdd, responseOf } from '../support/odd-server.ts';

// Each new number was looked for among all before: a response of some hundred kilobytes took minutes, and filled the cache besides.
test('a response may name a hundred thousand codestreams', async () => {
  const bytes = responseOf(
    Array.from({ length: 100_000 }, (_, codestream) => ({ codestream, id: 5, last: true })),
    EOR_REASON.windowDone,
  );
  const { image } = await openThenOdd(remoteFile(), () => bytes);
  const found = await image.decode();
  expect(found.status).toBe('partial');
  expect(new Set([...image.cache.bins()].map(({ codestream }) => codestream))).toEqual(new Set([0]));
}, 20_000);

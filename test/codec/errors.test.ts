/** What errors of others say in ours. */
import { expect, test } from 'vitest';
import { reasonOf } from '../../src/codec/errors.ts';

test.each([
  ['a message', new Error('no such host'), 'no such host'],
  ['what is behind it', new Error('fetch failed', { cause: new Error('bad port') }), 'fetch failed: bad port'],
  [
    'a code, where failures were put together without a message',
    new Error('fetch failed', { cause: Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) }),
    'fetch failed: ECONNREFUSED',
  ],
  [
    'the message alone, where nothing is said behind it',
    new Error('fetch failed', { cause: new Error('') }),
    'fetch failed',
  ],
  ['what is no error', 'gone', 'gone'],
])('a reason is %s', (_, error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

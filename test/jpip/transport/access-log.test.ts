import { expect, test } from 'vitest';
import { formatAccessLog } from '../../../src/jpip/transport/access-log.ts';

const entry = {
  time: Date.UTC(2020, 1, 3, 4, 5, 6),
  remote: '127.0.0.1',
  method: 'GET',
  url: '/a.jp2?len=3',
  httpVersion: '1.1',
  status: 200,
  bytes: 12,
  ms: 3.4,
  aborted: false,
};

test('a line tells who asked for what and what came of it', () => {
  expect(formatAccessLog(entry)).toBe('127.0.0.1 - - [2020-02-03T04:05:06Z] "GET /a.jp2?len=3 HTTP/1.1" 200 12 3 ms');
  expect(formatAccessLog({ ...entry, remote: undefined, httpVersion: undefined, aborted: true })).toBe(
    '- - - [2020-02-03T04:05:06Z] "GET /a.jp2?len=3" 200 12 3 ms aborted',
  );
});

test('what a client sends stays inside its quotation and on its line', () => {
  expect(formatAccessLog({ ...entry, url: '/" 200\r\n\\\u001b', remote: 'a b\n' })).toBe(
    'a_b_ - - [2020-02-03T04:05:06Z] "GET /\\" 200\\u000d\\u000a\\\\\\u001b HTTP/1.1" 200 12 3 ms',
  );
});

import { test } from 'vitest';
import { decode, decodeSync, httpSource } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';
import { expectSamePicture } from '../support/same-picture.ts';

test('a server that answers with less than was asked for does not cut the picture short', async () => {
  const bytes = fixture('tiles-offsets-53');
  const fetch = async (_: string, { headers }: { headers: Record<string, string> }) => {
    const [start, end] = /(\d+)-(\d+)/.exec(headers.Range!)!.slice(1).map(Number) as [number, number];
    const stop = Math.min(end + 1, start + 700, bytes.length);
    const contentRange = `bytes ${start}-${stop - 1}/${bytes.length}`;
    return {
      status: 206,
      headers: { get: (name: string) => (name === 'content-range' ? contentRange : null) },
      arrayBuffer: async () => bytes.slice(start, stop).buffer as ArrayBuffer,
    };
  };
  expectSamePicture(await decode(httpSource('https://example.org/', { fetch })), decodeSync(bytes));
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createJpx, encodeSync, type RandomAccessSource, setBoxes, writeIndexBoxes } from '../../src/index.ts';
import { smallFile } from '../codec/fileformat/box-bytes.ts';
import { TestSink } from '../support/sinks.ts';

const bytes = new Uint8Array(readFileSync(new URL('../fixtures/grey-16-53.jp2', import.meta.url)));

/** A source that answers so many reads, and then what a broken one does. */
function failingAfter(reads: number, answer: () => Uint8Array): RandomAccessSource & { failed: boolean } {
  let left = reads;
  return {
    size: bytes.length,
    failed: false,
    async read({ offset, length }) {
      if (left-- > 0) return bytes.slice(offset, offset + length);
      this.failed = true;
      return answer();
    },
  };
}

const ANSWERS: Readonly<Record<string, () => Uint8Array>> = {
  'an error of its own': () => {
    throw new Error('no network');
  },
  nothing: () => undefined as never,
};

test.each(Object.keys(ANSWERS))('a source that answers with %s ends the call with a typed error', async (name) => {
  const calls: ((source: RandomAccessSource) => Promise<unknown>)[] = [
    (input) => createJpx([{ input }]),
    (input) => createJpx([{ input: () => input }]),
    (source) =>
      setBoxes(smallFile(), (boxes) => [...boxes, { type: 'xml ', content: { source, offset: 0, length: 9 } }]),
    (input) => writeIndexBoxes(input, new TestSink()),
  ];
  for (const call of calls) {
    for (let reads = 0; ; reads++) {
      const source = failingAfter(reads, ANSWERS[name]);
      const outcome = await call(source).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!source.failed) break;
      expect(outcome).toMatchObject({ code: 'source-read' });
    }
  }
});

test('a file that becomes shorter while index boxes are added to it is no result', async () => {
  const data = encodeSync({ width: 8, height: 8, channels: 1, precision: 8, data: new Uint8Array(64) }).data;
  const shrinking: RandomAccessSource = {
    size: data.length,
    read: async ({ offset, length }) => data.slice(offset, length === data.length ? data.length - 1 : offset + length),
  };
  await expect(writeIndexBoxes(shrinking, new TestSink())).rejects.toMatchObject({ code: 'out-of-bytes' });
});

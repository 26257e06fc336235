import { expect, test } from 'vitest';
import { decodeProgressive, decodeSync, type ProgressiveOptions } from '../../src/index.ts';
import { putTogether, segment, takeApart } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';
import { expectSamePicture } from '../support/same-picture.ts';

// a long comment stands before the first tile: for most of the time there is nothing to show
const { main, parts } = takeApart(fixture('no-levels-53'));
const bytes = putTogether({ main: [...main, segment(0xff64, new Uint8Array(5000))], parts });

test('prefixes without a picture are not tried again with each chunk', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 10) yield bytes.subarray(at, at + 10);
  }
  let attempts = 0;
  const options: ProgressiveOptions = {
    minIntervalMs: 0,
    // every attempt reads the options
    get layers() {
      attempts++;
      return 65535;
    },
  };
  const pictures = [];
  for await (const picture of decodeProgressive(chunks(), options)) pictures.push(picture);
  expectSamePicture(pictures.at(-1)!, decodeSync(bytes));
  expect(attempts).toBeLessThan(60);
});

test('an abort ends the wait for a chunk that does not come', async () => {
  const controller = new AbortController();
  let waits = 0;
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 100);
    waits++;
    await new Promise(() => {});
  }
  const pictures = decodeProgressive(stalled(), { signal: controller.signal });
  setTimeout(() => controller.abort('enough'), 5);
  await expect(pictures.next()).rejects.toBe('enough');
  expect(waits).toBe(1);
});

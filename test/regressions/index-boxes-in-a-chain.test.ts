import { expect, test } from 'vitest';
import { readBoxes, setBoxes } from '../../src/index.ts';
import { box, join, smallFile } from '../codec/fileformat/box-bytes.ts';
import { be } from '../support/codestream.ts';

/** Bytes of a file index pointer (15444-9 I.2.1). */
const POINTER = 24;

/** A file of pointers each of which points at the next, and the last at a box behind them. */
function chain(length: number): Uint8Array {
  const start = smallFile().length;
  const pointers = Array.from({ length }, (_, k) =>
    box('iptr', join(be(start + (k + 1) * POINTER, 8), be(k === length - 1 ? 8 : POINTER, 8))),
  );
  return join(smallFile(), ...pointers, box('free'));
}

async function withoutTarget(length: number) {
  const { data } = await setBoxes(chain(length), (boxes) => boxes.slice(0, -1));
  return (await readBoxes(data)).boxes.filter(({ type }) => type === 'iptr').length;
}

test('index boxes that point at each other go one after the other when the last one does, in time with their number', async () => {
  expect((await setBoxes(chain(3), (boxes) => boxes)).data).toEqual(chain(3));
  expect(await withoutTarget(3)).toBe(0);
  const start = performance.now();
  expect(await withoutTarget(20_000)).toBe(0);
  expect(performance.now() - start).toBeLessThan(5000);
});

test('a chain that leads somewhere stays, however long', async () => {
  const { data } = await setBoxes(chain(2000), (boxes) => [
    ...boxes.slice(0, 3),
    { type: 'free', content: new Uint8Array(5) },
    ...boxes.slice(3),
  ]);
  expect((await readBoxes(data)).boxes.filter(({ type }) => type === 'iptr')).toHaveLength(2000);
});

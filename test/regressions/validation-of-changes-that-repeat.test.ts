import { expect, test } from 'vitest';
import { encodeSync, validate } from '../../src/index.ts';
import { hex, putTogether, segment, takeApart } from '../support/codestream.ts';

const SIZE = 256;
const CHANGES = 9000;

test('progression changes that name the same packets again cost nothing once all packets are there', async () => {
  const image = {
    width: SIZE,
    height: SIZE,
    components: 1,
    bitDepth: 8,
    data: new Uint8Array(SIZE * SIZE).fill(128),
  } as const;
  const { data } = encodeSync(image, { container: 'codestream', levels: 1, precincts: [{ width: 2, height: 2 }] });
  const { main, parts } = takeApart(data);
  // RSpoc 0, CSpoc 0, LYEpoc 1, REpoc 33, CEpoc 1, LRCP (15444-1 A.6.6)
  const everything = hex('00 00 0001 21 01 00');
  const poc = segment(0xff5f, ...Array.from({ length: CHANGES }, () => everything));
  const bytes = putTogether({ main: [...main, poc], parts });
  const start = performance.now();
  const { valid, checked } = await validate(bytes);
  expect(performance.now() - start).toBeLessThan(3000);
  expect(valid).toBe(true);
  expect(checked.packets).toBe(SIZE ** 2 / 4 + (SIZE / 2) ** 2 / 4);
});

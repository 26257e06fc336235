import { decode as decodePng } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { decode, encodeSync } from '../../src/index.ts';
import { type JpipEngine, pictureRenderer } from '../../src/jpip-server.ts';
import { wavyPicture } from '../support/encodes.ts';
import { ask, engineOver } from '../support/jpip-server.ts';

const files: Record<string, Uint8Array> = {};
let engine: JpipEngine;

beforeAll(() => {
  const options = { levels: 3, layers: 2, precincts: [{ width: 64, height: 64 }], origin: { x: 5, y: 3 } } as const;
  for (const channels of [1, 2, 3, 4]) {
    files[`c${channels}`] = encodeSync(wavyPicture(213, 147, channels, 8).image, options).data;
  }
  files.deep = encodeSync(wavyPicture(60, 50, 1, 12).image, { levels: 2 }).data;
  engine = engineOver(files, { renderer: pictureRenderer() });
});

const WINDOW = 'fsiz=106,73&roff=20,10&rsiz=50,40';

test.each([1, 2, 3, 4])('a window of %i channels as PNG', async (channels) => {
  const taken = await ask(engine, `target=c${channels}&${WINDOW}&type=image/png`);
  expect(taken).toMatchObject({ status: 200, headers: { 'Content-Type': 'image/png' } });
  const png = decodePng(taken.bytes);
  const whole = await decode(files[`c${channels}`]!, { reduce: 1, colour: 'srgb' });
  expect([png.width, png.height, png.channels]).toEqual([50, 40, whole.channels]);
  const n = whole.channels;
  for (const [x, y] of [
    [0, 0],
    [49, 0],
    [13, 27],
    [49, 39],
  ] as const) {
    const k = ((y + 10) * whole.width + x + 20) * n;
    const at = (y * 50 + x) * n;
    expect([...png.data.subarray(at, at + n)]).toEqual([...whole.data.subarray(k, k + n)]);
  }
});

test('samples of more bits are scaled', async () => {
  const png = decodePng((await ask(engine, 'target=deep&type=image/png')).bytes);
  const image = await decode(files.deep!, { colour: 'srgb' });
  expect(png).toMatchObject({ width: 60, height: 50, depth: 8 });
  expect([...png.data]).toEqual([...image.data]);
});

test('one component alone is grey', async () => {
  const png = decodePng((await ask(engine, `target=c4&${WINDOW}&comps=3&type=image/png`)).bytes);
  expect(png.channels).toBe(1);
});

test('a window as JP2 has the samples of the window, and its layers', async () => {
  for (const layers of [1, 2]) {
    const taken = await ask(engine, `target=c3&${WINDOW}&layers=${layers}&type=image/jp2`);
    const got = await decode(taken.bytes);
    const whole = await decode(files.c3!, { reduce: 1, layers, colour: 'native' });
    expect([got.width, got.height]).toEqual([50, 40]);
    const k = (30 * whole.width + 45) * 3;
    expect([...got.data.subarray((20 * 50 + 25) * 3, (20 * 50 + 25) * 3 + 3)]).toEqual([
      ...whole.data.subarray(k, k + 3),
    ]);
  }
});

test('components of a component transform alone, with a window and without', async () => {
  for (const window of [WINDOW, '']) {
    const png = decodePng((await ask(engine, `target=c3&${window}&comps=1&type=image/png`)).bytes);
    expect(png.channels).toBe(1);
    const image = await decode(files.c3!, { reduce: window ? 1 : 0, components: [1] });
    const k = window ? 10 * image.width + 20 : 0;
    expect([...png.data.subarray(0, 5)]).toEqual([...image.data.subarray(k, k + 5)]);
  }
});

test.each([
  ['layers=0', 400],
  ['stream=7', 400],
])('%s is refused with %i', async (field, status) => {
  expect((await ask(engine, `target=c1&${WINDOW}&${field}&type=image/png`)).status).toBe(status);
});

test('a picture that is larger than allowed is refused', async () => {
  const small = engineOver(files, { renderer: pictureRenderer({ limits: { pixels: 100 } }) });
  expect((await ask(small, `target=c1&${WINDOW}&type=image/png`)).status).toBe(413);
});

test('a window without a sample is refused', async () => {
  expect((await ask(engine, 'target=c1&fsiz=213,147&roff=300,0&rsiz=5,5&type=image/png')).status).toBe(400);
});

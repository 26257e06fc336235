/** A decode in strips gives the samples of the decode of the whole, for every kind of picture and any height of strips. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, decodeRows, type DecodeRowsOptions, inspectSync, open, type RasterTile } from '../../../src/index.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';

/** All strips put together, channel by channel; their places must follow each other. */
async function joined(strips: AsyncIterable<RasterTile>): Promise<{ planes: number[][]; strips: RasterTile[] }> {
  const planes: number[][] = [];
  const all: RasterTile[] = [];
  let y = 0;
  for await (const strip of strips) {
    expect(strip.rect).toMatchObject({ x: 0, y, width: strip.width, height: strip.height });
    y += strip.height;
    for (let c = 0; c < strip.channels; c++) {
      planes[c] ??= [];
      if (strip.layout === 'planar') planes[c]!.push(...strip.planes![c]!.data);
      else for (let k = c; k < strip.data.length; k += strip.channels) planes[c]!.push(strip.data[k]!);
    }
    all.push(strip);
  }
  return { planes, strips: all };
}

describe.each(FIXTURES)('%s', (name) => {
  const bytes = fixture(name);
  const info = inspectSync(bytes);

  test('strips of any height, of any window and kind of sample, are the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          rows: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
          x: fc.nat(info.width - 1),
          y: fc.nat(info.height - 1),
          width: fc.integer({ min: 1, max: info.width }),
          height: fc.integer({ min: 1, max: info.height }),
          reduce: fc.nat(Math.min(info.levels, 3)),
          colour: fc.constantFrom('native', 'file', 'srgb'),
          upsample: fc.constantFrom(undefined, 'nearest', 'linear', false),
          layout: fc.constantFrom('planar', 'interleaved'),
          sample: fc.constantFrom('auto', 'u8', 'f32'),
        }),
        async ({ rows, x, y, width, height, ...rest }) => {
          const region = { x, y, width: Math.min(width, info.width - x), height: Math.min(height, info.height - y) };
          const options = { ...rest, region } as DecodeRowsOptions;
          const whole = await decode(bytes, options);
          // a window that holds no sample at this reduction has no strip
          if (whole.width * whole.height === 0) return;
          const { planes, strips } = await joined(decodeRows(bytes, { ...options, rows }));
          const wanted = (await joined(asStrip(whole))).planes;
          expect(planes).toEqual(wanted);
          const first = strips[0]!;
          expect(first).toMatchObject({ width: whole.width, channels: whole.channels, precision: whole.precision });
          expect(first.signed).toBe(whole.signed);
          expect(first.colour).toEqual(whole.colour);
          expect(first.data.constructor).toBe(whole.data.constructor);
          const last = strips.at(-1)!;
          expect(last.status).toBe(whole.status);
          expect(last.stats.codeBlocks).toBe(whole.stats.codeBlocks);
          expect(last.stats.layers).toBe(whole.stats.layers);
        },
      ),
      { numRuns: 30 },
    );
  });
});

async function* asStrip(image: Awaited<ReturnType<typeof decode>>): AsyncGenerator<RasterTile> {
  yield { ...image, rect: { x: 0, y: 0, width: image.width, height: image.height } };
}

describe('the loop', () => {
  const bytes = fixture('tiles-offsets-53');

  test('may be left early', async () => {
    let seen = 0;
    for await (const _ of decodeRows(bytes, { rows: 4 })) if (++seen === 2) break;
    expect(seen).toBe(2);
  });

  test('rejects with the reason of an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const run = async (): Promise<void> => {
      for await (const _ of decodeRows(bytes, { rows: 4, signal: controller.signal })) controller.abort(reason);
    };
    await expect(run()).rejects.toBe(reason);
  });

  test('tells how far it is', async () => {
    const fractions: number[] = [];
    const tiles: number[] = [];
    const onProgress = (progress: { fraction: number; tilesDone: number; tiles: number }): void => {
      fractions.push(progress.fraction);
      tiles.push(progress.tilesDone / progress.tiles);
    };
    for await (const _ of decodeRows(bytes, { rows: 8, onProgress }));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(tiles.at(-1)).toBe(1);
  });

  test('takes no array, and no strip of no rows', async () => {
    const run = async (options: object): Promise<void> => {
      for await (const _ of decodeRows(bytes, options));
    };
    await expect(run({ into: new Uint8Array(3) })).rejects.toMatchObject({ kind: 'usage', code: 'option-value' });
    await expect(run({ rows: 0 })).rejects.toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('bounds samples by the strip and not by the picture', async () => {
    const { width, components } = inspectSync(bytes);
    const pixels = 8 * width * components.length;
    for await (const _ of decodeRows(bytes, { rows: 8, limits: { pixels } }));
    await expect(decode(bytes, { limits: { pixels } })).rejects.toMatchObject({ code: 'limit-pixels' });
    const image = await open(bytes, { limits: { pixels } });
    await expect(image.decodeRows({ rows: 9 }).next()).rejects.toMatchObject({ code: 'limit-pixels' });
  });
});

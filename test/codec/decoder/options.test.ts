import { describe, expect, test } from 'vitest';
import {
  decode,
  decodeRegion,
  decodeSync,
  decodeTiles,
  DEFAULT_LIMITS,
  type DecodeOptions,
  inspectSync,
  Jpeg2000Error,
  open,
  type RasterImage,
} from '../../../src/index.ts';
import { fixture } from '../../support/fixtures.ts';
import { expectSamePicture, expectSameSamples } from '../../support/same-picture.ts';
import { TestSource } from '../../support/sources.ts';

const rgb = fixture('tiles-offsets-53'); // 61 x 47 at (5, 3), tiles of 17 x 19, 3 components, 2 decomposition levels
const grey = fixture('grey-12-signed-53');
const subsampled = fixture('subsampled-420-53');

async function failureOf(run: () => unknown): Promise<Jpeg2000Error> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Jpeg2000Error) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('options that make no sense', () => {
  const cases: [string, DecodeOptions, string][] = [
    ['reduce beyond the decomposition levels', { reduce: 3 }, 'option-value'],
    ['reduce that is no whole number', { reduce: 0.5 }, 'option-value'],
    ['reduce below 0', { reduce: -1 }, 'option-value'],
    ['reduce together with maxSize', { reduce: 1, maxSize: { width: 9, height: 9 } }, 'option-value'],
    ['maxSize of nothing', { maxSize: { width: 0, height: 9 } }, 'option-value'],
    ['no layer', { layers: 0 }, 'option-value'],
    ['more layers than the syntax has', { layers: 65536 }, 'option-value'],
    ['a reconstruction point of 1', { reconstruction: 1 }, 'option-value'],
    ['a reconstruction point that is no number', { reconstruction: Number.NaN }, 'option-value'],
    ['a region of fractions', { region: { x: 0.5, y: 0, width: 1, height: 1 } }, 'option-value'],
    ['a region without width', { region: { x: 0, y: 0, width: 0, height: 5 } }, 'region-empty'],
    ['a region right of the image', { region: { x: 61, y: 0, width: 5, height: 5 } }, 'region-empty'],
    ['a region above the image', { region: { x: 0, y: -5, width: 5, height: 5 } }, 'region-empty'],
    ['a component that is not there', { components: [3] }, 'component-missing'],
    ['a component below 0', { components: [-1] }, 'component-missing'],
    ['a component twice', { components: [1, 1] }, 'component-missing'],
    ['no component', { components: [] }, 'component-missing'],
    ['a component that is no whole number', { components: [0.5] }, 'option-value'],
    ['components that are no array', { components: 1 as never }, 'option-value'],
    ['an unknown colour', { colour: 'rgb' as never }, 'option-value'],
    ['an unknown layout', { layout: 'bgr' as never }, 'option-value'],
    ['an unknown way to upsample', { upsample: true as never }, 'option-value'],
    ['an unknown sample type', { sample: 'u32' as never }, 'option-value'],
    ['a region that is none', { region: null as never }, 'option-value'],
    ['a reduction of 32', { reduce: 32 }, 'option-value'],
    ['into that is no array of samples', { into: [] as never }, 'buffer-size'],
    ['into of another type', { into: new Int16Array(61 * 47 * 3) }, 'buffer-size'],
    ['into of another length', { into: new Uint8Array(61 * 47) }, 'buffer-size'],
    ['into of another type than sample', { sample: 'f32', into: new Uint8Array(61 * 47 * 3) }, 'buffer-size'],
  ];

  test.each(cases)('%s', async (_, options, code) => {
    const failures = [
      await failureOf(() => decodeSync(rgb, options)),
      await failureOf(() => decode(new TestSource(rgb), options)),
    ];
    for (const { kind, code: found } of failures) expect([kind, found]).toEqual(['usage', code]);
  });

  test.each(cases.filter(([name]) => !name.startsWith('into') && !name.includes('maxSize')))(
    '%s, tile by tile',
    async (_, options, code) => {
      const failure = await failureOf(async () => {
        for await (const _tile of decodeTiles(rgb, options));
      });
      expect([failure.kind, failure.code]).toEqual(['usage', code]);
    },
  );

  test('something that is no input', async () => {
    for (const input of [7, 'a path', null, undefined, {}, [1, 2]]) {
      expect(await failureOf(() => decodeSync(input as never))).toMatchObject({ kind: 'usage', code: 'input-type' });
      expect(await failureOf(() => decode(input as never))).toMatchObject({ kind: 'usage', code: 'input-type' });
    }
  });

  test('waiting forbidden over a source', async () => {
    const image = await open(new TestSource(rgb));
    expect(await failureOf(() => image.decodeSync())).toMatchObject({ kind: 'usage', code: 'sync-source' });
    expect(await failureOf(() => image.inspectSync())).toMatchObject({ kind: 'usage', code: 'sync-source' });
  });

  test('an image that was closed', async () => {
    const image = await open(rgb);
    await image.close();
    expect(await failureOf(() => image.decode())).toMatchObject({ kind: 'usage', code: 'closed' });
    expect(await failureOf(() => image.decodeSync())).toMatchObject({ kind: 'usage', code: 'closed' });
    expect(await failureOf(() => image.inspect())).toMatchObject({ kind: 'usage', code: 'closed' });
    expect(await failureOf(() => image.decodeTiles().next())).toMatchObject({ kind: 'usage', code: 'closed' });
  });
});

describe('limits', () => {
  const limits: [string, DecodeOptions['limits'] & object, string][] = [
    ['pixels', { pixels: 61 * 47 * 3 - 1 }, 'limit-pixels'],
    ['tiles', { tiles: 11 }, 'limit-tiles'],
    ['components', { components: 2 }, 'limit-components'],
    ['code-blocks', { codeBlocks: 8 }, 'limit-code-blocks'],
    ['time', { time: -1 }, 'limit-time'],
  ];

  test.each(limits)('%s', async (_, limit, code) => {
    for (const read of [
      () => decodeSync(rgb, { limits: limit }),
      () => decode(new TestSource(rgb), { limits: limit }),
    ]) {
      expect(await failureOf(read)).toMatchObject({ kind: 'limit', code });
    }
  });

  test('bytes, where they are not in memory already', async () => {
    const failure = await failureOf(() => decode(new TestSource(rgb), { limits: { bytes: 1000 } }));
    expect(failure).toMatchObject({ kind: 'limit', code: 'limit-bytes' });
    const small = { limits: { bytes: 1500 }, region: { x: 0, y: 0, width: 9, height: 9 } };
    expect((await decode(new TestSource(rgb), small)).width).toBe(9);
  });

  test('pixels are those of the window, not of the picture', () => {
    const region = { x: 3, y: 4, width: 10, height: 10 };
    expect(decodeSync(rgb, { region, limits: { pixels: 300 } }).width).toBe(10);
    expect(decodeSync(rgb, { region, components: [1], limits: { pixels: 100 } }).width).toBe(10);
    expect(decodeSync(rgb, { reduce: 2, limits: { pixels: 1000 } }).width).toBe(15);
  });

  test('exactly the limit is allowed', () => {
    expect(decodeSync(rgb, { limits: { pixels: 61 * 47 * 3, tiles: 12, components: 3 } }).status).toBe('complete');
  });

  test('limits of an opened image hold for its decodes, which may set their own', async () => {
    const image = await open(rgb, { limits: { pixels: 10 } });
    expect(await failureOf(() => image.decode())).toMatchObject({ code: 'limit-pixels' });
    expect((await image.decode({ limits: { pixels: 10000 } })).width).toBe(61);
    expect(DEFAULT_LIMITS.components).toBe(16384);
  });

  test('a header that claims the largest picture costs nothing but an error', async () => {
    const huge = rgb.slice();
    const view = new DataView(huge.buffer);
    for (const at of [8, 12, 24, 28]) view.setUint32(at, 0xffffffff); // Xsiz, Ysiz, XTsiz, YTsiz: one tile
    expect(await failureOf(() => decodeSync(huge))).toMatchObject({ kind: 'limit', code: 'limit-pixels' });
    const corner = { region: { x: 0, y: 0, width: 1, height: 1 } };
    // even one sample would need the state of a precinct of millions of code-blocks
    expect(await failureOf(() => decodeSync(huge, corner))).toMatchObject({ kind: 'limit', code: 'limit-code-blocks' });
  });
});

describe('where samples go', () => {
  const planar = decodeSync(rgb, { layout: 'planar' });
  const interleaved = decodeSync(rgb);

  test('interleaved and planar hold the same samples', () => {
    expect(interleaved).toMatchObject({ layout: 'interleaved', channels: 3, width: 61, height: 47 });
    expect(planar.layout).toBe('planar');
    planar.planes!.forEach((plane, c) => {
      expectSameSamples(plane.data, interleaved.data.filter((_: number, k: number) => k % 3 === c) as Uint8Array);
    });
    expect(planar.planes!.every((plane) => plane.data.buffer === planar.data.buffer)).toBe(true);
  });

  test('components of different sizes fall back to planar, unless they are brought to one size', () => {
    const native = decodeSync(subsampled);
    expect(native.layout).toBe('planar');
    expect(native.planes!.map((p) => [p.width, p.height, p.dx, p.dy])).toEqual([
      [60, 44, 1, 1],
      [expect.any(Number), expect.any(Number), 2, 2],
      [expect.any(Number), expect.any(Number), 2, 2],
    ]);
    const { components } = inspectSync(subsampled);
    expect(native.planes!.map((p) => [p.width, p.height])).toEqual(components.map((c) => [c.width, c.height]));
    for (const upsample of ['nearest', 'linear'] as const) {
      const full = decodeSync(subsampled, { upsample });
      expect(full).toMatchObject({ layout: 'interleaved', width: 60, height: 44, channels: 3 });
      expectSameSamples(full.data.filter((_: number, k: number) => k % 3 === 0) as Uint8Array, native.planes![0]!.data);
    }
  });

  test('into receives the samples and is the result', () => {
    const into = new Uint8Array(61 * 47 * 3).fill(99);
    const picture = decodeSync(rgb, { into });
    expect(picture.data).toBe(into);
    expectSameSamples(into, interleaved.data);
    const shared = new Uint8Array(new SharedArrayBuffer(61 * 47 * 3));
    decodeSync(rgb, { into: shared, layout: 'planar' });
    expectSameSamples(shared, planar.data);
    const wide = new Int32Array(61 * 47 * 3);
    decodeSync(rgb, { into: wide, sample: 'i32' });
    expect([...wide]).toEqual([...interleaved.data]);
  });

  test('sample types: the narrowest by default, others keep values, u8 scales', () => {
    const native = decodeSync(grey);
    expect(native.data).toBeInstanceOf(Int16Array);
    expect(native).toMatchObject({ precision: 12, signed: true });
    const values = [...native.data];
    expect([...decodeSync(grey, { sample: 'i16' }).data]).toEqual(values);
    expect([...decodeSync(grey, { sample: 'i32' }).data]).toEqual(values);
    expect([...decodeSync(grey, { sample: 'f32' }).data]).toEqual(values);
    expect([...decodeSync(grey, { sample: 'u16' }).data]).toEqual(values.map((v) => Math.max(0, v)));
    const bytes = decodeSync(grey, { sample: 'u8' });
    expect([...bytes.data]).toEqual(values.map((v) => Math.round(((v + 2048) * 255) / 4095)));
    expect(bytes).toMatchObject({ precision: 8, signed: false });
    const types = { i16: Int16Array, i32: Int32Array, f32: Float32Array, u16: Uint16Array, u8: Uint8Array } as const;
    for (const [sample, type] of Object.entries(types)) {
      expect(decodeSync(grey, { sample: sample as keyof typeof types }).data).toBeInstanceOf(type);
    }
  });

  test('components come in the order in which they are asked for', () => {
    const two = decodeSync(rgb, { components: [2, 0], layout: 'planar' });
    expect(two.channels).toBe(2);
    expectSameSamples(two.planes![0]!.data, planar.planes![2]!.data);
    expectSameSamples(two.planes![1]!.data, planar.planes![0]!.data);
  });

  test('maxSize takes the least reduction that fits', () => {
    expect(decodeSync(rgb, { maxSize: { width: 61, height: 47 } }).width).toBe(61);
    expect(decodeSync(rgb, { maxSize: { width: 60, height: 47 } }).width).toBe(decodeSync(rgb, { reduce: 1 }).width);
    expect(decodeSync(rgb, { maxSize: { width: 1, height: 1 } }).width).toBe(decodeSync(rgb, { reduce: 2 }).width);
  });

  test('decodeRegion is decode with a region', async () => {
    const region = { x: 10, y: 11, width: 20, height: 21 };
    expectSamePicture(await decodeRegion(rgb, region), decodeSync(rgb, { region }));
  });
});

describe('arithmetic', () => {
  test('inverseMct: false gives the coded components, from which RCT gives the picture (G.2.2)', () => {
    const coded = decodeSync(rgb, { inverseMct: false, layout: 'planar', colour: 'native' });
    const picture = decodeSync(rgb, { layout: 'planar', colour: 'native' });
    const reduced = decodeSync(rgb, { reduce: 1, inverseMct: false, colour: 'native' });
    expect(reduced.channels).toBe(3);
    // the chroma of RCT takes nine bits, so only samples that were not clamped can be followed
    let followed = 0;
    const [y, u, v] = coded.planes!.map((plane) => plane.data);
    const [r, g, b] = picture.planes!.map((plane) => plane.data);
    for (let k = 0; k < y!.length; k++) {
      if ([y![k], u![k], v![k]].some((value) => value === 0 || value === 255)) continue;
      const cb = u![k]! - 128;
      const cr = v![k]! - 128;
      const green = y![k]! - Math.floor((cb + cr) / 4);
      if (green < 0 || green > 255) continue;
      expect([r![k], g![k], b![k]]).toEqual([cr + green, green, cb + green]);
      followed++;
    }
    expect(followed).toBeGreaterThan(y!.length / 2);
  });

  test('the reconstruction point changes lossy pictures and leaves lossless ones alone (E.1.1.2)', () => {
    const lossy = fixture('whole-layers-97');
    const values = [0, 0.25, 0.5, 0.75].map((reconstruction) => decodeSync(lossy, { layers: 2, reconstruction }));
    expectSamePicture(values[2]!, decodeSync(lossy, { layers: 2 }));
    expect(new Set(values.map((picture) => picture.data.join())).size).toBe(4);
    for (const reconstruction of [0, 0.9]) {
      expectSamePicture(decodeSync(rgb, { reconstruction }), decodeSync(rgb));
    }
  });

  test('progress goes from tile to tile up to 1, and warnings are told when they are found', () => {
    const fractions: number[] = [];
    const picture = decodeSync(rgb, { onProgress: (p) => fractions.push(p.fraction) });
    expect(fractions).toEqual(Array.from({ length: 12 }, (_, k) => (k + 1) / 12));
    expect(picture.stats.codeBlocks).toBeGreaterThan(0);
    const told: string[] = [];
    const partial = decodeSync(rgb.subarray(0, 4000), { onWarning: (d) => told.push(d.code) });
    expect(told).toEqual(partial.warnings.map((w) => w.code));
  });
});

describe('tile by tile', () => {
  const whole = (picture: RasterImage, tiles: readonly { rect: { x: number; y: number }; picture: RasterImage }[]) => {
    const out = new Int32Array(picture.width * picture.height * picture.channels).fill(-1000);
    let samples = 0;
    for (const { rect, picture: tile } of tiles) {
      for (let y = 0; y < tile.height; y++) {
        for (let x = 0; x < tile.width; x++) {
          for (let c = 0; c < tile.channels; c++) {
            const at = ((rect.y + y) * picture.width + rect.x + x) * picture.channels + c;
            expect(out[at]).toBe(-1000);
            out[at] = tile.data[(y * tile.width + x) * tile.channels + c]!;
            samples++;
          }
        }
      }
    }
    expect(samples).toBe(out.length);
    return out;
  };

  test.each([
    ['the whole picture', {}],
    ['half size', { reduce: 1 }],
    ['a region', { region: { x: 9, y: 20, width: 31, height: 22 } }],
    ['a region at quarter size', { region: { x: 9, y: 2, width: 31, height: 32 }, reduce: 2 }],
    ['one component', { components: [1] }],
  ] as [string, DecodeOptions][])('%s is covered exactly', async (_, options) => {
    const expected = decodeSync(rgb, options);
    const tiles = [];
    for await (const { rect, ...picture } of decodeTiles(rgb, options)) tiles.push({ rect, picture });
    const joined = whole(expected, tiles);
    expect(tiles.length).toBeGreaterThan(1);
    expectSameSamples(joined, Int32Array.from(expected.data));
  });
});

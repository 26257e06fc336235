/** What the encoder refuses, by which error, and what it leaves of a sink when it gives up. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createEncoder,
  encode,
  type EncodeOptions,
  encodeSync,
  Jpeg2000Error,
  type RawImage,
} from '../../../src/index.ts';
import { fileSink, spillFile } from '../../../src/node/file-sink.ts';
import { failureOf } from '../../support/failure.ts';
import { TestSink } from '../../support/sinks.ts';

const grey: RawImage = { width: 20, height: 15, data: new Uint8Array(300).map((_, k) => k & 255) };
const rgb: RawImage = { width: 10, height: 10, channels: 3, data: new Uint8Array(300) };
const header = { width: 40, height: 30, channels: 1 };
const float = (value: number): RawImage => ({
  width: 4,
  height: 4,
  data: new Float64Array(16).fill(value, 7, 8),
  precision: 8,
  signed: false,
});

describe('samples', () => {
  test.each<[string, RawImage, string]>([
    ['too few', { ...grey, data: new Uint8Array(299) }, 'buffer-size'],
    ['too many', { ...grey, data: new Uint8Array(301) }, 'buffer-size'],
    ['of another number of channels', { ...grey, channels: 3 }, 'buffer-size'],
    [
      'too few in a plane',
      { width: 4, height: 4, planes: [{ data: new Uint8Array(16) }, { data: new Uint8Array(15) }] },
      'buffer-size',
    ],
    [
      'of a subsampled plane at full size',
      { width: 4, height: 4, planes: [{ data: new Uint8Array(16), dx: 2 }] },
      'buffer-size',
    ],
    ['in an ordinary array', { width: 2, height: 2, data: [1, 2, 3, 4] as unknown as Uint8Array }, 'input-type'],
    ['missing', { width: 2, height: 2 }, 'input-type'],
    [
      'of 64 bits',
      { width: 1, height: 1, data: new BigInt64Array(1) as unknown as Int32Array, precision: 8 },
      'input-type',
    ],
    ['not a number', float(Number.NaN), 'sample-value'],
    ['infinite', float(Number.POSITIVE_INFINITY), 'sample-value'],
    ['with fractions', float(0.5), 'sample-value'],
    ['below zero where unsigned', float(-1), 'sample-value'],
    ['above the largest', float(256), 'sample-value'],
    ['beyond the declared depth', { ...grey, precision: 7 }, 'sample-value'],
    ['beyond the sign', { ...grey, signed: true }, 'sample-value'],
    [
      'too large in 32 bits',
      { width: 1, height: 1, data: Uint32Array.of(2 ** 31), precision: 26, signed: true },
      'sample-value',
    ],
  ])('%s are refused', (_, image, code) => {
    expect(failureOf(() => encodeSync(image))).toMatchObject({ kind: 'usage', code });
    expect(failureOf(() => encodeSync(image, { rate: { bpp: 4 }, mct: 'none' }))).toMatchObject({
      kind: 'usage',
      code,
    });
  });

  test('a bad sample is named by component and place, in any tile and layout', () => {
    const data = new Uint16Array(40 * 30 * 3);
    data[3 * (40 * 22 + 31) + 1] = 4096;
    const image = { width: 40, height: 30, channels: 3, data, precision: 12 };
    expect(() => encodeSync(image, { tile: { width: 16, height: 16 }, origin: { x: 5, y: 7 } })).toThrow(
      /component 1, sample \(31, 22\): 4096 /,
    );
    const planar = new Uint16Array(40 * 30 * 3);
    planar[40 * 30 * 2 + 40 * 22 + 31] = 4096;
    expect(() => encodeSync({ ...image, data: planar, layout: 'planar' })).toThrow(
      /component 2, sample \(31, 22\): 4096 /,
    );
  });

  test.each<[string, RawImage]>([
    ['no width', { ...grey, width: 0 }],
    ['a fractional height', { ...grey, height: 1.5 }],
    ['a width of NaN', { ...grey, width: Number.NaN }],
    ['a width beyond 32 bits', { ...grey, width: 2 ** 32 }],
    ['no channels', { ...grey, channels: 0 }],
    ['too many channels', { ...grey, channels: 16385 }],
    ['no planes', { width: 1, height: 1, planes: [] }],
    ['no bits', { ...grey, precision: 0 }],
    ['too many bits', { ...grey, precision: 27 }],
    ['half bits', { ...grey, precision: 7.5 }],
    ['floats without precision', { width: 1, height: 1, data: new Float32Array(1), signed: true }],
    ['32-bit samples without precision', { width: 1, height: 1, data: new Int32Array(1) }],
    ['a sample distance of 0', { width: 4, height: 4, planes: [{ data: new Uint8Array(16), dx: 0 }] }],
    ['a sample distance of 256', { width: 4, height: 4, planes: [{ data: new Uint8Array(16), dy: 256 }] }],
  ])('a picture of %s is refused', (_, image) => {
    expect(failureOf(() => encodeSync(image))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });
});

describe('options', () => {
  const refused: [string, RawImage, unknown, string][] = [
    ['an unknown container', grey, { container: 'jpx' }, 'option-value'],
    ['an unknown filter', grey, { wavelet: '5/4' }, 'option-value'],
    ['an unknown progression', grey, { progression: 'LRPC' }, 'option-value'],
    ['an unknown transform', grey, { mct: 'yes' }, 'option-value'],
    ['an unknown quantisation', grey, { quantization: 'none' }, 'option-value'],
    ['unknown weights', grey, { weights: 'csf' }, 'option-value'],
    ['unknown tile-parts', grey, { tileParts: 'precinct' }, 'option-value'],
    ['an unknown profile', grey, { profile: 'cinema8k' }, 'option-value'],
    ['33 levels', grey, { levels: 33 }, 'option-value'],
    ['levels below 0', grey, { levels: -1 }, 'option-value'],
    ['half a level', grey, { levels: 1.5 }, 'option-value'],
    ['0 layers', grey, { layers: 0 }, 'option-value'],
    ['65536 layers', grey, { layers: 65536 }, 'option-value'],
    ['8 guard bits', grey, { guardBits: 8 }, 'option-value'],
    ['guard bits below 0', grey, { guardBits: -1 }, 'option-value'],
    ['too few guard bits for 9/7', grey, { guardBits: 0, rate: { bpp: 2 } }, 'option-value'],
    ['a code-block of 2 columns', grey, { codeBlock: { width: 2, height: 64 } }, 'option-value'],
    ['a code-block of 48 columns', grey, { codeBlock: { width: 48, height: 64 } }, 'option-value'],
    ['a code-block of 2048 rows', grey, { codeBlock: { width: 4, height: 2048 } }, 'option-value'],
    ['a code-block of 8192 samples', grey, { codeBlock: { width: 128, height: 64 } }, 'option-value'],
    ['a precinct of 3 columns', grey, { precincts: [{ width: 3, height: 64 }] }, 'option-value'],
    ['a precinct of 2^16 rows', grey, { precincts: [{ width: 64, height: 65536 }] }, 'option-value'],
    [
      'a 1 x 1 precinct above the lowest level',
      grey,
      { levels: 1, precincts: [{ width: 1, height: 1 }] },
      'option-value',
    ],
    [
      'more precincts than levels',
      grey,
      {
        levels: 0,
        precincts: [
          { width: 8, height: 8 },
          { width: 8, height: 8 },
        ],
      },
      'option-value',
    ],
    ['a tile without columns', grey, { tile: { width: 0, height: 8 } }, 'option-value'],
    ['half a tile', grey, { tile: { width: 8.5, height: 8 } }, 'option-value'],
    ['an origin below 0', grey, { origin: { x: -1, y: 0 } }, 'option-value'],
    ['an origin beyond the grid', grey, { origin: { x: 2 ** 32 - 10, y: 0 } }, 'option-value'],
    ['a tile origin behind the image', grey, { tileOrigin: { x: 1, y: 0 } }, 'option-value'],
    ['a first tile without image', grey, { origin: { x: 20, y: 20 }, tile: { width: 8, height: 8 } }, 'option-value'],
    [
      'too many tiles',
      { width: 300, height: 300, data: new Uint8Array(90000) },
      { tile: { width: 1, height: 1 } },
      'option-value',
    ],
    ['RCT of one component', grey, { mct: 'rct' }, 'option-value'],
    ['ICT with 5/3', rgb, { mct: 'ict' }, 'option-value'],
    ['RCT with 9/7', rgb, { mct: 'rct', rate: { bpp: 8 } }, 'option-value'],
    ['lossless 9/7', grey, { wavelet: '9/7' }, 'option-value'],
    ['a step with 5/3', grey, { wavelet: '5/3', rate: { step: 1 } }, 'option-value'],
    ['PPM and PPT', grey, { markers: { ppm: true, ppt: true } }, 'option-value'],
    ['no registration entries', grey, { registration: [] }, 'option-value'],
    ['a registration of a whole sample', grey, { registration: [{ x: 1, y: 0 }] }, 'option-value'],
    ['a comment beyond Latin-1', grey, { comments: ['Ω'] }, 'option-value'],
    ['a comment of 65532 bytes', grey, { comments: [new Uint8Array(65532)] }, 'option-value'],
    ['a comment that is a number', grey, { comments: [7] }, 'option-value'],
    ['an empty region', grey, { roi: {} }, 'option-value'],
    [
      'a region in no component',
      grey,
      { roi: { rects: [{ x: 0, y: 0, width: 1, height: 1 }], components: [] } },
      'option-value',
    ],
    ['a region without rectangles', grey, { roi: { rects: [] } }, 'option-value'],
    ['a region of half a column', grey, { roi: { rects: [{ x: 0, y: 0, width: 0.5, height: 1 }] } }, 'option-value'],
    ['a mask of another size', grey, { roi: { mask: new Uint8Array(7) } }, 'buffer-size'],
    [
      'a region in a component that is not there',
      grey,
      { roi: { rects: [{ x: 0, y: 0, width: 1, height: 1 }], components: [1] } },
      'component-missing',
    ],
    ['too small a shift', grey, { roi: { rects: [{ x: 0, y: 0, width: 1, height: 1 }], shift: 5 } }, 'option-value'],
    ['too large a shift', grey, { roi: { rects: [{ x: 0, y: 0, width: 1, height: 1 }], shift: 38 } }, 'option-value'],
    [
      'changes that leave packets out',
      grey,
      {
        progressionChanges: [
          {
            resolutionStart: 0,
            resolutionEnd: 1,
            componentStart: 0,
            componentEnd: 1,
            layerEnd: 1,
            progression: 'LRCP',
          },
        ],
      },
      'option-value',
    ],
    [
      'a change without resolutions',
      grey,
      {
        progressionChanges: [
          {
            resolutionStart: 1,
            resolutionEnd: 1,
            componentStart: 0,
            componentEnd: 1,
            layerEnd: 1,
            progression: 'LRCP',
          },
        ],
      },
      'option-value',
    ],
    [
      'a change in an unknown order',
      grey,
      {
        progressionChanges: [
          {
            resolutionStart: 0,
            resolutionEnd: 33,
            componentStart: 0,
            componentEnd: 1,
            layerEnd: 1,
            progression: 'XXXX',
          },
        ],
      },
      'option-value',
    ],
    ['no rates', grey, { rate: [] }, 'rate-value'],
    ['a rate of two kinds', grey, { rate: { bytes: 500, bpp: 1 } }, 'rate-value'],
    ['a rate of no kind', grey, { rate: {} }, 'rate-value'],
    ['an unknown rate', grey, { rate: { quality: 80 } }, 'rate-value'],
    ['a rate that is a number', grey, { rate: 3 }, 'rate-value'],
    ['0 bits', grey, { rate: { bpp: 0 } }, 'rate-value'],
    ['a ratio of NaN', grey, { rate: { ratio: Number.NaN } }, 'rate-value'],
    ['infinite PSNR', grey, { rate: { psnr: Number.POSITIVE_INFINITY } }, 'rate-value'],
    ['text for bytes', grey, { rate: { bytes: '500' } }, 'rate-value'],
    ['lossless: false', grey, { rate: { lossless: false } }, 'rate-value'],
    ['lossless below a layer', grey, { rate: [{ lossless: true }, { bpp: 3 }] }, 'rate-value'],
    ['a step below a layer', grey, { rate: [{ step: 2 }, { step: 1 }] }, 'rate-value'],
    ['falling sizes', grey, { rate: [{ bytes: 400 }, { bytes: 300 }] }, 'rate-value'],
    ['falling PSNR', grey, { rate: [{ psnr: 40 }, { psnr: 30 }] }, 'rate-value'],
    ['bytes for nothing but half the headers', grey, { rate: { bytes: 50 } }, 'rate-value'],
    ['a step below what QCD can say', grey, { rate: { step: 1e-12 } }, 'rate-value'],
    ['other layers than rates', grey, { rate: [{ bpp: 1 }, { bpp: 2 }], layers: 3 }, 'option-value'],
    [
      'a region in samples of 26 bits',
      { width: 2, height: 2, data: new Int32Array(4), precision: 26 },
      { roi: { rects: [{ x: 0, y: 0, width: 1, height: 1 }] } },
      'option-value',
    ],
  ];

  test.each(refused)('%s: refused', (_, image, options, code) => {
    expect(failureOf(() => encodeSync(image, options as EncodeOptions))).toMatchObject({ kind: 'usage', code });
  });

  test('limits of the caller are kept', () => {
    const limited = (limits: EncodeOptions['limits'], options: EncodeOptions = {}) => {
      return failureOf(() => encodeSync(rgb, { ...options, ...(limits ? { limits } : {}) }));
    };
    expect(limited({ tiles: 3 }, { tile: { width: 5, height: 5 } })).toMatchObject({
      kind: 'limit',
      code: 'limit-tiles',
    });
    expect(limited({ components: 2 })).toMatchObject({ kind: 'limit', code: 'limit-components' });
  });
});

/** What is no list, no object, no number and no text. */
const STRANGE: [string, unknown][] = [
  ['null', null],
  ['a symbol', Symbol('x')],
  ['a bigint', 5n],
  ['a function', () => 5],
];

/** A list of two of which the first was left out. */
function afterHole(second: unknown): unknown[] {
  const list = Array(2);
  list[1] = second;
  return list;
}

describe('values of a wrong kind', () => {
  // by option: what else it must not be; `null`, symbols and the like it must not be anyway
  const wrong: Record<keyof EncodeOptions, unknown[]> = {
    container: [1],
    coder: [1, 'mq'],
    rate: [
      'lossless',
      true,
      [null],
      [undefined, { bpp: 1 }],
      afterHole({ bpp: 1 }),
      [{ bpp: 5n }],
      { psnr: Symbol('x') },
    ],
    layers: ['2', 1.5, [2]],
    wavelet: [97],
    levels: ['2', Number.NaN, 2 ** 32],
    progression: [0],
    progressionChanges: ['RLCP', {}, [null], Array(1), [{}], [{ resolutionStart: 0n }]],
    tile: [8, [], {}, { width: 8 }, { width: 8, height: null }, { width: 8n, height: 8 }],
    origin: [0, { x: 1 }, { x: Symbol('x'), y: 1 }],
    tileOrigin: [0, { y: 1 }],
    codeBlock: [64, { width: 64, height: 64n }, { width: '64', height: 64 }],
    precincts: [{ width: 8, height: 8 }, '256', [null], Array(1), [{ width: Symbol('x'), height: 8 }]],
    codeBlockStyle: ['bypass', ['bypass'], { bypas: true }, { bypass: 1 }, { bypass: null }],
    mct: [true],
    roi: [
      [],
      { rect: [] },
      { rects: 'all' },
      { rects: {} },
      { rects: [null] },
      { rects: Array(1) },
      { mask: Array(300).fill(1) },
      { mask: new Uint16Array(300) },
      { rects: [{ x: 0, y: 0, width: 1, height: 1 }], components: 0 },
      { rects: [{ x: 0, y: 0, width: 1, height: 1 }], components: ['0'] },
      { rects: [{ x: 0, y: 0, width: 1, height: 1 }], components: [0.5] },
      { rects: [{ x: 0, y: 0, width: 1, height: 1 }], shift: 9n },
    ],
    guardBits: ['2'],
    quantization: [0],
    weights: [true],
    tileParts: ['R'],
    markers: ['sop', { sop: 'no' }, { sop: 1 }, { sopp: true }, { plt: null }],
    registration: [{ x: 0, y: 0 }, [null], [{ x: 0 }], [{ x: 0n, y: 0 }]],
    comments: ['abc', [null], Array(1), [[1]], [new Uint16Array(3)]],
    profile: [0, 'toString', 'constructor'],
    frameRate: ['24', 0, -1, Number.NaN, Number.POSITIVE_INFINITY],
    colour: [
      'srgb',
      [],
      { space: null },
      { space: Symbol('x') },
      { icc: [1] },
      { parameters: 'x' },
      { channels: 'rgb' },
      { channels: [null] },
      { channels: [{ kind: 'colour' }] },
      { palette: [] },
      { palette: {} },
      { palette: { columns: {} } },
      { palette: { columns: [null] } },
      { palette: { columns: [{ precision: 8 }] } },
      { palette: { columns: [{ precision: 8n, entries: new Uint8Array(1) }] } },
      { palette: { columns: [{ precision: 8, entries: new Uint8Array(1) }], mapping: 'direct' } },
      { palette: { columns: [{ precision: 8, entries: new Uint8Array(1) }], mapping: [null] } },
    ],
    metadata: [
      'x',
      [],
      { xml: {} },
      { xml: '<a/>' },
      { xml: [undefined] },
      { xmp: 5 },
      { geotiff: 'II' },
      { gml: null },
      { uuid: {} },
      { uuid: [undefined] },
      { uuid: [{ id: '00112233445566778899aabbccddeeff' }] },
      { resolution: 300 },
      { resolution: { capture: 300 } },
      { resolution: { display: { x: 5n, y: 5 } } },
    ],
    verify: ['no', 1],
    limits: [5, [], { pixels: Number.NaN }, { tiles: -1 }, { components: '5' }, { pixel: 5 }],
    signal: [],
    pool: [{}, { encode: true }, 4],
    onProgress: ['log', {}],
  };
  const cases = Object.entries(wrong).flatMap(([name, values]) =>
    (name === 'signal' ? [] : [...STRANGE.map(([, value]) => value), ...values])
      .filter((value) => !(name === 'onProgress' && typeof value === 'function'))
      .map((value, k): [string, number, unknown] => [name, k, value]),
  );

  test.each(cases)('for %s (%i) are refused before anything is done', async (name, _, value) => {
    const expected = { kind: 'usage', code: name === 'rate' ? 'rate-value' : 'option-value' };
    const options = { [name]: value } as EncodeOptions;
    expect(failureOf(() => encodeSync(grey, options))).toMatchObject(expected);
    await expect(encode(grey, options)).rejects.toMatchObject(expected);
    if (name === 'verify') return; // no option of streams
    const sink = new TestSink();
    expect(failureOf(() => createEncoder(header, { ...options, sink }))).toMatchObject(expected);
    expect(sink.calls.write).toBe(0);
  });

  test.each([...STRANGE, ['text', 'lossless'], ['a list', []]])('%s is no object of options', async (_, options) => {
    const expected = { kind: 'usage', code: 'option-value' };
    expect(failureOf(() => encodeSync(grey, options as EncodeOptions))).toMatchObject(expected);
    await expect(encode(grey, options as EncodeOptions)).rejects.toMatchObject(expected);
    expect(failureOf(() => createEncoder(header, options as never))).toMatchObject(expected);
  });

  test.each<[string, unknown]>([
    ...STRANGE,
    ['a list', []],
    ['a misspelt layout', { ...grey, layout: 'plannar' }],
    ['a width in text', { ...grey, width: '20' }],
    ['a width that is a symbol', { ...grey, width: Symbol('x') }],
    ['channels that are a bigint', { ...grey, channels: 1n }],
    ['a sign in words', { ...grey, signed: 'no' }],
    ['a precision that is null', { ...grey, precision: null }],
    ['planes that are no list', { ...grey, planes: {} }],
    ['a plane that is null', { width: 1, height: 1, planes: [null] }],
    ['a plane that was left out', { width: 1, height: 1, planes: afterHole({ data: new Uint8Array(1) }) }],
    ['a sign of a plane in words', { width: 1, height: 1, planes: [{ data: new Uint8Array(1), signed: 'no' }] }],
    ['a distance in text', { width: 1, height: 1, planes: [{ data: new Uint8Array(1), dx: '1' }] }],
  ])('as a picture: %s', (_, image) => {
    const expected = { kind: 'usage', code: 'option-value' };
    expect(failureOf(() => encodeSync(image as RawImage))).toMatchObject(expected);
  });

  test.each<[string, unknown]>([
    ...STRANGE,
    ['a component that is null', { ...header, components: [null] }],
    ['a component that was left out', { ...header, components: afterHole({}) }],
    ['components that are no list', { ...header, components: {} }],
    ['a billion channels', { ...header, channels: 1e9 }],
    ['2^32 channels', { ...header, channels: 2 ** 32 }],
    ['a sign in words', { ...header, signed: 'no' }],
    ['a precision that is a bigint', { ...header, precision: 8n }],
  ])('as the header of a stream: %s', (_, what) => {
    const begin = () => createEncoder(what as never, { sink: new TestSink() });
    expect(failureOf(begin)).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('are named with their place and what they are', () => {
    const messageOf = (options: unknown) => {
      try {
        encodeSync(grey, options as EncodeOptions);
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    expect(messageOf({ codeBlockStyle: { bypas: true } })).toMatch(
      /^codeBlockStyle has no "bypas", only bypass, reset/,
    );
    expect(messageOf({ markers: { sop: 'no' } })).toBe('markers.sop must be true or false, found "no"');
    expect(messageOf({ levels: Symbol('x') })).toBe('levels must be a whole number from 0 to 32, found Symbol(x)');
    expect(messageOf({ comments: [1n] })).toBe('comments[0] must be text or bytes, found the bigint 1');
    expect(messageOf({ roi: { rects: [null] } })).toBe('roi.rects[0] must be an object, found null');
    expect(messageOf({ metadata: { uuid: [{}] } })).toBe('metadata.uuid[0].id must be text, found undefined');
    expect(messageOf({ quantization: 'derived', levels: 32, rate: { psnr: 45 } })).toMatch(/derived with levels 32/);
  });

  test('a key without a value is as good as none', () => {
    const asked = { bytes: undefined, lossless: true } as never;
    const { data } = encodeSync(grey, {
      rate: asked,
      tile: undefined,
      roi: undefined,
      markers: { sop: undefined },
    } as never);
    expect(data).toEqual(encodeSync(grey).data);
    expect(encodeSync(grey, { rate: [{ bpp: 7, psnr: undefined }, asked] as never }).layers).toHaveLength(2);
  });
});

describe('regions', () => {
  const rect = { x: 0, y: 0, width: 5, height: 5 };
  test.each([
    ['right of', [{ ...rect, x: 20 }]],
    ['left of', [{ ...rect, x: -5 }]],
    ['below', [{ ...rect, y: 15 }]],
    ['above', [{ ...rect, y: -9 }]],
    [
      'around',
      [
        { ...rect, x: 99 },
        { ...rect, y: 99 },
      ],
    ],
  ])('%s the picture are empty', (_, rects) => {
    expect(failureOf(() => encodeSync(grey, { roi: { rects } }))).toMatchObject({
      kind: 'usage',
      code: 'region-empty',
    });
    const begin = () => createEncoder({ width: 20, height: 15 }, { sink: new TestSink(), roi: { rects } });
    expect(failureOf(begin)).toMatchObject({ kind: 'usage', code: 'region-empty' });
  });

  test('that reach into the picture are not', () => {
    const rects = [
      { ...rect, x: -4, y: -4 },
      { ...rect, x: 99 },
    ];
    expect(encodeSync(grey, { roi: { rects } }).psnr).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what would never end', () => {
  const many: RawImage = { width: 1, height: 1, channels: 16384, data: new Uint8Array(16384) };
  const far = { ...many, planes: Array(16384).fill({ data: new Uint8Array(1), dx: 255, dy: 255 }) };
  const small: RawImage = { width: 16, height: 16, channels: 3, data: new Uint8Array(768) };
  const rising = Array.from({ length: 65535 }, (_, k) => ({ bytes: k + 1 }));
  test.each<[string, RawImage, EncodeOptions]>([
    ['packets of 16384 components in 65535 layers', many, { layers: 65535 }],
    ['the same when they are subsampled', far, { layers: 65535 }],
    ['the same when the layers are listed', many, { rate: rising }],
    ['packets of 33 resolution levels in 65535 layers', small, { levels: 32, layers: 65535 }],
    [
      'packets of tiny tiles in many layers',
      { ...small, width: 250, height: 250 },
      { tile: { width: 1, height: 1 }, layers: 100 },
    ],
    [
      'packets of tiny precincts',
      { ...small, width: 4000, height: 4000 },
      { precincts: [{ width: 2, height: 2 }], levels: 1 },
    ],
  ])('%s: refused at once', (_, image, options) => {
    const started = performance.now();
    expect(failureOf(() => encodeSync(image, options))).toMatchObject({ kind: 'limit', code: 'limit-code-blocks' });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("the limit on packets is the caller's", () => {
    const options = { layers: 50, limits: { codeBlocks: 250 } };
    // 5 resolution levels
    expect(encodeSync({ ...small, channels: 1, data: new Uint8Array(256) }, options).layers).toHaveLength(50);
    expect(
      failureOf(() => encodeSync({ ...small, channels: 1, data: new Uint8Array(256) }, { ...options, layers: 51 })),
    ).toMatchObject({ code: 'limit-code-blocks' });
  });
});

describe('aborts', () => {
  test('an aborted signal ends an encode with its reason before anything is done', async () => {
    const onProgress = vi.fn();
    const reason = new Error('enough');
    await expect(encode(grey, { signal: AbortSignal.abort(reason), onProgress })).rejects.toBe(reason);
    expect(onProgress).not.toHaveBeenCalled();
  });

  test('a signal ends an encode while it is going on', async () => {
    const controller = new AbortController();
    const size = 1200;
    const image = { width: size, height: size, data: new Uint8Array(size * size).map((_, k) => (k * 7919) >> 3) };
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 5);
    await expect(encode(image, { signal: controller.signal })).rejects.toBe(reason);
  });
});

const tile = { width: 16, height: 16 };
const rows = (count: number) => new Uint8Array(40 * count).map((_, k) => (k * 31) & 255);
const tileAt = (x: number, y: number) => [new Uint8Array((x === 2 ? 8 : 16) * (y === 1 ? 14 : 16))] as const;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Jpeg2000Error)) throw error ?? new Error('nothing was thrown');
  return `${error.kind} ${error.code}`;
}

describe('a stream of tiles and rows', () => {
  const started = () => {
    const sink = new TestSink();
    return { sink, encoder: createEncoder(header, { sink, tile }) };
  };

  test.each<[string, (e: ReturnType<typeof started>['encoder']) => Promise<unknown>, string]>([
    ['a column that is not there', (e) => e.writeTile(3, 0, tileAt(0, 0)), 'usage option-value'],
    ['a row that is not there', (e) => e.writeTile(0, -1, tileAt(0, 0)), 'usage option-value'],
    ['half a tile number', (e) => e.writeTile(0.5, 0, tileAt(0, 0)), 'usage option-value'],
    ['a tile of the wrong size', (e) => e.writeTile(2, 0, tileAt(0, 0)), 'usage buffer-size'],
    ['a tile without components', (e) => e.writeTile(0, 0, []), 'usage buffer-size'],
    ['a tile of plain numbers', (e) => e.writeTile(0, 0, [[1, 2] as unknown as Uint8Array]), 'usage buffer-size'],
    ['half rows', (e) => e.writeRows(new Uint8Array(41)), 'usage buffer-size'],
    ['rows of plain numbers', (e) => e.writeRows([1, 2, 3] as unknown as Uint8Array), 'usage input-type'],
    ['rows of too many components', (e) => e.writeRows([rows(1), rows(1)]), 'usage buffer-size'],
    ['more rows than there are', (e) => e.writeRows(rows(31)), 'usage buffer-size'],
    ['a sample out of range', (e) => e.writeTile(0, 0, [new Int16Array(256).fill(-1)]), 'usage sample-value'],
    ['nothing at all', (e) => e.finish(), 'usage option-value'],
    ['not all rows', (e) => e.writeRows(rows(29)).then(() => e.finish()), 'usage option-value'],
    [
      'a tile twice',
      (e) => e.writeTile(1, 0, tileAt(1, 0)).then(() => e.writeTile(1, 0, tileAt(1, 0))),
      'usage option-value',
    ],
    [
      'rows over a tile that has come',
      (e) => e.writeTile(1, 0, tileAt(1, 0)).then(() => e.writeRows(rows(16))),
      'usage option-value',
    ],
  ])('%s: refused, and the sink is given up once', async (_, run, expected) => {
    const { sink, encoder } = started();
    expect(await codeOf(run(encoder))).toBe(expected);
    expect(sink.calls).toMatchObject({ abort: 1, close: 0 });
    // whatever comes afterwards fails in the same way, and says nothing more to the sink
    expect(await codeOf(encoder.writeRows(rows(1)))).toBe(expected);
    expect(await codeOf(encoder.finish())).toBe(expected);
    await encoder.abort();
    expect(sink.calls).toMatchObject({ abort: 1, close: 0 });
  });

  test('a call after the end is refused, and leaves the file alone', async () => {
    const { sink, encoder } = started();
    await encoder.writeRows(rows(30));
    const { bytes } = await encoder.finish();
    expect(bytes).toBe(sink.bytes.length);
    expect(await codeOf(encoder.writeRows(rows(1)))).toBe('usage closed');
    expect(await codeOf(encoder.finish())).toBe('usage closed');
    await encoder.abort();
    expect(sink.calls).toMatchObject({ abort: 0, close: 1 });
  });

  test.each(['write', 'patch', 'close'] as const)('a sink that fails in %s, at once or later', async (where) => {
    for (const how of ['throw', 'reject'] as const) {
      const sink = new TestSink({ failIn: where, how });
      const encoder = createEncoder(header, { sink, tile, markers: { tlm: true } });
      const all = encoder.writeRows(rows(30)).then(() => encoder.finish());
      const error = await all.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Jpeg2000Error);
      expect(error).toMatchObject({ kind: 'usage', code: 'sink', message: 'the output failed: disk full' });
      expect((error as Error).cause).toBe(sink.failure);
      expect(sink.calls.abort).toBe(1);
      expect(sink.calls.close).toBe(where === 'close' ? 1 : 0);
    }
  });

  test('a sink that fails even in abort does not hide the reason', async () => {
    const sink = new TestSink({ failIn: 'abort', how: 'reject' });
    const encoder = createEncoder(header, { sink, tile });
    expect(await codeOf(encoder.writeRows(new Uint8Array(41)))).toBe('usage buffer-size');
  });

  test('an abort ends calls that wait, with the reason that was given', async () => {
    const { sink, encoder } = started();
    const reason = new Error('changed my mind');
    const writing = encoder.writeRows(rows(30)).catch((error: unknown) => error);
    const finishing = encoder.finish().catch((error: unknown) => error);
    await encoder.abort(reason);
    expect(await finishing).toBe(reason);
    expect([undefined, reason]).toContain(await writing);
    expect(sink.calls).toMatchObject({ abort: 1, close: 0 });
    expect(sink.reason).toBe(reason);
  });

  test('an aborted signal ends a stream, and what waits is closed once', async () => {
    const controller = new AbortController();
    const sink = new TestSink();
    const spill = { append: vi.fn(), read: vi.fn(), close: vi.fn() };
    const options = { sink, spill, tile, rate: { bpp: 4 }, signal: controller.signal };
    const encoder = createEncoder(header, options);
    await encoder.writeRows(rows(16));
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(encoder.writeRows(rows(14))).rejects.toBe(reason);
    expect(sink.calls).toMatchObject({ abort: 1, close: 0, write: 0 });
    expect(spill.close).toHaveBeenCalledTimes(1);
  });

  test.each(['append', 'read'] as const)('a spill store that fails in %s', async (where) => {
    const sink = new TestSink();
    const failing = () => Promise.reject(new Error('disk full'));
    const spill = { append: () => {}, read: () => new Uint8Array(0), close: vi.fn(), [where]: failing };
    const encoder = createEncoder(header, { sink, spill, tile, rate: { bpp: 4 } });
    const all = encoder.writeRows(rows(30)).then(() => encoder.finish());
    expect(await codeOf(all)).toBe('usage sink');
    expect(sink.calls).toMatchObject({ abort: 1, close: 0 });
    expect(spill.close).toHaveBeenCalledTimes(1);
  });

  test.each<[string, object, object]>([
    ['no sink', header, { sink: undefined }],
    ['a sink that cannot write', header, { sink: {} }],
    ['a sink with something for a patch function', header, { sink: { write: () => {}, patch: null } }],
    ['a spill store that is null', header, { spill: null }],
    ['a spill store that cannot read', header, { spill: { append: () => {} }, rate: { bpp: 2 } }],
    ['a spill store that cannot append', header, { spill: { read: () => new Uint8Array(0) }, rate: { bpp: 2 } }],
    ['PLM', header, { markers: { plm: true } }],
    ['PPM', header, { markers: { ppm: true } }],
    ['no width', { ...header, width: 0 }, {}],
    ['no components', { ...header, components: [] }, {}],
    ['27 bits', { ...header, precision: 27 }, {}],
  ])('%s: refused when it begins', (_, what, options) => {
    const begin = () => createEncoder(what as typeof header, { sink: new TestSink(), ...options });
    expect(failureOf(begin)).toMatchObject({ kind: 'usage', code: 'option-value' });
  });
});

describe('files to write to', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jp2kit-sink-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('have their name only when they are finished', async () => {
    const path = join(folder, 'picture.jp2');
    const encoder = createEncoder(header, { sink: await fileSink(path), tile });
    await encoder.writeRows(rows(30));
    expect(await readdir(folder)).not.toContain('picture.jp2');
    const { bytes } = await encoder.finish();
    expect(await readdir(folder)).toEqual(['picture.jp2']);
    expect((await readFile(path)).length).toBe(bytes);
  });

  test('are gone after an abort or a failure, and do not touch what had the name before', async () => {
    const path = join(folder, 'picture.jp2');
    const first = createEncoder(header, { sink: await fileSink(path) });
    await first.writeRows(rows(30));
    await first.finish();
    const before = await readFile(path);
    const second = createEncoder(header, {
      sink: await fileSink(path),
      spill: await spillFile(folder),
      rate: { bpp: 2 },
      tile,
    });
    await second.writeRows(rows(17));
    await second.abort();
    const third = createEncoder(header, { sink: await fileSink(path), tile });
    await expect(third.writeRows(rows(31))).rejects.toThrow(/more rows/);
    expect(await readdir(folder)).toEqual(['picture.jp2']);
    expect(await readFile(path)).toEqual(before);
  });

  test('cannot be begun in a folder that is not there', async () => {
    await expect(fileSink(join(folder, 'missing', 'picture.jp2'))).rejects.toThrow(/ENOENT/);
  });
});

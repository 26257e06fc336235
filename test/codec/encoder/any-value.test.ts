/**
 * Whatever stands anywhere in a call: a call in which every option is used, with each value in it replaced by each of some strange
 * ones. It has to work or end in an error of ours; anything else is a check that is missing.
 */
import { describe, expect, test } from 'vitest';
import { createEncoder, encodeSync, Jpeg2000Error } from '../../../src/index.ts';

const picture = {
  width: 40,
  height: 30,
  layout: 'planar',
  channels: 3,
  precision: 8,
  signed: false,
  planes: [0, 1, 2].map(() => ({
    data: new Uint8Array(1200).map((_, k) => k * 7),
    precision: 8,
    signed: false,
    dx: 1,
    dy: 1,
  })),
};

const everything = {
  container: 'jp2',
  rate: [{ bytes: 3000 }, { bytes: 9000 }],
  layers: 2,
  wavelet: '9/7',
  levels: 2,
  progression: 'RLCP',
  progressionChanges: [
    {
      resolutionStart: 0,
      resolutionEnd: 33,
      componentStart: 0,
      componentEnd: 3,
      layerEnd: 2,
      progression: 'LRCP',
    },
  ],
  tile: { width: 32, height: 32 },
  origin: { x: 1, y: 2 },
  tileOrigin: { x: 0, y: 0 },
  codeBlock: { width: 16, height: 16 },
  precincts: [{ width: 32, height: 32 }],
  codeBlockStyle: {
    bypass: true,
    reset: false,
    terminate: false,
    causal: true,
    predictable: true,
    segmentation: true,
  },
  mct: 'ict',
  roi: { rects: [{ x: 0, y: 0, width: 9, height: 9 }], components: [0, 1], shift: 15 },
  guardBits: 3,
  quantization: 'expounded',
  weights: 'none',
  tileParts: 'resolution',
  markers: { tlm: true, plt: true, plm: true, ppm: true, ppt: false, sop: true, eph: true },
  registration: [
    { x: 0, y: 0.5 },
    { x: 0, y: 0 },
    { x: 0, y: 0 },
  ],
  comments: ['abc', new Uint8Array(3)],
  profile: undefined,
  frameRate: 24,
  colour: {
    space: 'srgb',
    parameters: undefined,
    icc: undefined,
    channels: [1, 2, 3].map((association) => ({ kind: 'colour', association })),
  },
  metadata: {
    resolution: { capture: { x: 1, y: 1 }, display: { x: 2, y: 2 } },
    xml: ['<a/>'],
    xmp: 'x',
    geotiff: Uint8Array.of(0x49, 0x49, 42, 0),
    gml: '<g/>',
    uuid: [{ id: '00112233445566778899aabbccddeeff', data: new Uint8Array(3) }],
  },
  verify: false,
  limits: { pixels: 1e9, bytes: 1e9, tiles: 100, components: 5, codeBlocks: 1e5, time: Number.POSITIVE_INFINITY },
  onProgress: () => {},
};

const indexed = { width: 4, height: 4, data: new Uint8Array(16) };
const column = { precision: 8, signed: false, entries: new Uint8Array(256) };
const palette = {
  colour: { palette: { columns: Array(3).fill(column), mapping: [0, 1, 2].map((k) => ({ component: 0, column: k })) } },
};

const header = {
  width: 40,
  height: 30,
  channels: 3,
  precision: 8,
  signed: false,
  components: [{ precision: 8, signed: true, dx: 1, dy: 1 }],
};
const none = () => {};
const outputs = {
  sink: { write: none, patch: none, close: none, abort: none },
  spill: { append: none, read: none, close: none },
};

const STRANGE: unknown[] = [
  ...[undefined, null, Symbol('x'), 5n, none, '', 'x', true, false],
  ...[Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 0.5, 1e9, 2 ** 32, 1e300],
  ...[[], [null], Array(1), ['x'], [{}], {}, Object.create(null), new Date(0)],
  ...[new Uint8Array(2), new Float64Array(2), new BigInt64Array(2)],
];

/** The ways to every value in an object, and to the object itself. */
function waysInto(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => waysInto(inner).map((way) => [key, ...way]))];
}

/** A copy in which another value stands at the end of a way. */
function replaced(object: unknown, way: readonly string[], value: unknown): unknown {
  const [key, ...rest] = way;
  if (key === undefined) return value;
  const inner = replaced((object as Record<string, unknown>)[key], rest, value);
  if (!Array.isArray(object)) return { ...(object as object), [key]: inner };
  return object.map((entry, k) => (String(k) === key ? inner : entry));
}

describe.each<[string, object, (call: never) => unknown]>([
  ['options', everything, (options) => encodeSync(picture as never, options)],
  ['reversible options', { rate: [{ bytes: 250 }, { lossless: true }] }, (options) => encodeSync(indexed, options)],
  ['a quality', { rate: { psnr: 40 } }, (options) => encodeSync(indexed, options)],
  ['a step', { rate: { step: 0.5 } }, (options) => encodeSync(indexed, options)],
  ['a palette', palette, (options) => encodeSync(indexed, options)],
  ['a profile', { profile: 'imf', ...palette, levels: 3 }, (options) => encodeSync(picture as never, options)],
  ['a picture', picture, (image) => encodeSync(image)],
  ['a header', header, (what) => createEncoder(what, outputs as never)],
  ['outputs', outputs, (options) => createEncoder(header, options)],
])('of %s', (_, call, run) => {
  test('as it stands it works', () => {
    expect(() => run(call as never)).not.toThrow();
  });

  test.each(waysInto(call).map((way) => [way.join('.') || 'all', way] as const))('%s may be anything', (_, way) => {
    for (const value of STRANGE) {
      try {
        run(replaced(call, way, value) as never);
      } catch (error) {
        if (!(error instanceof Jpeg2000Error)) throw error;
        expect(['usage', 'limit']).toContain(error.kind);
      }
    }
  });
});

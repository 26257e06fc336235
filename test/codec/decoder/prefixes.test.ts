import { describe, expect, test } from 'vitest';
import {
  decode,
  decodeProgressive,
  decodeSync,
  inspectSync,
  Jpeg2000Error,
  type RasterImage,
} from '../../../src/index.ts';
import { interleaveTileParts, packHeaders, takeApart } from '../../support/codestream.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { expectSamePicture, expectSameSamples } from '../../support/same-picture.ts';
import { chunksOfBytes, TestSource } from '../../support/sources.ts';

const options = { colour: 'native', layout: 'planar' } as const;

/** Bytes from SOC to the first SOT. */
function mainHeaderLength(bytes: Uint8Array): number {
  return 2 + takeApart(bytes).main.reduce((sum, segment) => sum + segment.length, 0);
}

/** Mean squared error of one picture against another. */
function errorOf(picture: RasterImage, whole: RasterImage): number {
  let sum = 0;
  for (let k = 0; k < whole.data.length; k++) sum += (picture.data[k]! - whole.data[k]!) ** 2;
  return sum / whole.data.length;
}

/** Fixtures with something special at their ends, and a stride that keeps the test short. */
const CUT: readonly (readonly [string, Uint8Array, number])[] = [
  ['no-levels-53', fixture('no-levels-53'), 3],
  ['tiles-offsets-53', fixture('tiles-offsets-53'), 137],
  ['whole-layers-97', fixture('whole-layers-97'), 83],
  ['poc-53', fixture('poc-53'), 97],
  ['precincts-pcrl-sop-eph-53', fixture('precincts-pcrl-sop-eph-53'), 113],
  ['precincts-rpcl-plt-tlm-53', fixture('precincts-rpcl-plt-tlm-53'), 113],
  ['all-styles-53', fixture('all-styles-53'), 17],
  ['interleaved tile-parts', interleaveTileParts(fixture('tiles-offsets-53'), 3), 173],
  ['PPT', packHeaders(fixture('precincts-rlcp-53'), 'ppt'), 127],
  ['PPM', packHeaders(fixture('tiles-offsets-53'), 'ppm'), 149],
];

describe('every prefix that holds the main header gives a picture', () => {
  test.each(CUT)('%s', (_, bytes, stride) => {
    const whole = decodeSync(bytes, options);
    for (let length = mainHeaderLength(bytes); length < bytes.length - 2; length += stride) {
      const picture = decodeSync(bytes.subarray(0, length), options);
      expect(picture.status, `${length} of ${bytes.length} bytes`).toBe('partial');
      expect(picture.warnings.length).toBeGreaterThan(0);
      expect([picture.width, picture.height]).toEqual([whole.width, whole.height]);
    }
    for (const length of [bytes.length - 2, bytes.length - 1, bytes.length]) {
      expectSamePicture(decodeSync(bytes.subarray(0, length), options), whole);
    }
  });

  test.each(CUT)('%s, from a source of unknown size as from memory', async (_, bytes, stride) => {
    for (let length = mainHeaderLength(bytes) + 1; length < bytes.length; length += 5 * stride) {
      const prefix = bytes.slice(0, length);
      const expected = decodeSync(prefix, options);
      const sized = await decode(new TestSource(prefix), options);
      expectSamePicture(sized, expected);
      expect(sized.warnings).toEqual(expected.warnings);
      const unsized = await decode(new TestSource(prefix, { sizeKnown: false }), options);
      // the warnings may differ, since nobody can tell beforehand where the bytes end; no more is lost
      expect(unsized.status).toBe(expected.status);
      expectSameSamples(unsized.data, expected.data);
    }
  });

  test('a prefix that ends inside the main header is a typed error, unless it ends between two segments', () => {
    const bytes = fixture('precincts-rpcl-plt-tlm-53');
    const ends: number[] = [];
    let at = 2;
    for (const segment of takeApart(bytes).main) {
      at += segment.length;
      ends.push(at, at + 1);
    }
    const needed = ends[takeApart(bytes).main.findIndex((s) => s[1] === 0x5c) * 2]!; // SIZ, COD, QCD
    for (let length = 0; length < mainHeaderLength(bytes); length++) {
      const prefix = bytes.subarray(0, length);
      if (length >= needed && ends.includes(length)) {
        const picture = decodeSync(prefix, options);
        expect(picture.status).toBe('partial');
        expect(picture.warnings[0]).toMatchObject({ code: 'out-of-bytes' });
      } else expect(() => decodeSync(prefix, options)).toThrow(Jpeg2000Error);
    }
  });

  test.each(['layers-lrcp-53', 'whole-layers-97'])('%s: the longer the prefix, the better the picture', (name) => {
    const bytes = fixture(name);
    const whole = decodeSync(bytes, options);
    let best = Number.POSITIVE_INFINITY;
    const first = errorOf(decodeSync(bytes.subarray(0, mainHeaderLength(bytes) + 20), options), whole);
    for (let length = mainHeaderLength(bytes) + 20; length <= bytes.length; length += 119) {
      const error = errorOf(decodeSync(bytes.subarray(0, length), options), whole);
      expect(error).toBeLessThanOrEqual(best * 1.25 + 0.5);
      best = Math.min(best, error);
    }
    expect(best).toBeLessThan(first / 20);
    expect(errorOf(decodeSync(bytes.subarray(0, bytes.length), options), whole)).toBe(0);
  });

  test('layer by layer the error shrinks', () => {
    const bytes = fixture('layers-lrcp-53');
    const whole = decodeSync(bytes, options);
    const errors = [1, 2, 3, 4].map((layers) => errorOf(decodeSync(bytes, { ...options, layers }), whole));
    for (let k = 1; k < 4; k++) expect(errors[k]).toBeLessThan(errors[k - 1]!);
    expect(errors[3]).toBe(0);
  });
});

describe('byteRanges of an inspection', () => {
  const arranged: (readonly [string, Uint8Array])[] = [
    ...FIXTURES.map((name) => [name, fixture(name)] as const),
    ['interleaved tile-parts', interleaveTileParts(fixture('tiles-offsets-53'), 3)],
    ['PPT', packHeaders(fixture('tiles-offsets-53'), 'ppt')],
    ['PPM', packHeaders(fixture('precincts-rlcp-53'), 'ppm')],
  ];

  test.each(arranged)('%s: a prefix is enough for what it promises', (_, bytes) => {
    const info = inspectSync(bytes, { index: true });
    expect(info.byteRanges).toHaveLength(info.levels + 1 + info.layers - 1);
    for (const { resolution, layers, end } of info.byteRanges!) {
      const wanted = { ...options, reduce: info.levels - resolution, layers };
      const found = decodeSync(bytes.subarray(0, end), wanted);
      const expected = decodeSync(bytes, wanted);
      expectSamePicture(found, expected);
      expect(found.status).toBe('complete');
    }
    const last = info.byteRanges!.filter((need) => need.layers === info.layers).at(-1)!;
    expect(last.end).toBe(bytes.length - 2);
  });

  test('prefixes grow with resolution, and are short where the progression is by resolution', () => {
    const bytes = fixture('precincts-rlcp-53');
    const { byteRanges, levels, layers } = inspectSync(bytes, { index: true });
    const ends = byteRanges!.filter((need) => need.layers === layers).map((need) => need.end);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(ends).toHaveLength(levels + 1);
    expect(ends[0]).toBeLessThan(bytes.length / 4);
  });

  test.each(FIXTURES)('%s: packet statistics add up to the data of all tile-parts', (name) => {
    const { packets, tileParts, layers, levels } = inspectSync(fixture(name), { index: true });
    const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
    const sop = takeApart(fixture(name)).parts.reduce((n, part) => n + countSop(part.data), 0);
    const data = tileParts!.reduce((n, part) => n + part.dataLength, 0) - 6 * sop;
    expect(packets!.bytesByResolution).toHaveLength(levels + 1);
    expect(packets!.bytesByLayer).toHaveLength(layers);
    expect(sum(packets!.bytesByResolution)).toBe(data);
    expect(sum(packets!.bytesByLayer)).toBe(data);
    expect(sum(packets!.bytesByComponent)).toBe(data);
  });
});

function countSop(data: Uint8Array): number {
  let n = 0;
  for (let k = 0; k + 5 < data.length; k++) {
    if (data[k] === 0xff && data[k + 1] === 0x91 && data[k + 2] === 0 && data[k + 3] === 4) n++;
  }
  return n;
}

describe('a stream decoded while it comes in', () => {
  test.each([
    ['layers-lrcp-53', [400]],
    ['precincts-rlcp-53', [311, 5, 700]],
    ['tiles-offsets-53', [900, 1]],
    ['whole-layers-97', [250]],
  ])('%s gives growing pictures, the last of them whole', async (name, lengths) => {
    const bytes = fixture(name);
    const whole = decodeSync(bytes, options);
    const pictures = [];
    for await (const picture of decodeProgressive(chunksOfBytes(bytes, lengths), { ...options, minIntervalMs: 0 })) {
      pictures.push(picture);
    }
    expect(pictures.length).toBeGreaterThan(2);
    expect(pictures.map((p) => p.final)).toEqual(pictures.map((_, k) => k === pictures.length - 1));
    for (let k = 1; k < pictures.length; k++) {
      expect(pictures[k]!.resolution).toBeGreaterThanOrEqual(pictures[k - 1]!.resolution);
      expect(errorOf(pictures[k]!, whole)).toBeLessThanOrEqual(errorOf(pictures[k - 1]!, whole) * 1.5 + 1);
    }
    const last = pictures.at(-1)!;
    expectSamePicture(last, whole);
    const { levels, layers } = inspectSync(bytes);
    expect(last.resolution).toBe(levels);
    expect(last.layer).toBe(layers);
  });

  test('a stream in single bytes, in one piece, and a ReadableStream end alike', async () => {
    const bytes = fixture('no-levels-53');
    const whole = decodeSync(bytes, options);
    const streams = [
      chunksOfBytes(bytes, [1]),
      chunksOfBytes(bytes, [1 << 20]),
      new Blob([bytes as BlobPart]).stream(),
    ];
    for (const stream of streams) {
      let last: RasterImage | undefined;
      for await (const picture of decodeProgressive(stream as never, options)) last = picture;
      expectSamePicture(last!, whole);
    }
  });

  test('a stream that ends early ends with a partial picture', async () => {
    const bytes = fixture('layers-lrcp-53');
    const pictures = [];
    for await (const picture of decodeProgressive(chunksOfBytes(bytes.subarray(0, 3000), [500]), options)) {
      pictures.push(picture);
    }
    expect(pictures.at(-1)).toMatchObject({ status: 'partial', final: true });
  });

  test('a stream that is no picture ends in a typed error', async () => {
    const drain = async (): Promise<void> => {
      for await (const _ of decodeProgressive(chunksOfBytes(new Uint8Array(5000), [500]), options))
        expect.fail('no picture');
    };
    await expect(drain()).rejects.toMatchObject({ name: 'Jpeg2000Error', code: 'not-jpeg2000' });
  });

  test('a stream longer than the limit is refused', async () => {
    const drain = async (): Promise<void> => {
      const limited = { ...options, limits: { bytes: 2000 } };
      for await (const _ of decodeProgressive(chunksOfBytes(fixture('layers-lrcp-53'), [500]), limited));
    };
    await expect(drain()).rejects.toMatchObject({ kind: 'limit', code: 'limit-bytes' });
  });
});

/** What holds for every transcode, whatever the picture: decoding the result is decoding a window of the source. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildIndex,
  decodeSync,
  type DecodeOptions,
  type EncodeOptions,
  encodeSync,
  inspectSync,
  type RasterImage,
  transcode,
  type TranscodeOptions,
  transcodeSync,
  transcodeTo,
} from '../../../src/index.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { firstDifference } from '../../support/same-picture.ts';
import { onlyForward, TestSink } from '../../support/sinks.ts';
import { TestSource } from '../../support/sources.ts';

const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const;
const progressions = fc.constantFrom(...PROGRESSIONS);
const NATIVE = { colour: 'native', layout: 'planar' } as const;

/** A codestream of up to four components with tiles and offsets, several layers, any order. */
const codestreams = fc
  .record({
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 90 }),
    channels: fc.integer({ min: 1, max: 4 }),
    origin: fc.record({ x: fc.nat(40), y: fc.nat(40) }),
    tileOrigin: fc.record({ x: fc.nat(20), y: fc.nat(20) }),
    tile: fc.record({ width: fc.integer({ min: 24, max: 64 }), height: fc.integer({ min: 24, max: 64 }) }),
    tiled: fc.boolean(),
    levels: fc.integer({ min: 0, max: 4 }),
    layers: fc.constantFrom(1, 1, 2, 3),
    progression: progressions,
    wavelet: fc.constantFrom('5/3' as const, '9/7' as const),
    precinct: fc.constantFrom(undefined, 16, 32, 64),
    codeBlock: fc.constantFrom(4, 8, 16, 64),
    markers: fc.record({
      plt: fc.boolean(),
      sop: fc.boolean(),
      eph: fc.boolean(),
      ppt: fc.boolean(),
      tlm: fc.boolean(),
    }),
    style: fc.constantFrom({}, {}, { bypass: true }, { terminate: true }),
    mct: fc.constantFrom('auto' as const, 'none' as const),
  })
  .map(({ width, height, channels, origin, tileOrigin, tile, tiled, precinct, codeBlock, wavelet, style, ...rest }) => {
    const options: EncodeOptions = {
      ...rest,
      ...(wavelet === '9/7' ? { rate: { step: 1 } } : {}),
      container: 'codestream',
      wavelet,
      origin,
      ...(tiled ? { tile } : {}),
      // the first tile has to reach into the image area
      tileOrigin: tiled ? { x: Math.min(origin.x, tileOrigin.x), y: Math.min(origin.y, tileOrigin.y) } : { x: 0, y: 0 },
      codeBlock: { width: codeBlock, height: codeBlock },
      codeBlockStyle: style,
      ...(precinct ? { precincts: [{ width: precinct, height: precinct }] } : {}),
    };
    const usable =
      tiled && (tile.width + options.tileOrigin!.x <= origin.x || tile.height + options.tileOrigin!.y <= origin.y);
    const { image } = wavyPicture(width, height, channels, 8);
    return encodeSync(image, usable ? { ...options, tileOrigin: { x: origin.x, y: origin.y } } : options).data;
  });

/** Where two decodes differ; nothing when they do not. */
function difference(found: RasterImage, expected: RasterImage): string | undefined {
  const shape = ({ width, height, planes, status }: RasterImage) =>
    JSON.stringify([width, height, status, planes!.map((p) => [p.width, p.height, p.precision, p.signed])]);
  if (shape(found) !== shape(expected)) return `${shape(found)} instead of ${shape(expected)}`;
  for (const [c, plane] of expected.planes!.entries()) {
    const k = firstDifference(found.planes![c]!.data, plane.data);
    if (k >= 0) return `component ${c}, sample ${k}: ${found.planes![c]!.data[k]} instead of ${plane.data[k]}`;
  }
  return undefined;
}

/** Whether the precincts make code-blocks smaller than COD says (B-17, B-18). */
function cutsCodeBlocks(source: Uint8Array): boolean {
  const { precincts, codeBlock } = inspectSync(source);
  return precincts.some(({ width, height }, r) => {
    const half = r === 0 ? 1 : 2;
    return width < codeBlock.width * half || height < codeBlock.height * half;
  });
}

function expectSame(source: Uint8Array, options: TranscodeOptions, window: DecodeOptions): void {
  const { data, status } = transcodeSync(source, { strict: true, ...options });
  expect(status).toBe('complete');
  const found = decodeSync(data, { ...NATIVE, strict: true });
  expect(difference(found, decodeSync(source, { ...NATIVE, ...window }))).toBeUndefined();
}

describe('a transcode', () => {
  test('to any order has the same samples, and the way back gives the same bytes', () => {
    fc.assert(
      fc.property(codestreams, progressions, (source, progression) => {
        expectSame(source, { progression }, {});
        const home = { progression: inspectSync(source).progression };
        const there = transcodeSync(source, { progression }).data;
        expect(firstDifference(transcodeSync(there, home).data, transcodeSync(source, home).data)).toBe(-1);
      }),
      { numRuns: 60 },
    );
  });

  test('that drops resolution levels is a decode with reduce', () => {
    fc.assert(
      fc.property(codestreams, fc.nat(4), (source, reduce) => {
        const d = Math.min(reduce, inspectSync(source).levels);
        expectSame(source, { reduce: d }, { reduce: d });
      }),
      { numRuns: 60 },
    );
  });

  test('that drops layers is a decode with layers', () => {
    fc.assert(
      fc.property(codestreams, fc.integer({ min: 1, max: 4 }), (source, layers) => {
        expectSame(source, { layers }, { layers });
      }),
      { numRuns: 40 },
    );
  });

  test('that keeps some components is a decode with components', () => {
    fc.assert(
      fc.property(codestreams, fc.nat(14), (source, mask) => {
        const { components, mct } = inspectSync(source);
        const kept = components.map((_, c) => c).filter((c) => mask & (1 << c) || (mct !== 'none' && c < 3));
        if (kept.length === 0) kept.push(0);
        expectSame(source, { components: kept }, { components: kept });
      }),
      { numRuns: 40 },
    );
  });

  test('that cuts tiles out is a decode of their region, with fewer levels too', () => {
    fc.assert(
      fc.property(codestreams, fc.nat(), fc.nat(), fc.nat(), fc.nat(), fc.nat(2), (source, a, b, c, d, less) => {
        const { tiles, origin, width, height, levels } = inspectSync(source);
        const column = a % tiles.columns;
        const row = b % tiles.rows;
        const crop = { column, row, columns: 1 + (c % (tiles.columns - column)), rows: 1 + (d % (tiles.rows - row)) };
        const x0 = Math.max(origin.x, tiles.x + column * tiles.width);
        const y0 = Math.max(origin.y, tiles.y + row * tiles.height);
        const x1 = Math.min(origin.x + width, tiles.x + (column + crop.columns) * tiles.width);
        const y1 = Math.min(origin.y + height, tiles.y + (row + crop.rows) * tiles.height);
        const region = { x: x0 - origin.x, y: y0 - origin.y, width: x1 - x0, height: y1 - y0 };
        const reduce = Math.min(less, levels);
        // a window that holds no sample of a coarser picture cannot be decoded, nor asked for
        const scale = 2 ** reduce;
        fc.pre(Math.ceil(x1 / scale) > Math.ceil(x0 / scale) && Math.ceil(y1 / scale) > Math.ceil(y0 / scale));
        expectSame(source, { crop, reduce }, { region, reduce });
      }),
      { numRuns: 80 },
    );
  });

  test('to other precincts has the same samples, or is refused because code-blocks would be cut', () => {
    let written = 0;
    fc.assert(
      fc.property(codestreams, fc.constantFrom(16, 32, 64, 128, 32768), (source, size) => {
        try {
          expectSame(source, { precincts: [{ width: size, height: size }] }, {});
          written++;
        } catch (error) {
          expect(error).toMatchObject({ kind: 'usage', code: 'precinct-partition', clause: '15444-1 B.7' });
        }
      }),
      { numRuns: 80 },
    );
    expect(written).toBeGreaterThan(20);
  });

  test('to other precincts and back gives the same packets', () => {
    fc.assert(
      fc.property(codestreams, (source) => {
        const { precincts, levels } = inspectSync(source);
        fc.pre(precincts.length > 0 && !cutsCodeBlocks(source));
        const large = transcodeSync(source, { precincts: [{ width: 32768, height: 32768 }] }).data;
        const back = transcodeSync(large, { precincts: precincts.slice(0, levels + 1).reverse() }).data;
        expect(firstDifference(back, transcodeSync(source).data)).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });

  test('that puts layers into one has the same samples when all of them are there', () => {
    fc.assert(
      fc.property(codestreams, fc.integer({ min: 1, max: 12 }), (source, insertLayers) => {
        fc.pre(inspectSync(source).layers === 1);
        expectSame(source, { insertLayers }, {});
        const { data } = transcodeSync(source, { insertLayers });
        expect(inspectSync(data).layers).toBe(insertLayers);
        for (let layers = 1; layers < insertLayers; layers += 3) decodeSync(data, { layers, strict: true });
      }),
      { numRuns: 40 },
    );
  });

  test('with an index of the source gives the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(codestreams, progressions, fc.boolean(), async (source, progression, ppm) => {
        const index = await buildIndex(source);
        const options = { progression, markers: { ppm, ppt: false, tlm: true, plt: true } };
        const expected = transcodeSync(source, options).data;
        expect(firstDifference((await transcode(new TestSource(source), { ...options, index })).data, expected)).toBe(
          -1,
        );
      }),
      { numRuns: 40 },
    );
  });

  test('gives the same bytes from memory, from a source, and into a sink with a way back or without', async () => {
    await fc.assert(
      fc.asyncProperty(codestreams, progressions, fc.boolean(), async (source, progression, tlm) => {
        const options = { progression, markers: { tlm, plt: true } };
        const expected = transcodeSync(source, options).data;
        expect(firstDifference((await transcode(new TestSource(source), options)).data, expected)).toBe(-1);
        const sink = new TestSink();
        const summary = await transcodeTo(new TestSource(source), onlyForward(sink), options);
        expect(firstDifference(sink.bytes, expected)).toBe(-1);
        expect([summary.bytes, summary.bytesIn]).toEqual([expected.length, source.length]);
      }),
      { numRuns: 25 },
    );
  });
});

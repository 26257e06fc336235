/** A picture that comes in pieces is encoded as one that is there whole. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { componentSize } from '../../../src/codec/encoder/samples.ts';
import {
  createEncoder,
  decodeSync,
  type EncodeOptions,
  encodeSync,
  type RawImage,
  type SampleArray,
} from '../../../src/index.ts';
import { firstDifference } from '../../support/same-picture.ts';
import { onlyForward, TestSink } from '../../support/sinks.ts';
import { encoderOptions, pictures } from '../../arbitraries/encodes.ts';
import { firstWrong, psnrOf, spillStore, wavyPicture } from '../../support/encodes.ts';

/** Header of a picture whose samples come later. */
function headerOf({ width, height, planes }: RawImage) {
  return {
    width,
    height,
    components: planes!.map(({ precision, signed, dx, dy }) => ({ precision, signed, dx, dy }) as object),
  };
}

describe('rows', () => {
  test('in pieces of any height give the file that the whole picture gives, byte by byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        pictures({ size: 60, components: 3 }),
        encoderOptions({ streamed: true }).map((options) => ({ ...options, layers: 1 })),
        fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 5 }),
        async (image, options, heights) => {
          const whole = encodeSync(image, options);
          const sink = new TestSink();
          const encoder = createEncoder(headerOf(image), { ...options, sink });
          const { planes, height } = image;
          for (let y = 0, k = 0; y < height; k++) {
            const end = Math.min(height, y + heights[k % heights.length]!);
            const pieces = planes!.map(({ data, dx = 1, dy = 1 }) => {
              const rowLength = componentSize(0, image.width, dx);
              return data.subarray(Math.ceil(y / dy) * rowLength, Math.ceil(end / dy) * rowLength);
            });
            await encoder.writeRows(pieces);
            y = end;
          }
          const summary = await encoder.finish();
          expect(firstDifference(sink.bytes, whole.data)).toBe(-1);
          expect(summary).toMatchObject({ bytes: whole.bytes, bpp: whole.bpp, ratio: whole.ratio });
          // layers without rates of their own are shared out by tile here, over the whole picture there
          expect(summary.layers.at(-1)!.bytes).toBe(whole.bytes);
          expect(sink.calls).toMatchObject({ close: 1, abort: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of one component may not run ahead of the others', async () => {
    const planes = [{ dy: 3 }, {}];
    const sink = new TestSink();
    const encoder = createEncoder({ width: 1, height: 7, components: planes }, { sink, tile: { width: 5, height: 5 } });
    await encoder.writeRows([new Uint8Array(2), new Uint8Array(4)]);
    await expect(encoder.writeRows([new Uint8Array(1), new Uint8Array(0)])).rejects.toThrow(/component 0 .* in step/);
    expect(sink.calls.abort).toBe(1);
  });

  test('come interleaved, too', async () => {
    const { image, interleaved } = wavyPicture(90, 70, 3, 8);
    const options: EncodeOptions = { tile: { width: 32, height: 24 } };
    const sink = new TestSink();
    const encoder = createEncoder({ width: 90, height: 70, channels: 3 }, { ...options, sink });
    for (let y = 0; y < 70; y += 11) await encoder.writeRows(interleaved.subarray(y * 270, Math.min(70, y + 11) * 270));
    await encoder.finish();
    expect(firstDifference(sink.bytes, encodeSync(image, options).data)).toBe(-1);
  });
});

describe('tiles', () => {
  const { image } = wavyPicture(100, 75, 3, 10);
  const options: EncodeOptions = {
    tile: { width: 30, height: 20 },
    origin: { x: 3, y: 5 },
    tileParts: 'resolution',
    progression: 'RPCL',
  };

  /** Samples of a tile cut out of the picture by hand. */
  function cut(column: number, row: number): SampleArray[] {
    const x0 = Math.max(0, column * 30 - 3);
    const x1 = Math.min(100, column * 30 + 27);
    const y0 = Math.max(0, row * 20 - 5);
    const y1 = Math.min(75, row * 20 + 15);
    return image.planes!.map(({ data }) => {
      const tile = new Uint16Array((x1 - x0) * (y1 - y0));
      for (let y = y0; y < y1; y++) tile.set(data.subarray(y * 100 + x0, y * 100 + x1), (y - y0) * (x1 - x0));
      return tile;
    });
  }
  const all = Array.from({ length: 16 }, (_, t) => [t % 4, t >> 2] as const);

  async function streamed(order: readonly (readonly [number, number])[], more: EncodeOptions = {}, patch = true) {
    const sink = new TestSink();
    const target = patch ? sink : onlyForward(sink);
    const header = { width: 100, height: 75, channels: 3, precision: 10 };
    const encoder = createEncoder(header, { ...options, ...more, sink: target });
    await Promise.all(order.map(([column, row]) => encoder.writeTile(column, row, cut(column, row))));
    const summary = await encoder.finish();
    return { bytes: sink.bytes, summary };
  }

  test('in raster order give the file that the whole picture gives', async () => {
    const more = { markers: { plt: true, tlm: true, sop: true, eph: true } };
    const { bytes } = await streamed(all, more);
    expect(firstDifference(bytes, encodeSync(image, { ...options, ...more }).data)).toBe(-1);
  });

  test('in any order give the same picture', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...all], { minLength: 16 }),
        fc.record({ tlm: fc.boolean(), plt: fc.boolean(), ppt: fc.boolean() }),
        fc.boolean(),
        async (order, markers, patch) => {
          const { bytes, summary } = await streamed(order, { markers }, patch);
          expect(summary.bytes).toBe(bytes.length);
          const decoded = decodeSync(bytes, { strict: true, colour: 'native', layout: 'planar' });
          expect(decoded.warnings).toEqual([]);
          expect(firstWrong(decoded, image)).toBeUndefined();
        },
      ),
      { numRuns: 12 },
    );
  });

  test('without a way back there are no lengths of tile-parts, and the box runs to the end of the file', async () => {
    const more = { markers: { tlm: true } };
    const forward = await streamed(all, more, false);
    const back = await streamed(all, more);
    const has = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 400)).includes(Buffer.of(0xff, 0x55));
    expect([has(forward.bytes), has(back.bytes)]).toEqual([false, true]);
    const box = Buffer.from(forward.bytes).indexOf('jp2c', 0, 'latin1') - 4;
    expect(Buffer.from(forward.bytes).readUInt32BE(box)).toBe(0);
    expect(Buffer.from(back.bytes).readUInt32BE(box + 0)).toBe(back.bytes.length - box);
  });
});

describe('a size for the whole file', () => {
  const size = 300;
  const { image } = wavyPicture(size, size, 1, 8);
  const header = { width: size, height: size, channels: 1 };
  const tile = { width: 64, height: 64 };

  async function byRows(more: EncodeOptions, spill: boolean) {
    const sink = new TestSink();
    const encoder = createEncoder(header, { tile, ...more, sink, ...(spill ? { spill: spillStore() } : {}) });
    const { data } = image.planes![0]!;
    for (let y = 0; y < size; y += 20) await encoder.writeRows([data.subarray(y * size, (y + 20) * size)]);
    return { summary: await encoder.finish(), bytes: sink.bytes };
  }

  test.each([4000, 9000, 20_000])('%i bytes: kept with a spill store as well as in memory', async (most) => {
    const { summary, bytes } = await byRows({ rate: { bytes: most } }, true);
    expect(summary.rateControl).toBe('global');
    expect(bytes.length).toBeLessThanOrEqual(most);
    expect(bytes.length).toBeGreaterThanOrEqual(most - Math.max(200, most / 100));
    decodeSync(bytes, { strict: true });
  });

  test.each([4000, 9000, 20_000])('%i bytes: kept without one, and hardly less', async (most) => {
    for (const rate of [{ bytes: most }, [{ bytes: most / 3 }, { bytes: most }]]) {
      const { summary, bytes } = await byRows({ rate }, false);
      expect(summary.rateControl).toBe('running');
      expect(bytes.length).toBeLessThanOrEqual(most);
      expect(bytes.length).toBeGreaterThanOrEqual(most * 0.97);
      expect(summary.layers.at(-1)!.bytes).toBe(bytes.length);
      decodeSync(bytes, { strict: true });
    }
  });

  test('a PSNR with a spill store is aimed at from above', async () => {
    const { bytes } = await byRows({ rate: { psnr: 38 } }, true);
    const psnr = psnrOf(decodeSync(bytes, { strict: true }).data, image.planes![0]!.data, 8);
    expect(psnr).toBeGreaterThanOrEqual(38);
    expect(psnr).toBeLessThan(38.8);
  });
});

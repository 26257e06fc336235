import { expect, test } from 'vitest';
import { applyChannels, type Channels } from '../../src/codec/colour/channels.ts';
import { renderSrgb } from '../../src/codec/colour/to-srgb.ts';
import { upsample } from '../../src/codec/colour/upsample.ts';
import { channelStage } from '../../src/codec/decoder/channel-stage.ts';
import type { PlacedPlane } from '../../src/codec/decoder/decode-plan.ts';
import type { DecodeOptions } from '../../src/codec/decoder/options.ts';
import { assemble, convertPlanes } from '../../src/codec/decoder/samples.ts';
import type { DecodeWork } from '../../src/codec/decoder/decode-work.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import type { Jp2File } from '../../src/codec/fileformat/jp2-file.ts';
import type { ColourInfo, Plane, SampleArray } from '../../src/codec/image.ts';
import { expectSameSamples } from '../support/same-picture.ts';

// conversions pause between strips of 2^18 samples, or 2^20 of deep ones; the result is that of one call over everything
const bounds = { x0: 5, y0: 3, x1: 5 + 1037, y1: 3 + 1100 };

function finish<T>(work: DecodeWork<T>): { result: T; pauses: number } {
  let pauses = 0;
  let step = work.next();
  for (; !step.done; step = work.next()) pauses++;
  return { result: step.value, pauses };
}

/** A plane over the window, with samples that look like anything. */
function plane(precision: number, { dx = 1, dy = 1, signed = false, seed = 1 } = {}): PlacedPlane {
  const x0 = Math.floor(bounds.x0 / dx);
  const y0 = Math.floor(bounds.y0 / dy);
  const width = Math.ceil(bounds.x1 / dx) - x0;
  const height = Math.ceil(bounds.y1 / dy) - y0;
  const types = signed ? [Int8Array, Int16Array, Int32Array] : [Uint8Array, Uint16Array, Uint32Array];
  const data: SampleArray = new types[precision <= 8 ? 0 : precision <= 16 ? 1 : 2]!(width * height);
  let state = seed;
  const below = signed ? 2 ** (precision - 1) : 0;
  for (let k = 0; k < data.length; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[k] = (state >>> (32 - precision)) - below;
  }
  return { width, height, dx, dy, x0, y0, precision, signed, data };
}

const enumerated = (value: number): Jp2File =>
  ({ header: { colours: [{ method: 'enumerated', enumerated: value, parameters: new Uint8Array(0) }] } }) as never;
const bare = {} as Jp2File;
const chroma = { dx: 2, dy: 2 };
const pictures: [string, Jp2File, PlacedPlane[]][] = [
  ['8-bit sRGB', enumerated(16), [1, 2, 3].map((seed) => plane(8, { seed }))],
  ['12-bit sRGB', enumerated(16), [1, 2, 3].map((seed) => plane(12, { seed }))],
  ['grey of 16 bits with a sign', enumerated(17), [plane(16, { signed: true })]],
  ['8-bit grey', enumerated(17), [plane(8)]],
  ['sYCC', enumerated(18), [1, 2, 3].map((seed) => plane(8, { seed }))],
  ['bare luminance and smaller chrominance', bare, [plane(8), plane(8, chroma), plane(8, { ...chroma, seed: 9 })]],
  [
    'CMYK with one smaller ink',
    enumerated(12),
    [plane(8), plane(8, { dx: 1, dy: 2 }), plane(4), plane(8, { seed: 4 })],
  ],
  ['CIELab', enumerated(14), [1, 2, 3].map((seed) => plane(8, { seed }))],
  ['a space that is not converted', enumerated(24), [1, 2, 3].map((seed) => plane(10, { seed }))],
];

function expectSame(found: Pick<Channels, 'planes'>, expected: Pick<Channels, 'planes'>): void {
  const shapes = (planes: readonly Plane[]) => planes.map(({ data: _, ...shape }) => shape);
  expect(shapes(found.planes)).toEqual(shapes(expected.planes));
  const sharing = (planes: readonly Plane[]) => planes.map((p) => planes.findIndex((other) => other.data === p.data));
  expect(sharing(found.planes)).toEqual(sharing(expected.planes));
  for (const [k, { data }] of found.planes.entries()) expectSameSamples(data, expected.planes[k]!.data);
}

test.each(pictures)('%s to sRGB', (_, file, components) => {
  for (const method of ['nearest', 'linear'] as const) {
    const options: DecodeOptions = { colour: 'srgb', upsample: method };
    const log = new DiagnosticLog();
    const { result, pauses } = finish(channelStage.apply(components, file, options, bounds, log));
    const wholeLog = new DiagnosticLog();
    const channels = applyChannels(components, file, {}, wholeLog);
    const whole = renderSrgb(channels.planes, channels.colour, { bounds, upsample: method }, wholeLog);
    expectSame(result, whole);
    expect(result.colour).toEqual(whole.colour);
    expect(log.list).toEqual(wholeLog.list);
    expect(pauses).toBeGreaterThan(1);
  }
});

test.each(['nearest', 'linear'] as const)('smaller components to full size, %s', (method) => {
  const components = [plane(8), plane(12, chroma), plane(8, { dx: 3, dy: 1, signed: true })];
  const work = channelStage.apply(components, bare, { upsample: method }, bounds, new DiagnosticLog());
  expectSame(finish(work).result, { planes: components.map((p) => upsample(p, { method, bounds })) });
});

test.each([255, 99])('a palette for indices up to %i', (last) => {
  const column = (f: (k: number) => number) => ({
    precision: 8,
    signed: false,
    values: Uint8Array.from({ length: last + 1 }, (_, k) => f(k)),
  });
  const palette = { columns: [column((k) => k ^ 85), column((k) => 255 - k)] };
  const componentMapping = [
    { component: 0, paletteColumn: 1 },
    { component: 1, paletteColumn: undefined },
    { component: 0, paletteColumn: 0 },
  ];
  const file = { header: { ...enumerated(16).header, palette, componentMapping } } as never as Jp2File;
  const components = [plane(8), plane(8, { ...chroma, seed: 3 })];
  const logs = [new DiagnosticLog(), new DiagnosticLog()] as const;
  const { result } = finish(channelStage.apply(components, file, {}, bounds, logs[0]));
  const whole: { planes: readonly Plane[]; colour: ColourInfo } = applyChannels(components, file, {}, logs[1]);
  expectSame(result, whole);
  expect(result.planes[1]!.data).toBe(components[1]!.data);
  expect(logs[0].list).toEqual(logs[1].list);
  expect(logs[0].list.length).toBe(last === 255 ? 0 : 2);
});

test('sample types and layouts', () => {
  const planes = [plane(12, { signed: true }), plane(12, { seed: 2, signed: true })];
  const [u8, u16] = (['u8', 'u16'] as const).map((sample) => finish(convertPlanes(planes, sample)).result);
  planes.forEach(({ data }, k) => {
    expectSameSamples(
      u8![k]!.data,
      Uint8Array.from(data, (v: number) => Math.round(((v + 2048) * 255) / 4095)),
    );
    expectSameSamples(
      u16![k]!.data,
      Uint16Array.from(data, (v: number) => Math.max(0, v)),
    );
  });
  const interleaved = finish(assemble(u16!)).result.data;
  const planar = finish(assemble(u16!, 'planar')).result.data;
  const n = planes[0]!.data.length;
  const joined = new Uint16Array(2 * n);
  planes.forEach((_, c) => {
    expectSameSamples(planar.subarray(c * n, (c + 1) * n), u16![c]!.data);
    for (let k = 0; k < n; k++) joined[2 * k + c] = u16![c]!.data[k]!;
  });
  expectSameSamples(interleaved, joined);
});

/** Bands of rows through a pool leave the coefficients that one pass over the planes leaves, bit by bit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyse, analysisSteps } from '../../../src/codec/encoder/analysis.ts';
import { BandAnalyser } from '../../../src/codec/encoder/analyse-bands.ts';
import { joinTileHeaders } from '../../../src/codec/codestream/coding-parameters.ts';
import { loadRows, tileSamplesOf } from '../../../src/codec/encoder/load.ts';
import { planEncode } from '../../../src/codec/encoder/plan.ts';
import { type LoadGroup, PooledAnalysis, type SharedPlanes } from '../../../src/codec/encoder/pooled-analysis.ts';
import { formatOf, samplesOf } from '../../../src/codec/encoder/samples.ts';
import type { WaitingWork } from '../../../src/codec/executor.ts';
import { tileGeometry } from '../../../src/codec/geometry/tile.ts';
import type { AnalysisStep } from '../../../src/codec/transform/dwt.ts';
import { randomFrom } from '../../support/random.ts';
import { SlowPool } from '../../support/slow-pool.ts';
import { encode, encodeSync } from '../../../src/index.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { FAULT } from '../../support/faults.ts';
import { faultyPoolOf, poolOf } from '../../support/workers.ts';
import type { AnalysisBatch } from '../../../src/codec/block-pool.ts';

async function drive<T>(work: WaitingWork<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (step.value) await step.value;
  }
}

/** Every subband of a component, rows of the steps one after another and what they leave last. */
function coefficientsOf(plane: Int32Array | Float32Array, steps: readonly AnalysisStep[]): number[][] {
  const rows: number[][] = [];
  steps.forEach(({ at, stride, width, height, parityX, parityY }, k) => {
    const isLast = k === steps.length - 1;
    const numLow = (width + 1 - parityX) >> 1;
    for (let y = 0; y < height; y++) {
      // the low-pass samples go on to the next step
      const from = isLast || ((y ^ parityY) & 1) === 1 ? 0 : numLow;
      rows.push(Array.from(plane.subarray(at + y * stride + from, at + y * stride + width)));
    }
  });
  return rows;
}

test('tiles of any size and place, with either filter', async () => {
  const tiles = fc.record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 120, max: 900 })),
    x: fc.nat(3),
    y: fc.nat(3),
    channels: fc.constantFrom(1, 2, 3, 4),
    precision: fc.constantFrom(8, 12),
    layout: fc.constantFrom('interleaved', 'planar'),
    levels: fc.nat(6),
    reversible: fc.boolean(),
    workers: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(tiles, async ({ width, height, x, y, channels, precision, layout, levels, ...rest }) => {
      const { reversible, workers, seed } = rest;
      const random = randomFrom(seed);
      const length = width * height * channels;
      const values = Array.from({ length }, () => random.int(0, 2 ** precision - 1));
      const data = precision === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
      const image = { width, height, channels: channels as 1, precision, data, layout: layout as 'planar' };
      const format = formatOf(image);
      const options = { origin: { x, y }, levels, rate: reversible ? { lossless: true as const } : { step: 1 } };
      const { main, mct } = planEncode(format, options);
      const { components } = tileGeometry(main, joinTileHeaders(main, 0, []));
      const samples = samplesOf(image, format, options.origin);
      const groups: LoadGroup[] = [];
      for (let c = 0; c < components.length; ) {
        const isColour = mct !== 'none' && c === 0;
        const own = components.slice(c, isColour ? 3 : c + 1);
        const loaded = own.map((one) => tileSamplesOf(main.siz, one, samples[one.component]!));
        groups.push({ components: own, samples: loaded, transform: isColour ? mct : 'none' });
        c += own.length;
      }
      const pool = new SlowPool(workers, true, seed);
      const there = (await drive(new PooledAnalysis(pool, undefined).run(groups, reversible))) as SharedPlanes;
      let c = 0;
      for (const group of groups) {
        const count = group.components.length;
        const size = width * height;
        const all = reversible ? new Int32Array(count * size) : new Float32Array(count * size);
        const planes = group.components.map((_, k) => all.subarray(k * size, (k + 1) * size));
        const steps = group.components.map((component) => analysisSteps(component, 0));
        const load = (y0: number, y1: number): void => {
          expect(loadRows(group.samples, group.transform, all, size, width, y0, y1)).toBeUndefined();
        };
        for (const _ of analyse(steps, planes, 0, load, () => {}));
        for (let k = 0; k < count; k++, c++) {
          expect(coefficientsOf(there.planes[c]!, there.steps[c]!)).toEqual(coefficientsOf(planes[k]!, steps[k]!));
        }
      }
      expect(pool.most).toBeLessThanOrEqual(2 * workers + 1);
    }),
    { numRuns: 120 },
  );
}, 120_000);

test('a sample that is none is told as without a pool', async () => {
  const { image } = wavyPicture(300, 280, 1, 12);
  const [{ data }] = image.planes!;
  const planes = [{ data: Uint16Array.from(data), precision: 12 }];
  planes[0]!.data[270 * 300 + 17] = 4096;
  const bad = { width: 300, height: 280, planes };
  const pool = await poolOf({ size: 2, leastSamples: 0 });
  const message = expect.stringContaining('component 0, sample (17, 270): 4096');
  expect(() => encodeSync(bad)).toThrow(expect.objectContaining({ code: 'sample-value', message }));
  await expect(encode(bad, { pool })).rejects.toMatchObject({ code: 'sample-value', message });
});

describe('a band', () => {
  const WIDTH = 40;
  const HEIGHT = 30;
  const bandOf = (out: Float32Array, cost = 1): AnalysisBatch => ({
    sources: [
      {
        data: Uint8Array.from({ length: WIDTH * HEIGHT }, (_, k) => (k * k) % 251),
        offset: 0,
        strideX: 1,
        strideY: WIDTH,
        precision: 8,
        signed: false,
      },
    ],
    transform: 'none',
    filtered: true,
    width: WIDTH,
    height: HEIGHT,
    parityX: 0,
    parityY: 1,
    from: 6,
    to: 24,
    out,
    places: [50],
    stride: WIDTH + 3,
    cost,
  });
  const memory = (): Float32Array => new Float32Array(new SharedArrayBuffer(4 * 900)).fill(-7);

  test.each([
    ['once', FAULT.exitOnce, { died: 1, doneInline: 0 }],
    ['always', FAULT.throwAlways, { died: 2, doneInline: 1 }],
    ['never, but lies', FAULT.nonsense, { died: 2, doneInline: 1 }],
  ])('costs nothing when a worker dies over it %s, and touches nothing beside it', async (_death, cost, stats) => {
    const here = memory();
    for (const _ of new BandAnalyser().make(bandOf(here)));
    expect(here.filter((value) => value === -7).length).toBe(900 - 18 * WIDTH);
    const there = memory();
    const pool = await faultyPoolOf({ size: 1 });
    expect(await pool.analyse(bandOf(there, cost))).toEqual({ inRange: true });
    expect(there).toEqual(here);
    expect(pool.stats).toMatchObject(stats);
  });

  test('that makes no sense is refused', async () => {
    const pool = await poolOf({ size: 1 });
    const batch = bandOf(memory());
    const [source] = batch.sources as [AnalysisBatch['sources'][number]];
    const wrong: Partial<AnalysisBatch>[] = [
      { places: [] },
      { places: [200] },
      { places: [-1] },
      { to: 31 },
      { from: 24 },
      { stride: WIDTH - 1 },
      { sources: [{ ...source, offset: 1 }] },
      { sources: [{ ...source, strideY: WIDTH + 1 }] },
    ];
    for (const change of wrong) await expect(pool.analyse({ ...batch, ...change })).rejects.toThrow('malformed');
    await expect(pool.analyse({ ...batch, out: new Float32Array(900) })).rejects.toMatchObject({
      code: 'option-value',
    });
  });
});

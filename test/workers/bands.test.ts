/** Bands of rows through real workers: what comes out, whose memory is whose, what is refused, and what deaths do to them. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type BandSubband, STRIP_PARAMS, type SynthesisBatch } from '../../src/codec/block-pool.ts';
import { encodeSync } from '../../src/index.ts';
import { type BandsCase, bandsOf } from '../arbitraries/bands.ts';
import { wavyPicture } from '../support/encodes.ts';
import { FAULT } from '../support/faults.ts';
import { faultyPoolOf, poolOf } from '../support/workers.ts';

const encoded = (channels: 1 | 3 | 4, precision: number, options: object): Uint8Array =>
  encodeSync(wavyPicture(230, 300, channels, precision).image, options).data;

const PICTURES = [
  encoded(3, 8, {}),
  encoded(4, 8, { rate: { psnr: 38 } }),
  encoded(1, 16, { tile: { width: 230, height: 150 } }),
];

describe.each([
  ['shared memory', false],
  ['transferred memory', true],
])('%s', (_, transfer) => {
  let cases: BandsCase[];
  beforeAll(async () => {
    cases = await bandsOf(PICTURES, !transfer);
  });

  test('any batch comes out as on the spot, more than once', async () => {
    expect(cases.length).toBeGreaterThan(6);
    const pool = await poolOf({ size: 2, transfer });
    for (let turn = 0; turn < 2; turn++) {
      const outcomes = await Promise.all(cases.map(({ batch }) => pool.synthesise(batch)));
      expect(outcomes).toEqual(cases.map(({ expected }) => expected));
    }
    expect(pool.stats).toMatchObject({ doneByWorkers: 2 * cases.length, doneInline: 0, died: 0, outstanding: 0 });
  });

  test.each([
    ['once', FAULT.exitOnce, { died: 1, doneInline: 0 }],
    ['always', FAULT.throwAlways, { died: 2, doneInline: 1 }],
    ['never, but lies', FAULT.nonsense, { died: 2, doneInline: 1 }],
  ])('a worker that dies %s costs no band', async (_death, cost, stats) => {
    const pool = await faultyPoolOf({ size: 1, transfer });
    const outcomes = await Promise.all(
      cases.map(({ batch }, k) => pool.synthesise({ ...batch, cost: k === 0 ? cost : FAULT.none })),
    );
    expect(outcomes).toEqual(cases.map(({ expected }) => expected));
    expect(pool.stats).toMatchObject(stats);
  });
});

test('a batch that makes no sense is refused', async () => {
  const [{ batch, expected }] = (await bandsOf([PICTURES[0]!], true)) as [BandsCase];
  const pool = await poolOf({ size: 1 });
  /** The batch with another first subband. */
  const changed = (change: (subband: BandSubband) => BandSubband): SynthesisBatch => {
    const [band] = batch.bands as [SynthesisBatch['bands'][number]];
    const [component, ...others] = band.components as [(typeof band.components)[number]];
    const [[lowest], ...levels] = component.subbands as [[BandSubband]];
    const components = [{ ...component, subbands: [[change(lowest)], ...levels] }, ...others];
    return { ...batch, bands: [{ ...band, components }] };
  };
  const withParam = (place: number, value: number): SynthesisBatch =>
    changed((subband) => ({ ...subband, strips: subband.strips.with(place, value) }));
  const wrong = [
    withParam(STRIP_PARAMS.start, -1),
    withParam(STRIP_PARAMS.start, 1 << 30),
    withParam(STRIP_PARAMS.slab, 99),
    withParam(STRIP_PARAMS.hi, 0),
    changed((subband) => ({ ...subband, y: -1 })),
    changed((subband) => ({ ...subband, strips: subband.strips.slice(1) })),
    changed((subband) => ({ ...subband, strips: [...subband.strips, ...subband.strips] })),
    changed((subband) => ({ ...subband, area: { ...subband.area, width: subband.area.stride + 1 } })),
    changed((subband) => ({ ...subband, area: { ...subband.area, skip: -1 } })),
  ];
  for (const one of wrong) await expect(pool.synthesise(one)).rejects.toThrow(/malformed .*please report this/);
  const { samples } = await pool.synthesise(changed((subband) => subband));
  expect(samples[0]).toEqual(expected.samples[0]);
  expect(pool.stats.died).toBe(0);
});

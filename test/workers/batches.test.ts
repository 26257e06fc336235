/** Batches through real workers give what the coders give on the spot, whichever way memory travels. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DECODE_PARAMS } from '../../src/codec/block-pool.ts';
import { batchCases, decodeCase, encodeCase } from '../arbitraries/batches.ts';
import { randomFrom } from '../support/random.ts';
import { closedAfterwards, poolOf } from '../support/workers.ts';
import { createPool } from '../../src/workers/node.ts';

describe.each([
  ['shared memory', { transfer: false }],
  ['transferred memory', { transfer: true }],
])('%s', (_, options) => {
  test('any batch comes out as from the coder itself', async () => {
    const pool = await poolOf({ size: 2, ...options });
    await fc.assert(
      fc.asyncProperty(fc.array(batchCases({ blocks: 6, side: 24 }), { minLength: 1, maxLength: 5 }), async (cases) => {
        const outcomes = await Promise.all(
          cases.map((one) => (one.kind === 'decode' ? pool.decode(one.batch) : pool.encode(one.batch))),
        );
        expect(outcomes).toEqual(cases.map(({ expected }) => expected));
      }),
      { numRuns: 60 },
    );
    expect(pool.stats).toMatchObject({ inline: false, died: 0, doneInline: 0, queued: 0, outstanding: 0 });
    expect(pool.stats.doneByWorkers).toBeGreaterThan(60);
  });

  test('the memory of a batch stays with its maker', async () => {
    const pool = await poolOf({ size: 1, ...options });
    const random = randomFrom(5);
    const decode = decodeCase(random, 3, 16);
    const whole = { ...decode.batch, data: Buffer.from(decode.batch.data) };
    await pool.decode(whole);
    expect(new Uint8Array(whole.data)).toEqual(new Uint8Array(decode.batch.data));
    const encode = encodeCase(random, 3, 16);
    await pool.encode(encode.batch);
    expect(encode.batch.coefficients.length).toBeGreaterThan(0);
    expect(await pool.encode(encode.batch)).toEqual(encode.expected);
  });

  test('a whole code-block of each shape', async () => {
    const pool = await poolOf({ size: 1, ...options });
    const { batch, expected } = encodeCase(randomFrom(9), 4, 64);
    expect(await pool.encode(batch)).toEqual(expected);
    const decode = decodeCase(randomFrom(10), 4, 64);
    expect(await pool.decode(decode.batch)).toEqual(decode.expected);
  });
});

test('coefficients go into shared memory in place, and around them nothing is touched', async () => {
  const pool = await poolOf({ size: 2 });
  expect(pool.sharesMemory).toBe(true);
  const { batch, expected } = decodeCase(randomFrom(11), 5, 20);
  const out = pool.allocate(batch.length + 9).fill(-7);
  const { coefficients, findings } = await pool.decode({ ...batch, out });
  expect(coefficients).toBe(out);
  expect(findings).toEqual(expected.findings);
  const inside = new Set<number>();
  for (let p = 0; p < batch.params.length; p += DECODE_PARAMS.count) {
    const [width = 0, height = 0] = batch.params.subarray(p, p + 2);
    const [at = 0, stride = 0] = batch.params.subarray(p + DECODE_PARAMS.at, p + DECODE_PARAMS.at + 2);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) inside.add(at + y * stride + x);
  }
  expect(Array.from(out)).toEqual(Array.from(out, (_, i) => (inside.has(i) ? expected.coefficients[i] : -7)));
});

test('without shared memory there is none to allocate, and none is taken', async () => {
  const pool = await poolOf({ size: 1, transfer: true });
  expect(pool.sharesMemory).toBe(false);
  expect(() => pool.allocate(10)).toThrow(expect.objectContaining({ kind: 'usage', code: 'option-value' }));
  const { batch } = decodeCase(randomFrom(12), 1, 8);
  const out = new Int32Array(batch.length);
  await expect(pool.decode({ ...batch, out })).rejects.toMatchObject({ kind: 'usage', code: 'option-value' });
});

test('a batch that makes no sense is refused before anything is written', async () => {
  const pool = await poolOf({ size: 1 });
  const { batch } = decodeCase(randomFrom(13), 2, 8);
  const changed = (place: number, value: number) => {
    const params = batch.params.slice();
    params[DECODE_PARAMS.count + place] = value;
    return { ...batch, params };
  };
  const wrong = [
    changed(DECODE_PARAMS.at, batch.length),
    changed(DECODE_PARAMS.at, -1),
    changed(DECODE_PARAMS.stride, 0),
    changed(DECODE_PARAMS.width, 5000),
    changed(DECODE_PARAMS.height, 0),
    changed(DECODE_PARAMS.subband, 4),
    changed(DECODE_PARAMS.dataLength, 1 << 20),
    changed(DECODE_PARAMS.dataLength, -1),
    changed(DECODE_PARAMS.numSegments, 1000),
    changed(DECODE_PARAMS.numSegments, -1),
    { ...batch, params: batch.params.subarray(1) },
    { ...batch, segments: new Int32Array(0), params: changed(DECODE_PARAMS.numSegments, 1).params },
    { ...batch, out: pool.allocate(1) },
  ];
  for (const one of wrong) await expect(pool.decode(one)).rejects.toThrow(/malformed .*please report this/);
  const { batch: encode } = encodeCase(randomFrom(14), 2, 8);
  await expect(pool.encode({ ...encode, coefficients: new Int32Array(0) })).rejects.toThrow(/coefficients are missing/);
  await expect(pool.encode({ ...encode, stopSlopes: new Float64Array(1) })).rejects.toThrow(/numbers .* are missing/);
  await expect(pool.encode({ ...encode, coder: 'unheard-of' })).rejects.toMatchObject({ code: 'option-value' });
  expect(pool.stats.died).toBe(0);
});

test('options that make no sense are refused', () => {
  for (const options of [{ size: 0 }, { size: 1.5 }, { size: Number.NaN }, { idleMs: -1 }, { startMs: Number.NaN }]) {
    expect(() => closedAfterwards(createPool(options))).toThrow(expect.objectContaining({ code: 'option-value' }));
  }
});

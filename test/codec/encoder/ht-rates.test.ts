/** Sizes, qualities and layers with high-throughput code-blocks (15444-15), which have no place to be cut. */
import { describe, expect, test } from 'vitest';
import {
  createEncoder,
  decodeSync,
  type EncodeOptions,
  encodeSync,
  inspectSync,
  type Rate,
} from '../../../src/index.ts';
import { psnrOf, wavyPicture } from '../../support/encodes.ts';
import { failureOf } from '../../support/failure.ts';

const { image, interleaved } = wavyPicture(320, 260, 3, 8, 0.3);
const quality = (bytes: Uint8Array, layers?: number): number =>
  psnrOf(decodeSync(bytes, layers ? { layers } : {}).data, interleaved, 8);

describe.each([
  ['without refinement', {}],
  ['with refinement', { htRefinement: true }],
  ['in tiles', { tile: { width: 128, height: 128 } }],
] as [string, EncodeOptions][])('high throughput %s', (_, extra) => {
  const encode = (rate: Rate | Rate[], more: EncodeOptions = {}) =>
    encodeSync(image, { coder: 'ht', rate, ...extra, ...more });

  test.each([6000, 12_000, 30_000, 60_000])('%i bytes are kept, and used', (bytes) => {
    const result = encode({ bytes });
    expect(result.bytes).toBeLessThanOrEqual(bytes);
    expect(result.bytes).toBeGreaterThan(0.985 * bytes);
    const { htRefinement: _, ...others } = extra;
    const classic = encodeSync(image, { rate: { bytes }, ...others });
    expect(quality(result.data)).toBeGreaterThan(quality(classic.data) - 1.6);
  });

  test.each([30, 36, 42])('%i dB are reached, and hardly exceeded', (psnr) => {
    const result = encode({ psnr });
    expect(result.psnrMeasured).toBe(true);
    expect(quality(result.data)).toBeGreaterThanOrEqual(psnr);
    expect(quality(result.data)).toBeLessThan(psnr + 0.7);
  });

  test('layers rise in quality, and the last keeps its size', () => {
    const result = encode([{ bytes: 8000 }, { bytes: 20_000 }, { bytes: 50_000 }]);
    expect(inspectSync(result.data).layers).toBe(3);
    expect(result.bytes).toBeLessThanOrEqual(50_000);
    expect(result.bytes).toBeGreaterThan(49_000);
    const steps = [1, 2, 3].map((layers) => quality(result.data, layers));
    expect(steps[1]).toBeGreaterThan(steps[0]!);
    expect(steps[2]).toBeGreaterThan(steps[1]!);
    expect(result.layers.map((l) => l.bytes)[0]).toBeLessThanOrEqual(8000);
  });

  test('a lossless last layer is lossless', () => {
    const result = encode([{ bytes: 20_000 }, { lossless: true }]);
    expect(decodeSync(result.data).data).toEqual(interleaved);
    expect(quality(result.data, 1)).toBeGreaterThan(15);
  });
});

test('too few bytes are refused, as by the classic coder', () => {
  const failure = failureOf(() => encodeSync(image, { coder: 'ht', rate: { bytes: 150 } }));
  expect(failure).toMatchObject({ kind: 'usage', code: 'rate-value' });
});

test('quality factors rise in size and quality to rounding', () => {
  let before = { bytes: 0, quality: 0 };
  for (const qfactor of [10, 40, 65, 80, 90, 97, 100]) {
    const { data, bytes } = encodeSync(image, { coder: 'ht', rate: { qfactor } });
    const now = { bytes, quality: quality(data) };
    expect(now.bytes).toBeGreaterThan(before.bytes);
    expect(now.quality).toBeGreaterThan(before.quality);
    before = now;
  }
  expect(before.quality).toBeGreaterThan(49);
  for (const qfactor of [0.5, 101]) {
    expect(failureOf(() => encodeSync(image, { rate: { qfactor } })).code).toBe('rate-value');
  }
  // it is the quantiser's, so the classic coder has it, too
  expect(quality(encodeSync(image, { rate: { qfactor: 90 } }).data)).toBeGreaterThan(30);
});

test('a stream of rows with a size keeps it', async () => {
  const { width, height } = image;
  const pieces: Uint8Array[] = [];
  const encoder = createEncoder(
    { width, height, channels: 3, precision: 8 },
    {
      coder: 'ht',
      tile: { width: 64, height: 64 },
      rate: { bytes: 30_000 },
      sink: { write: (piece: Uint8Array) => void pieces.push(piece.slice()) },
    },
  );
  await encoder.writeRows(image.planes!.map(({ data }) => data));
  const summary = await encoder.finish();
  const file = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  expect(summary.bytes).toBe(file.length);
  expect(file.length).toBeLessThanOrEqual(30_000);
  expect(file.length).toBeGreaterThan(27_000);
  expect(quality(file)).toBeGreaterThan(20);
});

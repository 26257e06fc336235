import { describe, expect, test } from 'vitest';
import { HtBlockEncoder, type HtCodeBlockCoefficients } from '../../../src/codec/tier1/ht-block-encoder.ts';
import { CleanupEstimator } from '../../../src/codec/tier1/ht-estimate.ts';
import { randomFrom } from '../../support/random.ts';

const encoder = new HtBlockEncoder();
const estimator = new CleanupEstimator();

/** Laplacian coefficients whose scale changes slowly over the block, as those of photographs do. */
function photographicBlock(width: number, height: number, scale: number, fractionBits: number, seed: number) {
  const random = randomFrom(seed);
  const phase = 6 * random.next();
  const coefficients = Int32Array.from({ length: width * height }, (_, k) => {
    const here = scale * 2 ** (1.5 * Math.sin(phase + (k % width) / 9) + Math.cos(phase + Math.floor(k / width) / 7));
    return Math.round(2 ** fractionBits * here * -Math.log(1 - random.next())) * (random.chance(0.5) ? -1 : 1);
  });
  const exact = fractionBits === 0;
  const block: HtCodeBlockCoefficients = {
    ...{ width, height, subband: 0, style: 0x40, coefficients, fractionBits, exact, stopSlope: 0, measured: false },
  };
  return block;
}

describe('the estimate of a cleanup pass', () => {
  for (const [width, height] of [
    [64, 64],
    [32, 32],
    [63, 47],
    [128, 32],
  ] as const) {
    for (const fractionBits of [0, 6]) {
      test(`is near the truth for ${width} × ${height} with ${fractionBits} bits below the step`, () => {
        let bytes = 0;
        let estimated = 0;
        for (const scale of [0.3, 1, 5, 40, 800]) {
          const block = photographicBlock(width, height, scale, fractionBits, 7 + scale);
          estimator.look(block);
          const emptyFrom = estimator.emptyFrom();
          for (let plane = 0; plane <= emptyFrom; plane++) {
            const { dataLength, residual } = encoder.encode({ ...block, plane });
            expect(estimator.bytesAt(plane) > 0).toBe(dataLength > 0);
            expect(Math.abs(estimator.bytesAt(plane) - dataLength)).toBeLessThan(0.06 * dataLength + 12);
            expect(Math.abs(estimator.errorAt(plane) - residual)).toBeLessThan(0.05 * residual + 4 * 4 ** plane);
            bytes += dataLength;
            estimated += estimator.bytesAt(plane);
          }
        }
        expect(Math.abs(estimated / bytes - 1)).toBeLessThan(0.03);
      });
    }
  }

  test('is exact where no magnitude has more than four bits, and none is above 1', () => {
    const block = photographicBlock(32, 32, 4, 0, 3);
    block.coefficients.forEach((v, k) => {
      block.coefficients[k] = Math.max(-15, Math.min(15, v));
    });
    estimator.look(block);
    expect(estimator.errorAt(3)).toBeCloseTo(encoder.encode({ ...block, plane: 3 }).residual, 9);
  });

  test('costs nothing for a block of zeros', () => {
    const block = photographicBlock(16, 16, 1, 0, 1);
    block.coefficients.fill(0);
    estimator.look(block);
    expect([estimator.emptyFrom(), estimator.bytesAt(0), estimator.errorAt(1)]).toEqual([0, 0, 0]);
  });
});

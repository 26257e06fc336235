import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockFacts, LayerCuts, SlopeBytes } from '../../../src/codec/transcode/layer-cuts.ts';
import { estimatedEnd } from '../../../src/codec/transcode/pass-lengths.ts';

const blocks = fc.record({
  zeroBitPlanes: fc.nat(8),
  samples: fc.constantFrom(1, 16, 300, 4096),
});
const SLOPES = { weightLog2: 2, mb: 11 };

describe('the estimated end of a coding pass', () => {
  test('lies inside its segment, and at its end for the last pass', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 110 }),
        fc.nat(9000),
        fc.nat(20),
        blocks,
        (passes, length, first, block) => {
          for (let n = 1; n <= passes; n++) {
            const end = estimatedEnd(n, passes, first, length, block.samples);
            expect(end).toBeGreaterThanOrEqual(0);
            expect(end).toBeLessThanOrEqual(length);
          }
          expect(estimatedEnd(passes, passes, first, length, block.samples)).toBe(length);
        },
      ),
    );
  });

  test('leaves a dense code-block a bit a coefficient for each of its lowest bit-planes', () => {
    const whole = 4096 * 1.5; // 12 bits a coefficient
    expect(estimatedEnd(31, 34, 0, whole, 4096)).toBe(whole - 512 + 4);
    expect(estimatedEnd(28, 34, 0, whole, 4096)).toBe(whole - 1024 + 4);
  });

  test('takes all of a short segment after bypass has begun', () => {
    expect(estimatedEnd(1, 2, 11, 100, 4096)).toBe(100);
  });
});

describe('new layers', () => {
  test('share all passes and all bytes of a segment out, in order', () => {
    const thresholds = fc.array(fc.integer({ min: -10, max: 30 }), { minLength: 0, maxLength: 9 });
    fc.assert(
      fc.property(
        thresholds,
        blocks,
        fc.integer({ min: 1, max: 40 }),
        fc.nat(3000),
        (list, block: BlockFacts, passes, length) => {
          const ends = [...list.sort((a, b) => b - a), Number.NEGATIVE_INFINITY];
          const cuts = new LayerCuts(Float64Array.from(ends));
          const bytes = Uint8Array.from({ length }, (_, k) => k);
          const pieces = cuts.split(SLOPES, block, 0, passes, bytes);
          expect(pieces.reduce((sum, piece) => sum + piece.passes, 0)).toBe(passes);
          expect(Buffer.concat(pieces.map((piece) => piece.bytes)).equals(bytes)).toBe(true);
          const layers = pieces.map(({ layer }) => layer);
          expect([...layers].sort((a, b) => a - b)).toEqual(layers);
          expect(new Set(layers).size).toBe(layers.length);
          expect(layers.at(-1)).toBeLessThan(cuts.numLayers);
        },
      ),
    );
  });

  test('grow by about the same factor', () => {
    const histogram = new SlopeBytes();
    // blocks from thin to dense, each as many bytes as bit-planes make likely
    for (let zeroBitPlanes = 0; zeroBitPlanes < 9; zeroBitPlanes++) {
      for (let n = 0; n < 50; n++) {
        histogram.add(
          SLOPES,
          { zeroBitPlanes, samples: 4096 },
          0,
          3 * (9 - zeroBitPlanes) + 1,
          600 * (9 - zeroBitPlanes),
        );
      }
    }
    const cuts = histogram.cuts(4);
    const sizes = new Float64Array(4);
    for (let zeroBitPlanes = 0; zeroBitPlanes < 9; zeroBitPlanes++) {
      const bytes = new Uint8Array(600 * (9 - zeroBitPlanes));
      for (const piece of cuts.split(SLOPES, { zeroBitPlanes, samples: 4096 }, 0, 3 * (9 - zeroBitPlanes) + 1, bytes)) {
        sizes[piece.layer]! += piece.bytes.length;
      }
    }
    const total = sizes.reduce((a, b) => a + b, 0);
    let sum = 0;
    for (let layer = 0; layer < 3; layer++) {
      sum += sizes[layer]!;
      const asked = total * 2 ** -(3 - layer);
      expect(sum / asked).toBeGreaterThan(0.6);
      expect(sum / asked).toBeLessThan(1.6);
    }
  });
});

/** Random precincts: what every packet adds to every code-block. */
import fc from 'fast-check';
import type { PrecinctGeometry } from '../../src/codec/geometry/tile-component.ts';
import { segmentCapacity } from '../../src/codec/tier2/segments.ts';
import type { BandPlan, BlockPlan } from '../reference/packet-writer.ts';

/** Geometry with nothing but what the reader looks at. */
export function geometryOf(bands: readonly BandPlan[]): PrecinctGeometry {
  return {
    r: 1,
    index: 0,
    xcbPrime: 6,
    ycbPrime: 6,
    numBlocks: bands.reduce((sum, b) => sum + b.blocks.length, 0),
    bands: bands.map((b, band) => ({
      band,
      subband: { orientation: 1, nb: 1, x: { lo: 0, hi: 1 }, y: { lo: 0, hi: 1 } },
      x: { lo: 0, hi: 1 },
      y: { lo: 0, hi: 1 },
      firstBlockX: 0,
      firstBlockY: 0,
      numBlocksWide: b.width,
      numBlocksHigh: b.height,
    })),
  };
}

/** Splits passes into codeword segments as the style demands, with a length each. */
function segmentsOf(style: number, from: number, passes: number, length: () => number) {
  const segments = [];
  let at = from;
  let left = passes;
  while (left > 0) {
    const n = Math.min(left, segmentCapacity(style, at));
    segments.push({ passes: n, length: length() });
    at += n;
    left -= n;
  }
  return segments;
}

/** Code-block styles whose codeword segments differ. */
export const styles = fc.constantFrom(0, 1, 4, 5, 63);

/** A precinct with random contributions in every layer. */
export const packetPlans = fc
  .record({
    style: styles,
    layers: fc.integer({ min: 1, max: 5 }),
    bands: fc.array(fc.record({ width: fc.integer({ min: 1, max: 6 }), height: fc.integer({ min: 1, max: 5 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    seed: fc.integer(),
  })
  .map(({ style, layers, bands, seed }) => {
    let s = seed >>> 0;
    const random = (n: number) => {
      s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
      return Math.floor((s / 2 ** 32) * n);
    };
    const planned = bands.map(
      ({ width, height }): BandPlan => ({
        width,
        height,
        blocks: Array.from({ length: width * height }, (): BlockPlan => {
          let passes = 0;
          const contributions = Array.from({ length: layers }, () => {
            if (random(3) === 0) return undefined;
            const n = 1 + random([1, 3, 8, 40, 100][random(5)]!);
            const segments = segmentsOf(style, passes, n, () => random([1, 4, 200, 70000][random(4)]!));
            passes += n;
            return { segments };
          });
          return { zeroBitPlanes: random(4) === 0 ? random(40) : random(4), contributions };
        }),
      }),
    );
    return { style, layers, bands: planned };
  });

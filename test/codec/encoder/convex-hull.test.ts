/** Hulls and slopes, against a search by definition. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CodedBlock } from '../../../src/codec/encoder/block-jobs.ts';
import {
  ConvexHull,
  MAX_SLOPE_CODE,
  SlopeHistogram,
  slopeCodeOf,
  slopeOf,
} from '../../../src/codec/encoder/convex-hull.ts';

interface Pass {
  readonly bytes: number;
  readonly gain: number;
}

function blockOf(passes: readonly Pass[]): CodedBlock {
  let length = 0;
  return {
    bitPlanes: 1,
    numPasses: passes.length,
    data: new Uint8Array(0),
    dataLength: 0,
    passLengths: Int32Array.from(passes, ({ bytes }) => (length += bytes)),
    passDistortions: Float64Array.from(passes, ({ gain }) => gain),
    residual: 0,
  };
}

/** From each point on to the one that is reached by the steepest line, the farthest of several, until nothing gains any more. */
function hullByDefinition({ numPasses, passLengths, passDistortions }: CodedBlock): number[] {
  const points: { pass: number; bytes: number; gain: number }[] = [];
  let gain = 0;
  for (let k = 0; k < numPasses; k++) {
    gain += passDistortions[k]!;
    points.push({ pass: k, bytes: passLengths[k]!, gain });
  }
  const hull: number[] = [];
  let at = { pass: -1, bytes: 0, gain: 0 };
  for (;;) {
    const steps = points.filter((p) => p.pass > at.pass && p.gain > at.gain);
    if (steps.length === 0) return hull;
    const slope = (p: Pass): number => (p.gain - at.gain) / (p.bytes - at.bytes);
    const steepest = Math.max(...steps.map(slope));
    const best = steps.filter((p) => slope(p) === steepest);
    const most = Math.max(...best.map((p) => p.gain));
    at = best.find((p) => p.gain === most)!;
    hull.push(at.pass);
  }
}

// small whole numbers, so that three points often lie on a line and passes often cost or bring nothing
const passes = fc.array(fc.record({ bytes: fc.nat(6), gain: fc.integer({ min: -3, max: 12 }) }), { maxLength: 24 });

test('a hull has the passes that the definition names, and its slopes fall', () => {
  const hull = new ConvexHull();
  fc.assert(
    fc.property(passes, fc.constantFrom(1, 0.3, 1e-9, 1e12), (list, weight) => {
      const block = blockOf(list);
      hull.find(block, weight);
      expect([...hull.passes.subarray(0, hull.length)]).toEqual(hullByDefinition(block));
      let gain = 0;
      for (let k = 0; k < hull.length; k++) {
        const before = k > 0 ? hull.bytes[k - 1]! : 0;
        expect(hull.bytes[k]).toBe(block.passLengths[hull.passes[k]!]);
        expect(hull.slopes[k]).toBeGreaterThan(0);
        if (k > 0) expect(hull.slopes[k]).toBeLessThanOrEqual(hull.slopes[k - 1]!);
        // the code of a slope is within 1/512 octave of it
        const to = list.slice(0, hull.passes[k]! + 1).reduce((sum, pass) => sum + pass.gain, 0);
        const slope = ((to - gain) * weight) / (hull.bytes[k]! - before);
        if (Number.isFinite(slope)) expect(Math.abs(Math.log2(slopeOf(hull.slopes[k]!) / slope))).toBeLessThan(1 / 500);
        gain = to;
      }
    }),
    { numRuns: 3000 },
  );
});

test('codes of slopes keep their order, and 0 stands for none', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-18, max: 1e50, noNaN: true }),
      fc.double({ min: 1, max: 10, noNaN: true }),
      (slope, factor) => {
        expect(slopeCodeOf(slope * factor)).toBeGreaterThanOrEqual(slopeCodeOf(slope));
        expect(slopeOf(slopeCodeOf(slope)) / slope).toBeCloseTo(1, 2);
      },
    ),
  );
  for (const none of [0, -1, Number.NaN]) expect(slopeCodeOf(none)).toBe(0);
  expect(slopeCodeOf(Number.POSITIVE_INFINITY)).toBe(MAX_SLOPE_CODE);
  expect(slopeOf(0)).toBe(0);
});

test('a histogram finds the slope for a size or an error as a sum over all passes does', () => {
  const steps = fc.array(fc.record({ code: fc.integer({ min: 16_000, max: 16_040 }), bytes: fc.nat(50) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(steps, fc.nat(800), fc.constantFrom(1, 0.5, 3), (list, most, scale) => {
      const histogram = new SlopeHistogram();
      for (const { code, bytes } of list) histogram.add(code, bytes);
      const bytesAbove = (code: number) => list.reduce((sum, s) => sum + (s.code >= code ? s.bytes * scale : 0), 0);
      const code = histogram.codeForBytes(most, scale);
      expect(bytesAbove(code)).toBeLessThanOrEqual(most);
      if (code > 1) expect(bytesAbove(code - 1)).toBeGreaterThan(most);
      const errorBelow = (c: number) =>
        list.reduce((sum, s) => sum + (s.code < c ? s.bytes * slopeOf(s.code) * scale : 0), 0);
      const error = errorBelow(16_041) / 2;
      const threshold = histogram.codeForDistortion(error, scale);
      expect(errorBelow(threshold)).toBeLessThanOrEqual(error * (1 + 1e-9));
      if (threshold < MAX_SLOPE_CODE) expect(errorBelow(threshold + 1)).toBeGreaterThan(error * (1 - 1e-9));
    }),
    { numRuns: 300 },
  );
});

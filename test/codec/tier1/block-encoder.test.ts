import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClassicBlockDecoder } from '../../../src/codec/tier1/block-decoder.ts';
import {
  ClassicBlockEncoder,
  type CodeBlockCoefficients,
  type CodedBlock as Encoded,
} from '../../../src/codec/tier1/block-encoder.ts';
import { type CodedBlock, STYLE, decodeBlockSlowly, encodeBlock, endsSegment } from '../../reference/block-coder.ts';

const encoder = new ClassicBlockEncoder();
const decoder = new ClassicBlockDecoder();

/** A small generator, so that a block is described by a few numbers and shrinks well. */
function randomCoefficients(n: number, bits: number, seed: number, sharpness: number): Int32Array {
  let state = seed | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return Int32Array.from({ length: n }, () => {
    const magnitude = Math.floor(next() ** sharpness * 2 ** bits);
    return next() < 0.5 ? -magnitude : magnitude;
  });
}

interface Recipe {
  width: number;
  height: number;
  subband: 0 | 1 | 2 | 3;
  style: number;
  bits: number;
  fractionBits: number;
  seed: number;
  sharpness: number;
}

function blockOf(recipe: Partial<Recipe>): CodeBlockCoefficients {
  const { width, height, subband, style, bits, fractionBits, seed, sharpness } = {
    ...{ width: 16, height: 16, subband: 0 as const, style: 0, bits: 8, fractionBits: 0, seed: 1, sharpness: 3 },
    ...recipe,
  };
  const coefficients = randomCoefficients(width * height, Math.min(bits + fractionBits, 31), seed, sharpness);
  return {
    width,
    height,
    subband,
    style,
    coefficients,
    fractionBits,
    exact: fractionBits === 0,
    stopSlope: 0,
    measured: false,
  };
}

function recipes(side: number): fc.Arbitrary<Recipe> {
  return fc.record({
    width: fc.integer({ min: 1, max: side }),
    height: fc.integer({ min: 1, max: side }),
    subband: fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<0 | 1 | 2 | 3>,
    style: fc.integer({ min: 0, max: 63 }),
    bits: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 30 })),
    fractionBits: fc.constantFrom(0, 0, 1, 6),
    seed: fc.integer(),
    sharpness: fc.constantFrom(1, 3, 8, 30),
  });
}

/**
 * The first passes as tier 2 would hand them to a decoder: each codeword segment cut to what its passes need. Behind the
 * data something else follows.
 */
function passesOf(block: CodeBlockCoefficients, coded: Encoded, numPasses = coded.numPasses): CodedBlock {
  const { width, height, subband, style } = block;
  const segmentPasses: number[] = [];
  const segmentLengths: number[] = [];
  let first = 0;
  let start = 0;
  for (let pass = 0; pass < numPasses; pass++) {
    if (!endsSegment(pass, coded.numPasses - 1, style) && pass !== numPasses - 1) continue;
    segmentPasses.push(pass + 1 - first);
    segmentLengths.push(coded.passLengths[pass]! - start);
    first = pass + 1;
    start = coded.passLengths[pass]!;
  }
  const data = new Uint8Array(start + 3).fill(0x5a);
  data.set(coded.data.subarray(0, start));
  return {
    ...{ width, height, subband, style, numPasses, data, dataLength: start },
    bitPlanes: coded.bitPlanes,
    numSegments: segmentPasses.length,
    segmentPasses: Int32Array.from(segmentPasses),
    segmentLengths: Int32Array.from(segmentLengths),
  };
}

/** Coefficients as the decoders give them, twice the value and a half below, after so many passes. */
function decode(block: CodedBlock): Int32Array {
  const out = new Int32Array(4096);
  expect(decoder.decode(block, out, 0, block.width)).toBe(0);
  const values = out.slice(0, block.width * block.height);
  const slow = decodeBlockSlowly(block);
  expect(slow.goodSymbols).toBe(true);
  expect(values).toEqual(slow.values);
  return values;
}

/** What a decoder has to know after `numPasses`: by the slow coder, which is told all decisions and needs no bytes. */
function truthAfter(block: CodeBlockCoefficients, coded: Encoded, numPasses: number): Int32Array {
  const shape = { ...block, bitPlanes: coded.bitPlanes };
  const whole = encodeBlock({ ...shape, style: block.style & STYLE.causal }, magnitudesOf(block), numPasses);
  return decodeBlockSlowly(whole).values;
}

function magnitudesOf({ coefficients, fractionBits }: CodeBlockCoefficients): Int32Array {
  return coefficients.map((v) => Math.sign(v) * Math.floor(Math.abs(v) / 2 ** fractionBits));
}

function fullyDecoded(block: CodeBlockCoefficients): Int32Array {
  return magnitudesOf(block).map((q) => (q === 0 ? 0 : Math.sign(q) * (2 * Math.abs(q) + 1)));
}

function expectSound(block: CodeBlockCoefficients, coded: Encoded): void {
  const all = magnitudesOf(block).reduce((sum, q) => sum | Math.abs(q), 0);
  expect(coded.bitPlanes).toBe(32 - Math.clz32(all));
  const lengths = coded.passLengths.subarray(0, coded.numPasses);
  expect(lengths.every((length, k) => length >= (lengths[k - 1] ?? 0))).toBe(true);
  expect(coded.dataLength).toBe(lengths[coded.numPasses - 1] ?? 0);
  for (let pass = 0; pass < coded.numPasses; pass++) {
    const start = pass === 0 ? 0 : lengths[pass - 1]!;
    if (lengths[pass]! > start) expect(coded.data[lengths[pass]! - 1]).not.toBe(0xff);
  }
}

/** Bit-plane of a pass, and which of the three it is: 0 significance propagation, 1 refinement, 2 cleanup. */
function turnOf(pass: number, bitPlanes: number): { plane: number; kind: number } {
  return { plane: bitPlanes - 1 - Math.floor((pass + 2) / 3), kind: (pass + 2) % 3 };
}

/** Squared error in quantiser steps when the decoder has `values` and puts each in the middle of what it knows. */
function squaredError(block: CodeBlockCoefficients, values: Int32Array): number {
  const one = 2 ** block.fractionBits;
  return values.reduce((sum, v, i) => {
    // v is doubled and has a one below its last bit, which is the middle; only an exact value has nothing below
    const half = block.exact && Math.abs(v) % 4 !== 0 && v % 2 !== 0 ? Math.sign(v) / 2 : 0;
    return sum + (block.coefficients[i]! / one - (v / 2 - half)) ** 2;
  }, 0);
}

describe('a coded block', () => {
  test('decodes to its coefficients, in all styles, subbands and shapes', () => {
    fc.assert(
      fc.property(recipes(40), (recipe) => {
        const block = blockOf(recipe);
        const coded = encoder.encode(block);
        expectSound(block, coded);
        expect(coded.numPasses).toBe(Math.max(0, 3 * coded.bitPlanes - 2));
        expect(decode(passesOf(block, coded))).toEqual(fullyDecoded(block));
      }),
      { numRuns: 200 },
    );
  });

  test('decodes when cut after any pass', () => {
    fc.assert(
      fc.property(recipes(24), fc.double({ min: 0, max: 1, noNaN: true }), (recipe, part) => {
        const block = blockOf(recipe);
        const coded = encoder.encode(block);
        const passes = Math.round(part * coded.numPasses);
        expect(decode(passesOf(block, coded, passes))).toEqual(truthAfter(block, coded, passes));
      }),
      { numRuns: 250 },
    );
  });

  test('decodes in each of the 64 styles when cut after each pass', () => {
    for (let style = 0; style < 64; style++) {
      const block = blockOf({ width: 9, height: 11, subband: (style & 3) as 0, style, bits: 7, seed: 99 + style });
      const coded = encoder.encode(block);
      for (let passes = 1; passes <= coded.numPasses; passes++) {
        expect(decode(passesOf(block, coded, passes))).toEqual(truthAfter(block, coded, passes));
      }
    }
  });

  test.each([
    [64, 64],
    [1024, 4],
    [4, 1024],
    [1, 1],
    [1, 1024],
    [1024, 1],
    [1024, 3],
    [819, 5],
    [682, 6],
    [5, 819],
    [63, 65],
  ])('fits the scratch memory at %i x %i', (width, height) => {
    for (const style of [0, STYLE.causal, STYLE.bypass | STYLE.terminate | STYLE.predictable]) {
      const block = blockOf({ width, height, subband: 3, style, bits: 6, seed: width, sharpness: 4 });
      const coded = encoder.encode(block);
      expectSound(block, coded);
      const out = new Int32Array(4096);
      expect(decoder.decode(passesOf(block, coded), out, 0, block.width)).toBe(0);
      expect(out.subarray(0, width * height)).toEqual(fullyDecoded(block));
    }
  });

  test('may be empty but for one coefficient, wherever it is', () => {
    for (const [width, height] of [
      [1024, 4],
      [819, 5],
      [7, 30],
    ] as const) {
      for (const at of [0, width - 1, (height >> 1) * width + (width >> 1), width * height - 1]) {
        const block = { ...blockOf({ width, height }), coefficients: new Int32Array(width * height) };
        block.coefficients[at] = -5;
        expect(decode(passesOf(block, encoder.encode(block)))).toEqual(fullyDecoded(block));
      }
    }
  });

  test('has no passes when all of it is zero, fraction bits or not', () => {
    const zero = { ...blockOf({}), coefficients: new Int32Array(256) };
    expect(encoder.encode(zero)).toMatchObject({ bitPlanes: 0, numPasses: 0, dataLength: 0 });
    const fraction = { ...blockOf({ fractionBits: 6 }), coefficients: new Int32Array(256).fill(-63) };
    expect(encoder.encode(fraction)).toMatchObject({ bitPlanes: 0, numPasses: 0, dataLength: 0 });
  });

  test('may have thirty bit-planes, also with noise that costs as much as can be', () => {
    for (const style of [0, 63]) {
      const noise = blockOf({ width: 64, height: 64, style, bits: 30, sharpness: 1 });
      const coded = encoder.encode(noise);
      expect(coded.bitPlanes).toBe(30);
      const out = new Int32Array(4096);
      expect(decoder.decode(passesOf(noise, coded), out, 0, noise.width)).toBe(0);
      expect(out).toEqual(fullyDecoded(noise));
    }
    const top = { ...blockOf({ width: 2, height: 1 }), coefficients: Int32Array.of(2 ** 30 - 1, 1 - 2 ** 30) };
    expect(decode(passesOf(top, encoder.encode(top)))).toEqual(fullyDecoded(top));
    const fraction = { ...top, coefficients: Int32Array.of(2 ** 31 - 1, 1 - 2 ** 31), fractionBits: 6, exact: false };
    expect(decode(passesOf(fraction, encoder.encode(fraction)))).toEqual(fullyDecoded(fraction));
  });

  test('does not depend on the blocks before it', () => {
    fc.assert(
      fc.property(recipes(30), recipes(30), (one, other) => {
        encoder.encode(blockOf(one));
        const again = encoder.encode(blockOf(other));
        const first = new ClassicBlockEncoder().encode(blockOf(other));
        expect(again.data.subarray(0, again.dataLength)).toEqual(first.data.subarray(0, first.dataLength));
        expect(again.passLengths.subarray(0, again.numPasses)).toEqual(first.passLengths.subarray(0, first.numPasses));
        expect(again.passDistortions.subarray(0, again.numPasses)).toEqual(
          first.passDistortions.subarray(0, first.numPasses),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('has no more bit-planes and coefficients than decoders take', () => {
    const deep = { ...blockOf({ width: 1, height: 1 }), coefficients: Int32Array.of(2 ** 30) };
    expect(() => encoder.encode(deep)).toThrow('31 bit-planes');
    expect(() => encoder.encode(blockOf({ width: 1025, height: 1 }))).toThrow('1025 x 1');
    expect(() => encoder.encode(blockOf({ width: 65, height: 64 }))).toThrow('65 x 64');
  });
});

describe('the bytes of a segment', () => {
  test('are those of the standard encoder, but for the end', () => {
    fc.assert(
      fc.property(recipes(40), (recipe) => {
        const style = recipe.style & (STYLE.reset | STYLE.causal | STYLE.segmentation);
        const block = blockOf({ ...recipe, style });
        const coded = encoder.encode(block);
        const slow = encodeBlock({ ...block, bitPlanes: coded.bitPlanes }, magnitudesOf(block));
        expect(coded.dataLength).toBeLessThanOrEqual(slow.dataLength);
        const same = Math.max(0, coded.dataLength - 2);
        expect(coded.data.subarray(0, same)).toEqual(slow.data.subarray(0, same));
      }),
      { numRuns: 60 },
    );
  });

  test('are those of the standard procedure to the end with predictable termination', () => {
    fc.assert(
      fc.property(recipes(30), (recipe) => {
        const block = blockOf({ ...recipe, style: recipe.style | STYLE.predictable });
        const coded = encoder.encode(block);
        const slow = encodeBlock({ ...block, bitPlanes: coded.bitPlanes }, magnitudesOf(block));
        expect(coded.data.subarray(0, coded.dataLength)).toEqual(slow.data);
      }),
      { numRuns: 60 },
    );
  });

  test('cannot be fewer for any pass within a segment', () => {
    let cuts = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const style = [0, STYLE.segmentation, STYLE.causal | STYLE.predictable, STYLE.bypass][seed & 3]!;
      const block = blockOf({ width: 8, height: 8, style, bits: 8, seed: 77 * seed, sharpness: 1 + (seed % 5) });
      const coded = encoder.encode(block);
      let start = 0;
      for (let pass = 0; pass < coded.numPasses; pass++) {
        if (endsSegment(pass, coded.numPasses - 1, style)) {
          start = coded.passLengths[pass]!;
          continue;
        }
        // raw bytes of ones could be left out, but are not
        if (style === STYLE.bypass && pass >= 10 && pass % 3 !== 0) continue;
        const truth = truthAfter(block, coded, pass + 1);
        for (let bytes = coded.passLengths[pass]! - 1; bytes >= start; bytes--) {
          cuts++;
          const cut = passesOf(block, { ...coded, passLengths: coded.passLengths.with(pass, bytes) }, pass + 1);
          const { values, goodSymbols } = decodeBlockSlowly(cut);
          expect(goodSymbols && values.every((v, i) => v === truth[i])).toBe(false);
          if (coded.passLengths[pass]! - bytes > 8) break;
        }
      }
    }
    expect(cuts).toBeGreaterThan(3000);
  });

  test('hold every raw bit but those of a final 0xFF, for decoders that go on with zeros', () => {
    let checked = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const block = blockOf({ width: 8, height: 8, style: STYLE.bypass, bits: 9, seed: 91 * seed, sharpness: 1 });
      const coded = encoder.encode(block);
      for (let pass = 10; pass < coded.numPasses - 1; pass++) {
        if (pass % 3 === 0) continue;
        const cut = passesOf(block, coded, pass + 1);
        const truth = truthAfter(block, coded, pass + 1);
        const goingOn = [
          [0, 0],
          [0xff, 0, 0],
        ].map((more) => {
          const data = Uint8Array.from([...cut.data.subarray(0, cut.dataLength), ...more]);
          const segmentLengths = cut.segmentLengths.slice();
          segmentLengths[segmentLengths.length - 1]! += more.length;
          const { values } = decodeBlockSlowly({ ...cut, data, dataLength: data.length, segmentLengths });
          return values.every((v, i) => v === truth[i]);
        });
        checked++;
        expect(goingOn).toContain(true);
      }
    }
    expect(checked).toBeGreaterThan(400);
  });

  test('cannot be fewer at its end, whatever they are', () => {
    const out = new Int32Array(4096);
    const tried = [0, 0, 0];
    for (let seed = 1; seed <= 400; seed++) {
      const style = seed & 1 ? 0 : STYLE.segmentation;
      const block = blockOf({
        width: 1 + (seed % 3),
        height: 2,
        style,
        bits: 1 + (seed % 4),
        seed: 31 * seed,
        sharpness: 2,
      });
      const coded = encoder.encode(block);
      const shorter = coded.dataLength - 1;
      if (shorter < 0 || shorter > 2 || tried[shorter]! > [50, 50, 3][shorter]!) continue;
      tried[shorter]!++;
      const whole = passesOf(block, coded);
      const truth = fullyDecoded(block);
      const data = new Uint8Array(shorter);
      const cut = { ...whole, data, dataLength: shorter, segmentLengths: Int32Array.of(shorter) };
      for (let n = 0; n < 256 ** shorter; n++) {
        data[0] = n;
        data[1] = n >> 8;
        const found = decoder.decode(cut, out, 0, cut.width);
        if (truth.every((v, i) => v === out[i]) && found === 0) {
          // the decoder forgives a symbol at the very end that the ones behind a cut have changed
          expect(style).toBe(STYLE.segmentation);
          expect(decodeBlockSlowly(cut).goodSymbols).toBe(false);
        }
      }
    }
    expect(Math.min(...tried)).toBeGreaterThan(0);
  });
});

describe('distortion', () => {
  test('is what the decoder gains by each pass', () => {
    fc.assert(
      fc.property(recipes(12), fc.boolean(), (recipe, exact) => {
        const block = { ...blockOf(recipe), exact: exact && recipe.fractionBits === 0 };
        const coded = encoder.encode(block);
        let values = truthAfter(block, coded, 0);
        let error = squaredError(block, values);
        for (let pass = 0; pass < coded.numPasses; pass++) {
          const { plane } = turnOf(pass, coded.bitPlanes);
          const after = truthAfter(block, coded, pass + 1);
          const changed = after.filter((v, i) => v !== values[i]).length;
          const left = squaredError(block, after);
          // six bits below the bit-plane are looked at; where there are no more, nothing is lost
          const whole = plane + block.fractionBits <= 6;
          const tolerance = (whole ? 1e-9 : 3 / 128) * changed * 4 ** plane + 1e-9 * error;
          expect(Math.abs(coded.passDistortions[pass]! - (error - left))).toBeLessThanOrEqual(tolerance);
          values = after;
          error = left;
        }
        expect(Math.abs(coded.residual - error)).toBeLessThanOrEqual(1e-9 * error + 1e-9);
      }),
      { numRuns: 120 },
    );
  });

  test('adds up within a thousandth over a block of ordinary size', () => {
    const block = blockOf({ width: 32, height: 32, bits: 12, fractionBits: 6, sharpness: 6 });
    const coded = encoder.encode(block);
    const before = squaredError(block, new Int32Array(1024));
    const after = squaredError(block, fullyDecoded(block));
    const sum = coded.passDistortions.subarray(0, coded.numPasses).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - (before - after))).toBeLessThan(0.001 * before);
  });
});

describe('an encoder that may stop early', () => {
  test('leaves a block that is whole as far as it goes', () => {
    fc.assert(
      fc.property(recipes(24), fc.double({ min: -4, max: 30, noNaN: true }), (recipe, log2) => {
        const block = blockOf({ ...recipe, fractionBits: 6 });
        const all = encoder.encode(block);
        const [distortions, passes] = [all.passDistortions.slice(), all.numPasses];
        const coded = encoder.encode({ ...block, stopSlope: 2 ** log2 });
        expectSound(block, coded);
        expect(coded.numPasses).toBeLessThanOrEqual(passes);
        const error = squaredError(block, truthAfter(block, coded, coded.numPasses));
        expect(Math.abs(coded.residual - error)).toBeLessThanOrEqual(0.01 * error + 1e-6);
        expect(coded.passDistortions.subarray(0, coded.numPasses)).toEqual(distortions.subarray(0, coded.numPasses));
        for (let k = coded.numPasses; k > 0; k -= 4) {
          expect(decode(passesOf(block, coded, k))).toEqual(truthAfter(block, coded, k));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('stops sooner the more a byte has to gain', () => {
    const block = blockOf({ width: 32, height: 32, bits: 12, sharpness: 6 });
    const passes = [0, 1, 100, 1e4, 1e9].map((stopSlope) => encoder.encode({ ...block, stopSlope }).numPasses);
    expect(passes).toEqual([...passes].sort((a, b) => b - a));
    expect(passes[0]).toBe(34);
    expect(passes[4]).toBeLessThan(7);
  });
});

describe('measured distortion', () => {
  test('adds up to the true error of a block whose coefficients lie many bit-planes apart', () => {
    // as a region of interest leaves them: one coefficient far above a background that its rounding would hide
    const block = blockOf({ width: 8, height: 8, bits: 8, seed: 5, sharpness: 2 });
    block.coefficients[20] = 42434560;
    const energy = block.coefficients.reduce((sum, v) => sum + v * v, 0);
    for (const exact of [true, false]) {
      const coded = encoder.encode({ ...block, exact, measured: true });
      let left = energy;
      for (let pass = 0; pass < coded.numPasses; pass++) left -= coded.passDistortions[pass]!;
      const truth = exact ? 0 : block.coefficients.reduce((sum, v) => sum + (v === 0 ? 0 : 0.25), 0);
      expect(Math.abs(left - truth)).toBeLessThan(1e-9 * energy);
      expect(coded.residual).toBeCloseTo(truth, 6);
    }
  });
});

test('codes the same bytes where nobody asks what a pass gains', () => {
  fc.assert(
    fc.property(recipes(40), (recipe) => {
      const block = blockOf(recipe);
      const { bitPlanes, numPasses, data, dataLength, passLengths, residual } = encoder.encode(block);
      const wanted = [bitPlanes, data.slice(0, dataLength), passLengths.slice(0, numPasses)];
      const coded = encoder.encode({ ...block, distortions: false });
      const got = [coded.bitPlanes, coded.data.slice(0, coded.dataLength), coded.passLengths.slice(0, coded.numPasses)];
      expect(got).toEqual(wanted);
      expect(coded.residual).toBe(residual);
    }),
  );
});

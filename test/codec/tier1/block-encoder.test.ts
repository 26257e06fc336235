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
  return { width, height, subband, style, coefficients, fractionBits, exact: fractionBits === 0, stopSlope: 0 };
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
  expect(decoder.decode(block, out)).toBe(0);
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
      { numRuns: 250 },
    );
  });

  test('decodes in each of the 64 styles when cut after any pass', () => {
    for (let style = 0; style < 64; style++) {
      const block = blockOf({ width: 13, height: 11, subband: (style & 3) as 0, style, bits: 7, seed: 99 + style });
      const coded = encoder.encode(block);
      for (let passes = 1; passes <= coded.numPasses; passes++) {
        expect(decode(passesOf(block, coded, passes))).toEqual(truthAfter(block, coded, passes));
      }
    }
  });
});

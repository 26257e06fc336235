import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HtBlockDecoder } from '../../../src/codec/tier1/ht-block-decoder.ts';
import { HtBlockEncoder, type HtCodeBlockCoefficients } from '../../../src/codec/tier1/ht-block-encoder.ts';
import { htEncoder } from '../../../src/codec/tier1/ht-encoder.ts';
import { HtLadderEncoder } from '../../../src/codec/tier1/ht-ladder.ts';
import type { CodedBlock } from '../../reference/block-coder.ts';
import { decodeHtBlockSlowly, encodeHtBlock } from '../../reference/ht-block-coder.ts';
import { randomFrom } from '../../support/random.ts';

const encoder = new HtBlockEncoder();
const decoder = new HtBlockDecoder();

type Kind = 'sparse' | 'laplacian' | 'flat' | 'ones' | 'powers' | 'corner';

/** Coefficients of all sorts; `ones` are 2^bits - 1 or 2^k, whose MagSgn bits are all ones and all zeros. */
function coefficientsOf(kind: Kind, width: number, height: number, bits: number, seed: number): Int32Array {
  const random = randomFrom(seed);
  const most = 2 ** bits - 1;
  return Int32Array.from({ length: width * height }, (_, k) => {
    const sign = random.chance(0.5) ? -1 : 1;
    if (kind === 'sparse') return random.chance(0.03) ? sign * random.int(1, most) : 0;
    if (kind === 'laplacian') return sign * Math.floor(most * random.next() ** 12);
    if (kind === 'flat') return sign * random.int(0, most);
    // v is 2 (mu - 1) + sign: all ones, so that every byte wants to be 0xFF
    if (kind === 'ones') return -(random.chance(0.98) ? 2 ** Math.max(0, bits - 1) : random.int(0, most));
    if (kind === 'powers') return sign * (2 ** random.int(0, bits) - 1);
    return k % width < 3 && k / width < 3 ? sign * most : 0;
  });
}

interface Recipe {
  width: number;
  height: number;
  kind: Kind;
  bits: number;
  fractionBits: number;
  plane: number;
  refinements: 0 | 1 | 2;
  causal: boolean;
  seed: number;
}

function blockOf(recipe: Recipe): HtCodeBlockCoefficients {
  const { width, height, kind, bits, fractionBits, plane, causal, seed } = recipe;
  return {
    ...{ width, height, subband: 0, style: causal ? 0x48 : 0x40, fractionBits, plane },
    coefficients: coefficientsOf(kind, width, height, Math.min(31, bits + fractionBits), seed),
    refinements: plane > 0 ? recipe.refinements : 0,
    ...{ exact: fractionBits === 0, stopSlope: 0, measured: false },
  };
}

const shapes: fc.Arbitrary<{ width: number; height: number }> = fc.oneof(
  fc.record({ width: fc.integer({ min: 1, max: 20 }), height: fc.integer({ min: 1, max: 20 }) }),
  fc
    .constantFrom(
      [1, 64],
      [64, 1],
      [1024, 4],
      [4, 1024],
      [1024, 1],
      [1, 1024],
      [1023, 3],
      [3, 1023],
      [64, 64],
      [33, 62],
    )
    .map(([width, height]) => ({ width: width!, height: height! })),
);

const recipes: fc.Arbitrary<Recipe> = shapes.chain(({ width, height }) =>
  fc.record({
    ...{ width: fc.constant(width), height: fc.constant(height) },
    kind: fc.constantFrom<Kind>('sparse', 'laplacian', 'flat', 'ones', 'powers', 'corner'),
    bits: fc.integer({ min: 1, max: 30 }),
    fractionBits: fc.constantFrom(0, 0, 1, 7),
    plane: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 })),
    refinements: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
    causal: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  }),
);

/** The block as tier 2 would hand it to a decoder, with the first `numPasses` passes. */
function coded(block: HtCodeBlockCoefficients, numPasses?: number): CodedBlock {
  const { bitPlanes, data, passLengths, ...out } = encoder.encode(block);
  const passes = numPasses ?? out.numPasses;
  const lengths = passes === 0 ? [] : [passLengths[0]!];
  if (passes > 1) lengths.push(passLengths[passes - 1]! - passLengths[0]!);
  const dataLength = lengths.reduce((sum, length) => sum + length, 0);
  return {
    ...{ width: block.width, height: block.height, subband: block.subband, style: block.style },
    ...{ bitPlanes, numPasses: passes, data: data.slice(0, dataLength), dataLength, numSegments: lengths.length },
    segmentPasses: Int32Array.from([1, passes - 1].slice(0, lengths.length)),
    segmentLengths: Int32Array.from(lengths),
  };
}

function decodeFast(block: CodedBlock): Int32Array {
  const out = new Int32Array(block.width * block.height);
  expect(decoder.decode(block, out, 0, block.width)).toBe(0);
  return out;
}

/** What a decoder gets from a cleanup pass alone. */
function expected({ coefficients, fractionBits, plane = 0 }: HtCodeBlockCoefficients): number[] {
  return Array.from(coefficients, (v) => {
    const mu = Math.floor(Math.abs(v) / 2 ** (fractionBits + plane));
    return mu === 0 ? 0 : Math.sign(v) * (2 * mu + 1) * 2 ** plane;
  });
}

/** Squared error of decoded values, which are doubled, in squared quantiser steps. */
function squaredError(
  { coefficients, fractionBits, exact }: HtCodeBlockCoefficients,
  values: ArrayLike<number>,
): number {
  return coefficients.reduce((sum, v, k) => {
    const value = exact && values[k]! % 2 !== 0 ? values[k]! - Math.sign(values[k]!) : values[k]!;
    return sum + (v / 2 ** fractionBits - value / 2) ** 2;
  }, 0);
}

/** So many bits of a magnitude fit what the fast decoder takes. */
const FAST_DECODER_BITS = 30;

describe('the high-throughput block encoder', () => {
  test('makes the bytes that the slow one makes', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const block = blockOf(recipe);
        const whole = block.coefficients.map((v) => Math.sign(v) * Math.floor(Math.abs(v) / 2 ** block.fractionBits));
        expect(coded(block)).toEqual(encodeHtBlock(block, whole, block.plane, block.refinements));
      }),
      { numRuns: 250 },
    );
  });

  test('gives both decoders back what it was given', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const block = blockOf(recipe);
        const cleanup = coded(block, Math.min(1, encoder.encode(block).numPasses));
        const wanted = Int32Array.from(expected(block));
        expect(decodeHtBlockSlowly(cleanup)).toEqual(wanted);
        if (recipe.bits > FAST_DECODER_BITS) return;
        expect(decodeFast(cleanup)).toEqual(wanted);
        const all = coded(block);
        expect(decodeFast(all)).toEqual(decodeHtBlockSlowly(all));
      }),
      { numRuns: 250 },
    );
  });

  test('says exactly what every pass gains', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const block = blockOf(recipe);
        const { numPasses, passDistortions, residual } = encoder.encode(block);
        const gains = passDistortions.slice(0, numPasses);
        const energy = squaredError(block, new Int32Array(block.coefficients.length));
        const close = 1e-9 * (1 + energy);
        let left = energy;
        gains.forEach((gain, k) => {
          left -= gain;
          const error = squaredError(block, decodeHtBlockSlowly(coded(block, k + 1))!);
          expect(Math.abs(left - error)).toBeLessThan(close);
        });
        expect(Math.abs(residual - left)).toBeLessThan(close);
      }),
      { numRuns: 200 },
    );
  });

  test('keeps pairs of bytes that could be a marker out of every segment', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const { data, segmentLengths } = coded(blockOf(recipe));
        let start = 0;
        for (const length of segmentLengths) {
          expect(data[start + length - 1]).not.toBe(0xff);
          for (let k = start + 1; k < start + length; k++) {
            if (data[k - 1] === 0xff) expect(data[k]).toBeLessThan(0x90);
          }
          start += length;
        }
      }),
      { numRuns: 250 },
    );
  });

  test('makes nothing of a block that has nothing in its plane', () => {
    const block = blockOf({
      ...{
        width: 8,
        height: 8,
        kind: 'flat',
        bits: 3,
        fractionBits: 0,
        plane: 3,
        refinements: 2,
        causal: false,
        seed: 1,
      },
    });
    const { bitPlanes, numPasses, dataLength, residual } = encoder.encode(block);
    expect({ bitPlanes, numPasses, dataLength }).toEqual({ bitPlanes: 0, numPasses: 0, dataLength: 0 });
    expect(residual).toBe(squaredError(block, new Int32Array(64)));
  });

  test('handles the style that asks for it', () => {
    expect([0, 1, 0x3f, 0x40, 0x48, 0xc0].map((style) => htEncoder.handles(style))).toEqual([
      ...[false, false, false, true, true, true],
    ]);
    expect(htEncoder.createEncoder()).toBeInstanceOf(HtLadderEncoder);
  });
});

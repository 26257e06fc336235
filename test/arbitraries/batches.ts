/** Random batches of code-blocks for pools, with what must come out of them. */
import fc from 'fast-check';
import {
  DECODE_PARAMS,
  type DecodeBatch,
  type DecodedBatch,
  ENCODE_PARAMS,
  type EncodeBatch,
  ENCODED_PARAMS,
  type EncodedBatch,
} from '../../src/codec/block-pool.ts';
import { ClassicBlockDecoder } from '../../src/codec/tier1/block-decoder.ts';
import { ClassicBlockEncoder } from '../../src/codec/tier1/block-encoder.ts';
import { encodeBlock } from '../reference/block-coder.ts';
import { type Random, randomFrom } from '../support/random.ts';

/** A batch to decode without `out`, and what comes out. */
export interface DecodeCase {
  readonly kind: 'decode';
  readonly batch: DecodeBatch;
  readonly expected: DecodedBatch;
}

/** A batch to encode, and what comes out. */
export interface EncodeCase {
  readonly kind: 'encode';
  readonly batch: EncodeBatch;
  readonly expected: EncodedBatch;
}

const decoder = new ClassicBlockDecoder();
const encoder = new ClassicBlockEncoder();

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly subband: 0 | 1 | 2 | 3;
  readonly style: number;
  readonly bitPlanes: number;
  readonly coefficients: Int32Array;
}

function randomShape(random: Random, side: number): Shape {
  const width = random.int(1, side);
  const height = random.int(1, side);
  const bitPlanes = random.int(1, random.pick([4, 12, 30]));
  const sharpness = random.pick([1, 3, 8]);
  const coefficients = Int32Array.from({ length: width * height }, () => {
    const magnitude = Math.floor(random.next() ** sharpness * 2 ** bitPlanes);
    return random.chance(0.5) ? -magnitude : magnitude;
  });
  const subband = random.int(0, 3) as Shape['subband'];
  return { width, height, subband, style: random.int(0, 63), bitPlanes, coefficients };
}

/** Code-blocks side by side in a strip, at all styles, some cut short, some damaged. */
export function decodeCase(random: Random, count: number, side: number, cost = 1): DecodeCase {
  const shapes = Array.from({ length: count }, () => randomShape(random, side));
  const blocks = shapes.map(({ coefficients, ...shape }) => {
    const block = encodeBlock(shape, coefficients);
    if (random.chance(0.2)) block.numPasses = random.int(0, block.numPasses);
    if (random.chance(0.1) && block.dataLength > 0) block.data[random.int(0, block.dataLength - 1)] ^= 0x55;
    return block;
  });
  const stride = shapes.reduce((sum, { width }) => sum + width + 1, 0);
  const length = stride * side;
  const params = new Int32Array(count * DECODE_PARAMS.count);
  const segments: number[] = [];
  const coefficients = new Int32Array(length);
  const findings = new Int32Array(count);
  const out = new Int32Array(4096);
  let at = 0;
  blocks.forEach((block, k) => {
    const { width, height, subband, style, bitPlanes, numPasses, numSegments, dataLength } = block;
    params.set(
      [width, height, subband, style, bitPlanes, numPasses, numSegments, dataLength, at, stride],
      k * DECODE_PARAMS.count,
    );
    for (let s = 0; s < numSegments; s++) segments.push(block.segmentPasses[s]!, block.segmentLengths[s]!);
    findings[k] = decoder.decode(block, out, 0, width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) coefficients[at + y * stride + x] = out[y * width + x]!;
    }
    at += width + 1;
  });
  // as decoders have them: somewhere in a larger piece of memory
  const bytes = blocks.reduce((sum, { dataLength }) => sum + dataLength, 0);
  const data = new Uint8Array(bytes + 16).subarray(random.int(0, 8)).subarray(0, bytes);
  let byte = 0;
  for (const block of blocks) {
    data.set(block.data.subarray(0, block.dataLength), byte);
    byte += block.dataLength;
  }
  const batch = { coder: 'classic', params, segments: Int32Array.from(segments), data, out: undefined, length, cost };
  return { kind: 'decode', batch, expected: { coefficients, findings } };
}

/** Code-blocks to encode at all styles, some stopped early. */
export function encodeCase(random: Random, count: number, side: number, cost = 1): EncodeCase {
  const shapes = Array.from({ length: count }, () => randomShape(random, side));
  const params = new Int32Array(count * ENCODE_PARAMS.count);
  const outcome = new Int32Array(count * ENCODED_PARAMS.count);
  const stopSlopes = new Float64Array(count);
  const residuals = new Float64Array(count);
  const data: number[] = [];
  const passLengths: number[] = [];
  const passDistortions: number[] = [];
  shapes.forEach(({ width, height, subband, style, coefficients }, k) => {
    const fractionBits = random.int(0, 6);
    const exact = random.chance(0.5);
    const measured = random.chance(0.2);
    const distortions = measured || random.chance(0.7);
    const stopSlope = random.chance(0.5) ? 0 : random.next() * 100;
    params.set(
      [width, height, subband, style, fractionBits, Number(exact), Number(measured), Number(distortions)],
      k * ENCODE_PARAMS.count,
    );
    stopSlopes[k] = stopSlope;
    const job = { width, height, subband, style, coefficients, fractionBits, exact, stopSlope, measured, distortions };
    const block = encoder.encode(job);
    outcome.set([block.bitPlanes, block.numPasses, block.dataLength], k * ENCODED_PARAMS.count);
    residuals[k] = block.residual;
    data.push(...block.data.subarray(0, block.dataLength));
    passLengths.push(...block.passLengths.subarray(0, block.numPasses));
    passDistortions.push(...block.passDistortions.subarray(0, block.numPasses));
  });
  const coefficients = Int32Array.from(shapes.flatMap((shape) => [...shape.coefficients]));
  return {
    kind: 'encode',
    batch: { coder: 'classic', params, stopSlopes, coefficients, cost },
    expected: {
      params: outcome,
      data: Uint8Array.from(data),
      passLengths: Int32Array.from(passLengths),
      passDistortions: Float64Array.from(passDistortions),
      residuals,
    },
  };
}

/** Any batch. */
export function batchCases(most: {
  readonly blocks: number;
  readonly side: number;
}): fc.Arbitrary<DecodeCase | EncodeCase> {
  return fc
    .record({ seed: fc.nat(), count: fc.integer({ min: 0, max: most.blocks }), decode: fc.boolean() })
    .map(({ seed, count, decode }) => {
      const random = randomFrom(seed);
      return decode ? decodeCase(random, count, most.side) : encodeCase(random, count, most.side);
    });
}

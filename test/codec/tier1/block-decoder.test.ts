import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ClassicBlockDecoder,
  FOUND_MIXED_SEGMENT,
  FOUND_PREDICTABLE_TERMINATION,
  FOUND_SEGMENTATION_SYMBOL,
  FOUND_TOO_MANY_BIT_PLANES,
  FOUND_TOO_MANY_PASSES,
} from '../../../src/codec/tier1/block-decoder.ts';
import { type CodedBlock, STYLE, decodeBlockSlowly, encodeBlock } from '../../reference/block-coder.ts';

const decoder = new ClassicBlockDecoder();

/** Decodes with the fast decoder; the scratch array is dirty on purpose. */
function decode(block: CodedBlock): { found: number; values: Int32Array } {
  const out = new Int32Array(4096).fill(-77);
  const found = decoder.decode(block, out, 0, block.width);
  const n = block.width * block.height;
  expect(out.subarray(n).every((v) => v === -77)).toBe(true);
  return { found, values: out.slice(0, n) };
}

/** A small generator, so that a block is described by a few numbers and shrinks well. */
function randomCoefficients(n: number, bitPlanes: number, seed: number, sharpness: number): Int32Array {
  let state = seed | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return Int32Array.from({ length: n }, () => {
    const magnitude = Math.floor(next() ** sharpness * 2 ** bitPlanes);
    return next() < 0.5 ? -magnitude : magnitude;
  });
}

const anyBlock = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    subband: fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<0 | 1 | 2 | 3>,
    style: fc.integer({ min: 0, max: 63 }),
    bitPlanes: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 30 })),
    seed: fc.integer(),
    sharpness: fc.constantFrom(1, 3, 8, 30),
    passes: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map((r) => ({ ...r, coefficients: randomCoefficients(r.width * r.height, r.bitPlanes, r.seed, r.sharpness) }));

/** The block with only its first passes; the bytes stay, as they do when quality layers share a segment. */
function firstPasses(block: CodedBlock, passes: number): CodedBlock {
  return { ...block, numPasses: passes };
}

/** `V = ±(2m + 1) << p`, so p can be read from V, and m must be the upper bits of the true magnitude. */
function expectPrefix(values: Int32Array, truth: Int32Array): void {
  values.forEach((v, i) => {
    if (v === 0) return;
    const p = 31 - Math.clz32(v & -v);
    expect(Math.sign(v)).toBe(Math.sign(truth[i]!));
    expect(Math.abs(v) >> (p + 1)).toBe(Math.abs(truth[i]!) >> p);
  });
}

describe('a block that was coded well', () => {
  test('decodes to the coefficients, in all styles, subbands and shapes', () => {
    fc.assert(
      fc.property(anyBlock, ({ coefficients, ...shape }) => {
        const { found, values } = decode(encodeBlock(shape, coefficients));
        expect(found).toBe(0);
        expect(values).toEqual(coefficients.map((q) => (q === 0 ? 0 : Math.sign(q) * (2 * Math.abs(q) + 1))));
      }),
      { numRuns: 400 },
    );
  });

  test('decodes like the slow twin when only its first passes are there', () => {
    fc.assert(
      fc.property(anyBlock, ({ coefficients, passes, ...shape }) => {
        const whole = encodeBlock(shape, coefficients);
        const block = firstPasses(whole, Math.floor(passes * whole.numPasses));
        const { found, values } = decode(block);
        expect(found).toBe(0);
        expect(values).toEqual(decodeBlockSlowly(block).values);
        expectPrefix(values, coefficients);
      }),
      { numRuns: 400 },
    );
  });

  test('decodes when the encoder stopped after any pass', () => {
    for (let style = 0; style < 64; style++) {
      const shape = { width: 9, height: 11, subband: (style & 3) as 0, style, bitPlanes: 7 };
      const coefficients = randomCoefficients(99, 7, 4711 + style, 3);
      for (let passes = 1; passes <= 19; passes++) {
        const block = encodeBlock(shape, coefficients, passes);
        const { found, values } = decode(block);
        expect(found).toBe(0);
        expect(values).toEqual(decodeBlockSlowly(block).values);
        expectPrefix(values, coefficients);
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
    [819, 5],
    [5, 819],
    [63, 65],
  ])('fits the scratch memory at %i x %i', (width, height) => {
    const coefficients = randomCoefficients(width * height, 5, width, 4);
    for (const style of [0, STYLE.causal, STYLE.bypass | STYLE.terminate]) {
      const { found, values } = decode(encodeBlock({ width, height, subband: 3, style, bitPlanes: 5 }, coefficients));
      expect(found).toBe(0);
      expect(values).toEqual(coefficients.map((q) => (q === 0 ? 0 : Math.sign(q) * (2 * Math.abs(q) + 1))));
    }
  });

  test('ignores bytes that follow the segments in the same buffer', () => {
    const coefficients = randomCoefficients(256, 8, 99, 2);
    const block = encodeBlock({ width: 16, height: 16, subband: 1, style: 0, bitPlanes: 8 }, coefficients);
    const longer = new Uint8Array(block.dataLength + 100).fill(0x5a);
    longer.set(block.data);
    expect(decode({ ...block, data: longer }).values).toEqual(decode(block).values);
  });

  test('is decoded by any of several decoders, which take turns', () => {
    const others = [new ClassicBlockDecoder(), new ClassicBlockDecoder()];
    const blocks = Array.from({ length: 12 }, (_, k) => {
      const shape = { width: 5 + 3 * k, height: 31 - 2 * k, subband: (k & 3) as 0, style: (k * 11) & 63, bitPlanes: 6 };
      return encodeBlock(shape, randomCoefficients(shape.width * shape.height, 6, 1234 + k, 3));
    });
    for (const block of [...blocks, ...blocks.toReversed()]) {
      const answers = [decoder, ...others].map((one) => {
        const out = new Int32Array(4096);
        expect(one.decode(block, out, 0, block.width)).toBe(0);
        return out.subarray(0, block.width * block.height);
      });
      for (const values of answers) expect(values).toEqual(decodeBlockSlowly(block).values);
    }
  });

  test('has no passes at all', () => {
    const shape = { width: 4, height: 4, subband: 0 as const, style: 0, bitPlanes: 0 };
    const { found, values } = decode(encodeBlock(shape, new Int32Array(16)));
    expect(found).toBe(0);
    expect(values.every((v) => v === 0)).toBe(true);
  });
});

/** Decodes into the middle of a larger area, checks that only the block changed, and gathers it row by row. */
function decodeInto(block: CodedBlock, at: number, stride: number): { found: number; values: Int32Array } {
  const { width, height } = block;
  const area = Int32Array.from({ length: at + (height - 1) * stride + width + 9 }, (_, i) => -1000 - i);
  const found = decoder.decode(block, area, at, stride);
  const values = new Int32Array(width * height);
  for (let y = 0; y < height; y++) values.set(area.subarray(at + y * stride, at + y * stride + width), y * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) area[at + y * stride + x] = -1000 - (at + y * stride + x);
  }
  expect(area.every((v, i) => v === -1000 - i)).toBe(true);
  return { found, values };
}

describe('a block decoded to a place within a larger area', () => {
  const place = { at: fc.integer({ min: 0, max: 300 }), gap: fc.integer({ min: 0, max: 70 }) };

  test('is the same block, and nothing around it changes', () => {
    fc.assert(
      fc.property(anyBlock, fc.record(place), ({ coefficients, passes, ...shape }, { at, gap }) => {
        const whole = encodeBlock(shape, coefficients);
        const block = firstPasses(whole, Math.ceil(passes * whole.numPasses));
        expect(decodeInto(block, at, shape.width + gap)).toEqual(decode(block));
      }),
      { numRuns: 400 },
    );
  });

  test('is so in every style', () => {
    for (let style = 0; style < 64; style++) {
      const shape = { width: 13, height: 10, subband: (style & 3) as 0, style, bitPlanes: 8 };
      const block = encodeBlock(shape, randomCoefficients(130, 8, 815 + style, 3));
      expect(decodeInto(block, style, 13 + (style % 7))).toEqual(decode(block));
    }
  });

  test('is so when it is damaged or cannot be decoded', () => {
    fc.assert(
      fc.property(anyBlock, fc.record(place), fc.nat(), ({ coefficients, ...shape }, { at, gap }, where) => {
        const whole = encodeBlock(shape, coefficients);
        const data = whole.data.slice();
        if (data.length > 0) data[where % data.length]! ^= 0x35;
        const block = { ...whole, data, bitPlanes: where % 8 === 0 ? 31 : whole.bitPlanes };
        expect(decodeInto(block, at, shape.width + gap)).toEqual(decode(block));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a damaged block', () => {
  const shape = { width: 32, height: 32, subband: 2 as const, bitPlanes: 9 };
  const coefficients = randomCoefficients(1024, 9, 31337, 4);

  test('keeps the bit-planes before a segmentation symbol that is wrong', () => {
    const whole = encodeBlock({ ...shape, style: STYLE.segmentation | STYLE.terminate }, coefficients);
    const start = whole.segmentLengths.subarray(0, 12).reduce((a, b) => a + b, 0);
    const data = whole.data.slice();
    data.fill(0x35, start, start + whole.segmentLengths[12]!); // pass 12, a cleanup pass
    const { found, values } = decode({ ...whole, data });
    expect(found).toBe(FOUND_SEGMENTATION_SYMBOL);
    expect(values).toEqual(decode(firstPasses(whole, 10)).values); // pass 9 ended with the last good symbol
  });

  test.each([0, STYLE.bypass, STYLE.segmentation])('keeps the passes before a bad termination (style %i)', (more) => {
    const style = STYLE.predictable | STYLE.terminate | more;
    const whole = encodeBlock({ ...shape, style }, coefficients);
    let noticed = 0;
    for (let pass = 0; pass < whole.numPasses; pass++) {
      const start = whole.segmentLengths.subarray(0, pass).reduce((a, b) => a + b, 0);
      if (whole.segmentLengths[pass]! < 2) continue;
      const data = whole.data.slice();
      data[start] ^= 0x14;
      const { found, values } = decode({ ...whole, data });
      if (found === 0) continue; // a raw pass hides most damage: only its length and filling are known
      noticed++;
      if (more !== STYLE.bypass) expect(values).toEqual(decode(firstPasses(whole, pass)).values);
    }
    expect(noticed).toBeGreaterThan(more === STYLE.bypass ? 8 : 15);
  });

  test('goes back to the last good symbol when one segment holds all passes', () => {
    const whole = encodeBlock({ ...shape, style: STYLE.segmentation | STYLE.predictable }, coefficients);
    const data = whole.data.slice();
    let kept = 0;
    for (let at = 10; at < data.length - 20; at += 25) {
      data.set(whole.data);
      data.fill(0x35, at, at + 20);
      const { found, values } = decode({ ...whole, data });
      expect(found).not.toBe(0);
      // four bits hold by chance once in sixteen times, and then a damaged plane is kept
      const planes = Array.from({ length: 9 }, (_, k) => decode(firstPasses(whole, 1 + 3 * k)).values.join());
      if (planes.includes(values.join())) kept++;
    }
    expect(kept).toBeGreaterThan(0.7 * (data.length / 25));
  });

  test('does not take a layer that ends within a segment for a bad termination', () => {
    const whole = encodeBlock({ ...shape, style: STYLE.predictable }, coefficients);
    for (let passes = 1; passes <= whole.numPasses; passes++) expect(decode(firstPasses(whole, passes)).found).toBe(0);
  });

  test('forgives a segmentation symbol that the cut of an unterminated segment has changed', () => {
    // rate control may cut a segment so close that all coefficients are right, and only the symbol behind them is not
    let cases = 0;
    for (let seed = 1; seed <= 80; seed++) {
      const some = randomCoefficients(1024, 9, seed, 4);
      const whole = encodeBlock({ ...shape, style: STYLE.segmentation }, some, 13);
      for (let bytes = 1; bytes <= 3; bytes++) {
        const length = whole.dataLength - bytes;
        const cut = { ...whole, dataLength: length, segmentLengths: Int32Array.of(length) };
        const slow = decodeBlockSlowly({ ...cut, data: whole.data.subarray(0, length) });
        if (slow.goodSymbols || slow.values.join() !== decodeBlockSlowly(whole).values.join()) continue;
        cases++;
        expect(decode(cut)).toEqual({ found: 0, values: slow.values });
      }
    }
    expect(cases).toBeGreaterThan(2);
  });

  test('never throws and never hangs', () => {
    fc.assert(
      fc.property(
        fc.record({
          width: fc.integer({ min: 1, max: 64 }),
          height: fc.integer({ min: 1, max: 64 }),
          subband: fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<0 | 1 | 2 | 3>,
          style: fc.integer({ min: 0, max: 63 }),
          bitPlanes: fc.integer({ min: 0, max: 30 }),
          data: fc.uint8Array({ maxLength: 300 }),
          segments: fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 100 })), {
            maxLength: 20,
          }),
          numPasses: fc.integer({ min: 0, max: 120 }),
        }),
        ({ segments, ...block }) => {
          decode({
            ...block,
            dataLength: block.data.length,
            numSegments: segments.length,
            segmentPasses: Int32Array.from(segments, (s) => s[0]),
            segmentLengths: Int32Array.from(segments, (s) => s[1]),
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  test('reads like the slow twin past the end of its data', () => {
    fc.assert(
      fc.property(anyBlock, ({ coefficients, passes, ...shape }) => {
        const style = shape.style & ~(STYLE.predictable | STYLE.segmentation);
        const whole = encodeBlock({ ...shape, style }, coefficients);
        const block = { ...whole, dataLength: Math.floor(passes * whole.dataLength) };
        expect(decode(block).values).toEqual(decodeBlockSlowly(block).values);
      }),
      { numRuns: 200 },
    );
  });

  test('has more bytes in a segment than there can be', () => {
    const whole = encodeBlock({ ...shape, style: 0 }, coefficients);
    const data = new Uint8Array(700_000).fill(0x5a);
    data.set(whole.data.subarray(0, whole.dataLength - 3));
    const block = { ...whole, data, dataLength: data.length, segmentLengths: Int32Array.of(data.length) };
    expect(decode(block)).toEqual({ found: 0, values: decodeBlockSlowly(block).values });
  });

  test('says when there are more passes than bit-planes, and decodes the legal ones', () => {
    const whole = encodeBlock({ ...shape, style: 0 }, coefficients);
    const { found, values } = decode({ ...whole, numPasses: 40, segmentPasses: Int32Array.of(40) });
    expect(found).toBe(FOUND_TOO_MANY_PASSES);
    expect(values).toEqual(decode(whole).values);
  });

  test('says when raw and coded passes share a segment', () => {
    const whole = encodeBlock({ ...shape, style: STYLE.bypass }, coefficients);
    const block = { ...whole, numSegments: 1, segmentPasses: Int32Array.of(25), segmentLengths: Int32Array.of(500) };
    expect(decode(block).found).toBe(FOUND_MIXED_SEGMENT);
    expect(decode(block).values).toEqual(decode(firstPasses(whole, 10)).values);
  });

  test('says when it has more bit-planes than the output can hold', () => {
    const whole = encodeBlock({ ...shape, style: 0 }, coefficients);
    const { found, values } = decode({ ...whole, bitPlanes: 31 });
    expect(found).toBe(FOUND_TOO_MANY_BIT_PLANES);
    expect(values.every((v) => v === 0)).toBe(true);
  });
});

test('the check symbols of predictable termination are not expected from an ordinary flush', () => {
  // an ordinary flush fills with ones, a predictable one does not: of many blocks most must differ
  let flagged = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const coefficients = randomCoefficients(256, 6, seed, 2);
    const block = encodeBlock({ width: 16, height: 16, subband: 0, style: 0, bitPlanes: 6 }, coefficients);
    if (decode({ ...block, style: STYLE.predictable }).found === FOUND_PREDICTABLE_TERMINATION) flagged++;
  }
  expect(flagged).toBeGreaterThan(25);
});

import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelStage } from '../../../src/codec/decoder/channel-stage.ts';
import { openPicture } from '../../../src/codec/picture.ts';
import { classic } from '../../../src/codec/tier1/classic.ts';
import { ht } from '../../../src/codec/tier1/ht.ts';
import { HtBlockDecoder } from '../../../src/codec/tier1/ht-block-decoder.ts';
import { hostExecutor } from '../../../src/platform/host-executor.ts';
import type { CodedBlock } from '../../reference/block-coder.ts';
import { decodeHtBlockSlowly, encodeHtBlock } from '../../reference/ht-block-coder.ts';
import { randomFrom } from '../../support/random.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';

const decoder = new HtBlockDecoder();

/** Exponents and planes up to this sum fit what the fast decoder takes. */
const MOST_BITS = 31;

function decodeFast(block: CodedBlock): Int32Array | undefined {
  const out = new Int32Array(block.width * block.height);
  return decoder.decode(block, out, 0, block.width) === 0 ? out : undefined;
}

/** A block of random coefficients, well coded. */
function randomBlock(width: number, height: number, plane: number, refinements: number, seed: number): CodedBlock {
  const random = randomFrom(seed);
  const most = 2 ** random.int(1, 12 + plane) - 1;
  const sharpness = random.int(1, 12);
  const coefficients = Array.from(
    { length: width * height },
    () => Math.floor(most * random.next() ** sharpness) * (random.chance(0.5) ? -1 : 1),
  );
  const style = random.chance(0.3) ? 0x48 : 0x40;
  return encodeHtBlock({ width, height, subband: 0, style }, coefficients, plane, plane > 0 ? refinements : 0);
}

/** Bytes that are turned, cut off, or made up. */
function damage(block: CodedBlock, seed: number): CodedBlock {
  const random = randomFrom(seed);
  const data = block.data.slice();
  const way = random.int(0, 3);
  if (way === 0)
    for (let n = random.int(1, 3); n > 0; n--) data[random.int(0, data.length - 1)]! ^= 1 << random.int(0, 7);
  if (way === 1) data.fill(random.pick([0, 0xff, 0x7f, 0x8f]), random.int(0, data.length - 1));
  if (way === 2)
    data.forEach((_, k) => {
      if (k < block.segmentLengths[0]! - 2) data[k] = random.int(0, 255);
    });
  // a marker would end the data long before a block decoder sees it
  for (let k = 1; k < data.length; k++) if (data[k - 1] === 0xff && data[k]! > 0x8f) data[k]! &= 0x7f;
  const segmentLengths = block.segmentLengths.slice();
  if (way === 3) segmentLengths[random.int(0, segmentLengths.length - 1)]! -= random.int(1, 3);
  return { ...block, data, segmentLengths };
}

const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const halves = fc.integer({ min: 1, max: 12 });

describe('the high-throughput block decoder', () => {
  test('makes of damaged bytes what the slow one makes, or both refuse', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        halves,
        halves,
        fc.constantFrom(0, 0, 1, 5),
        fc.constantFrom(0, 1, 2),
        seeds,
        (w, h, plane, more, seed) => {
          const good = randomBlock(2 * w, 2 * h, plane, more, seed);
          if (good.numSegments === 0) return;
          const bad = damage(good, seed);
          const slow = decodeHtBlockSlowly(bad, MOST_BITS);
          if (slow === undefined) refused++;
          expect(decodeFast(bad)).toEqual(slow);
        },
      ),
      { numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(20);
  });

  test('comes through any bytes in a block with odd sides', () => {
    fc.assert(
      fc.property(halves, halves, fc.constantFrom(0, 3), seeds, (w, h, plane, seed) => {
        const good = randomBlock(2 * w - 1, 2 * h - 1, plane, 2, seed);
        if (good.numSegments === 0) return;
        const bad = damage(good, seed);
        const slow = decodeHtBlockSlowly(bad, MOST_BITS);
        const fast = decodeFast(bad);
        // a sample outside of the block may be significant then, which only the slow one minds
        if (slow !== undefined) expect(fast).toEqual(slow);
      }),
      { numRuns: 500 },
    );
  });
});

describeShared('conformance/ht', 'the high-throughput block decoder', () => {
  const names = ['ds0_hm_06_b18', 'ds0_ht_06_b15', 'ds0_ht_12_b11', 'ds1_ht_02_b12', 'ds1_ht_07_b11', 'j2k_rgb_s12_97'];
  for (const file of readdirSync(sharedPath('conformance', 'ht')).filter((f) => names.includes(f.split('.')[0]!))) {
    test(`agrees with the slow one on the blocks of ${file}`, async () => {
      let blocks = 0;
      const both = {
        name: ht.name,
        handles: ht.handles,
        createDecoder: () => ({
          decode(block: CodedBlock, out: Int32Array, at: number, stride: number): number {
            const found = decoder.decode(block, out, at, stride);
            const values = Int32Array.from({ length: block.width * block.height }, (_, k) => {
              return out[at + Math.floor(k / block.width) * stride + (k % block.width)]!;
            });
            // the slow one is very slow
            if (blocks < 40 || blocks % 8 === 0) expect(values).toEqual(decodeHtBlockSlowly(block));
            blocks++;
            return found;
          },
        }),
      };
      const codec = { coders: [classic, both], channels: channelStage, executor: hostExecutor };
      const image = await openPicture(codec, readFileSync(sharedPath('conformance', 'ht', file)));
      await image.decode();
      await image.close();
      expect(blocks).toBeGreaterThan(0);
    });
  }
});

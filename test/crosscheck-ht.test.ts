/**
 * A seeded slice of `npm run crosscheck:encoder -- --coder ht`: high-throughput code-blocks encoded by us, decoded by us,
 * `opj_decompress`, `grk_decompress` and `ojph_expand`. What each of them cannot read is listed, with reasons, in
 * `scripts/crosscheck-encoder/exclusions.ts`.
 *
 * And the other way: pictures of `ojph_compress`, over its options, decoded by us as by others.
 */
import { expect, test } from 'vitest';
import { checkNumber, describeCase } from '../scripts/crosscheck-encoder/check.ts';
import { checkOpenJph } from '../scripts/crosscheck-openjph/check.ts';
import { describeTools } from './support/shared.ts';

const SEED = 2026;
const CASES = 220;

describeTools(['opj_decompress', 'grk_decompress', 'ojph_expand'], 'high throughput in other decoders', () => {
  test(`${CASES} of the matrix keep their promises and decode everywhere alike`, { timeout: 240_000 }, async () => {
    const different: string[] = [];
    const read = { opj_decompress: 0, grk_decompress: 0, ojph_expand: 0 };
    let encoded = 0;
    for (let number = 0; number < CASES; number++) {
      for (const { item, outcome, details, exclusions } of await checkNumber(SEED, number, 'ht')) {
        if (outcome === 'refused') continue;
        encoded++;
        if (outcome === 'different') different.push(`${describeCase(item)}\n${details.join('\n')}`);
        for (const tool of Object.keys(read) as (keyof typeof read)[]) {
          if (!exclusions.some((one) => one.startsWith(tool))) read[tool]++;
        }
      }
    }
    expect(different).toEqual([]);
    expect(encoded).toBe(CASES);
    expect(read.opj_decompress).toBeGreaterThan(CASES * 0.8);
    expect(read.ojph_expand).toBeGreaterThan(CASES / 4);
    expect(read.grk_decompress).toBeGreaterThan(CASES / 4);
  });
});

describeTools(['ojph_compress', 'ojph_expand', 'opj_decompress'], 'high throughput of another encoder', () => {
  const NUMBER = 150;
  test(`${NUMBER} pictures decode as with others`, { timeout: 120_000 }, async () => {
    const different: string[] = [];
    let same = 0;
    for (let number = 0; number < NUMBER; number++) {
      const { item, outcome, details } = await checkOpenJph(SEED, number);
      if (outcome === 'different') different.push(`${JSON.stringify(item)}\n${details.join('\n')}`);
      if (outcome === 'same') same++;
    }
    expect(different).toEqual([]);
    // the encoder itself fails on steps so coarse that a code-block has no bit-plane
    expect(same).toBeGreaterThan(NUMBER * 0.9);
  });
});

/**
 * A seeded slice of `npm run crosscheck:encoder -- --coder ht`: high-throughput code-blocks encoded by us, decoded by us,
 * `opj_decompress`, `grk_decompress` and `ojph_expand`. What each of them cannot read is listed, with reasons, in
 * `scripts/crosscheck-encoder/exclusions.ts`.
 */
import { expect, test } from 'vitest';
import { checkNumber, describeCase } from '../scripts/crosscheck-encoder/check.ts';
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

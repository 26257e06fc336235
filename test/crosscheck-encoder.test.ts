/** A seeded slice of `npm run crosscheck:encoder`: encoded by us, decoded by us, `opj_decompress` and `grk_decompress`. */
import { expect, test } from 'vitest';
import { checkNumber, describeCase } from '../scripts/crosscheck-encoder/check.ts';
import { describeTools } from './support/shared.ts';

const SEED = 2026;
const CASES = 60;

describeTools(['opj_decompress', 'grk_decompress'], 'files of the encoder in other decoders', () => {
  test(`${CASES} of the matrix keep their promises and decode everywhere alike`, { timeout: 120_000 }, async () => {
    const different: string[] = [];
    let encoded = 0;
    let same = 0;
    for (let number = 0; number < CASES; number++) {
      for (const { item, outcome, details } of await checkNumber(SEED, number)) {
        if (outcome === 'different') different.push(`${describeCase(item)}\n${details.join('\n')}`);
        if (outcome === 'same') same++;
        if (outcome !== 'refused') encoded++;
      }
    }
    expect(different).toEqual([]);
    expect(encoded).toBe(CASES);
    // Grok writes only pictures whose components are alike, so many are confirmed by OpenJPEG alone
    expect(same).toBeGreaterThan(CASES / 5);
  });
});

/** A seeded slice of `npm run crosscheck`: encoded by OpenJPEG and Grok, decoded by us as by `opj_decompress`. */
import { expect, test } from 'vitest';
import { checkNumber, describeCase } from '../scripts/crosscheck/check.ts';
import { loadSeeds } from '../scripts/crosscheck/pictures.ts';
import { describeShared, describeTools } from './support/shared.ts';
import { requireSharedFolder } from './support/shared-folder.ts';

const SEED = 2026;
const CASES = 40;

describeTools(['opj_compress', 'opj_decompress', 'grk_compress'], 'pictures of other encoders', () => {
  describeShared('bench-seeds', 'from the shared photographs', () => {
    test(`${CASES} of the matrix decode as with OpenJPEG`, { timeout: 120_000 }, async () => {
      const seeds = loadSeeds(requireSharedFolder());
      const different: string[] = [];
      let compared = 0;
      for (let number = 0; number < CASES; number++) {
        const verdict = await checkNumber(SEED, number, seeds);
        if (verdict.outcome === 'different') different.push(`${describeCase(verdict.item)}\n${verdict.detail}`);
        if (verdict.outcome === 'same' || verdict.outcome === 'departed') compared++;
      }
      expect(different).toEqual([]);
      expect(compared).toBeGreaterThan(CASES * 0.9);
    });
  });
});

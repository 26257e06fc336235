/** A slice of `npm run crosscheck:transcoder`: transcodes decoded by OpenJPEG and Grok as their sources are, and packets compared. */
import { expect, test } from 'vitest';
import { checkSource, type Verdict } from '../scripts/crosscheck-transcoder/check.ts';
import { conformanceSources, generatedSource, loadSeeds } from '../scripts/crosscheck-transcoder/sources.ts';
import { describeShared, describeTools } from './support/shared.ts';
import { requireSharedFolder } from './support/shared-folder.ts';

const SEED = 2026;
const GENERATED = 12;
/** Larger conformance files are left to the script. */
const MOST_BYTES = 60_000;

describeTools(
  ['opj_compress', 'opj_decompress', 'grk_compress', 'grk_decompress'],
  'transcodes for other decoders',
  () => {
    describeShared('conformance', 'of the shared codestreams', () => {
      test('every conformance codestream goes through all orders and back', { timeout: 240_000 }, async () => {
        const sources = conformanceSources(requireSharedFolder());
        const verdicts: Verdict[] = [];
        for (const [k, source] of sources.entries()) {
          // the other decoders take their time; what we can check ourselves is checked for all
          const small = source.codestream.length <= MOST_BYTES && k % 3 === 0;
          const oracles = small ? (['opj_decompress', 'grk_decompress'] as const) : [];
          verdicts.push(await checkSource(source, k + 1, oracles));
        }
        expect(verdicts.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`))).toEqual([]);
        expect(sum(verdicts, (v) => v.compared)).toBe(6 * sources.length);
        expect(sum(verdicts, (v) => v.byOracle.opj_decompress)).toBeGreaterThan(60);
      });
    });

    describeShared('bench-seeds', 'of generated codestreams', () => {
      test(`${GENERATED} of three encoders`, { timeout: 120_000 }, async () => {
        const seeds = loadSeeds(requireSharedFolder());
        const verdicts: Verdict[] = [];
        for (let n = 0; n < GENERATED; n++) {
          const source = await generatedSource(SEED, n, seeds);
          verdicts.push(await checkSource(source, SEED + n, ['opj_decompress', 'grk_decompress']));
        }
        expect(verdicts.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`))).toEqual([]);
        expect(sum(verdicts, (v) => v.byOracle.opj_decompress)).toBeGreaterThan(GENERATED * 3);
        expect(sum(verdicts, (v) => v.byOracle.grk_decompress)).toBeGreaterThan(GENERATED);
      });
    });
  },
);

function sum(verdicts: readonly Verdict[], of: (verdict: Verdict) => number): number {
  return verdicts.reduce((total, verdict) => total + of(verdict), 0);
}

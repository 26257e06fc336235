/**
 * The whole cross-check: `npm run crosscheck -- [--seed n] [--count n] [--only number] [--keep folder] [--verbose]`.
 *
 * Encodes generated pictures with OpenJPEG and Grok over the whole matrix of options and compares our decoder with
 * `opj_decompress`. Exits with 1 on any difference, or when more than a tenth of the cases could not be compared.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireSharedFolder } from '../../test/support/shared-folder.ts';
import { checkNumber, describeCase, type Outcome, type Verdict } from './check.ts';
import { loadSeeds } from './pictures.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '400' },
    only: { type: 'string' },
    keep: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const numbers = values.only ? [Number(values.only)] : Array.from({ length: Number(values.count) }, (_, k) => k);
const seeds = loadSeeds(requireSharedFolder());
const verdicts: Verdict[] = [];
for (const number of numbers) {
  const verdict = await checkNumber(seed, number, seeds);
  const { item } = verdict;
  verdicts.push(verdict);
  if (verdict.outcome === 'same' || (verdict.outcome === 'departed' && !values.verbose)) continue;
  console.log(`${verdict.outcome} ${describeCase(item)}\n    ${verdict.detail}`);
  if (values.keep && verdict.codestream) {
    await mkdir(values.keep, { recursive: true });
    await writeFile(join(values.keep, `${item.id.replace(':', '-')}.j2k`), verdict.codestream);
  }
}
const count = (outcome: Outcome): number => verdicts.filter((v) => v.outcome === outcome).length;
console.log(
  `${verdicts.length} cases: ${count('same')} identical as asked, ` +
    `${count('departed')} identical though the encoder departed, ` +
    `${count('alone')} where OpenJPEG stands alone, ${count('damaged')} damaged by the encoder, ` +
    `${count('refused')} refused by encoder or oracle, ${count('different')} different`,
);
const doubtful = count('refused') + count('alone') + count('damaged');
const tooMany = doubtful > Math.max(1, verdicts.length / 10);
if (tooMany) console.log('more than a tenth of the cases prove nothing');
process.exitCode = count('different') > 0 || tooMany ? 1 : 0;

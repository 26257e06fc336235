/**
 * The whole cross-check of the transcoder: `npm run crosscheck:transcoder -- [--seed n] [--count n] [--only text] [--keep folder]`.
 *
 * Every conformance codestream and `count` generated ones are put into each of the five orders and back. Exits with 1 on any fault.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireSharedFolder } from '../../test/support/shared-folder.ts';
import { checkSource } from './check.ts';
import { conformanceSources, generatedSource, loadSeeds, type Source } from './sources.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    only: { type: 'string' },
    keep: { type: 'string' },
  },
});
const shared = requireSharedFolder();
const seeds = loadSeeds(shared);
const seed = Number(values.seed);

async function* sources(): AsyncGenerator<Source> {
  yield* conformanceSources(shared);
  for (let n = 0; n < Number(values.count); n++) yield await generatedSource(seed, n, seeds);
}

const totals = { sources: 0, results: 0, opj: 0, grk: 0, faults: 0 };
const reasons = new Map<string, number>();
let number = 0;
for await (const source of sources()) {
  number++;
  if (values.only && !source.name.includes(values.only)) continue;
  const verdict = await checkSource(source, seed * 100003 + number, ['opj_decompress', 'grk_decompress']);
  totals.sources++;
  totals.results += verdict.compared;
  totals.opj += verdict.byOracle.opj_decompress;
  totals.grk += verdict.byOracle.grk_decompress;
  totals.faults += verdict.faults.length;
  for (const reason of [...verdict.excluded, ...verdict.refused]) {
    const short = reason.replace(/: .*refuses the source.*/, '');
    reasons.set(short, (reasons.get(short) ?? 0) + 1);
  }
  if (verdict.faults.length === 0) continue;
  console.log(`${verdict.name} (${source.codestream.length} bytes)\n    ${verdict.faults.join('\n    ')}`);
  if (values.keep) {
    mkdirSync(values.keep, { recursive: true });
    writeFileSync(join(values.keep, `${verdict.name.replace(/[^\w.]+/g, '-')}.j2k`), source.codestream);
  }
}
console.log(
  `${totals.sources} codestreams, ${totals.results} results the same to us, ` +
    `${totals.opj} to opj_decompress, ${totals.grk} to grk_decompress, ${totals.faults} faults`,
);
for (const [reason, count] of reasons) console.log(`${String(count).padStart(6)} ${reason}`);
process.exitCode = totals.faults > 0 ? 1 : 0;

/**
 * The whole JPIP fuzz: `npm run fuzz:jpip -- [--seed n] [--from n] [--count n]`.
 *
 * Spoilt requests, response headers, metadata-bins and responses, and a server that is asked nonsense. A finding is repeated alone with
 * `--from <number> --count 1`.
 */
import { parseArgs } from 'node:util';
import { runJpipFuzz } from './fuzz.ts';
import { fuzzPictures } from './pictures.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '100000' },
  },
});
const start = performance.now();
const { findings, tally, slowestMs } = await runJpipFuzz({
  seed: Number(values.seed),
  from: Number(values.from),
  count: Number(values.count),
  pictures: fuzzPictures(),
});
for (const finding of findings) console.log(`finding ${finding}`);
const counts = Object.entries(tally).map(([name, n]) => `${n} ${name}`);
console.log(
  `${values.count} cases in ${((performance.now() - start) / 1000).toFixed(0)} s: ${counts.join(', ')}; ` +
    `slowest ${slowestMs.toFixed(0)} ms; ${findings.length} findings`,
);
process.exitCode = findings.length > 0 ? 1 : 0;

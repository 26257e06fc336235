/**
 * The whole mutation fuzz: `npm run fuzz -- [--seed n] [--from n] [--count n] [--coder ht]`.
 *
 * Every case has to end in a picture or a `Jpeg2000Error`, in time; anything else is printed and makes the run fail. A
 * finding is repeated alone with `--from <number> --count 1`.
 */
import { parseArgs } from 'node:util';
import { runFuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '24000' },
    coder: { type: 'string', default: 'classic' },
  },
});
const start = performance.now();
const coder = values.coder === 'ht' ? 'ht' : 'classic';
const cases = { seed: Number(values.seed), from: Number(values.from), count: Number(values.count) };
const result = await runFuzz({ ...cases, coder });
for (const finding of result.findings) console.log(`finding ${finding}`);
const tally = Object.entries(result.tally).map(([name, n]) => `${n} ${name}`);
console.log(
  `${values.count} cases in ${((performance.now() - start) / 1000).toFixed(0)} s: ${tally.join(', ')}; ` +
    `slowest ${result.slowestMs.toFixed(0)} ms; ${result.findings.length} findings`,
);
process.exitCode = result.findings.length > 0 ? 1 : 0;

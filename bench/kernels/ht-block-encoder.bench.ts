/**
 * The high-throughput block encoder beside the classic one on the same code-blocks, and the estimate of a cleanup pass:
 * `node scripts/run-ts.mjs bench/kernels/ht-block-encoder.bench.ts`.
 *
 * Each row codes all blocks once; one after the other in turns, the least of all rounds, because other work on the machine only adds.
 */
import { ClassicBlockEncoder } from '../../src/codec/tier1/block-encoder.ts';
import { HtBlockEncoder, type HtCodeBlockCoefficients } from '../../src/codec/tier1/ht-block-encoder.ts';
import { SIZE, laplacianBlocks } from '../support/laplacian.ts';
import { describeMachine, markdownTable } from '../support/table.ts';

const BLOCKS = 96;
const ROUNDS = 40;
const classic = new ClassicBlockEncoder();
const ht = new HtBlockEncoder();

const jobs: HtCodeBlockCoefficients[] = laplacianBlocks(BLOCKS).map(({ coefficients, subband }) => ({
  ...{ width: SIZE, height: SIZE, subband, style: 0x40, coefficients, fractionBits: 0, exact: true },
  ...{ stopSlope: 0, measured: false, distortions: false },
}));
const rows: [string, (job: HtCodeBlockCoefficients) => void][] = [
  ['classic, all passes', (job) => classic.encode({ ...job, style: 0 })],
  ['high throughput, plane 0', (job) => ht.encode(job)],
  ['high throughput, plane 3', (job) => ht.encode({ ...job, plane: 3 })],
  ['high throughput, plane 3, both refinements', (job) => ht.encode({ ...job, plane: 3, refinements: 2 })],
];
const least = rows.map(() => Number.POSITIVE_INFINITY);
for (let round = 0; round < ROUNDS; round++) {
  rows.forEach(([, encode], k) => {
    const start = performance.now();
    for (const job of jobs) encode(job);
    least[k] = Math.min(least[k]!, performance.now() - start);
  });
}
console.log(`${describeMachine()}\n`);
console.log(
  markdownTable([
    [`${BLOCKS} blocks of ${SIZE} × ${SIZE}`, 'ns a coefficient'],
    ...rows.map(([name], k) => [name, ((1e6 * least[k]!) / (BLOCKS * SIZE * SIZE)).toFixed(1)]),
  ]),
);

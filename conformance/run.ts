/**
 * The conformance run: `npm run conformance -- [--filter text] [--json] [--openjpeg] [--decoder jp2kit|openjpeg]`.
 *
 * Prints the table by class, writes `conformance/report.md`, and exits with 1 on any miss. With `--openjpeg`, or
 * without a filter where it is installed, every file is also compared with OpenJPEG's result. `--decoder openjpeg` scores OpenJPEG instead, which checks the runner.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeWithOpenJpeg } from '../test/support/openjpeg.ts';
import { inRepository } from '../test/support/root.ts';
import { requireSharedFolder } from '../test/support/shared-folder.ts';
import { findTool } from '../test/support/tools.ts';
import { decodeWithJp2kit } from './decode-case.ts';
import { readManifest } from './manifest.ts';
import { type ComparisonScore, compareFile, filesOf } from './openjpeg.ts';
import { comparisonSummary, formatReport, formatTable } from './report.ts';
import { type CaseScore, scoreCase } from './score.ts';

const { values } = parseArgs({
  options: {
    filter: { type: 'string' },
    json: { type: 'boolean', default: false },
    openjpeg: { type: 'boolean', default: false },
    decoder: { type: 'string', default: 'jp2kit' },
  },
});

const decodeCase =
  values.decoder === 'openjpeg'
    ? (bytes: Uint8Array, o: { reduce: number }) => decodeWithOpenJpeg(bytes, o)
    : decodeWithJp2kit;
const folder = join(requireSharedFolder(), 'conformance');
const matches = (id: string) => values.filter === undefined || new RegExp(values.filter).test(id);
const cases = (await readManifest(folder)).filter((c) => matches(`${c.group}/${c.id}/${c.file}`));

const scores: CaseScore[] = [];
for (const item of cases) scores.push(await scoreCase(folder, item, decodeCase));
const comparisons: ComparisonScore[] = [];
const withOpenJpeg = values.openjpeg || (values.filter === undefined && findTool('opj_decompress') !== undefined);
if (withOpenJpeg) {
  for (const file of filesOf(cases)) comparisons.push(await compareFile(folder, file, decodeCase));
}

const misses = [...scores.filter((s) => !s.pass), ...comparisons.filter((c) => !c.pass)];
if (values.json) {
  console.log(JSON.stringify({ cases: scores, openjpeg: comparisons }, null, 2));
} else {
  for (const score of scores.filter((s) => !s.pass)) {
    const bad = score.components.filter((c) => !c.pass);
    const detail = bad.map(
      (c) => `component ${c.index}: peak ${c.peak} (${c.peakTolerance}), mse ${+c.mse.toFixed(4)}`,
    );
    console.log(`miss ${score.id}: ${score.problem ?? detail.join('; ')}`);
  }
  for (const c of comparisons.filter((c) => !c.pass)) {
    console.log(`differs from OpenJPEG: ${c.file}: ${c.problem ?? `largest difference ${c.peak}, rule ${c.rule}`}`);
  }
  console.log(formatTable(scores));
  if (comparisons.length > 0) console.log(comparisonSummary(comparisons).join('\n'));
}
if (values.decoder === 'jp2kit' && values.filter === undefined) {
  const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
  const report = formatReport(scores, comparisons, { decoder: 'jp2kit', version, filter: values.filter });
  await writeFile(inRepository('conformance', 'report.md'), report);
}
if (cases.length === 0) console.error('no case matches the filter');
process.exitCode = misses.length > 0 || cases.length === 0 ? 1 : 0;

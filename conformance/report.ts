/** The results as tables: by class on the terminal, case by case in `report.md`. */
import type { ComparisonScore } from './openjpeg.ts';
import type { CaseScore } from './score.ts';

/** What a report is about, besides the scores. */
export interface ReportContext {
  readonly decoder: string;
  readonly version: string;
  readonly filter: string | undefined;
}

/** One line for each group. */
export interface GroupLine {
  readonly group: string;
  readonly cases: number;
  readonly passed: number;
  readonly worst: string;
  readonly seconds: number;
}

/** Sums up the cases of each group. `worst` is the component that uses most of its allowance. */
export function groupLines(scores: readonly CaseScore[]): GroupLine[] {
  const groups = [...new Set(scores.map((s) => s.group))];
  return groups.map((group) => {
    const members = scores.filter((s) => s.group === group);
    return {
      group,
      cases: members.length,
      passed: members.filter((s) => s.pass).length,
      worst: worstOf(members),
      seconds: members.reduce((sum, s) => sum + s.ms, 0) / 1000,
    };
  });
}

function worstOf(members: readonly CaseScore[]): string {
  let worst = 0;
  let text = 'exact';
  for (const score of members) {
    for (const c of score.components) {
      const share = c.peakTolerance > 0 ? c.peak / c.peakTolerance : c.peak > 0 ? Number.POSITIVE_INFINITY : 0;
      if (share > worst) {
        worst = share;
        text = `peak ${c.peak} of ${c.peakTolerance} (${score.id})`;
      }
    }
  }
  return text;
}

/** The table by class, for a terminal. */
export function formatTable(scores: readonly CaseScore[]): string {
  const rows = [['class', 'cases', 'passed', 'missed', 'seconds', 'nearest to its limit']];
  for (const line of groupLines(scores)) {
    rows.push([
      line.group,
      String(line.cases),
      String(line.passed),
      String(line.cases - line.passed),
      line.seconds.toFixed(1),
      line.worst,
    ]);
  }
  const passed = scores.filter((s) => s.pass).length;
  const seconds = scores.reduce((sum, s) => sum + s.ms, 0) / 1000;
  rows.push([
    'all',
    String(scores.length),
    String(passed),
    String(scores.length - passed),
    seconds.toFixed(1),
    worstOf(scores),
  ]);
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((row) => row[k]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) => cell.padEnd(widths[k]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The whole report in Markdown. Times are left out, so that equal results give equal reports. */
export function formatReport(
  scores: readonly CaseScore[],
  comparisons: readonly ComparisonScore[],
  context: ReportContext,
): string {
  const passed = scores.filter((s) => s.pass).length;
  const lines = [
    '# Conformance report',
    '',
    `${passed} of ${scores.length} cases within the tolerances of the manifest; ` +
      `decoder: ${context.decoder} ${context.version}${context.filter ? `; only cases matching \`${context.filter}\`` : ''}.`,
    'Made by `npm run conformance`; what the groups mean is explained in `conformance/README.md`.',
    '',
    '| class | cases | passed | nearest to its limit |',
    '| --- | ---: | ---: | --- |',
    ...groupLines(scores).map((g) => `| ${g.group} | ${g.cases} | ${g.passed} | ${g.worst} |`),
    '',
  ];
  if (comparisons.length > 0) {
    lines.push(...comparisonSummary(comparisons).map((line) => `- ${line}`), '');
  }
  lines.push('## Case by case', '', '| case | result | peak (allowed) | mean squared error (allowed) |');
  lines.push('| --- | --- | --- | --- |', ...scores.map(caseRow), '');
  if (comparisons.length > 0) {
    lines.push('## Against OpenJPEG', '', '| file | transform | bits | largest difference | result |');
    lines.push('| --- | --- | ---: | ---: | --- |', ...comparisons.map(comparisonRow), '');
  }
  return lines.join('\n');
}

/** Counts of the comparison with OpenJPEG, one sentence each. */
export function comparisonSummary(comparisons: readonly ComparisonScore[]): string[] {
  const count = (rule: ComparisonScore['rule']) => {
    const members = comparisons.filter((c) => c.rule === rule);
    return `${members.filter((c) => c.pass).length} of ${members.length}`;
  };
  return [
    `${count('exact')} reversible files identical to OpenJPEG`,
    `${count('within 1')} irreversible files of up to 8 bits within 1 of OpenJPEG`,
    `${count('reported')} other irreversible files compared without a limit`,
    `${comparisons.filter((c) => c.rule === 'not read').length} high-throughput files that OpenJPEG does not read`,
  ];
}

function caseRow(score: CaseScore): string {
  const result = score.pass ? 'pass' : `**miss** ${score.problem ?? ''}`.trim();
  if (score.components.length === 0) return `| ${score.id} | ${result} | ${score.pass ? 'checksum equal' : ''} | |`;
  const peaks = score.components.map((c) => `${c.peak} (${c.peakTolerance})`).join(', ');
  const errors = score.components.map((c) => `${+c.mse.toFixed(4)} (${c.mseTolerance ?? 'any'})`).join(', ');
  return `| ${score.id} | ${result} | ${peaks} | ${errors} |`;
}

function comparisonRow(c: ComparisonScore): string {
  const result = c.pass ? c.rule : `**miss** ${c.problem ?? ''}`.trim();
  return `| ${c.file} | ${c.reversible ? '5/3' : '9/7'} | ${c.precision} | ${c.problem ? '' : c.peak} | ${result} |`;
}

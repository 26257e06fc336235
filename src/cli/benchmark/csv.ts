/** Every run as a line of CSV, for spreadsheets and plots. */
import type { CaseResult } from './cases.ts';

const FIXED = ['input', 'operation', 'threads', 'width', 'height', 'bytes', 'program', 'version', 'time', 'run', 'ms'];

/** The text, with a line of names first. Stages stand behind, each in a column of its own. */
export function csvOf(results: readonly CaseResult[]): string {
  const named = [
    ...new Set(
      results.flatMap(({ scores }) =>
        scores.flatMap(({ runs }) => runs.flatMap((run) => Object.keys(run.stages ?? {}))),
      ),
    ),
  ];
  const stages = [...named.filter((name) => name !== 'other'), ...named.filter((name) => name === 'other')];
  const lines = results.flatMap(({ input, operation, threads, width, height, bytes, scores }) =>
    scores.flatMap(({ name, version = '', runs }) =>
      runs.map((run, k) => [
        ...[input, operation, threads, width, height, bytes, name, version, run.kind, k + 1, run.ms.toFixed(3)],
        ...stages.map((stage) => run.stages?.[stage]?.toFixed(3) ?? ''),
      ]),
    ),
  );
  return [[...FIXED, ...stages], ...lines].map((line) => line.map(field).join(',')).join('\n');
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What `jp2kit benchmark` prints: a table for each case, and what its times are. */
import { cpus } from 'node:os';
import { columns } from '../columns.ts';
import type { CaseResult } from './cases.ts';
import type { Rounds, Score, TimeKind } from './contest.ts';
import type { Spread } from './statistics.ts';

/** Where it was measured, without which a number says nothing. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
  readonly date: string;
}

/** This one, now. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    processors: processors.length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    date: new Date().toISOString(),
  };
}

/** The lines above all tables. */
export function headLines({ processor, processors, platform, node, v8 }: Machine, { runs, warmup }: Rounds): string[] {
  return [
    `${processor}, ${count(processors, 'processor')}, ${platform}; Node ${node}, V8 ${v8}`,
    `${count(runs, 'run')} after ${warmup} to warm up; times in ms, MP/s by the median`,
  ];
}

/** The table of a case. */
export function caseLines(result: CaseResult): string[] {
  const { input, operation, threads, width, height, channels, precision, bytes, scores } = result;
  const facts = [
    ...(width > 0 ? [`${width} × ${height}, ${channels} × ${precision} bits`] : []),
    ...(bytes > 0 ? [`${bytes} bytes`] : []),
    count(threads, 'thread'),
    ...(result.status === 'partial' ? ['parts missing'] : []),
  ];
  const measured = scores.filter((score) => score.ms !== undefined);
  const compared = scores.length > 1;
  const stages = scores[0].stages;
  const fine = measured.some(({ ms }) => ms!.min < 100);
  const rows = measured.map((score) => row(score, compared, fine ? 1 : 0));
  const head = ['', 'median', 'min', 'quartiles', 'MP/s', ...(compared ? ['time / jp2kit', 'time is'] : [])];
  return [
    `${operation} ${input}: ${facts.join(', ')}`,
    ...(rows.length > 0 ? columns([head, ...rows], compared ? [0, 6] : [0]) : []).map(indented),
    ...scores.flatMap(({ name, error }) => (error === undefined ? [] : [indented(`${name}: ${error}`)])),
    ...(stages && Object.keys(stages).length > 1 ? [indented(`jp2kit by stage: ${stageText(stages)}`)] : []),
  ];
}

/** What the words of the last column mean, of those that are in the tables. */
export function legendLines(results: readonly CaseResult[]): string[] {
  const kinds = new Set(results.flatMap(({ scores }) => scores.flatMap(({ kind }) => (kind ? [kind] : []))));
  if (kinds.size === 1 && kinds.has('call')) return [];
  return (Object.keys(LEGEND) as TimeKind[])
    .filter((kind) => kinds.has(kind))
    .map((kind) => `${kind}: ${LEGEND[kind]}`);
}

const LEGEND: Readonly<Record<TimeKind, string>> = {
  call: 'of the library, from bytes in memory to samples in memory, or the other way',
  own: 'as the program prints it, without its start, and with as much of reading and writing files as it counts',
  process: 'from the start of the program to its end, reading and writing files included',
};

function row({ name, version, ms, megapixels, ratio, kind }: Score, compared: boolean, digits: number): string[] {
  const { median, min, low, high } = ms!;
  return [
    version === undefined ? name : `${name} ${version}`,
    median.toFixed(digits),
    min.toFixed(digits),
    `${low.toFixed(digits)}–${high.toFixed(digits)}`,
    megapixels === undefined ? '' : megapixels.toPrecision(3),
    ...(compared ? [ratio ? ratioText(ratio) : '', kind!] : []),
  ];
}

function ratioText({ median, low, high }: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function stageText(stages: NonNullable<Score['stages']>): string {
  return Object.entries(stages)
    .map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
    .join(', ');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function indented(line: string): string {
  return `  ${line}`;
}

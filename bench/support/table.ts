/** Numbers of a bench: medians, spread, and tables that can go into a document. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { inRepository } from '../../test/support/root.ts';

/** A handful of measurements. */
export interface Sample {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Median and quartiles. */
export function summarise(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return low + (high - low) * (place - Math.floor(place));
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** `123 (120–131)`: the median and the quartiles. */
export function formatSample({ median, low, high }: Sample, digits = 0): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** A Markdown table. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows as [readonly string[], ...(readonly string[])[]];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, k) => (k === 0 ? '---' : '---:'))), ...body.map(line)].join('\n');
}

/** Machine, engine and day, without which a number says nothing. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  return `${cpu?.model.trim()}, ${cpus().length} processors; Node ${process.versions.node}, V8 ${process.versions.v8}; ${day}`;
}

/** Replaces the part of a document between the marks of `section`. */
export function updateDocument(section: string, text: string, document = 'docs/performance.md'): void {
  const path = inRepository(document);
  const [start, end] = [`<!-- ${section} -->`, `<!-- end of ${section} -->`];
  const old = readFileSync(path, 'utf8');
  const [from, to] = [old.indexOf(start), old.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has no place for ${section}`);
  writeFileSync(path, `${old.slice(0, from + start.length)}\n${text}\n${old.slice(to)}`);
}

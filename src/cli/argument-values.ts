/** Values of options, from the text that people type. Each reader complains with the option's name. */
import { CommandLineError } from './exit.ts';

/** What is wrong with a value. */
export function badValue(option: string, expected: string, text: string): CommandLineError {
  return new CommandLineError(`--${option} takes ${expected}, found "${text}"`);
}

/** A whole number from 0. */
export function readWhole(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text.trim())) throw badValue(option, 'a whole number', text);
  return Number(text);
}

/** Several of them, separated by commas. */
export function readWholes(text: string, option: string, count?: number): number[] {
  const parts = text.split(',');
  const what = count === undefined ? 'whole numbers' : `${count} whole numbers`;
  if (count !== undefined && parts.length !== count) throw badValue(option, what, text);
  return parts.map((part) => {
    if (!/^\d{1,15}$/.test(part.trim())) throw badValue(option, what, text);
    return Number(part);
  });
}

/** A number above 0, with a fraction perhaps. */
export function readPositive(text: string, option: string): number {
  const value = /^\s*(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && Number.isFinite(value))) throw badValue(option, 'numbers above 0', text);
  return value;
}

/** A number of bytes, with k, M or G for thousands of them. */
export function readBytes(text: string, option: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kMG]?)B?\s*$/i.exec(text);
  if (!match) throw badValue(option, 'bytes as 50000, 50k or 1.5M', text);
  return Math.round(Number(match[1]) * { '': 1, k: 1e3, m: 1e6, g: 1e9 }[match[2].toLowerCase()]!);
}

/** WIDTHxHEIGHT, or one number for both. */
export function readSize(text: string, option: string): { width: number; height: number } {
  const match = /^\s*(\d{1,10})(?:\s*[x×,]\s*(\d{1,10}))?\s*$/i.exec(text);
  if (!match) throw badValue(option, 'WIDTHxHEIGHT', text);
  return { width: Number(match[1]), height: Number(match[2] ?? match[1]) };
}

/** x,y. */
export function readPoint(text: string, option: string): { x: number; y: number } {
  const [x, y] = readWholes(text, option, 2);
  return { x, y };
}

/** x,y,w,h. */
export function readRect(text: string, option: string): { x: number; y: number; width: number; height: number } {
  const [x, y, width, height] = readWholes(text, option, 4);
  return { x, y, width, height };
}

/** One of some words, without regard to case; synonyms lead to the word that they stand for. */
export function readWord<W extends string>(
  text: string,
  option: string,
  words: readonly W[],
  synonyms: Readonly<Record<string, W>> = {},
): W {
  const lower = text.trim().toLowerCase();
  const found = words.find((word) => word.toLowerCase() === lower) ?? synonyms[lower];
  if (found === undefined) throw badValue(option, words.join(', '), text);
  return found;
}

/**
 * Options of commands, each described once: what parses a call, writes its help and completes it in a shell reads the same table.
 */
import { parseArgs } from 'node:util';

/** One option. What `parseArgs` does not know of, it passes over. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string | boolean;
  /** What it does. Its first clause has to stand alone, since shells show no more. */
  readonly about: string;
  /** What stands for the value in the help: `<path>`, `WxH`, `n`. */
  readonly value?: string;
  /** The words that the value may be; the help lists them unless `about` does. */
  readonly words?: readonly string[];
  /** True for several of the words, joined by commas. */
  readonly list?: boolean;
  /** The value is a path: of any file, of a folder, or of files with one of these extensions. */
  readonly path?: PathKind;
  /** A switch that can be turned off: also `--no-x`, or only that where it is on anyway. */
  readonly negative?: 'also' | 'only';
  /** Other spellings, as other programs or other people have them; understood, but not offered. */
  readonly aliases?: readonly string[];
}

/** What files are meant. */
export type PathKind = 'file' | 'folder' | readonly string[];

/** The options of a command, in the order of its help. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The names under which an option is offered: `--tlm`, `--no-tlm`. */
export function flagsOf(name: string, { negative }: OptionSpec): string[] {
  if (negative === 'only') return [`--no-${name}`];
  return negative === 'also' ? [`--${name}`, `--no-${name}`] : [`--${name}`];
}

/** Splits the arguments of a command into the values of its options and the rest. */
export function parseCall<const O extends OptionTable>(args: readonly string[], options: O) {
  return parseArgs({
    args: withoutAliases(args, options),
    allowPositionals: true,
    allowNegative: Object.values(options).some(({ negative }) => negative !== undefined),
    options,
  });
}

/** Arguments with every alias replaced by what it stands for. */
export function withoutAliases(args: readonly string[], options: OptionTable): string[] {
  const names = new Map(
    Object.entries(options).flatMap(([name, { aliases = [] }]) => aliases.map((alias) => [alias, name] as const)),
  );
  return args.map((arg) => {
    const [, alias, value = ''] = /^--([a-z-]+)(=.*)?$/s.exec(arg) ?? [];
    const name = names.get(alias ?? '');
    return name === undefined ? arg : `--${name}${value}`;
  });
}

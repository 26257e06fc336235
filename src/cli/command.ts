/** What a command is: what it does, what it takes, and how it is called. Its help is written from that. */
import type { ExitCode } from './exit.ts';
import { flagsOf, type OptionSpec, type OptionTable, type PathKind } from './options.ts';

/** A command of `jp2kit`. */
export interface Command {
  /** A line in the list of commands. */
  readonly summary: string;
  /** How it is called, behind its name. */
  readonly usage: readonly string[];
  /** What stands before the options in its help. */
  readonly about?: string;
  readonly options: OptionTable;
  /** Headings of the help, each by the option that it stands above. */
  readonly headings?: Readonly<Record<string, string>>;
  /** What stands behind the options. */
  readonly notes?: string;
  /** What its exit codes mean. */
  readonly exits: string;
  /** Words that the first argument has to be, with what they do. */
  readonly verbs?: Readonly<Record<string, string>>;
  /** The files that it takes; nothing where it takes none. */
  readonly files?: PathKind;
  run(args: string[]): Promise<ExitCode>;
}

/** Columns of the help. */
const WIDTH = 118;
/** Descriptions stand behind the flags, or below those that are longer. */
const FLAGS_WIDTH = 24;

/** The text of `jp2kit help <command>`. */
export function helpOf(name: string, command: Command): string {
  const { usage, about, options, headings = {}, notes, exits } = command;
  const calls = usage.map((call, k) => `${k === 0 ? 'usage:' : '      '} jp2kit ${name} ${call}`.trimEnd());
  const rows = Object.entries(options).flatMap(([option, spec], k) => {
    const heading = headings[option];
    const above = heading === undefined ? [] : [...(k > 0 ? [''] : []), heading];
    return [...above, ...rowsOf(option, spec)];
  });
  const parts = [
    calls.join('\n'),
    ...(about === undefined ? [] : [about]),
    ...(rows.length > 0 ? [rows.join('\n')] : []),
    [...(notes === undefined ? [] : [notes]), `exit codes: ${exits}`].join('\n'),
  ];
  return parts.join('\n\n');
}

/** An option with what it does, in as many lines as that takes. */
function rowsOf(name: string, spec: OptionSpec): string[] {
  const { short, value } = spec;
  const flags = `${short ? `-${short}, ` : '    '}${flagsOf(name, spec).join(', ')}${value ? ` ${value}` : ''}`;
  const lines = wrapped(describe(spec), WIDTH - FLAGS_WIDTH - 4);
  const first =
    flags.length <= FLAGS_WIDTH ? [`  ${flags.padEnd(FLAGS_WIDTH)}  ${lines.shift() ?? ''}`] : [`  ${flags}`];
  return [...first, ...lines.map((line) => ' '.repeat(FLAGS_WIDTH + 4) + line)].map((line) => line.trimEnd());
}

/** What an option does, with the words that it takes and its other spellings. */
function describe({ about, words, aliases = [] }: OptionSpec): string {
  const listed = words === undefined || words.every((word) => about.includes(word));
  const others = aliases.length > 0 ? `; also ${aliases.map((alias) => `--${alias}`).join(', ')}` : '';
  return `${about}${listed ? '' : `: ${words.join(', ')}`}${others}`;
}

/** Text in lines of at most so many characters. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The first clause of what an option does: as much as shells show beside it. */
export function briefly(about: string): string {
  const clause = /^(?:[^:;.(]|[.:](?! |$)|\((?=\)))+/.exec(about)?.[0].trim() ?? about;
  return clause.replace(/,$/, '');
}

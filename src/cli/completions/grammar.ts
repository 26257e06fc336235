/** What a shell has to know of the command line, taken from the tables that the commands parse their calls with. */
import { briefly, type Command } from '../command.ts';
import { flagsOf, type PathKind } from '../options.ts';

/** The shells that scripts are written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** What may stand as the value of an option or as an argument. */
export type Values =
  /** A switch. */
  | { readonly kind: 'none' }
  /** Something that only the user knows. */
  | { readonly kind: 'any' }
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly list: boolean }
  | { readonly kind: 'path'; readonly path: PathKind };

/** An option as it is offered. */
export interface Offer {
  /** `-o`, where it has one. */
  readonly short: string | undefined;
  /** `--output`. */
  readonly flag: string;
  readonly about: string;
  /** What stands for the value: `path`. */
  readonly placeholder: string;
  readonly multiple: boolean;
  readonly value: Values;
}

/** A command as it is offered. */
export interface Offers {
  readonly name: string;
  readonly summary: string;
  readonly verbs: Readonly<Record<string, string>>;
  readonly options: readonly Offer[];
  readonly operands: Values;
}

/** What is asked instead of a command's work. */
const HELP: Offer = {
  short: '-h',
  flag: '--help',
  about: 'how it is called',
  placeholder: '',
  multiple: false,
  value: { kind: 'none' },
};

/** Everything that can be offered. */
export function offersOf(commands: Readonly<Record<string, Command>>): Offers[] {
  const offers = Object.entries(commands).map(([name, { summary, verbs = {}, options, files }]): Offers => {
    const own = Object.entries(options).flatMap(([option, spec]) => {
      const { type, short, about, value = '', words, list = false, path, multiple = false } = spec;
      const values: Values =
        type === 'boolean'
          ? { kind: 'none' }
          : words
            ? { kind: 'words', words, list }
            : path
              ? { kind: 'path', path }
              : { kind: 'any' };
      return flagsOf(option, spec).map((flag): Offer => {
        return {
          short: short && `-${short}`,
          flag,
          about: flag.startsWith('--no-') && spec.negative === 'also' ? `not: ${briefly(about)}` : briefly(about),
          placeholder: value.replace(/[<>[\]]/g, ''),
          multiple,
          value: values,
        };
      });
    });
    const operands: Values = files ? { kind: 'path', path: files } : { kind: 'any' };
    return { name, summary, verbs, options: [...own, HELP], operands };
  });
  return [...offers, ...bare(Object.keys(commands))];
}

/** What the program answers itself. */
function bare(commands: readonly string[]): Offers[] {
  const none = { verbs: {}, options: [], operands: { kind: 'any' } as const };
  return [
    {
      ...none,
      name: 'help',
      summary: 'the help of a command',
      operands: { kind: 'words', words: commands, list: false },
    },
    { ...none, name: 'version', summary: 'the version' },
  ];
}

/** Text in single quotes, for bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

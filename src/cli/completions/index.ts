/** `jp2kit completions`: a script that teaches a shell the commands and options. */
import { readWord } from '../argument-values.ts';
import type { Command } from '../command.ts';
import { CommandLineError, EXIT } from '../exit.ts';
import { parseCall } from '../options.ts';
import { print } from '../terminal.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { type Offers, offersOf, type Shell, SHELLS } from './grammar.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS: Readonly<Record<Shell, (offers: readonly Offers[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `jp2kit completions`, which offers all commands, itself included; they are asked for when it runs. */
export function completionsOf(commands: () => Readonly<Record<string, Command>>): Command {
  return {
    summary: 'a script that completes commands, options and files in a shell',
    usage: SHELLS.map((shell) => shell),
    about: `Prints a script. To try it: source <(jp2kit completions bash), the same for zsh, jp2kit completions fish | source.
The script says where it is kept for good.`,
    options: {},
    exits: '0 ok, 1 wrong call',
    verbs: { bash: 'for bash', zsh: 'for zsh', fish: 'for fish' },
    async run(args) {
      const [shell, ...more] = parseCall(args, {}).positionals;
      if (shell === undefined || more.length > 0) throw new CommandLineError(`name one shell: ${SHELLS.join(', ')}`);
      print(completionScript(readWord(shell, 'shell', SHELLS), commands()).trimEnd());
      return EXIT.ok;
    },
  };
}

/** The script for a shell. */
export function completionScript(shell: Shell, commands: Readonly<Record<string, Command>>): string {
  return SCRIPTS[shell](offersOf(commands));
}

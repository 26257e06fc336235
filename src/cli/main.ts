/**
 * The command line: `jp2kit <command> …`. A command is a function from its arguments to an exit code.
 *
 * It uses the library only through its public entries, like any other program.
 */
import { helpOf } from './command.ts';
import { COMMANDS } from './commands.ts';
import { CommandLineError, EXIT, type ExitCode } from './exit.ts';
import { print, say } from './terminal.ts';
import { readVersion } from './version.ts';

const HELP = `jp2kit: JPEG 2000 on the command line

usage: jp2kit <command> [options] <files…>

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`)
  .join('\n')}
  help        this text, or the help of a command: jp2kit help decode
  version     the version

exit codes: 0 ok, 1 wrong call, 2 bad input, 3 a picture with parts missing, or further apart than asked`;

/** Runs one command line. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const [name = 'help', ...rest] = args;
  if (name === 'version' || name === '--version' || name === '-v') {
    print(readVersion());
    return EXIT.ok;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    const asked = COMMANDS[rest[0] ?? ''];
    print(asked ? helpOf(rest[0]!, asked) : HELP);
    return args.length === 0 ? EXIT.usage : EXIT.ok;
  }
  const command = COMMANDS[name];
  if (!command) {
    say(`jp2kit: no command "${name}"\n\n${HELP}`);
    return EXIT.usage;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    print(helpOf(name, command));
    return EXIT.ok;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (!isCallError(error)) throw error;
    say(`jp2kit ${name}: ${error.message}\ntry: jp2kit help ${name}`);
    return EXIT.usage;
  }
}

/** Our own complaints about the call, and those of the argument parser. */
function isCallError(error: unknown): error is Error {
  if (error instanceof CommandLineError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('ERR_PARSE_ARGS');
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok); // the reader, for instance `head`, has seen enough
  throw error;
});
process.exitCode = await main(process.argv.slice(2));

/**
 * The command line: `jp2kit <command> …`. A command is a function from its arguments to an exit code.
 *
 * It uses the library only through its public entries, like any other program.
 */
import { readFileSync } from 'node:fs';
import { COMPARE_HELP, runCompare } from './compare.ts';
import { DECODE_HELP, runDecode } from './decode.ts';
import { ENCODE_HELP, runEncode } from './encode.ts';
import { CommandLineError, EXIT, type ExitCode } from './exit.ts';
import { FETCH_HELP, runFetch } from './fetch.ts';
import { INDEX_HELP, runIndex } from './index-command.ts';
import { INFO_HELP, runInfo } from './info.ts';
import { JPX_HELP, runJpx } from './jpx.ts';
import { MJ2_HELP, runMj2 } from './mj2.ts';
import { runServe, SERVE_HELP } from './serve.ts';
import { print, say } from './terminal.ts';
import { runValidate, VALIDATE_HELP } from './validate.ts';
import { runTranscode, TRANSCODE_HELP } from './transcode.ts';

/** A command with its help. */
interface Command {
  readonly summary: string;
  readonly help: string;
  run(args: string[]): Promise<ExitCode>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  info: { summary: 'say what a file holds, without decoding it', help: INFO_HELP, run: runInfo },
  decode: { summary: 'decode files, or parts of them, into other formats', help: DECODE_HELP, run: runDecode },
  encode: { summary: 'encode pictures of other formats', help: ENCODE_HELP, run: runEncode },
  transcode: {
    summary: 'put packets into another order, cut and index files, without decoding',
    help: TRANSCODE_HELP,
    run: runTranscode,
  },
  validate: { summary: 'check files against the rules of the standard', help: VALIDATE_HELP, run: runValidate },
  index: { summary: 'write an index of packets, to read windows without searching', help: INDEX_HELP, run: runIndex },
  jpx: { summary: 'join pictures to a JPX file, take one out of it', help: JPX_HELP, run: runJpx },
  mj2: { summary: 'join frames to a Motion JPEG 2000 file, take one out of it', help: MJ2_HELP, run: runMj2 },
  serve: { summary: 'serve pictures by JPIP', help: SERVE_HELP, run: runServe },
  fetch: { summary: 'bring in a window of a picture from a JPIP server', help: FETCH_HELP, run: runFetch },
  compare: { summary: 'say how far two pictures are apart', help: COMPARE_HELP, run: runCompare },
};

const HELP = `jp2kit: JPEG 2000 on the command line

usage: jp2kit <command> [options] <files…>

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join('\n')}
  help      this text, or the help of a command: jp2kit help decode
  version   the version

exit codes: 0 ok, 1 wrong call, 2 bad input, 3 a picture with parts missing, or further apart than asked`;

/** Runs one command line. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const [name = 'help', ...rest] = args;
  if (name === 'version' || name === '--version' || name === '-v') {
    print(readVersion());
    return EXIT.ok;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    print(COMMANDS[rest[0] ?? '']?.help ?? HELP);
    return args.length === 0 ? EXIT.usage : EXIT.ok;
  }
  const command = COMMANDS[name];
  if (!command) {
    say(`jp2kit: no command "${name}"\n\n${HELP}`);
    return EXIT.usage;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    print(command.help);
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

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok); // the reader, for instance `head`, has seen enough
  throw error;
});
process.exitCode = await main(process.argv.slice(2));

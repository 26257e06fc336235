/** `jp2kit jpx`: many pictures in one file, and one of them out again. */
import { mkdirSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { createJpx, Jpeg2000Error, type JpxFrame, openJpx } from 'jp2kit';
import { fileSink, fileSource, folderResolver } from 'jp2kit/node';
import type { Command } from './command.ts';
import { outputOption } from './common-options.ts';
import { CommandLineError, EXIT, type ExitCode, isSystemCode } from './exit.ts';
import { JPEG2000_FILES } from './file-kinds.ts';
import { type OptionTable, parseCall } from './options.ts';
import { print, say } from './terminal.ts';

const OPTIONS = {
  output: outputOption('the file'),
  linked: {
    type: 'boolean',
    default: false,
    about: 'name the files instead of copying them; both have to stay where they are to each other',
  },
  labels: { type: 'boolean', default: false, about: 'name each frame after its file' },
  fps: { type: 'string', value: 'n', about: 'show the frames one after the other, n a second' },
  loops: { type: 'string', value: 'n', about: 'as often, 1 to 255 (default: without end)' },
  'no-metadata': { type: 'boolean', default: false, about: 'leave out the XML and UUID boxes of the files' },
  frame: { type: 'string', value: 'n', about: 'which compositing layer, from 0' },
  root: {
    type: 'string',
    value: '<folder>',
    path: 'folder',
    about: 'where linked files may be taken from, by relative paths (default: the folder of the JPX file)',
  },
  'by-name': { type: 'boolean', default: false, about: 'look for linked files by their names only, in that folder' },
} as const satisfies OptionTable;

/** `jp2kit jpx`. */
export const JPX: Command = {
  summary: 'join pictures to a JPX file, take one out of it',
  usage: ['join <files…> -o movie.jpx [options]', 'extract movie.jpx --frame n -o frame.jp2 [options]'],
  options: OPTIONS,
  headings: {
    linked: 'join: JP2 files and codestreams become the frames of a JPX file, as they are',
    frame: 'extract: one frame becomes a file of its own, with what the JPX file says about it',
  },
  notes: 'Output appears whole or not at all.',
  exits: '0 ok, 1 wrong call, 2 bad input',
  verbs: { join: 'files become the frames of a JPX file', extract: 'one frame becomes a file of its own' },
  files: JPEG2000_FILES,
  run: runJpx,
};

async function runJpx(args: string[]): Promise<ExitCode> {
  const { values, positionals } = parseCall(args, OPTIONS);
  const [verb, ...files] = positionals;
  if (verb !== 'join' && verb !== 'extract') throw new CommandLineError(`join or extract, not "${verb ?? ''}"`);
  if (files.length === 0) throw new CommandLineError('no files');
  const { output } = values;
  if (output === undefined) throw new CommandLineError('where to? --output is missing');
  try {
    if (verb === 'join') await join(files, output, values);
    else await extract(files, output, values);
    return EXIT.ok;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (error instanceof Jpeg2000Error && error.kind === 'usage') throw new CommandLineError(error.message);
    if (!(error instanceof Jpeg2000Error) && !isSystemCode(code)) throw error;
    say(`${(error as Error).message}`);
    return EXIT.badInput;
  }
}

/** What `join` can be told. */
interface JoinValues {
  readonly linked: boolean;
  readonly labels: boolean;
  readonly fps?: string | undefined;
  readonly loops?: string | undefined;
  readonly 'no-metadata': boolean;
}

async function join(files: readonly string[], output: string, values: JoinValues): Promise<void> {
  if (files.some((file) => resolve(file) === resolve(output)))
    throw new CommandLineError('output would replace an input');
  if (values.loops !== undefined && values.fps === undefined) throw new CommandLineError('--loops needs --fps');
  const frames = files.map(
    (file): JpxFrame => ({
      input: () => fileSource(file),
      url: urlFrom(dirname(resolve(output)), file),
      ...(values.labels ? { label: basename(file, extname(file)) } : {}),
    }),
  );
  mkdirSync(dirname(output), { recursive: true });
  const composition = values.fps === undefined ? undefined : playOf(values.fps, values.loops);
  const { bytes } = await createJpx(frames, {
    sink: await fileSink(output),
    mode: values.linked ? 'linked' : 'embedded',
    keepMetadata: !values['no-metadata'],
    ...(composition ? { composition } : {}),
  });
  print(`${output}: ${frames.length} frames, ${bytes} bytes`);
}

function playOf(fps: string, loops: string | undefined) {
  return { framesPerSecond: readNumber('--fps', fps), ...(loops ? { loops: readNumber('--loops', loops) } : {}) };
}

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new CommandLineError(`${name}: "${text}" is no number`);
  return value;
}

/** A file as the other one can name it: a relative URL. */
function urlFrom(folder: string, file: string): string {
  const path = relative(folder, resolve(file)).replaceAll('\\', '/');
  return path.split('/').map(encodeURIComponent).join('/');
}

/** What `extract` can be told. */
interface ExtractValues {
  readonly frame?: string | undefined;
  readonly root?: string | undefined;
  readonly 'by-name': boolean;
}

async function extract(files: readonly string[], output: string, values: ExtractValues): Promise<void> {
  const [file, ...more] = files;
  if (more.length > 0) throw new CommandLineError('one file at a time');
  if (values.frame === undefined) throw new CommandLineError('which one? --frame is missing');
  const n = readNumber('--frame', values.frame);
  if (resolve(file) === resolve(output)) throw new CommandLineError('output would replace the input');
  const root = values.root ?? dirname(resolve(file));
  const jpx = await openJpx(await fileSource(file), { resolve: folderResolver(root, { byName: values['by-name'] }) });
  try {
    mkdirSync(dirname(output), { recursive: true });
    const { bytes } = await jpx.extract(n, { sink: await fileSink(output) });
    print(`${output}: ${bytes} bytes`);
  } finally {
    await jpx.close();
  }
}

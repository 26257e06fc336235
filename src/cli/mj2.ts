/** `jp2kit mj2`: encoded frames become a movie, and one of them comes out again. */
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { createMovie, Jpeg2000Error, type Movie, type MovieTrack, openMovie } from 'jp2kit';
import { fileSink, fileSource } from 'jp2kit/node';
import type { Command } from './command.ts';
import { JSON_OPTION, outputOption } from './common-options.ts';
import { CommandLineError, EXIT, type ExitCode, isSystemCode } from './exit.ts';
import { JPEG2000_FILES } from './file-kinds.ts';
import { type OptionTable, parseCall } from './options.ts';
import { writeWhole } from './output.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';

const OPTIONS = {
  output: outputOption('the file'),
  fps: {
    type: 'string',
    value: 'n',
    about: 'frames a second: a number, or a fraction such as 30000/1001 (default 25)',
  },
  frame: { type: 'string', value: 'n', about: 'which one, from 0; or' },
  at: { type: 'string', value: 's', about: 'the one that is shown after so many seconds' },
  track: { type: 'string', value: 'n', about: 'of which track of pictures, from 0 (default 0)' },
  field: {
    type: 'string',
    value: 'n',
    words: ['0', '1'],
    about: 'for frames of two fields: 0 for the one stored first, or 1',
  },
  json: { ...JSON_OPTION, about: 'everything as JSON' },
} as const satisfies OptionTable;

/** `jp2kit mj2`. */
export const MJ2: Command = {
  summary: 'join frames to a Motion JPEG 2000 file, take one out of it',
  usage: [
    'join <files…> -o movie.mj2 [options]',
    'extract movie.mj2 --frame n -o frame.jp2 [options]',
    'info movie.mj2 [--json]',
  ],
  options: OPTIONS,
  headings: {
    fps: 'join: JP2 files and codestreams of one size become the frames of a Motion JPEG 2000 file, as they are',
    frame: 'extract: one frame as a JP2 file, or as a codestream (.j2k, .j2c, .jpc)',
    json: 'info: tracks with their size, time and colour',
  },
  notes: 'Output appears whole or not at all.',
  exits: '0 ok, 1 wrong call, 2 bad input',
  verbs: {
    join: 'files become the frames of a movie',
    extract: 'one frame becomes a file of its own',
    info: 'tracks with their size, time and colour',
  },
  files: JPEG2000_FILES,
  run: runMj2,
};

async function runMj2(args: string[]): Promise<ExitCode> {
  const { values, positionals } = parseCall(args, OPTIONS);
  const [verb, ...files] = positionals;
  if (verb !== 'join' && verb !== 'extract' && verb !== 'info') {
    throw new CommandLineError(`join, extract or info, not "${verb ?? ''}"`);
  }
  if (files.length === 0) throw new CommandLineError('no files');
  if (verb !== 'join' && files.length > 1) throw new CommandLineError('one file at a time');
  if (verb !== 'info' && values.output === undefined) throw new CommandLineError('where to? --output is missing');
  if (verb !== 'info' && files.some((file) => resolve(file) === resolve(values.output!))) {
    throw new CommandLineError('output would replace an input');
  }
  try {
    if (verb === 'join') await join(files, values.output!, values.fps ?? '25');
    else if (verb === 'extract') await extract(files[0]!, values.output!, values);
    else await info(files[0]!, values.json);
    return EXIT.ok;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (error instanceof Jpeg2000Error && error.kind === 'usage' && error.code !== 'movie-frame') {
      throw new CommandLineError(error.message);
    }
    if (!(error instanceof Jpeg2000Error) && !isSystemCode(code)) throw error;
    say((error as Error).message);
    return EXIT.badInput;
  }
}

async function join(files: readonly string[], output: string, fps: string): Promise<void> {
  const [timescale, frameDuration] = readRate(fps);
  mkdirSync(dirname(resolve(output)), { recursive: true });
  const movie = createMovie({ timescale, frameDuration, sink: await fileSink(output) });
  const bar = new ProgressBar(output);
  try {
    for (const [k, file] of files.entries()) {
      await movie.add(new Uint8Array(await readFile(file)));
      bar.update((k + 1) / files.length);
    }
    const { frames, bytes } = await movie.finish();
    print(`${output}: ${frames} frames, ${bytes} bytes`);
  } catch (error) {
    await movie.abort(error);
    throw error;
  } finally {
    bar.clear();
  }
}

/** Frames a second as units a second and units a frame. */
function readRate(text: string): [number, number] {
  const [, whole, fraction = '', below] = /^(\d+)(?:\.(\d{1,3}))?(?:\/(\d+))?$/.exec(text.trim()) ?? [];
  const timescale = Number(`${whole}${fraction}`);
  const duration = Number(below ?? 1) * 10 ** fraction.length;
  if (whole === undefined || timescale === 0 || duration === 0) {
    throw new CommandLineError(`--fps: "${text}" is no number of frames a second`);
  }
  return [timescale, duration];
}

/** What `extract` can be told. */
interface ExtractValues {
  readonly frame?: string | undefined;
  readonly at?: string | undefined;
  readonly track?: string | undefined;
  readonly field?: string | undefined;
}

async function extract(file: string, output: string, values: ExtractValues): Promise<void> {
  if ((values.frame === undefined) === (values.at === undefined))
    throw new CommandLineError('which one? --frame or --at');
  await withMovie(file, async (movie) => {
    const track = trackOf(movie, readNumber('--track', values.track ?? '0'));
    const n =
      values.at === undefined ? readNumber('--frame', values.frame!) : track.frameAt(readNumber('--at', values.at));
    const options = { field: readNumber('--field', values.field ?? '0') as 0 | 1 };
    const bare = /^\.(j2k|j2c|jpc)$/i.test(extname(output));
    const bytes = await (bare ? track.frameBytes(n, options) : track.frameFile(n, options));
    await writeWhole(output, bytes);
    print(`${output}: frame ${n}, ${bytes.length} bytes`);
  });
}

async function info(file: string, json: boolean): Promise<void> {
  await withMovie(file, async (movie) => {
    const { brands, timescale, duration, otherTracks, warnings } = movie;
    if (json)
      print(toJson({ file, brands, timescale, duration, tracks: movie.tracks.map(factsOf), otherTracks, warnings }));
    else print(describe(file, movie).join('\n'));
  });
}

function factsOf(track: MovieTrack) {
  const { id, width, height, timescale, duration, frameCount, fields, edits, colour, language } = track;
  return { id, width, height, timescale, duration, frameCount, fields, edits, colour: colour.space, language };
}

function describe(file: string, { brands, tracks, otherTracks, warnings }: Movie): string[] {
  return [
    `${file}: ${brands.join(', ') || 'no brand'}`,
    ...tracks.map((track) => {
      const { width, height, frameCount, timescale, duration, fields, colour } = track;
      const rate = duration > 0 ? `, ${((frameCount * timescale) / duration).toFixed(3)} a second` : '';
      const two = fields.count === 2 ? `, two fields, ${fields.order}` : '';
      return `  track ${track.id}: ${width} × ${height}, ${frameCount} frames${rate}${two}, ${colour.space}`;
    }),
    ...otherTracks.map(({ id, handler, format }) => `  track ${id}: '${handler}', '${format}', not read`),
    ...warnings.map(({ code, message }) => `  warning: ${code}: ${message}`),
  ];
}

function trackOf({ tracks }: Movie, n: number): MovieTrack {
  const track = tracks[n];
  if (!track) throw new CommandLineError(`the movie has ${tracks.length} tracks of pictures, found ${n}`);
  return track;
}

async function withMovie(file: string, work: (movie: Movie) => Promise<void>): Promise<void> {
  const source = await fileSource(file);
  try {
    await work(await openMovie(source));
  } finally {
    await source.close?.();
  }
}

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new CommandLineError(`${name}: "${text}" is no number`);
  return value;
}

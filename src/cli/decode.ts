/** `jp2kit decode`: files into other formats, whole or in part. */
import { basename, extname } from 'node:path';
import { type DecodeOptions, decode, decodeRows, type ImageInfo, inspect, open, type RasterImage } from 'jp2kit';
import { fileSource } from 'jp2kit/node';
import type { Command } from './command.ts';
import { JSON_OPTION, outputOption, STRICT_OPTION } from './common-options.ts';
import { MOST_AT_ONCE, stripsOf, type Written, writeStrips } from './decode-strips.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from './exit.ts';
import { INDEX_FILES, JPEG2000_FILES } from './file-kinds.ts';
import { FORMATS, type FormatName, formatOf } from './format-names.ts';
import { type OptionTable, parseCall } from './options.ts';
import { isDirectory, outputPathOf, pathOfPart, writeWhole } from './output.ts';
import { describeError, exitOfError, type ReportedError } from './report-error.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';
import { readThreads, THREADS_OPTION, withThreads } from './threads.ts';
import { type Timing, TIMING_OPTION, timingLines, withOther } from './timing.ts';
import { readWish, WINDOW_OPTIONS } from './window-options.ts';
import { writePicture } from './write-picture.ts';

const OPTIONS = {
  output: outputOption('a file (its extension chooses the format), a folder, or a pattern with {name}'),
  format: {
    type: 'string',
    value: '<name>',
    words: FORMATS,
    about: 'the format where the output is a folder (default png)',
  },
  ...WINDOW_OPTIONS,
  index: {
    type: 'string',
    value: '<file>',
    path: INDEX_FILES,
    about: "an index of the file's packets, as jp2kit index makes; {name} stands for the name of the input",
  },
  strict: STRICT_OPTION,
  threads: THREADS_OPTION,
  timing: TIMING_OPTION,
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `jp2kit decode`. */
export const DECODE: Command = {
  summary: 'decode files, or parts of them, into other formats',
  usage: ['<files…> -o <output> [options]'],
  options: OPTIONS,
  notes:
    'PGX holds one component a file, so several are written as name_0.pgx, name_1.pgx, … Output appears whole or not at all.\nTo PNM, PAM, PGX, and raw of one component, pictures of more than 64 million samples go in strips, however large they are.',
  exits: '0 ok, 1 wrong call, 2 bad input, 3 a picture with parts missing',
  files: JPEG2000_FILES,
  run: runDecode,
};

/** The report of one file. */
interface FileReport {
  readonly file: string;
  readonly outputs: readonly string[];
  readonly status: RasterImage['status'] | 'failed';
  readonly width?: number;
  readonly height?: number;
  readonly channels?: number;
  readonly precision?: number;
  readonly ms?: number;
  readonly timing?: Timing;
  readonly warnings?: RasterImage['warnings'];
  /** What the format could not hold. */
  readonly notes?: readonly string[];
  readonly error?: ReportedError;
}

async function runDecode(args: string[]): Promise<ExitCode> {
  const { values, positionals: files } = parseCall(args, OPTIONS);
  if (files.length === 0) throw new CommandLineError('no files');
  if (values.output === undefined) throw new CommandLineError('say where to write: -o out.png');
  const options: DecodeOptions = { ...readWish(values), strict: values.strict };
  const { index } = values;
  if (files.length > 1 && index !== undefined && !index.includes('{name}')) {
    throw new CommandLineError('several files need a pattern with {name} for their indexes');
  }
  const plans = files.map((file) => ({
    ...planOf(file, files.length, values.output!, values.format),
    index: index === undefined ? undefined : outputPathOf(index, basename(file, extname(file)), undefined),
  }));
  const reports: FileReport[] = [];
  let exit: ExitCode = EXIT.ok;
  await withThreads(readThreads(values.threads), async (pooled) => {
    for (const [k, file] of files.entries()) {
      const report = await decodeFile(file, plans[k]!, { ...options, ...pooled }, values.timing);
      reports.push(report);
      if (!values.json) tell(report);
      exit = worse(exit, exitOf(report));
    }
  });
  if (values.json) print(toJson(reports));
  return exit;
}

/** Where a file goes and in which format; a complaint before anything has been decoded. */
function planOf(file: string, count: number, output: string, format: string | undefined) {
  const toFolder = output.endsWith('/') || isDirectory(output);
  if (count > 1 && !toFolder && !output.includes('{name}')) {
    throw new CommandLineError('several files need a folder or a pattern with {name} as output');
  }
  const name = basename(file, extname(file));
  const chosen = toFolder ? formatOf(format ?? 'png') : formatOf(extname(output).slice(1));
  if (chosen === undefined) {
    const found = toFolder ? format : extname(output);
    throw new CommandLineError(`no format "${found}"; there are ${FORMATS.join(', ')}`);
  }
  return { path: outputPathOf(output, name, toFolder ? (format ?? 'png') : undefined), format: chosen };
}

async function decodeFile(
  file: string,
  plan: { path: string; format: FormatName; index: string | undefined },
  options: DecodeOptions,
  timed: boolean,
): Promise<FileReport> {
  const start = performance.now();
  const bar = new ProgressBar(basename(file));
  const abort = new AbortController();
  const onInterrupt = (): void => abort.abort(new Error('interrupted'));
  process.once('SIGINT', onInterrupt);
  try {
    const source = await fileSource(file);
    const index = plan.index === undefined ? undefined : await fileSource(plan.index);
    try {
      const info = await inspect(source);
      const colour = options.colour ?? defaultColour(info, plan.format, options);
      const interleaved = plan.format !== 'pgx' && plan.format !== 'raw';
      const decodeOptions: DecodeOptions = {
        ...options,
        colour,
        layout: interleaved ? 'interleaved' : 'planar',
        ...(interleaved && colour !== 'native' ? { upsample: 'linear' as const } : {}),
        signal: abort.signal,
        onProgress: (progress) => bar.update(progress.fraction),
      };
      const picture = index ? await open(source, { index, strict: options.strict === true }) : undefined;
      const strips = stripsOf(info, plan.format, options);
      const { image, outputs, notes, outputMs } =
        strips && strips.samples > MOST_AT_ONCE
          ? await writeStrips(
              picture ? picture.decodeRows(decodeOptions) : decodeRows(source, decodeOptions),
              strips.height,
              plan.format,
              plan.path,
            )
          : await writeAtOnce(
              picture ? await picture.decode(decodeOptions) : await decode(source, decodeOptions),
              plan.format,
              plan.path,
            );
      const { status, width, height, channels, precision, warnings } = image;
      const { ms, stages } = image.stats;
      const report = { file, outputs, status, width, height, channels, precision, ms, warnings, notes };
      if (!timed) return report;
      const total = performance.now() - start;
      const timing = { ms: total, stages: { ...withOther(total - outputMs, stages), output: outputMs } };
      return { ...report, timing };
    } finally {
      await source.close?.();
      await index?.close?.();
    }
  } catch (error) {
    return { file, outputs: [], status: 'failed', error: describeError(error) };
  } finally {
    bar.clear();
    process.removeListener('SIGINT', onInterrupt);
  }
}

/** Writes a picture to a file, or to one for each component. */
async function writeAtOnce(image: RasterImage, format: FormatName, path: string): Promise<Written> {
  const start = performance.now();
  const outputs: string[] = [];
  const notes: string[] = [];
  for (const part of writePicture(image, format)) {
    const name = pathOfPart(path, part.suffix);
    await writeWhole(name, part.bytes);
    outputs.push(name);
    if (part.note) notes.push(part.note);
  }
  return { image, outputs, notes, outputMs: performance.now() - start };
}

/** Picture formats without room for a colour space get sRGB when the file is in something else. */
function defaultColour({ colour }: ImageInfo, format: FormatName, options: DecodeOptions): DecodeOptions['colour'] {
  if (format === 'pgx' || format === 'raw' || options.components) return 'native';
  return ['grey', 'srgb', 'unknown'].includes(colour.space) ? 'file' : 'srgb';
}

function exitOf(report: FileReport): ExitCode {
  if (report.status === 'complete') return EXIT.ok;
  if (report.status === 'partial') return EXIT.partial;
  return report.error ? exitOfError(report.error) : EXIT.badInput;
}

function tell(report: FileReport): void {
  if (report.error) {
    say(`${report.file}: ${report.error.message}`);
    return;
  }
  for (const warning of report.warnings ?? []) say(`${report.file}: ${warning.code}: ${warning.message}`);
  for (const note of report.notes ?? []) say(`${report.file}: ${note}`);
  const { width, height, channels, precision, status } = report;
  const note = status === 'partial' ? ', parts missing' : '';
  say(`${report.outputs.join(', ')}: ${width} × ${height}, ${channels} × ${precision} bits${note}`);
  if (report.timing) for (const line of timingLines(report.timing)) say(line);
}

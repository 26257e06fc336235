/** `jp2kit transcode`: packets of JPEG 2000 files into another order, cut and indexed anew, without decoding. */
import { mkdirSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { type TranscodeOptions, type TranscodeSummary, transcodeTo } from 'jp2kit';
import { fileSink, fileSource } from 'jp2kit/node';
import { readWhole, readWholes, readWord } from './argument-values.ts';
import {
  CONTAINER_OPTION,
  MARKER_OPTIONS,
  MARKERS,
  ORDER_OPTIONS,
  parseProgressionChanges,
  PRECINCTS_OPTION,
  readContainer,
  readPrecincts,
  readProgression,
  readTileParts,
} from './coding-options.ts';
import type { Command } from './command.ts';
import { outputOption } from './common-options.ts';
import { planOutputs } from './encode.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from './exit.ts';
import { INDEX_FILES, JPEG2000_FILES } from './file-kinds.ts';
import { type OptionTable, parseCall } from './options.ts';
import { describeError, exitOfError, forEachFile, type ReportedError } from './report-error.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';

const METADATA = ['keep', 'drop'] as const;

/** Switches for marker segments, both ways. */
const MARKER_SWITCHES = {
  tlm: { ...MARKER_OPTIONS.tlm, negative: 'also' },
  plt: { ...MARKER_OPTIONS.plt, negative: 'also' },
  plm: { ...MARKER_OPTIONS.plm, negative: 'also' },
  ppm: { ...MARKER_OPTIONS.ppm, negative: 'also' },
  ppt: { ...MARKER_OPTIONS.ppt, negative: 'also' },
  sop: { ...MARKER_OPTIONS.sop, negative: 'also' },
  eph: { ...MARKER_OPTIONS.eph, negative: 'also' },
} as const satisfies OptionTable;

const FLAGS = {
  output: outputOption('.jp2, or .j2k, .j2c, .jpc for a bare codestream; a folder, or a pattern with {name}'),
  container: CONTAINER_OPTION,
  metadata: {
    type: 'string',
    value: '<m>',
    words: METADATA,
    about: 'keep (the default) or drop: boxes beside the header, such as XML, UUID, GML',
  },
  index: {
    type: 'string',
    value: '<file>',
    path: INDEX_FILES,
    about: "an index of the input's packets, as jp2kit index makes; {name} stands for the name of the input",
  },
  strict: { type: 'boolean', about: 'stop at whatever is wrong in the input' },
  json: { type: 'boolean', about: 'a report on standard output' },

  ht: {
    type: 'boolean',
    about: 'high-throughput code-blocks (HTJ2K): decoded and coded again, every coefficient the same',
  },
  classic: { type: 'boolean', about: 'code-blocks of Part 1, likewise' },

  ...ORDER_OPTIONS,
  ...MARKER_SWITCHES,

  layers: { type: 'string', value: 'n', about: 'the first n quality layers' },
  reduce: { type: 'string', value: 'n', about: 'without the n highest resolution levels' },
  components: { type: 'string', value: '0,1', about: 'these components' },
  crop: {
    type: 'string',
    value: 'c,r,w,h',
    about: 'w x h tiles from column c and row r of the tile grid, as a picture of its own',
  },
  tiles: { type: 'string', value: '0,1,5', about: 'only these tiles; the others stay empty' },

  precincts: {
    ...PRECINCTS_OPTION,
    about: 'precinct sizes, from the highest resolution downward, the last for all others; code-blocks must not be cut',
  },
  'insert-layers': {
    type: 'string',
    value: 'n',
    about: 'cut the one layer of the input into n; what is in each but the last is estimated',
  },
} as const satisfies OptionTable;

/** `jp2kit transcode`. */
export const TRANSCODE: Command = {
  summary: 'put packets into another order, cut and index files, without decoding',
  usage: ['<inputs…> -o <output> [options]'],
  about:
    'Packets are moved, left out, or given new headers; only --ht and --classic decode coefficients, and keep them.\nWhat is not asked for stays as it is.',
  options: FLAGS,
  headings: {
    ht: 'block coder',
    progression: 'order',
    tlm: 'marker segments, to have them or to be rid of them',
    layers: 'less of it',
    precincts: 'packet headers written anew',
  },
  notes: 'Files may be larger than memory. Output appears whole or not at all.',
  exits: '0 ok, 1 wrong call, 2 bad input or interrupted, 3 packets of the input were missing',
  files: JPEG2000_FILES,
  run: runTranscode,
};

/** Values as `parseArgs` gives them. */
type Values = {
  readonly [K in keyof typeof FLAGS]?: ((typeof FLAGS)[K]['type'] extends 'string' ? string : boolean) | undefined;
};

/** The report of one input. */
interface FileReport extends Partial<TranscodeSummary> {
  readonly input: string;
  readonly output?: string;
  readonly error?: ReportedError;
}

/** Options of the transcoder from those of the command line. */
export function transcodeOptionsOf(values: Values): TranscodeOptions {
  const options: { -readonly [K in keyof TranscodeOptions]: TranscodeOptions[K] } = {};
  const given = <T>(name: keyof typeof FLAGS, take: (text: string) => T, put: (value: T) => void): void => {
    const text = values[name];
    if (typeof text === 'string') put(take(text));
  };
  const number = (name: keyof typeof FLAGS) => (text: string) => readWhole(text, name);
  given(
    'progression',
    (text) => readProgression(text),
    (value) => {
      options.progression = value;
    },
  );
  given('poc', parseProgressionChanges, (value) => {
    options.progressionChanges = value;
  });
  given('tile-parts', readTileParts, (value) => {
    options.tileParts = value;
  });
  given(
    'metadata',
    (text) => readWord(text, 'metadata', METADATA),
    (value) => {
      options.metadata = value;
    },
  );
  given('layers', number('layers'), (value) => {
    options.layers = value;
  });
  given('insert-layers', number('insert-layers'), (value) => {
    options.insertLayers = value;
  });
  given('reduce', number('reduce'), (value) => {
    options.reduce = value;
  });
  given(
    'components',
    (text) => readWholes(text, 'components'),
    (value) => {
      options.components = value;
    },
  );
  given(
    'tiles',
    (text) => readWholes(text, 'tiles'),
    (value) => {
      options.tiles = value;
    },
  );
  given(
    'crop',
    (text) => readWholes(text, 'crop', 4),
    ([column, row, columns, rows]) => {
      options.crop = { column, row, columns, rows };
    },
  );
  given('precincts', readPrecincts, (value) => {
    options.precincts = value;
  });
  if (values.ht && values.classic) throw new CommandLineError('--ht and --classic ask for two block coders');
  if (values.ht || values.classic) options.coder = values.ht ? 'ht' : 'classic';
  const markers = MARKERS.filter((name) => values[name] !== undefined);
  if (markers.length > 0) options.markers = Object.fromEntries(markers.map((name) => [name, values[name]]));
  if (values.strict) options.strict = true;
  return options;
}

async function runTranscode(args: string[]): Promise<ExitCode> {
  const { values, positionals: inputs } = parseCall(args, FLAGS);
  if (inputs.length === 0) throw new CommandLineError('no files');
  if (values.output === undefined) throw new CommandLineError('say where to write: -o out.jp2');
  const options = transcodeOptionsOf(values);
  const container = values.container;
  const plans = planOutputs(inputs, values.output, container === undefined ? undefined : readContainer(container));
  const reports: FileReport[] = [];
  let exit: ExitCode = EXIT.ok;
  const index = values.index;
  if (inputs.length > 1 && index !== undefined && !index.includes('{name}')) {
    throw new CommandLineError('several files need a pattern with {name} for their indexes');
  }
  await forEachFile(plans, async (plan, signal) => {
    const indexPath = index?.replaceAll('{name}', basename(plan.input, extname(plan.input)));
    const report = await transcodeFile(plan, options, indexPath, signal);
    reports.push(report);
    if (!values.json) tell(report);
    exit = worse(exit, exitOf(report));
  });
  if (values.json) print(toJson(reports));
  else if (reports.length > 1) say(totalLine(reports));
  return exit;
}

function exitOf({ error, status }: FileReport): ExitCode {
  if (error) return exitOfError(error);
  return status === 'partial' ? EXIT.partial : EXIT.ok;
}

async function transcodeFile(
  {
    input,
    output,
    container,
  }: { readonly input: string; readonly output: string; readonly container: 'jp2' | 'jph' | 'codestream' },
  options: TranscodeOptions,
  index: string | undefined,
  signal: AbortSignal,
): Promise<FileReport> {
  const bar = new ProgressBar(basename(output));
  try {
    const source = await fileSource(input);
    const found = index === undefined ? undefined : await fileSource(index);
    try {
      mkdirSync(dirname(output), { recursive: true });
      const summary = await transcodeTo(source, await fileSink(output), {
        ...options,
        ...(found ? { index: found } : {}),
        container,
        signal,
        onProgress: ({ fraction }) => bar.update(fraction),
      });
      return { input, output, ...summary };
    } finally {
      await found?.close?.();
      await source.close?.();
    }
  } catch (error) {
    return { input, error: describeError(error) };
  } finally {
    bar.clear();
  }
}

function tell(report: FileReport): void {
  for (const { message } of report.warnings ?? []) say(`${report.input}: ${message}`);
  say(report.error ? `${report.input}: ${report.error.message}` : summaryLine(report as Required<FileReport>));
}

/** The line that closes a file. */
export function summaryLine(report: Required<Omit<FileReport, 'error'>>): string {
  const { output, bytesIn, bytes, packets, tiles, tileParts, ms, status } = report;
  const facts = [
    `${bytesIn ?? '?'} → ${bytes} bytes`,
    `${packets} packets`,
    `${tiles} ${tiles === 1 ? 'tile' : 'tiles'} in ${tileParts} ${tileParts === 1 ? 'part' : 'parts'}`,
    `${(ms / 1000).toFixed(2)} s`,
    ...(status === 'partial' ? ['packets were missing'] : []),
  ];
  return `${output}: ${facts.join(', ')}`;
}

/** The line that closes a batch. */
function totalLine(reports: readonly FileReport[]): string {
  const done = reports.filter((report) => !report.error);
  const sum = (of: (report: FileReport) => number | undefined): number =>
    done.reduce((n, report) => n + (of(report) ?? 0), 0);
  const failed = reports.length - done.length;
  return `${done.length} files${failed > 0 ? `, ${failed} failed` : ''}: ${sum((r) => r.bytesIn)} → ${sum((r) => r.bytes)} bytes, ${sum((r) => r.packets)} packets`;
}

/** `jp2kit transcode`: packets of JPEG 2000 files into another order, cut and indexed anew, without decoding. */
import { mkdirSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type TranscodeOptions, type TranscodeSummary, transcodeTo } from 'jp2kit';
import { fileSink, fileSource } from 'jp2kit/node';
import { readWhole, readWholes, readWord } from './argument-values.ts';
import { planOutputs } from './encode.ts';
import { parseProgressionChanges, readPrecincts } from './encode-options.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from './exit.ts';
import { describeError, exitOfError, forEachFile, type ReportedError } from './report-error.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';

/** The text of `jp2kit help transcode`. */
export const TRANSCODE_HELP = `usage: jp2kit transcode <inputs…> -o <output> [options]

Coefficients are never decoded: packets are moved, left out, or given new headers. What is not asked for stays as it is.

  -o, --output <path>    .jp2, or .j2k, .j2c, .jpc for a bare codestream; a folder, or a pattern with {name}
      --container <c>    jp2 or codestream, where the extension does not say it
      --metadata <m>     keep (the default) or drop: boxes beside the header, such as XML, UUID, GML
      --index file       an index of the input's packets, as jp2kit index makes; {name} stands for the name of the input
      --strict           stop at whatever is wrong in the input
      --json             a report on standard output

order
      --progression <o>  LRCP, RLCP, RPCL, PCRL or CPRL, for all tiles
      --poc <changes>    R0-R1:C0-C1:L:ORDER/…, resolutions, components and layers up to but without R1, C1 and L;
                         * for all: 0-3:*:2:RLCP/*:*:*:LRCP
      --tile-parts <t>   none, resolution, layer or component
      --tlm --plt --plm --ppm --ppt --sop --eph         to have these marker segments; --no-tlm and so on to be rid of them

less of it
      --layers n         the first n quality layers
      --reduce n         without the n highest resolution levels
      --components 0,1   these components
      --crop c,r,w,h     w x h tiles from column c and row r of the tile grid, as a picture of its own
      --tiles 0,1,5      only these tiles; the others stay empty

packet headers written anew
      --precincts WxH,…  from the highest resolution downward, the last for all others; code-blocks must not be cut
      --insert-layers n  cut the one layer of the input into n; what is in each but the last is estimated

Files may be larger than memory. Output appears whole or not at all.
exit codes: 0 ok, 1 wrong call, 2 bad input or interrupted, 3 packets of the input were missing`;

const TEXT = { type: 'string' } as const;
const SWITCH = { type: 'boolean' } as const;
const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const;
const METADATA = ['keep', 'drop'] as const;
const MARKERS = ['tlm', 'plt', 'plm', 'ppm', 'ppt', 'sop', 'eph'] as const;

const FLAGS = {
  output: { type: 'string', short: 'o' },
  container: TEXT,
  metadata: TEXT,
  index: TEXT,
  strict: SWITCH,
  json: SWITCH,
  progression: TEXT,
  poc: TEXT,
  'tile-parts': TEXT,
  layers: TEXT,
  reduce: TEXT,
  components: TEXT,
  crop: TEXT,
  tiles: TEXT,
  precincts: TEXT,
  'insert-layers': TEXT,
  tlm: SWITCH,
  plt: SWITCH,
  plm: SWITCH,
  ppm: SWITCH,
  ppt: SWITCH,
  sop: SWITCH,
  eph: SWITCH,
} as const satisfies NonNullable<ParseArgsConfig['options']>;

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
    (text) => readWord(text, 'progression', PROGRESSIONS),
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
  const markers = MARKERS.filter((name) => values[name] !== undefined);
  if (markers.length > 0) options.markers = Object.fromEntries(markers.map((name) => [name, values[name]]));
  if (values.strict) options.strict = true;
  return options;
}

function readTileParts(text: string): NonNullable<TranscodeOptions['tileParts']> {
  const words = ['none', 'resolution', 'layer', 'component'] as const;
  return readWord(text, 'tile-parts', words, { r: 'resolution', l: 'layer', c: 'component' });
}

/** Runs the command. */
export async function runTranscode(args: string[]): Promise<ExitCode> {
  const { values, positionals: inputs } = parseArgs({
    args,
    allowPositionals: true,
    allowNegative: true,
    options: FLAGS,
  });
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

function readContainer(text: string): 'jp2' | 'codestream' {
  return readWord(text, 'container', ['jp2', 'codestream'], { j2k: 'codestream', j2c: 'codestream', jpx: 'jp2' });
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
  }: { readonly input: string; readonly output: string; readonly container: 'jp2' | 'codestream' },
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

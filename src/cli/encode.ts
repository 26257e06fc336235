/** `jp2kit encode`: pictures of other formats into JPEG 2000. */
import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { type EncodeOptions, type EncodeSummary, encode } from 'jp2kit';
import type { Command } from './command.ts';
import { formatDecibels } from './compare.ts';
import {
  ENCODE_FLAGS,
  ENCODE_HEADINGS,
  encodeOptionsOf,
  isLossy,
  mergeColour,
  mergeMetadata,
} from './encode-options.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from './exit.ts';
import { PICTURE_FILES } from './file-kinds.ts';
import { equivalentsTable, refuseForeignFlags } from './foreign-flags.ts';
import { expandPalette, type InputPicture } from './formats/input-picture.ts';
import { parseRawDescription, type RawDescription } from './formats/read-raw.ts';
import { parseCall, withoutAliases } from './options.ts';
import { isDirectory, outputPathOf, writeWhole } from './output.ts';
import { filesOf, readInput } from './read-picture.ts';
import { describeError, exitOfError, forEachFile, type ReportedError } from './report-error.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';
import { type Pooled, readThreads, withThreads } from './threads.ts';
import { type Timing, timingLines, withOther } from './timing.ts';

/** `jp2kit encode`. */
export const ENCODE: Command = {
  summary: 'encode pictures of other formats',
  usage: ['<inputs…> -o <output> [options]'],
  about: `Inputs are PNG, TIFF, PBM, PGM, PPM, PAM, PGX or raw samples. Files joined by commas (r.pgx,g.pgx,b.pgx) are the
components of one picture; smaller ones are subsampled.`,
  options: ENCODE_FLAGS,
  headings: ENCODE_HEADINGS,
  notes: `for those who come from elsewhere
${equivalentsTable()}

Output appears whole or not at all, also when interrupted.`,
  exits: '0 ok, 1 wrong call, 2 bad input or interrupted',
  files: PICTURE_FILES,
  run: runEncode,
};

/** The report of one input. */
interface FileReport extends Partial<EncodeSummary> {
  readonly input: string;
  readonly output?: string;
  readonly width?: number;
  readonly height?: number;
  readonly components?: number;
  /** What was left out or changed. */
  readonly notes?: readonly string[];
  readonly timing?: Timing;
  readonly error?: ReportedError;
}

/** Where one input goes. */
interface Plan {
  readonly input: string;
  readonly output: string;
  readonly container: NonNullable<EncodeOptions['container']>;
}

/** What holds for all inputs of a call. */
interface Call {
  readonly options: EncodeOptions;
  readonly raw: RawDescription | undefined;
  readonly strip: boolean;
  readonly expand: boolean;
  readonly timed: boolean;
}

async function runEncode(args: string[]): Promise<ExitCode> {
  refuseForeignFlags(withoutAliases(args, ENCODE_FLAGS));
  const { values, positionals: inputs } = parseCall(args, ENCODE_FLAGS);
  if (inputs.length === 0) throw new CommandLineError('no files');
  const { output } = values;
  if (output === undefined) throw new CommandLineError('say where to write: -o out.jp2');
  const call: Call = {
    options: encodeOptionsOf(values, readNamed),
    raw: values.raw === undefined ? undefined : parseRawDescription(values.raw),
    strip: values.strip === true,
    expand: values['expand-palette'] === true,
    timed: values.timing,
  };
  const plans = planOutputs(inputs, output, call.options.container);
  if (plans[0].container === 'codestream' && (call.options.metadata || call.options.colour?.icc)) {
    throw new CommandLineError('a bare codestream has no room for profiles, resolution, XML and UUIDs: write .jp2');
  }
  const reports: FileReport[] = [];
  let exit: ExitCode = EXIT.ok;
  await withThreads(readThreads(values.threads), (pooled) =>
    forEachFile(plans, async (plan, signal) => {
      const report = await encodeFile(plan, call, pooled, signal);
      reports.push(report);
      if (!values.json) tell(report);
      exit = worse(exit, report.error ? exitOfError(report.error) : EXIT.ok);
      if (signal.aborted) exit = worse(exit, EXIT.badInput);
    }),
  );
  if (values.json) print(toJson(reports));
  return exit;
}

/** A file that an option names; one that is missing is a wrong call. */
function readNamed(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new CommandLineError((error as Error).message);
  }
}

const CODESTREAM_EXTENSIONS = ['j2k', 'j2c', 'jpc', 'jhc'];
const FILE_EXTENSIONS = ['jp2', 'jpx', 'jpf'];

/** Where each input goes and as what; a complaint before anything has been encoded. */
export function planOutputs(
  inputs: readonly string[],
  output: string,
  container: EncodeOptions['container'],
): readonly Plan[] {
  const toFolder = output.endsWith('/') || isDirectory(output);
  if (inputs.length > 1 && !toFolder && !output.includes('{name}')) {
    throw new CommandLineError('several inputs need a folder or a pattern with {name} as output');
  }
  const inFolder = container === undefined || container === 'codestream' ? 'j2k' : container;
  const extension = toFolder ? (container ? inFolder : 'jp2') : extname(output).slice(1).toLowerCase();
  const known = FILE_EXTENSIONS.includes(extension)
    ? 'jp2'
    : extension === 'jph'
      ? 'jph'
      : CODESTREAM_EXTENSIONS.includes(extension)
        ? 'codestream'
        : undefined;
  const chosen = container ?? known;
  if (chosen === undefined) {
    throw new CommandLineError(`no format "${extension}": name .jp2 or .j2k, or say --container jp2 or codestream`);
  }
  const plans = inputs.map((input): Plan => {
    const [first] = filesOf(input);
    const name = basename(first, extname(first));
    return { input, output: outputPathOf(output, name, toFolder ? extension : undefined), container: chosen };
  });
  const taken = new Map<string, string>();
  for (const plan of plans) {
    const path = resolve(plan.output);
    const other = taken.get(path);
    if (other !== undefined) throw new CommandLineError(`${other} and ${plan.input} would both become ${plan.output}`);
    if (filesOf(plan.input).some((file) => resolve(file) === path)) {
      throw new CommandLineError(`${plan.input} would be overwritten by its own result`);
    }
    taken.set(path, plan.input);
  }
  return plans;
}

async function encodeFile(
  { input, output, container }: Plan,
  call: Call,
  pooled: Pooled,
  signal: AbortSignal,
): Promise<FileReport> {
  const start = performance.now();
  const bar = new ProgressBar(basename(output));
  try {
    const { options, raw } = call;
    const read = await readInput(input, { raw, origin: options.origin });
    const loaded = performance.now();
    const picture = prepared(read, { ...call, options: { ...options, container } });
    const { data, ...summary } = await encode(picture.image, {
      ...options,
      container,
      ...(container === 'codestream' ? {} : boxesOf(picture, call)),
      ...pooled,
      signal,
      onProgress: (progress) => bar.update(progress.fraction),
    });
    const encoded = performance.now();
    bar.clear();
    signal.throwIfAborted();
    await writeWhole(output, data);
    const { width, height, planes, channels } = picture.image;
    const components = planes?.length ?? channels!;
    const report = { input, output, width, height, components, ...summary, notes: picture.notes };
    if (!call.timed) return report;
    const end = performance.now();
    const stages = withOther(encoded - loaded, summary.stats?.stages);
    return {
      ...report,
      timing: { ms: end - start, stages: { input: loaded - start, ...stages, output: end - encoded } },
    };
  } catch (error) {
    return { input, error: describeError(error) };
  } finally {
    bar.clear();
  }
}

/** The picture as it will be stored: indices only where they survive, and where boxes say what they mean. */
function prepared(picture: InputPicture, { options, expand }: Call): InputPicture {
  if (!picture.colour?.palette) {
    if (options.container !== 'codestream' || !picture.colour?.icc) return picture;
    return {
      ...picture,
      notes: [...picture.notes, 'the ICC profile is left out, a bare codestream has no room for it'],
    };
  }
  const why = expand
    ? ''
    : isLossy(options)
      ? 'the palette is expanded, since indices that change mean other colours'
      : options.container === 'codestream'
        ? 'the palette is expanded, since a bare codestream has no room for it'
        : undefined;
  if (why === undefined) return picture;
  const expanded = expandPalette(picture);
  return why === '' ? expanded : { ...expanded, notes: [...expanded.notes, why] };
}

function boxesOf(picture: InputPicture, { options, strip }: Call): Pick<EncodeOptions, 'colour' | 'metadata'> {
  const colour = mergeColour(picture.colour, options.colour, strip);
  const metadata = mergeMetadata(picture.metadata, options.metadata, strip);
  return { ...(colour ? { colour } : {}), ...(metadata ? { metadata } : {}) };
}

function tell(report: FileReport): void {
  for (const note of report.notes ?? []) say(`${report.input}: ${note}`);
  if (report.error) say(`${report.input}: ${report.error.message}`);
  else say(summaryLine(report as Required<FileReport>));
  if (report.timing) for (const line of timingLines(report.timing)) say(line);
}

/** The line that closes a file: what it is, how large and how good it has become, and how long that took. */
export function summaryLine(report: Required<Omit<FileReport, 'error' | 'notes' | 'timing'>>): string {
  const { output, width, height, components, bytes, bpp, ratio, psnr, psnrMeasured, layers, ms } = report;
  const quality =
    psnr === Number.POSITIVE_INFINITY ? 'lossless' : `${formatDecibels(psnr)}${psnrMeasured ? '' : ' (estimated)'}`;
  const facts = [
    `${width} × ${height} × ${components}`,
    ...(layers.length > 1 ? [`${layers.length} layers`] : []),
    `${bytes} bytes`,
    `${bpp.toPrecision(3)} bpp`,
    `${ratio.toPrecision(3)}:1`,
    ...(Number.isNaN(psnr) ? [] : [quality]), // nothing is measured, and weighed errors give no estimate
    `${(ms / 1000).toFixed(2)} s`,
  ];
  return `${output}: ${facts.join(', ')}`;
}

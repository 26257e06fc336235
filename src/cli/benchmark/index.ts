/** `jp2kit benchmark`: how long decoding and encoding take, here and in other programs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWhole } from '../argument-values.ts';
import type { Command } from '../command.ts';
import { JSON_OPTION } from '../common-options.ts';
import { ENCODE_FLAGS, encodeOptionsOf } from '../encode-options.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from '../exit.ts';
import { ALL_PICTURES } from '../file-kinds.ts';
import { type OptionTable, parseCall } from '../options.ts';
import { writeWhole } from '../output.ts';
import { describeError, exitOfError, forEachFile, type ReportedError } from '../report-error.ts';
import { ProgressBar, print, say, toJson } from '../terminal.ts';
import { readThreads, THREADS_OPTION, withThreads } from '../threads.ts';
import { readVersion } from '../version.ts';
import { readWish, WINDOW_OPTIONS } from '../window-options.ts';
import { type CaseResult, measureDecode, measureEncode, type Operation, type Plan } from './cases.ts';
import { csvOf } from './csv.ts';
import { fileInput, type Input, paintedInput } from './inputs.ts';
import { parsePaintedKind } from './painted.ts';
import { PEERS } from './peers.ts';
import { caseLines, headLines, legendLines, thisMachine } from './report.ts';

const DEFAULT_PICTURE = 'rgb8:1024x1024';

const { lossless, ratio, bpp, psnr, wavelet, mct, levels, progression, tile } = ENCODE_FLAGS;

const OPTIONS = {
  generate: {
    type: 'string',
    multiple: true,
    value: '<kind>',
    about: `paint a picture, always the same: rgb8:2048x2048, grey16:512x512; again for more (default, without files: ${DEFAULT_PICTURE})`,
  },
  decode: { type: 'boolean', default: false, about: 'measure decoding (pictures are encoded first, JPEG 2000 is not)' },
  encode: { type: 'boolean', default: false, about: 'measure encoding (JPEG 2000 is decoded first, pictures are not)' },
  runs: { type: 'string', default: '7', value: 'n', about: 'runs that count (default 7)' },
  warmup: { type: 'string', default: '2', value: 'n', about: 'runs before them that do not (default 2)' },
  threads: THREADS_OPTION,
  peers: {
    type: 'boolean',
    default: false,
    about: `in turns with those of these that are installed: ${PEERS.join(', ')}`,
  },
  json: { ...JSON_OPTION, about: 'everything as JSON, each run included' },
  csv: {
    type: 'string',
    value: '<file>',
    path: ['csv'],
    about: 'each run as a line of CSV; - for standard output, without the table',
  },
  ...WINDOW_OPTIONS,
  colour: { ...WINDOW_OPTIONS.colour, about: 'what samples are: native, file (the default) or srgb' },
  lossless,
  ratio,
  bpp,
  psnr,
  wavelet,
  mct,
  levels,
  'code-block': ENCODE_FLAGS['code-block'],
  progression,
  tile,
} as const satisfies OptionTable;

/** `jp2kit benchmark`. */
export const BENCHMARK: Command = {
  summary: 'measure decoding and encoding, also beside other programs',
  usage: ['[files…] [options]'],
  about: `Decodes JPEG 2000 files, and encodes and decodes pictures of other formats, in memory; files are read before. All take
turns in each round, so that whatever else the machine does hits them alike. Compare times of one run only.`,
  options: OPTIONS,
  headings: { region: 'decoding, as in jp2kit decode', lossless: 'encoding, as in jp2kit encode' },
  exits: '0 ok, 1 wrong call, 2 bad input or interrupted, 3 a picture with parts missing',
  files: ALL_PICTURES,
  run: runBenchmark,
};

/** An input that is still to be read or painted. */
interface Source {
  readonly name: string;
  load(): Promise<Input>;
}

/** The report of an input that could not be measured. */
interface Failure {
  readonly input: string;
  readonly error: ReportedError;
}

async function runBenchmark(args: string[]): Promise<ExitCode> {
  const { values, positionals: files } = parseCall(args, OPTIONS);
  const { csv, json, peers } = values;
  if (json && csv === '-') throw new CommandLineError('--json and --csv - would both write to standard output');
  const rounds = { runs: readWhole(values.runs, 'runs'), warmup: readWhole(values.warmup, 'warmup') };
  if (rounds.runs < 1) throw new CommandLineError('--runs takes at least 1');
  const threads = readThreads(values.threads);
  const { layers: _, ...encoding } = values;
  const wish = readWish(values);
  const options = encodeOptionsOf({ ...encoding, colour: undefined }, () => new Uint8Array(0));
  const sources = sourcesOf(files, values.generate ?? []);
  const machine = thisMachine();
  const results: CaseResult[] = [];
  const failures: Failure[] = [];
  const quiet = json || csv === '-';
  let exit: ExitCode = EXIT.ok;
  if (!quiet) print(headLines(machine, rounds).join('\n'));
  const folder = await mkdtemp(join(tmpdir(), 'jp2kit-benchmark-'));
  try {
    await withThreads(threads, async (pooled) => {
      const plan: Plan = { wish, encode: options, rounds, threads, pooled, peers, folder, version: readVersion() };
      await forEachFile(sources, async (source, signal) => {
        try {
          const input = await source.load();
          for (const operation of operationsOf(input, values)) {
            const result = await measure(input, operation, plan, signal);
            results.push(result);
            if (!quiet) print(['', ...caseLines(result)].join('\n'));
            exit = worse(exit, exitOf(result));
          }
        } catch (thrown) {
          const error = describeError(thrown);
          failures.push({ input: source.name, error });
          if (!json) say(error.message.includes(source.name) ? error.message : `${source.name}: ${error.message}`);
          exit = worse(exit, exitOfError(error));
        }
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const legend = legendLines(results);
  if (json) print(toJson({ jp2kit: readVersion(), machine, ...rounds, threads, results, failures }));
  else if (!quiet && legend.length > 0) print(['', ...legend].join('\n'));
  if (csv === '-') print(csvOf(results));
  else if (csv !== undefined) await writeWhole(csv, new TextEncoder().encode(`${csvOf(results)}\n`));
  return exit;
}

function sourcesOf(files: readonly string[], kinds: readonly string[]): Source[] {
  const painted = kinds.length > 0 ? kinds : files.length > 0 ? [] : [DEFAULT_PICTURE];
  for (const kind of painted) parsePaintedKind(kind);
  return [
    ...files.map((file) => ({ name: file, load: () => fileInput(file) })),
    ...painted.map((kind) => ({ name: kind, load: async () => paintedInput(kind) })),
  ];
}

/** What is asked for; else what an input is made for. */
function operationsOf(
  { picture }: Input,
  asked: { readonly decode: boolean; readonly encode: boolean },
): readonly Operation[] {
  if (asked.decode || asked.encode) {
    return [...(asked.encode ? (['encode'] as const) : []), ...(asked.decode ? (['decode'] as const) : [])];
  }
  return picture ? ['encode', 'decode'] : ['decode'];
}

async function measure(input: Input, operation: Operation, plan: Plan, signal: AbortSignal): Promise<CaseResult> {
  const bar = new ProgressBar(`${operation} ${input.name}`);
  try {
    const work = operation === 'decode' ? measureDecode : measureEncode;
    return await work(input, plan, signal, (fraction) => bar.update(fraction));
  } finally {
    bar.clear();
  }
}

function exitOf({ status }: CaseResult): ExitCode {
  if (status === 'failed') return EXIT.badInput;
  return status === 'partial' ? EXIT.partial : EXIT.ok;
}

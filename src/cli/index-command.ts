/** `jp2kit index`: where the packets of a file are, kept beside it. */
import { mkdirSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { buildIndexTo, type IndexSummary, writeIndexBoxes } from 'jp2kit';
import { fileSink, fileSource } from 'jp2kit/node';
import type { Command } from './command.ts';
import { JSON_OPTION, outputOption, STRICT_OPTION } from './common-options.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from './exit.ts';
import { JPEG2000_FILES } from './file-kinds.ts';
import { type OptionTable, parseCall } from './options.ts';
import { isDirectory, outputPathOf } from './output.ts';
import { describeError, exitOfError, forEachFile, type ReportedError } from './report-error.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';

const OPTIONS = {
  output: outputOption('a file, a folder (name.idx in it), or a pattern with {name}'),
  boxes: {
    type: 'boolean',
    default: false,
    about: 'write JP2 files again with index boxes in them (15444-9), as some JPIP servers need, instead',
  },
  strict: { ...STRICT_OPTION, about: 'stop at whatever is wrong in the headers' },
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `jp2kit index`. */
export const INDEX: Command = {
  summary: 'write an index of packets, to read windows without searching',
  usage: ['<files…> -o <output> [options]'],
  about: `Writes an index of the packets: with it (--index of decode and info, open(file, { index }) of the library) windows
are read without searching through the file.`,
  options: OPTIONS,
  notes: `Tiles that are damaged are left out, and searched through by whoever reads them.
Files may be larger than memory. Output appears whole or not at all.`,
  exits: '0 ok, 1 wrong call, 2 bad input or interrupted, 3 tiles were left out',
  files: JPEG2000_FILES,
  run: runIndex,
};

/** The report of one input. */
interface FileReport extends Partial<IndexSummary> {
  readonly input: string;
  readonly output?: string;
  readonly ms?: number;
  readonly error?: ReportedError;
}

async function runIndex(args: string[]): Promise<ExitCode> {
  const { values, positionals: inputs } = parseCall(args, OPTIONS);
  if (inputs.length === 0) throw new CommandLineError('no files');
  const { output } = values;
  if (output === undefined) throw new CommandLineError('say where to write: -o out.idx');
  const plans = planIndexes(inputs, output, values.boxes ? 'jp2' : 'idx');
  const reports: FileReport[] = [];
  let exit: ExitCode = EXIT.ok;
  await forEachFile(plans, async (plan, signal) => {
    const report = await indexFile(plan, values, signal);
    reports.push(report);
    if (!values.json) tell(report);
    exit = worse(exit, exitOf(report));
  });
  if (values.json) print(toJson(reports));
  return exit;
}

interface Plan {
  readonly input: string;
  readonly output: string;
}

/** Where each index goes; a complaint before anything is read. */
function planIndexes(inputs: readonly string[], output: string, extension: string): readonly Plan[] {
  const toFolder = output.endsWith('/') || isDirectory(output);
  if (inputs.length > 1 && !toFolder && !output.includes('{name}')) {
    throw new CommandLineError('several inputs need a folder or a pattern with {name} as output');
  }
  const plans = inputs.map((input) => {
    const name = basename(input, extname(input));
    return { input, output: outputPathOf(output, name, toFolder ? extension : undefined) };
  });
  const twice = plans.find((plan, k) => plans.findIndex((other) => other.output === plan.output) !== k);
  if (twice) throw new CommandLineError(`two inputs would both become ${twice.output}`);
  const same = plans.find((plan) => resolve(plan.output) === resolve(plan.input));
  if (same) throw new CommandLineError(`${same.input} would be overwritten`);
  return plans;
}

async function indexFile(
  { input, output }: Plan,
  { boxes, strict }: { readonly boxes: boolean; readonly strict: boolean },
  signal: AbortSignal,
): Promise<FileReport> {
  const bar = new ProgressBar(basename(output));
  const start = performance.now();
  try {
    const source = await fileSource(input);
    try {
      mkdirSync(dirname(output), { recursive: true });
      if (boxes) {
        const { bytes } = await writeIndexBoxes(source, await fileSink(output), { signal });
        return { input, output, bytes, ms: performance.now() - start };
      }
      const summary = await buildIndexTo(source, await fileSink(output), {
        strict,
        signal,
        onProgress: ({ tiles, totalTiles }) => bar.update(tiles / totalTiles),
      });
      return { input, output, ...summary, ms: performance.now() - start };
    } finally {
      await source.close?.();
    }
  } catch (error) {
    return { input, error: describeError(error) };
  } finally {
    bar.clear();
  }
}

function exitOf({ error, tilesLeftOut = 0 }: FileReport): ExitCode {
  if (error) return exitOfError(error);
  return tilesLeftOut > 0 ? EXIT.partial : EXIT.ok;
}

function tell({ input, output, error, bytes, tiles = 0, tilesLeftOut = 0, packets }: FileReport): void {
  if (error) {
    say(`${input}: ${error.message}`);
    return;
  }
  const left = tilesLeftOut > 0 ? `, ${tilesLeftOut} of ${tiles} tiles left out` : '';
  const what = packets === undefined ? '' : `${packets} packets in `;
  say(`${output}: ${what}${bytes} bytes${left}`);
}

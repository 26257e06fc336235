/**
 * Other programs to be compared with: those of OpenJPEG, Grok and OpenJPH that the search path has. Each is told what it has an option
 * for; what it cannot be told it does not take part in.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { DecodeOptions, EncodeOptions } from 'jp2kit';
import { type Contestant, ContestantError, type Run } from './contest.ts';

/** A file to be decoded, and how. */
export interface DecodeTask {
  readonly input: string;
  /** Where samples go, without extension. */
  readonly output: string;
  readonly channels: number;
  readonly ht: boolean;
  readonly threads: number;
  readonly wish: Pick<DecodeOptions, 'region' | 'reduce' | 'layers' | 'components'>;
}

/** A picture to be encoded, and how. */
export interface EncodeTask {
  /** The picture as PGM or PPM; nothing where it does not fit into one. */
  readonly input: string | undefined;
  /** Where the codestream goes, without extension. */
  readonly output: string;
  readonly options: EncodeOptions;
  /** Bits of all samples of a point. */
  readonly depth: number;
  readonly threads: number;
}

/** A program. */
interface Program {
  readonly name: string;
  /** The time that it prints, in milliseconds. */
  readonly own?: RegExp;
}

interface Decoder extends Program {
  argumentsFor(task: DecodeTask): string[];
}

interface Encoder extends Program {
  argumentsFor(task: EncodeTask): string[];
}

const DECODERS: readonly Decoder[] = [
  {
    name: 'opj_decompress',
    own: /decode time: (\d+(?:\.\d+)?) ms/,
    argumentsFor: ({ input, output, channels, threads, wish }) => {
      const { region, reduce, layers, components } = wish;
      const [right, bottom] = region ? [region.x + region.width, region.y + region.height] : [];
      return [
        ...['-i', input, '-o', `${output}.${extensionFor(channels)}`],
        ...(region ? ['-d', `${region.x},${region.y},${right},${bottom}`] : []),
        ...(reduce ? ['-r', `${reduce}`] : []),
        ...(layers ? ['-l', `${layers}`] : []),
        ...(components ? ['-c', components.join(',')] : []),
        ...(threads > 1 ? ['-threads', `${threads}`] : []),
      ];
    },
  },
  {
    name: 'grk_decompress',
    own: /decompress time: (\d+(?:\.\d+)?) ms/,
    argumentsFor: ({ input, output, channels, threads, wish }) => {
      const { region, reduce, layers, components } = wish;
      if (components) throw new ContestantError('cannot be asked for some components');
      const [right, bottom] = region ? [region.x + region.width, region.y + region.height] : [];
      return [
        ...['-v', '-i', input, '-o', `${output}.${extensionFor(channels)}`, '-H', `${threads}`],
        ...(region ? ['-d', `${region.x},${region.y},${right},${bottom}`] : []),
        ...(reduce ? ['-r', `${reduce}`] : []),
        ...(layers ? ['-l', `${layers}`] : []),
      ];
    },
  },
  {
    name: 'ojph_expand',
    argumentsFor: ({ input, output, channels, ht, threads, wish }) => {
      const { region, reduce, layers, components } = wish;
      if (!ht) throw new ContestantError('reads high-throughput code-blocks only');
      if (region || layers || components) throw new ContestantError('cannot be asked for a part of the picture');
      if (threads > 1) throw new ContestantError('has one thread');
      return [
        ...['-i', input, '-o', `${output}.${extensionFor(channels)}`],
        ...(reduce ? ['-skip_res', `${reduce}`] : []),
      ];
    },
  },
];

const ENCODERS: readonly Encoder[] = [
  {
    name: 'opj_compress',
    own: /encode time: (\d+(?:\.\d+)?) ms/,
    argumentsFor: ({ input, output, threads, ...task }) => [
      ...['-i', pnmOf(input), '-o', `${output}.j2k`],
      ...(threads > 1 ? ['-threads', `${threads}`] : []),
      ...codingArguments(task),
      ...(task.options.mct === 'none' ? ['-mct', '0'] : []),
    ],
  },
  {
    name: 'grk_compress',
    own: /compress time: (\d+(?:\.\d+)?) ms/,
    argumentsFor: ({ input, output, threads, ...task }) => [
      ...['-v', '-i', pnmOf(input), '-o', `${output}.j2k`, '-H', `${threads}`],
      ...codingArguments(task),
      ...(task.options.mct === 'none' ? ['-Y', '0'] : []),
    ],
  },
  {
    name: 'ojph_compress',
    argumentsFor: () => {
      throw new ContestantError('writes high-throughput code-blocks only');
    },
  },
];

/** PGM and PPM are written by all of them; other numbers of channels as raw samples. */
function extensionFor(channels: number): string {
  return channels === 1 ? 'pgm' : channels === 3 ? 'ppm' : 'raw';
}

function pnmOf(input: string | undefined): string {
  if (input === undefined) throw new ContestantError('is handed PGM and PPM only, which do not hold this picture');
  return input;
}

/** What OpenJPEG and Grok have the same letters for. */
function codingArguments({ options, depth }: Pick<EncodeTask, 'options' | 'depth'>): string[] {
  const { rate, wavelet, levels, codeBlock, tile, progression } = options;
  const rates = rate === undefined ? [] : Array.isArray(rate) ? rate : [rate];
  const ratios = rates.map((one) => {
    if ('lossless' in one) return 1;
    if ('ratio' in one) return one.ratio;
    if ('bpp' in one) return depth / one.bpp;
    throw new ContestantError('is told sizes only by --ratio and --bpp');
  });
  const lossless = ratios.length === 0 || ratios.at(-1) === 1;
  return [
    ...(lossless && ratios.length < 2 ? [] : ['-r', ratios.map((ratio) => Number(ratio.toFixed(6))).join(',')]),
    ...(wavelet === '9/7' || (wavelet === undefined && !lossless) ? ['-I'] : []),
    ...(levels === undefined ? [] : ['-n', `${levels + 1}`]),
    ...(codeBlock ? ['-b', `${codeBlock.width},${codeBlock.height}`] : []),
    ...(tile ? ['-t', `${tile.width},${tile.height}`] : []),
    ...(progression ? ['-p', progression] : []),
  ];
}

/** The decoders that are installed. */
export function peerDecoders(task: DecodeTask): Promise<Contestant[]> {
  return takingPart(DECODERS, task);
}

/** The encoders that are installed. */
export function peerEncoders(task: EncodeTask): Promise<Contestant[]> {
  return takingPart(ENCODERS, task);
}

/** Names of all programs that are looked for. */
export const PEERS: readonly string[] = [...DECODERS, ...ENCODERS].map(({ name }) => name);

function takingPart<T extends { readonly output: string }>(
  programs: readonly (Program & { argumentsFor(task: T): string[] })[],
  task: T,
): Promise<Contestant[]> {
  const installed = programs.flatMap((program) => {
    const path = onSearchPath(program.name);
    return path === undefined ? [] : [{ program, path }];
  });
  return Promise.all(
    installed.map(async ({ program, path }) => ({
      name: program.name,
      version: await versionOf(path),
      run: (signal: AbortSignal) =>
        runProgram(path, program, program.argumentsFor({ ...task, output: `${task.output}-${program.name}` }), signal),
    })),
  );
}

function onSearchPath(name: string): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => {
    return [join(folder, name), ...(process.platform === 'win32' ? [join(folder, `${name}.exe`)] : [])];
  });
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The version of the library in a program, where its help says it. */
async function versionOf(path: string): Promise<string | undefined> {
  const { output } = await execute(path, ['-h'], undefined);
  return /\bv(\d+\.\d+\.\d+)/.exec(output)?.[1];
}

async function runProgram(path: string, { own }: Program, args: string[], signal: AbortSignal): Promise<Run> {
  const start = performance.now();
  const { failure, output } = await execute(path, args, signal);
  const ms = performance.now() - start;
  if (failure !== undefined) throw new ContestantError(complaintOf(output) ?? failure);
  const printed = own?.exec(output)?.[1];
  return printed === undefined ? { ms, kind: 'process' } : { ms: Number(printed), kind: 'own' };
}

function execute(
  path: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ failure: string | undefined; output: string }> {
  return new Promise((resolve) => {
    execFile(path, [...args], { maxBuffer: 1 << 26, ...(signal ? { signal } : {}) }, (error, stdout, stderr) => {
      const failure = error ? `failed (${error.signal ?? error.code ?? error.message})` : undefined;
      resolve({ failure, output: `${stdout}\n${stderr}` });
    });
  });
}

/** What a program that failed says of it: the line that has the word, or the last one. */
function complaintOf(output: string): string | undefined {
  const lines = output.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  return lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1);
}

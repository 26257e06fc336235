/** `jp2kit fetch`: a window of a picture on a JPIP server, as a file. */
import { basename, extname } from 'node:path';
import type { DecodeOptions, RasterImage } from 'jp2kit';
import { type JpipClientOptions, type JpipDiagnostic, type JpipImage, openJpip } from 'jp2kit/jpip/client';
import { fileStore } from 'jp2kit/node';
import { readWord } from './argument-values.ts';
import type { Command } from './command.ts';
import { JSON_OPTION, outputOption } from './common-options.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from './exit.ts';
import { FORMATS, type FormatName, formatOf } from './format-names.ts';
import { type OptionTable, parseCall } from './options.ts';
import { isDirectory, outputPathOf, pathOfPart, writeWhole } from './output.ts';
import { describeError, exitOfError, forEachFile, type ReportedError } from './report-error.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';
import { readWish, WINDOW_OPTIONS, type Wish } from './window-options.ts';
import { writePicture } from './write-picture.ts';

const TYPES = ['jpp', 'jpt'] as const;

const OPTIONS = {
  output: outputOption(
    'a file (its extension chooses the format), a folder, or a pattern with {name}; name.j2k keeps what was received as a codestream, without decoding',
  ),
  format: {
    type: 'string',
    value: '<name>',
    words: [...FORMATS, 'j2k'],
    about: 'the format where the output is a folder (default png)',
  },
  ...WINDOW_OPTIONS,
  cache: {
    type: 'string',
    value: '<folder>',
    path: 'folder',
    about: 'keep what is received there, and begin with what is there',
  },
  offline: { type: 'boolean', default: false, about: 'ask no server: only what is in the cache' },
  stateless: { type: 'boolean', default: false, about: 'open no session' },
  type: {
    type: 'string',
    default: 'jpp',
    value: '<t>',
    words: TYPES,
    about: 'kind of data-bins; jpp: of precincts; jpt: of tiles (default jpp)',
  },
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `jp2kit fetch`. */
export const FETCH: Command = {
  summary: 'bring in a window of a picture from a JPIP server',
  usage: ['<urls…> -o <output> [options]'],
  about: `Brings in a window of a picture from a JPIP server (15444-9), and nothing else of it. URLs are
jpip://host:port/target or http(s)://….`,
  options: OPTIONS,
  exits: '0 ok, 1 wrong call, 2 no answer or no such picture, 3 a picture with parts missing',
  run: runFetch,
};

/** The report of one URL. */
interface FetchReport {
  readonly url: string;
  readonly outputs: readonly string[];
  readonly status: RasterImage['status'] | 'failed';
  readonly width?: number;
  readonly height?: number;
  readonly channels?: number;
  readonly precision?: number;
  /** Bytes that came over the network, and in how many requests. */
  readonly bytes?: number;
  readonly requests?: number;
  readonly ms?: number;
  /** What was wrong and could be lived with. */
  readonly warnings?: readonly { readonly code: string; readonly message: string }[];
  /** What the format could not hold. */
  readonly notes?: readonly string[];
  readonly error?: ReportedError;
}

interface Plan {
  readonly url: string;
  readonly path: string;
  readonly format: FormatName | 'j2k';
}

async function runFetch(args: string[]): Promise<ExitCode> {
  const { values, positionals: urls } = parseCall(args, OPTIONS);
  if (urls.length === 0) throw new CommandLineError('no URLs');
  const { output, cache } = values;
  if (output === undefined) throw new CommandLineError('say where to write: -o out.png');
  if (values.offline && cache === undefined) throw new CommandLineError('--offline needs --cache');
  const wish = readWish(values);
  const type = readWord(values.type, 'type', TYPES);
  const plans = urls.map((url) => planOf(url, urls.length, output, values.format));
  const store = cache === undefined ? undefined : fileStore(cache);
  const client: JpipClientOptions = {
    type,
    offline: values.offline,
    ...(values.stateless ? { mode: 'stateless' as const } : {}),
    ...(store ? { cache: store } : {}),
  };
  const reports: FetchReport[] = [];
  let exit: ExitCode = EXIT.ok;
  await forEachFile(plans, async (plan, signal) => {
    const report = await fetchPicture(plan, wish, client, signal);
    reports.push(report);
    if (!values.json) tell(report);
    exit = worse(exit, exitOf(report));
  });
  await store?.close();
  if (values.json) print(toJson(reports));
  return exit;
}

/** Where a picture goes and in which format. */
function planOf(url: string, count: number, output: string, format: string | undefined): Plan {
  const toFolder = output.endsWith('/') || isDirectory(output);
  if (count > 1 && !toFolder && !output.includes('{name}')) {
    throw new CommandLineError('several URLs need a folder or a pattern with {name} as output');
  }
  const wanted = toFolder ? (format ?? 'png') : extname(output).slice(1);
  const chosen = /^j2[kc]$/i.test(wanted) ? 'j2k' : formatOf(wanted);
  if (chosen === undefined) throw new CommandLineError(`no format "${wanted}"; there are ${FORMATS.join(', ')}, j2k`);
  return { url, path: outputPathOf(output, nameOf(url), toFolder ? wanted : undefined), format: chosen };
}

/** The name of the target of a URL, without folders and extension. */
function nameOf(url: string): string {
  let target: string;
  try {
    const { pathname, searchParams } = new URL(url);
    target = searchParams.get('target') ?? decodeURIComponent(pathname);
  } catch {
    throw new CommandLineError(`"${url}" is no URL`);
  }
  const name = basename(target.replaceAll('\\', '/'));
  return basename(name, extname(name)) || 'picture';
}

async function fetchPicture(
  { url, path, format }: Plan,
  wish: Wish,
  client: JpipClientOptions,
  signal: AbortSignal,
): Promise<FetchReport> {
  const bar = new ProgressBar(basename(path));
  const start = performance.now();
  const diagnostics: JpipDiagnostic[] = [];
  try {
    const image = await openJpip(url, {
      ...client,
      signal,
      onEvent: (event) => {
        if (event.type === 'diagnostic') diagnostics.push(event.diagnostic);
      },
    });
    try {
      const complete = await bringIn(image, wish, client.offline === true, signal, (fraction) => bar.update(fraction));
      const base = { url, bytes: image.bytesReceived, requests: image.requests };
      if (format === 'j2k') {
        await writeWhole(path, await image.toCodestream());
        const status = complete ? 'complete' : 'partial';
        return { ...base, outputs: [path], status, ms: performance.now() - start, warnings: diagnostics };
      }
      const picture = await image.decode({ ...wish, ...decodeOptions(image, format, wish), offline: true, signal });
      bar.clear();
      const { outputs, notes } = await writeAll(picture, format, path);
      const { status, width, height, channels, precision } = picture;
      const warnings = [...diagnostics, ...picture.warnings];
      const ms = performance.now() - start;
      return { ...base, outputs, status, width, height, channels, precision, ms, warnings, notes };
    } finally {
      await image.close();
    }
  } catch (error) {
    return { url, outputs: [], status: 'failed', error: describeError(error) };
  } finally {
    bar.clear();
  }
}

/** Asks for a window until all of it is here. True when it is. */
async function bringIn(
  image: JpipImage,
  { region, reduce, layers, components }: Wish,
  offline: boolean,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<boolean> {
  const window = {
    ...(region ? { region } : {}),
    ...(reduce === undefined ? {} : { reduce }),
    ...(layers === undefined ? {} : { layers }),
    ...(components ? { components } : {}),
  };
  if (offline) return image.held(window).every((precinct) => precinct.complete);
  const updates = image.request(window, { signal });
  let told = 0;
  for (;;) {
    const step = await updates.next();
    if (step.done) return step.value;
    if (performance.now() - told < 200) continue;
    told = performance.now();
    const held = image.held(window);
    onProgress(held.filter((precinct) => precinct.complete).length / Math.max(1, held.length));
  }
}

/** How samples are to come for a format, as `jp2kit decode` has them. */
function decodeOptions({ info }: JpipImage, format: FormatName, wish: Wish): DecodeOptions {
  const interleaved = format !== 'pgx' && format !== 'raw';
  const plain = ['grey', 'srgb', 'unknown'].includes(info.colour.space);
  const colour = wish.colour ?? (!interleaved || wish.components ? 'native' : plain ? 'file' : 'srgb');
  return {
    colour,
    layout: interleaved ? 'interleaved' : 'planar',
    ...(interleaved && colour !== 'native' ? { upsample: 'linear' as const } : {}),
  };
}

async function writeAll(picture: RasterImage, format: FormatName, path: string) {
  const outputs: string[] = [];
  const notes: string[] = [];
  for (const part of writePicture(picture, format)) {
    const name = pathOfPart(path, part.suffix);
    await writeWhole(name, part.bytes);
    outputs.push(name);
    if (part.note) notes.push(part.note);
  }
  return { outputs, notes };
}

function exitOf({ status, error }: FetchReport): ExitCode {
  if (error) return exitOfError(error);
  return status === 'complete' ? EXIT.ok : EXIT.partial;
}

function tell(report: FetchReport): void {
  const { url, outputs, error, width, height, channels, precision, bytes = 0, requests = 0, status } = report;
  if (error) {
    say(`${url}: ${error.message}`);
    return;
  }
  for (const warning of report.warnings ?? []) say(`${url}: ${warning.code}: ${warning.message}`);
  for (const note of report.notes ?? []) say(`${url}: ${note}`);
  const what = width === undefined ? 'codestream' : `${width} × ${height}, ${channels} × ${precision} bits`;
  const missing = status === 'partial' ? ', parts missing' : '';
  say(`${outputs.join(', ')}: ${what}, ${bytes} bytes in ${requests} requests${missing}`);
}

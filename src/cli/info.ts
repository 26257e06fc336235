/** `jp2kit info`: what a file, here or on a server, holds, as text or JSON. */
import { basename, extname } from 'node:path';
import { type BoxNode, type ImageInfo, inspect, Jpeg2000Error, type Jpx, openJpx, open } from 'jp2kit';
import { JpipError } from 'jp2kit/jpip/client';
import { fileSource } from 'jp2kit/node';
import type { Command } from './command.ts';
import { JSON_OPTION } from './common-options.ts';
import { CommandLineError, EXIT, type ExitCode, isSystemCode, worse } from './exit.ts';
import { INDEX_FILES, JPEG2000_FILES } from './file-kinds.ts';
import { inspectRemote, isAddress, type RemoteInfo } from './info-remote.ts';
import { describeJpx, jpxReport } from './info-jpx.ts';
import { type OptionTable, parseCall } from './options.ts';
import { print, say, toJson } from './terminal.ts';

const OPTIONS = {
  tree: {
    type: 'boolean',
    default: false,
    about: 'boxes, marker segments, tile-parts and the sizes of all resolutions',
  },
  packets: {
    type: 'boolean',
    default: false,
    about: 'how many bytes each resolution, layer and component takes (walks through the whole file)',
  },
  index: {
    type: 'string',
    value: '<file>',
    path: INDEX_FILES,
    about: 'check that an index of packets, as jp2kit index makes, belongs to the file; {name} for its name',
  },
  json: { ...JSON_OPTION, about: 'everything as JSON; with --packets also the tile-parts and prefix lengths' },
} as const satisfies OptionTable;

/** `jp2kit info`. */
export const INFO: Command = {
  summary: 'say what a file holds, without decoding it',
  usage: ['<files and URLs…> [options]'],
  about: `A URL is asked by JPIP (jpip://host:port/target or http(s)://…): only headers and metadata are brought in. What is no
JPIP server is read by ranges.`,
  options: OPTIONS,
  exits: '0 ok, 1 wrong call, 2 bad input',
  files: JPEG2000_FILES,
  run: runInfo,
};

async function runInfo(args: string[]): Promise<ExitCode> {
  const { values, positionals: files } = parseCall(args, OPTIONS);
  if (files.length === 0) throw new CommandLineError('no files');
  const reports: unknown[] = [];
  let exit: ExitCode = EXIT.ok;
  for (const file of files) {
    try {
      const wanted = values.packets || values.tree;
      const { info, jpx, bytes, remote } = isAddress(file)
        ? await inspectAddress(file, values)
        : await inspectFile(file, wanted);
      const index = values.index?.replaceAll('{name}', basename(file, extname(file)));
      const indexBytes = index === undefined ? undefined : await checkIndex(file, index);
      if (values.json)
        reports.push({
          file,
          ...(bytes === undefined ? {} : { bytes }),
          ...remote,
          ...info,
          ...(jpx ? { jpx: jpxReport(jpx) } : {}),
          ...(index ? { index, indexBytes } : {}),
        });
      else {
        print(describe(file, bytes, remote, info, jpx, values).join('\n'));
        if (index) print(`  index         ${index}, ${indexBytes} bytes`);
      }
    } catch (error) {
      const known = error instanceof Jpeg2000Error || error instanceof JpipError;
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!known && !isSystemCode(code)) throw error;
      const { message } = error as Error;
      if (values.json) reports.push({ file, error: { kind: known ? error.kind : 'system', code, message } });
      else say(`${file}: ${message}`);
      exit = worse(exit, EXIT.badInput);
    }
  }
  if (values.json) print(toJson(files.length === 1 ? reports[0] : reports));
  return exit;
}

/** Opens a file with an index, which fails where they do not belong together; the bytes of the index. */
async function checkIndex(file: string, path: string): Promise<number> {
  const source = await fileSource(file);
  try {
    const index = await fileSource(path);
    try {
      await open(source, { index });
      return index.size ?? 0;
    } finally {
      await index.close?.();
    }
  } finally {
    await source.close?.();
  }
}

/** What is known of a file: of the picture it begins with, and of several, where there are. */
interface Inspected {
  readonly info: ImageInfo | undefined;
  readonly jpx: Jpx | undefined;
  /** Size of the file, where it is known. */
  readonly bytes: number | undefined;
  /** What it took to learn this, where the file is elsewhere. */
  readonly remote?: RemoteInfo;
}

async function inspectAddress(url: string, wanted: { packets: boolean; index?: string }): Promise<Inspected> {
  if (wanted.packets || wanted.index !== undefined) {
    throw new CommandLineError('--packets and --index need the file itself, not a URL');
  }
  const { info, bytes, remote } = await inspectRemote(url);
  return { info, jpx: undefined, bytes, remote };
}

async function inspectFile(file: string, index: boolean): Promise<Inspected> {
  const source = await fileSource(file);
  const bytes = source.size ?? 0;
  try {
    let info: ImageInfo | undefined;
    let failure: unknown;
    try {
      info = await inspect(source, { index });
    } catch (error) {
      failure = error;
    }
    // a movie whose first frame lies in another file is described by what it says itself
    const elsewhere = failure instanceof Jpeg2000Error && failure.code === 'fragment';
    if (failure !== undefined && !elsewhere) throw failure;
    const jpx = info === undefined || info.container === 'jpx' ? await openJpx(source) : undefined;
    return { info, jpx: jpx && (elsewhere || isMore(jpx)) ? jpx : undefined, bytes };
  } finally {
    await source.close?.();
  }
}

/** Whether a file holds more than one picture. */
function isMore({ codestreams, layers, composition }: Jpx): boolean {
  return codestreams.length > 1 || layers.length > 1 || composition !== undefined;
}

function describe(
  file: string,
  bytes: number | undefined,
  remote: RemoteInfo | undefined,
  info: ImageInfo | undefined,
  jpx: Jpx | undefined,
  wanted: { tree?: boolean; packets?: boolean },
): string[] {
  const size = bytes === undefined ? '' : `, ${bytes} bytes`;
  const cost = remote ? `, ${remote.received} bytes received in ${remote.requests} requests` : '';
  const lines = [`${file}: ${info?.container ?? 'jpx'}${size}${cost}`];
  if (info) lines.push(...facts(info, bytes));
  if (jpx) lines.push(...describeJpx(jpx));
  if (wanted.tree) lines.push(...(info ? tree(info, jpx?.boxes) : boxTree(jpx?.boxes ?? [])));
  if (wanted.packets && info) lines.push(...packets(info));
  const warnings = [...(info?.warnings ?? []), ...(info ? [] : (jpx?.warnings ?? []))];
  lines.push(...warnings.map((warning) => `  warning       ${warning.code}: ${warning.message}`));
  return lines;
}

function facts(info: ImageInfo, bytes: number | undefined): string[] {
  const { components, tiles, colour, codeBlock, markers } = info;
  const grids = [
    ...new Set(components.map((c) => `${c.signed ? 'signed ' : ''}${c.precision} bits on ${c.dx} × ${c.dy}`)),
  ];
  const present = Object.entries(markers).flatMap(([name, there]) => (there ? [name.toUpperCase()] : []));
  const rows: [string, string][] = [
    [
      'size',
      `${info.width} × ${info.height}${info.origin.x || info.origin.y ? ` at ${info.origin.x}, ${info.origin.y}` : ''}`,
    ],
    ['components', `${components.length}: ${grids.join(', ')}`],
    [
      'colour',
      `${colour.space}${colour.palette ? ', palette' : ''}${colour.icc ? `, ICC ${colour.icc.length} bytes` : ''}`,
    ],
    ['tiles', `${tiles.columns} × ${tiles.rows} of ${tiles.width} × ${tiles.height}`],
    ['resolutions', `${info.levels + 1}`],
    ['layers', `${info.layers}`],
    ['progression', info.progression],
    ['transform', `${info.reversible ? '5/3, reversible' : '9/7, irreversible'}; components: ${info.mct}`],
    ['code-blocks', [`${codeBlock.width} × ${codeBlock.height}, ${info.coder}`, ...codeBlock.styles].join(', ')],
    ['precincts', info.precincts.map((p) => `${p.width} × ${p.height}`).join(', ') || 'none'],
    ['quantisation', `${info.quantization.style}, ${info.quantization.guardBits} guard bits`],
    ['profile', info.profile.name ?? `0x${info.profile.rsiz.toString(16)}`],
    ['markers', present.join(' ') || 'none optional'],
    ...(bytes === undefined ? [] : [rateOf(bytes, info)]),
    ...info.comments.map((comment): [string, string] => ['comment', comment]),
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`);
}

function rateOf(bytes: number, { width, height }: ImageInfo): [string, string] {
  return ['rate', `${((bytes * 8) / (width * height)).toFixed(2)} bits per pixel`];
}

function treeLine(depth: number, offset: number, text: string): string {
  return `  ${String(offset).padStart(10)} ${'  '.repeat(depth)}${text}`;
}

function boxTree(boxes: ImageInfo['boxes'] | readonly BoxNode[], depth = 0): string[] {
  return boxes.flatMap((box) => [
    treeLine(depth, box.offset, `box '${box.type}', ${box.length} bytes`),
    ...boxTree(box.children ?? [], depth + 1),
  ]);
}

function tree(info: ImageInfo, boxes: readonly BoxNode[] | undefined): string[] {
  const lines = boxTree(boxes ?? info.boxes);
  const line = (depth: number, offset: number, text: string): void => {
    lines.push(treeLine(depth, offset, text));
  };
  const depth = info.boxes.length > 0 ? 1 : 0;
  line(depth, info.codestream.offset, 'codestream');
  for (const segment of info.segments) line(depth + 1, segment.offset, `${segment.name}, ${segment.length} bytes`);
  for (const part of info.tileParts ?? []) {
    line(depth + 1, part.offset, `tile ${part.tile}, part ${part.part}, ${part.length} bytes`);
    for (const segment of part.segments) line(depth + 2, segment.offset, `${segment.name}, ${segment.length} bytes`);
  }
  lines.push('  resolutions, full size of each component');
  for (let r = info.levels; r >= 0; r--) {
    const scale = 2 ** (info.levels - r);
    const sizes = info.components.map((c) => {
      const [x0, y0] = [Math.ceil(info.origin.x / c.dx), Math.ceil(info.origin.y / c.dy)];
      const width = Math.ceil((x0 + c.width) / scale) - Math.ceil(x0 / scale);
      const height = Math.ceil((y0 + c.height) / scale) - Math.ceil(y0 / scale);
      return `${width} × ${height}`;
    });
    lines.push(`  ${String(r).padStart(10)} ${[...new Set(sizes)].join(', ')}`);
  }
  return lines;
}

function packets({ packets: statistics, byteRanges }: ImageInfo): string[] {
  if (!statistics) return [];
  const lines = [`  packets       ${statistics.count}`];
  const table = (what: string, values: readonly number[]): void => {
    values.forEach((bytes, k) => {
      lines.push(`    ${what} ${String(k).padStart(2)} ${String(bytes).padStart(10)} bytes`);
    });
  };
  table('resolution', statistics.bytesByResolution);
  table('layer     ', statistics.bytesByLayer);
  table('component ', statistics.bytesByComponent);
  for (const need of byteRanges ?? []) {
    lines.push(`    the first ${need.end} bytes hold resolutions to ${need.resolution} with ${need.layers} layers`);
  }
  return lines;
}

/**
 * Time and memory over the size of a picture: `npm run bench:plots -- [--rounds n] [--most megapixels] [--update]`.
 *
 * Each run is a process of its own, whose peak memory counts. Large pictures are one small encoded picture repeated, so that they cost
 * nothing to make and no memory to read: as tiles, and as the packets of one tile. With `--update` the plots go into docs and the table into
 * docs/performance.md.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { transcodePackets } from '../../src/codec/index.ts';
import { createEncoder, decodeRows, type EncodeOptions, encodeSync, open } from '../../src/index.ts';
import { fileSource } from '../../src/node/index.ts';
import { hostExecutor } from '../../src/platform/host-executor.ts';
import { hugePicture } from '../../test/support/huge-picture.ts';
import { peakMemory } from '../../test/support/peak-memory.ts';
import { inRepository } from '../../test/support/root.ts';
import { type Axis, circles, colourOf, endLabels, plot, type Points, polyline } from '../support/plot.ts';
import { RepeatedSource } from '../support/repeated-source.ts';
import { cached, photographs } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    /** Larger pictures are left out; to try the bench. */
    most: { type: 'string', default: '2000' },
    update: { type: 'boolean', default: false },
    /** For the processes that this one starts: what to do, with which file, and how many tiles across. */
    child: { type: 'string' },
    file: { type: 'string' },
    across: { type: 'string' },
  },
});

const TILE = 1024;
/** Tiles across: 1, 4, 16, 64, 100 and 400 million points, more or less. */
const GRIDS = [1, 2, 4, 8, 10, 20];
const MOST_ENCODED = 10;
/** Pictures so large that they do not fit into the memory that is aimed at: in tiles, and as one tile. */
const HUGE = 40;
const UNTILED = 20;
const PER_WRITE = 64;

interface Report {
  readonly seconds: number;
  readonly peak: number;
}

const CHILDREN: Record<string, (file: string, across: number) => Promise<unknown>> = {
  nothing: async () => {},
  rows: async (file, across) => everyRow(hugePicture(new Uint8Array(readFileSync(file)), across, across)),
  'rows-of-file': async (file) => everyRow(await fileSource(file)),
  window: async (file, across) => {
    const image = await open(hugePicture(new Uint8Array(readFileSync(file)), across, across));
    const at = ((across - 1) * TILE) / 2; // cuts four tiles where there are so many
    const { status } = await image.decode({ region: { x: at, y: at, width: TILE, height: TILE } });
    if (status !== 'complete') throw new Error(status);
  },
  encode: encodeRows,
};

if (values.child) {
  const start = performance.now();
  await CHILDREN[values.child]!(values.file!, Number(values.across));
  const report: Report = { seconds: (performance.now() - start) / 1000, peak: peakMemory() };
  console.log(JSON.stringify(report));
} else await run();

async function everyRow(source: Parameters<typeof decodeRows>[0]): Promise<void> {
  let rows = 0;
  for await (const { height, status } of decodeRows(source)) {
    rows += height;
    if (status !== 'complete') throw new Error(status);
  }
  if (rows === 0) throw new Error('no rows');
}

/** Encodes photographs without loss, in tiles, from a file of samples. */
async function encodeRows(file: string, across: number): Promise<void> {
  const side = across * TILE;
  const input = openSync(file, 'r');
  const encoder = createEncoder(
    { width: side, height: side, channels: 3 },
    { tile: { width: TILE, height: TILE }, sink: { write: async () => {} } },
  );
  const stride = 3 * TILE;
  const rows = new Uint8Array(PER_WRITE * side * 3);
  for (let y = 0; y < side; y += PER_WRITE) {
    for (let k = 0; k < PER_WRITE; k++) {
      const row = rows.subarray(k * side * 3, (k + 1) * side * 3);
      readSync(input, row, 0, stride, ((y + k) % TILE) * stride);
      for (let x = stride; x < row.length; x += stride) row.copyWithin(x, 0, stride);
    }
    await encoder.writeRows(rows);
  }
  await encoder.finish();
  closeSync(input);
}

interface Row {
  readonly what: string;
  readonly side: number;
  readonly channels: number;
  readonly seconds: readonly number[];
  readonly peak: number;
}

/** One job at one size, as many times as was asked for; nothing where the picture is too large today. */
function measure(what: string, child: string, file: string, across: number, channels: number): Row[] {
  const side = across * TILE;
  if (side * side > Number(values.most) * 1e6) return [];
  const reports = Array.from({ length: Number(values.rounds) }, () => start(child, file, across));
  const seconds = reports.map((report) => report.seconds);
  console.error(`${what}, ${side} × ${side}: ${seconds.map((s) => s.toFixed(2))} s`);
  return [{ what, side, channels, seconds, peak: Math.max(...reports.map(({ peak }) => peak)) }];
}

function start(child: string, file = '', across = 0): Report {
  const args = [process.argv[1]!, '--child', child, '--file', file, '--across', String(across)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

async function run(): Promise<void> {
  const samples = await cached('scaling-samples.rgb', () => photographs(TILE, TILE));
  const colour = await cached('scaling-tile.j2k', () => encodeTile(3, { rate: { bpp: 1 } }));
  const grey = await cached('scaling-grey.j2k', () => encodeTile(1, { rate: { bpp: 0.5 } }));
  const untiled = await cached('scaling-untiled.j2k', makeUntiled);
  const groups = [
    {
      label: 'decodeRows',
      rows: GRIDS.flatMap((n) => measure('`decodeRows`, RGB 1 bit a pixel', 'rows', colour, n, 3)),
    },
    {
      label: 'window of 1024²',
      rows: GRIDS.flatMap((n) => measure('a window of 1024 × 1024 of it', 'window', colour, n, 3)),
    },
    {
      label: 'encoding, lossless',
      rows: GRIDS.filter((n) => n <= MOST_ENCODED).flatMap((n) =>
        measure('`createEncoder`, RGB lossless', 'encode', samples, n, 3),
      ),
    },
  ];
  const large = [
    ...measure('`decodeRows`, grey, 0.5 bit a pixel, tiles', 'rows', grey, HUGE, 1),
    ...measure('`decodeRows`, grey, one tile, precincts of 256, RPCL, PLT', 'rows-of-file', untiled, UNTILED, 1),
  ];
  const rows = [...groups.flatMap((group) => group.rows), ...large].map(({ what, side, channels, seconds, peak }) => {
    const time = summarise(seconds);
    return [
      what,
      `${side} × ${side}`,
      ((side * side) / 1e6).toFixed(0),
      seconds.length > 1 ? formatSample(time, 2) : time.median.toFixed(2),
      what.startsWith('a window') ? '' : ((side * side) / 1e6 / time.median).toFixed(1),
      megabytes(peak),
      megabytes(side * side * channels),
    ];
  });
  const head = ['what', 'size', 'megapixels', 'seconds', 'megapixels a second', 'peak memory, MB', 'samples, MB'];
  const idle = megabytes(start('nothing').peak);
  const text = `${describeMachine()}; ${values.rounds} processes each. One that does nothing has ${idle} MB.\n\n${markdownTable([head, ...rows])}`;
  console.log(text);
  const lines = groups.filter((group) => group.rows.length > 1);
  const time = lines.map(({ label, rows: list }) => ({
    label,
    points: list.map(({ side, seconds }) => [(side * side) / 1e6, summarise(seconds).median] as const),
  }));
  const memory = lines.map(({ label, rows: list }) => ({
    label,
    points: list.map(({ side, peak }) => [(side * side) / 1e6, peak / 2 ** 20] as const),
  }));
  const first = lines[0]!.rows.map(
    ({ side, channels }) => [(side * side) / 1e6, (side * side * channels) / 2 ** 20] as const,
  );
  memory.push({ label: 'the samples', points: first });
  const plots = {
    'speed-size.svg': logPlot('Time over size, one thread', 'seconds', 10, time),
    'memory-size.svg': logPlot('Peak memory of the process over size', 'MB', 2, memory),
  };
  for (const [name, svg] of Object.entries(plots)) {
    writeFileSync(inRepository(...(values.update ? ['docs'] : ['node_modules', '.cache']), name), svg);
  }
  if (values.update) updateDocument('scaling', text);
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function encodeTile(channels: 1 | 3, options: EncodeOptions): Uint8Array {
  const colours = photographs(TILE, TILE);
  const data = channels === 3 ? colours : colours.filter((_, k) => k % 3 === 1);
  return encodeSync(
    { width: TILE, height: TILE, channels, data },
    {
      container: 'codestream',
      progression: 'RPCL',
      levels: 5,
      precincts: [256, 256, 256, 128, 64, 32].map((side) => ({ width: side, height: side })),
      tile: { width: TILE, height: TILE },
      ...options,
    },
  ).data;
}

/** One tile of 20 480 x 20 480: the packets of a small picture, whose precincts divide its sides on every resolution level. */
async function makeUntiled(): Promise<Uint8Array> {
  const small = encodeTile(1, { rate: { bpp: 0.5 } });
  const pieces: Uint8Array[] = [];
  const sink = { write: async (piece: Uint8Array) => void pieces.push(piece.slice()) };
  await transcodePackets(hostExecutor, new RepeatedSource(small, UNTILED, UNTILED, false), sink, {
    markers: { plt: true },
  });
  return new Uint8Array(Buffer.concat(pieces));
}

/** Lines with both axes logarithmic. */
function logPlot(
  title: string,
  unit: string,
  base: number,
  lines: readonly { label: string; points: Points }[],
): string {
  const axisOf = (all: readonly number[], step: number, label: string): Axis => {
    const from = Math.floor(Math.log(Math.min(...all)) / Math.log(step) + 1e-9);
    const to = Math.ceil(Math.log(Math.max(...all)) / Math.log(step) - 1e-9);
    const ticks = Array.from({ length: to - from + 1 }, (_, k) => step ** (from + k));
    const format = (tick: number): string => String(Number(tick.toPrecision(6)));
    return { low: step ** from, high: step ** to, ticks, label, logarithmic: true, format };
  };
  const all = lines.flatMap(({ points }) => points);
  const axes = {
    x: axisOf(
      all.map(([x]) => x),
      2,
      'megapixels',
    ),
    y: axisOf(
      all.map(([, y]) => y),
      base,
      unit,
    ),
  };
  const marks = lines.map(({ points }, k) => polyline(points, axes, colourOf(k)) + circles(points, axes, colourOf(k)));
  const ends = lines.map(({ label, points }) => ({ label, value: points.at(-1)![1] }));
  return plot(title, axes, `${marks.join('\n')}\n${endLabels(ends, axes)}`);
}

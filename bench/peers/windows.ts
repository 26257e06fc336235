/**
 * What a window or a small version of a large picture costs, as a share of the whole: `npm run bench:windows -- [--rounds n] [--only picture]
 * [--update]`. Ours beside `opj_decompress`, which tells its own time; all take turns within every round, and shares are of the
 * same round.
 *
 * Then windows of one opened picture, which keeps decoded code-blocks, and the first look at a picture of 20 480 x 20 480 with an index.
 */
import { parseArgs } from 'node:util';
import { buildIndex, type DecodeOptions, decodeSync, encodeSync, open, type RasterImage } from '../../src/index.ts';
import { hugePicture } from '../../test/support/huge-picture.ts';
import { decodeWithOpj, readPnmFile, scratchFile, versionOfOpj } from '../support/native.ts';
import { benchPool } from '../support/pool.ts';
import { photographs, RECIPES, type Stream, type StreamName, streamOf } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    /** One of the pictures, or `opened`, or `first`. */
    only: { type: 'string' },
    update: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
/** Windows take turns so many times in a round, as they are short. */
const TURNS = 3;
const SIDE = 1024;
const TILE = 1024;
const ACROSS = 20;

const sections = [`${describeMachine()}; ${rounds} rounds; opj_decompress ${versionOfOpj()}, one thread each.`];
if (['large-tiled', 'large-precincts', 'large-plain'].some(wanted)) sections.push(await shares());
if (wanted('opened')) sections.push(await openedPicture());
if (wanted('first')) sections.push(await firstLook());
const text = sections.join('\n\n');
console.log(text);
if (values.update) updateDocument('windows', text);

function wanted(what: string): boolean {
  return values.only === undefined || values.only === what;
}

interface Window {
  readonly what: string;
  readonly options: DecodeOptions;
  readonly args: readonly string[];
}

/** Windows that begin at no multiple of anything, so that they cut precincts and tiles, and whole pictures at fewer resolutions. */
function windowsOf(side: number): Window[] {
  const regionOf = (size: number): Window => {
    const [x, y] = [Math.floor(side * 0.37), Math.floor(side * 0.31)];
    return {
      what: `window of ${size} × ${size}`,
      options: { region: { x, y, width: size, height: size } },
      args: ['-d', `${x},${y},${x + size},${y + size}`],
    };
  };
  const reducedBy = (reduce: number): Window => ({
    what: `the whole, reduced to ${side >> reduce} × ${side >> reduce}`,
    options: { reduce },
    args: ['-r', String(reduce)],
  });
  return [regionOf(SIDE), regionOf(SIDE / 4), reducedBy(1), reducedBy(3), reducedBy(5)];
}

/** Windows against the whole, ours and theirs. */
async function shares(): Promise<string> {
  const rows = [
    [
      'picture',
      'what',
      'jp2kit, ms',
      'OpenJPEG, ms',
      'of the whole, jp2kit',
      'of the whole, OpenJPEG',
      'share, jp2kit over OpenJPEG',
    ],
  ];
  for (const name of ['large-tiled', 'large-precincts', 'large-plain'] satisfies StreamName[]) {
    if (!wanted(name)) continue;
    const stream = await streamOf(name);
    const { side } = RECIPES[name];
    const list = windowsOf(side);
    for (const { what, options, args } of list) checkAlike(`${name}, ${what}`, stream, options, args);
    const ours = list.map(() => [] as number[]);
    const theirs = list.map(() => [] as number[]);
    const whole: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      whole.ours.push(timeOurs(stream, {}));
      whole.theirs.push(timeTheirs(stream, []));
      list.forEach(({ options, args }, k) => {
        const mine: number[] = [];
        const other: number[] = [];
        for (let turn = 0; turn < TURNS; turn++) {
          mine.push(timeOurs(stream, options));
          other.push(timeTheirs(stream, args));
        }
        ours[k]!.push(summarise(mine).median);
        theirs[k]!.push(summarise(other).median);
      });
    }
    const row = (title: string, what: string, mine: number[], other: number[]): string[] => {
      const mineOf = mine.map((ms, round) => ms / whole.ours[round]!);
      const otherOf = other.map((ms, round) => ms / whole.theirs[round]!);
      const between = mineOf.map((share, round) => share / otherOf[round]!);
      return [
        title,
        what,
        formatSample(summarise(mine)),
        formatSample(summarise(other)),
        percent(mineOf),
        percent(otherOf),
        formatSample(summarise(between), 2),
      ];
    };
    rows.push(row(`${side} × ${side}, ${RECIPES[name].what}`, 'the whole', whole.ours, whole.theirs));
    list.forEach(({ what }, k) => void rows.push(row('', what, ours[k]!, theirs[k]!)));
  }
  return markdownTable(rows);
}

function percent(shares: readonly number[]): string {
  return `${formatSample(summarise(shares.map((share) => 100 * share)), 2)} %`;
}

function timeOurs({ bytes }: Stream, options: DecodeOptions): number {
  const start = performance.now();
  decodeSync(bytes, { colour: 'native', ...options });
  return performance.now() - start;
}

function timeTheirs({ path }: Stream, args: readonly string[]): number {
  return decodeWithOpj(path, scratchFile('window.ppm'), args);
}

/** Both have to find the same samples; these pictures are lossless. */
function checkAlike(what: string, { bytes, path }: Stream, options: DecodeOptions, args: readonly string[]): void {
  const ours = decodeSync(bytes, { colour: 'native', ...options });
  const output = scratchFile('window.ppm');
  decodeWithOpj(path, output, args);
  const theirs = readPnmFile(output);
  const alike =
    ours.width === theirs.width &&
    ours.height === theirs.height &&
    Buffer.compare(bytesOf(ours.data), bytesOf(theirs.data)) === 0;
  if (!alike) throw new Error(`${what}: not what opj_decompress finds`);
}

function bytesOf({ buffer, byteOffset, byteLength }: RasterImage['data']): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Windows of a picture that stays open: the same again, moved, at half the size. */
async function openedPicture(): Promise<string> {
  const { bytes, what } = await streamOf('large-tiled');
  const region = { x: 3000, y: 2500, width: SIDE, height: SIDE };
  const steps: { name: string; options: DecodeOptions }[] = [
    { name: 'the same again', options: { region } },
    { name: 'moved by 128 samples', options: { region: { ...region, x: region.x + 128 } } },
    { name: '… and by 128 more, down', options: { region: { ...region, x: region.x + 128, y: region.y + 128 } } },
    {
      name: 'zoomed in: a quarter of it',
      options: { region: { ...region, width: SIDE / 2, height: SIDE / 2 } },
    },
    { name: 'zoomed out: twice the sides, half the resolution', options: { region: around(region), reduce: 1 } },
  ];
  const times = steps.map(() => ({ kept: [] as number[], anew: [] as number[] }));
  const first: number[] = [];
  for (let round = -1; round < rounds * TURNS; round++) {
    const kept = await open(bytes);
    const anew = await open(bytes, { cacheBytes: 0 });
    const cold = await timeOf(() => kept.decode({ region }));
    if (round >= 0) first.push(cold);
    for (const [k, { options }] of steps.entries()) {
      const ms = await timeOf(() => kept.decode(options));
      const plain = await timeOf(() => anew.decode(options));
      if (round < 0) continue;
      times[k]!.kept.push(ms);
      times[k]!.anew.push(plain);
    }
    await kept.close();
    await anew.close();
  }
  const rows = steps.map(({ name }, k) => {
    const { kept, anew } = times[k]!;
    const ratios = kept.map((ms, round) => ms / anew[round]!);
    return [name, formatSample(summarise(kept)), formatSample(summarise(anew)), formatSample(summarise(ratios), 2)];
  });
  const head = [`windows of ${SIDE} × ${SIDE}, picture opened`, 'ms', 'ms where nothing is kept', 'of that'];
  rows.unshift(['the first', formatSample(summarise(first)), '', '']);
  return `One picture that is opened once (8192 × 8192, ${what}), one window after the other:\n\n${markdownTable([head, ...rows])}`;
}

function around({ x, y, width, height }: { x: number; y: number; width: number; height: number }): {
  x: number;
  y: number;
  width: number;
  height: number;
} {
  return { x: x - width / 2, y: y - height / 2, width: 2 * width, height: 2 * height };
}

/** Opening a huge picture with its index, and the first window and the first thumbnail of it. */
async function firstLook(): Promise<string> {
  const tile = encodeSync(
    { width: TILE, height: TILE, channels: 3, data: photographs(TILE, TILE) },
    {
      container: 'codestream',
      progression: 'RPCL',
      rate: [{ bpp: 0.1 }, { bpp: 1 }],
      precincts: [{ width: 256, height: 256 }],
      tile: { width: TILE, height: TILE },
    },
  ).data;
  const picture = hugePicture(tile, ACROSS, ACROSS);
  const index = await buildIndex(picture);
  const regionOf = (k: number, size: number) => ({
    x: 700 + 900 * (k % 20),
    y: 18_000 - 800 * (k % 20),
    width: size,
    height: size,
  });
  const looks: { name: string; options: (k: number) => DecodeOptions }[] = [
    { name: `window of ${SIDE} × ${SIDE}`, options: (k) => ({ region: regionOf(k, SIDE) }) },
    { name: '… its first layer alone', options: (k) => ({ region: regionOf(k, SIDE), layers: 1 }) },
    { name: 'window of 256 × 256', options: (k) => ({ region: regionOf(k, 256) }) },
    {
      name: `the whole, at most ${SIDE} × ${SIDE}`,
      options: () => ({ maxSize: { width: SIDE, height: SIDE } }),
    },
    {
      name: '… its first layer alone',
      options: () => ({ maxSize: { width: SIDE, height: SIDE }, layers: 1 }),
    },
  ];
  const rows = [
    [
      'first look',
      'size',
      'ms from opening, median (quartiles)',
      'with two workers, ms',
      'the first time in the process, ms',
    ],
  ];
  const pool = await benchPool(2);
  for (const { name, options } of looks) {
    const times = { alone: [] as number[], two: [] as number[] };
    let size = '';
    const look = (k: number, more: DecodeOptions) =>
      timeOf(async () => {
        const image = await open(picture, { index });
        const { width, height } = await image.decode({ ...options(k), ...more });
        size = `${width} × ${height}`;
        await image.close();
      });
    const firstTime = await look(0, {});
    await look(0, { pool });
    for (let k = 1; k <= rounds * TURNS; k++) {
      times.alone.push(await look(k, {}));
      times.two.push(await look(k, { pool }));
    }
    const [alone, two] = [times.alone, times.two].map(summarise);
    rows.push([name, size, formatSample(alone!), formatSample(two!), firstTime.toFixed(0)]);
  }
  await pool.close();
  const side = ACROSS * TILE;
  return (
    `A picture of ${side} × ${side} (RGB, 1 bit a pixel, of which 0.1 in a first layer, ${(picture.size / 1e6).toFixed(0)} MB in ${ACROSS * ACROSS} tiles), opened ` +
    `with an index of ${(index.length / 1e6).toFixed(2)} MB each time:\n\n${markdownTable(rows)}`
  );
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

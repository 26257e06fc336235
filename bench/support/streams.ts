/**
 * The pictures that benches decode: mosaics of the shared photographs, encoded once with `opj_compress` and kept in a
 * cache outside version control (`JP2KIT_BENCH_CACHE`, or node_modules/.cache/jp2kit-bench).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode as decodePng } from 'fast-png';
import { inRepository } from '../../test/support/root.ts';
import { requireSharedFolder } from '../../test/support/shared-folder.ts';
import { runTool } from '../../test/support/tools.ts';

/** An encoded picture with its name. */
export interface Stream {
  readonly name: string;
  readonly what: string;
  /** Where it lies, for other programs. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Samples of the whole picture. */
  readonly samples: number;
}

interface Recipe {
  readonly what: string;
  readonly side: number;
  readonly channels: 1 | 3;
  readonly depth: 8 | 16;
  readonly args: readonly string[];
}

/** The classes of pictures, by name. */
export const RECIPES = {
  'rgb-lossless': { what: 'RGB 8 bits, lossless', side: 2048, channels: 3, depth: 8, args: [] },
  'rgb-1bpp': {
    what: 'RGB 8 bits, 1 bit per pixel in 4 layers',
    side: 2048,
    channels: 3,
    depth: 8,
    args: ['-I', '-r', '192,96,48,24'],
  },
  'rgb-025bpp': {
    what: 'RGB 8 bits, 0.25 bit per pixel',
    side: 2048,
    channels: 3,
    depth: 8,
    args: ['-I', '-r', '96'],
  },
  'rgb-small': { what: 'RGB 8 bits, lossless, 512 × 512', side: 512, channels: 3, depth: 8, args: [] },
  'grey-16': { what: 'grey 16 bits, lossless', side: 2048, channels: 1, depth: 16, args: [] },
  'large-tiled': {
    what: 'RGB 8 bits, lossless, tiles of 1024',
    side: 8192,
    channels: 3,
    depth: 8,
    args: ['-t', '1024,1024', '-p', 'RPCL', '-PLT', '-TLM', '-threads', 'ALL_CPUS'],
  },
  'large-precincts': {
    what: 'RGB 8 bits, lossless, one tile, precincts of 256',
    side: 4096,
    channels: 3,
    depth: 8,
    args: ['-c', Array(6).fill('[256,256]').join(','), '-p', 'RPCL', '-PLT', '-threads', 'ALL_CPUS'],
  },
  'large-plain': {
    what: 'RGB 8 bits, lossless, one tile, no precincts',
    side: 4096,
    channels: 3,
    depth: 8,
    args: ['-threads', 'ALL_CPUS'],
  },
} satisfies Record<string, Recipe>;

/** Names of the classes. */
export type StreamName = keyof typeof RECIPES;

/** The folder in which pictures are kept. */
export function benchCache(): string {
  const folder = process.env.JP2KIT_BENCH_CACHE ?? inRepository('node_modules', '.cache', 'jp2kit-bench');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A file that is made on first use. */
export async function cached(name: string, make: () => Uint8Array | Promise<Uint8Array>): Promise<string> {
  const path = join(benchCache(), name);
  if (!existsSync(path)) {
    console.error(`making ${path} …`);
    const part = `${path}.part`;
    writeFileSync(part, await make());
    renameSync(part, path);
  }
  return path;
}

/** The encoded picture of a class; made on first use. */
export async function streamOf(name: StreamName): Promise<Stream> {
  const recipe: Recipe = RECIPES[name];
  const folder = benchCache();
  const path = join(folder, `${name}.j2k`);
  if (!existsSync(path)) {
    console.error(`making ${path} …`);
    const input = join(folder, recipe.channels === 3 ? `${name}.ppm` : `${name}.pgm`);
    writeFileSync(input, paint(recipe));
    const output = join(folder, `${name}.part.j2k`);
    const run = await runTool('opj_compress', ['-i', input, '-o', output, ...recipe.args], 600_000);
    rmSync(input);
    if (!run.ok) throw new Error(run.output);
    renameSync(output, path);
  }
  const bytes = new Uint8Array(readFileSync(path));
  return { name, what: recipe.what, path, bytes, samples: recipe.side * recipe.side * recipe.channels };
}

/** The samples of a class before they are encoded. */
export function pictureOf(name: StreamName): {
  width: number;
  height: number;
  channels: number;
  precision: number;
  data: Uint8Array | Uint16Array;
} {
  const recipe: Recipe = RECIPES[name];
  const { side, channels, depth } = recipe;
  const file = paint(recipe);
  const count = side * side * channels;
  const bytes = file.subarray(file.length - (count * depth) / 8);
  const data =
    depth === 8 ? bytes : Uint16Array.from({ length: count }, (_, k) => (bytes[2 * k]! << 8) | bytes[2 * k + 1]!);
  return { width: side, height: side, channels, precision: depth, data };
}

/** The top left corner of the mosaic, three interleaved samples a point. */
export function photographs(width: number, height: number): Uint8Array {
  const mosaic = paintMosaic();
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    data.set(mosaic.subarray(y * MOSAIC * 3, (y * MOSAIC + width) * 3), y * width * 3);
  }
  return data;
}

/** A class before it is encoded, as a binary PNM file. */
export function pnmOf(name: StreamName): Uint8Array {
  return paint(RECIPES[name]);
}

/** A binary PNM file of the mosaic, repeated with flips where the picture is larger. */
function paint({ side, channels, depth }: Recipe): Uint8Array {
  const mosaic = paintMosaic();
  const header = new TextEncoder().encode(`P${channels === 3 ? 6 : 5}\n${side} ${side}\n${2 ** depth - 1}\n`);
  const bytes = new Uint8Array(header.length + (side * side * channels * depth) / 8);
  bytes.set(header);
  let at = header.length;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (flip(y) * MOSAIC + flip(x)) * 3;
      const [r, g, b] = [mosaic[from]!, mosaic[from + 1]!, mosaic[from + 2]!];
      if (channels === 3) {
        bytes[at++] = r;
        bytes[at++] = g;
        bytes[at++] = b;
      } else {
        const luma = 77 * r + 150 * g + 29 * b; // 16 bits, with low bits as busy as a sensor's
        bytes[at++] = luma >> 8;
        bytes[at++] = luma & 255;
      }
    }
  }
  return bytes;
}

const MOSAIC = 2048;

function flip(x: number): number {
  const k = x % (2 * MOSAIC);
  return k < MOSAIC ? k : 2 * MOSAIC - 1 - k;
}

/** Twelve photographs of 768 × 512, three across and four down, cut to 2048 × 2048. */
function paintMosaic(): Uint8Array {
  const mosaic = new Uint8Array(MOSAIC * MOSAIC * 3);
  const names = ['01', '02', '03', '05', '06', '07', '08', '11', '12', '13', '14', '15'];
  names.forEach((name, k) => {
    const png = decodePng(readFileSync(join(requireSharedFolder(), 'bench-seeds', `kodim${name}.png`)));
    const [x0, y0] = [(k % 3) * 768, Math.floor(k / 3) * 512];
    const width = Math.min(768, MOSAIC - x0);
    for (let y = 0; y < 512; y++) {
      const row = (png.data as Uint8Array).subarray(y * 768 * 3, (y * 768 + width) * 3);
      mosaic.set(row, ((y0 + y) * MOSAIC + x0) * 3);
    }
  });
  return mosaic;
}

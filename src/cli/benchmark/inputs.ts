/** What is measured with: files, or painted pictures, as bytes to decode or samples to encode. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { decode, encode, type EncodeOptions, inspect, type RasterImage, type RawImage } from 'jp2kit';
import { componentsOf, expandPalette } from '../formats/input-picture.ts';
import { writePnm } from '../formats/pnm.ts';
import { filesOf, kindOf, readInput } from '../read-picture.ts';
import { paint, parsePaintedKind } from './painted.ts';

/** One thing to measure with. */
export interface Input {
  readonly name: string;
  /** The file, where it is JPEG 2000 already. */
  readonly file: string | undefined;
  /** Its bytes. */
  readonly bytes: Uint8Array | undefined;
  /** The samples of a picture of another format. */
  readonly picture: RawImage | undefined;
}

/** A painted picture. */
export function paintedInput(kind: string): Input {
  return { name: kind, file: undefined, bytes: undefined, picture: paint(parsePaintedKind(kind)) };
}

/** A file of any format that the command line reads. */
export async function fileInput(file: string): Promise<Input> {
  if (filesOf(file).length === 1) {
    const bytes = new Uint8Array(await readFile(file));
    if (kindOf(bytes) === 'jpeg2000') return { name: basename(file), file, bytes, picture: undefined };
  }
  const { image } = expandPalette(await readInput(file));
  return { name: basename(file), file: undefined, bytes: undefined, picture: image };
}

/** The samples of an input, decoded where they have to be. */
export async function samplesOf({ picture, bytes }: Input): Promise<RawImage> {
  return picture ?? rawOf(await decode(bytes!, { colour: 'native', layout: 'planar' }));
}

/** The codestream of an input, encoded where it has to be. */
export async function codedOf({ bytes, picture }: Input, options: EncodeOptions): Promise<Uint8Array> {
  return bytes ?? (await encode(picture!, options)).data;
}

function rawOf({ width, height, planes = [] }: RasterImage): RawImage {
  return {
    width: Math.max(...planes.map((plane) => plane.width * plane.dx)) || width,
    height: Math.max(...planes.map((plane) => plane.height * plane.dy)) || height,
    planes: planes.map(({ data, precision, signed, dx, dy }) => ({ data, precision, signed, dx, dy })),
  };
}

/** What kind of picture a codestream holds. */
export async function shapeOf(bytes: Uint8Array) {
  const { width, height, components, coder } = await inspect(bytes);
  return { width, height, channels: components.length, ht: coder !== 'classic', precision: components[0].precision };
}

/** Bits of all samples of a point. */
export function depthOf(picture: RawImage): number {
  return componentsOf(picture).reduce((sum, { precision, dx, dy }) => sum + precision / (dx * dy), 0);
}

/** The picture as a PGM or PPM for other programs; nothing where it does not fit into one. */
export async function writePnmFor(picture: RawImage, folder: string): Promise<string | undefined> {
  const components = componentsOf(picture);
  const [first] = components;
  const fits = components.every(
    ({ width, height, precision, signed }) =>
      width === first.width && height === first.height && precision === first.precision && precision <= 16 && !signed,
  );
  if (!fits || (components.length !== 1 && components.length !== 3)) return undefined;
  const [{ bytes }] = writePnm({
    ...{ width: first.width, height: first.height, channels: components.length, precision: first.precision },
    ...{ signed: false, layout: 'planar', data: first.data, planes: components, status: 'complete', warnings: [] },
    colour: {
      space: components.length === 3 ? 'srgb' : 'grey',
      channels: components.map((_, k) => ({ kind: 'colour' as const, association: k + 1 })),
      palette: false,
    },
    stats: NOTHING,
  });
  return store(folder, components.length === 3 ? 'picture.ppm' : 'picture.pgm', bytes);
}

const NOTHING = {
  ...{ bytesRead: 0, requests: 0, codeBlocks: 0, resolutions: 0, layers: 0, ms: 0 },
  stages: { read: 0, packets: 0, blocks: 0, transform: 0, store: 0, convert: 0 },
};

/** Writes a file for other programs. */
export async function store(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

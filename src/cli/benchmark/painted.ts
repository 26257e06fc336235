/**
 * Pictures to measure with where there is none at hand: the same for the same words, on every machine.
 *
 * Photographs have less of what is finer, some edges, and grain. So have these: octaves of smooth noise, each half as strong as the one
 * before, discs with sharp edges, and a little noise in every sample.
 */
import type { RawImage } from 'jp2kit';
import { CommandLineError } from '../exit.ts';

/** What can be painted. */
export interface PaintedKind {
  readonly space: 'grey' | 'rgb';
  readonly precision: number;
  readonly width: number;
  readonly height: number;
}

/** Samples of larger pictures would not fit into memory a few times. */
const MOST_SAMPLES = 1 << 29;

/** `rgb8:2048x2048`. */
export function parsePaintedKind(text: string): PaintedKind {
  const match = /^\s*(gr[ea]y|rgb)(\d{1,2}):(\d{1,6})(?:x(\d{1,6}))?\s*$/i.exec(text);
  const [, space = '', bits, columns, rows = columns] = match ?? [];
  const [precision, width, height] = [Number(bits), Number(columns), Number(rows)];
  if (!match || precision < 1 || precision > 16 || width < 1 || height < 1) {
    throw new CommandLineError(`--generate takes grey or rgb with 1 to 16 bits, as rgb8:2048x2048, found "${text}"`);
  }
  const kind = {
    space: space.toLowerCase() === 'rgb' ? ('rgb' as const) : ('grey' as const),
    precision,
    width,
    height,
  };
  if (width * height * channelsOf(kind) > MOST_SAMPLES)
    throw new CommandLineError(`${text} is too large to be painted`);
  return kind;
}

/** Octaves of noise, from cells of this many points downward. */
const COARSEST = 256;
const OCTAVES = 8;
/** Half the range of the grain, as a part of the range of samples. */
const GRAIN = 0.008;

/** Paints it. */
export function paint(kind: PaintedKind): RawImage {
  const { width, height, precision } = kind;
  const channels = channelsOf(kind);
  const top = 2 ** precision - 1;
  const data = precision > 8 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  const light = new Float64Array(width);
  const tint = new Float64Array(width);
  let grain = 1;
  for (let y = 0, i = 0; y < height; y++) {
    light.fill(0);
    tint.fill(0);
    for (let octave = 0; octave < OCTAVES; octave++) {
      addNoise(light, y, COARSEST >> octave, 0.5 ** (octave + 1), octave);
      if (octave < 3) addNoise(tint, y, COARSEST >> octave, 0.5 ** (octave + 2), OCTAVES + octave);
    }
    for (let x = 0; x < width; x++) {
      const base = light[x] + discAt(x, y);
      for (let c = 0; c < channels; c++, i++) {
        grain = (Math.imul(grain, 1664525) + 1013904223) | 0;
        const value = base + (c - 1) * (channels - 1) * 0.25 * (tint[x] - 0.4) + (grain / 2 ** 31) * GRAIN;
        data[i] = Math.round(Math.min(1, Math.max(0, value)) * top);
      }
    }
  }
  return { width, height, channels, precision, data, layout: 'interleaved' };
}

function channelsOf({ space }: Pick<PaintedKind, 'space'>): number {
  return space === 'rgb' ? 3 : 1;
}

/** Adds one row of noise: random numbers at the corners of cells, and between them smoothly. */
function addNoise(row: Float64Array, y: number, cell: number, weight: number, seed: number): void {
  const cellY = Math.floor(y / cell);
  const v = smooth((y - cellY * cell) / cell);
  for (let cellX = 0, x = 0; x < row.length; cellX++) {
    const left = mix(random(cellX, cellY, seed), random(cellX, cellY + 1, seed), v);
    const right = mix(random(cellX + 1, cellY, seed), random(cellX + 1, cellY + 1, seed), v);
    for (let k = 0; k < cell && x < row.length; k++, x++) row[x] += weight * mix(left, right, smooth(k / cell));
  }
}

/** One disc in every square of 192 points, darker or lighter than what is around it. */
function discAt(x: number, y: number): number {
  const [column, row] = [Math.floor(x / 192), Math.floor(y / 192)];
  const radius = 20 + 60 * random(column, row, 20);
  const inside = (x - 192 * column - 96) ** 2 + (y - 192 * row - 96) ** 2 < radius * radius;
  return inside ? 0.4 * (random(column, row, 21) - 0.5) : 0;
}

/** 0 to 1, from whole numbers. */
function random(x: number, y: number, seed: number): number {
  let hash = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** The matrix of OpenJPH's encoder: which pictures it is given, with which options. */
import { type Random, randomFrom } from '../../test/support/random.ts';

/** One call of `ojph_compress`. */
export interface OpenJphCase {
  readonly id: string;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly precision: number;
  /** Sample distances, one pair a component. */
  readonly distances: readonly (readonly [number, number])[];
  readonly signed: boolean;
  readonly origin: readonly [number, number];
  readonly reversible: boolean;
  readonly colourTransform: boolean;
  /** Options, but for those that describe the picture. */
  readonly args: readonly string[];
}

/** One case by its number. */
export function makeOpenJphCase(seed: number, number: number): OpenJphCase {
  const random = randomFrom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0xc2b2ae35)) >>> 0);
  const width = random.int(1, random.pick([12, 60, 200]));
  const height = random.int(1, random.pick([12, 60, 200]));
  const distances = random.pick([
    [[1, 1]],
    [[1, 1]],
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    [
      [1, 1],
      [2, 2],
      [2, 2],
    ],
    [
      [1, 1],
      [2, 1],
      [2, 1],
    ],
  ] as [number, number][][]);
  const alike = distances.length === 3 && distances[1]![0] === 1;
  const reversible = random.chance(0.5);
  const colourTransform = alike && random.chance(0.6);
  const origin: [number, number] = random.chance(0.4) ? [2 * random.int(0, 20), 2 * random.int(0, 20)] : [0, 0];
  return {
    id: `${seed}:${number}`,
    ...{ seed: random.int(0, 2 ** 31), width, height, distances, reversible, colourTransform, origin },
    precision: random.pick([8, 8, 10, 12, 16, random.int(1, 16)]),
    signed: !colourTransform && random.chance(0.15),
    args: argumentsOf(random, { width, height, origin, reversible, colourTransform }),
  };
}

function argumentsOf(
  random: Random,
  {
    width,
    height,
    origin,
    reversible,
    colourTransform,
  }: { width: number; height: number; origin: [number, number]; reversible: boolean; colourTransform: boolean },
): string[] {
  const pair = (x: number, y: number): string => `{${x},${y}}`;
  const args = ['-reversible', String(reversible), ...(colourTransform ? ['-colour_trans', 'true'] : [])];
  const levels = random.int(0, 6);
  args.push('-num_decomps', String(levels), '-prog_order', random.pick(['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL']));
  if (!reversible && random.chance(0.7)) args.push('-qstep', String(random.pick([0.5, 0.1, 0.01, 0.001, 0.0001])));
  const xcb = random.int(2, 10);
  args.push('-block_size', pair(2 ** xcb, 2 ** random.int(2, Math.min(10, 12 - xcb))));
  if (random.chance(0.4)) {
    const sizes = Array.from({ length: random.int(1, levels + 1) }, () => {
      return pair(2 ** random.int(3, 8), 2 ** random.int(3, 8));
    });
    args.push('-precincts', sizes.join(','));
  }
  if (origin[0] + origin[1] > 0) args.push('-image_offset', pair(...origin));
  // without a tile size it takes the picture's, which then lies before the area
  if (random.chance(0.4) || origin[0] + origin[1] > 0) {
    const [tx, ty] = [2 * random.int(0, origin[0] / 2), 2 * random.int(0, origin[1] / 2)];
    const wide = Math.max(origin[0] - tx + 1, Math.ceil(width / random.int(1, 4)));
    const high = Math.max(origin[1] - ty + 1, Math.ceil(height / random.int(1, 4)));
    args.push('-tile_offset', pair(tx, ty), '-tile_size', pair(wide, high));
  }
  return args;
}

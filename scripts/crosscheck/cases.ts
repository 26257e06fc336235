/**
 * The matrix of the cross-check: what pictures are encoded, by which encoder, with which options.
 *
 * Progression order, tiling and the code-block style walk through all their values in step with the case number, so
 * that any long enough run has them all; everything else is drawn from the case's own seed. A case is data and can be
 * printed.
 */
import { type Random, randomFrom } from '../../test/support/random.ts';

/** One encoded picture to be. */
export interface CrosscheckCase {
  readonly id: string;
  readonly number: number;
  readonly attempt: number;
  readonly seed: number;
  readonly encoder: 'opj_compress' | 'grk_compress';
  readonly picture: PictureSpec;
  readonly coding: CodingSpec;
  /** What is asked of both decoders. */
  readonly reduce: number;
  readonly layers: number;
}

/** What is encoded. */
export interface PictureSpec {
  readonly kind: 'photograph' | 'scan' | 'noise' | 'flat' | 'checks';
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly precision: number;
  readonly signed: boolean;
  /** Horizontal and vertical subsampling of each component (XRsiz, YRsiz). */
  readonly subsampling: readonly (readonly [number, number])[];
}

/** How it is encoded. */
export interface CodingSpec {
  readonly progression: (typeof PROGRESSIONS)[number];
  readonly numResolutions: number;
  readonly codeBlock: readonly [number, number];
  readonly style: number;
  readonly irreversible: boolean;
  readonly mct: boolean;
  readonly tile: readonly [number, number] | undefined;
  readonly offset: readonly [number, number];
  readonly tileOffset: readonly [number, number];
  readonly precincts: readonly (readonly [number, number])[];
  /** Compression ratios, one for each layer; 1 is lossless. */
  readonly ratios: readonly number[];
  readonly sop: boolean;
  readonly eph: boolean;
  readonly plt: boolean;
  readonly tlm: boolean;
  readonly tileParts: 'R' | 'L' | 'C' | undefined;
  readonly roiShift: number;
  readonly poc: boolean;
}

/** In the order of their codes (15444-1 Table A.16). */
export const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const;

/** Where a tile may be cut into tile-parts: cut elsewhere, both encoders write packets out of order. */
const TILE_PARTS = { LRCP: 'L', RLCP: 'R', RPCL: 'R', PCRL: undefined, CPRL: 'C' } as const;

/**
 * One case by its number. The encoders break on some legal combinations, so a case has further attempts, which keep its
 * progression, tiling and style and draw the rest anew.
 */
export function makeCase(seed: number, number: number, attempt = 0): CrosscheckCase {
  const caseSeed = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b) ^ (attempt << 20)) >>> 0;
  const random = randomFrom(caseSeed);
  const encoder = number % 3 === 2 ? 'grk_compress' : 'opj_compress';
  const picture = makePicture(random, encoder);
  const coding = makeCoding(random, number, encoder, picture);
  const reduce = random.chance(0.25) ? random.int(0, coding.numResolutions - 1) : 0;
  // a stream that is cut short leaves the rounding of lone samples open, and only Grok, which wants one size, could
  // judge
  const whole = picture.components > 1 && picture.subsampling.some(([dx, dy]) => dx * dy > 1) && !coding.irreversible;
  const layers = !whole && random.chance(0.25) ? random.int(1, coding.ratios.length) : 0;
  const id = `${seed}:${number}${attempt ? `.${attempt}` : ''}`;
  return { id, number, attempt, seed: caseSeed, encoder, picture, coding, reduce, layers };
}

function makePicture(random: Random, encoder: CrosscheckCase['encoder']): PictureSpec {
  const side = (): number => (random.chance(0.15) ? random.int(1, 9) : random.int(20, 150));
  const components = random.pick([1, 1, 1, 2, 3, 3, 3, 3, 4]);
  const precision = random.chance(0.4) ? 8 : random.int(1, 16);
  const signed = random.chance(0.3);
  const kind = random.pick(['photograph', 'photograph', 'photograph', 'scan', 'noise', 'flat', 'checks'] as const);
  const subsampled = encoder === 'opj_compress' && random.chance(0.3); // Grok's raw reader wants one size
  const [sx, sy] = subsampled ? random.pick([[2, 2] as const, [2, 1] as const, [1, 2] as const]) : [1, 1];
  if (components === 1 && subsampled) {
    // goes through PGX, whose reader in OpenJPEG gets single bits and signed bytes wrong
    const depth = precision === 1 ? 2 : precision;
    const [width, height] = [(side() - 1) * sx + 1, (side() - 1) * sy + 1];
    return {
      kind,
      width,
      height,
      components,
      precision: depth,
      signed: signed && depth !== 8,
      subsampling: [[sx, sy]],
    };
  }
  const subsampling = Array.from({ length: components }, (_, c) => {
    return (c === 0 || c === 3 ? [1, 1] : [sx, sy]) as [number, number];
  });
  // OpenJPEG's raw reader divides the size by the grid and counts whole bytes of packed bits, so the size has to allow
  // it
  const whole = precision % 8 === 0 || encoder === 'grk_compress' ? 1 : 8;
  const [wholeX, wholeY] = random.chance(0.5) ? [whole, 1] : [1, whole];
  const side8 = (factor: number): number => (factor === 8 ? 8 * random.int(1, 18) : side());
  const [width, height] = [side8(wholeX) * sx, side8(wholeY) * sy];
  return { kind, width, height, components, precision, signed, subsampling };
}

function makeCoding(
  random: Random,
  number: number,
  encoder: CrosscheckCase['encoder'],
  picture: PictureSpec,
): CodingSpec {
  const { width, height, components, precision } = picture;
  const even = picture.subsampling.every(([dx, dy]) => dx === 1 && dy === 1);
  const numResolutions = random.int(1, 6);
  const offset = even && random.chance(0.35) ? ([random.int(0, 45), random.int(0, 45)] as const) : ([0, 0] as const);
  const tiled = Math.floor(number / 5) % 2 === 1;
  const tileSide = (size: number): number => Math.max(random.int(12, 70), Math.ceil((size + 45) / 9));
  const tile = tiled ? ([tileSide(width), tileSide(height)] as const) : undefined;
  const shiftOf = (o: number, t: number): number => random.int(Math.max(0, o - t + 1), o);
  const tileOffset = tile ? ([shiftOf(offset[0], tile[0]), shiftOf(offset[1], tile[1])] as const) : ([0, 0] as const);
  const xcb = random.int(2, 6);
  const ycb = random.int(2, 6);
  const precincts = random.chance(0.4)
    ? Array.from(
        { length: random.int(1, numResolutions) },
        () => [2 ** random.int(4, 8), 2 ** random.int(4, 8)] as const,
      )
    : [];
  const irreversible = precision <= 8 && random.chance(0.2);
  const ratios = random.pick([[1], [1], [20, 1], [30, 10, 1], [50, 20, 10, 5, 1], ...(even ? [[10], [40, 8]] : [])]);
  const style = Math.imul(number, 37) & 63;
  // Maxshift takes at least M_b (H.1), which is up to precision + 4 here; OpenJPEG's decoder needs one more to tell region and
  // background apart, and its encoder overflows not far above that. With bypass its decoder begins raw coding at the wrong
  // bit-plane, because it leaves the shift out of the count: no oracle there.
  const hasRegion = even && encoder === 'opj_compress' && precision <= 8 && random.chance(0.08) && random.int(1, 8) > 0;
  const roiShift = hasRegion && (style & 1) === 0 ? precision + 5 : 0;
  const poc = encoder === 'opj_compress' && !tile && numResolutions > 2 && ratios.length === 1 && random.chance(0.25);
  return {
    progression: PROGRESSIONS[number % 5]!,
    numResolutions,
    codeBlock: [2 ** xcb, 2 ** ycb],
    style,
    irreversible,
    mct: components >= 3 && even && random.chance(0.7),
    tile,
    offset,
    tileOffset,
    precincts,
    ratios,
    sop: random.chance(0.25),
    eph: random.chance(0.25),
    plt: random.chance(0.25),
    tlm: encoder === 'opj_compress' && !poc && random.chance(0.25),
    tileParts: !poc && random.chance(0.4) ? TILE_PARTS[PROGRESSIONS[number % 5]!] : undefined,
    roiShift,
    poc,
  };
}

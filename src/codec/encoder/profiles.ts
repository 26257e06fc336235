/**
 * Profiles: sets of rules that a codestream has to keep for some use, as data (15444-1 A.10 and its amendments, DICOM PS3.5).
 *
 * A profile prescribes values for what the caller leaves open, and has rules that the completed options must keep. Rsiz claims a
 * profile of the standard only where all of its rules are checked here.
 */
import type { ProgressionChange } from '../codestream/poc.ts';
import { usage } from '../errors.ts';
import { oneOf } from '../checks.ts';
import type { EncodeOptions, ProfileName, Rate } from './options.ts';
import type { PictureFormat } from './samples.ts';

/** What a profile makes of a call. */
export interface ResolvedProfile {
  readonly options: EncodeOptions;
  /** Rsiz (Table A.10). */
  readonly rsiz: number;
  /** Most bytes of the packets of one component. */
  readonly maxComponentBytes: number | undefined;
}

/** One rule; `broken` says what is wrong, in words that follow the profile's name. */
interface Rule {
  broken(format: PictureFormat, options: EncodeOptions): string | undefined;
}

/** A profile. */
export interface Profile {
  readonly title: string;
  /** Where the rules stand. */
  readonly source: string;
  rsiz(format: PictureFormat, options: EncodeOptions): number;
  prescribe(format: PictureFormat, options: EncodeOptions): EncodeOptions;
  readonly rules: readonly Rule[];
  maxComponentBytes?(options: EncodeOptions): number;
}

/** Bytes of a frame of digital cinema at 24 frames a second: 250 Mbit/s, and 200 Mbit/s for one component. */
const CINEMA_FRAME_BYTES = 1302083;
const CINEMA_COMPONENT_BYTES = 1041666;

/** Mega-samples a second that main levels 1 to 11 allow, and Mbit/s of sublevels 1 to 9 (15444-1 AMD 8). */
const MAIN_LEVELS = [65, 130, 195, 260, 520, 1200, 2400, 4800, 9600, 19200, 38400] as const;
const SUBLEVELS = [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200] as const;
/** The highest sublevel of each main level. */
const MOST_SUBLEVEL = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

const FRAME_RATE = 24;

/** What headers and empty packets of a frame of a few samples need. */
const LEAST_BYTES = 1000;

/** Everything moving pictures have in common: one quality layer by component and position, no exceptions by component. */
const MOVING_PICTURE = { progression: 'CPRL', codeBlock: { width: 32, height: 32 }, layers: 1 } as const;

const MOVING_PICTURE_RULES: readonly Rule[] = [
  rule((_, o) => o.container === 'codestream', 'frames are bare codestreams'),
  rule((_, o) => o.progression === 'CPRL', 'the progression is CPRL'),
  rule((_, o) => numLayersOf(o) === 1, 'there is one quality layer'),
  rule((_, o) => !o.roi, 'a region of interest (RGN) is not allowed'),
  rule((_, o) => isAt(o.origin, 0) && isAt(o.tileOrigin, 0), 'image and tile offsets are 0'),
  rule((_, o) => noStyle(o), 'code-block styles are not allowed'),
  rule((_, o) => !o.markers?.ppm && !o.markers?.ppt, 'packed packet headers (PPM, PPT) are not allowed'),
  rule((_, o) => hasMoviePrecincts(o), 'precincts are 128 x 128 at the lowest resolution level and 256 x 256 above'),
];

/** The profiles by name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  cinema2k: cinema('2K digital cinema', 0x0003, 2048, 1080, 0, 5, 1),
  cinema4k: cinema('4K digital cinema', 0x0004, 4096, 2160, 1, 6, 2),
  broadcast: {
    title: 'broadcast contribution, single tile',
    source: '15444-1 AMD 3',
    rsiz: (format, options) => 0x0100 | broadcastLevelOf(format, options),
    prescribe: (format, options) => ({
      ...MOVING_PICTURE,
      container: 'codestream',
      wavelet: '9/7',
      levels: 5,
      rate: { bytes: broadcastBytes(format, options) },
      precincts: moviePrecincts(options.levels ?? 5),
    }),
    rules: [
      ...MOVING_PICTURE_RULES,
      oneTile(),
      rule((_, o) => o.wavelet === '9/7', 'the filter is 9/7'),
      rule((f) => f.components.length <= 4, 'there are at most 4 components'),
      depth(8, 12),
      rule((f) => f.components.every((c) => c.xrsiz <= 2 && c.yrsiz <= 2), 'sample distances are 1 or 2'),
      levels(1, 5),
      rule(
        (_, o) => [32, 64, 128].includes(o.codeBlock!.width) && [32, 64, 128].includes(o.codeBlock!.height),
        'code-blocks are 32, 64 or 128 wide and high',
      ),
    ],
  },
  imf: {
    title: 'interoperable master format',
    source: '15444-1 AMD 8',
    rsiz: (format, options) => imfRsiz(format, options),
    prescribe: (format, options) => {
      const most = 5 + imfSize(format);
      return {
        ...MOVING_PICTURE,
        container: 'codestream',
        levels: isReversible(options) && options.tile ? 4 : Math.min(5, most),
        precincts: moviePrecincts(options.levels ?? (isReversible(options) && options.tile ? 4 : Math.min(5, most))),
        tileParts: 'component',
        markers: { tlm: true },
      };
    },
    rules: [
      ...MOVING_PICTURE_RULES,
      rule((f) => imfSize(f) >= 0, 'a picture is at most 8192 x 6224'),
      rule((f) => f.components.length <= 3, 'there are at most 3 components'),
      depth(8, 16),
      rule(
        ({ components: [a, b, c] }) =>
          a.xrsiz === 1 && (b?.xrsiz ?? 1) <= 2 && (c === undefined || c.xrsiz === b.xrsiz),
        'only the second and third component may be subsampled, horizontally by 2',
      ),
      rule((f) => f.components.every((c) => c.yrsiz === 1), 'nothing is subsampled vertically'),
      rule((_, o) => o.codeBlock?.width === 32 && o.codeBlock.height === 32, 'code-blocks are 32 x 32'),
      rule((_, o) => !o.progressionChanges?.length, 'changes of progression (POC) are not allowed'),
      rule(
        (f, o) => imfTile(f, o),
        'there is one tile; lossless pictures may have tiles of 1024, from 4K on of 2048, at 8K of 4096',
      ),
      rule(
        (f, o) => o.levels! >= 1 && o.levels! <= imfLevels(f, o),
        'there are 1 to 5 decomposition levels, 6 at 4K, 7 at 8K, fewer for small tiles',
      ),
      rule((f, o) => mainLevelOf(f, o) > 0, 'so many samples a second have no level'),
    ],
  },
  'dicom-j2k': {
    title: 'DICOM JPEG 2000 image compression',
    source: 'DICOM PS3.5 8.2.4 and A.4.4',
    rsiz: () => 0,
    prescribe: () => ({ container: 'codestream' }),
    rules: [
      rule((_, o) => o.container === 'codestream', 'frames are bare codestreams; the JP2 boxes are not allowed'),
      rule((f) => f.components.length === 1 || f.components.length === 3, 'there are 1 or 3 components'),
      rule((f) => f.components.every((c) => c.precision <= 16), 'a sample has at most 16 bits'),
      rule((f) => f.components.every((c) => c.xrsiz === 1 && c.yrsiz === 1), 'components are not subsampled'),
      rule((_, o) => isAt(o.origin, 0) && isAt(o.tileOrigin, 0), 'image and tile offsets are 0'),
    ],
  },
  jpip: {
    title: 'for serving by windows',
    source: '15444-9, by practice',
    rsiz: () => 0,
    prescribe: (_, options) => ({
      progression: 'RPCL',
      precincts: [{ width: 256, height: 256 }],
      tileParts: 'resolution',
      layers: Array.isArray(options.rate) ? undefined : 6,
      markers: { plt: true, tlm: true },
    }),
    rules: [
      rule((_, o) => o.progression === 'RPCL', 'the progression is RPCL'),
      rule((_, o) => o.markers?.plt === true, 'packet lengths (PLT) are written'),
      rule((_, o) => o.precincts !== undefined, 'precincts are smaller than the picture'),
    ],
  },
  archive: {
    title: 'archival master',
    source: 'practice of digital libraries',
    rsiz: () => 0,
    prescribe: (format, options) => ({
      rate: { lossless: true },
      progression: 'RPCL',
      codeBlock: { width: 64, height: 64 },
      precincts: [
        { width: 256, height: 256 },
        { width: 256, height: 256 },
        { width: 128, height: 128 },
      ].slice(0, 1 + (options.levels ?? defaultLevelsOf(format, options))),
      markers: { tlm: true, plt: true, sop: true, eph: true },
      verify: true,
    }),
    rules: [
      rule((_, o) => isLossless(o), 'the result is lossless'),
      rule((_, o) => !o.roi, 'a region of interest is not allowed'),
    ],
  },
};

/** Fills in what a profile prescribes, and refuses what it forbids. */
export function resolveProfile(format: PictureFormat, options: EncodeOptions): ResolvedProfile {
  if (options.profile === undefined) return { options, rsiz: 0, maxComponentBytes: undefined };
  oneOf(Object.keys(PROFILES))('profile', options.profile);
  const profile: Profile = PROFILES[options.profile];
  const prescribed = profile.prescribe(format, options);
  const merged: EncodeOptions = {
    ...prescribed,
    ...defined(options),
    ...(prescribed.markers || options.markers
      ? { markers: { ...prescribed.markers, ...defined(options.markers ?? {}) } }
      : {}),
  };
  for (const { broken } of profile.rules) {
    const what = broken(format, merged);
    if (what !== undefined) {
      throw usage('profile', `profile ${options.profile}: ${what} (${profile.source})`);
    }
  }
  return {
    options: merged,
    rsiz: profile.rsiz(format, merged),
    maxComponentBytes: profile.maxComponentBytes?.(merged),
  };
}

function cinema(
  title: string,
  rsiz: number,
  width: number,
  height: number,
  leastLevels: number,
  mostLevels: number,
  guardBits: number,
): Profile {
  const is4k = rsiz === 0x0004;
  return {
    title,
    source: '15444-1 AMD 1',
    rsiz: () => rsiz,
    prescribe: (_, options) => {
      const numLevels = options.levels ?? mostLevels;
      return {
        ...MOVING_PICTURE,
        container: 'codestream',
        wavelet: '9/7',
        mct: 'ict',
        levels: numLevels,
        guardBits,
        precincts: moviePrecincts(numLevels),
        rate: { bytes: Math.floor((CINEMA_FRAME_BYTES * FRAME_RATE) / frameRateOf(options)) },
        tileParts: 'component',
        markers: { tlm: true },
        ...(is4k ? { progressionChanges: twoResolutions(numLevels) } : {}),
      };
    },
    maxComponentBytes: (options) => Math.floor((CINEMA_COMPONENT_BYTES * FRAME_RATE) / frameRateOf(options)),
    rules: [
      ...MOVING_PICTURE_RULES,
      oneTile(),
      rule((f) => f.width <= width && f.height <= height, `a picture is at most ${width} x ${height}`),
      rule((f) => f.components.length === 3, 'there are 3 components'),
      depth(12, 12),
      rule((f) => f.components.every((c) => c.xrsiz === 1 && c.yrsiz === 1), 'components are not subsampled'),
      rule((_, o) => o.wavelet === '9/7', 'the filter is 9/7'),
      rule((_, o) => o.mct === 'ict', 'the components are transformed (ICT)'),
      levels(leastLevels, mostLevels),
      rule(
        (_, o) => o.guardBits === guardBits,
        guardBits === 1 ? 'there is 1 guard bit' : `there are ${guardBits} guard bits`,
      ),
      rule((_, o) => o.codeBlock?.width === 32 && o.codeBlock.height === 32, 'code-blocks are 32 x 32'),
      rule((_, o) => o.tileParts === 'component', 'there is a tile-part for each component'),
      rule((_, o) => o.markers?.tlm === true, 'tile-part lengths (TLM) are written'),
      rule(
        (_, o) => isSame(o.progressionChanges ?? [], is4k ? twoResolutions(o.levels!) : []),
        is4k ? 'the 2K resolutions come first, then the 4K one (POC)' : 'changes of progression (POC) are not allowed',
      ),
      {
        broken: (_, o) => {
          const most = Math.floor((CINEMA_FRAME_BYTES * FRAME_RATE) / frameRateOf(o));
          const rate = lastRate(o);
          if ('bytes' in rate && rate.bytes <= most) return undefined;
          return `a frame has at most ${most} bytes: ask for no more, with a rate in bytes`;
        },
      },
    ],
  };
}

/** All components of the levels a 2K decoder uses, then the rest (4K digital cinema). */
function twoResolutions(numLevels: number): NonNullable<EncodeOptions['progressionChanges']> {
  const common = { componentStart: 0, componentEnd: 3, layerEnd: 1, progression: 'CPRL' } as const;
  return [
    { ...common, resolutionStart: 0, resolutionEnd: numLevels },
    { ...common, resolutionStart: numLevels, resolutionEnd: numLevels + 1 },
  ];
}

function rule(holds: (format: PictureFormat, options: EncodeOptions) => boolean, text: string): Rule {
  return { broken: (format, options) => (holds(format, options) ? undefined : text) };
}

function oneTile(): Rule {
  return rule((f, o) => !o.tile || (o.tile.width >= f.width && o.tile.height >= f.height), 'there is one tile');
}

function levels(least: number, most: number): Rule {
  return rule((_, o) => o.levels! >= least && o.levels! <= most, `there are ${least} to ${most} decomposition levels`);
}

function depth(least: number, most: number): Rule {
  const text = least === most ? `${least}` : `${least} to ${most}`;
  return rule(
    (f) => f.components.every((c) => !c.signed && c.precision >= least && c.precision <= most),
    `samples are unsigned and have ${text} bits`,
  );
}

function moviePrecincts(numLevels: number): { width: number; height: number }[] {
  return Array.from({ length: numLevels + 1 }, (_, k) => {
    const size = k === numLevels ? 128 : 256;
    return { width: size, height: size };
  });
}

function hasMoviePrecincts(o: EncodeOptions): boolean {
  const wanted = moviePrecincts(o.levels!);
  const given = o.precincts ?? [];
  return wanted.every(({ width, height }, k) => {
    const size = given[Math.min(k, given.length - 1)];
    return size?.width === width && size.height === height;
  });
}

function isAt(point: { readonly x: number; readonly y: number } | undefined, value: number): boolean {
  return point === undefined || (point.x === value && point.y === value);
}

function noStyle(o: EncodeOptions): boolean {
  return Object.values(o.codeBlockStyle ?? {}).every((value) => !value);
}

function lastRate(o: EncodeOptions): Rate {
  const { rate = { lossless: true } } = o;
  return Array.isArray(rate) ? rate[rate.length - 1] : (rate as Rate);
}

function numLayersOf(o: EncodeOptions): number {
  return Array.isArray(o.rate) ? o.rate.length : (o.layers ?? 1);
}

function isLossless(o: EncodeOptions): boolean {
  return 'lossless' in lastRate(o);
}

function isReversible(o: EncodeOptions): boolean {
  return o.wavelet === undefined ? isLossless(o) : o.wavelet === '5/3';
}

function frameRateOf(o: EncodeOptions): number {
  return o.frameRate ?? FRAME_RATE;
}

/** The lowest main level that allows so many samples a second; 0 for none. */
function mainLevelOf(format: PictureFormat, o: EncodeOptions): number {
  return MAIN_LEVELS.findIndex((most) => (samplesOf(format) * frameRateOf(o)) / 1e6 <= most) + 1;
}

/** The lowest main level for the samples a second and, where a size is promised, for its bits; 0 for none (15444-1 AMD 3). */
function broadcastLevelOf(format: PictureFormat, o: EncodeOptions): number {
  const level = mainLevelOf(format, o);
  const bits = 8 * (bytesOfFrame(format, o) ?? 0) * frameRateOf(o);
  if (level === 0 || bits === 0) return level;
  return MAIN_LEVELS.findIndex((_, k) => k + 1 >= level && bits <= bitRateOf(k + 1)) + 1;
}

/**
 * What a broadcast frame may take where nothing is said: the bits of its main level at its frame rate, but no more for a sample than
 * the lowest level has when its samples are all used, which is 3.
 */
function broadcastBytes(format: PictureFormat, o: EncodeOptions): number {
  const level = mainLevelOf(format, o) || MAIN_LEVELS.length;
  const bits = (samplesOf(format) * bitRateOf(1)) / (1e6 * MAIN_LEVELS[0]);
  return Math.max(LEAST_BYTES, Math.floor(Math.min(bits, bitRateOf(level) / frameRateOf(o)) / 8));
}

/** Bits a second of a main level. */
function bitRateOf(mainLevel: number): number {
  return 1e6 * SUBLEVELS[MOST_SUBLEVEL[mainLevel - 1] - 1];
}

/** Bytes that the last rate promises; undefined where it does not speak of size. */
function bytesOfFrame(format: PictureFormat, o: EncodeOptions): number | undefined {
  const rate = lastRate(o);
  if ('ratio' in rate) {
    const bits = format.components.reduce((sum, c) => sum + c.precision / (c.xrsiz * c.yrsiz), 0);
    return (bits * format.width * format.height) / 8 / rate.ratio;
  }
  return 'bytes' in rate ? rate.bytes : 'bpp' in rate ? (rate.bpp * format.width * format.height) / 8 : undefined;
}

/** Samples of a frame, but for rounding of the sizes of subsampled components. */
function samplesOf({ width, height, components }: PictureFormat): number {
  return components.reduce((sum, c) => sum + 1 / (c.xrsiz * c.yrsiz), 0) * width * height;
}

/** N_L where nothing is said, for tiles of which the shorter side is so long: at most 5, and no more than leave a sample. */
export function defaultLevels(shorterSide: number): number {
  return Math.min(5, Math.floor(Math.log2(shorterSide)));
}

function defaultLevelsOf({ width, height }: PictureFormat, { tile }: EncodeOptions): number {
  return defaultLevels(Math.max(1, Math.min(width, height, tile?.width ?? width, tile?.height ?? height)));
}

/** 0 for 2K, 1 for 4K, 2 for 8K, -1 beyond. */
function imfSize({ width, height }: PictureFormat): number {
  return [0, 1, 2].find((k) => width <= 2048 << k && height <= 1556 << k) ?? -1;
}

function imfTile(format: PictureFormat, o: EncodeOptions): boolean {
  const { tile } = o;
  if (!tile || (tile.width >= format.width && tile.height >= format.height)) return true;
  const sizes = [1024, 2048, 4096].slice(0, imfSize(format) + 1);
  return isReversible(o) && tile.width === tile.height && sizes.includes(tile.width);
}

function imfLevels(format: PictureFormat, o: EncodeOptions): number {
  const most = 5 + imfSize(format);
  const tileWidth = o.tile?.width ?? format.width;
  if (!isReversible(o) || tileWidth >= format.width) return most;
  return Math.min(most, Math.log2(tileWidth) - 6);
}

/** Profile, sublevel and main level; where no size is promised the highest sublevel of the main level. */
function imfRsiz(format: PictureFormat, o: EncodeOptions): number {
  const main = mainLevelOf(format, o);
  const most = MOST_SUBLEVEL[main - 1];
  const bytes = bytesOfFrame(format, o);
  let sublevel: number = most;
  if (bytes !== undefined) {
    const found = SUBLEVELS.findIndex((limit) => (8 * bytes * frameRateOf(o)) / 1e6 <= limit) + 1;
    sublevel = found === 0 ? most + 1 : found;
    if (sublevel > most) {
      const limit = SUBLEVELS[most - 1];
      throw usage('profile', `profile imf: main level ${main} has at most ${limit} Mbit/s (15444-1 AMD 8)`);
    }
  }
  return ((isReversible(o) ? 0x07 : 0x04) + imfSize(format)) * 0x100 + sublevel * 0x10 + main;
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** True when both are the same list of progression changes. */
function isSame(a: readonly ProgressionChange[], b: readonly ProgressionChange[]): boolean {
  return a.length === b.length && a.every((change, k) => CHANGE_FIELDS.every((field) => change[field] === b[k][field]));
}

const CHANGE_FIELDS = [
  'resolutionStart',
  'resolutionEnd',
  'componentStart',
  'componentEnd',
  'layerEnd',
  'progression',
] as const;

/**
 * Profiles for some use (15444-1 A.10 and its amendments, DICOM PS3.5): what they prescribe for what the caller leaves open, and
 * their rules about rates. The rules about codestreams, which the completed options must keep, are in `codestream/profiles`.
 *
 * Rsiz claims a profile of the standard only where all of its rules are checked.
 */
import {
  brokenRules,
  CINEMA_COMPONENT_BYTES,
  CINEMA_FRAME_BYTES,
  type CodestreamShape,
  imfSize,
  levelsToThumbnail,
  PROFILE_RULES,
  twoResolutions,
} from '../codestream/profiles.ts';
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

/** The profiles by name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = /* @__PURE__ */ (() => ({
  cinema2k: cinema('2K digital cinema', 0x0003, 5, 1),
  cinema4k: cinema('4K digital cinema', 0x0004, 6, 2),
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
    rules: [],
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
    rules: [rule((f, o) => mainLevelOf(f, o) > 0, 'so many samples a second have no level')],
  },
  'dicom-j2k': {
    title: 'DICOM JPEG 2000 image compression',
    source: 'DICOM PS3.5 8.2.4 and A.4.4',
    rsiz: () => 0,
    prescribe: () => ({ container: 'codestream' }),
    rules: [],
  },
  'dicom-htj2k': {
    title: 'DICOM high-throughput JPEG 2000',
    source: 'DICOM PS3.5 8.2.17 and 10.18',
    rsiz: () => 0,
    prescribe: () => ({ container: 'codestream', coder: 'ht' }),
    rules: [],
  },
  'dicom-htj2k-rpcl': {
    title: 'DICOM high-throughput JPEG 2000, by resolution',
    source: 'DICOM PS3.5 10.18',
    rsiz: () => 0,
    prescribe: (format, options) => ({
      container: 'codestream',
      coder: 'ht',
      progression: 'RPCL',
      levels: Math.max(levelsToThumbnail(format), defaultLevelsOf(format, options)),
      tileParts: 'resolution',
      markers: { tlm: true },
    }),
    rules: [],
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
    rules: [],
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
    rules: [rule((_, o) => isLossless(o), 'the result is lossless')],
  },
}))();

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
  const [ofShape] = brokenRules(PROFILE_RULES[options.profile], shapeOf(format, merged));
  const [ofRate] = profile.rules.flatMap(({ broken }) => broken(format, merged) ?? []);
  const what = ofShape ?? ofRate;
  if (what !== undefined) throw usage('profile', `profile ${options.profile}: ${what} (${profile.source})`);
  return {
    options: merged,
    rsiz: profile.rsiz(format, merged),
    maxComponentBytes: profile.maxComponentBytes?.(merged),
  };
}

function cinema(title: string, rsiz: number, mostLevels: number, guardBits: number): Profile {
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

function rule(holds: (format: PictureFormat, options: EncodeOptions) => boolean, text: string): Rule {
  return { broken: (format, options) => (holds(format, options) ? undefined : text) };
}

/** What completed options make of a picture, as rules look at it. */
function shapeOf(format: PictureFormat, o: EncodeOptions): CodestreamShape {
  const { width, height, components } = format;
  return {
    width,
    height,
    components,
    bare: o.container === 'codestream',
    atOrigin: isAt(o.origin, 0) && isAt(o.tileOrigin, 0),
    tile: o.tile ?? { width, height },
    oneTile: !o.tile || (o.tile.width >= width && o.tile.height >= height),
    progression: o.progression,
    changes: o.progressionChanges ?? [],
    layers: numLayersOf(o),
    levels: o.levels ?? defaultLevelsOf(format, o),
    reversible: isReversible(o),
    mct: o.mct,
    guardBits: o.guardBits,
    codeBlock: o.codeBlock,
    styles: stylesOf(o),
    precincts: precinctsOf(o),
    hasRegion: Boolean(o.roi),
    hasPackedHeaders: o.markers?.ppm === true || o.markers?.ppt === true,
    partForComponent: o.tileParts === 'component',
    tlm: o.markers?.tlm === true,
    plt: o.markers?.plt === true,
    highThroughput: o.coder === 'ht',
  };
}

/** From the lowest resolution level upward; the last one given is for all levels below it. */
function precinctsOf({ precincts, levels }: EncodeOptions): CodestreamShape['precincts'] {
  if (!precincts || precincts.length === 0) return undefined;
  const count = Math.min(33, levels === undefined ? precincts.length : levels + 1);
  const given = Array.from({ length: count }, (_, k) => precincts[Math.min(k, precincts.length - 1)]);
  return given.reverse();
}

function moviePrecincts(numLevels: number): { width: number; height: number }[] {
  return Array.from({ length: numLevels + 1 }, (_, k) => {
    const size = k === numLevels ? 128 : 256;
    return { width: size, height: size };
  });
}

function isAt(point: { readonly x: number; readonly y: number } | undefined, value: number): boolean {
  return point === undefined || (point.x === value && point.y === value);
}

function stylesOf(o: EncodeOptions): string[] {
  return Object.entries(o.codeBlockStyle ?? {}).flatMap(([name, value]) => (value ? [name] : []));
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

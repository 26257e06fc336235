/**
 * Rules that profiles have for codestreams (15444-1 A.10 and its amendments; DICOM PS3.5), as data.
 *
 * A rule looks at a {@link CodestreamShape}, which an encoder makes of what it was asked for, and a validator of what it finds. Rules
 * about rates and bytes are with those who know them.
 */
import type { Progression } from './cod.ts';
import type { ProgressionChange } from './poc.ts';
import type { SizComponent } from './siz.ts';

/** Two numbers of samples. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** What profiles ask about a codestream. */
export interface CodestreamShape extends Size {
  /** True for a codestream that is not in a file. */
  readonly bare: boolean;
  readonly components: readonly SizComponent[];
  /** True when image and tile offsets are 0. */
  readonly atOrigin: boolean;
  /** XTsiz and YTsiz. */
  readonly tile: Size;
  readonly oneTile: boolean;
  readonly progression: Progression | undefined;
  /** Changes of the progression order (POC). */
  readonly changes: readonly ProgressionChange[];
  readonly layers: number;
  /** N_L; the largest where components differ. */
  readonly levels: number;
  readonly reversible: boolean;
  /** RCT, ICT, none, or left to the encoder. */
  readonly mct: 'none' | 'rct' | 'ict' | 'auto' | undefined;
  readonly guardBits: number | undefined;
  readonly codeBlock: Size | undefined;
  /** Names of code-block styles that are in use: `reset`, `causal`… */
  readonly styles: readonly string[];
  /** Precinct sizes from the lowest resolution level upward; `undefined` for precincts as large as can be. */
  readonly precincts: readonly Size[] | undefined;
  /** True for a region of interest (RGN). */
  readonly hasRegion: boolean;
  /** True for PPM or PPT. */
  readonly hasPackedHeaders: boolean;
  /** True when every tile-part holds one component (twice for 4K cinema). */
  readonly partForComponent: boolean;
  readonly tlm: boolean;
  readonly plt: boolean;
  /** True where all code-blocks are high-throughput ones (15444-15), `some` where some may be. */
  readonly highThroughput: boolean | 'some';
}

/** One rule; `text` says what has to be, in words that follow the profile's name. */
export interface ShapeRule {
  readonly text: string;
  holds(shape: CodestreamShape): boolean;
}

/** Names of the profiles: sets of rules for some use. */
export type RuledProfile =
  | 'cinema2k'
  | 'cinema4k'
  | 'broadcast'
  | 'imf'
  | 'dicom-j2k'
  | 'dicom-htj2k'
  | 'dicom-htj2k-rpcl'
  | 'jpip'
  | 'archive';

/** Bytes of a frame of digital cinema at 24 frames a second: 250 Mbit/s, and 200 Mbit/s for one component. */
export const CINEMA_FRAME_BYTES = 1302083;
export const CINEMA_COMPONENT_BYTES = 1041666;

const MOVING_PICTURE: readonly ShapeRule[] = [
  rule((s) => s.bare, 'frames are bare codestreams'),
  rule((s) => s.progression === 'CPRL', 'the progression is CPRL'),
  rule((s) => s.layers === 1, 'there is one quality layer'),
  rule((s) => !s.hasRegion, 'a region of interest (RGN) is not allowed'),
  rule((s) => s.atOrigin, 'image and tile offsets are 0'),
  rule((s) => s.styles.length === 0, 'code-block styles are not allowed'),
  rule((s) => !s.hasPackedHeaders, 'packed packet headers (PPM, PPT) are not allowed'),
  rule((s) => s.highThroughput === false, 'code-blocks of high throughput are not allowed'),
  rule(hasMoviePrecincts, 'precincts are 128 x 128 at the lowest resolution level and 256 x 256 above'),
];

const DICOM: readonly ShapeRule[] = [
  rule((s) => s.bare, 'frames are bare codestreams; the JP2 boxes are not allowed'),
  rule((s) => s.components.length === 1 || s.components.length === 3, 'there are 1 or 3 components'),
  rule((s) => s.components.every((c) => c.precision <= 16), 'a sample has at most 16 bits'),
  rule((s) => s.components.every((c) => c.xrsiz === 1 && c.yrsiz === 1), 'components are not subsampled'),
  rule((s) => s.atOrigin, 'image and tile offsets are 0'),
];

const HT_ONLY = rule((s) => s.highThroughput === true, 'all code-blocks are of high throughput');

/** Samples that the shorter side of the lowest resolution may have (PS3.5 10.18). */
const THUMBNAIL = 64;

/** Decomposition levels that leave no more than that of a picture. */
export function levelsToThumbnail({ width, height }: Size): number {
  return Math.max(0, Math.ceil(Math.log2(Math.min(width, height) / THUMBNAIL)));
}

/** The rules by profile. Those of digital cinema about bytes, and those about samples a second, are not among them. */
export const PROFILE_RULES: Readonly<Record<RuledProfile, readonly ShapeRule[]>> = /* @__PURE__ */ (() => ({
  cinema2k: cinema(2048, 1080, 0, 5, 1, false),
  cinema4k: cinema(4096, 2160, 1, 6, 2, true),
  broadcast: [
    ...MOVING_PICTURE,
    rule((s) => s.oneTile, 'there is one tile'),
    rule((s) => !s.reversible, 'the filter is 9/7'),
    rule((s) => s.components.length <= 4, 'there are at most 4 components'),
    depth(8, 12),
    rule((s) => s.components.every((c) => c.xrsiz <= 2 && c.yrsiz <= 2), 'sample distances are 1 or 2'),
    levels(1, 5),
    rule(
      ({ codeBlock }) => isOneOf([32, 64, 128], codeBlock?.width) && isOneOf([32, 64, 128], codeBlock?.height),
      'code-blocks are 32, 64 or 128 wide and high',
    ),
  ],
  imf: [
    ...MOVING_PICTURE,
    rule((s) => imfSize(s) >= 0, 'a picture is at most 8192 x 6224'),
    rule((s) => s.components.length <= 3, 'there are at most 3 components'),
    depth(8, 16),
    rule(
      ({ components: [a, b, c] }) => a.xrsiz === 1 && (b?.xrsiz ?? 1) <= 2 && (c === undefined || c.xrsiz === b.xrsiz),
      'only the second and third component may be subsampled, horizontally by 2',
    ),
    rule((s) => s.components.every((c) => c.yrsiz === 1), 'nothing is subsampled vertically'),
    rule((s) => isSquareBlock(s, [32]), 'code-blocks are 32 x 32'),
    rule((s) => s.changes.length === 0, 'changes of progression (POC) are not allowed'),
    rule(hasImfTile, 'there is one tile; lossless pictures may have tiles of 1024, from 4K on of 2048, at 8K of 4096'),
    rule(
      (s) => s.levels >= 1 && s.levels <= imfLevels(s),
      'there are 1 to 5 decomposition levels, 6 at 4K, 7 at 8K, fewer for small tiles',
    ),
  ],
  'dicom-j2k': [...DICOM, rule((s) => s.highThroughput === false, 'code-blocks of high throughput are not allowed')],
  'dicom-htj2k': [...DICOM, HT_ONLY],
  'dicom-htj2k-rpcl': [
    ...DICOM,
    HT_ONLY,
    rule((s) => s.progression === 'RPCL' && s.changes.length === 0, 'the progression is RPCL'),
    rule((s) => s.tlm, 'tile-part lengths (TLM) are written'),
    rule(
      (s) => Math.min(s.width, s.height) / 2 ** s.levels <= THUMBNAIL,
      `there are decomposition levels enough for a width or height of at most ${THUMBNAIL}`,
    ),
  ],
  jpip: [
    rule((s) => s.progression === 'RPCL', 'the progression is RPCL'),
    rule((s) => s.plt, 'packet lengths (PLT) are written'),
    rule((s) => s.precincts !== undefined, 'precincts are smaller than the picture'),
  ],
  archive: [
    rule((s) => s.reversible, 'the result is lossless'),
    rule((s) => !s.hasRegion, 'a region of interest is not allowed'),
  ],
}))();

/** What of a profile's rules a codestream breaks, in words that follow the profile's name. */
export function brokenRules(rules: readonly ShapeRule[], shape: CodestreamShape): string[] {
  return rules.filter(({ holds }) => !holds(shape)).map(({ text }) => text);
}

function cinema(
  width: number,
  height: number,
  leastLevels: number,
  mostLevels: number,
  guardBits: number,
  is4k: boolean,
): ShapeRule[] {
  return [
    ...MOVING_PICTURE,
    rule((s) => s.oneTile, 'there is one tile'),
    rule((s) => s.width <= width && s.height <= height, `a picture is at most ${width} x ${height}`),
    rule((s) => s.components.length === 3, 'there are 3 components'),
    depth(12, 12),
    rule((s) => s.components.every((c) => c.xrsiz === 1 && c.yrsiz === 1), 'components are not subsampled'),
    rule((s) => !s.reversible, 'the filter is 9/7'),
    rule((s) => s.mct === 'ict', 'the components are transformed (ICT)'),
    levels(leastLevels, mostLevels),
    rule(
      (s) => s.guardBits === guardBits,
      guardBits === 1 ? 'there is 1 guard bit' : `there are ${guardBits} guard bits`,
    ),
    rule((s) => isSquareBlock(s, [32]), 'code-blocks are 32 x 32'),
    rule((s) => s.partForComponent, 'there is a tile-part for each component'),
    rule((s) => s.tlm, 'tile-part lengths (TLM) are written'),
    rule(
      (s) => isSame(s.changes, is4k ? twoResolutions(s.levels) : []),
      is4k ? 'the 2K resolutions come first, then the 4K one (POC)' : 'changes of progression (POC) are not allowed',
    ),
  ];
}

/** All components of the levels a 2K decoder uses, then the rest (4K digital cinema). */
export function twoResolutions(numLevels: number): ProgressionChange[] {
  const common = { componentStart: 0, componentEnd: 3, layerEnd: 1, progression: 'CPRL' } as const;
  return [
    { ...common, resolutionStart: 0, resolutionEnd: numLevels },
    { ...common, resolutionStart: numLevels, resolutionEnd: numLevels + 1 },
  ];
}

/** 0 for 2K, 1 for 4K, 2 for 8K, -1 beyond (interoperable master format). */
export function imfSize({ width, height }: Size): number {
  return [0, 1, 2].find((k) => width <= 2048 << k && height <= 1556 << k) ?? -1;
}

/** A rule from its condition and its words. */
export function rule(holds: (shape: CodestreamShape) => boolean, text: string): ShapeRule {
  return { holds, text };
}

function levels(least: number, most: number): ShapeRule {
  return rule((s) => s.levels >= least && s.levels <= most, `there are ${least} to ${most} decomposition levels`);
}

function depth(least: number, most: number): ShapeRule {
  const text = least === most ? `${least}` : `${least} to ${most}`;
  return rule(
    (s) => s.components.every((c) => !c.signed && c.precision >= least && c.precision <= most),
    `samples are unsigned and have ${text} bits`,
  );
}

/** A number that is there, and in the list. */
export function isOneOf(list: readonly number[], value: number | undefined): boolean {
  return value !== undefined && list.includes(value);
}

/** Code-blocks of one of these sizes, as wide as high. */
export function isSquareBlock({ codeBlock }: CodestreamShape, sizes: readonly number[]): boolean {
  return codeBlock !== undefined && codeBlock.width === codeBlock.height && sizes.includes(codeBlock.width);
}

function hasMoviePrecincts({ precincts }: CodestreamShape): boolean {
  if (!precincts) return false;
  return precincts.every(({ width, height }, r) => {
    const size = r === 0 ? 128 : 256;
    return width === size && height === size;
  });
}

function hasImfTile(shape: CodestreamShape): boolean {
  if (shape.oneTile) return true;
  const { tile } = shape;
  const sizes = [1024, 2048, 4096].slice(0, imfSize(shape) + 1);
  return shape.reversible && tile.width === tile.height && sizes.includes(tile.width);
}

function imfLevels(shape: CodestreamShape): number {
  const most = 5 + imfSize(shape);
  if (!shape.reversible || shape.oneTile) return most;
  return Math.min(most, Math.log2(shape.tile.width) - 6);
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

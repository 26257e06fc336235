/**
 * From the arguments of `jp2kit encode` to the options of the encoder. Nothing here touches a file but through the
 * function that is handed in, so the whole translation can be tested without any.
 */
import type { ParseArgsConfig } from 'node:util';
import type { Progression } from '../codec/codestream/cod.ts';
import type { ProgressionChange } from '../codec/codestream/poc.ts';
import type { CodeBlockStyle, EncodeOptions, Rate, RegionOfInterest } from '../codec/encoder/options.ts';
import type { ColourSpec, MetadataSpec, PointsPerMetre } from '../codec/fileformat/jp2-spec.ts';
import {
  badValue,
  readBytes,
  readPoint,
  readPositive,
  readRect,
  readSize,
  readWhole,
  readWholes,
  readWord,
} from './argument-values.ts';
import { CommandLineError } from './exit.ts';
import { readPnm } from './formats/pnm.ts';

const TEXT = { type: 'string' } as const;
const TEXTS = { type: 'string', multiple: true } as const;
const SWITCH = { type: 'boolean' } as const;

/** What `parseArgs` is to accept. */
export const ENCODE_FLAGS = {
  output: { type: 'string', short: 'o' },
  json: SWITCH,
  strip: SWITCH,
  raw: TEXT,
  'expand-palette': SWITCH,
  // size and quality
  lossless: SWITCH,
  ratio: TEXT,
  bpp: TEXT,
  bytes: TEXT,
  psnr: TEXT,
  step: TEXT,
  layers: TEXT,
  weights: TEXT,
  verify: SWITCH,
  // coding
  profile: TEXT,
  'frame-rate': TEXT,
  wavelet: TEXT,
  mct: TEXT,
  levels: TEXT,
  resolutions: TEXT,
  'code-block': TEXT,
  precincts: TEXT,
  style: TEXT,
  quantization: TEXT,
  'guard-bits': TEXT,
  roi: TEXTS,
  'roi-mask': TEXT,
  'roi-shift': TEXT,
  'roi-components': TEXT,
  // arrangement
  progression: TEXT,
  poc: TEXT,
  tile: TEXT,
  origin: TEXT,
  'tile-origin': TEXT,
  'tile-parts': TEXT,
  tlm: SWITCH,
  plt: SWITCH,
  plm: SWITCH,
  ppm: SWITCH,
  ppt: SWITCH,
  sop: SWITCH,
  eph: SWITCH,
  // file
  container: TEXT,
  comment: TEXTS,
  'no-comment': SWITCH,
  colour: TEXT,
  icc: TEXT,
  xml: TEXTS,
  xmp: TEXT,
  uuid: TEXTS,
  gml: TEXT,
  geotiff: TEXT,
  resolution: TEXT,
  'display-resolution': TEXT,
} as const satisfies NonNullable<ParseArgsConfig['options']>;

/** Other spellings, as other encoders or other people have them. */
const ALIASES: Readonly<Record<string, keyof typeof ENCODE_FLAGS>> = {
  rate: 'bpp',
  'compression-ratio': 'ratio',
  quality: 'psnr',
  color: 'colour',
  tiles: 'tile',
  'tile-size': 'tile',
  'code-blocks': 'code-block',
  codeblock: 'code-block',
  cblk: 'code-block',
  precinct: 'precincts',
  order: 'progression',
  'progression-order': 'progression',
  'cblk-style': 'style',
  modes: 'style',
  quantisation: 'quantization',
  'image-offset': 'origin',
  'tile-offset': 'tile-origin',
};

/** Arguments with every alias replaced by what it stands for. */
export function withoutAliases(args: readonly string[]): string[] {
  return args.map((arg) => {
    const match = /^--([a-z-]+)(=.*)?$/s.exec(arg);
    const name = match && Object.hasOwn(ALIASES, match[1]) ? ALIASES[match[1]] : undefined;
    return name === undefined ? arg : `--${name}${match![2] ?? ''}`;
  });
}

/** Values as `parseArgs` gives them. */
export type EncodeValues = {
  readonly [K in keyof typeof ENCODE_FLAGS]?:
    | ((typeof ENCODE_FLAGS)[K] extends { multiple: true }
        ? string[]
        : (typeof ENCODE_FLAGS)[K]['type'] extends 'string'
          ? string
          : boolean)
    | undefined;
};

/** Kinds of rates, by the option that asks for them. */
const RATES: Readonly<Record<'ratio' | 'bpp' | 'bytes' | 'psnr' | 'step', (text: string) => Rate>> = {
  ratio: (text) => ({ ratio: readPositive(text, 'ratio') }),
  bpp: (text) => ({ bpp: readPositive(text, 'bpp') }),
  bytes: (text) => ({ bytes: readBytes(text, 'bytes') }),
  psnr: (text) => ({ psnr: readPositive(text, 'psnr') }),
  step: (text) => ({ step: readPositive(text, 'step') }),
};

const STYLES = ['bypass', 'reset', 'terminate', 'causal', 'predictable', 'segmentation'] as const;
const STYLE_NAMES: Readonly<Record<string, (typeof STYLES)[number]>> = {
  lazy: 'bypass',
  restart: 'terminate',
  termall: 'terminate',
  vsc: 'causal',
  erterm: 'predictable',
  segmark: 'segmentation',
  segsym: 'segmentation',
};

const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const satisfies readonly Progression[];
const SPACES = ['grey', 'srgb', 'sycc', 'esrgb', 'esycc', 'cmyk', 'cielab'] as const;
const MARKERS = ['tlm', 'plt', 'plm', 'ppm', 'ppt', 'sop', 'eph'] as const;

/** Options of the encoder; `read` gives the bytes of the files that options name. */
export function encodeOptionsOf(values: EncodeValues, read: (path: string) => Uint8Array): EncodeOptions {
  const number = (name: 'layers' | 'guard-bits') => optional(values[name], (text) => readWhole(text, name));
  const markers = Object.fromEntries(MARKERS.flatMap((name) => (values[name] ? [[name, true]] : [])));
  const comments = commentsOf(values);
  const rate = rateOf(values);
  const layers = number('layers');
  if (layers !== undefined && Array.isArray(rate) && rate.length !== layers) {
    throw new CommandLineError(`--layers ${layers} contradicts the ${rate.length} rates that are listed`);
  }
  return withoutUndefined({
    container: optional(values.container, (text) => {
      return readWord(text, 'container', ['jp2', 'codestream'], { j2k: 'codestream', j2c: 'codestream', jpx: 'jp2' });
    }),
    profile: values.profile as EncodeOptions['profile'],
    frameRate: optional(values['frame-rate'], (text) => readPositive(text, 'frame-rate')),
    rate,
    layers: Array.isArray(rate) ? undefined : layers,
    wavelet: optional(values.wavelet, (text) => {
      return readWord(text, 'wavelet', ['5/3', '9/7'], { '53': '5/3', '97': '9/7', w5x3: '5/3', w9x7: '9/7' });
    }),
    levels: levelsOf(values),
    progression: optional(values.progression, (text) => readWord(text, 'progression', PROGRESSIONS)),
    progressionChanges: optional(values.poc, parseProgressionChanges),
    tile: optional(values.tile, (text) => readSize(text, 'tile')),
    origin: optional(values.origin, (text) => readPoint(text, 'origin')),
    tileOrigin: optional(values['tile-origin'], (text) => readPoint(text, 'tile-origin')),
    codeBlock: optional(values['code-block'], (text) => readSize(text, 'code-block')),
    precincts: optional(values.precincts, readPrecincts),
    codeBlockStyle: optional(values.style, styleOf),
    mct: optional(values.mct, (text) =>
      readWord(text, 'mct', ['auto', 'none', 'rct', 'ict'], { 0: 'none', 1: 'auto' }),
    ),
    roi: roiOf(values, read),
    guardBits: number('guard-bits'),
    quantization: optional(values.quantization, (text) => {
      return readWord(text, 'quantization', ['expounded', 'derived']);
    }),
    weights: optional(values.weights, (text) => readWord(text, 'weights', ['none', 'visual'])),
    tileParts: optional(values['tile-parts'], (text) => {
      const words = ['none', 'resolution', 'layer', 'component'] as const;
      return readWord(text, 'tile-parts', words, { r: 'resolution', l: 'layer', c: 'component' });
    }),
    markers: Object.keys(markers).length > 0 ? markers : undefined,
    comments,
    colour: colourOf(values, read),
    metadata: metadataOf(values, read),
    verify: values.verify ? true : undefined,
  });
}

/** Whether samples may come back changed: a profile without a rate may bring one of its own. */
export function isLossy({ rate, profile }: Pick<EncodeOptions, 'rate' | 'profile'>): boolean {
  const last = Array.isArray(rate) ? rate.at(-1) : rate;
  return last === undefined ? profile !== undefined : !('lossless' in last);
}

/** One rate, or one for each layer; a list may end with the word or the switch for all that is left. */
function rateOf(values: EncodeValues): Rate | Rate[] | undefined {
  const kinds = (Object.keys(RATES) as (keyof typeof RATES)[]).filter((name) => values[name] !== undefined);
  if (kinds.length > 1) {
    throw new CommandLineError(`--${kinds[0]} and --${kinds[1]} ask for sizes or qualities of two kinds`);
  }
  const [kind] = kinds;
  if (kind === undefined) return values.lossless ? { lossless: true } : undefined;
  const parts = values[kind]!.split(',').map((part) => part.trim());
  const lossless = values.lossless === true || parts.at(-1)?.toLowerCase() === 'lossless';
  if (parts.at(-1)?.toLowerCase() === 'lossless') parts.pop();
  const rates = parts.map(RATES[kind]);
  if (lossless) rates.push({ lossless: true });
  return rates.length === 1 ? rates[0] : rates;
}

function levelsOf(values: EncodeValues): number | undefined {
  const levels = optional(values.levels, (text) => readWhole(text, 'levels'));
  const resolutions = optional(values.resolutions, (text) => readWhole(text, 'resolutions'));
  if (resolutions === 0) throw badValue('resolutions', 'at least 1', '0');
  if (levels !== undefined && resolutions !== undefined && levels !== resolutions - 1) {
    throw new CommandLineError(`--levels ${levels} contradicts --resolutions ${resolutions}, which is one more`);
  }
  return levels ?? (resolutions === undefined ? undefined : resolutions - 1);
}

/** `256x256,128x128`, or in brackets as other encoders have it: `[256,256],[128,128]`. */
export function readPrecincts(text: string): { width: number; height: number }[] {
  const bracketed = text.match(/[[{][^\]}]*[\]}]/g);
  return (bracketed ?? text.split(',')).map((part) => readSize(part.replace(/[[\]{}]/g, ''), 'precincts'));
}

function styleOf(text: string): CodeBlockStyle {
  const names = text.split(/[,|+]/).map((name) => readWord(name, 'style', STYLES, STYLE_NAMES));
  return Object.fromEntries(names.map((name) => [name, true]));
}

/**
 * Changes of progression: `R0-R1:C0-C1:L:ORDER`, several of them separated by slashes. Resolutions from R0 and
 * components from C0 up to, but without, R1 and C1, layers up to but without L; an asterisk stands for all.
 */
export function parseProgressionChanges(text: string): ProgressionChange[] {
  return text.split('/').map((part) => {
    const expected = 'R0-R1:C0-C1:L:ORDER, several separated by slashes';
    const match = /^\s*(\d+-\d+|\*):(\d+-\d+|\*):(\d+|\*):([a-z]{4})\s*$/i.exec(part);
    if (!match) throw badValue('poc', expected, part);
    const range = (bounds: string, most: number) => (bounds === '*' ? [0, most] : bounds.split('-').map(Number));
    const [resolutionStart, resolutionEnd] = range(match[1], MAX_RESOLUTIONS);
    const [componentStart, componentEnd] = range(match[2], MAX_COMPONENTS);
    const layerEnd = match[3] === '*' ? MAX_LAYERS : Number(match[3]);
    if (resolutionEnd <= resolutionStart || componentEnd <= componentStart || layerEnd < 1) {
      throw badValue('poc', 'ranges that hold something', part);
    }
    const progression = readWord(match[4], 'poc', PROGRESSIONS);
    return { resolutionStart, resolutionEnd, componentStart, componentEnd, layerEnd, progression };
  });
}

/** The largest REpoc, CEpoc and LYEpoc (15444-1 Table A.32). */
const MAX_RESOLUTIONS = 33;
const MAX_COMPONENTS = 16384;
const MAX_LAYERS = 65535;

function roiOf(values: EncodeValues, read: (path: string) => Uint8Array): RegionOfInterest | undefined {
  const rects = values.roi?.map((text) => readRect(text, 'roi'));
  const mask = optional(values['roi-mask'], (path) => maskOf(read(path)));
  if (!rects && !mask) {
    if (values['roi-shift'] === undefined && values['roi-components'] === undefined) return undefined;
    throw new CommandLineError('--roi-shift and --roi-components need a region: --roi or --roi-mask');
  }
  if (rects && mask) throw new CommandLineError('--roi and --roi-mask name the region twice');
  return withoutUndefined({
    rects,
    mask,
    components: optional(values['roi-components'], (text) => readWholes(text, 'roi-components')),
    shift: optional(values['roi-shift'], (text) => readWhole(text, 'roi-shift')),
  });
}

/** A grey picture as a mask: whatever is not black is inside. */
function maskOf(bytes: Uint8Array): Uint8Array {
  const { channels, data } = readPnm(bytes);
  if (channels !== 1) throw new CommandLineError('--roi-mask takes a picture of one channel: PBM, PGM or PAM');
  return Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
}

function commentsOf(values: EncodeValues): string[] | undefined {
  if (!values['no-comment']) return values.comment;
  if (values.comment) throw new CommandLineError('--comment and --no-comment contradict each other');
  return [];
}

function colourOf(values: EncodeValues, read: (path: string) => Uint8Array): ColourSpec | undefined {
  if (values.colour !== undefined && values.icc !== undefined) {
    throw new CommandLineError('--colour and --icc both name the colours');
  }
  if (values.icc !== undefined) return { icc: read(values.icc) };
  return optional(values.colour, (text) => {
    return {
      space: readWord<(typeof SPACES)[number]>(text, 'colour', SPACES, {
        gray: 'grey',
        rgb: 'srgb',
        ycc: 'sycc',
        lab: 'cielab',
      }),
    };
  });
}

function metadataOf(values: EncodeValues, read: (path: string) => Uint8Array): MetadataSpec | undefined {
  const text = (path: string) => new TextDecoder().decode(read(path));
  const resolution = withoutUndefined({
    capture: optional(values.resolution, (value) => parseResolution(value, 'resolution')),
    display: optional(values['display-resolution'], (value) => parseResolution(value, 'display-resolution')),
  });
  const metadata = withoutUndefined({
    resolution: Object.keys(resolution).length > 0 ? resolution : undefined,
    xml: values.xml?.map(text),
    xmp: optional(values.xmp, text),
    geotiff: optional(values.geotiff, read),
    gml: optional(values.gml, text),
    uuid: values.uuid?.map((entry) => {
      const colon = entry.indexOf(':');
      if (colon < 1) throw badValue('uuid', 'ID:FILE', entry);
      return { id: entry.slice(0, colon), data: read(entry.slice(colon + 1)) };
    }),
  });
  return Object.keys(metadata).length > 0 ? metadata : undefined;
}

/** `300dpi`, `300x150dpi`, `118dpcm`, or points a metre: `11811`, `11811x5906`. */
export function parseResolution(text: string, option: string): PointsPerMetre {
  const match = /^\s*([\d.]+)(?:x([\d.]+))?\s*(dpi|dpcm|ppm)?\s*$/i.exec(text);
  if (!match) throw badValue(option, '300dpi, 300x150dpi, 118dpcm or points a metre', text);
  const metres = { dpi: 0.0254, dpcm: 0.01, ppm: 1 }[match[3]?.toLowerCase() ?? 'ppm']!;
  return { x: readPositive(match[1], option) / metres, y: readPositive(match[2] ?? match[1], option) / metres };
}

/** What the picture says of its colours, but for what the call says. */
export function mergeColour(
  input: ColourSpec | undefined,
  asked: ColourSpec | undefined,
  strip: boolean,
): ColourSpec | undefined {
  const { icc, space, parameters, ...structure } = input ?? {};
  const meaning = asked ?? withoutUndefined({ icc: strip ? undefined : icc, space, parameters });
  const merged = { ...structure, ...meaning };
  return Object.keys(merged).length > 0 ? merged : undefined;
}

/** What the file says beside the picture, but for what the call says; XML and UUID boxes are added up. */
export function mergeMetadata(
  input: MetadataSpec | undefined,
  asked: MetadataSpec | undefined,
  strip: boolean,
): MetadataSpec | undefined {
  if (strip || !input) return asked;
  if (!asked) return input;
  const both = <T>(a: readonly T[] | undefined, b: readonly T[] | undefined) =>
    a || b ? [...(a ?? []), ...(b ?? [])] : undefined;
  return withoutUndefined({
    ...input,
    ...asked,
    resolution: input.resolution || asked.resolution ? { ...input.resolution, ...asked.resolution } : undefined,
    xml: both(input.xml, asked.xml),
    uuid: both(input.uuid, asked.uuid),
  });
}

function optional<T, R>(value: T | undefined, f: (value: T) => R): R | undefined {
  return value === undefined ? undefined : f(value);
}

/** The same without the keys that have no value, so that they do not stand in for defaults. */
function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

/**
 * From the arguments of `jp2kit encode` to the options of the encoder. Nothing here touches a file but through the
 * function that is handed in, so the whole translation can be tested without any.
 */
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
import {
  CONTAINER_OPTION,
  MARKER_OPTIONS,
  MARKERS,
  ORDER_OPTIONS,
  parseProgressionChanges,
  PRECINCTS_OPTION,
  readContainer,
  readPrecincts,
  readProgression,
  readTileParts,
} from './coding-options.ts';
import { outputOption } from './common-options.ts';
import { CommandLineError } from './exit.ts';
import { readPnm } from './formats/pnm.ts';
import type { OptionTable } from './options.ts';
import { THREADS_OPTION } from './threads.ts';
import { TIMING_OPTION } from './timing.ts';

const WAVELETS = ['5/3', '9/7'] as const;
const MCTS = ['auto', 'none', 'rct', 'ict'] as const;
const STYLES = ['bypass', 'reset', 'terminate', 'causal', 'predictable', 'segmentation'] as const;
const QUANTIZATIONS = ['expounded', 'derived'] as const;
const WEIGHTS = ['none', 'visual'] as const;
const SPACES = ['grey', 'srgb', 'sycc', 'esrgb', 'esycc', 'cmyk', 'cielab'] as const;
const PROFILES = [
  'cinema2k',
  'cinema4k',
  'broadcast',
  'imf',
  'dicom-j2k',
  'dicom-htj2k',
  'dicom-htj2k-rpcl',
  'jpip',
  'archive',
] as const satisfies readonly NonNullable<EncodeOptions['profile']>[];

/** The options of `jp2kit encode`. */
export const ENCODE_FLAGS = {
  output: outputOption('.jp2, .jph, or .j2k, .j2c, .jpc for a bare codestream; a folder, or a pattern with {name}'),
  container: CONTAINER_OPTION,
  raw: {
    type: 'string',
    value: '<kind>',
    about:
      'inputs are raw samples: WxHxC,bits,signed|unsigned,little|big,planar|interleaved (default: 8,unsigned,big,planar; .rawl is little), or W,H,C,bits,s|u[@1x1:2x2:…], planar',
  },
  'expand-palette': {
    type: 'boolean',
    about: 'colours of a palette instead of indices (always, where the result is lossy or has no boxes)',
  },
  strip: { type: 'boolean', about: 'leave out profile, resolution, XMP and geographic data of the input' },
  verify: { type: 'boolean', about: 'decode the result and compare' },
  threads: THREADS_OPTION,
  timing: TIMING_OPTION,
  json: { type: 'boolean', about: 'a report on standard output; null stands for infinite decibels' },

  lossless: { type: 'boolean', about: 'every sample comes back (the default)' },
  ratio: {
    type: 'string',
    value: '80,40,20',
    about: 'times smaller than the samples',
    aliases: ['compression-ratio'],
  },
  bpp: { type: 'string', value: '0.25,0.5,1', about: 'bits for each point of the picture', aliases: ['rate'] },
  bytes: { type: 'string', value: '50k,1M', about: 'size of the file' },
  psnr: { type: 'string', value: '35,40,45', about: 'decibels, measured by decoding', aliases: ['quality'] },
  step: { type: 'string', value: '0.01', about: 'quantiser step, in units of a sample value' },
  qfactor: { type: 'string', value: '1..100', about: 'quality as JPEG counts it, by quantiser steps' },
  layers: { type: 'string', value: 'n', about: 'quality layers where nothing is listed' },
  weights: {
    type: 'string',
    value: '<w>',
    words: WEIGHTS,
    about: 'visual: weigh errors as the eye sees them; none: all alike (the default)',
  },

  ht: { type: 'boolean', about: 'high-throughput code-blocks (HTJ2K), as .jph has them anyway' },
  profile: { type: 'string', value: '<name>', words: PROFILES, about: 'a set of rules' },
  'frame-rate': {
    type: 'string',
    value: 'n',
    about: 'frames a second, for sizes and levels of moving pictures (default 24)',
  },
  wavelet: { type: 'string', value: '5/3|9/7', words: WAVELETS, about: 'filter (default: 5/3 if lossless, else 9/7)' },
  mct: { type: 'string', value: '<m>', words: MCTS, about: 'component transform' },
  levels: { type: 'string', value: 'n', about: 'decompositions' },
  resolutions: { type: 'string', value: 'n', about: 'one more than decompositions' },
  'code-block': {
    type: 'string',
    value: 'WxH',
    about: 'size of code-blocks (default 64x64)',
    aliases: ['code-blocks', 'codeblock', 'cblk'],
  },
  precincts: PRECINCTS_OPTION,
  style: {
    type: 'string',
    value: '<names>',
    words: STYLES,
    list: true,
    about: 'ways of coding code-blocks, joined by commas',
    aliases: ['cblk-style', 'modes'],
  },
  quantization: {
    type: 'string',
    value: '<q>',
    words: QUANTIZATIONS,
    about: 'steps of the subbands',
    aliases: ['quantisation'],
  },
  'guard-bits': { type: 'string', value: 'n', about: 'guard bits of the quantiser' },
  roi: {
    type: 'string',
    multiple: true,
    value: 'x,y,w,h',
    about: 'a region coded before everything else; again for more',
  },
  'roi-mask': {
    type: 'string',
    value: '<file>',
    path: ['pbm', 'pgm', 'pam', 'pnm'],
    about: 'the region as a grey picture: whatever is not black',
  },
  'roi-shift': { type: 'string', value: 'n', about: 'bit-planes that the region is raised by' },
  'roi-components': { type: 'string', value: 'a,b', about: 'components that have the region' },

  ...ORDER_OPTIONS,
  tile: { type: 'string', value: 'WxH', about: 'size of tiles', aliases: ['tiles', 'tile-size'] },
  origin: { type: 'string', value: 'x,y', about: 'where the picture begins', aliases: ['image-offset'] },
  'tile-origin': { type: 'string', value: 'x,y', about: 'where the first tile begins', aliases: ['tile-offset'] },
  ...MARKER_OPTIONS,

  colour: { type: 'string', value: '<space>', words: SPACES, about: 'what the samples are', aliases: ['color'] },
  icc: { type: 'string', value: '<file>', path: ['icc', 'icm'], about: 'a profile that says it' },
  resolution: { type: 'string', value: '<r>', about: '300dpi, 300x150dpi, 118dpcm or points a metre' },
  'display-resolution': { type: 'string', value: '<r>', about: 'the same, for showing it' },
  xml: { type: 'string', multiple: true, value: '<file>', path: ['xml'], about: 'an XML box; again for more' },
  xmp: { type: 'string', value: '<file>', path: ['xmp', 'xml'], about: 'XMP metadata' },
  gml: { type: 'string', value: '<file>', path: ['gml', 'xml'], about: 'where it lies, as GML' },
  geotiff: { type: 'string', value: '<file>', path: ['tif', 'tiff'], about: 'where it lies, as GeoTIFF' },
  uuid: { type: 'string', multiple: true, value: 'ID:<file>', about: 'a UUID box; again for more' },
  comment: { type: 'string', multiple: true, value: '<text>', about: 'a comment; again for more' },
  'no-comment': { type: 'boolean', about: 'no comment at all' },
} as const satisfies OptionTable;

/** Headings of the help, by the option below. */
export const ENCODE_HEADINGS = {
  lossless: 'size and quality: one kind, a list for several quality layers; the last may be the word lossless',
  ht: 'coding',
  progression: 'arrangement',
  colour: 'file',
} as const satisfies { readonly [K in keyof typeof ENCODE_FLAGS]?: string };

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
const RATES: Readonly<Record<'ratio' | 'bpp' | 'bytes' | 'psnr' | 'step' | 'qfactor', (text: string) => Rate>> = {
  ratio: (text) => ({ ratio: readPositive(text, 'ratio') }),
  bpp: (text) => ({ bpp: readPositive(text, 'bpp') }),
  bytes: (text) => ({ bytes: readBytes(text, 'bytes') }),
  psnr: (text) => ({ psnr: readPositive(text, 'psnr') }),
  step: (text) => ({ step: readPositive(text, 'step') }),
  qfactor: (text) => ({ qfactor: readPositive(text, 'qfactor') }),
};

const STYLE_NAMES: Readonly<Record<string, (typeof STYLES)[number]>> = {
  lazy: 'bypass',
  restart: 'terminate',
  termall: 'terminate',
  vsc: 'causal',
  erterm: 'predictable',
  segmark: 'segmentation',
  segsym: 'segmentation',
};

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
    container: optional(values.container, readContainer),
    coder: values.ht ? 'ht' : undefined,
    profile: values.profile as EncodeOptions['profile'],
    frameRate: optional(values['frame-rate'], (text) => readPositive(text, 'frame-rate')),
    rate,
    layers: Array.isArray(rate) ? undefined : layers,
    wavelet: optional(values.wavelet, (text) => {
      return readWord(text, 'wavelet', WAVELETS, { '53': '5/3', '97': '9/7', w5x3: '5/3', w9x7: '9/7' });
    }),
    levels: levelsOf(values),
    progression: optional(values.progression, (text) => readProgression(text)),
    progressionChanges: optional(values.poc, parseProgressionChanges),
    tile: optional(values.tile, (text) => readSize(text, 'tile')),
    origin: optional(values.origin, (text) => readPoint(text, 'origin')),
    tileOrigin: optional(values['tile-origin'], (text) => readPoint(text, 'tile-origin')),
    codeBlock: optional(values['code-block'], (text) => readSize(text, 'code-block')),
    precincts: optional(values.precincts, readPrecincts),
    codeBlockStyle: optional(values.style, styleOf),
    mct: optional(values.mct, (text) => readWord(text, 'mct', MCTS, { 0: 'none', 1: 'auto' })),
    roi: roiOf(values, read),
    guardBits: number('guard-bits'),
    quantization: optional(values.quantization, (text) => readWord(text, 'quantization', QUANTIZATIONS)),
    weights: optional(values.weights, (text) => readWord(text, 'weights', WEIGHTS)),
    tileParts: optional(values['tile-parts'], readTileParts),
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

function styleOf(text: string): CodeBlockStyle {
  const names = text.split(/[,|+]/).map((name) => readWord(name, 'style', STYLES, STYLE_NAMES));
  return Object.fromEntries(names.map((name) => [name, true]));
}

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

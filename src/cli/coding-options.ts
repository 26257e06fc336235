/** Options of codestreams that the encoder and the transcoder share, and how their values are read. */
import type { Progression } from '../codec/codestream/cod.ts';
import type { ProgressionChange } from '../codec/codestream/poc.ts';
import { badValue, readSize, readWord } from './argument-values.ts';
import type { OptionSpec, OptionTable } from './options.ts';

const CONTAINERS = ['jp2', 'jph', 'codestream'] as const;
const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const satisfies readonly Progression[];
const TILE_PARTS = ['none', 'resolution', 'layer', 'component'] as const;

/** What files are wrapped in. */
export const CONTAINER_OPTION = {
  type: 'string',
  value: '<c>',
  words: CONTAINERS,
  about: 'jp2, jph or codestream, where the extension does not say it',
} as const satisfies OptionSpec;

/** The order of packets, and how they are cut into tile-parts. */
export const ORDER_OPTIONS = {
  progression: {
    type: 'string',
    value: '<o>',
    words: PROGRESSIONS,
    about: 'order of packets',
    aliases: ['order', 'progression-order'],
  },
  poc: {
    type: 'string',
    value: '<changes>',
    about:
      'changes of the order: R0-R1:C0-C1:L:ORDER/…, resolutions, components and layers up to but without R1, C1 and L; * for all: 0-3:*:2:RLCP/*:*:*:LRCP',
  },
  'tile-parts': { type: 'string', value: '<t>', words: TILE_PARTS, about: 'a tile-part for each' },
} as const satisfies OptionTable;

/** Precinct sizes. */
export const PRECINCTS_OPTION = {
  type: 'string',
  value: 'WxH,…',
  about: 'precinct sizes, from the highest resolution downward, the last for all others',
  aliases: ['precinct'],
} as const satisfies OptionSpec;

/** Marker segments that may be there or not, by their lower-case names. */
export const MARKERS = ['tlm', 'plt', 'plm', 'ppm', 'ppt', 'sop', 'eph'] as const;

/** Switches for {@link MARKERS}. */
export const MARKER_OPTIONS = {
  tlm: { type: 'boolean', about: 'lengths of tile-parts, in the main header (TLM)' },
  plt: { type: 'boolean', about: 'lengths of packets, in tile-parts (PLT)' },
  plm: { type: 'boolean', about: 'lengths of packets, in the main header (PLM)' },
  ppm: { type: 'boolean', about: 'packet headers, in the main header (PPM)' },
  ppt: { type: 'boolean', about: 'packet headers, in tile-parts (PPT)' },
  sop: { type: 'boolean', about: 'a marker before each packet (SOP)' },
  eph: { type: 'boolean', about: 'a marker behind each packet header (EPH)' },
} as const satisfies OptionTable;

/** The container of `--container`. */
export function readContainer(text: string): (typeof CONTAINERS)[number] {
  return readWord(text, 'container', CONTAINERS, { j2k: 'codestream', j2c: 'codestream', jhc: 'codestream', jpx: 'jp2' });
}

/** The order of `--progression`. */
export function readProgression(text: string, option = 'progression'): Progression {
  return readWord(text, option, PROGRESSIONS);
}

/** What `--tile-parts` says. */
export function readTileParts(text: string): (typeof TILE_PARTS)[number] {
  return readWord(text, 'tile-parts', TILE_PARTS, { r: 'resolution', l: 'layer', c: 'component' });
}

/** `256x256,128x128`, or in brackets as other encoders have it: `[256,256],[128,128]`. */
export function readPrecincts(text: string): { width: number; height: number }[] {
  const bracketed = text.match(/[[{][^\]}]*[\]}]/g);
  return (bracketed ?? text.split(',')).map((part) => readSize(part.replace(/[[\]{}]/g, ''), 'precincts'));
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
    const progression = readProgression(match[4], 'poc');
    return { resolutionStart, resolutionEnd, componentStart, componentEnd, layerEnd, progression };
  });
}

/** The largest REpoc, CEpoc and LYEpoc (15444-1 Table A.32). */
const MAX_RESOLUTIONS = 33;
const MAX_COMPONENTS = 16384;
const MAX_LAYERS = 65535;

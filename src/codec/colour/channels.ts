/**
 * From components to channels with a meaning (15444-1 I.5.3.3 to I.5.3.6): palette first, then the channel
 * definitions, and the colour space that the colour channels belong to.
 *
 * Two orders are on offer. The stored one is the codestream's; the ordered one, the default, puts the colours first
 * in the order of their space (red, green, blue), then the opacity channels, then the rest. A picture stored as BGR
 * comes out as RGB.
 */
import { DiagnosticLog, Jpeg2000Error } from '../errors.ts';
import type { ChannelDefinition } from '../fileformat/channel-boxes.ts';
import type { ColourSpecification } from '../fileformat/colour-specification.ts';
import { iccNumColours } from '../fileformat/icc-header.ts';
import type { Jp2File } from '../fileformat/jp2-file.ts';
import type { ChannelInfo, ColourInfo, Plane } from '../image.ts';
import { readIccProfile } from './icc.ts';
import { applyPaletteColumn, type ChannelSource, channelSources } from './palette.ts';

/** How components become channels. */
export interface ChannelOptions {
  /** False leaves indices as they are. Default true. */
  readonly applyPalette?: boolean;
  /** False keeps the order of the codestream. Default true. */
  readonly reorder?: boolean;
}

/** Channels and what they mean, one entry of `colour.channels` for each plane. */
export interface Channels<P extends Plane = Plane> {
  readonly planes: readonly P[];
  readonly colour: ColourInfo;
}

/** What the samples of a file mean, without decoding them. `numComponents` is the number the codestream has. */
export function colourInfoOf(
  file: Jp2File,
  numComponents: number,
  options: ChannelOptions = {},
  log: DiagnosticLog = new DiagnosticLog(),
): ColourInfo {
  const plan = planChannels(file, numComponents, options, log);
  return { ...plan.colour, channels: plan.channels.map((c) => c.info) };
}

/**
 * Turns decoded components into channels. `components` has one entry for each component of the codestream, in its
 * order; those that were not decoded are `undefined`, and channels that depend on them are left out.
 */
export function applyChannels<P extends Plane>(
  components: readonly (P | undefined)[],
  file: Jp2File,
  options: ChannelOptions,
  log: DiagnosticLog,
): Channels<P> {
  const plan = planChannels(file, components.length, options, log);
  const planes: P[] = [];
  const channels: ChannelInfo[] = [];
  for (const { source, info } of plan.channels) {
    const component = components[source.component];
    if (!component) continue;
    planes.push(source.column ? applyPaletteColumn(component, source.column, log) : component);
    channels.push(info);
  }
  return { planes, colour: { ...plan.colour, channels } };
}

/** Everything about the channels but their samples. */
interface ChannelPlan {
  readonly colour: Omit<ColourInfo, 'channels'>;
  readonly channels: readonly { readonly source: ChannelSource; readonly info: ChannelInfo }[];
}

function planChannels(
  file: Jp2File,
  numComponents: number,
  { applyPalette = true, reorder = true }: ChannelOptions,
  log: DiagnosticLog,
): ChannelPlan {
  const mapped = channelSources(file, numComponents, log);
  const palette = mapped.some((source) => source.column !== undefined);
  const colour = { ...spaceOf(file), palette };
  if (palette && !applyPalette) {
    // Indices are no colours, whatever the file says of the channels that they stand for.
    const info: ChannelInfo = { kind: 'unspecified', association: NO_ASSOCIATION };
    const sources = Array.from({ length: numComponents }, (_, component) => ({ component, column: undefined }));
    return { colour, channels: sources.map((source) => ({ source, info })) };
  }
  const infos = channelInfos(file.header?.channelDefinitions, mapped.length, numColoursOf(colour), log);
  const channels = mapped.map((source, k) => ({ source, info: infos[k] }));
  if (reorder) channels.sort((a, b) => rankOf(a.info) - rankOf(b.info)); // stable: equals keep their stored order
  return { colour, channels };
}

/** Typ of a channel definition (15444-1 Table I.16). */
const KINDS: Readonly<Record<number, ChannelInfo['kind']>> = { 0: 'colour', 1: 'opacity', 2: 'premultiplied-opacity' };

/** Asoc of a channel that belongs to nothing (15444-1 Table I.17). */
const NO_ASSOCIATION = 65535;

/** Colours in their order, then opacity, then the rest. */
function rankOf({ kind, association }: ChannelInfo): number {
  return kind === 'colour' ? association : kind === 'unspecified' ? 1 << 17 : 1 << 16;
}

/** What each channel means, in stored order. Definitions that leave a colour without its channel are not believed. */
function channelInfos(
  definitions: readonly ChannelDefinition[] | undefined,
  numChannels: number,
  numColours: number | undefined,
  log: DiagnosticLog,
): ChannelInfo[] {
  if (!definitions) return inOrder(new Array(numChannels).fill('colour'), numColours);
  const clause = '15444-1 I.5.3.6';
  const infos = new Array<ChannelInfo | undefined>(numChannels).fill(undefined);
  for (const { channel, type, association } of definitions) {
    if (channel >= numChannels || infos[channel] !== undefined) {
      const why = channel >= numChannels ? `there are only ${numChannels}` : 'it was defined before';
      log.add('channel-definition', `a definition of channel ${channel} is ignored: ${why}`, { clause });
    } else {
      infos[channel] = { kind: KINDS[type] ?? 'unspecified', association };
    }
  }
  const known = infos.map((info) => info ?? { kind: 'unspecified' as const, association: NO_ASSOCIATION });
  const colours = known.filter((info) => info.kind === 'colour');
  const count = numColours ?? colours.length;
  const named = new Set(colours.map((info) => info.association));
  let complete = colours.length === count && named.size === count;
  for (let k = 1; k <= count; k++) complete &&= named.has(k);
  if (complete) return known;
  const found = colours.map((info) => info.association).join(', ') || 'none';
  log.add('channel-definition', `expected colours 1 to ${count}, found ${found}; they are taken as they are stored`, {
    clause,
  });
  const kinds = infos.map((info) => info?.kind ?? 'colour');
  const enough = kinds.filter((kind) => kind === 'colour').length >= Math.max(1, count);
  return inOrder(enough ? kinds : kinds.map(() => 'colour'), numColours);
}

/**
 * Without usable definitions, the colours are stored in their order, and what is more than the space has is
 * unspecified.
 */
function inOrder(kinds: readonly ChannelInfo['kind'][], numColours = Number.POSITIVE_INFINITY): ChannelInfo[] {
  let colours = 0;
  return kinds.map((kind) => {
    if (kind !== 'colour') return { kind, association: kind === 'unspecified' ? NO_ASSOCIATION : 0 };
    if (colours >= numColours) return { kind: 'unspecified', association: NO_ASSOCIATION };
    return { kind, association: ++colours };
  });
}

/** How many colours a space has, where that is known. */
export function numColoursOf(colour: Pick<ColourInfo, 'space' | 'icc'>): number | undefined {
  if (colour.space === 'unknown') return undefined;
  if (colour.space === 'grey') return 1;
  if (colour.space === 'cmyk') return 4;
  if (colour.space !== 'icc' || !colour.icc || colour.icc.length < 20) return colour.space === 'icc' ? undefined : 3;
  // the data colour space of the ICC header; one without a name here is taken for three colours
  return iccNumColours(String.fromCharCode(...colour.icc.subarray(16, 20))) ?? 3;
}

/** EnumCS to the names used here (15444-1 Table I.10; 15444-2 Table M.25). */
const ENUMERATED: Readonly<Record<number, ColourInfo['space']>> = {
  0: 'grey', // bi-level, 1 is black
  3: 'sycc', // YCbCr(2): the matrix and ranges of sYCC
  12: 'cmyk',
  14: 'cielab',
  15: 'grey', // bi-level, 1 is white
  16: 'srgb',
  17: 'grey',
  18: 'sycc',
  20: 'esrgb',
  24: 'esycc',
};

/**
 * The colour space of a file. A JP2 reader takes the first colour specification box and ignores the others (15444-1
 * I.5.3.3); here the first that can be rendered, so that a second box can help out where the first is beyond this
 * library. One that cannot be rendered breaks no rule, so it is up to the rendering to complain.
 */
function spaceOf(file: Jp2File): Omit<ColourInfo, 'channels' | 'palette'> {
  const described = (file.header?.colours ?? []).map((specification) => describe(specification));
  const best = described.find((d) => d.rendered) ?? described.find((d) => d.info.space !== 'unknown') ?? described[0];
  return best?.info ?? { space: 'unknown' };
}

interface Described {
  readonly info: Omit<ColourInfo, 'channels' | 'palette'>;
  readonly rendered: boolean;
}

function describe(specification: ColourSpecification): Described {
  switch (specification.method) {
    case 'enumerated': {
      const { enumerated, parameters } = specification;
      const space = ENUMERATED[enumerated] ?? 'unknown';
      const info = parameters.length > 0 ? { space, enumerated, parameters } : { space, enumerated };
      return { info, rendered: space !== 'unknown' && space !== 'esycc' };
    }
    case 'restricted-icc':
    case 'any-icc':
      return { info: { space: 'icc', icc: specification.icc }, rendered: isRenderable(specification.icc) };
    case 'parameterised': {
      const { primaries, transfer, matrix, fullRange } = specification;
      // ITU-T H.273: primaries 1 and transfer 13 are sRGB; matrix 0 is RGB, 5 and 6 are the matrix of sYCC.
      const srgb = primaries === 1 && transfer === 13 && fullRange;
      const space = srgb && matrix === 0 ? 'srgb' : srgb && (matrix === 5 || matrix === 6) ? 'sycc' : 'unknown';
      return { info: { space }, rendered: space !== 'unknown' };
    }
    default:
      return { info: { space: 'unknown' }, rendered: false };
  }
}

function isRenderable(icc: Uint8Array): boolean {
  try {
    return readIccProfile(icc).model.kind !== 'other';
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    return false;
  }
}

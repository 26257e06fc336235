/**
 * From what a caller says of the colours to the boxes that say it in a file (15444-1 I.5.3.3 to I.5.3.6; 15444-2
 * M.11.7).
 *
 * Nothing said means: one channel is grey, three are sRGB, or sYCC where the second and third are subsampled; two and
 * four have opacity besides. Of five and more the first three are taken for sRGB and the rest is left unspecified, and
 * the image header says that the colours are a guess (UnkC), which is how readers show multispectral pictures anyway.
 * Of channels that the space has no colour for, a single one is opacity and several are unspecified.
 *
 * Spaces and profiles that only JPX knows make the file a JPX file, with the reader requirements that this brings.
 */
import { usage } from '../errors.ts';
import type { ChannelInfo } from '../image.ts';
import type { ChannelDefinition, ComponentMapping, Palette, PaletteColumn } from './channel-boxes.ts';
import type { ColourSpecification } from './colour-specification.ts';
import { readIccHeader } from './icc-header.ts';
import type { ColourSpec, PaletteSpec } from './jp2-spec.ts';
import { FEATURES } from './reader-requirements.ts';

/** What the colours depend on in a component. */
export interface ComponentShape {
  readonly precision: number;
  readonly signed: boolean;
  readonly xrsiz: number;
  readonly yrsiz: number;
}

/** The colour boxes of a file. */
export interface ColourPlan {
  readonly specification: ColourSpecification;
  /** UnkC. */
  readonly unknown: boolean;
  readonly palette: Palette | undefined;
  readonly mapping: readonly ComponentMapping[] | undefined;
  readonly definitions: readonly ChannelDefinition[] | undefined;
  /** Features that only JPX readers have, and without which the colours are wrong; none for a JP2 file. */
  readonly jpxFeatures: readonly number[];
  /** Opacity features, for a file that lists its features. */
  readonly opacityFeatures: readonly number[];
}

/** EnumCS, number of colours, and the feature flag where only JPX has the space (15444-2 Table M.25). */
const SPACES = /* @__PURE__ */ (() =>
  ({
    srgb: { enumerated: 16, colours: 3, feature: undefined },
    grey: { enumerated: 17, colours: 1, feature: undefined },
    sycc: { enumerated: 18, colours: 3, feature: undefined },
    cmyk: { enumerated: 12, colours: 4, feature: FEATURES.cmyk },
    cielab: { enumerated: 14, colours: 3, feature: FEATURES.cielabDefault },
    esrgb: { enumerated: 20, colours: 3, feature: FEATURES.esrgb },
    esycc: { enumerated: 24, colours: 3, feature: FEATURES.esycc },
  }) as const)();

/** Bytes of EP of CIELab (15444-2 M.11.7.4.1). */
const CIELAB_PARAMETERS = 28;

/** Typ (15444-1 Table I.16). */
const TYPES = { colour: 0, opacity: 1, 'premultiplied-opacity': 2, unspecified: 65535 } as const;

/** Asoc of a channel that belongs to nothing (15444-1 Table I.17). */
const NO_ASSOCIATION = 65535;

/** Plans the colour boxes; throws `usage` errors for what cannot be. */
export function planColour(components: readonly ComponentShape[], spec: ColourSpec = {}): ColourPlan {
  const palette = spec.palette ? planPalette(spec.palette) : undefined;
  const mapping = spec.palette ? planMapping(spec.palette, components.length) : undefined;
  const numChannels = mapping?.length ?? components.length;
  if (spec.channels && spec.channels.length !== numChannels) {
    throw bad(`expected ${numChannels} entries in colour.channels, found ${spec.channels.length}`);
  }
  if (spec.space !== undefined && spec.icc) throw bad('expected a colour space or an ICC profile, found both');
  if (spec.icc && spec.parameters) throw bad('expected no parameters beside an ICC profile');
  const described = spec.icc ? describeProfile(spec.icc) : describeSpace(spec, components, numChannels);
  const { numColours } = described;
  if (numChannels < numColours) {
    throw bad(`expected at least ${numColours} channels for ${described.name}, found ${numChannels}`);
  }
  const channels = spec.channels ?? defaultChannels(numChannels, numColours);
  checkChannels(channels, numColours);
  const inOrder = channels.every((c, k) => c.kind === 'colour' && c.association === k + 1);
  const kinds = new Set(channels.map((c) => c.kind));
  return {
    specification: described.specification,
    unknown: described.guessed,
    palette,
    mapping,
    // nothing but colours in their order needs no box, and must not have one (I.5.3.6)
    definitions: inOrder
      ? undefined
      : channels.map(({ kind, association }, channel) => ({ channel, type: TYPES[kind], association })),
    jpxFeatures: described.feature === undefined ? [] : [described.feature],
    opacityFeatures: [
      ...(kinds.has('opacity') ? [FEATURES.opacity] : []),
      ...(kinds.has('premultiplied-opacity') ? [FEATURES.premultipliedOpacity] : []),
    ],
  };
}

/** A colour specification and what follows from it. */
interface Described {
  readonly specification: ColourSpecification;
  readonly numColours: number;
  /** Flag of a space that only JPX has. */
  readonly feature: number | undefined;
  readonly guessed: boolean;
  /** For messages. */
  readonly name: string;
}

function describeSpace(spec: ColourSpec, components: readonly ComponentShape[], numChannels: number): Described {
  const space = spec.space ?? defaultSpace(spec, components, numChannels);
  if (!Object.hasOwn(SPACES, space)) {
    throw bad(`expected a colour space of ${Object.keys(SPACES).join(', ')}, found '${space}'`);
  }
  const { enumerated, colours, feature } = SPACES[space];
  const parameters = spec.parameters ?? new Uint8Array(0);
  if (spec.parameters && space !== 'cielab') throw bad(`expected no parameters for the colour space '${space}'`);
  if (spec.parameters && parameters.length !== CIELAB_PARAMETERS) {
    throw bad(`expected ${CIELAB_PARAMETERS} bytes of CIELab parameters, found ${parameters.length}`);
  }
  return {
    // APPROX has a meaning in JPX only: 1 says that the colours are exact (15444-2 Table M.24)
    specification: {
      method: 'enumerated',
      precedence: 0,
      approximation: feature === undefined ? 0 : 1,
      enumerated,
      parameters,
    },
    numColours: colours,
    feature: spec.parameters ? FEATURES.cielabParameters : feature,
    guessed: spec.space === undefined && !spec.channels && numChannels > 4,
    name: `the colour space '${space}'`,
  };
}

/** The space of a picture of which nothing was said, by its number of colours. */
function defaultSpace(
  spec: ColourSpec,
  components: readonly ComponentShape[],
  numChannels: number,
): keyof typeof SPACES {
  const colours = spec.channels?.filter((c) => c.kind === 'colour').length;
  if (colours !== undefined && colours !== 1 && colours !== 3) {
    throw bad(`expected a colour space to be named for ${colours} colours`);
  }
  if (colours === 1 || (colours === undefined && numChannels < 3)) return 'grey';
  if (spec.palette) return 'srgb';
  const [y, cb, cr] = components;
  const alike = cb.xrsiz === cr.xrsiz && cb.yrsiz === cr.yrsiz;
  if (alike && cb.xrsiz * cb.yrsiz > y.xrsiz * y.yrsiz) return 'sycc';
  // bands on grids of their own are no colours of one picture
  return colours === undefined && numChannels > 4 && !(alike && cb.xrsiz === y.xrsiz && cb.yrsiz === y.yrsiz)
    ? 'grey'
    : 'srgb';
}

/** A profile goes into the box that its kind allows: restricted for every JP2 reader, or any for JPX readers. */
function describeProfile(profile: Uint8Array): Described {
  const header = profile instanceof Uint8Array ? readIccHeader(profile) : undefined;
  if (!header) throw bad('expected an ICC profile with its header, tags and full length, found something else');
  const { length, numColours, restricted, describesDevice } = header;
  if (!describesDevice || numColours === undefined) {
    throw bad('expected an ICC profile of an input, display or output device or a colour space');
  }
  return {
    specification: {
      method: restricted ? 'restricted-icc' : 'any-icc',
      precedence: 0,
      approximation: restricted ? 0 : 1,
      icc: profile.subarray(0, length), // bytes behind its own end are no part of it
    },
    numColours,
    feature: restricted ? undefined : FEATURES.anyIcc,
    guessed: false,
    name: 'the ICC profile',
  };
}

function defaultChannels(numChannels: number, numColours: number): ChannelInfo[] {
  const single = numChannels === numColours + 1;
  return Array.from({ length: numChannels }, (_, k) => {
    if (k < numColours) return { kind: 'colour', association: k + 1 };
    return single ? { kind: 'opacity', association: 0 } : { kind: 'unspecified', association: NO_ASSOCIATION };
  });
}

/**
 * Every colour has one channel, and no two channels are the same thing of the same colour (15444-1 I.5.3.6).
 */
function checkChannels(channels: readonly ChannelInfo[], numColours: number): void {
  const seen = new Set<string>();
  for (const { kind, association } of channels) {
    if (!Object.hasOwn(TYPES, kind)) throw bad(`expected a kind of channel, found '${kind}'`);
    const least = kind === 'colour' ? 1 : 0;
    const none = association === NO_ASSOCIATION && kind === 'unspecified';
    if (!none && !(Number.isInteger(association) && association >= least && association <= numColours)) {
      throw bad(`expected an association of ${least} to ${numColours} for a channel of ${kind}, found ${association}`);
    }
    const name = `${kind} ${association}`;
    if (seen.has(name) && !none) throw bad(`two channels are the ${kind} of association ${association}`);
    seen.add(name);
  }
  for (let k = 1; k <= numColours; k++) {
    if (!seen.has(`colour ${k}`)) throw bad(`no channel is colour ${k} of ${numColours}`);
  }
}

function planPalette({ columns }: PaletteSpec): Palette {
  if (columns.length < 1 || columns.length > 255) {
    throw bad(`expected 1 to 255 palette columns, found ${columns.length}`);
  }
  const numEntries = columns[0].entries.length;
  if (numEntries < 1 || numEntries > 1024) throw bad(`expected 1 to 1024 palette entries, found ${numEntries}`);
  return {
    numEntries,
    columns: columns.map(({ precision, signed = false, entries }, k): PaletteColumn => {
      if (!Number.isInteger(precision) || precision < 1 || precision > 38) {
        throw bad(`expected a depth of 1 to 38 bits in palette column ${k}, found ${precision}`);
      }
      if (entries.length !== numEntries) {
        throw bad(`expected ${numEntries} entries in palette column ${k}, found ${entries.length}`);
      }
      const low = signed ? -(2 ** (precision - 1)) : 0;
      const high = low + 2 ** precision - 1;
      const stray = entries.find((value) => !(Number.isInteger(value) && value >= low && value <= high));
      if (stray !== undefined) throw bad(`expected ${low} to ${high} in palette column ${k}, found ${stray}`);
      return { precision, signed, values: entries };
    }),
  };
}

function planMapping({ columns, mapping }: PaletteSpec, numComponents: number): ComponentMapping[] {
  if (!mapping) {
    if (numComponents !== 1) throw bad(`expected a mapping for a palette and ${numComponents} components`);
    return columns.map((_, paletteColumn) => ({ component: 0, paletteColumn }));
  }
  if (mapping.length === 0) throw bad('expected at least one channel in the mapping of the palette');
  return mapping.map(({ component, column }, k) => {
    if (!Number.isInteger(component) || component < 0 || component >= numComponents) {
      throw bad(`channel ${k} is mapped from component ${component} of ${numComponents}`);
    }
    if (column !== undefined && !(Number.isInteger(column) && column >= 0 && column < columns.length)) {
      throw bad(`channel ${k} is mapped through palette column ${column} of ${columns.length}`);
    }
    return { component, paletteColumn: column };
  });
}

function bad(message: string) {
  return usage('option-value', message);
}

/**
 * The boxes around a transcoded codestream (15444-1 Annex I): those of the source, with what they repeat of the codestream set right.
 *
 * Boxes are kept as bytes, unless they speak of something that has changed: size and components (`ihdr`, `bpcc`), channels (`cmap`,
 * `cdef`, `pclr`, and `colr` when colours are missing), resolution (`res `).
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import type { Siz } from '../codestream/siz.ts';
import { DiagnosticLog, overLimit, unsupported } from '../errors.ts';
import { type BoxContent, boxesIn, readContent, writeBox } from '../fileformat/box.ts';
import {
  type ChannelDefinition,
  type ComponentMapping,
  writeChannelDefinition,
  writeComponentMapping,
} from '../fileformat/channel-boxes.ts';
import { writeColourSpecification } from '../fileformat/colour-specification.ts';
import { writeBitsPerComponent, writeImageHeader } from '../fileformat/image-header.ts';
import { type Jp2Header, writeFileType } from '../fileformat/jp2-boxes.ts';
import type { Jp2File } from '../fileformat/jp2-file.ts';
import { writeResolutionBoxes } from '../fileformat/resolution.ts';
import { writeMetadata } from '../fileformat/write-jp2.ts';
import type { Limits } from '../limits.ts';
import type { Reading } from '../source.ts';
import type { TranscodeOptions } from './options.ts';

/** What happened to a picture, as far as boxes speak of it. */
export interface BoxChanges {
  /** SIZ of the source and of the result. */
  readonly before: Siz;
  readonly after: Siz;
  /** Number of each of the result's components in the source. */
  readonly components: readonly number[];
  readonly reduce: number;
}

/** Enumerated colour space 17, grey (15444-1 Table I.10). */
const GREY = 17;

/** Typ of a channel that is a colour, and of one nobody says anything of (Table I.16). */
const COLOUR = 0;
const UNSPECIFIED = 65535;

/** The JP2 header box of a result: `content` is that of the source's box, `header` what was read from it. */
export function writeChangedHeader(
  w: ByteWriter,
  content: Uint8Array,
  offset: number,
  header: Jp2Header,
  changes: BoxChanges,
): void {
  const { before, after } = changes;
  const channels = channelsAfter(header, changes);
  const { precision, signed } = after.components[0];
  const alike = after.components.every((c) => c.precision === precision && c.signed === signed);
  // the reference grid of the result is as coarse as the highest level that was left, or it stayed as it was
  const coarser =
    after.components[0].xrsiz === before.components[changes.components[0]].xrsiz ? 2 ** changes.reduce : 1;
  const inside = [...boxesIn(content, offset, new DiagnosticLog())];
  writeBox(w, 'jp2h', () => {
    writeImageHeader(w, {
      height: after.ysiz - after.yosiz,
      width: after.xsiz - after.xosiz,
      numComponents: after.components.length,
      format: alike ? { precision, signed } : undefined,
      compressionType: 7,
      colourSpaceUnknown: header.imageHeader?.colourSpaceUnknown ?? false,
      intellectualProperty: header.imageHeader?.intellectualProperty ?? false,
    });
    if (!alike) writeBitsPerComponent(w, after.components);
    for (const box of inside) {
      if (box.type === 'ihdr' || box.type === 'bpcc') continue;
      if (box.type === 'colr' && channels.coloursMissing) continue;
      if (box.type === 'pclr' && channels.mapping === undefined) continue;
      if (box.type === 'cmap' || box.type === 'cdef') continue;
      if (box.type === 'res ' && coarser > 1) continue;
      copyBox(w, box);
    }
    if (channels.coloursMissing) {
      writeColourSpecification(w, {
        method: 'enumerated',
        enumerated: GREY,
        parameters: new Uint8Array(0),
        precedence: 0,
        approximation: 0,
      });
    }
    if (channels.mapping) writeComponentMapping(w, channels.mapping);
    if (channels.definitions) writeChannelDefinition(w, channels.definitions);
    if (coarser > 1 && (header.captureResolution || header.displayResolution)) {
      writeResolutionBoxes(w, {
        captureResolution: shrunk(header.captureResolution, coarser),
        displayResolution: shrunk(header.displayResolution, coarser),
      });
    }
  });
}

/** What the channels of a result are. */
interface ChannelsAfter {
  readonly mapping: readonly ComponentMapping[] | undefined;
  readonly definitions: readonly ChannelDefinition[] | undefined;
  /** Not all colours of the colour space are there any more. */
  readonly coloursMissing: boolean;
}

function channelsAfter(header: Jp2Header, { components, before }: BoxChanges): ChannelsAfter {
  const { componentMapping, channelDefinitions, palette } = header;
  if (components.length === before.components.length) {
    return { mapping: componentMapping, definitions: channelDefinitions, coloursMissing: false };
  }
  // channels come from components, through the mapping where there is a palette (I.5.3.5)
  const all: readonly ComponentMapping[] =
    (palette && componentMapping) ?? before.components.map((_, component) => ({ component, paletteColumn: undefined }));
  const kept = all.flatMap((entry, channel) => (components.includes(entry.component) ? [{ ...entry, channel }] : []));
  const left = new Set(kept.map(({ channel }) => channel));
  const mapping =
    palette && kept.length > 0
      ? kept.map(({ component, paletteColumn }) => ({ component: components.indexOf(component), paletteColumn }))
      : undefined;
  const colours = (channelDefinitions ?? all.map((_, channel) => ({ channel, type: COLOUR, association: channel + 1 })))
    .filter(({ type }) => type === COLOUR)
    .map(({ channel }) => channel);
  const coloursMissing = colours.some((channel) => !left.has(channel));
  if (!coloursMissing && channelDefinitions === undefined) return { mapping, definitions: undefined, coloursMissing };
  let isFirst = true;
  const definitions = kept.map(({ channel }, n): ChannelDefinition => {
    const said = channelDefinitions?.find((definition) => definition.channel === channel);
    const colour = said ? said.type === COLOUR : true;
    if (!coloursMissing || !colour) {
      return said ? { ...said, channel: n } : { channel: n, type: COLOUR, association: n + 1 };
    }
    // one of several colours alone is a grey picture; what else is left of them has no name
    const definition = isFirst
      ? { channel: n, type: COLOUR, association: 1 }
      : { channel: n, type: UNSPECIFIED, association: UNSPECIFIED };
    isFirst = false;
    return definition;
  });
  return { mapping, definitions, coloursMissing };
}

function copyBox(w: ByteWriter, { type, content }: BoxContent): void {
  writeBox(w, type, () => w.append(content));
}

function shrunk<T extends { readonly vertical: number; readonly horizontal: number }>(
  resolution: T | undefined,
  coarser: number,
): T | undefined {
  if (resolution === undefined) return undefined;
  return { ...resolution, vertical: resolution.vertical / coarser, horizontal: resolution.horizontal / coarser };
}

/** Boxes that speak of where bytes of the file are, or that the result has anew. */
const NEVER_KEPT: ReadonlySet<string> = new Set([
  ...['jP  ', 'ftyp', 'jp2h', 'jp2c', 'free', 'skip', 'mdat'],
  ...['cidx', 'fidx', 'iptr', 'prxy', 'fptr'],
]);

/** Boxes that mean a file of several codestreams, or one in pieces (15444-2 M.11). */
const OF_SEVERAL: ReadonlySet<string> = new Set(['ftbl', 'jpch', 'jplh', 'comp', 'dtbl', 'moov']);

/**
 * Reads the boxes of a source file that the result takes over: file type, JP2 header, and the others as bytes. What comes after the
 * codestream in the source comes before it in the result.
 */
export function* readKeptBoxes(file: Jp2File, size: number | undefined, limits: Limits): Reading<KeptBoxes> {
  const several = file.codestreams.length > 1 || file.boxes.some(({ type }) => OF_SEVERAL.has(type));
  if (several) {
    const message = 'a file of several codestreams, or of fragments: transcode its codestreams one by one';
    throw unsupported('box-value', message, { clause: '15444-2 M.5' });
  }
  const kept: Uint8Array[] = [];
  let fileType: Uint8Array | undefined;
  let header: KeptBoxes['header'];
  let total = 0;
  for (const box of file.boxes) {
    const wanted = box.type === 'ftyp' || box.type === 'jp2h' || !NEVER_KEPT.has(box.type);
    if (!wanted || box.length === undefined) continue;
    total += box.length;
    if (total > limits.bytes) throw overLimit('limit-bytes', `boxes of ${total} bytes, the limit is ${limits.bytes}`);
    const content = yield* readContent(box.offset + box.headerLength, box.length - box.headerLength, size);
    const w = new ByteWriter(content.length + 8);
    writeBox(w, box.type, () => w.append(content));
    if (box.type === 'ftyp') fileType ??= w.take();
    else if (box.type === 'jp2h') header ??= { content, offset: box.offset + box.headerLength };
    else kept.push(w.take());
  }
  return { fileType, header, kept };
}

/** What {@link readKeptBoxes} found. */
export interface KeptBoxes {
  readonly fileType: Uint8Array | undefined;
  readonly header: { readonly content: Uint8Array; readonly offset: number } | undefined;
  readonly kept: readonly Uint8Array[];
}

/** Everything before the codestream's box in a result that was a file before; `brand` where it has become another one. */
export function writeKeptBoxes(
  boxes: KeptBoxes,
  header: Jp2Header | undefined,
  changes: BoxChanges,
  metadata: TranscodeOptions['metadata'],
  brand?: string,
): Uint8Array {
  const { before, after, components } = changes;
  const w = new ByteWriter();
  writeBox(w, 'jP  ', () => w.u32(0x0d0a870a)); // 15444-1 I.5.1
  if (brand !== undefined) writeFileType(w, { brand, minorVersion: 0, compatible: [brand] });
  else if (boxes.fileType) w.append(boxes.fileType);
  else writeFileType(w, { brand: 'jp2 ', minorVersion: 0, compatible: ['jp2 '] });
  const sameHeader =
    components.length === before.components.length &&
    after.xsiz - after.xosiz === before.xsiz - before.xosiz &&
    after.ysiz - after.yosiz === before.ysiz - before.yosiz;
  if (boxes.header && header) {
    if (sameHeader) writeBox(w, 'jp2h', () => w.append(boxes.header!.content));
    else writeChangedHeader(w, boxes.header.content, boxes.header.offset, header, changes);
  }
  if (metadata === undefined || metadata === 'keep') for (const box of boxes.kept) w.append(box);
  else if (metadata !== 'drop') writeMetadata(w, metadata);
  return w.take();
}

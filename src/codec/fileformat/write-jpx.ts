/**
 * The boxes of a JPX file of many frames (15444-2 Annex M), in the order of the file: the head, then header boxes and a
 * codestream or fragment table for each frame, then what is said about frames, then the names of other files.
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import { writeBox } from './box.ts';
import { parseUuid } from './box-names.ts';
import { writeCodestreamHeader } from './codestream-header.ts';
import { type Composition, writeComposition } from './composition.ts';
import { writeDataReferences } from './data-references.ts';
import { type Fragment, writeFragmentList } from './fragment-list.ts';
import { headersBeside } from './header-differences.ts';
import { type Jp2Header, writeFileType, writeJp2Header } from './jp2-boxes.ts';
import { writeLayerHeader } from './layer-header.ts';
import { writeUuid, writeXml } from './metadata.ts';
import { writeNumberList } from './number-list.ts';
import { FEATURES, type Requirement, writeRequirementsBox } from './reader-requirements.ts';

/** What the head of a file says. */
export interface JpxHead {
  /** Holds for every frame that does not say otherwise. */
  readonly header: Jp2Header;
  /** Whether a JP2 reader finds a codestream in the file that it can show. */
  readonly forJp2Readers: boolean;
  readonly requirements: readonly Requirement[];
  readonly composition: Composition | undefined;
  readonly xml: readonly string[];
}

/** Signature, file type, reader requirements, JP2 header, composition, and what is about the whole file. */
export function writeJpxHead(head: JpxHead): Uint8Array {
  const w = new ByteWriter();
  writeSignature(w);
  const compatible = head.forJp2Readers ? ['jpx ', 'jp2 '] : ['jpx '];
  writeFileType(w, { brand: 'jpx ', minorVersion: 0, compatible });
  writeRequirements(w, head.requirements);
  writeJp2Header(w, head.header);
  if (head.composition) writeComposition(w, head.composition);
  for (const xml of head.xml) writeXml(w, xml);
  return w.take();
}

function writeSignature(w: ByteWriter): void {
  writeBox(w, 'jP  ', () => w.u32(0x0d0a870a)); // 15444-1 I.5.1
}

/**
 * The head of a file with one frame of a JPX file and nothing else: a JP2 file where JP2 readers know its colours. `boxes`
 * are metadata, written already.
 */
export function writeSingleHead(header: Jp2Header, boxes: Uint8Array): Uint8Array {
  const own = withoutUnusedPalette(header);
  const w = new ByteWriter();
  writeSignature(w);
  if (hasJp2Colours(own)) {
    writeFileType(w, { brand: 'jp2 ', minorVersion: 0, compatible: ['jp2 '] });
  } else {
    writeFileType(w, { brand: 'jpx ', minorVersion: 0, compatible: ['jpx '] });
    writeRequirements(
      w,
      requirementsOf([own], [], () => true),
    );
  }
  writeJp2Header(w, own);
  w.append(boxes);
  return w.take();
}

/** A palette that was for other frames, and the mapping that said so, say nothing of a frame alone. */
function withoutUnusedPalette(header: Jp2Header): Jp2Header {
  const mapping = header.componentMapping;
  const used = mapping?.some(({ component, paletteColumn }, k) => paletteColumn !== undefined || component !== k);
  return used ? header : { ...header, palette: undefined, componentMapping: undefined };
}

/** All features are needed to understand the file, and some to show it; one bit for each. */
function writeRequirements(w: ByteWriter, requirements: readonly Requirement[]): void {
  const maskLength = [1, 2, 4, 8].find((bytes) => 8 * bytes >= requirements.length)!;
  const bit = (k: number) => 1n << BigInt(8 * maskLength - 1 - k);
  const features = requirements.map(({ feature }, k) => ({ feature, mask: bit(k) }));
  const maskOf = (wanted: (r: Requirement) => boolean) =>
    requirements.reduce((mask, r, k) => (wanted(r) ? mask | bit(k) : mask), 0n);
  writeRequirementsBox(w, {
    maskLength,
    fullyUnderstand: maskOf(() => true),
    display: maskOf(({ toDisplay }) => toDisplay),
    features,
    vendorFeatures: [],
  });
}

/** Features of a file (15444-2 Table M.14) that follow from its frames, and from the URLs of the files that are linked. */
export function requirementsOf(
  headers: readonly Jp2Header[],
  urls: readonly string[],
  isRelative: (url: string) => boolean,
): Requirement[] {
  const features = new Set<number>([FEATURES.part1Codestream]);
  if (headers.length > 1) features.add(FEATURES.severalLayers);
  if (urls.length > 0) features.add(urls.every(isRelative) ? FEATURES.fragmentsLocal : FEATURES.fragmentsRemote);
  for (const { colours, channelDefinitions } of headers) {
    // of several specifications a reader takes one that it knows
    const needed = colours.map(colourFeature);
    if (needed[0] !== undefined && !needed.includes(undefined)) features.add(needed[0]);
    for (const { type } of channelDefinitions ?? []) {
      if (type === 1) features.add(FEATURES.opacity);
      if (type === 2) features.add(FEATURES.premultipliedOpacity);
    }
  }
  return Array.from(features, (feature) => ({ feature, toDisplay: true }));
}

/** What a reader needs to know for a colour specification that JP2 does not have. */
function colourFeature(colour: Jp2Header['colours'][number]): number | undefined {
  if (colour.method === 'any-icc') return FEATURES.anyIcc;
  if (colour.method !== 'enumerated') return undefined;
  switch (colour.enumerated) {
    case 12:
      return FEATURES.cmyk;
    case 14:
      return colour.parameters.length > 0 ? FEATURES.cielabParameters : FEATURES.cielabDefault;
    case 20:
      return FEATURES.esrgb;
    case 24:
      return FEATURES.esycc;
    default:
      return undefined;
  }
}

/** Whether a JP2 reader knows the colours (15444-1 Table I.9, Table I.10). */
export function hasJp2Colours({ colours }: Jp2Header): boolean {
  return colours.some(
    (colour) =>
      colour.method === 'restricted-icc' ||
      (colour.method === 'enumerated' && [16, 17, 18].includes(colour.enumerated)),
  );
}

/** Header boxes of one frame: empty ones where it is like the header for all, since these boxes are counted. */
export function writeFrameHeaders(common: Jp2Header, own: Jp2Header, label: string | undefined): Uint8Array {
  const w = new ByteWriter();
  const { codestream, layer } = headersBeside(common, own);
  writeCodestreamHeader(w, codestream);
  writeLayerHeader(w, { ...layer, label });
  return w.take();
}

/** Fragments at most in one list: NF has 16 bits. */
const MAX_FRAGMENTS = 65535;

/** A fragment's length has 32 bits. */
const MAX_LENGTH = 2 ** 32 - 1;

/** A fragment table, with fragments of 4 GB and more in pieces. */
export function writeFragmentTable(fragments: readonly Fragment[]): Uint8Array {
  const pieces: Fragment[] = [];
  for (const { offset, length, dataReference } of fragments) {
    for (let at = 0; at < length; at += MAX_LENGTH) {
      pieces.push({ offset: offset + at, length: Math.min(MAX_LENGTH, length - at), dataReference });
    }
  }
  const w = new ByteWriter();
  writeBox(w, 'ftbl', () => {
    for (let k = 0; k < pieces.length; k += MAX_FRAGMENTS) writeFragmentList(w, pieces.slice(k, k + MAX_FRAGMENTS));
  });
  return w.take();
}

/** What is said about a frame beside its label. */
export interface FrameMetadata {
  readonly xml: readonly string[];
  readonly uuid: readonly { readonly id: string; readonly data: Uint8Array }[];
  /** Boxes that are written already. */
  readonly boxes: Uint8Array;
}

/** An association box of a frame, which is codestream n and layer n, with what is about it; nothing for nothing. */
export function writeFrameAssociation(n: number, { xml, uuid, boxes }: FrameMetadata): Uint8Array {
  const w = new ByteWriter();
  if (xml.length + uuid.length + boxes.length === 0) return w.take();
  writeBox(w, 'asoc', () => {
    writeNumberList(w, { wholeFile: false, codestreams: [n], layers: [n] });
    for (const text of xml) writeXml(w, text);
    for (const { id, data } of uuid) writeUuid(w, parseUuid(id)!, data);
    w.append(boxes);
  });
  return w.take();
}

/** The names of the files that are linked. */
export function writeLinks(urls: readonly string[]): Uint8Array {
  const w = new ByteWriter();
  writeDataReferences(w, urls);
  return w.take();
}

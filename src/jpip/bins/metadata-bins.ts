/**
 * A file divided into metadata-bins, and put together again from those that are held (15444-9 A.3.6).
 *
 * Metadata-bin 0 is the file with its large boxes taken out: a placeholder stands for each of them, and another bin has its contents,
 * divided in the same way where it holds boxes. The lengths of boxes stay true, so a superbox with something taken out of it is itself
 * taken out. What a reader needs to show colours stays in bin 0. Codestreams are data-bins of other classes; a placeholder says which.
 * A cross-reference within the file is replaced by what it refers to, since offsets mean nothing to somebody without the file.
 *
 * Nothing is held: a bin is a list of ranges of the file with placeholders between them.
 */
import { ByteWriter } from '../../codec/bits/byte-writer.ts';
import { DiagnosticLog, Jpeg2000Error } from '../../codec/errors.ts';
import { type BoxContent, contentOffset } from '../../codec/fileformat/box.ts';
import type { BoxNode } from '../../codec/fileformat/box-tree.ts';
import { type CrossReference, readCrossReference } from '../../codec/fileformat/data-references.ts';
import { readNumberList } from '../../codec/fileformat/number-list.ts';
import { type Placeholder, type ReplacedHeader, writePlaceholder } from '../../codec/fileformat/placeholder.ts';
import { fieldsBeforeBoxes } from '../../codec/fileformat/superboxes.ts';
import { ReadWindow } from '../../codec/read-window.ts';
import type { ByteRange, Reading } from '../../codec/source.ts';

/** One metadata-bin: bytes made here, and ranges of the file. */
export interface MetadataBin {
  readonly id: number;
  readonly length: number;
  readonly pieces: readonly (Uint8Array | ByteRange)[];
  /** The boxes that it holds, in order; none for the contents of a box that is no superbox. */
  readonly boxes: readonly MetadataBox[];
}

/** A part of a metadata-bin. */
export interface BinPart {
  readonly bin: number;
  readonly start: number;
  readonly end: number;
}

/** One box of the file and where its parts went. */
export interface MetadataBox {
  readonly type: string;
  /** Its header, or the placeholder that has it. */
  readonly header: BinPart;
  /** Its contents; `undefined` for a codestream that stands in the file. */
  readonly contents?: BinPart;
  /** The boxes inside of it. */
  readonly children?: readonly MetadataBox[];
  /** Codestreams that it speaks of; `undefined` for the file as a whole. */
  readonly codestreams?: readonly number[];
}

/** A file as metadata-bins. */
export interface SplitFile {
  /** Bin n at place n. */
  readonly bins: readonly MetadataBin[];
  /** The codestreams and the boxes they stand in; no box for a bare codestream. */
  readonly codestreams: readonly { readonly codestream: number; readonly box: BoxNode | undefined }[];
}

/** What is divided: the boxes of a file, and which codestreams its layers are made of, where that is known. */
export interface SplitInput {
  readonly boxes: readonly BoxNode[];
  readonly layers?: readonly { readonly codestreams: readonly number[] }[];
}

/** How a file is divided. */
export interface SplitOptions {
  /** Boxes with more contents than this get a bin of their own. Default 1024 bytes. */
  readonly most?: number;
}

const DEFAULT_MOST = 1024;
/** Boxes without which a picture cannot be shown stay in bin 0 up to this size (C.5.1 has them sent with every view-window). */
const MOST_IN_HEADER = 1 << 16;
const HEADER_BOXES: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'jP  ',
  'ftyp',
  'rreq',
  'comp',
  'jp2h',
  'jpch',
  'jplh',
]);
/** Number lists and cross-references longer than this are not looked into. */
const MOST_LOOKED_INTO = 1 << 16;
const READ_AHEAD = 4096;

/** What the division carries along. */
interface Division {
  readonly bins: BinBuilder[];
  readonly codestreams: { codestream: number; box: BoxNode | undefined }[];
  readonly input: SplitInput;
  readonly file: ReadWindow;
  readonly size: number | undefined;
  readonly most: number;
  /** Cross-references to boxes of this file. */
  readonly references: Map<BoxNode, { readonly content: BoxContent; readonly reference: CrossReference }>;
  numCodestreamHeaders: number;
  numLayerHeaders: number;
}

/**
 * Divides a file. `size` is its length where known. Reads number lists and cross-references, where there are any, and nothing else.
 */
export function* splitMetadata(input: SplitInput, size?: number, options: SplitOptions = {}): Reading<SplitFile> {
  const division: Division = {
    bins: [],
    codestreams: [],
    input,
    file: new ReadWindow(READ_AHEAD, size),
    size,
    most: options.most ?? DEFAULT_MOST,
    references: new Map(),
    numCodestreamHeaders: 0,
    numLayerHeaders: 0,
  };
  yield* findReferences(division, input.boxes);
  const root = newBin(division);
  root.boxes = yield* divide(division, input.boxes, root, undefined, true);
  if (input.boxes.length === 0) division.codestreams.push({ codestream: 0, box: undefined });
  return { bins: division.bins, codestreams: division.codestreams };
}

/** A bin that is being filled. */
class BinBuilder implements MetadataBin {
  readonly id: number;
  length = 0;
  readonly pieces: (Uint8Array | ByteRange)[] = [];
  boxes: readonly MetadataBox[] = [];

  constructor(id: number) {
    this.id = id;
  }

  /** A range of the file; goes on with the one before where it can. */
  addRange(offset: number, length: number): void {
    if (length === 0) return;
    const last = this.pieces.at(-1);
    if (last !== undefined && !(last instanceof Uint8Array) && last.offset + last.length === offset) {
      this.pieces[this.pieces.length - 1] = { offset: last.offset, length: last.length + length };
    } else {
      this.pieces.push({ offset, length });
    }
    this.length += length;
  }

  /** A placeholder; gives where it stands. */
  addPlaceholder(placeholder: Placeholder): BinPart {
    const w = new ByteWriter(64);
    writePlaceholder(w, placeholder);
    const start = this.length;
    this.pieces.push(w.take());
    this.length += w.length;
    return { bin: this.id, start, end: this.length };
  }
}

function newBin(division: Division): BinBuilder {
  const bin = new BinBuilder(division.bins.length);
  division.bins.push(bin);
  return bin;
}

/** Puts boxes that follow each other into a bin. */
function* divide(
  division: Division,
  boxes: readonly BoxNode[],
  bin: BinBuilder,
  about: readonly number[] | undefined,
  top: boolean,
): Reading<MetadataBox[]> {
  const described: MetadataBox[] = [];
  for (const box of boxes) {
    if (top && (box.type === 'jp2c' || box.type === 'ftbl')) {
      described.push(divideCodestream(division, box, bin));
      continue;
    }
    const length = lengthOf(division, box);
    if (length === undefined) break; // of unknown reach: nobody can tell where it ends, and nothing follows
    const codestreams = (yield* codestreamsOf(division, box, top)) ?? about;
    if (division.references.has(box)) {
      described.push(...divideReference(division, box, bin, codestreams));
      continue;
    }
    if (staysInPlace(division, box, length, false)) {
      const start = bin.length;
      bin.addRange(box.offset, length);
      described.push(yield* describeInPlace(division, box, bin.id, start, length, codestreams));
    } else {
      described.push(yield* divideOut(division, box, bin, length, codestreams));
    }
  }
  return described;
}

/** A box that is or refers to a codestream. The table of a fragmented one can be had, the codestream itself is not metadata. */
function divideCodestream(division: Division, box: BoxNode, bin: BinBuilder): MetadataBox {
  const codestream = division.codestreams.length;
  division.codestreams.push({ codestream, box });
  const original = headerOf(box);
  const length = lengthOf(division, box);
  if (box.type === 'jp2c' || length === undefined) {
    return { type: box.type, header: bin.addPlaceholder({ original, codestream }), codestreams: [codestream] };
  }
  const own = newBin(division);
  own.addRange(contentOffset(box), length - box.headerLength);
  return {
    type: box.type,
    header: bin.addPlaceholder({ original, originalBin: own.id, codestream }),
    contents: { bin: own.id, start: 0, end: own.length },
    codestreams: [codestream],
  };
}

/** A box whose contents get a bin of their own. */
function* divideOut(
  division: Division,
  box: BoxNode,
  bin: BinBuilder,
  length: number,
  about: readonly number[] | undefined,
): Reading<MetadataBox> {
  const own = newBin(division);
  const header = bin.addPlaceholder({ original: headerOf(box), originalBin: own.id });
  const fields = box.children && fieldsBeforeBoxes(box.type);
  if (box.children && fields !== undefined) {
    own.addRange(contentOffset(box), fields);
    own.boxes = yield* divide(division, box.children, own, about, false);
  } else {
    own.addRange(contentOffset(box), length - box.headerLength);
  }
  return {
    type: box.type,
    header,
    contents: { bin: own.id, start: 0, end: own.length },
    ...(box.children ? { children: own.boxes } : {}),
    ...(about ? { codestreams: about } : {}),
  };
}

/** Reads the cross-references that lead to a box of this file; others stay as they are. */
function* findReferences(division: Division, boxes: readonly BoxNode[]): Reading<void> {
  for (const box of boxes) {
    if (box.children) yield* findReferences(division, box.children);
    const content = box.type === 'cref' ? yield* contentOf(division, box) : undefined;
    if (!content) continue;
    try {
      const reference = readCrossReference(content, new DiagnosticLog(), division.size);
      const within = reference.fragments.every(({ dataReference }) => dataReference === 0);
      if (within) division.references.set(box, { content, reference });
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error; // a reference that makes no sense leads nowhere
    }
  }
}

/** A cross-reference: itself, and the box it leads to, as what can stand in its place. */
function divideReference(
  division: Division,
  box: BoxNode,
  bin: BinBuilder,
  about: readonly number[] | undefined,
): MetadataBox[] {
  const { content, reference } = division.references.get(box)!;
  const { type, fragments } = reference;
  const own = newBin(division);
  own.addRange(contentOffset(box), content.content.length);
  const equivalent = newBin(division);
  for (const { offset, length } of fragments) equivalent.addRange(offset, length);
  const length = 8 + equivalent.length;
  const header = bin.addPlaceholder({
    original: headerOf(box),
    originalBin: own.id,
    equivalent: { header: { type, headerLength: 8, length }, bin: equivalent.id },
  });
  const codestreams = about ? { codestreams: about } : {};
  return [
    { type: 'cref', header, contents: { bin: own.id, start: 0, end: own.length }, ...codestreams },
    { type, header, contents: { bin: equivalent.id, start: 0, end: equivalent.length }, ...codestreams },
  ];
}

/** True for a box that needs no bin of its own: small, or of the header, with nothing in it that would be taken out. */
function staysInPlace(division: Division, box: BoxNode, length: number, inHeader: boolean): boolean {
  const header = inHeader || HEADER_BOXES.has(box.type);
  const contents = length - box.headerLength;
  if (!box.children) return contents <= (header ? Math.max(MOST_IN_HEADER, division.most) : division.most);
  if (!header && contents > division.most) return false;
  return box.children.every(
    (child) =>
      !division.references.has(child) && staysInPlace(division, child, lengthOf(division, child) ?? Infinity, header),
  );
}

/** Where the parts of a box and of what it holds are, when it was taken over as it is. */
function* describeInPlace(
  division: Division,
  box: BoxNode,
  bin: number,
  start: number,
  length: number,
  about: readonly number[] | undefined,
): Reading<MetadataBox> {
  const children: MetadataBox[] = [];
  for (const child of box.children ?? []) {
    const codestreams = (yield* codestreamsOf(division, child, false)) ?? about;
    const at = start + child.offset - box.offset;
    children.push(yield* describeInPlace(division, child, bin, at, lengthOf(division, child) ?? 0, codestreams));
  }
  return {
    type: box.type,
    header: { bin, start, end: start + box.headerLength },
    contents: { bin, start: start + box.headerLength, end: start + length },
    ...(box.children ? { children } : {}),
    ...(about ? { codestreams: about } : {}),
  };
}

/** Codestreams that a box says it speaks of: header boxes by their number, associations by the list that they begin with. */
function* codestreamsOf(division: Division, box: BoxNode, top: boolean): Reading<readonly number[] | undefined> {
  const { input } = division;
  if (top && box.type === 'jpch') return [division.numCodestreamHeaders++];
  if (top && box.type === 'jplh') {
    const layer = division.numLayerHeaders++;
    return input.layers?.[layer]?.codestreams ?? [layer];
  }
  const list = box.type === 'asoc' ? box.children?.[0] : undefined;
  if (list?.type !== 'nlst') return undefined;
  const content = yield* contentOf(division, list);
  if (!content) return undefined;
  const { codestreams, layers, wholeFile } = readNumberList(content);
  if (wholeFile) return undefined;
  return [...new Set([...codestreams, ...layers.flatMap((layer) => input.layers?.[layer]?.codestreams ?? [layer])])];
}

/** The contents of a small box; `undefined` for one that is large or cut short. */
function* contentOf(division: Division, box: BoxNode): Reading<BoxContent | undefined> {
  const length = lengthOf(division, box);
  if (length === undefined || length > MOST_LOOKED_INTO) return undefined;
  const content = yield* division.file.need(contentOffset(box), length - box.headerLength);
  if (content.length < length - box.headerLength) return undefined;
  return { ...box, length, content };
}

/** Bytes of a box, as far as that is known. */
function lengthOf({ size }: Division, box: BoxNode): number | undefined {
  return box.length ?? (size === undefined ? undefined : Math.max(box.headerLength, size - box.offset));
}

/** The header of a box as it stands in the file. */
function headerOf({ type, headerLength, length, openEnded, claimedLength }: BoxNode): ReplacedHeader {
  return { type, headerLength, length: openEnded ? undefined : (claimedLength ?? length) };
}

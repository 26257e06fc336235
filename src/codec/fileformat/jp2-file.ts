/**
 * A file of the JPEG 2000 family, read box by box (15444-1 Annex I; JPX 15444-2 Annex M; JPH 15444-15 Annex D).
 *
 * A bare codestream and a file come out as one description: where the codestream lies, what the header boxes say
 * about it, and the metadata around it. The codestream itself is never touched. Contents are read for header and
 * metadata boxes only, all other boxes are stepped over by their lengths, known to this library or not.
 *
 * A file is read as far as it makes sense. Once the codestream is found, a box that makes no sense ends the walk with
 * a diagnostic; before that it is an error, for there would be nothing to decode.
 */
import { DiagnosticLog, Jpeg2000Error, malformed, overLimit, unsupported } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import {
  type BoxContent,
  type BoxHeader,
  boxesIn,
  contentOffset,
  MAX_BOXES,
  readBoxHeader,
  readContent,
} from './box.ts';
import { type Fragment, readFragments } from './fragment-list.ts';
import type { SampleFormat } from './image-header.ts';
import { type FileTypeBox, type Jp2Header, readFileType, readJp2Header } from './jp2-boxes.ts';
import { collectMetadata, emptyMetadata, MAX_DEPTH, METADATA_BOXES, type Metadata, SUPERBOXES } from './metadata.ts';

/** What kind of file the codestream lies in. */
export type Container = 'codestream' | 'jp2' | 'jpx' | 'jph';

/** Where a codestream lies. */
export interface CodestreamPlace {
  readonly offset: number;
  /** Bytes, as the box says; `undefined` when it goes on to the end of the input. The input may be shorter. */
  readonly length: number | undefined;
  /** Where its pieces lie, in their order, when it does not lie in one (15444-2 M.11.3). */
  readonly fragments?: readonly Fragment[];
}

/** One box of the file, for showing. */
export interface BoxPlace {
  /** TBox as four characters. */
  readonly type: string;
  readonly offset: number;
  /** Bytes of LBox, TBox and XLBox. */
  readonly headerLength: number;
  /** Bytes of the whole box, as far as the input is known to go; `undefined` when it goes on to an unknown end. */
  readonly length: number | undefined;
  /** What a superbox holds, where it was looked into. */
  readonly children?: readonly BoxPlace[];
}

/** A file of the JPEG 2000 family. */
export interface Jp2File {
  readonly container: Container;
  /** The file type box; `undefined` for a bare codestream, or where it is missing. */
  readonly fileType: FileTypeBox | undefined;
  /** The first codestream, the one a JP2 reader decodes. */
  readonly codestream: CodestreamPlace;
  /** All contiguous codestreams, in file order; before them one in fragments, where that is the first of the file. */
  readonly codestreams: readonly CodestreamPlace[];
  /** The JP2 header; `undefined` for a bare codestream, or where it is missing. */
  readonly header: Jp2Header | undefined;
  readonly metadata: Metadata;
  /** All boxes; empty for a bare codestream. */
  readonly boxes: readonly BoxPlace[];
}

/** How far ahead of a box header the file is read: small boxes then come along for nothing. */
const READ_AHEAD = 4096;

/** The contents of the signature box: carriage return, line feed, 0x87, line feed (15444-1 I.5.1). */
const SIGNATURE = 0x0d0a870a;

/**
 * Reads a file of the JPEG 2000 family, or recognises a bare codestream.
 *
 * `size` is the length of the input where it is known; without it a file that is cut short cannot be told from one
 * that is still arriving, and nothing is said about it. With `want: 'picture'` metadata are left unread, and the walk
 * ends when the JP2 header and a codestream are found.
 */
export function* readJp2File(
  log: DiagnosticLog,
  limits: Limits,
  size?: number,
  want: 'all' | 'picture' = 'all',
): Reading<Jp2File> {
  const file = new ReadWindow(READ_AHEAD, size);
  const start = yield* file.need(0, 12);
  if (isCodestream(start)) return bareCodestream();
  checkSignature(start, log);

  const quiet = new DiagnosticLog();
  const state: Walk = { file, log, quiet, size, numBoxes: 0, numShown: 0, budget: limits.bytes };
  const boxes: BoxPlace[] = [];
  const codestreams: CodestreamPlace[] = [];
  const metadata = emptyMetadata();
  let fileType: FileTypeBox | undefined;
  let header: Jp2Header | undefined;

  for (let offset = 0; size === undefined || offset < size; ) {
    const box = yield* nextBox(state, offset, codestreams.length > 0);
    if (!box) break;
    if (box.type === 'jp2c') {
      codestreams.push(codestreamPlace(box, state));
      if (!header) log.add('box-order', 'the codestream comes before the JP2 header', at(box, '15444-1 I.2.2'));
    }
    const fragmented = box.type === 'ftbl' && codestreams.length === 0;
    const shown = want === 'all' && (METADATA_BOXES.has(box.type) || SHOWN_BOXES.has(box.type));
    const wanted = HEADER_TYPES.has(box.type) || fragmented || shown;
    const content = wanted ? yield* readBody(state, box) : undefined;
    boxes.push(boxInfo(box, content, state));
    if (content) {
      if (box.type === 'ftyp') fileType = takeFileType(content, fileType, boxes.length, log);
      else if (box.type === 'jp2h') header = takeHeader(content, header, log);
      else if (fragmented) codestreams.push(placeOfFragments(readFragments(content, log, size)));
      else collectMetadata(metadata, content, log);
    }
    if (box.length === undefined) break;
    if (want === 'picture' && header && codestreams.length > 0) break;
    offset += box.length;
  }

  if (codestreams.length === 0) throw noCodestream(fileType);
  const clause = '15444-1 I.2.2';
  if (!fileType) log.add('box-missing', 'the file has no file type box; it is read as JP2', { clause });
  if (!header) log.add('box-missing', 'the file has no JP2 header box; the codestream is decoded as it is', { clause });
  const container = containerOf(fileType);
  return { container, fileType, codestream: codestreams[0], codestreams, header, metadata, boxes };
}

/** Superboxes that are read to be shown only. */
const SHOWN_BOXES: ReadonlySet<string> = /* @__PURE__ */ new Set(['jpch', 'jplh', 'ftbl', 'comp']);

/** Boxes whose contents decide how the picture is read. */
const HEADER_TYPES: ReadonlySet<string> = new Set(['ftyp', 'jp2h']);

/** What the walk over the file carries along. */
interface Walk {
  readonly file: ReadWindow;
  readonly log: DiagnosticLog;
  /** Takes the findings of the second look at boxes that were reported on already. */
  readonly quiet: DiagnosticLog;
  readonly size: number | undefined;
  /** Boxes seen that are not inside another. */
  numBoxes: number;
  /** Boxes inside others that are shown. */
  numShown: number;
  /** Bytes of contents that may still be held in memory. */
  budget: number;
}

/**
 * Compares what the header boxes say about the samples with the codestream's own SIZ marker segment. They have to
 * agree (15444-1 I.5.3.1); where they do not, the codestream wins.
 */
export function checkAgainstCodestream(
  file: Jp2File,
  siz: { readonly width: number; readonly height: number; readonly components: readonly SampleFormat[] },
  log: DiagnosticLog,
): void {
  const image = file.header?.imageHeader;
  if (!image) return;
  const complain = (what: string, inBox: unknown, inSiz: unknown, clause: string) =>
    log.add('jp2-mismatch', `${what}: the JP2 header says ${inBox}, the codestream ${inSiz}, which counts`, { clause });
  if (image.width !== siz.width || image.height !== siz.height) {
    complain('size', `${image.width} x ${image.height}`, `${siz.width} x ${siz.height}`, '15444-1 I.5.3.1');
  }
  if (image.numComponents !== siz.components.length) {
    complain('components', image.numComponents, siz.components.length, '15444-1 I.5.3.1');
    return;
  }
  if (image.compressionType !== 7) complain('compression type', image.compressionType, 7, '15444-1 I.5.3.1');
  const inBox = image.format ?? file.header?.bitsPerComponent;
  const formats = Array.isArray(inBox) ? inBox : siz.components.map(() => inBox);
  const clause = image.format ? '15444-1 I.5.3.1' : '15444-1 I.5.3.2';
  siz.components.forEach((found, c) => {
    const said: SampleFormat | undefined = formats[c];
    if (said?.precision !== found.precision || said?.signed !== found.signed) {
      complain(`bits of component ${c}`, formatText(said), formatText(found), clause);
    }
  });
}

function formatText(format: SampleFormat | undefined): string {
  return format ? `${format.precision} ${format.signed ? 'signed' : 'unsigned'}` : 'nothing';
}

/** SOC; the marker that has to follow, SIZ, is the codestream reader's business (15444-1 A.4.1). */
function isCodestream(start: Uint8Array): boolean {
  return start.length >= 2 && start[0] === 0xff && start[1] === 0x4f;
}

function bareCodestream(): Jp2File {
  const codestream = { offset: 0, length: undefined };
  return {
    container: 'codestream',
    fileType: undefined,
    codestream,
    codestreams: [codestream],
    header: undefined,
    metadata: emptyMetadata(),
    boxes: [],
  };
}

/**
 * The first twelve bytes of every file of the family (15444-1 I.5.1); their last four show damage by text-mode
 * transfers.
 */
function checkSignature(start: Uint8Array, log: DiagnosticLog): void {
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  if (start.length < 12 || view.getUint32(0) !== 12 || view.getUint32(4) !== 0x6a502020) {
    const found = Array.from(start.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw malformed('not-jpeg2000', `expected a codestream or a signature box, found '${found}'`, {
      offset: 0,
      clause: '15444-1 I.5.1',
    });
  }
  if (view.getUint32(8) !== SIGNATURE) {
    log.add(
      'box-value',
      'the signature box does not hold 0D0A870A; the file may have been damaged by a text-mode transfer',
      {
        offset: 8,
        clause: '15444-1 I.5.1',
      },
    );
  }
}

/** The next box of the file; with a codestream in hand, nonsense ends the walk instead of the work. */
function* nextBox(state: Walk, offset: number, haveCodestream: boolean): Reading<BoxHeader | undefined> {
  try {
    countBox(state, offset);
    return yield* readBoxHeader(state.file, offset);
  } catch (error) {
    if (!haveCodestream || !(error instanceof Jpeg2000Error)) throw error;
    state.log.add(error.code, `the rest of the file is skipped: ${error.reason}`, { offset, clause: error.clause });
    return undefined;
  }
}

function countBox(state: Walk, offset: number): void {
  if (++state.numBoxes > MAX_BOXES) {
    throw overLimit('limit-boxes', `expected at most ${MAX_BOXES} boxes, found more`, { offset });
  }
}

/** Where the codestream in a box lies; a box that ends after the input is a truncated file, which is normal. */
function codestreamPlace(box: BoxHeader, { size, log }: Walk): CodestreamPlace {
  const length = box.length === undefined ? undefined : box.length - box.headerLength;
  if (length !== undefined && size !== undefined && contentOffset(box) + length > size) {
    const held = size - contentOffset(box);
    log.add('box-length', `the codestream box says ${length} bytes, the file holds ${held}`, at(box, '15444-1 I.5.4'));
  }
  return { offset: contentOffset(box), length };
}

/** One fragment of this file lies there like any codestream. */
function placeOfFragments(fragments: readonly Fragment[]): CodestreamPlace {
  const [{ offset, dataReference }] = fragments;
  const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
  return fragments.length === 1 && dataReference === 0 ? { offset, length } : { offset, length, fragments };
}

/** Contents of a header or metadata box, unless they are more than the caller will hold. */
function* readBody(state: Walk, box: BoxHeader): Reading<BoxContent | undefined> {
  const { log, size } = state;
  const offset = contentOffset(box);
  const claimed =
    box.length === undefined ? (size ?? Number.POSITIVE_INFINITY) - offset : box.length - box.headerLength;
  const length = size === undefined ? claimed : Math.min(claimed, Math.max(0, size - offset));
  if (length > state.budget && (size !== undefined || box.length !== undefined)) {
    log.add('limit-bytes', `box '${box.type}' of ${length} bytes is not read: the limit is ${state.budget}`, at(box));
    return undefined;
  }
  const content = yield* readContent(offset, Math.min(length, state.budget), size);
  state.budget -= content.length;
  if (content.length < claimed && box.length !== undefined) {
    log.add(
      'box-length',
      `box '${box.type}' says ${claimed} bytes, the file holds ${content.length}`,
      at(box, '15444-1 I.4'),
    );
  }
  return { ...box, length: box.headerLength + content.length, content };
}

function takeFileType(
  box: BoxContent,
  earlier: FileTypeBox | undefined,
  position: number,
  log: DiagnosticLog,
): FileTypeBox | undefined {
  if (earlier) {
    log.add('box-duplicate', 'a second file type box is ignored', at(box, '15444-1 I.5.2'));
    return earlier;
  }
  if (position !== 2) {
    log.add('box-order', 'the file type box does not follow the signature box', at(box, '15444-1 I.5.2'));
  }
  try {
    return readFileType(box);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    log.add(error.code, `the file type box is ignored: ${error.reason}`, at(box, '15444-1 I.5.2'));
    return undefined;
  }
}

function takeHeader(box: BoxContent, earlier: Jp2Header | undefined, log: DiagnosticLog): Jp2Header {
  if (earlier) {
    log.add('box-duplicate', 'a second JP2 header box is ignored', at(box, '15444-1 I.5.3'));
    return earlier;
  }
  return readJp2Header(box.content, contentOffset(box), log);
}

/** The brand says what a file is; with an unfamiliar brand, the first familiar name in the compatibility list. */
export function containerOf(fileType: FileTypeBox | undefined): Container {
  for (const brand of fileType ? [fileType.brand, ...fileType.compatible] : []) {
    if (brand === 'jp2 ') return 'jp2';
    if (brand === 'jpx ' || brand === 'jpxb') return 'jpx';
    if (brand === 'jph ') return 'jph';
  }
  return 'jp2';
}

function noCodestream(fileType: FileTypeBox | undefined): Jpeg2000Error {
  if (fileType?.brand === 'mjp2' || fileType?.brand === 'jpm ') {
    return unsupported('box-missing', `a file of brand '${fileType.brand}' has its codestreams elsewhere`, {
      clause: '15444-1 I.5.4',
    });
  }
  return malformed('box-missing', 'expected a contiguous codestream box, found none', { clause: '15444-1 I.5.4' });
}

/** A box for showing, with what it holds where that was read. */
function boxInfo(box: BoxHeader, content: BoxContent | undefined, state: Walk, depth = 0): BoxPlace {
  const length = box.length ?? (state.size === undefined ? content?.length : state.size - box.offset);
  const { type, offset, headerLength } = box;
  const info = { type, offset, headerLength, length };
  if (!content || !SUPERBOXES.has(type) || depth >= MAX_DEPTH) return info;
  const children: BoxPlace[] = [];
  for (const child of boxesIn(content.content, contentOffset(box), state.quiet)) {
    if (++state.numShown > MAX_BOXES) break;
    children.push(boxInfo(child, child, state, depth + 1));
  }
  return { ...info, children };
}

function at(box: BoxHeader, clause?: string): { offset: number; clause?: string } {
  return clause === undefined ? { offset: box.offset } : { offset: box.offset, clause };
}

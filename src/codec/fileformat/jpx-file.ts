/**
 * A JPX file as what it is for: codestreams, the layers that are made of them, and how those are composed (15444-2
 * M.5, M.11). A JP2 file and a bare codestream come out as one codestream that is one layer.
 *
 * Codestreams and layers are counted, not named: codestream n is the n-th contiguous codestream or fragment table box of
 * the file, and the n-th codestream header box belongs to it; layer n is the n-th compositing layer header box. Without
 * any of those every codestream is a layer. Whatever these boxes do not say, the JP2 header says for all.
 *
 * Headers are read; codestreams, texts and data are not.
 */
import { type DiagnosticLog, Jpeg2000Error, overLimit, placeOf } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { type BoxContent, contentOffset, tolerate } from './box.ts';
import { type BoxNode, type BoxTree, readBoxTree } from './box-tree.ts';
import { type CodestreamHeader, headerForCodestream, readCodestreamHeader } from './codestream-header.ts';
import { type Composition, readComposition } from './composition.ts';
import { type DataReference, readDataReferences } from './data-references.ts';
import { type Fragment, readFragments } from './fragment-list.ts';
import { type FileTypeBox, type Jp2Header, readFileType, readJp2Header } from './jp2-boxes.ts';
import { type ReferenceReader, withReferences } from './header-references.ts';
import { headerForLayer, type LayerHeader, readLayerHeader } from './layer-header.ts';
import { type MetadataNode, readMetadataTree } from './metadata-tree.ts';
import { type ReaderRequirements, readReaderRequirements } from './reader-requirements.ts';

/** One codestream of a file. */
export interface JpxCodestream {
  /** Its number, counted from 0. */
  readonly index: number;
  /** The box it stands in, or that says where it stands; `undefined` for a bare codestream. */
  readonly box: BoxNode | undefined;
  /** Where its bytes stand, in order; one fragment for a contiguous codestream. */
  readonly fragments: readonly Fragment[] | Jpeg2000Error;
  /** What its own header box says. */
  readonly header: CodestreamHeader | undefined;
}

/** One compositing layer of a file. */
export interface JpxLayer {
  /** Its number, counted from 0. */
  readonly index: number;
  /** Numbers of the codestreams it is made of. */
  readonly codestreams: readonly number[];
  /** What its own header box says. */
  readonly header: LayerHeader | undefined;
}

/** What a file holds. */
export interface JpxFile extends BoxTree {
  readonly fileType: FileTypeBox | undefined;
  /** What holds for all codestreams and layers that do not say otherwise. */
  readonly header: Jp2Header | undefined;
  readonly codestreams: readonly JpxCodestream[];
  readonly layers: readonly JpxLayer[];
  readonly composition: Composition | undefined;
  readonly requirements: ReaderRequirements | undefined;
  /** Other files that fragments stand in; a fragment with data reference n is in entry n - 1. */
  readonly references: readonly DataReference[];
  readonly metadata: readonly MetadataNode[];
}

/** Header boxes stand close to each other in a linked movie, and far apart in an embedded one. */
const READ_AHEAD = 1 << 14;
const MOST_READ_AHEAD = 1 << 17;

/**
 * Reads everything but codestreams and metadata.
 *
 * @throws {Jpeg2000Error} as `readBoxTree`; `limit-bytes` for headers that are larger than the limit.
 */
export function* readJpxFile(
  log: DiagnosticLog,
  limits: Pick<Limits, 'boxes' | 'bytes'>,
  sizeOf: () => number | undefined,
): Reading<JpxFile> {
  const tree = yield* readBoxTree(log, limits, sizeOf);
  const size = sizeOf();
  const file = new ReadWindow(READ_AHEAD, size, { mostChunk: MOST_READ_AHEAD });
  const state: ReferenceReader = { file, log, size, left: limits.bytes };
  let fileType: FileTypeBox | undefined;
  let header: Jp2Header | undefined;
  let composition: Composition | undefined;
  let requirements: ReaderRequirements | undefined;
  let references: readonly DataReference[] | undefined;
  const streams: Omit<JpxCodestream, 'index' | 'header'>[] = [];
  const codestreamHeaders: CodestreamHeader[] = [];
  const layerHeaders: LayerHeader[] = [];
  for (const box of tree.boxes) {
    if (box.type === 'jp2c') streams.push({ box, fragments: [placeOfContents(box)] });
    if (!WANTED.has(box.type)) continue;
    const refers = box.type !== 'ftbl' && box.children?.some(({ type }) => type === 'cref');
    const own = yield* contentOf(box, state);
    const content = refers ? yield* withReferences(own, state) : own;
    switch (box.type) {
      case 'ftyp':
        fileType ??= tolerate(log, content, readFileType);
        break;
      case 'jp2h':
        header ??= readJp2Header(content.content, contentOffset(content), log);
        break;
      case 'rreq':
        requirements ??= tolerate(log, content, readReaderRequirements);
        break;
      case 'dtbl':
        references ??= tolerate(log, content, (c) => readDataReferences(c, log));
        break;
      case 'comp':
        composition ??= tolerate(log, content, (c) => readComposition(c, log));
        break;
      case 'jpch':
        codestreamHeaders.push(readCodestreamHeader(content, log));
        break;
      case 'jplh':
        layerHeaders.push(readLayerHeader(content, log));
        break;
      case 'ftbl':
        streams.push({ box, fragments: fragmentsOf(content, log, size) });
    }
  }
  if (tree.boxes.length === 0) {
    // an unknown length reads as far as there are bytes
    const length = size ?? Number.MAX_SAFE_INTEGER;
    streams.push({ box: undefined, fragments: [{ offset: 0, length, dataReference: 0 }] });
  }
  const codestreams = streams.map((stream, index) => ({ ...stream, index, header: codestreamHeaders[index] }));
  return {
    ...tree,
    fileType,
    header,
    codestreams,
    layers: layersOf(layerHeaders, codestreams.length, log),
    composition,
    requirements,
    references: references ?? [],
    metadata: yield* readMetadataTree(tree.boxes, file, log, { bytes: state.left }),
  };
}

const WANTED: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...['ftyp', 'jp2h', 'rreq', 'dtbl', 'comp', 'jpch', 'jplh', 'ftbl'],
]);

function* contentOf(box: BoxNode, state: ReferenceReader): Reading<BoxContent> {
  const length = box.length === undefined ? Number.POSITIVE_INFINITY : box.length - box.headerLength;
  if (length > state.left) {
    throw overLimit('limit-bytes', `box '${box.type}' of ${length} bytes: the limit has ${state.left} left`, {
      offset: box.offset,
    });
  }
  state.left -= length;
  const content = length === 0 ? new Uint8Array(0) : yield* state.file.need(contentOffset(box), length);
  return { ...box, length: box.headerLength + content.length, content };
}

function placeOfContents(box: BoxNode): Fragment {
  const length = box.length === undefined ? Number.MAX_SAFE_INTEGER : box.length - box.headerLength;
  return { offset: contentOffset(box), length, dataReference: 0 };
}

/** A table that makes no sense costs its codestream, and is reported to whoever wants that. */
function fragmentsOf(box: BoxContent, log: DiagnosticLog, size: number | undefined): Fragment[] | Jpeg2000Error {
  try {
    return readFragments(box, log, size);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    log.add(error.code, `a codestream cannot be read: ${error.reason}`, placeOf(error));
    return error;
  }
}

/** Layers by their headers; without any, every codestream is a layer. */
function layersOf(headers: readonly LayerHeader[], numCodestreams: number, log: DiagnosticLog): JpxLayer[] {
  if (headers.length === 0) {
    return Array.from({ length: numCodestreams }, (_, index) => ({ index, codestreams: [index], header: undefined }));
  }
  return headers.map((header, index) => {
    const registered = header.registration?.codestreams.map(({ codestream }) => codestream) ?? [index];
    const codestreams = registered.filter((number) => number < numCodestreams);
    if (codestreams.length < registered.length) {
      const message = `layer ${index} is made of codestreams ${registered.join(', ')}, of which there are ${numCodestreams}`;
      log.add('box-value', message, { clause: '15444-2 M.11.7.7' });
    }
    return { index, codestreams, header };
  });
}

/** The JP2 header as it holds for a codestream, and in a layer if one is given. */
export function headerFor(file: JpxFile, codestream: JpxCodestream, layer?: JpxLayer): Jp2Header | undefined {
  const own = headerForCodestream(file.header, codestream.header);
  return headerForLayer(
    own,
    layer?.header,
    (header) => header.componentMapping?.length ?? header.imageHeader?.numComponents,
  );
}

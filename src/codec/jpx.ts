/**
 * The handle of a JPX file: many codestreams and layers, and what is said about them. A plain JP2 file or a bare
 * codestream is one codestream that is one layer, so that callers need not ask what they have.
 */
import type { Diagnostic } from './errors.ts';
import { DiagnosticLog, Jpeg2000Error, malformed, overLimit, unsupported, usage } from './errors.ts';
import { ByteWriter } from './bits/byte-writer.ts';
import { writeFrameFile } from './extract-frame.ts';
import { contentOffset, writeBox } from './fileformat/box.ts';
import type { BoxNode } from './fileformat/box-tree.ts';
import type { Composition } from './fileformat/composition.ts';
import { type DataReference, readCrossReference } from './fileformat/data-references.ts';
import type { Fragment } from './fileformat/fragment-list.ts';
import { joinFragments } from './fileformat/fragment-source.ts';
import type { Jp2Header } from './fileformat/jp2-boxes.ts';
import { containerOf, type Jp2File } from './fileformat/jp2-file.ts';
import { headerFor, type JpxCodestream, type JpxFile, type JpxLayer, readJpxFile } from './fileformat/jpx-file.ts';
import { emptyMetadata } from './fileformat/metadata.ts';
import type { MetadataNode } from './fileformat/metadata-tree.ts';
import { type Drawing, drawingsOf } from './fileformat/play.ts';
import type { ReaderRequirements } from './fileformat/reader-requirements.ts';
import { decodeXmlText } from './fileformat/utf8.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type ResolveReference, SourcePool } from './linked-sources.ts';
import { type Codec, type LocatedCodestream, openingAs, type OpenOptions } from './opened-picture.ts';
import { Jp2Image } from './picture.ts';
import type { ByteSink } from './sink.ts';
import {
  type AbortSignalLike,
  BytesSource,
  type ImageInput,
  MeteredSource,
  type RandomAccessSource,
  readFrom,
  readNow,
  sourceOf,
  throwIfAborted,
} from './source.ts';
import { type WholeFile, wholeFile } from './whole-file.ts';

/** Options of {@link openJpxFrom}. */
export interface JpxOptions extends OpenOptions {
  /**
   * Finds the other files that fragments lie in. Without it only what lies in the file itself can be read: nothing is
   * ever fetched because a file says so.
   */
  readonly resolve?: ResolveReference;
}

/** What a call on an open file may say. */
export interface JpxReadOptions {
  readonly signal?: AbortSignalLike;
}

/** A JPX file, opened by `openJpx`. */
export class Jpx {
  /** BR of the file type box, as `'jpx '`; `undefined` for a bare codestream. */
  readonly brand: string | undefined;
  /** All codestreams, in the order in which they are counted. */
  readonly codestreams: readonly JpxCodestream[];
  /** All compositing layers; without layer headers, every codestream is one. */
  readonly layers: readonly JpxLayer[];
  /** How layers are put together and follow each other; `undefined` where the file does not say. */
  readonly composition: Composition | undefined;
  /** What a reader has to know, as the file says. */
  readonly requirements: ReaderRequirements | undefined;
  /** Other files that fragments lie in; a fragment with data reference n lies in entry n - 1. */
  readonly references: readonly DataReference[];
  /** Labels, XML, UUID boxes and the like, and what each is about. */
  readonly metadata: readonly MetadataNode[];
  /** What holds for all codestreams and layers that do not say otherwise; `undefined` for a bare codestream. */
  readonly header: Jp2Header | undefined;
  /** Every box of the file. */
  readonly boxes: readonly BoxNode[];
  /** What was tolerated. */
  readonly warnings: readonly Diagnostic[];
  private readonly codec: Codec;
  private readonly file: JpxFile;
  private readonly input: RandomAccessSource;
  private readonly options: JpxOptions;
  private readonly limits: Limits;
  private readonly linked: SourcePool;
  private closed = false;

  /** @internal */
  constructor(codec: Codec, file: JpxFile, input: RandomAccessSource, options: JpxOptions, log: DiagnosticLog) {
    this.codec = codec;
    this.file = file;
    this.input = input;
    this.options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.linked = new SourcePool(file.references, options.resolve);
    this.brand = file.brand;
    this.codestreams = file.codestreams;
    this.layers = file.layers;
    this.composition = file.composition;
    this.requirements = file.requirements;
    this.references = file.references;
    this.metadata = file.metadata;
    this.header = file.header;
    this.boxes = file.boxes;
    this.warnings = [...log.list];
  }

  /**
   * A codestream as a picture, with the header boxes that hold for it.
   *
   * @throws {Jpeg2000Error} `option-value` for a number the file does not have, `fragment` for a codestream in
   * files that are not at hand, and what `open` throws.
   * @example
   * ```ts
   * const jpx = await openJpx(await fileSource('movie.jpx'));
   * const frame = await (await jpx.codestream(3)).decode({ reduce: 2 });
   * ```
   */
  async codestream(n: number, options: JpxReadOptions = {}): Promise<Jp2Image> {
    return this.open(itemAt(this.codestreams, n, 'codestream'), undefined, options.signal);
  }

  /**
   * A compositing layer as a picture, with its own colours and channels.
   *
   * @throws {Jpeg2000Error} as {@link codestream}; `jpx-layer` for a layer that is made of several codestreams or none.
   * @example
   * ```ts
   * const jpx = await openJpx(bytes);
   * for (const { index } of jpx.layers) show(await (await jpx.layer(index)).decode());
   * ```
   */
  async layer(n: number, options: JpxReadOptions = {}): Promise<Jp2Image> {
    const layer = itemAt(this.layers, n, 'layer');
    return this.open(this.codestreamOf(layer), layer, options.signal);
  }

  /**
   * A compositing layer as a file of its own: a JP2 file where JP2 has its colours. The codestream is copied as it is, and
   * the XML and UUID boxes about the layer with it.
   *
   * @throws {Jpeg2000Error} as {@link layer}; `sink`.
   * @example
   * ```ts
   * await jpx.extract(3, { sink: await fileSink('frame-3.jp2') });
   * ```
   */
  async extract(n: number, options: JpxReadOptions & { readonly sink?: ByteSink } = {}): Promise<WholeFile> {
    const { sink, signal } = options;
    return wholeFile(sink, this.limits.bytes, async (out) => {
      this.checkOpen();
      const layer = itemAt(this.layers, n, 'layer');
      const codestream = this.codestreamOf(layer);
      const { fragments } = codestream;
      if (fragments instanceof Jpeg2000Error) throw fragments;
      const header = headerFor(this.file, codestream, layer);
      const pieces = fragments.map((fragment) => ({ ...fragment, source: this.sourceOf(fragment) }));
      const metadata = await this.metadataBoxes({ codestream: codestream.index, layer: n }, options);
      await writeFrameFile(out, header, metadata, pieces, signal);
    });
  }

  private codestreamOf({ index, codestreams }: JpxLayer): JpxCodestream {
    const clause = '15444-2 M.11.7.7';
    const [number, ...more] = codestreams;
    if (number === undefined) throw malformed('jpx-layer', `layer ${index} has no codestream`, { clause });
    if (more.length > 0) {
      const message = `layer ${index} is made of ${codestreams.length} codestreams: decode them one by one`;
      throw unsupported('jpx-layer', message, { clause });
    }
    return itemAt(this.codestreams, number, 'codestream');
  }

  /** XML and UUID boxes about a frame, whole. */
  private async metadataBoxes(
    what: { readonly codestream: number; readonly layer: number },
    options: JpxReadOptions,
  ): Promise<Uint8Array> {
    const w = new ByteWriter(0);
    const walk = async (nodes: readonly MetadataNode[]): Promise<void> => {
      for (const node of nodes) {
        const { type } = node.box;
        if (type === 'xml ' || type === 'uuid') {
          const content = await this.content(node, options);
          writeBox(w, type, () => w.append(content));
        }
        await walk(node.children ?? []);
      }
    };
    await walk(this.metadataAbout(what));
    return w.take();
  }

  /**
   * The metadata about one codestream or layer, wherever they stand: the outermost nodes of the tree that are about it
   * and not about the whole file.
   *
   * @example
   * ```ts
   * for (const node of jpx.metadataAbout({ layer: 3 })) console.log(node.box.type, node.labels);
   * ```
   */
  metadataAbout(what: { readonly codestream?: number; readonly layer?: number }): MetadataNode[] {
    const found: MetadataNode[] = [];
    const walk = (nodes: readonly MetadataNode[]): void => {
      for (const node of nodes) {
        const { codestreams, layers } = node.about;
        const fits =
          (what.codestream !== undefined && codestreams.includes(what.codestream)) ||
          (what.layer !== undefined && layers.includes(what.layer));
        // a number list alone says nothing
        if (fits && node.box.type !== 'nlst') found.push(node);
        else walk(node.children ?? []);
      }
    };
    walk(this.metadata);
    return found;
  }

  /**
   * What the composition draws, one layer after the other, once through (`composition.loops` says how often). Without a
   * composition there is nothing to draw. A composition can go on without end: stop when enough was drawn.
   *
   * @example
   * ```ts
   * for (const { layer, start, duration } of jpx.drawings()) {
   *   if (start > 60_000) break;
   *   schedule(await (await jpx.layer(layer)).decode(), start, duration);
   * }
   * ```
   */
  *drawings(): Generator<Drawing, void, undefined> {
    if (this.composition) yield* drawingsOf(this.composition, this.layers.length);
  }

  /**
   * The contents of a box, without its header; of a cross-reference, the contents of the box that it stands for.
   *
   * @throws {Jpeg2000Error} `limit-bytes`, `fragment`.
   */
  async content(of: BoxNode | MetadataNode, options: JpxReadOptions = {}): Promise<Uint8Array> {
    this.checkOpen();
    const { signal } = options;
    throwIfAborted(signal);
    const box = 'box' in of ? of.box : of;
    const range = { offset: contentOffset(box), length: (box.length ?? Number.POSITIVE_INFINITY) - box.headerLength };
    this.checkLength(range.length, box);
    const read = { ...(signal ? { signal } : {}) };
    const content = await this.input.read(range, read);
    if (box.type !== 'cref') return content;
    const whole = { ...box, length: box.headerLength + content.length, content };
    const { fragments } = readCrossReference(whole, new DiagnosticLog(), this.input.size);
    const source = this.join(fragments);
    const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
    this.checkLength(length, box);
    return source.read({ offset: 0, length }, read);
  }

  /**
   * The text of an XML or a label box.
   *
   * @throws {Jpeg2000Error} as {@link content}.
   */
  async text(of: BoxNode | MetadataNode, options: JpxReadOptions = {}): Promise<string> {
    return decodeXmlText(await this.content(of, options));
  }

  /** Gives back the file and all other files that were opened for it. */
  async close(): Promise<void> {
    this.closed = true;
    await this.linked.close();
    await this.input.close?.();
  }

  private checkOpen(): void {
    if (this.closed) throw usage('closed', 'the file was closed');
  }

  private checkLength(length: number, box: BoxNode): void {
    if (length <= this.limits.bytes) return;
    throw overLimit('limit-bytes', `box '${box.type}' holds ${length} bytes, the limit is ${this.limits.bytes}`, {
      offset: box.offset,
    });
  }

  private async open(
    codestream: JpxCodestream,
    layer: JpxLayer | undefined,
    signal: AbortSignalLike | undefined,
  ): Promise<Jp2Image> {
    this.checkOpen();
    throwIfAborted(signal);
    const { codec, limits, file } = this;
    const { fragments } = codestream;
    if (fragments instanceof Jpeg2000Error) throw fragments;
    const log = new DiagnosticLog(this.options.strict);
    if (layer?.header?.opacity?.kind === 'chroma-key') {
      log.note('channel-definition', 'the chroma key is not applied', { clause: '15444-2 M.11.7.6' });
    }
    const located = this.locate(fragments);
    const place = { offset: located.place.offset, length: located.place.length };
    const described: Jp2File = {
      container: codestream.box ? containerOf(file.fileType) : 'codestream',
      fileType: file.fileType,
      codestream: place,
      codestreams: [place],
      header: headerFor(file, codestream, layer),
      metadata: emptyMetadata(),
      boxes: file.boxes,
    };
    const opening = openingAs(Jp2Image, codec, described, located, limits, log);
    const { input } = located;
    if (input instanceof BytesSource) return readNow(opening, input.bytes);
    return readFrom(opening, input, signal, codec.executor);
  }

  /** What a codestream is read from. A picture that is closed leaves the file open. */
  private locate(fragments: readonly Fragment[]): LocatedCodestream {
    const [first] = fragments;
    const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
    if (fragments.length === 1 && first.dataReference === 0) {
      const place = { offset: first.offset, length: length === Number.MAX_SAFE_INTEGER ? undefined : length };
      return { input: this.input instanceof BytesSource ? this.input : keptOpen(this.input), place };
    }
    const joined = this.join(fragments);
    return { input: joined instanceof BytesSource ? joined : new MeteredSource(joined), place: { offset: 0, length } };
  }

  private join(fragments: readonly Fragment[]): RandomAccessSource {
    return joinFragments(fragments.map((fragment) => ({ ...fragment, source: this.sourceOf(fragment) })));
  }

  private sourceOf({ dataReference }: Fragment): RandomAccessSource {
    return dataReference === 0 ? this.input : this.linked.source(dataReference);
  }
}

/**
 * Opens a file of any number of codestreams: headers and metadata boxes are found and read, codestreams when they are
 * asked for.
 */
export async function openJpxFrom(codec: Codec, input: ImageInput, options: JpxOptions = {}): Promise<Jpx> {
  throwIfAborted(options.signal);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  const source = sourceOf(input);
  const reading = readJpxFile(log, limits, () => source.size);
  if (source instanceof BytesSource) return new Jpx(codec, readNow(reading, source.bytes), source, options, log);
  const metered = new MeteredSource(source);
  const file = await readFrom(reading, metered, options.signal, codec.executor);
  return new Jpx(codec, file, metered, options, log);
}

function itemAt<T>(list: readonly T[], n: number, what: string): T {
  const item = list[n];
  if (item === undefined) throw usage('option-value', `expected a ${what} below ${list.length}, found ${n}`);
  return item;
}

/** The same source, which cannot be closed, with its own account of what is read. */
function keptOpen(source: RandomAccessSource): MeteredSource {
  return new MeteredSource({
    get size() {
      return source.size;
    },
    read: (range, options) => source.read(range, options),
    ...(source.readMany ? { readMany: source.readMany.bind(source) } : {}),
  } as RandomAccessSource);
}

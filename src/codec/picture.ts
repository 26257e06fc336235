/**
 * The picture handle: a file parsed once, windows of it decoded many times.
 *
 * Everything is written over {@link Codec}, the bundle of what a build offers (block coders, colour) and what the host lends
 * (clock and pauses). Entry files make one and export functions over it.
 */
import { BlockCache } from './decoder/block-cache.ts';
import type { BlockCoder } from './decoder/block-jobs.ts';
import { decodePicture } from './decoder/decode.ts';
import { type ChannelStage, type Decoded, type Picture, reductionOf } from './decoder/decode-plan.ts';
import { canvasRegion, checkOptions, type DecodeOptions } from './decoder/options.ts';
import { handedOver } from './hand-over.ts';
import { runFrom, runNow } from './decoder/window-decode.ts';
import { decodeStrips, type DecodedStrip, type StripSink } from './decoder/decode-strips.ts';
import { type Diagnostic, DiagnosticLog, type ErrorCode, type ErrorPlace, unsupported, usage } from './errors.ts';
import type { Executor } from './executor.ts';
import { joinFragments } from './fileformat/fragment-source.ts';
import { checkAgainstCodestream, type CodestreamPlace, type Jp2File, readJp2File } from './fileformat/jp2-file.ts';
import { tilesOfRegion } from './geometry/region.ts';
import { tileBounds } from './geometry/tile-component.ts';
import type { RasterImage, RasterTile } from './image.ts';
import type { ImageInfo } from './inspect/info.ts';
import { describeHeaders, describeIndex } from './inspect/inspect.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { CodestreamSource } from './packets/codestream-source.ts';
import type { LoadOptions, PrecinctSource } from './packets/precinct-source.ts';
import { intersect } from './rect.ts';
import type { ByteSink } from './sink.ts';
import {
  type AbortSignalLike,
  type Bytes,
  BytesSource,
  type ImageInput,
  isBytes,
  MeteredSource,
  type RandomAccessSource,
  readFrom,
  type Reading,
  readNow,
  sourceOf,
  throwIfAborted,
} from './source.ts';

/** What a build offers and what the host lends. */
export interface Codec {
  readonly coders: readonly BlockCoder[];
  /** Palette, channels and colour; without it pictures are always `native`. */
  readonly channels: ChannelStage | undefined;
  readonly executor: Executor;
  /** Packet indexes; who only decodes is not sent them. */
  readonly indexing?: Indexing;
}

/** What a build does with packet indexes. */
export interface Indexing {
  /** Lets a codestream use an index of it, or what stands for one in the file. */
  attach(
    source: CodestreamSource,
    index: Bytes | RandomAccessSource | undefined,
    limits: Limits,
    options: LoadOptions,
    file?: Pick<Jp2File, 'boxes' | 'codestream'>,
  ): Promise<void>;
  /** Makes the index of a codestream, in memory or to a sink. */
  make(source: CodestreamSource, options: IndexOptions, executor: Executor): Promise<Uint8Array>;
  write(source: CodestreamSource, sink: ByteSink, options: IndexOptions, executor: Executor): Promise<IndexSummary>;
}

/** How an index is made. */
export interface IndexOptions {
  /** What the file may cost. */
  readonly limits?: Partial<Limits>;
  /** True makes every tolerated violation in the headers an error. */
  readonly strict?: boolean;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /** Told after each tile, and now and then within a large one. */
  readonly onProgress?: (progress: IndexProgress) => void;
}

/** How far an index is. */
export interface IndexProgress {
  /** Tiles that are done, of all tiles. */
  readonly tiles: number;
  readonly totalTiles: number;
  /** Packets in the index so far. */
  readonly packets: number;
}

/** What an index holds. */
export interface IndexSummary {
  /** Bytes of the index. */
  readonly bytes: number;
  /** Tiles of the picture. */
  readonly tiles: number;
  /** Tiles that are not in the index, since they are missing or damaged; who opens the file searches through them as without one. */
  readonly tilesLeftOut: number;
  readonly packets: number;
}

/** Options of {@link openPicture}. */
export interface OpenOptions {
  /** What the file may cost; these limits also hold for decodes that say nothing. */
  readonly limits?: Partial<Limits>;
  /** True makes every tolerated violation in the headers an error. */
  readonly strict?: boolean;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
}

/** Options of `open`. */
export interface OpenFileOptions extends OpenOptions {
  /**
   * An index of the file's packets, as `buildIndex` makes: with it, windows are read without searching through the file for their
   * packets. One that belongs to another file, or is damaged, is refused.
   */
  readonly index?: Bytes | RandomAccessSource;
  /**
   * Bytes of decoded code-blocks that are kept between decodes of the picture, so that a window that moves, or is asked for again at another
   * size, decodes only what is new. Default 64 MiB, which is 16 million coefficients; 0 keeps nothing.
   */
  readonly cacheBytes?: number;
}

/** What `open` keeps of decoded code-blocks by default. */
const DEFAULT_CACHE_BYTES = 1 << 26;

/** Options of a decode in strips. */
export interface DecodeRowsOptions extends Omit<DecodeOptions, 'into'> {
  /** Rows of a strip, after any reduction. Default: a multiple of 64 that makes about a million points. */
  readonly rows?: number;
}

/** Options of an inspection. */
export interface InspectOptions extends OpenOptions {
  /** Walk through the whole codestream: tile-parts, packet statistics, prefix lengths. Default false. */
  readonly index?: boolean;
}

/** A file parsed once, for many windows. Made by `open`. */
export class Jp2Image {
  /** What the headers say. */
  readonly info: ImageInfo;
  private readonly codec: Codec;
  private readonly file: Jp2File;
  private readonly source: CodestreamSource;
  private readonly input: RandomAccessSource;
  private readonly limits: Limits;
  /** Decoded code-blocks of earlier windows. */
  private cache: BlockCache | undefined;
  private closed = false;

  /** @internal */
  constructor(
    codec: Codec,
    file: Jp2File,
    source: CodestreamSource,
    input: RandomAccessSource,
    limits: Limits,
    warnings: readonly Diagnostic[],
  ) {
    this.codec = codec;
    this.file = file;
    this.source = source;
    this.input = input;
    this.limits = limits;
    const numComponents = source.main.siz.components.length;
    const channels = Array.from({ length: numComponents }, (_, k) => ({ kind: 'colour' as const, association: k + 1 }));
    const colour = codec.channels?.describe(file, numComponents) ?? { space: 'unknown', channels, palette: false };
    this.info = describeHeaders(file, source.main, colour, warnings);
  }

  /**
   * Decodes a window. Only what the window needs is read and decoded.
   *
   * @throws {Jpeg2000Error} `malformed`, `unsupported`, `limit` or `usage`; an abort rejects with the signal's reason.
   * @example
   * ```ts
   * const image = await open(httpSource(url));
   * const thumbnail = await image.decode({ maxSize: { width: 256, height: 256 } });
   * ```
   */
  async decode(options: DecodeOptions = {}): Promise<RasterImage> {
    this.checkOpen();
    const before = this.readSoFar();
    const { log, limits, start } = this.begin(options);
    const work = decodePicture(this.picture(), options, this.codec, limits, log);
    const decoded = await runFrom(work, this.source, this.codec.executor, limits, options.signal);
    return this.finish(decoded, log, start, before);
  }

  /**
   * Decodes a window without waiting; the bytes must be in memory.
   *
   * @throws {Jpeg2000Error} as {@link decode}, and `sync-source` when the input is not in memory.
   */
  decodeSync(options: Omit<DecodeOptions, 'signal'> = {}): RasterImage {
    this.checkOpen();
    const before = this.readSoFar();
    const { log, limits, start } = this.begin(options);
    const work = decodePicture(this.picture(), options, this.codec, limits, log);
    return this.finish(runNow(work, this.source, this.codec.executor, limits), log, start, before);
  }

  /**
   * Decodes tile by tile, in raster order, so that memory holds one tile of the picture at a time.
   *
   * @example
   * ```ts
   * for await (const tile of image.decodeTiles({ reduce: 1 })) draw(tile, tile.rect.x, tile.rect.y);
   * ```
   */
  async *decodeTiles(options: DecodeOptions = {}): AsyncGenerator<RasterTile> {
    this.checkOpen();
    yield* decodeByTiles(this.source, options, (window) => this.decode(window));
  }

  /**
   * Decodes in strips, from the top, over the whole width of the window, so that memory does not grow with the height of the picture. The
   * next strip is made when the last one has been taken care of.
   *
   * @throws {Jpeg2000Error} as {@link decode}; `limits.pixels` bounds one strip.
   * @example
   * ```ts
   * for await (const strip of image.decodeRows()) await file.write(strip.data);
   * ```
   */
  async *decodeRows(options: DecodeRowsOptions = {}): AsyncGenerator<RasterTile> {
    this.checkOpen();
    const { rows, ...rest } = options;
    checkRows(options);
    const before = this.readSoFar();
    const { log, limits, start } = this.begin(rest);
    const { executor } = this.codec;
    // each code-block is needed once, so that nothing is kept
    const picture = { ...this.picture(), cache: undefined };
    const work = (sink: StripSink) => decodeStrips(picture, rest, rows, this.codec, limits, log, sink);
    for await (const { rect, ...decoded } of handedOver<DecodedStrip>((sink) =>
      runFrom(work(sink), this.source, executor, limits, rest.signal),
    )) {
      yield { ...this.finish(decoded, log, start, before), rect };
    }
  }

  /** Walks through the whole codestream and describes it: tile-parts, packet statistics, prefix lengths. */
  async inspect(options: { signal?: AbortSignalLike } = {}): Promise<ImageInfo> {
    this.checkOpen();
    return this.source.inTurn(describeIndex(this.info, this.source), { ...options, executor: this.codec.executor });
  }

  /** As {@link inspect}, for bytes in memory. */
  inspectSync(): ImageInfo {
    this.checkOpen();
    if (!(this.input instanceof BytesSource))
      throw usage('sync-source', 'only bytes in memory can be read synchronously');
    return readNow(describeIndex(this.info, this.source), this.input.bytes);
  }

  /**
   * Makes an index of the packets, for `open(input, { index })`.
   *
   * @throws {Jpeg2000Error} `unsupported` for high-throughput code-blocks, whose packet headers cannot be followed yet.
   * @example
   * ```ts
   * const image = await open(await fileSource('map.jp2'));
   * await writeFile('map.idx', await image.exportIndex());
   * ```
   */
  async exportIndex(options: Pick<IndexOptions, 'signal' | 'onProgress'> = {}): Promise<Uint8Array> {
    return this.indexing().make(this.source, options, this.codec.executor);
  }

  /** As {@link exportIndex}, to a sink; memory holds one tile's places. */
  async exportIndexTo(
    sink: ByteSink,
    options: Pick<IndexOptions, 'signal' | 'onProgress'> = {},
  ): Promise<IndexSummary> {
    return this.indexing().write(this.source, sink, options, this.codec.executor);
  }

  private picture(): Picture {
    return { source: this.source, file: this.file, cache: this.cache };
  }

  private indexing(): Indexing {
    this.checkOpen();
    const { indexing } = this.codec;
    if (indexing === undefined) throw usage('option-value', 'only a picture made by open can be indexed');
    return indexing;
  }

  /**
   * Keeps decoded code-blocks where another picture of the same codestream may find them.
   *
   * @internal
   */
  keepBlocks(cache: BlockCache): this {
    this.cache = cache;
    return this;
  }

  /**
   * What `open` does with its options.
   *
   * @internal
   */
  async prepare({ index, cacheBytes = DEFAULT_CACHE_BYTES, signal }: OpenFileOptions): Promise<this> {
    if (!(cacheBytes >= 0)) throw usage('option-value', `cacheBytes must be a number from 0, found ${cacheBytes}`);
    if (cacheBytes > 0) this.keepBlocks(new BlockCache(cacheBytes));
    const { indexing, executor } = this.codec;
    await indexing?.attach(this.source, index, this.limits, { executor, ...(signal ? { signal } : {}) }, this.file);
    return this;
  }

  /** Gives back the source. */
  async close(): Promise<void> {
    this.closed = true;
    this.cache?.clear();
    await this.input.close?.();
  }

  private checkOpen(): void {
    if (this.closed) throw usage('closed', 'the image was closed');
  }

  private readSoFar(): { bytes: number; requests: number } {
    const { input } = this;
    return input instanceof MeteredSource
      ? { bytes: input.bytes, requests: input.requests }
      : { bytes: 0, requests: 0 };
  }

  private begin(options: Omit<DecodeOptions, 'signal'>): { log: DiagnosticLog; limits: Limits; start: number } {
    const onWarning = options.onWarning && ((diagnostic: Diagnostic) => options.onWarning!(diagnostic));
    const log = new DecodeLog(options.strict, onWarning);
    for (const { code, message, ...place } of this.info.warnings) log.add(code, message, place);
    return { log, limits: { ...this.limits, ...options.limits }, start: this.codec.executor.now() };
  }

  private finish(
    decoded: Decoded,
    log: DiagnosticLog,
    start: number,
    before: { bytes: number; requests: number },
  ): RasterImage {
    const after = this.readSoFar();
    const inMemory = this.input instanceof BytesSource;
    return {
      ...decoded.image,
      warnings: log.list,
      stats: {
        bytesRead: inMemory ? decoded.packetBytes : after.bytes - before.bytes,
        requests: after.requests - before.requests,
        codeBlocks: decoded.codeBlocks,
        resolutions: decoded.resolutions,
        layers: decoded.layers,
        ms: this.codec.executor.now() - start,
        stages: decoded.stages,
      },
    };
  }
}

/** Checks what only decodes in strips take, and what they do not. */
function checkRows({ rows, ...rest }: DecodeRowsOptions): void {
  if ('into' in rest) throw usage('option-value', 'into does not go with strips: each has an array of its own');
  if (rows !== undefined && !(Number.isInteger(rows) && rows > 0)) {
    throw usage('option-value', `rows must be a whole number from 1, found ${rows}`);
  }
}

/** Decodes the tiles of a window one by one; `decode` decodes one window. */
export async function* decodeByTiles(
  source: PrecinctSource,
  options: DecodeOptions,
  decode: (options: DecodeOptions) => Promise<RasterImage>,
): AsyncGenerator<RasterTile> {
  checkOptions(options);
  if (options.maxSize) throw usage('option-value', 'maxSize does not go with tiles; use reduce');
  const { siz } = source.main;
  const region = canvasRegion(siz, options.region);
  const d = reductionOf(source, region, options);
  for (const t of tilesOfRegion(source.main, region)) {
    const part = intersect(tileBounds(siz, t), region);
    const x = Math.ceil(part.x0 / 2 ** d);
    const y = Math.ceil(part.y0 / 2 ** d);
    if (Math.ceil(part.x1 / 2 ** d) <= x || Math.ceil(part.y1 / 2 ** d) <= y) continue; // nothing left of it
    const tile = await decode({
      ...options,
      region: {
        x: part.x0 - siz.xosiz,
        y: part.y0 - siz.yosiz,
        width: part.x1 - part.x0,
        height: part.y1 - part.y0,
      },
    });
    const rect = {
      x: x - Math.ceil(region.x0 / 2 ** d),
      y: y - Math.ceil(region.y0 / 2 ** d),
      width: tile.width,
      height: tile.height,
    };
    yield { ...tile, rect };
  }
}

/** The log of a decode, which is told again what was found in the headers. An unknown segment is legal (15444-1 A.1.1). */
export class DecodeLog extends DiagnosticLog {
  override add(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    if (code === 'marker-unknown') this.note(code, message, place);
    else super.add(code, message, place);
  }
}

/** What a codestream is read from, and where it lies there. */
export interface LocatedCodestream {
  readonly input: RandomAccessSource;
  readonly place: CodestreamPlace;
}

/** The first codestream of a file: in the file itself, or joined from its fragments there. */
export function locate({ codestream }: Jp2File, input: RandomAccessSource): LocatedCodestream {
  const { fragments, length } = codestream;
  if (!fragments) return { input, place: codestream };
  if (fragments.some(({ dataReference }) => dataReference !== 0)) {
    const message = 'the codestream lies in other files: openJpx reads it with a resolver';
    throw unsupported('fragment', message, { clause: '15444-2 M.11.2' });
  }
  const pieces = fragments.map((fragment) => ({ ...fragment, source: input }));
  const joined = joinFragments(pieces, () => input.close?.());
  const whole = joined instanceof BytesSource ? joined : new MeteredSource(joined);
  return { input: whole, place: { offset: 0, length } };
}

/** Reads a codestream's main header. */
export function* openingCodestream(
  codec: Codec,
  file: Jp2File,
  { input, place }: LocatedCodestream,
  limits: Limits,
  log: DiagnosticLog,
): Reading<Jp2Image> {
  const source = yield* CodestreamSource.open(input, place, limits, log);
  const { siz } = source.main;
  const size = { width: siz.xsiz - siz.xosiz, height: siz.ysiz - siz.yosiz, components: siz.components };
  checkAgainstCodestream(file, size, log);
  return new Jp2Image(codec, file, source, input, limits, [...log.list]);
}

/** Opens anything that can be read by ranges. */
export async function openPicture(
  codec: Codec,
  input: ImageInput,
  options: OpenOptions = {},
  want: 'all' | 'picture' = 'all',
): Promise<Jp2Image> {
  const { signal } = options;
  throwIfAborted(signal);
  if (Array.isArray(input)) throw usage('input-type', 'expected bytes, a blob or a source, found an array');
  const source = sourceOf(input);
  if (source instanceof BytesSource) return openBytes(codec, source, options, want);
  const metered = new MeteredSource(source);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  const file = await readFrom(readJp2File(log, limits, metered.size, want), metered, signal, codec.executor);
  const located = locate(file, metered);
  return readFrom(openingCodestream(codec, file, located, limits, log), located.input, signal, codec.executor);
}

/** Opens bytes in memory without waiting. */
export function openPictureSync(
  codec: Codec,
  bytes: Bytes,
  options: OpenOptions = {},
  want: 'all' | 'picture' = 'all',
): Jp2Image {
  if (!isBytes(bytes)) throw usage('input-type', `expected bytes in memory, found ${typeof bytes}`);
  return openBytes(codec, new BytesSource(bytes), options, want);
}

function openBytes(codec: Codec, source: BytesSource, options: OpenOptions, want: 'all' | 'picture'): Jp2Image {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  const file = readNow(readJp2File(log, limits, source.size, want), source.bytes);
  const located = locate(file, source); // what is joined of bytes in memory is in memory
  return readNow(openingCodestream(codec, file, located, limits, log), (located.input as BytesSource).bytes);
}

/**
 * The picture handle: a file parsed once, windows of it decoded many times, described, indexed.
 */
import { BlockCache } from './decoder/block-cache.ts';
import { reductionOf } from './decoder/decode-plan.ts';
import { decodeStrips, type DecodedStrip, type StripSink } from './decoder/decode-strips.ts';
import { canvasRegion, checkOptions, type DecodeOptions } from './decoder/options.ts';
import { runFrom } from './decoder/window-decode.ts';
import { usage } from './errors.ts';
import { tilesOfRegion } from './geometry/region.ts';
import { tileBounds } from './geometry/tile-component.ts';
import { handedOver } from './hand-over.ts';
import type { RasterImage, RasterTile } from './image.ts';
import type { ImageInfo } from './inspect/info.ts';
import { describeHeaders, describeIndex } from './inspect/inspect.ts';
import { type Codec, OpenedPicture, openAs, openAsSync, type OpenOptions, type OpenParts } from './opened-picture.ts';
import type { PrecinctSource } from './packets/precinct-source.ts';
import type { Indexing, IndexOptions, IndexSummary } from './picture-options.ts';
import { intersect } from './rect.ts';
import type { ByteSink } from './sink.ts';
import {
  type AbortSignalLike,
  type Bytes,
  BytesSource,
  type ImageInput,
  type RandomAccessSource,
  readNow,
} from './source.ts';

export type { Codec, LocatedCodestream, OpenOptions } from './opened-picture.ts';
export { DecodeLog, locate } from './opened-picture.ts';
export type { Indexing, IndexOptions, IndexProgress, IndexSummary } from './picture-options.ts';

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
  /** Rows of a strip, after any reduction. Default: a multiple of 64 that makes about a million points, four with a pool. */
  readonly rows?: number;
}

/** Options of an inspection. */
export interface InspectOptions extends OpenOptions {
  /** Walk through the whole codestream: tile-parts, packet statistics, prefix lengths. Default false. */
  readonly index?: boolean;
}

/** A file parsed once, for many windows. Made by `open`. */
export class Jp2Image extends OpenedPicture {
  /** What the headers say. */
  readonly info: ImageInfo;

  /** @internal */
  constructor(parts: OpenParts) {
    super(parts);
    const { codec, file, source, warnings } = parts;
    const numComponents = source.main.siz.components.length;
    const channels = Array.from({ length: numComponents }, (_, k) => ({ kind: 'colour' as const, association: k + 1 }));
    const colour = codec.channels?.describe(file, numComponents) ?? { space: 'unknown', channels, palette: false };
    this.info = describeHeaders(file, source.main, colour, warnings);
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
    yield* decodeByTiles(this.parts.source, options, (window) => this.decode(window));
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
    const { executor } = this.parts.codec;
    // each code-block is needed once, so that nothing is kept
    const picture = { ...this.picture(), cache: undefined };
    const work = (sink: StripSink) => decodeStrips(picture, rest, rows, this.parts.codec, limits, log, sink);
    for await (const { rect, ...decoded } of handedOver<DecodedStrip>((sink) =>
      runFrom(work(sink), this.parts.source, executor, limits, rest.signal),
    )) {
      yield { ...this.finish(decoded, log, start, before), rect };
    }
  }

  /** Walks through the whole codestream and describes it: tile-parts, packet statistics, prefix lengths. */
  async inspect(options: { signal?: AbortSignalLike } = {}): Promise<ImageInfo> {
    this.checkOpen();
    return this.parts.source.inTurn(describeIndex(this.info, this.parts.source), {
      ...options,
      executor: this.parts.codec.executor,
    });
  }

  /** As {@link inspect}, for bytes in memory. */
  inspectSync(): ImageInfo {
    this.checkOpen();
    if (!(this.parts.input instanceof BytesSource))
      throw usage('sync-source', 'only bytes in memory can be read synchronously');
    return readNow(describeIndex(this.info, this.parts.source), this.parts.input.bytes);
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
    return this.indexing().make(this.parts.source, options, this.parts.codec.executor);
  }

  /** As {@link exportIndex}, to a sink; memory holds one tile's places. */
  async exportIndexTo(
    sink: ByteSink,
    options: Pick<IndexOptions, 'signal' | 'onProgress'> = {},
  ): Promise<IndexSummary> {
    return this.indexing().write(this.parts.source, sink, options, this.parts.codec.executor);
  }

  private indexing(): Indexing {
    this.checkOpen();
    const { indexing } = this.parts.codec;
    if (indexing === undefined) throw usage('option-value', 'only a picture made by open can be indexed');
    return indexing;
  }

  /**
   * What `open` does with its options.
   *
   * @internal
   */
  async prepare({ index, cacheBytes = DEFAULT_CACHE_BYTES, signal }: OpenFileOptions): Promise<this> {
    if (!(cacheBytes >= 0)) throw usage('option-value', `cacheBytes must be a number from 0, found ${cacheBytes}`);
    if (cacheBytes > 0) this.keepBlocks(new BlockCache(cacheBytes));
    const { indexing, executor } = this.parts.codec;
    await indexing?.attach(
      this.parts.source,
      index,
      this.parts.limits,
      { executor, ...(signal ? { signal } : {}) },
      this.parts.file,
    );
    return this;
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

/** Opens anything that can be read by ranges. */
export function openPicture(
  codec: Codec,
  input: ImageInput,
  options: OpenOptions = {},
  want: 'all' | 'picture' = 'all',
): Promise<Jp2Image> {
  return openAs(Jp2Image, codec, input, options, want);
}

/** Opens bytes in memory without waiting. */
export function openPictureSync(
  codec: Codec,
  bytes: Bytes,
  options: OpenOptions = {},
  want: 'all' | 'picture' = 'all',
): Jp2Image {
  return openAsSync(Jp2Image, codec, bytes, options, want);
}

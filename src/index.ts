/**
 * JPEG 2000 in pure TypeScript: files become pictures, whole or in part, in Node and in browsers.
 *
 * @module jp2kit
 */
import { SpansOfPool } from './codec/decoder/pooled-spans.ts';
import { channelStage } from './codec/decoder/channel-stage.ts';
import {
  type Bytes,
  type ByteSink,
  type Codec,
  type DecodeOptions,
  type DecodeRowsOptions,
  decodeGrowing,
  encodeFrom,
  encodeNow,
  type EncodeOptions,
  type EncodeResult,
  type EncodingCodec,
  type ImageHeader,
  type ImageInfo,
  type ImageInput,
  type IndexOptions,
  type IndexSummary,
  type InspectOptions,
  type Jp2Image,
  type Jpx,
  type JpxOptions,
  type Movie,
  type MovieOptions,
  MovieWriter,
  openJpxFrom,
  openMovieFrom,
  type OpenFileOptions,
  type OpenOptions,
  openAs,
  openAsSync,
  OpenedPicture,
  openPicture,
  openPictureSync,
  type ProgressiveImage,
  type ProgressiveOptions,
  type RasterImage,
  type RasterTile,
  type RawImage,
  type Rect,
  StreamEncoder,
  type StreamOptions,
  type ValidateOptions,
  validateInput,
  type ValidationReport,
  type TranscodeOptions,
  type TranscodeResult,
  type TranscodeSummary,
  type TranscodingCodec,
  transcodeFrom,
  transcodeInto,
  transcodeNow,
} from './codec/index.ts';
import { writeIndexBoxesInto } from './codec/index-boxes.ts';
import { buildIndexFrom, buildIndexInto, packetIndexing } from './codec/packet-index.ts';
import { classic } from './codec/tier1/classic.ts';
import { classicEncoder } from './codec/tier1/classic-encoder.ts';
import { ht } from './codec/tier1/ht.ts';
import { htEncoder, htRefiningEncoder } from './codec/tier1/ht-encoder.ts';
import { hostExecutor } from './platform/host-executor.ts';
import { type ByteStreamLike, chunksOf } from './platform/streams.ts';

export type * from './codec/index.ts';
export { readBoxes, setBoxes } from './codec/boxes.ts';
export { createJpx } from './codec/create-jpx.ts';
export {
  blobSource,
  bytesSource,
  DEFAULT_LIMITS,
  Jp2Image,
  Jpeg2000Error,
  Jpx,
  Movie,
  MovieTrack,
  MovieWriter,
  StreamEncoder,
} from './codec/index.ts';
export { type ImageDataLike, toImageData, type ToImageDataOptions } from './codec/to-image-data.ts';
export { type FetchLike, type FetchResponseLike, httpSource, type HttpSourceOptions } from './platform/http-source.ts';
export type { ByteStreamLike } from './platform/streams.ts';

const pooling: Codec['pooling'] = (pool, signal, samples) => new SpansOfPool(pool, signal, samples);

const decoding: Codec = { coders: [classic, ht], channels: channelStage, executor: hostExecutor, pooling };

// apart from the one above, so that who only decodes is not sent packet indexes
const opening: Codec = {
  coders: [classic, ht],
  channels: channelStage,
  executor: hostExecutor,
  indexing: packetIndexing,
  pooling,
};

const transcoding: TranscodingCodec = {
  coders: [classic, ht],
  encoders: [classicEncoder, htEncoder],
  executor: hostExecutor,
  indexing: packetIndexing,
};

// apart from the ones above, and without spreading them, so that who only decodes is not sent the encoder
const encoding: EncodingCodec = {
  coders: [classic, ht],
  encoders: [classicEncoder, htEncoder, htRefiningEncoder],
  channels: channelStage,
  executor: hostExecutor,
  pooling,
};

/**
 * Parses a file once, to decode many windows of it.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported` or `limit` for the headers; an abort rejects with the signal's reason.
 * @example
 * ```ts
 * const image = await open(httpSource('https://example.org/map.jp2'));
 * const window = await image.decode({ region: { x: 4096, y: 4096, width: 512, height: 512 } });
 * await image.close();
 * ```
 */
export async function open(input: ImageInput, options: OpenFileOptions = {}): Promise<Jp2Image> {
  const image = await openPicture(opening, input, options);
  return image.prepare(options);
}

/**
 * Makes an index of a file's packets. Given to `open`, it spares reading the file to find them: a window of a remote picture takes the
 * head of the file, a few pages of the index, and the bytes of the packets.
 *
 * Tiles that are damaged are left out of it, and searched through as ever.
 *
 * @throws {Jpeg2000Error} `malformed` or `limit` for the headers, `unsupported` for high-throughput code-blocks; an abort rejects with
 * the signal's reason.
 * @example
 * ```ts
 * await writeFile('map.idx', await buildIndex(await fileSource('map.jp2')));
 * const image = await open(httpSource('/map.jp2'), { index: httpSource('/map.idx') });
 * ```
 */
export function buildIndex(input: ImageInput, options: IndexOptions = {}): Promise<Uint8Array> {
  return buildIndexFrom(opening, input, options);
}

/**
 * Writes a JP2 file again with index boxes in it (15444-9 Annex I: `cidx`, `fidx`, `iptr`), as some JPIP servers need. `open` uses them,
 * too, without being asked.
 *
 * @throws {Jpeg2000Error} `malformed` or `limit` for the file, `unsupported` where parts of the codestream are missing or its packet headers
 * cannot be followed, `usage` for a bare codestream; `sink` when the sink fails.
 * @example
 * ```ts
 * await writeIndexBoxes(await fileSource('map.jp2'), await fileSink('map-indexed.jp2'));
 * ```
 */
export function writeIndexBoxes(
  input: ImageInput,
  sink: ByteSink,
  options: Pick<IndexOptions, 'limits' | 'signal'> = {},
): Promise<{ readonly bytes: number }> {
  return writeIndexBoxesInto(hostExecutor, input, sink, options);
}

/**
 * As {@link buildIndex}, to a sink; memory holds the places of one tile's packets.
 *
 * @throws {Jpeg2000Error} as {@link buildIndex}; `sink` when the sink fails.
 * @example
 * ```ts
 * const { tiles, packets } = await buildIndexTo(await fileSource('map.jp2'), await fileSink('map.idx'));
 * ```
 */
export function buildIndexTo(input: ImageInput, sink: ByteSink, options: IndexOptions = {}): Promise<IndexSummary> {
  return buildIndexInto(opening, input, sink, options);
}

/**
 * Decodes a picture, or a window of one.
 *
 * Damaged or truncated input gives what can be had, with `status: 'partial'` and the reasons in `warnings`.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported`, `limit` or `usage`; an abort rejects with the signal's reason.
 * @example
 * ```ts
 * const { width, height, channels, data } = await decode(await readFile('photo.jp2'));
 * ```
 */
export async function decode(input: ImageInput, options: DecodeOptions = {}): Promise<RasterImage> {
  const image = await openAs(OpenedPicture, decoding, input, options, 'picture');
  return image.decode(options);
}

/**
 * As {@link decode}, without waiting; the whole file must be in memory.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported`, `limit` or `usage`.
 * @example
 * ```ts
 * const picture = decodeSync(bytes, { reduce: 2 });
 * ```
 */
export function decodeSync(bytes: Bytes, options: Omit<DecodeOptions, 'signal'> = {}): RasterImage {
  return openAsSync(OpenedPicture, decoding, bytes, options, 'picture').decodeSync(options);
}

/**
 * Decodes one region, in reference-grid units from the image area's top left corner.
 *
 * @throws {Jpeg2000Error} as {@link decode}; `region-empty` when the region holds no sample.
 * @example
 * ```ts
 * const corner = await decodeRegion(source, { x: 0, y: 0, width: 256, height: 256 });
 * ```
 */
export function decodeRegion(
  input: ImageInput,
  region: Rect,
  options: Omit<DecodeOptions, 'region'> = {},
): Promise<RasterImage> {
  return decode(input, { ...options, region });
}

/**
 * Decodes tile by tile, in raster order; memory holds one tile of the picture at a time.
 *
 * @throws {Jpeg2000Error} as {@link decode}.
 * @example
 * ```ts
 * for await (const tile of decodeTiles(source)) save(tile.rect, tile.data);
 * ```
 */
export async function* decodeTiles(input: ImageInput, options: DecodeOptions = {}): AsyncGenerator<RasterTile> {
  const image = await openPicture(decoding, input, options, 'picture');
  yield* image.decodeTiles(options);
}

/**
 * Decodes in strips, from the top, over the whole width; memory does not grow with the height of the picture, tiled or not. The next strip
 * is made when the last one has been taken care of.
 *
 * @throws {Jpeg2000Error} as {@link decode}; `limits.pixels` bounds one strip.
 * @example
 * ```ts
 * for await (const strip of decodeRows(await fileSource('map.jp2'))) await file.write(strip.data);
 * ```
 */
export async function* decodeRows(input: ImageInput, options: DecodeRowsOptions = {}): AsyncGenerator<RasterTile> {
  const image = await openPicture(decoding, input, options, 'picture');
  yield* image.decodeRows(options);
}

/**
 * Decodes while bytes are still coming in: better pictures follow each other, the last one is whole.
 *
 * A picture is made when the input has grown by a third since the last one and `minIntervalMs` have passed.
 *
 * @throws {Jpeg2000Error} as {@link decode}, when the stream has ended.
 * @example
 * ```ts
 * const response = await fetch('photo.jp2');
 * for await (const picture of decodeProgressive(response.body!)) show(toImageData(picture));
 * ```
 */
export function decodeProgressive(
  stream: ByteStreamLike,
  options: ProgressiveOptions = {},
): AsyncGenerator<ProgressiveImage> {
  return decodeGrowing(decoding, chunksOf(stream), options);
}

/**
 * Describes a file without decoding it. With `index: true` the whole codestream is walked through, and tile-parts, packet
 * statistics and prefix lengths (`byteRanges`) are added.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported` or `limit` for the headers.
 * @example
 * ```ts
 * const info = await inspect(bytes);
 * console.log(info.width, info.height, info.components.length, info.levels);
 * ```
 */
export async function inspect(input: ImageInput, options: InspectOptions = {}): Promise<ImageInfo> {
  const image = await openPicture(decoding, input, options);
  return options.index ? image.inspect(options) : image.info;
}

/**
 * As {@link inspect}, without waiting; the whole file must be in memory.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported` or `limit` for the headers.
 * @example
 * ```ts
 * const { levels, layers } = inspectSync(bytes);
 * ```
 */
export function inspectSync(bytes: Bytes, options: Omit<InspectOptions, 'signal'> = {}): ImageInfo {
  const image = openPictureSync(decoding, bytes, options);
  return options.index ? image.inspectSync() : image.info;
}

/**
 * Encodes a picture: samples become a JP2 file or a bare codestream.
 *
 * Without options the result is lossless. `rate` asks for a size or a quality instead, or for a list of them, one a quality layer.
 *
 * @throws {Jpeg2000Error} `usage` for options or samples that cannot be, `limit`; an abort rejects with the signal's reason.
 * @example
 * ```ts
 * const { data } = await encode({ width, height, channels: 3, data: rgb }, { rate: { bpp: 1 } });
 * await writeFile('photo.jp2', data);
 * ```
 */
export function encode(image: RawImage, options: EncodeOptions = {}): Promise<EncodeResult> {
  return encodeFrom(encoding, image, options);
}

/**
 * As {@link encode}, without waiting.
 *
 * @throws {Jpeg2000Error} `usage` for options or samples that cannot be, `limit`.
 * @example
 * ```ts
 * const { data, psnr } = encodeSync({ width, height, channels: 1, data: grey16 }, { rate: { psnr: 50 } });
 * ```
 */
export function encodeSync(image: RawImage, options: Omit<EncodeOptions, 'signal' | 'pool'> = {}): EncodeResult {
  return encodeNow(encoding, image, options);
}

/**
 * Encodes a picture that comes in tiles or rows, to a sink that takes the file as it grows. Memory holds a row of tiles and what is
 * not written yet; with a `spill` store that waits elsewhere.
 *
 * @throws {Jpeg2000Error} `usage` for options that cannot be.
 * @example
 * ```ts
 * const encoder = createEncoder(
 *   { width: 30000, height: 30000, channels: 3 },
 *   { tile: { width: 1024, height: 1024 }, sink: await fileSink('map.jp2') },
 * );
 * for await (const rows of scanner) await encoder.writeRows(rows);
 * const { bytes } = await encoder.finish();
 * ```
 */
export function createEncoder(header: ImageHeader, options: StreamOptions): StreamEncoder {
  return new StreamEncoder(header, options, [classicEncoder, htEncoder, htRefiningEncoder], hostExecutor);
}

/**
 * Opens a JPX file of any number of codestreams and layers, a JP2 file, or a bare codestream. Headers are read;
 * codestreams when they are asked for.
 *
 * Codestreams may lie in other files, which the file names by URLs. None is ever opened unless `resolve` opens it; in
 * Node, `folderResolver` of `jp2kit/node` finds files below one folder.
 *
 * @throws {Jpeg2000Error} `malformed` or `limit` for the file's structure; an abort rejects with the signal's reason.
 * @example
 * ```ts
 * const jpx = await openJpx(await fileSource('movies/sun.jpx'), { resolve: folderResolver('movies') });
 * for (const { index } of jpx.layers) {
 *   const picture = await (await jpx.layer(index)).decode({ reduce: 1 });
 *   const [about] = jpx.metadataAbout({ layer: index });
 * }
 * await jpx.close();
 * ```
 */
export function openJpx(input: ImageInput, options: JpxOptions = {}): Promise<Jpx> {
  return openJpxFrom(decoding, input, options);
}

/**
 * Opens a Motion JPEG 2000 file. Its tables are read, wherever they stand; frames are read when they are asked for.
 *
 * @throws {Jpeg2000Error} `malformed` or `limit` for the file's structure; an abort rejects with the signal's reason.
 * @example
 * ```ts
 * const movie = await openMovie(await fileSource('speedway.mj2'));
 * const [track] = movie.tracks;
 * for (let n = 0; n < track.frameCount; n++) show(await (await track.frame(n)).decode(), track.timingOf(n).seconds);
 * await movie.close();
 * ```
 */
export function openMovie(input: ImageInput, options: OpenOptions = {}): Promise<Movie> {
  return openMovieFrom(decoding, input, options);
}

/**
 * Makes a Motion JPEG 2000 file out of encoded frames: codestreams or JP2 files of one size, in the order in which they are shown.
 *
 * @throws {Jpeg2000Error} `usage` for options that cannot be.
 * @example
 * ```ts
 * const movie = createMovie({ timescale: 25 });
 * for (const picture of pictures) await movie.add((await encode(picture)).data);
 * const { data } = await movie.finish();
 * ```
 */
export function createMovie(options: MovieOptions): MovieWriter {
  return new MovieWriter(options);
}

/**
 * Puts the packets of a file into another order, cuts, groups and indexes them anew, without decoding: the result decodes to the same
 * samples, or to those that a decode with `reduce`, `layers`, `components` or a `region` of whole tiles gives. What is not asked for stays
 * as it is.
 *
 * Damaged or truncated input gives a legal file with empty packets in place of those that are missing: `status: 'partial'`.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported`, `limit` or `usage`; an abort rejects with the signal's reason.
 * @example
 * ```ts
 * const { data } = await transcode(bytes, { progression: 'RPCL', markers: { plt: true, tlm: true } });
 * ```
 */
export function transcode(input: ImageInput, options: TranscodeOptions = {}): Promise<TranscodeResult> {
  return transcodeFrom(transcoding, input, options);
}

/**
 * As {@link transcode}, without waiting; the whole file must be in memory.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported`, `limit` or `usage`.
 * @example
 * ```ts
 * const thumbnail = transcodeSync(bytes, { reduce: 3, layers: 1 }).data;
 * ```
 */
export function transcodeSync(bytes: Bytes, options: Omit<TranscodeOptions, 'signal' | 'index'> = {}): TranscodeResult {
  return transcodeNow(transcoding, bytes, options);
}

/**
 * As {@link transcode}, from any source to a sink, a few megabytes at a time: for files larger than memory.
 *
 * @throws {Jpeg2000Error} as {@link transcode}; `sink` when the sink fails.
 * @example
 * ```ts
 * const source = await fileSource('map.jp2');
 * const summary = await transcodeTo(source, await fileSink('map-rpcl.jp2'), { progression: 'RPCL' });
 * console.log(summary.packets, summary.bytes);
 * ```
 */
export function transcodeTo(
  input: ImageInput,
  sink: ByteSink,
  options: TranscodeOptions = {},
): Promise<TranscodeSummary> {
  return transcodeInto(transcoding, input, sink, options);
}

/**
 * Checks a file against the rules of the standard, without decoding a sample: boxes, marker segments, tile-parts, and every packet
 * header of the codestreams.
 *
 * A file that breaks rules is a result, not an error; only a call that cannot be is thrown. Findings of severity `warning` are legal
 * but doubtful, or say that something was not checked.
 *
 * @throws {Jpeg2000Error} `usage` for an input that is none, `source-read` and `source-changed` where the input cannot be read to its
 * end, which says nothing of its rules; an abort rejects with the signal's reason.
 * @example
 * ```ts
 * const { valid, findings } = await validate(await fileSource('scan.jp2'));
 * for (const { severity, code, message, offset } of findings) console.log(severity, code, message, offset);
 * ```
 */
export function validate(input: ImageInput, options: ValidateOptions = {}): Promise<ValidationReport> {
  return validateInput(hostExecutor, input, options);
}

/**
 * A file whose headers have been read, to be decoded: what every way of opening one has in common.
 *
 * Everything is written over {@link Codec}, the bundle of what a build offers (block coders, colour, pools) and what the host lends
 * (clock and pauses). Entry files make one and export functions over it.
 */
import type { BlockPool } from './block-pool.ts';
import type { PooledSpans } from './decoder/row-schedule.ts';
import type { BlockCache } from './decoder/block-cache.ts';
import type { BlockCoder } from './decoder/block-jobs.ts';
import { decodePicture } from './decoder/decode.ts';
import type { ChannelStage, Decoded, Picture } from './decoder/decode-plan.ts';
import type { DecodeOptions } from './decoder/options.ts';
import { runFrom, runNow } from './decoder/window-decode.ts';
import { type Diagnostic, DiagnosticLog, type ErrorCode, type ErrorPlace, unsupported, usage } from './errors.ts';
import type { Executor } from './executor.ts';
import { joinFragments } from './fileformat/fragment-source.ts';
import { checkAgainstCodestream, type CodestreamPlace, type Jp2File, readJp2File } from './fileformat/jp2-file.ts';
import type { RasterImage } from './image.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { CodestreamSource } from './packets/codestream-source.ts';
import type { Indexing } from './picture-options.ts';
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
  /** Hands code-blocks to a pool of workers; who needs few bytes does without. */
  readonly pooling?: (pool: BlockPool, signal: AbortSignalLike | undefined, samples: number) => PooledSpans;
}

/** Options of an opening. */
export interface OpenOptions {
  /** What the file may cost; these limits also hold for decodes that say nothing. */
  readonly limits?: Partial<Limits>;
  /** True makes every tolerated violation in the headers an error. */
  readonly strict?: boolean;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
}

/** What it takes to decode a codestream. */
export interface OpenParts {
  readonly codec: Codec;
  readonly file: Jp2File;
  readonly source: CodestreamSource;
  readonly input: RandomAccessSource;
  readonly limits: Limits;
  /** What was tolerated in the headers. */
  readonly warnings: readonly Diagnostic[];
}

/** A file whose headers have been read. */
export class OpenedPicture {
  /**
   * What it was made of.
   *
   * @internal
   */
  protected readonly parts: OpenParts;
  /** Decoded code-blocks of earlier windows. */
  private cache: BlockCache | undefined;
  private closed = false;

  /** @internal */
  constructor(parts: OpenParts) {
    this.parts = parts;
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
    const work = decodePicture(this.picture(), options, this.parts.codec, limits, log);
    const decoded = await runFrom(work, this.parts.source, this.parts.codec.executor, limits, options.signal);
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
    const work = decodePicture(this.picture(), options, this.parts.codec, limits, log);
    return this.finish(runNow(work, this.parts.source, this.parts.codec.executor, limits), log, start, before);
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

  /** Gives back the source. */
  async close(): Promise<void> {
    this.closed = true;
    this.cache?.clear();
    await this.parts.input.close?.();
  }

  /**
   * What a decode works on.
   *
   * @internal
   */
  protected picture(): Picture {
    const { source, file } = this.parts;
    return { source, file, cache: this.cache };
  }

  /**
   * Throws once the picture has been closed.
   *
   * @internal
   */
  protected checkOpen(): void {
    if (this.closed) throw usage('closed', 'the image was closed');
  }

  /**
   * Bytes and requests so far, where the source counts them.
   *
   * @internal
   */
  protected readSoFar(): { bytes: number; requests: number } {
    const { input } = this.parts;
    return input instanceof MeteredSource
      ? { bytes: input.bytes, requests: input.requests }
      : { bytes: 0, requests: 0 };
  }

  /**
   * The log, limits and start of a decode.
   *
   * @internal
   */
  protected begin(options: Omit<DecodeOptions, 'signal'>): { log: DiagnosticLog; limits: Limits; start: number } {
    const onWarning = options.onWarning && ((diagnostic: Diagnostic) => options.onWarning!(diagnostic));
    const log = new DecodeLog(options.strict, onWarning);
    for (const { code, message, ...place } of this.parts.warnings) log.add(code, message, place);
    return { log, limits: { ...this.parts.limits, ...options.limits }, start: this.parts.codec.executor.now() };
  }

  /**
   * A decoded picture with what it cost.
   *
   * @internal
   */
  protected finish(
    decoded: Decoded,
    log: DiagnosticLog,
    start: number,
    before: { bytes: number; requests: number },
  ): RasterImage {
    const after = this.readSoFar();
    const inMemory = this.parts.input instanceof BytesSource;
    return {
      ...decoded.image,
      warnings: log.list,
      stats: {
        bytesRead: inMemory ? decoded.packetBytes : after.bytes - before.bytes,
        requests: after.requests - before.requests,
        codeBlocks: decoded.codeBlocks,
        resolutions: decoded.resolutions,
        layers: decoded.layers,
        ms: this.parts.codec.executor.now() - start,
        stages: decoded.stages,
      },
    };
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

/** A kind of opened picture. */
export type PictureClass<P extends OpenedPicture> = new (parts: OpenParts) => P;

/** Reads a codestream's main header. */
export function* openingAs<P extends OpenedPicture>(
  kind: PictureClass<P>,
  codec: Codec,
  file: Jp2File,
  { input, place }: LocatedCodestream,
  limits: Limits,
  log: DiagnosticLog,
): Reading<P> {
  const source = yield* CodestreamSource.open(input, place, limits, log);
  const { siz } = source.main;
  const size = { width: siz.xsiz - siz.xosiz, height: siz.ysiz - siz.yosiz, components: siz.components };
  checkAgainstCodestream(file, size, log);
  return new kind({ codec, file, source, input, limits, warnings: [...log.list] });
}

/** Opens anything that can be read by ranges. */
export async function openAs<P extends OpenedPicture>(
  kind: PictureClass<P>,
  codec: Codec,
  input: ImageInput,
  options: OpenOptions = {},
  want: 'all' | 'picture' = 'all',
): Promise<P> {
  const { signal } = options;
  throwIfAborted(signal);
  if (Array.isArray(input)) throw usage('input-type', 'expected bytes, a blob or a source, found an array');
  const source = sourceOf(input);
  if (source instanceof BytesSource) return openBytes(kind, codec, source, options, want);
  const metered = new MeteredSource(source);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  const file = await readFrom(readJp2File(log, limits, metered.size, want), metered, signal, codec.executor);
  const located = locate(file, metered);
  return readFrom(openingAs(kind, codec, file, located, limits, log), located.input, signal, codec.executor);
}

/** Opens bytes in memory without waiting. */
export function openAsSync<P extends OpenedPicture>(
  kind: PictureClass<P>,
  codec: Codec,
  bytes: Bytes,
  options: OpenOptions = {},
  want: 'all' | 'picture' = 'all',
): P {
  if (!isBytes(bytes)) throw usage('input-type', `expected bytes in memory, found ${typeof bytes}`);
  return openBytes(kind, codec, new BytesSource(bytes), options, want);
}

function openBytes<P extends OpenedPicture>(
  kind: PictureClass<P>,
  codec: Codec,
  source: BytesSource,
  options: OpenOptions,
  want: 'all' | 'picture',
): P {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  const file = readNow(readJp2File(log, limits, source.size, want), source.bytes);
  const located = locate(file, source); // what is joined of bytes in memory is in memory
  return readNow(openingAs(kind, codec, file, located, limits, log), (located.input as BytesSource).bytes);
}

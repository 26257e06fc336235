/**
 * A picture on a JPIP server as a handle: what `open` gives for a file, and besides it what only a remote picture has, as views that sharpen
 * while data arrives.
 *
 * Decoding needs nothing but packets, and a cache of data-bins gives those; what a decode lacks is fetched when it asks for it. This is
 * where the client meets the decoder; the engine below it knows of data-bins only.
 */
import { BlockCache } from '../codec/decoder/block-cache.ts';
import { decodePicture } from '../codec/decoder/decode.ts';
import type { Decoded } from '../codec/decoder/decode-plan.ts';
import { checkOptions, type DecodeOptions } from '../codec/decoder/options.ts';
import { runFrom } from '../codec/decoder/window-decode.ts';
import { joinBytes } from '../codec/bits/join-bytes.ts';
import { DiagnosticLog, Jpeg2000Error, placeOf } from '../codec/errors.ts';
import { checkAgainstCodestream, type Jp2File, readJp2File } from '../codec/fileformat/jp2-file.ts';
import type { RasterImage, RasterTile } from '../codec/image.ts';
import type { ImageInfo } from '../codec/inspect/info.ts';
import { describeHeaders } from '../codec/inspect/inspect.ts';
import type { Limits } from '../codec/limits.ts';
import type { PrecinctSource } from '../codec/packets/precinct-source.ts';
import { decodeByTiles, DecodeLog } from '../codec/picture.ts';
import type { Rect } from '../codec/rect.ts';
import { type AbortSignalLike, readNow } from '../codec/source.ts';
import type { BinCache } from './bins/bin-store.ts';
import { type JoinedFile, joinMetadata } from './bins/metadata-join.ts';
import { checkPlan } from './client/asked.ts';
import type { JpipClient } from './client/client.ts';
import type { JpipUpdate } from './client/fetch-window.ts';
import { heldPrecincts, type HeldPrecinct } from './client/held-precincts.ts';
import { needOf, planOf, type ViewWindow } from './client/need.ts';
import { pumped } from './client/pump.ts';
import { codestreamOf } from './client/to-codestream.ts';
import type { JpipClientLimits } from './limits.ts';
import { BIN_CLASS } from './wire/message.ts';
import { drained, FetchingSource, windowOf } from './fetching-source.ts';
import type { JpipDecodeOptions, JpipHost, JpipViewImage, JpipViewOptions } from './image-options.ts';

/** Bytes and requests so far, and the time. */
interface Received {
  readonly bytes: number;
  readonly requests: number;
  readonly ms: number;
}

const DEFAULT_INTERVAL_MS = 100;
/** Bytes of decoded code-blocks that are kept from one picture to the next. */
const DECODED_BYTES = 1 << 26;
const ALL_BOXES = '[*]';
const SINGLE_BOXES = ['xml_', 'uuid', 'uinf', 'asoc', 'jp2h'];
/** A codestream box with nothing in it. */
const EMPTY_CODESTREAM = /* @__PURE__ */ Uint8Array.of(0, 0, 0, 8, 0x6a, 0x70, 0x32, 0x63);
/** A bare codestream, as far as the file format looks at it. */
const NO_FILE = /* @__PURE__ */ Uint8Array.of(0xff, 0x4f, 0xff, 0x51, 0, 0, 0, 0, 0, 0, 0, 0);

/** A picture on a server. Made by `openJpip`. */
export class JpipImage {
  private readonly client: JpipClient;
  private readonly host: JpipHost;
  private readonly limits: Limits & JpipClientLimits;
  private readonly codestream: number;
  private file: Jp2File;
  private described: ImageInfo;
  private blocks: { readonly codestream: number; readonly cache: BlockCache } | undefined;
  /** The view that was asked for last; older ones end. */
  private newestView = 0;

  /** @internal */
  constructor(client: JpipClient, host: JpipHost, limits: Limits & JpipClientLimits, codestream: number) {
    this.client = client;
    this.host = host;
    this.limits = limits;
    this.codestream = codestream;
    const { file, info } = this.readFile();
    this.file = file;
    this.described = info;
  }

  /** What the headers say, and the metadata that are held. */
  get info(): ImageInfo {
    return this.described;
  }

  /** The data-bins that are held. */
  get cache(): BinCache {
    return this.client.cache;
  }

  /** True when the server cannot be reached, or was not asked, and everything comes from the cache. */
  get offline(): boolean {
    return this.client.offline;
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.client.session.bytes;
  }

  /** Requests made so far. */
  get requests(): number {
    return this.client.session.requests;
  }

  /**
   * Decodes a window. Only what it needs, and is not held, is fetched.
   *
   * @throws {JpipError} when the server cannot be reached or refuses; {@link Jpeg2000Error} as `decode` of a file. An abort rejects with the
   * signal's reason.
   * @example
   * ```ts
   * const image = await openJpip('https://example.org/jpip/map.jp2');
   * const window = await image.decode({ region: { x: 4096, y: 4096, width: 512, height: 512 } });
   * ```
   */
  async decode(options: JpipDecodeOptions = {}): Promise<RasterImage> {
    checkOptions(options);
    const { codestream = this.codestream, signal } = options;
    if (!options.offline) await this.client.need(codestream, signal);
    const source = this.client.source(codestream);
    const work = this.cache.enter();
    const before = this.received();
    try {
      if (options.offline) return await this.decodeHeld(source, codestream, options, before);
      const window = windowOf(source, options, codestream);
      await drained(this.client.fetch(window, { signal }));
      return await this.decodeHeld(new FetchingSource(source, this.client, window), codestream, options, before);
    } finally {
      this.cache.leave(work);
    }
  }

  /**
   * Decodes tile by tile, in raster order; memory holds one tile of the picture at a time.
   *
   * @example
   * ```ts
   * for await (const tile of image.decodeTiles({ reduce: 1 })) draw(tile, tile.rect.x, tile.rect.y);
   * ```
   */
  async *decodeTiles(options: JpipDecodeOptions = {}): AsyncGenerator<RasterTile> {
    const source = this.client.source(options.codestream ?? this.codestream);
    yield* decodeByTiles(source, options, (window) => this.decode({ ...options, ...window }));
  }

  /**
   * Brings in a window without decoding it, and tells of everything that arrives. Whoever leaves the loop ends it.
   *
   * @example
   * ```ts
   * for await (const { bytes, complete } of image.request({ region, reduce: 2 })) progress(bytes, complete);
   * ```
   */
  async *request(window: ViewWindow, options: { signal?: AbortSignalLike } = {}): AsyncGenerator<JpipUpdate, boolean> {
    let stopped = false;
    const stop = (): void => {
      stopped = true;
    };
    const fetching = this.client.fetch(this.onOwnCodestream(window), { ...options, stale: () => stopped });
    const updates = pumped(fetching, stop);
    let step = await updates.next();
    try {
      for (; !step.done; step = await updates.next()) yield* step.value;
      return step.value;
    } finally {
      await updates.return(false);
      if (window.metareq !== undefined) this.refresh();
    }
  }

  /**
   * Shows a window: pictures that get better while data arrives, the last one marked `final`. A new view ends the one before.
   *
   * @example
   * ```ts
   * for await (const picture of image.view({ region, reduce: 1 })) {
   *   context.putImageData(toImageData(picture), 0, 0);
   * }
   * ```
   */
  async *view(
    window: ViewWindow,
    options: JpipViewOptions & { signal?: AbortSignalLike } = {},
  ): AsyncGenerator<JpipViewImage> {
    const { minIntervalMs = DEFAULT_INTERVAL_MS, signal } = options;
    const mine = ++this.newestView;
    let stopped = false;
    const stale = (): boolean => stopped || mine !== this.newestView;
    const own = this.onOwnCodestream(window);
    const [codestream] = own.codestreams!;
    await this.client.need(codestream, signal);
    const source = this.client.source(codestream);
    const { reduce, components } = needOf(source.main, own);
    const decoding: DecodeOptions = {
      ...options,
      reduce,
      ...(own.region ? { region: own.region } : {}),
      ...(own.layers === undefined ? {} : { layers: own.layers }),
      ...(components ? { components } : {}),
    };
    const work = this.cache.enter();
    const before = this.received();
    const updates = pumped(this.client.fetch(own, { signal, stale }), () => {
      stopped = true;
    });
    try {
      let shown: RasterImage | undefined;
      let revision = -1;
      let last = Number.NEGATIVE_INFINITY;
      if (this.isHeldInPart(own)) {
        revision = this.cache.revision;
        shown = await this.decodeHeld(source, codestream, decoding, before);
        last = this.host.now();
        if (stale()) return;
        yield { ...shown, final: false };
      }
      let step = await updates.next();
      for (; !step.done; step = await updates.next()) {
        if (stale()) return;
        if (this.cache.revision === revision || this.host.now() - last < minIntervalMs) continue;
        revision = this.cache.revision;
        shown = await this.decodeHeld(source, codestream, decoding, before);
        last = this.host.now();
        if (stale()) return;
        yield { ...shown, final: false };
      }
      if (stale()) return;
      // all that arrived may have been shown already
      if (shown === undefined || this.cache.revision !== revision) {
        shown = await this.decodeHeld(new FetchingSource(source, this.client, own), codestream, decoding, before);
      }
      if (!stale()) yield { ...shown, final: true };
    } finally {
      await updates.return(false);
      this.cache.leave(work);
    }
  }

  /**
   * What a window needs, precinct by precinct, and how much of each is held; nothing is decoded or asked for.
   *
   * @example
   * ```ts
   * for (const { region, bytes } of image.held({ reduce: 3 })) outline(region, bytes > 0 ? 'green' : 'grey');
   * ```
   */
  held(window: ViewWindow = {}): HeldPrecinct[] {
    const source = this.client.source(window.codestreams?.[0] ?? this.codestream);
    const plan = checkPlan(planOf(source, needOf(source.main, window)), this.limits.windowBins);
    return heldPrecincts(source, this.cache, plan);
  }

  /** What is held of a codestream, as a codestream of its own; packets that are missing are empty. */
  async toCodestream(options: { readonly codestream?: number } = {}): Promise<Uint8Array> {
    const source = this.client.source(options.codestream ?? this.codestream);
    const work = this.cache.enter();
    try {
      return await codestreamOf(source, this.limits, this.host.codec.executor);
    } finally {
      this.cache.leave(work);
    }
  }

  /** Asks for a session now. Gives the id of its channel, or nothing where the server grants none. */
  createSession(options: { signal?: AbortSignalLike } = {}): Promise<string | undefined> {
    return this.client.openChannel(options.signal);
  }

  /** The whole picture: another name for {@link decode}. */
  requestImage(options: JpipDecodeOptions = {}): Promise<RasterImage> {
    return this.decode(options);
  }

  /** One region: {@link decode} with `region`. */
  requestRegion(region: Rect, options: Omit<JpipDecodeOptions, 'region'> = {}): Promise<RasterImage> {
    return this.decode({ ...options, region });
  }

  /** The picture at one resolution level, 0 being the lowest. */
  requestResolutionLevel(level: number, options: Omit<JpipDecodeOptions, 'reduce'> = {}): Promise<RasterImage> {
    return this.decode({ ...options, reduce: this.info.levels - level });
  }

  /** Some components only. */
  requestComponents(
    components: readonly number[],
    options: Omit<JpipDecodeOptions, 'components'> = {},
  ): Promise<RasterImage> {
    return this.decode({ ...options, components });
  }

  /**
   * A window in one more quality layer at a time.
   *
   * @example
   * ```ts
   * for await (const { layers, ...picture } of image.requestProgressiveQuality()) show(picture, `${layers} layers`);
   * ```
   */
  async *requestProgressiveQuality(
    options: Omit<JpipDecodeOptions, 'layers'> = {},
  ): AsyncGenerator<JpipViewImage & { readonly layers: number }> {
    const most = this.client.source(options.codestream ?? this.codestream).main.cod.numLayers;
    for (let layers = 1; layers <= most; layers++) {
      yield { ...(await this.decode({ ...options, layers })), layers, final: layers === most };
    }
  }

  /**
   * Asks for metadata, by default all; {@link info} then tells of them.
   *
   * @example
   * ```ts
   * const { xml } = await image.requestMetadata('[xml_]');
   * ```
   */
  async requestMetadata(
    metareq = ALL_BOXES,
    options: { signal?: AbortSignalLike } = {},
  ): Promise<ImageInfo['metadata']> {
    const given = await this.client.fetchMetadata(metareq, options.signal);
    if (!given && metareq === ALL_BOXES) {
      // a server that does not know how to send all may know how to send some
      for (const type of SINGLE_BOXES) await this.client.fetchMetadata(`[${type}]`, options.signal);
    }
    this.refresh();
    return this.info.metadata;
  }

  /** Closes the session. What is held stays in the store. */
  async close(): Promise<void> {
    this.newestView++;
    await this.client.close();
  }

  /** Reads the headers again, after more of them has come. @internal */
  refresh(): void {
    const { file, info } = this.readFile();
    this.file = file;
    this.described = info;
  }

  /** True when there is something of a window to be shown at once, and something to wait for. */
  private isHeldInPart(window: ViewWindow): boolean {
    const held = this.held(window);
    return held.some(({ bytes }) => bytes > 0) && held.some(({ bytes }) => bytes === 0);
  }

  private onOwnCodestream(window: ViewWindow): ViewWindow {
    return { ...window, codestreams: window.codestreams ?? [this.codestream] };
  }

  /** What has come over the network so far, and when it is. */
  private received(): Received {
    const { bytes, requests } = this.client.session;
    return { bytes, requests, ms: this.host.codec.executor.now() };
  }

  /** Decoded code-blocks of the codestream that was decoded last: what has not grown since is not decoded again. */
  private blocksOf(codestream: number): BlockCache {
    if (this.blocks?.codestream !== codestream) {
      this.blocks = { codestream, cache: new BlockCache(DECODED_BYTES) };
    }
    return this.blocks.cache;
  }

  private async decodeHeld(
    source: PrecinctSource,
    codestream: number,
    options: JpipDecodeOptions,
    before: Received,
  ): Promise<RasterImage> {
    const { codec } = this.host;
    const limits = { ...this.limits, ...options.limits };
    const log = new DecodeLog(options.strict, options.onWarning && ((diagnostic) => options.onWarning!(diagnostic)));
    for (const { code, message, ...place } of this.info.warnings) log.add(code, message, place);
    const cache = this.blocksOf(codestream);
    const work = decodePicture({ source, file: this.file, cache }, options, codec, limits, log);
    const decoded: Decoded = await runFrom(work, source, codec.executor, limits, options.signal);
    const after = this.received();
    return {
      ...decoded.image,
      warnings: log.list,
      stats: {
        bytesRead: after.bytes - before.bytes,
        requests: after.requests - before.requests,
        codeBlocks: decoded.codeBlocks,
        resolutions: decoded.resolutions,
        layers: decoded.layers,
        ms: after.ms - before.ms,
        stages: decoded.stages,
      },
    };
  }

  /** Reads what is held of the file around the codestream. It is read as far as it makes sense: the picture needs none of it. */
  private readJoined({ file, codestreams }: JoinedFile, log: DiagnosticLog): Jp2File {
    if (file.length > 0) {
      // there are servers that say nothing of where the codestream stood
      const bytes = codestreams.length > 0 ? file : joinBytes([file, EMPTY_CODESTREAM]);
      try {
        return readNow(readJp2File(log, this.limits, bytes.length), bytes);
      } catch (error) {
        if (!(error instanceof Jpeg2000Error) || error.kind !== 'malformed') throw error;
        log.add(error.code, error.reason, placeOf(error));
      }
    }
    return readNow(readJp2File(log, this.limits), NO_FILE);
  }

  private readFile(): { file: Jp2File; info: ImageInfo } {
    const log = new DiagnosticLog();
    const { cache } = this.client;
    const joined = joinMetadata((id) => {
      const bin = cache.get({ codestream: 0, classId: BIN_CLASS.metadata, id });
      return bin && { bytes: bin.prefix(), complete: bin.complete };
    });
    const file = this.readJoined(joined, log);
    const { main } = this.client.source(this.codestream);
    const { siz } = main;
    const size = { width: siz.xsiz - siz.xosiz, height: siz.ysiz - siz.yosiz, components: siz.components };
    checkAgainstCodestream(file, size, log);
    const numComponents = siz.components.length;
    const channels = Array.from({ length: numComponents }, (_, k) => ({ kind: 'colour' as const, association: k + 1 }));
    const plain = { space: 'unknown' as const, channels, palette: false };
    const colour = this.host.codec.channels?.describe(file, numComponents) ?? plain;
    return { file, info: describeHeaders(file, main, colour, [...log.list]) };
  }
}

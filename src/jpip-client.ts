/**
 * The JPIP client (`jp2kit/jpip/client`): pictures on a server, as if they were here.
 *
 * @module jpip/client
 */
import { SpansOfPool } from './codec/decoder/pooled-spans.ts';
import { channelStage } from './codec/decoder/channel-stage.ts';
import type { Codec } from './codec/opened-picture.ts';
import { classic } from './codec/tier1/classic.ts';
import { ht } from './codec/tier1/ht.ts';
import type { JpipImage } from './jpip/image.ts';
import type { JpipClientOptions } from './jpip/image-options.ts';
import { openRemotePicture } from './jpip/open-image.ts';
import { hostFetch, hostSignal, hostTimer } from './platform/client-host.ts';
import { hostExecutor } from './platform/host-executor.ts';

/**
 * Opens a picture on a JPIP server. Its headers are fetched; everything else when a window needs it.
 *
 * The path of the address names the picture, or its `target` field does. Where the server keeps sessions one is opened.
 *
 * @throws {JpipError} `refused` when there is no server or no such picture, `malformed` when what it sends makes no sense.
 * @example
 * ```ts
 * const image = await openJpip('https://example.org/jpip/map.jp2');
 * const { width, height } = image.info;
 * const overview = await image.decode({ maxSize: { width: 512, height: 512 } });
 * await image.close();
 * ```
 */
export function openJpip(url: string | { toString(): string }, options: JpipClientOptions = {}): Promise<JpipImage> {
  const pooling: Codec['pooling'] = (pool, signal, samples) => new SpansOfPool(pool, signal, samples);
  const codec: Codec = { coders: [classic, ht], channels: channelStage, executor: hostExecutor, pooling };
  const { now, pause } = hostExecutor;
  return openRemotePicture(String(url), options, {
    codec,
    fetch: hostFetch,
    timer: hostTimer,
    ownSignal: hostSignal,
    now,
    pause,
  });
}

export type { BinKey } from './jpip/bins/bin-id.ts';
export {
  type BinCache,
  type BinShelf,
  type CachedBin,
  DataBinStore,
  memoryStore,
  type ShelvedBin,
  type StoredBin,
  type StoreOptions,
} from './jpip/bins/bin-store.ts';
export type { JpipUpdate } from './jpip/client/fetch-window.ts';
export type { HeldPrecinct } from './jpip/client/held-precincts.ts';
export type { ViewWindow } from './jpip/client/need.ts';
export { type JpipDiagnostic, JpipError, type JpipErrorCode, type JpipErrorKind } from './jpip/errors.ts';
export { JpipImage } from './jpip/image.ts';
export type {
  JpipClientEvent,
  JpipClientOptions,
  JpipDecodeOptions,
  JpipViewImage,
  JpipViewOptions,
} from './jpip/image-options.ts';
export type { JpipClientLimits } from './jpip/limits.ts';
export type { JpipResponseHeaders } from './jpip/request/response-headers.ts';
export type { FetchInit, FetchLike, FetchResponseLike } from './jpip/transport/client-http.ts';
export { loopback, type LoopbackEngine, type LoopbackOptions } from './jpip/transport/loopback.ts';

/**
 * The JPIP server engine (`jp2kit/jpip/server`): requests in, data-bins out, without sockets.
 *
 * @module jpip/server
 */
import { channelStage } from './codec/decoder/channel-stage.ts';
import { encodeFrom } from './codec/encode-picture.ts';
import { packetIndexing } from './codec/packet-index.ts';
import { DEFAULT_LIMITS, type Limits } from './codec/limits.ts';
import type { Codec } from './codec/picture.ts';
import type { EncodingCodec } from './codec/encode-picture.ts';
import { classic } from './codec/tier1/classic.ts';
import { classicEncoder } from './codec/tier1/classic-encoder.ts';
import { createRenderer } from './jpip/picture-renderer.ts';
import { JpipEngine, type JpipEngineOptions } from './jpip/server/engine.ts';
import type { EngineHost, Renderer } from './jpip/server/host.ts';
import { deflate } from './platform/deflate.ts';
import { delay, randomId } from './platform/engine-host.ts';
import { hostExecutor } from './platform/host-executor.ts';

/** Clock, identifiers and waiting, for who wants others than the platform's. */
export type JpipHostOptions = Partial<Pick<EngineHost, 'now' | 'delay' | 'randomId'>>;

/**
 * Makes a server engine. Adapters as `nodeHandler` and `fetchHandler` put it behind a web server.
 *
 * @example
 * ```ts
 * const engine = createJpipEngine({
 *   resolve: async (target) => (target === 'map.jp2' ? { source: await fileSource('maps/map.jp2') } : null),
 * });
 * createServer(nodeHandler(engine)).listen(8080);
 * ```
 */
export function createJpipEngine(options: JpipEngineOptions, host: JpipHostOptions = {}): JpipEngine {
  const limits = { ...DEFAULT_LIMITS, ...options.codecLimits };
  return new JpipEngine(options, {
    ...hostExecutor,
    delay,
    randomId,
    ...host,
    attachIndex: (source, index, { boxes, offset }) =>
      packetIndexing.attach(
        source,
        index,
        limits,
        { executor: hostExecutor },
        { boxes, codestream: { offset } as never },
      ),
    makeIndex: (source) => packetIndexing.make(source, {}, hostExecutor),
  });
}

/**
 * Makes whole pictures of view-windows, PNG and JP2, for the engine's option `renderer`: then `type=image/png` in a URL is a picture for
 * any `<img>`.
 *
 * @example
 * ```ts
 * const engine = createJpipEngine({ resolve, renderer: pictureRenderer() });
 * // <img src="/map.jp2?fsiz=1024,1024&roff=256,256&rsiz=512,512&type=image/png">
 * ```
 */
export function pictureRenderer(options: { readonly limits?: Partial<Limits> } = {}): Renderer {
  const codec: Codec = { coders: [classic], channels: channelStage, executor: hostExecutor };
  const encoding: EncodingCodec = {
    coders: [classic],
    encoders: [classicEncoder],
    channels: channelStage,
    executor: hostExecutor,
  };
  return createRenderer({
    codec,
    deflate,
    encode: async (image) => (await encodeFrom(encoding, image, { container: 'jp2', rate: { lossless: true } })).data,
    ...options,
  });
}

export { JpipError } from './jpip/errors.ts';
export type { JpipDiagnostic, JpipErrorCode, JpipErrorKind } from './jpip/errors.ts';
export type { JpipHttpRequest, JpipHttpResponse } from './jpip/http-message.ts';
export { DEFAULT_JPIP_LIMITS, type JpipLimits } from './jpip/limits.ts';
export type { JpipRequest } from './jpip/request/fields.ts';
export type { Compatibility } from './jpip/server/compatibility.ts';
export { JpipEngine, type JpipEngineOptions, type JpipEvent, type JpipMetrics } from './jpip/server/engine.ts';
export type { SessionOptions } from './jpip/server/session.ts';
export type { IndexStore, JpipTarget } from './jpip/server/target.ts';
export type { Renderer, RenderRequest } from './jpip/server/host.ts';
export { type AccessLogEntry, formatAccessLog } from './jpip/transport/access-log.ts';
export type { CorsOptions } from './jpip/transport/cors.ts';
export {
  type FastifyLike,
  type FastifyPluginLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  fastifyJpip,
} from './jpip/transport/fastify.ts';
export type { FetchBodyLike, FetchHandler, FetchRequestLike } from './jpip/transport/fetch-handler.ts';
export type { StreamingPolicy } from './jpip/transport/framing.ts';
export {
  type IncomingMessageLike,
  type NodeHandler,
  nodeHandler,
  type ServerResponseLike,
} from './jpip/transport/node-handler.ts';
export type { EngineLike, HandlerOptions } from './jpip/transport/service.ts';
export { fetchHandler, type HostResponse } from './platform/fetch-handler.ts';

/**
 * The JPIP server engine (`jp2kit/jpip/server`): requests in, data-bins out, without sockets.
 *
 * @module jpip/server
 */
import { packetIndexing } from './codec/packet-index.ts';
import { DEFAULT_LIMITS } from './codec/limits.ts';
import { JpipEngine, type JpipEngineOptions } from './jpip/server/engine.ts';
import type { EngineHost } from './jpip/server/host.ts';
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

export { JpipError } from './jpip/errors.ts';
export type { JpipDiagnostic, JpipErrorCode, JpipErrorKind } from './jpip/errors.ts';
export type { JpipHttpRequest, JpipHttpResponse } from './jpip/http-message.ts';
export { DEFAULT_JPIP_LIMITS, type JpipLimits } from './jpip/limits.ts';
export type { JpipRequest } from './jpip/request/fields.ts';
export type { Compatibility } from './jpip/server/compatibility.ts';
export { JpipEngine, type JpipEngineOptions, type JpipEvent, type JpipMetrics } from './jpip/server/engine.ts';
export type { SessionOptions } from './jpip/server/session.ts';
export type { IndexStore, JpipTarget } from './jpip/server/target.ts';

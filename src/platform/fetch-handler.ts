/**
 * `fetchHandler` with the responses and streams of the platform. This is the only place that names them; they are looked up when a request
 * comes, so that importing has no effect anywhere.
 */
import { type FetchHandler, type FetchHost, fetchHandlerWith } from '../jpip/transport/fetch-handler.ts';
import type { EngineLike, HandlerOptions } from '../jpip/transport/service.ts';

/** `Response` where the platform's types have it. */
export type HostResponse = typeof globalThis extends { Response: new (...values: never[]) => infer R } ? R : unknown;

const HOST: FetchHost<HostResponse> = {
  respond: (body, init) => new Response(body as ConstructorParameters<typeof Response>[0], init) as HostResponse,
  stream: (body) =>
    new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const step = await body.next();
          if (step.done) controller.close();
          else controller.enqueue(step.value);
        },
        cancel: () => body.return().then(() => undefined),
      },
      { highWaterMark: 0 },
    ),
};

/**
 * Makes a function from `Request` to `Response` of an engine, for Deno, Bun, Workers, Hono and everything else that speaks the Fetch standard.
 *
 * @example
 * ```ts
 * export default { fetch: fetchHandler(engine, { basePath: '/jpip', cors: true }) };
 * ```
 */
export function fetchHandler(engine: EngineLike, options: HandlerOptions = {}): FetchHandler<HostResponse> {
  return fetchHandlerWith(HOST, engine, options);
}

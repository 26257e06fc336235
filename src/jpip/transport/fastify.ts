/**
 * The engine as a Fastify plugin. It answers on Node's own request and response, so that bodies stream as elsewhere and Fastify's parsers and
 * serializers stay out of the way; hooks that run before handlers (authentication, for instance) still do.
 */
import { type IncomingMessageLike, nodeHandler, type ServerResponseLike } from './node-handler.ts';
import type { EngineLike, HandlerOptions } from './service.ts';

/** The part of a Fastify instance that is used. */
export interface FastifyLike {
  readonly prefix?: string;
  removeAllContentTypeParsers?(): unknown;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: Error | null, body?: unknown) => void) => void,
  ): unknown;
  route(route: {
    method: string[];
    url: string;
    exposeHeadRoute?: boolean;
    handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => void;
  }): unknown;
  addHook(name: 'onClose', hook: () => Promise<void>): unknown;
}

/** The part of a Fastify request that is used. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessageLike;
}

/** The part of a Fastify reply that is used. */
export interface FastifyReplyLike {
  readonly raw: ServerResponseLike;
  hijack(): unknown;
}

/** What `fastify.register` takes. */
export type FastifyPluginLike = (instance: FastifyLike, options: unknown) => Promise<void>;

/**
 * Makes a Fastify plugin of an engine.
 *
 * @example
 * ```ts
 * fastify.register(fastifyJpip(engine), { prefix: '/jpip' });
 * ```
 */
export function fastifyJpip(engine: EngineLike, options: HandlerOptions = {}): FastifyPluginLike {
  return async (instance) => {
    const base = `${instance.prefix ?? ''}/${options.basePath ?? ''}`;
    const handler = nodeHandler(engine, { ...options, basePath: base });
    // bodies are read by the handler, whatever type they say they have
    instance.removeAllContentTypeParsers?.();
    instance.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const path = (options.basePath ?? '').split('/').filter((segment) => segment !== '');
    // the base path itself, where requests name their target in a field, and what lies below
    for (const url of [`/${path.join('/')}`, ['', ...path, '*'].join('/')]) {
      instance.route({
        method: ['GET', 'HEAD', 'POST', 'OPTIONS'],
        url,
        exposeHeadRoute: false,
        handler: (request, reply) => {
          reply.hijack();
          handler(request.raw, reply.raw);
        },
      });
    }
    instance.addHook('onClose', () => handler.close());
  };
}

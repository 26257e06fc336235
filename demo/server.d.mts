import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Serves a folder on this machine only; `port` 0 takes any free one. A middleware is asked first. Resolves to the address and a way to
 * stop.
 */
export function serve(
  folder: string,
  port?: number,
  middleware?: (request: IncomingMessage, response: ServerResponse, next: () => void) => void,
): Promise<{ url: string; close(): void }>;

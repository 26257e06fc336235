import type { IncomingMessage, ServerResponse } from 'node:http';

/** A middleware that answers requests below `/jpip`, and `/viewer.json`; everything else goes on. */
export function jpipService(places: readonly string[]): Promise<{
  handler(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  close(): Promise<void>;
}>;

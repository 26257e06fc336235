/** An engine for tests of what stands around it: answers as they are told, and remembers what it was asked. */
import type { JpipHttpRequest, JpipHttpResponse } from '../../src/jpip/http-message.ts';
import type { AbortSignalLike } from '../../src/codec/source.ts';
import type { EngineLike } from '../../src/jpip/transport/service.ts';

/** Text as bytes. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An engine, and what it has seen. */
export class FakeEngine implements EngineLike {
  readonly requests: JpipHttpRequest[] = [];
  signal: AbortSignalLike | undefined;
  /** Pieces of bodies that were taken. */
  taken = 0;
  /** Bodies that were taken to their end, or ended early. */
  ended = 0;
  headers: Record<string, string> = { 'Content-Type': 'image/jpp-stream', 'JPIP-tid': 'x1' };
  length: number | undefined;
  /** The pieces of the next body; made while they are taken. */
  pieces: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array> = () => [bytesOf('first '), bytesOf('second')];

  async handle(http: JpipHttpRequest, options?: { signal?: AbortSignalLike }): Promise<JpipHttpResponse> {
    this.requests.push(http);
    this.signal = options?.signal;
    if (http.query === 'fail') throw new Error('secret of the engine');
    return {
      status: 200,
      reason: 'OK',
      headers: this.headers,
      body: this.body(),
      ...(this.length === undefined ? {} : { length: this.length }),
    };
  }

  metrics(): object {
    return { sessionsOpen: 3, note: 'not a number' };
  }

  private async *body(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.pieces()) {
        this.taken++;
        yield piece;
      }
    } finally {
      this.ended++;
    }
  }
}

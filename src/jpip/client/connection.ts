/**
 * The road to a server as the client engine sees it: requests as text, responses as bytes that arrive in pieces. Transports turn HTTP, or
 * an engine in the same program, into this.
 */
import type { AbortSignalLike } from '../../codec/source.ts';

/** A request as it goes out. */
export interface OutgoingRequest {
  /** Scheme, host and path of the URL, as `https://example.org/jpip`. */
  readonly address: string;
  /** The fields, percent-encoded. */
  readonly query: string;
  /** The fields go into the body of a POST instead of the URL. */
  readonly post: boolean;
  readonly signal?: AbortSignalLike;
}

/** A response as it comes in. */
export interface JpipReply {
  readonly status: number;
  /** The reason phrase, where there is one. */
  readonly reason: string;
  /** A header by its name in any case. */
  header(name: string): string | null | undefined;
  /** The body in pieces. It fails when the connection does; `return()` gives up the rest. */
  readonly body: AsyncIterator<Uint8Array>;
}

/** What carries requests. Rejects when no response comes. */
export interface JpipConnection {
  send(request: OutgoingRequest): Promise<JpipReply>;
}

/** What the platform lends to a client. */
export interface ClientHost {
  /** Milliseconds from any fixed origin. */
  now(): number;
  /** Gives the event loop a turn. */
  pause?(): Promise<void>;
  /** Calls back after so many milliseconds, unless what it gives is called before. */
  timer(ms: number, callback: () => void): () => void;
  /** A signal for one request. Without it, a request of which not even the head comes cannot be ended. */
  ownSignal?(signal: AbortSignalLike | undefined): OwnSignal;
}

/** A signal that can be given from here too. */
export interface OwnSignal {
  readonly signal: AbortSignalLike;
  abort(reason: unknown): void;
  /** The signal that it follows is not listened to any more. */
  release(): void;
}

/** Waits. */
export function delay(host: ClientHost, ms: number): Promise<void> {
  return new Promise((resolve) => void host.timer(ms, resolve));
}

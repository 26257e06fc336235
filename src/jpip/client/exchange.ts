/** One request and its response, as the client engine speaks of them. */
import type { Limits } from '../../codec/limits.ts';
import type { AbortSignalLike } from '../../codec/source.ts';
import type { BinKey } from '../bins/bin-id.ts';
import type { JpipDiagnostic } from '../errors.ts';
import type { JpipClientLimits } from '../limits.ts';
import type { JpipRequest } from '../request/fields.ts';
import type { JpipResponseHeaders } from '../request/response-headers.ts';
import type { Allowance, StandingOf } from './asked.ts';

/** How a session behaves. */
export interface SessionSettings {
  /** `auto` takes a channel where one is granted, and does without elsewhere. */
  readonly mode: 'auto' | 'stateless' | 'session';
  readonly type: 'jpp' | 'jpt';
  /** When the fields of a request go into the body of a POST; `auto`: when they are too long for a URL. */
  readonly post: 'auto' | 'never' | 'always';
  readonly maxLatencyMs: number;
  readonly maxResponseBytes: number;
  /** Milliseconds without a byte after which a response is given up. */
  readonly timeoutMs: number;
  /** Whether a channel may be on another host; where requests carry secrets it may not. */
  readonly leavesHost: boolean;
  readonly limits: Limits & JpipClientLimits;
  readonly onDiagnostic: (diagnostic: JpipDiagnostic) => void;
  /** Told when a response has ended. */
  readonly onResponse: (bytes: number, ms: number) => void;
}

/** What came in with one piece of a response. */
export interface Received {
  /** Bytes of the response. */
  readonly bytes: number;
  /** Bytes of data-bins that were not held before. */
  readonly fresh: number;
  /** Data-bins that they belong to. */
  readonly bins: number;
}

/** How a response ended. */
export interface Outcome {
  /**
   * `eor`: with an end-of-response message; `body`: with the end of the body, as some servers do; `cut`: in the middle, or it did not come at
   * all; `channel-lost`: the server does not know the channel any more.
   */
  readonly end: 'eor' | 'body' | 'cut' | 'channel-lost';
  /** Of an end-of-response message. */
  readonly reason?: number;
  readonly headers: JpipResponseHeaders;
  /** Bytes of data-bins that were not held before. */
  readonly fresh: number;
  /** Why it was cut. */
  readonly error?: unknown;
}

/** One request for {@link JpipSession.exchange}. */
export interface Exchange {
  readonly fields: Partial<JpipRequest>;
  /** The codestream that it is about. */
  readonly codestream: number;
  /** Data-bins that the response may hold, for telling the server what is held of them. */
  readonly keys: () => Iterable<BinKey>;
  /** How data-bins that come stand to what is asked for. */
  readonly standingOf: StandingOf;
  /** What may still come. */
  readonly allowance: Allowance;
  readonly signal?: AbortSignalLike;
  /** Set to give up the response. */
  readonly stop?: () => boolean;
}

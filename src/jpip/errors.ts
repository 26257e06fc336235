/**
 * The error class of the JPIP engines. It has the shape of the codec's, and the HTTP status that belongs to it.
 *
 * Every code is listed here and explained in `docs/errors.md`; a test keeps the two lists equal.
 */

/**
 * Who has to act: the request or the response is wrong (`malformed`), it is legal but beyond this library (`unsupported`), it asks
 * for more than is allowed (`limit`), the call itself is wrong (`usage`), or the other side said no or went away (`refused`).
 */
export type JpipErrorKind = 'malformed' | 'unsupported' | 'limit' | 'usage' | 'refused';

/** Stable names of everything that can be wrong. The text of a message may change, a code does not. */
export type JpipErrorCode =
  // requests (Annex C)
  | 'request-field'
  | 'request-syntax'
  | 'request-method'
  | 'request-target'
  | 'request-channel'
  | 'request-window'
  | 'request-type'
  | 'request-feature'
  | 'request-denied'
  | 'request-too-large'
  // what a server has to serve
  | 'target-format'
  | 'target-changed'
  | 'server-busy'
  | 'server-closed'
  // response headers (Annex D) and messages (Annex A)
  | 'response-status'
  | 'response-header'
  | 'response-type'
  | 'message-header'
  | 'message-length'
  | 'response-cut'
  | 'response-end'
  // data-bins
  | 'bin-conflict'
  | 'bin-damaged'
  | 'metadata-bin'
  // the road between the two sides
  | 'connection'
  | 'timeout'
  // limits
  | 'limit-message'
  | 'limit-response'
  | 'limit-window'
  | 'limit-cache'
  | 'limit-request'
  // calls
  | 'option-value'
  | 'closed';

/** Where a problem lies. */
export interface JpipErrorPlace {
  /** Byte offset in the response or position in the request, where known. */
  readonly offset?: number;
  /** The clause that says how it should be, as in `15444-9 C.4.2`. */
  readonly clause?: string;
  /** The HTTP status that was received, or that a server answers with. */
  readonly status?: number;
}

/** The status that a server answers with where a place does not say another. */
const STATUS: Readonly<Record<JpipErrorKind, number>> = {
  malformed: 400,
  unsupported: 501,
  limit: 413,
  usage: 500,
  refused: 503,
};

/**
 * Every failure of a JPIP exchange that can be foreseen.
 *
 * @example
 * ```ts
 * try {
 *   const image = await openJpip(url);
 * } catch (error) {
 *   if (error instanceof JpipError && error.status === 404) say('no such picture');
 *   else throw error;
 * }
 * ```
 */
export class JpipError extends Error {
  /** Who has to act. */
  readonly kind: JpipErrorKind;
  /** What is wrong, as a stable name. */
  readonly code: JpipErrorCode;
  /** The HTTP status that goes with it. */
  readonly status: number;
  /** Byte offset in the response or position in the request, where known. */
  readonly offset: number | undefined;
  /** The clause of the standard that was violated. */
  readonly clause: string | undefined;
  /** The message without the place that is appended to it. */
  readonly reason: string;

  constructor(kind: JpipErrorKind, code: JpipErrorCode, message: string, place: JpipErrorPlace = {}) {
    const at = place.offset === undefined ? '' : ` at byte ${place.offset}`;
    const by = place.clause === undefined ? '' : ` (${place.clause})`;
    super(`${message}${at}${by}`);
    this.name = 'JpipError';
    this.kind = kind;
    this.code = code;
    this.status = place.status ?? STATUS[kind];
    this.offset = place.offset;
    this.clause = place.clause;
    this.reason = message;
  }
}

/** A tolerated violation by the other side; it comes back with the result. */
export interface JpipDiagnostic extends JpipErrorPlace {
  readonly code: JpipErrorCode;
  readonly message: string;
}

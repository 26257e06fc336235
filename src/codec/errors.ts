/**
 * The one error class of the codec, and the diagnostics that travel with a result.
 *
 * An error ends the operation; a {@link Diagnostic} describes a violation that the decoder could live with. Every code is
 * listed here and explained in `docs/errors.md`; a test keeps the two lists equal.
 */

/**
 * Who has to act: the input is wrong (`malformed`), the input is legal but beyond this library (`unsupported`), the input is
 * larger than the caller allowed (`limit`), or the call itself is wrong (`usage`).
 */
export type ErrorKind = 'malformed' | 'unsupported' | 'limit' | 'usage';

/** Stable names of everything that can be wrong. The text of a message may change, a code does not. */
export type ErrorCode =
  // reading bytes
  | 'out-of-bytes'
  | 'source-read'
  | 'source-changed'
  // codestream syntax (Annex A)
  | 'not-jpeg2000'
  | 'marker-missing'
  | 'marker-order'
  | 'marker-duplicate'
  | 'marker-unknown'
  | 'marker-length'
  | 'siz-length'
  | 'siz-value'
  | 'cap-value'
  | 'cod-length'
  | 'cod-value'
  | 'qcd-length'
  | 'qcd-value'
  | 'component-index'
  | 'rgn-value'
  | 'poc-value'
  | 'tlm-value'
  | 'com-value'
  | 'plt-value'
  | 'ppm-value'
  | 'sot-value'
  | 'tile-part-order'
  | 'tile-part-length'
  | 'tile-missing'
  | 'eoc-missing'
  | 'capability'
  // packets (Annex B)
  | 'packet-header'
  | 'packet-length'
  | 'packet-truncated'
  | 'packet-marker'
  | 'progression'
  // code-blocks (Annexes C and D)
  | 'code-block-passes'
  | 'code-block-depth'
  | 'code-block-check'
  | 'code-block-length'
  // samples
  | 'sample-depth'
  // file format (Annex I)
  | 'box-length'
  | 'box-missing'
  | 'box-order'
  | 'box-value'
  | 'box-duplicate'
  | 'box-reference'
  | 'fragment'
  | 'jpx-layer'
  | 'jp2-mismatch'
  | 'colour-space'
  | 'icc-profile'
  | 'palette'
  | 'channel-definition'
  // movies (15444-3)
  | 'sample-table'
  // places on the ground (jp2kit/geo)
  | 'geo-metadata'
  // encapsulated pixel data (jp2kit/dicom)
  | 'dicom-fragments'
  | 'dicom-mismatch'
  | 'transfer-syntax'
  // packet indexes (docs/index-format.md)
  | 'index-damaged'
  | 'index-mismatch'
  | 'index-version'
  // limits
  | 'limit-pixels'
  | 'limit-bytes'
  | 'limit-tiles'
  | 'limit-components'
  | 'limit-code-blocks'
  | 'limit-boxes'
  | 'limit-time'
  // calls
  | 'option-value'
  | 'region-empty'
  | 'component-missing'
  | 'layout-mismatch'
  | 'buffer-size'
  | 'input-type'
  | 'closed'
  | 'sync-source'
  // calls of the encoder
  | 'sample-value'
  | 'rate-value'
  | 'profile'
  | 'movie-frame'
  | 'sink'
  // calls of the transcoder
  | 'sample-distance'
  | 'component-transform'
  | 'precinct-partition'
  | 'layers-estimated'
  | 'metadata-stale';

/** Where in the input and in the standard a problem lies. */
export interface ErrorPlace {
  /** Byte offset from the start of the input, where known. */
  readonly offset?: number;
  /** The clause that says how it should be, as in `15444-1 A.5.1`. */
  readonly clause?: string;
}

/**
 * Every failure that this library can foresee.
 *
 * @example
 * ```ts
 * try {
 *   await decode(bytes);
 * } catch (error) {
 *   if (error instanceof Jpeg2000Error && error.kind === 'malformed') report(error.code, error.offset);
 *   else throw error;
 * }
 * ```
 */
export class Jpeg2000Error extends Error {
  /** Who has to act. */
  readonly kind: ErrorKind;
  /** What is wrong, as a stable name. */
  readonly code: ErrorCode;
  /** Byte offset from the start of the input, where known. */
  readonly offset: number | undefined;
  /** The clause of the standard that was violated. */
  readonly clause: string | undefined;
  /** The message without the place that is appended to it. */
  readonly reason: string;

  constructor(kind: ErrorKind, code: ErrorCode, message: string, place: ErrorPlace = {}) {
    const at = place.offset === undefined ? '' : ` at byte ${place.offset}`;
    const by = place.clause === undefined ? '' : ` (${place.clause})`;
    super(`${message}${at}${by}`);
    this.name = 'Jpeg2000Error';
    this.kind = kind;
    this.code = code;
    this.offset = place.offset;
    this.clause = place.clause;
    this.reason = message;
  }
}

/** A violation that did not stop the work; it comes back with the result, and `strict: true` makes it an error. */
export interface Diagnostic {
  /** What is wrong, as a stable name. */
  readonly code: ErrorCode;
  /** What was expected, what was found, and what was done about it. */
  readonly message: string;
  /** Byte offset from the start of the input, where known. */
  readonly offset?: number;
  /** The clause of the standard that was violated. */
  readonly clause?: string;
  /** How often the same finding came up again; only the first is kept in full. */
  readonly count?: number;
}

/** Where tolerated violations go. With `strict` the first one is thrown. */
export class DiagnosticLog {
  readonly list: Diagnostic[] = [];
  private readonly strict: boolean;
  private readonly onWarning: ((diagnostic: Diagnostic) => void) | undefined;
  private readonly counts = new Map<ErrorCode, number>();

  constructor(strict = false, onWarning?: (diagnostic: Diagnostic) => void) {
    this.strict = strict;
    this.onWarning = onWarning;
  }

  /** Keeps a finding, at most `MAX_PER_CODE` of one code; the last one kept then counts the rest. */
  add(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    if (this.strict) throw new Jpeg2000Error('malformed', code, message, place);
    this.note(code, message, place);
  }

  /** Keeps a finding that breaks no rule of the standard, as that a colour profile was not applied; never an error. */
  note(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    const seen = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, seen);
    if (seen > MAX_PER_CODE) {
      const last = this.list.map((d) => d.code).lastIndexOf(code);
      this.list[last] = { ...this.list[last], count: seen - MAX_PER_CODE + 1 };
      return;
    }
    const { offset, clause } = place;
    const diagnostic: Diagnostic = {
      code,
      message,
      ...(offset === undefined ? {} : { offset }),
      ...(clause === undefined ? {} : { clause }),
    };
    this.list.push(diagnostic);
    this.onWarning?.(diagnostic);
  }
}

/** A hostile file can violate the same rule in a million packets; nobody reads more than the first few. */
const MAX_PER_CODE = 16;

/** Where an error says that the problem lies, for a diagnostic in its stead. */
export function placeOf({ offset, clause }: Jpeg2000Error): ErrorPlace {
  return { ...(offset === undefined ? {} : { offset }), ...(clause === undefined ? {} : { clause }) };
}

/** Shorthand for the commonest failure: the input breaks a rule. */
export function malformed(code: ErrorCode, message: string, place?: ErrorPlace): Jpeg2000Error {
  return new Jpeg2000Error('malformed', code, message, place);
}

/** The input is legal, but this library does not carry it. */
export function unsupported(code: ErrorCode, message: string, place?: ErrorPlace): Jpeg2000Error {
  return new Jpeg2000Error('unsupported', code, message, place);
}

/** The input asks for more than the caller's limits allow. */
export function overLimit(code: ErrorCode, message: string, place?: ErrorPlace): Jpeg2000Error {
  return new Jpeg2000Error('limit', code, message, place);
}

/** The call is wrong, whatever the input. */
export function usage(code: ErrorCode, message: string, place?: ErrorPlace): Jpeg2000Error {
  return new Jpeg2000Error('usage', code, message, place);
}

/** Why something outside failed, in words. Node's `fetch` says no more than "fetch failed", and keeps what happened as the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // the cause may be several failures together, which have no message but a code
  const behind = cause.message || ('code' in cause ? String(cause.code) : '');
  return behind === '' ? error.message : `${error.message}: ${behind}`;
}

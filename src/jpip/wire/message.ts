/**
 * Messages of JPP- and JPT-streams as values (15444-9 A.2), and how responses end (D.3).
 */

/** Data-bin classes by name (Table A.2). Odd numbers are extended forms: the same bin as the even number below, with Aux. */
export const BIN_CLASS = {
  precinct: 0,
  extendedPrecinct: 1,
  tileHeader: 2,
  tile: 4,
  extendedTile: 5,
  mainHeader: 6,
  metadata: 8,
} as const;

/** The header of a message: which bytes of which data-bin follow. */
export interface MessageHeader {
  /** Data-bin class as on the wire, extended forms included; classes that are not in {@link BIN_CLASS} are possible. */
  readonly classId: number;
  /** Codestream number (CSn). */
  readonly codestream: number;
  /** In-class identifier of the data-bin. */
  readonly id: number;
  /** Where the body goes in the data-bin. */
  readonly offset: number;
  /** Bytes of the body. */
  readonly length: number;
  /** True when the body ends with the data-bin's last byte. */
  readonly last: boolean;
  /** Aux of an extended class. */
  readonly aux?: number;
}

/**
 * Bytes of a data-bin as they came: a whole message, or as much of one as has arrived. `offset`, `length` and `last` speak of these bytes:
 * a piece before the end of its message is never `last`.
 */
export interface DataPiece extends MessageHeader {
  readonly kind: 'data';
  readonly body: Uint8Array;
  /** True when this piece ends its message. */
  readonly endsMessage: boolean;
}

/** The end of a response (D.3). */
export interface EndOfResponse {
  readonly kind: 'eor';
  /** Why it ended: one of {@link EOR_REASON}, or a number that is reserved. */
  readonly reason: number;
  readonly body: Uint8Array;
}

/** What a message reader finds. */
export type ReadMessage = DataPiece | EndOfResponse;

/** Reasons for the end of a response (Table D.2). */
export const EOR_REASON = {
  /** Everything of the image was sent, not only the window. */
  imageDone: 1,
  /** Everything for the window was sent. */
  windowDone: 2,
  /** A newer request of the channel takes its place. */
  windowChange: 3,
  /** The byte limit of the request was reached. */
  byteLimit: 4,
  /** The quality limit was reached. */
  qualityLimit: 5,
  /** A limit of the session was reached; the channel must not be used further. */
  sessionLimit: 6,
  /** A limit of this response was reached; the channel may be used further. */
  responseLimit: 7,
  /** Not said. */
  unspecified: 255,
} as const;

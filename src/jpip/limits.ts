/**
 * What JPIP may cost: bounds on what the other side can make an engine hold or do.
 */

/** Bounds of the server and the client engine. */
export interface JpipLimits {
  /** Characters of a request, query and body together. Default 1 MiB. */
  readonly requestBytes: number;
  /** Statements of the cache model fields of one request. Default 100 000. */
  readonly modelStatements: number;
  /** Bytes of one response body at most; a longer one ends with "response limit". Default 1 GiB. */
  readonly responseBytes: number;
  /** Data-bins that one view-window may touch, on either side. Default 1 000 000. */
  readonly windowBins: number;
  /** Data-bins of all responses that are being sent. Beyond, new ones are refused until others have ended. Default 4 000 000. */
  readonly runningBins: number;
  /** Bytes of one message that a client believes. Default 256 MiB. */
  readonly messageBytes: number;
  /**
   * Bytes that a client takes, while it brings in one window, of data-bins that the window does not need; each new one counts 200 bytes
   * besides. Default 256 MiB.
   */
  readonly unaskedBytes: number;
  /** Bytes of headers and boxes that a client takes for one request of metadata, or to open a target. Default 256 MiB. */
  readonly metadataBytes: number;
  /** Bytes of file contents that the server keeps for the next request. Default 64 MiB. */
  readonly cacheBytes: number;
  /** Targets that the server keeps open. Default 64. */
  readonly openTargets: number;
  /** Requests that wait on one channel. Default 16. */
  readonly queuedRequests: number;
}

/** The limits that hold where nothing else is said. */
export const DEFAULT_JPIP_LIMITS: JpipLimits = /* @__PURE__ */ Object.freeze({
  requestBytes: 1 << 20,
  modelStatements: 100_000,
  responseBytes: 1 << 30,
  windowBins: 1_000_000,
  runningBins: 4_000_000,
  messageBytes: 1 << 28,
  unaskedBytes: 1 << 28,
  metadataBytes: 1 << 28,
  cacheBytes: 1 << 26,
  openTargets: 64,
  queuedRequests: 16,
});

/** Those of them that are the client's. */
export type JpipClientLimits = Pick<
  JpipLimits,
  'responseBytes' | 'windowBins' | 'messageBytes' | 'unaskedBytes' | 'metadataBytes'
>;

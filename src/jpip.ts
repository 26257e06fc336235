/**
 * JPIP (ISO/IEC 15444-9), both sides: what `jp2kit/jpip/client` and `jp2kit/jpip/server` export, and the protocol itself for who writes
 * tools of their own.
 *
 * @module jpip
 */
export * from './jpip-client.ts';
export * from './jpip-server.ts';
export type {
  CodestreamContext,
  CodestreamQualifier,
  ExplicitBins,
  FrameSize,
  ImplicitBins,
  MetadataBox,
  MetadataRequest,
  MetadataRequests,
  ModelStatement,
  Preference,
  RangeOrAll,
  ReturnType,
  Rounding,
  SampledRange,
  TilePartStatement,
  UintRange,
  UnknownField,
  VolumeFrameSize,
} from './jpip/request/fields.ts';
export type { ExpandedContext } from './jpip/request/context-field.ts';
export { formatRequest } from './jpip/request/format-request.ts';
export { type ParsedRequest, parseRequest, type ParseRequestOptions } from './jpip/request/parse-request.ts';
export {
  formatResponseHeaders,
  type JpipResponseHeaders,
  type NewChannel,
  parseResponseHeaders,
  type RegionOfInterest,
} from './jpip/request/response-headers.ts';
export {
  BIN_CLASS,
  type DataPiece,
  type EndOfResponse,
  EOR_REASON,
  type MessageHeader,
  type ReadMessage,
} from './jpip/wire/message.ts';
export { MessageReader, type MessageReaderOptions } from './jpip/wire/message-reader.ts';
export { MessageWriter, type MessageWriterOptions } from './jpip/wire/message-writer.ts';

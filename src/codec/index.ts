/** The codec's own entry: everything that entry files and adapters of the platform build on. */
export type { BlockPool } from './block-pool.ts';
export type { BoxFile, BoxOptions, SetBoxesOptions, WrittenFile } from './boxes.ts';
export type { CreatedJpx, CreateJpxOptions, JpxFrame } from './create-jpx.ts';
export type { BoxEdit, NewBox, NewSuperbox, SourceRange } from './fileformat/box-edit.ts';
export type { BoxNode, BoxTree } from './fileformat/box-tree.ts';
export type { CodestreamHeader } from './fileformat/codestream-header.ts';
export type { Composition, Instruction, InstructionSet } from './fileformat/composition.ts';
export type { DataReference } from './fileformat/data-references.ts';
export type { Fragment } from './fileformat/fragment-list.ts';
export type { Jp2Header } from './fileformat/jp2-boxes.ts';
export type { JpxCodestream, JpxLayer } from './fileformat/jpx-file.ts';
export type { LayerHeader, Opacity, RegisteredCodestream, Registration } from './fileformat/layer-header.ts';
export type { MetadataNode } from './fileformat/metadata-tree.ts';
export type { NumberList, RegionDescription } from './fileformat/number-list.ts';
export type { Drawing, PlaySpec } from './fileformat/play.ts';
export type { ReaderRequirements } from './fileformat/reader-requirements.ts';
export { Jpx, type JpxOptions, type JpxReadOptions, openJpxFrom } from './jpx.ts';
export type { FrameInput } from './jpx-frames.ts';
export type { ResolveReference } from './linked-sources.ts';
export type { BlockCoder, BlockDecoder, CodeBlockData } from './decoder/block-jobs.ts';
export type { DecodeOptions, DecodeProgress } from './decoder/options.ts';
export { encodeFrom, encodeNow, type EncodingCodec } from './encode-picture.ts';
export type { BlockEncoder, CodeBlockCoefficients, CodedBlock, EncodingCoder } from './encoder/block-jobs.ts';
export type {
  CodeBlockStyle,
  EncodeOptions,
  EncodeProgress,
  EncodeResult,
  EncodeStages,
  EncodeStats,
  EncodeSummary,
  LayerSummary,
  ProfileName,
  Rate,
  RawComponent,
  RawImage,
  RegionOfInterest,
} from './encoder/options.ts';
export type { ByteSink, SpillStore } from './sink.ts';
export { type ImageHeader, StreamEncoder, type StreamOptions } from './encoder/stream-encoder.ts';
export type { Diagnostic, ErrorCode, ErrorKind, ErrorPlace } from './errors.ts';
export { Jpeg2000Error } from './errors.ts';
export type { Executor } from './executor.ts';
export type { Progression } from './codestream/cod.ts';
export type { ProgressionChange } from './codestream/poc.ts';
export type { BoxInfo } from './fileformat/named-boxes.ts';
export type { ColourSpec, MetadataSpec, PaletteSpec, PointsPerMetre } from './fileformat/jp2-spec.ts';
export type {
  ChannelInfo,
  ColourInfo,
  DecodeStages,
  DecodeStats,
  Plane,
  RasterImage,
  RasterTile,
  SampleArray,
} from './image.ts';
export type {
  ComponentInfo,
  ImageInfo,
  PacketStatistics,
  PrefixNeed,
  ResolutionInfo,
  SegmentInfo,
  TilePartInfo,
} from './inspect/info.ts';
export type { Limits } from './limits.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type {
  Codec,
  DecodeRowsOptions,
  Indexing,
  IndexOptions,
  IndexProgress,
  IndexSummary,
  InspectOptions,
  OpenFileOptions,
  OpenOptions,
} from './picture.ts';
export { openAs, openAsSync, OpenedPicture } from './opened-picture.ts';
export { Jp2Image, openPicture, openPictureSync } from './picture.ts';
export { decodeGrowing, type ProgressiveImage, type ProgressiveOptions } from './progressive.ts';
export { type FrameOptions, type FrameTiming, Movie, MovieTrack, openMovieFrom } from './movie.ts';
export { type MovieFrame, type MovieOptions, type MovieSummary, MovieWriter } from './movie-writer.ts';
export type { EditEntry } from './fileformat/mj2-boxes.ts';
export type { OtherTrack } from './fileformat/mj2-file.ts';
export type { FieldCoding } from './fileformat/mj2-sample-entry.ts';
export type { Finding, Severity } from './validate/findings.ts';
export type { ValidateProfile } from './validate/profile-rules.ts';
export {
  type ValidateOptions,
  type ValidateProgress,
  validateInput,
  type ValidationReport,
} from './validate/validate.ts';
export type { Rect } from './rect.ts';
export type {
  AbortSignalLike,
  BlobLike,
  ByteRange,
  Bytes,
  ImageInput,
  RandomAccessSource,
} from './source.ts';
export { blobSource, bytesSource } from './source.ts';
export {
  transcodeFrom,
  transcodeInto,
  transcodeNow,
  transcodePackets,
  type TranscodingCodec,
} from './transcode-picture.ts';
export type {
  TileRect,
  TranscodeOptions,
  TranscodeProgress,
  TranscodeResult,
  TranscodeSummary,
} from './transcode/options.ts';
export type { WholeFile } from './whole-file.ts';

/**
 * The building blocks of the codec, for teaching and for tools (`jp2kit/parts`): bits, headers, geometry, packets, code-blocks,
 * transforms, rate control, for reading and for writing. Each is the very code that decoder and encoder run on (but for
 * `MqDecoder` and `MqEncoder`, which are the arithmetic coder in its readable form); `docs/reading-order.md` is a tour of it.
 *
 * Names and shapes here may change until version 1.0.
 *
 * @example
 * ```ts
 * import { DEFAULT_LIMITS, DiagnosticLog, readMainHeader, readNow, ReadWindow } from 'jp2kit/parts';
 *
 * const window = new ReadWindow(Infinity, bytes.length);
 * const main = readNow(readMainHeader(window, 0, DEFAULT_LIMITS, new DiagnosticLog()), bytes);
 * console.log(main.siz.components.length, main.cod.progression);
 * ```
 * @example
 * ```ts
 * import { MqDecoder, MqEncoder } from 'jp2kit/parts';
 *
 * const encoder = new MqEncoder(1);
 * for (const decision of [0, 0, 1, 0] as const) encoder.encode(0, decision);
 * const bytes = encoder.flush();
 * const decoder = new MqDecoder(1);
 * decoder.start(bytes);
 * console.log([0, 1, 2, 3].map(() => decoder.decode(0))); // 0, 0, 1, 0
 * ```
 *
 * @module parts
 */
export { ByteReader } from './codec/bits/byte-reader.ts';
export { ByteWriter } from './codec/bits/byte-writer.ts';
export { PacketBitReader } from './codec/bits/packet-bit-reader.ts';
export { PacketBitWriter } from './codec/bits/packet-bit-writer.ts';
export type { Cod, ComponentCodingStyle, Progression } from './codec/codestream/cod.ts';
export { PROGRESSIONS, writeCoc, writeCod } from './codec/codestream/cod.ts';
export type { TileComponentParameters, TileHeader } from './codec/codestream/coding-parameters.ts';
export { tileComponentParametersOf } from './codec/codestream/coding-parameters.ts';
export type { HeaderSegments } from './codec/codestream/header-segments.ts';
export type { MainHeader } from './codec/codestream/main-header.ts';
export { readMainHeader, writeMainSegments } from './codec/codestream/main-header.ts';
export type { ProgressionChange } from './codec/codestream/poc.ts';
export type { Quantization } from './codec/codestream/qcd.ts';
export { stepOf, writeQcc, writeQcd } from './codec/codestream/qcd.ts';
export type { Siz, SizComponent } from './codec/codestream/siz.ts';
export { writeSiz } from './codec/codestream/siz.ts';
export type { Sot, TilePart } from './codec/codestream/tile-part.ts';
export { readSot, readTilePart, writeSot } from './codec/codestream/tile-part.ts';
export type { CodedPrecinct } from './codec/encoder/coded-tile.ts';
export { CodedTile } from './codec/encoder/coded-tile.ts';
export { ConvexHull, MAX_SLOPE_CODE, slopeCodeOf, SlopeHistogram, slopeOf } from './codec/encoder/convex-hull.ts';
export { LayeredTile } from './codec/encoder/layered-tile.ts';
export type { Overhead } from './codec/encoder/overhead.ts';
export type { LayerCut, LayerTarget } from './codec/encoder/rate-control.ts';
export { RateControl } from './codec/encoder/rate-control.ts';
export { RunningSlope } from './codec/encoder/running-slope.ts';
export { visualWeight } from './codec/encoder/visual-weights.ts';
export { DiagnosticLog, Jpeg2000Error } from './codec/errors.ts';
export { writeBox } from './codec/fileformat/box.ts';
export type { Jp2File } from './codec/fileformat/jp2-file.ts';
export { readJp2File } from './codec/fileformat/jp2-file.ts';
export { writeCodestreamBoxHeader, writeJp2Head } from './codec/fileformat/write-jp2.ts';
export type { Interval } from './codec/geometry/axis.ts';
export type {
  PrecinctBand,
  PrecinctGeometry,
  ResolutionGeometry,
  SubbandGeometry,
  TileComponentGeometry,
} from './codec/geometry/tile-component.ts';
export { precinctGeometry, tileBounds, tileComponentGeometry } from './codec/geometry/tile-component.ts';
export type { TileComponent, TileGeometry } from './codec/geometry/tile.ts';
export { tileGeometry } from './codec/geometry/tile.ts';
export type { AxisWindow, ComponentWindow } from './codec/geometry/window.ts';
export { planWindow, precinctsOfWindow, subbandWindow } from './codec/geometry/window.ts';
export { DEFAULT_LIMITS } from './codec/limits.ts';
export type { Arrangement } from './codec/packets/arrangement.ts';
export { CodestreamSource } from './codec/packets/codestream-source.ts';
export type { LaidOutTilePart } from './codec/packets/codestream-writer.ts';
export { layOutTile, writeCodestream, writeMainHeader } from './codec/packets/codestream-writer.ts';
export type {
  ComponentSelection,
  PacketEnds,
  PrecinctKey,
  PrecinctLengths,
  PrecinctPlan,
  PrecinctRect,
  PrecinctSnapshot,
  PrecinctSource,
  TileSelection,
} from './codec/packets/precinct-source.ts';
export type { FoundPackets, PacketRange } from './codec/packets/found-packets.ts';
export { TilePackets } from './codec/packets/tile-packets.ts';
export { ReadWindow } from './codec/read-window.ts';
export type { Reading } from './codec/source.ts';
export { BytesSource, readFrom, readNow } from './codec/source.ts';
export type { CodeBlockData } from './codec/tier1/block-decoder.ts';
export { ClassicBlockDecoder } from './codec/tier1/block-decoder.ts';
export type { CodeBlockCoefficients, CodedBlock } from './codec/tier1/block-encoder.ts';
export { ClassicBlockEncoder } from './codec/tier1/block-encoder.ts';
export { MqDecoder } from './codec/tier1/mq-decoder.ts';
export { MqEncoder } from './codec/tier1/mq-encoder.ts';
export { RawBits } from './codec/tier1/raw-bits.ts';
export { shortestPrefix } from './codec/tier1/truncation.ts';
export type { BlockContributions } from './codec/tier2/packet-header.ts';
export { PrecinctReader } from './codec/tier2/packet-header.ts';
export type { PacketContents } from './codec/tier2/precinct-writer.ts';
export { NO_VALUE, PrecinctWriter } from './codec/tier2/precinct-writer.ts';
export type { PacketPlace } from './codec/tier2/progression.ts';
export { packetSequence } from './codec/tier2/progression.ts';
export type { PacketView, PrecinctBlocks, PrecinctHeld } from './codec/tier2/read-blocks.ts';
export { readBlocks } from './codec/tier2/read-blocks.ts';
export { segmentCapacity } from './codec/tier2/segments.ts';
export { tagTreeMemory, TagTreeDecoder, TagTreeEncoder } from './codec/tier2/tag-tree.ts';
export { writePackets } from './codec/tier2/write-packets.ts';
export { forwardIct, forwardRct, inverseIct, inverseRct } from './codec/transform/component-transform.ts';
export type { AnalysisStep } from './codec/transform/dwt.ts';
export { analyse53, analyse97 } from './codec/transform/dwt.ts';
export { boundOf, energyOf } from './codec/transform/gains.ts';
export type { RowStorer } from './codec/transform/level-shift.ts';
export { ALL_IN_RANGE, loadSamples, rowStorer } from './codec/transform/level-shift.ts';
export { forward53Row, inverse53Row } from './codec/transform/lifting-53.ts';
export { forward97Row, inverse97Row } from './codec/transform/lifting-97.ts';
export {
  epsilonMuOf,
  magnitudeBitPlanesOf,
  quantiseIrreversible,
  quantiseReversible,
  stepSizeOf,
} from './codec/transform/quantization.ts';
export { forwardMaxshift, inverseMaxshift } from './codec/transform/roi-maxshift.ts';
export type { BandSource, Row, RowSource } from './codec/transform/rows.ts';
export { BandRows, RowMemory } from './codec/transform/rows.ts';
export type { LevelInput } from './codec/transform/synthesis.ts';
export { Synthesis53, Synthesis97 } from './codec/transform/synthesis.ts';
export type { AxisStep } from './codec/synthesis-shape.ts';
export { transcodePackets } from './codec/transcode-picture.ts';
export type { TranscodeOptions, TranscodeSummary } from './codec/transcode/options.ts';

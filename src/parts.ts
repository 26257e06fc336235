/**
 * The building blocks of the codec, for teaching and for tools (`jp2kit/parts`): bits, headers, geometry, packets, code-blocks,
 * transforms. Each is the very code that the decoder runs on; `docs/reading-order.md` is a tour of it.
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
 *
 * @module parts
 */
export { ByteReader } from './codec/bits/byte-reader.ts';
export { PacketBitReader } from './codec/bits/packet-bit-reader.ts';
export type { Cod, ComponentCodingStyle, Progression } from './codec/codestream/cod.ts';
export { PROGRESSIONS } from './codec/codestream/cod.ts';
export type { TileComponentParameters, TileHeader } from './codec/codestream/coding-parameters.ts';
export { tileComponentParametersOf } from './codec/codestream/coding-parameters.ts';
export type { HeaderSegments } from './codec/codestream/header-segments.ts';
export type { MainHeader } from './codec/codestream/main-header.ts';
export { readMainHeader } from './codec/codestream/main-header.ts';
export type { ProgressionChange } from './codec/codestream/poc.ts';
export type { Quantization } from './codec/codestream/qcd.ts';
export { stepOf } from './codec/codestream/qcd.ts';
export type { Siz, SizComponent } from './codec/codestream/siz.ts';
export type { Sot, TilePart } from './codec/codestream/tile-part.ts';
export { readSot, readTilePart } from './codec/codestream/tile-part.ts';
export { DiagnosticLog, Jpeg2000Error } from './codec/errors.ts';
export type { Jp2File } from './codec/fileformat/jp2-file.ts';
export { readJp2File } from './codec/fileformat/jp2-file.ts';
export type { Interval } from './codec/geometry/axis.ts';
export { tileGeometry } from './codec/geometry/tile.ts';
export type { TileComponent, TileGeometry } from './codec/geometry/tile.ts';
export type {
  PrecinctBand,
  PrecinctGeometry,
  ResolutionGeometry,
  SubbandGeometry,
  TileComponentGeometry,
} from './codec/geometry/tile-component.ts';
export { precinctGeometry, tileBounds, tileComponentGeometry } from './codec/geometry/tile-component.ts';
export type { AxisWindow, ComponentWindow } from './codec/geometry/window.ts';
export { planWindow, precinctsOfWindow, subbandWindow } from './codec/geometry/window.ts';
export { DEFAULT_LIMITS } from './codec/limits.ts';
export { CodestreamSource } from './codec/packets/codestream-source.ts';
export type {
  ComponentSelection,
  PrecinctKey,
  PrecinctPlan,
  PrecinctRect,
  PrecinctSnapshot,
  PrecinctSource,
  TileSelection,
} from './codec/packets/precinct-source.ts';
export type { PacketRange } from './codec/packets/tile-packets.ts';
export { TilePackets } from './codec/packets/tile-packets.ts';
export { ReadWindow } from './codec/read-window.ts';
export type { Reading } from './codec/source.ts';
export { BytesSource, readFrom, readNow } from './codec/source.ts';
export type { CodeBlockData } from './codec/tier1/block-decoder.ts';
export { ClassicBlockDecoder } from './codec/tier1/block-decoder.ts';
export { MqDecoder } from './codec/tier1/mq-decoder.ts';
export { RawBits } from './codec/tier1/raw-bits.ts';
export type { BlockContributions } from './codec/tier2/packet-header.ts';
export { PrecinctReader } from './codec/tier2/packet-header.ts';
export type { PacketPlace } from './codec/tier2/progression.ts';
export { packetSequence } from './codec/tier2/progression.ts';
export type { PacketView, PrecinctBlocks, PrecinctHeld } from './codec/tier2/read-blocks.ts';
export { readBlocks } from './codec/tier2/read-blocks.ts';
export { TagTreeDecoder } from './codec/tier2/tag-tree.ts';
export { inverseIct, inverseRct } from './codec/transform/component-transform.ts';
export type { AxisStep } from './codec/transform/dwt.ts';
export {
  spreadRows,
  synthesise53Columns,
  synthesise53Rows,
  synthesise97Columns,
  synthesise97Rows,
} from './codec/transform/dwt.ts';
export { inverse53Row } from './codec/transform/lifting-53.ts';
export { inverse97Row } from './codec/transform/lifting-97.ts';
export { magnitudeBitPlanesOf, stepSizeOf } from './codec/transform/quantization.ts';
export { inverseMaxshift } from './codec/transform/roi-maxshift.ts';

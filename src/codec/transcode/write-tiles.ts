/**
 * The codestream of a result, tile by tile (15444-1 A.3, A.4): measured first where the main header has to speak of what follows,
 * then written in pieces of a few megabytes.
 */
import { joinBytes, lengthOfAll } from '../bits/join-bytes.ts';
import { writeMainHeader, writeTilePartHeader } from '../packets/codestream-writer.ts';
import { type Arrangement, measureTileParts, type TilePartSize } from '../packets/arrangement.ts';
import { appendPacket, packedHeader } from '../packets/tile-layout.ts';
import * as M from '../codestream/markers.ts';
import { type DiagnosticLog, overLimit } from '../errors.ts';
import { openCopiedTile } from './copied-tile.ts';
import { arrangementOf, type TranscodePlan } from './headers.ts';
import { mostPackets, type OpenTile, openPair } from './open-tile.ts';
import type { TranscodeProgress } from './options.ts';
import { openRebuiltTile } from './rebuilt-tile.ts';
import type { LayerCuts } from './layer-cuts.ts';
import type { TranscodeWork } from './work.ts';

/** Bytes of packets that are brought in and written at once. */
const BATCH_BYTES = 1 << 21;

/** Packets in one batch, where they are small. */
const BATCH_PACKETS = 1 << 16;

/** Packets of measured tiles that are kept from measuring to writing; what is beyond is opened again. */
const MOST_KEPT_PACKETS = 1 << 20;

/** Where a codestream goes: what surrounds it in a file, and the memory it is put together in. */
export interface Destination {
  /** Everything before SOC. The length of the codestream is there only where it is known beforehand. */
  head(plan: TranscodePlan, length: number | undefined): Uint8Array;
  /** Memory for so many bytes that are to be written. It may be used again when the write after the next begins. */
  room(length: number): Uint8Array;
}

/** Measured tiles that are kept: each has its geometry besides. */
const MOST_KEPT_TILES = 1024;

/** What was written. */
export interface WrittenTiles {
  readonly packets: number;
  readonly packetsFilled: number;
  readonly tileParts: number;
  /** Tiles of which the source lacks packets. */
  readonly partialTiles: number;
}

/** A tile and its tile-parts. */
interface MeasuredTile {
  readonly tile: OpenTile;
  readonly sizes: readonly TilePartSize[];
}

/** What the main header has to know of tile-parts before they are written. */
interface Foreseen {
  readonly tileParts: {
    readonly tile: number;
    readonly psot: number;
    readonly packetLengths: readonly number[];
    readonly packedHeaders?: readonly Uint8Array[];
  }[];
  /** Tiles that need not be opened again. */
  readonly kept: ReadonlyMap<number, MeasuredTile>;
}

/**
 * Writes a codestream from SOC to EOC, and what goes before it; `cuts` say where new layers end.
 */
export function* writeTiles(
  plan: TranscodePlan,
  destination: Destination,
  cuts: LayerCuts | undefined,
  log: DiagnosticLog,
): TranscodeWork<WrittenTiles> {
  const { main } = plan;
  // what is said of single tiles (PLT, PPT) does not matter here
  const arrangement = arrangementOf(plan, undefined);
  const { tlm, plm, ppm } = arrangement;
  const foreseen = tlm || plm || ppm ? yield* foresee(plan, arrangement, cuts, log) : undefined;
  const header = writeMainHeader(main, arrangement, foreseen ?? {}).bytes;
  const length = foreseen?.tileParts.reduce((sum, { psot }) => sum + psot, header.length + EOC_BYTES.length);
  yield { write: destination.head(plan, length) };
  yield { write: header };
  let madeUp = 0;
  const written = { packets: 0, packetsFilled: 0, tileParts: 0, partialTiles: 0 };
  for (let t = 0; t < plan.tiles.length; t++) {
    const measured = foreseen?.kept.get(t) ?? (yield* measure(plan, t, cuts, log));
    const { tile, sizes } = measured;
    madeUp += tile.madeUp;
    checkMadeUp(plan, madeUp, t);
    yield* writeTile(plan, measured, destination, (share) => report(plan, 'write', t, share));
    written.packets += tile.order.count;
    for (const bytes of tile.bodyLengths) if (bytes > 0) written.packetsFilled++;
    written.tileParts += sizes.length;
    if (!tile.complete) written.partialTiles++;
    report(plan, 'write', t + 1, 0);
  }
  yield { write: EOC_BYTES };
  return written;
}

/** A header of a few bytes can promise more packets than anybody wants to have written as empty ones. */
function checkMadeUp(plan: TranscodePlan, madeUp: number, t: number): void {
  const most = mostPackets(plan);
  if (madeUp <= most) return;
  const message = `${madeUp} empty packets would stand for what the first ${t + 1} tiles lack, or are not to keep`;
  throw overLimit('limit-code-blocks', `${message}; the limit is ${most}`);
}

function* measure(
  plan: TranscodePlan,
  t: number,
  cuts: LayerCuts | undefined,
  log: DiagnosticLog,
): TranscodeWork<MeasuredTile> {
  const pair = yield* openPair(plan, t);
  const tile = plan.rebuild ? yield* openRebuiltTile(plan, pair, cuts, log) : yield* openCopiedTile(plan, pair);
  const { geometry, arrangement, order, headerLengths, bodyLengths } = tile;
  return { tile, sizes: measureTileParts(plan.main, geometry, arrangement, order, headerLengths, bodyLengths) };
}

/** Measures all tiles, for the segments of the main header that list tile-parts, packets or packet headers. */
function* foresee(
  plan: TranscodePlan,
  a: Arrangement,
  cuts: LayerCuts | undefined,
  log: DiagnosticLog,
): TranscodeWork<Foreseen> {
  const tileParts: Foreseen['tileParts'] = [];
  const kept = new Map<number, MeasuredTile>();
  let keptPackets = 0;
  let madeUp = 0;
  for (let t = 0; t < plan.tiles.length; t++) {
    const measured = yield* measure(plan, t, cuts, log);
    const { tile, sizes } = measured;
    madeUp += tile.madeUp;
    checkMadeUp(plan, madeUp, t);
    for (const size of sizes) {
      const packedHeaders = a.ppm ? yield* packedHeadersOf(tile, size) : undefined;
      tileParts.push({
        tile: t,
        psot: size.psot,
        packetLengths: a.plm ? size.packetLengths : [],
        ...(packedHeaders ? { packedHeaders } : {}),
      });
    }
    keptPackets += tile.order.count;
    if (keptPackets <= MOST_KEPT_PACKETS && t < MOST_KEPT_TILES && !plan.rebuild) kept.set(t, measured);
    if ((a.plm || a.ppm) && keptPackets > mostPackets(plan)) {
      const message = `the main header would list ${keptPackets} packets after ${t + 1} tiles`;
      throw overLimit('limit-code-blocks', `${message}, the limit is ${mostPackets(plan)}`);
    }
    report(plan, 'measure', t + 1, 0);
  }
  return { tileParts, kept };
}

function* writeTile(
  plan: TranscodePlan,
  { tile, sizes }: MeasuredTile,
  destination: Destination,
  onShare: (share: number) => void,
): TranscodeWork<void> {
  const { geometry, arrangement } = tile;
  let zppt = 0;
  for (let part = 0; part < sizes.length; part++) {
    const size = sizes[part];
    const packed = arrangement.ppt ? yield* packedHeadersOf(tile, size) : undefined;
    const header = writeTilePartHeader(geometry, plan.main, arrangement, sizes, part, packed, zppt);
    zppt = header.nextZppt;
    yield { write: header.bytes };
    const headersApart = size.packedHeaderLengths !== undefined;
    for (const [from, to] of batchesOf(size)) {
      const { headers, bodies } = yield* tile.packets(from, to);
      const pieces: Uint8Array[] = [];
      for (let k = from; k < to; k++) {
        appendPacket(pieces, geometry.header.cod, k, headersApart ? undefined : headers[k - from], bodies[k - from]);
      }
      yield { write: joinBytes(pieces, destination.room(lengthOfAll(pieces))) };
      onShare(to / tile.order.count);
    }
  }
}

/** The packet headers of a tile-part as they are packed: copies, for they outlive what was brought in. */
function* packedHeadersOf({ geometry, packets }: OpenTile, size: TilePartSize): TranscodeWork<Uint8Array[]> {
  const packed: Uint8Array[] = [];
  for (const [from, to] of batchesOf(size)) {
    const { headers } = yield* packets(from, to);
    for (const header of headers) packed.push(packedHeader(geometry.header.cod, header).slice());
  }
  return packed;
}

/** A tile-part cut into runs of packets that are brought in at once. */
function* batchesOf({ firstPacket, numPackets, packetLengths }: TilePartSize): Generator<readonly [number, number]> {
  let from = 0;
  let bytes = 0;
  for (let n = 0; n < numPackets; n++) {
    if (n > from && (bytes + packetLengths[n] > BATCH_BYTES || n - from === BATCH_PACKETS)) {
      yield [firstPacket + from, firstPacket + n];
      from = n;
      bytes = 0;
    }
    bytes += packetLengths[n];
  }
  if (numPackets > from) yield [firstPacket + from, firstPacket + numPackets];
}

/** Says how far it is: `t` tiles are done, and a share of the next. */
function report(plan: TranscodePlan, stage: TranscodeProgress['stage'], t: number, share: number): void {
  const tiles = plan.tiles.length;
  plan.options.onProgress?.({ stage, tilesDone: t, tiles, fraction: Math.min(1, (t + share) / tiles) });
}

const EOC_BYTES = /* @__PURE__ */ Uint8Array.of(M.EOC >> 8, M.EOC & 255);

/**
 * All rules of one codestream: main header, tile-parts, and the packets of every tile, without decoding a sample.
 */
import { joinTileHeaders, progressionChangesOf } from '../codestream/coding-parameters.ts';
import type { HeaderSegments } from '../codestream/header-segments.ts';
import { type MainHeader, readMainHeader } from '../codestream/main-header.ts';
import * as M from '../codestream/markers.ts';
import { joinIndexed, readPacketLengths, splitPlm } from '../codestream/plt.ts';
import { splitPpm } from '../codestream/ppm.ts';
import { readTilePart, type TilePart } from '../codestream/tile-part.ts';
import { tileGeometry } from '../geometry/tile.ts';
import type { Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { FindingLog, type Findings } from './findings.ts';
import { checkIndices, checkMainHeader, checkSegments, CodingRules } from './header-rules.ts';
import { type PartData, PacketWalk } from './packet-rules.ts';
import { type Extent, walkTileParts, type WalkedPart } from './tile-part-rules.ts';

/** What a codestream turned out to be, for rules of profiles. */
export interface CheckedCodestream {
  readonly main: MainHeader;
  /** All tile-parts in codestream order. */
  readonly parts: readonly WalkedPart[];
  /** Markers that stand in tile-part headers. */
  readonly tileMarkers: ReadonlySet<number>;
  /** Bytes of the whole codestream. */
  readonly bytes: number;
  /** Packets that were followed. */
  readonly packets: number;
}

/** Is told how far the walk has come. */
export type Progress = (position: number) => void;

/** Segments that belong into the first tile-part of a tile (A.6.1 to A.6.5). */
const FIRST_PART_ONLY: readonly number[] = [M.COD, M.COC, M.QCD, M.QCC, M.RGN];

/** Bytes fetched at once, and of a tile-part for its header. */
const CHUNK = 65536;

/**
 * Checks a codestream. What cannot be followed ends the walk with a finding.
 *
 * @returns what was read, or `undefined` where already the main header cannot be.
 */
export function* checkCodestream(
  extent: Extent,
  inMemory: boolean,
  limits: Limits,
  findings: Findings,
  progress: Progress,
): Reading<CheckedCodestream | undefined> {
  const log = new FindingLog(findings);
  const chunk = inMemory ? Number.POSITIVE_INFINITY : CHUNK;
  const window = new ReadWindow(chunk, extent.end);
  const head = yield* window.need(extent.start, 8);
  // Rsiz: without the bits for CAP and Part 2, values that Part 1 does not have are wrong and not just unknown
  const extended = head.length === 8 && (head[6] & 0xc0) !== 0;
  let main: MainHeader;
  try {
    main = yield* readMainHeader(window, extent.start, limits, log);
  } catch (error) {
    findings.thrown(error, '', extended);
    return undefined;
  }
  const numComponents = main.siz.components.length;
  yield* checkSegments(window, main.segments.places, numComponents, new Set(), findings);
  checkMainHeader(main, findings);
  const coding = new CodingRules(main, findings);
  coding.checkTile({ tile: 0, cod: main.cod, segments: main.segments });
  coding.checkChanges(main.segments.poc, main.offset);

  const tiles = yield* walkTileParts(main, window, extent, limits, findings);
  const packed = lists(main, findings);
  const tileMarkers = new Set<number>();
  let packets = 0;
  for (const [tile, walked] of tiles) {
    const parts: TilePart[] = [];
    const seen = new Set<string>();
    let ppts = 0;
    for (const { sot, ordinal, end } of walked) {
      try {
        const part = yield* readTilePart(window, sot, ordinal, end, numComponents, log);
        yield* checkSegments(window, part.segments.places, numComponents, seen, findings);
        checkPart(part, main, { isFirst: parts.length === 0, ppts }, findings);
        ppts += part.segments.ppt.length;
        for (const { marker } of part.segments.places) tileMarkers.add(marker);
        parts.push(part);
        if (part.dataStart > end) {
          findings.error('tile-part-length', `the header of a tile-part is longer than its ${end - sot.offset} bytes`, {
            offset: sot.offset,
            clause: '15444-1 A.4.2',
          });
        }
      } catch (error) {
        findings.thrown(error, `tile ${tile}: `, extended);
        break;
      }
    }
    progress(walked[0].sot.offset);
    if (parts.length < walked.length) continue;
    const header = joinTileHeaders(main, tile, parts);
    coding.checkTile(header);
    const changes = progressionChangesOf(main, header);
    coding.checkChanges(header.segments.poc, parts[0].offset);
    const data = parts.map((part) => partData(part, packed, extent.end, findings));
    const walk = new PacketWalk(tileGeometry(main, header), changes, data, limits, findings);
    yield* walk.run(window);
    packets += walk.count;
  }
  const parts = [...tiles.values()].flat().sort((a, b) => a.ordinal - b.ordinal);
  return { main, parts, tileMarkers, packets, bytes: extent.end - extent.start };
}

/** Packed headers and packet lengths of the main header, by tile-part. */
interface MainLists {
  readonly ppm: readonly Uint8Array[] | undefined;
  readonly plm: readonly Uint8Array[] | undefined;
}

function lists(main: MainHeader, findings: Findings): MainLists {
  const { ppm, plm } = main.segments;
  const tried = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      findings.thrown(error);
      return undefined;
    }
  };
  return {
    ppm: ppm.length === 0 ? undefined : (tried(() => splitPpm(joinIndexed(ppm))) ?? []),
    plm: plm.length === 0 ? undefined : tried(() => splitPlm(joinIndexed(plm))),
  };
}

/** What a tile-part header has before it. */
interface PartPlace {
  readonly isFirst: boolean;
  /** PPT segments in the tile-parts before. */
  readonly ppts: number;
}

/** Rules of a tile-part header among those of its tile. */
function checkPart(part: TilePart, main: MainHeader, { isFirst, ppts }: PartPlace, findings: Findings): void {
  const { segments, offset } = part;
  if (!isFirst) {
    for (const { marker, offset: at } of segments.places) {
      if (!FIRST_PART_ONLY.includes(marker)) continue;
      findings.error('marker-order', `${M.markerName(marker)} in a tile-part that is not its tile's first`, {
        offset: at,
        clause: '15444-1 A.6',
      });
    }
  }
  if (segments.ppt.length > 0 && main.segments.ppm.length > 0) {
    findings.error('ppm-value', 'PPT in a codestream with PPM', { offset, clause: '15444-1 A.7.5' });
  }
  checkIndices(segments.plt, 'PLT', findings, offset);
  // Zppt goes on through the tile-parts of a tile in some files, and begins anew in others
  if (segments.ppt[0]?.index !== 0) checkIndices(segments.ppt, 'PPT', findings, offset, ppts);
  else checkIndices(segments.ppt, 'PPT', findings, offset);
}

function partData(part: TilePart, { ppm, plm }: MainLists, end: number, findings: Findings): PartData {
  const { segments, psot, offset } = part;
  const packedHeaders = ppm
    ? (ppm[part.ordinal] ?? new Uint8Array(0))
    : segments.ppt.length > 0
      ? joinIndexed(segments.ppt)
      : undefined;
  return {
    start: part.dataStart,
    end: part.end,
    cut: psot !== 0 && offset + psot > end,
    packedHeaders,
    packetLengths: packetLengths(segments, plm?.[part.ordinal], offset, findings),
  };
}

/** Lists in the tile-part header go before those of the main header. */
function packetLengths(
  segments: HeaderSegments,
  plm: Uint8Array | undefined,
  offset: number,
  findings: Findings,
): number[] | undefined {
  if (segments.plt.length === 0 && plm === undefined) return undefined;
  try {
    return readPacketLengths(segments.plt.length > 0 ? joinIndexed(segments.plt) : plm!, offset);
  } catch (error) {
    findings.thrown(error);
    return undefined;
  }
}

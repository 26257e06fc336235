/** Tile-parts: SOT, the tile-part header, and where the packets stand (15444-1 A.4.2 and A.4.3). */
import { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { writeCom } from './com.ts';
import { emptySegments, type HeaderSegments, readSegments, writeCodingSegments } from './header-segments.ts';
import * as M from './markers.ts';
import { writeSegment } from './segment-writer.ts';

const CLAUSE = '15444-1 A.4.2';

/** SOT. */
export interface Sot {
  /** Offset of the marker. */
  readonly offset: number;
  /** Tile index. */
  readonly isot: number;
  /** Length of the tile-part from the marker on; 0 means to the end of the codestream. */
  readonly psot: number;
  /** Index of the tile-part within its tile. */
  readonly tpsot: number;
  /** Number of tile-parts of the tile; 0 means not said here. */
  readonly tnsot: number;
}

/** A tile-part with its header read. */
export interface TilePart extends Sot {
  /** Place among all tile-parts of the codestream, from 0. */
  readonly ordinal: number;
  readonly segments: HeaderSegments;
  /** The packets: `dataStart .. end`. */
  readonly dataStart: number;
  readonly end: number;
}

/** Reads SOT; `undefined` when something else stands there. */
export function* readSot(window: ReadWindow, offset: number, numTiles: number): Reading<Sot | undefined> {
  const bytes = yield* window.need(offset, 12);
  if (bytes.length < 12 || ((bytes[0] << 8) | bytes[1]) !== M.SOT) return undefined;
  const r = new ByteReader(bytes, offset, CLAUSE);
  r.u16();
  const lsot = r.u16();
  const isot = r.u16();
  const psot = r.u32();
  const tpsot = r.u8();
  const tnsot = r.u8();
  if (lsot !== 10) throw malformed('marker-length', `Lsot must be 10, found ${lsot}`, { offset, clause: CLAUSE });
  if (isot >= numTiles) {
    throw malformed('sot-value', `tile ${isot} of ${numTiles}`, { offset: offset + 4, clause: CLAUSE });
  }
  if (psot !== 0 && psot < 14) {
    throw malformed('sot-value', `a tile-part of ${psot} bytes cannot hold SOT and SOD`, {
      offset: offset + 6,
      clause: CLAUSE,
    });
  }
  return { offset, isot, psot, tpsot, tnsot };
}

/** Bytes of SOT: marker, length and parameters. */
export const SOT_BYTES = 12;

/** Writes a whole SOT. */
export function writeSot(w: ByteWriter, sot: Omit<Sot, 'offset'>): void {
  writeSegment(w, M.SOT, () => {
    w.u16(sot.isot);
    w.u32(sot.psot);
    w.u8(sot.tpsot);
    w.u8(sot.tnsot);
  });
}

/** Reads the header of the tile-part whose SOT is given. `end` is where the tile-part ends at the latest. */
export function* readTilePart(
  window: ReadWindow,
  sot: Sot,
  ordinal: number,
  end: number,
  numComponents: number,
  log: DiagnosticLog,
): Reading<TilePart> {
  const segments = emptySegments();
  const stop = yield* readSegments(window, sot.offset + 12, 'tile', segments, numComponents, log);
  if (stop.marker !== M.SOD) {
    throw malformed('marker-order', `${M.markerName(stop.marker)} before SOD`, {
      offset: stop.end,
      clause: '15444-1 A.4.3',
    });
  }
  const dataStart = stop.end + 2;
  return { ...sot, ordinal, segments, dataStart, end: Math.max(dataStart, end) };
}

/** Writes what a tile's header says of its own: COD, COC, QCD, QCC, RGN, POC and COM, for its first tile-part. */
export function writeTileSegments(w: ByteWriter, segments: HeaderSegments, numComponents: number): void {
  writeCodingSegments(w, segments, numComponents);
  for (const comment of segments.com) writeCom(w, comment);
}

/**
 * Finds the tile-parts of a codestream (15444-1 A.4.2).
 *
 * Tile-parts of different tiles may be mixed in any way. With TLM they are found at once; without, by hopping from SOT to SOT,
 * as far as the tiles that are wanted require. A TLM that turns out to be wrong is dropped, and hopping begins anew.
 */
import type { MainHeader } from '../codestream/main-header.ts';
import * as M from '../codestream/markers.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import { readSot, readTilePart, type Sot, type TilePart } from '../codestream/tile-part.ts';
import { type DiagnosticLog, Jpeg2000Error } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';

/** A tile-part that has been found; its header may not have been read. */
interface FoundPart {
  readonly sot: Sot;
  readonly ordinal: number;
  readonly end: number;
}

/** All tile-parts of one codestream, found step by step. */
export class TilePartFinder {
  private readonly main: MainHeader;
  private readonly numTiles: number;
  /** End of the codestream, as far as known. */
  private readonly end: number;
  private readonly found = new Map<number, FoundPart[]>();
  private readonly read = new Map<number, readonly TilePart[]>();
  private position: number;
  private ordinal = 0;
  /** True when there is nothing more to hop to. */
  private finished = false;
  /** From TLM: offset, ordinal and length of each tile's parts. */
  private tlm: Map<number, { offset: number; ordinal: number; length: number }[]> | undefined;

  constructor(main: MainHeader, end: number) {
    this.main = main;
    this.numTiles = numXTiles(main.siz) * numYTiles(main.siz);
    this.end = end;
    this.position = main.end;
    this.tlm = placesFromTlm(main, this.numTiles, end);
  }

  /** The tile-parts of a tile in order, headers read; empty when the codestream has none. */
  *partsOf(tile: number, window: ReadWindow, log: DiagnosticLog): Reading<readonly TilePart[]> {
    const done = this.read.get(tile);
    if (done) return done;
    const parts: TilePart[] = [];
    for (const part of yield* this.locate(tile, window, log)) {
      try {
        const numComponents = this.main.siz.components.length;
        parts.push(yield* readTilePart(window, part.sot, part.ordinal, part.end, numComponents, log));
      } catch (error) {
        if (!(error instanceof Jpeg2000Error)) throw error;
        // what stood before it in the tile can still be decoded
        log.add(error.code, `tile ${tile}: ${error.message}`, { offset: part.sot.offset });
        break;
      }
    }
    if (parts.length === 0)
      log.add('tile-missing', `tile ${tile} is not in the codestream`, { clause: '15444-1 A.4.2' });
    this.read.set(tile, parts);
    return parts;
  }

  /** Finds everything; afterwards {@link all} lists it. */
  *findAll(window: ReadWindow, log: DiagnosticLog): Reading<void> {
    this.tlm = undefined;
    while (!this.finished) yield* this.hop(window, log);
  }

  /** The tile-parts found so far, in codestream order. */
  all(): { readonly sot: Sot; readonly end: number }[] {
    return [...this.found.values()].flat().sort((a, b) => a.ordinal - b.ordinal);
  }

  private *locate(tile: number, window: ReadWindow, log: DiagnosticLog): Reading<readonly FoundPart[]> {
    if (this.tlm) {
      const places = this.tlm.get(tile) ?? [];
      const parts: FoundPart[] = [];
      for (const place of places) {
        const sot = yield* this.readSotSafely(window, place.offset, log);
        if (sot === undefined || sot.isot !== tile || (sot.psot !== 0 && sot.psot !== place.length)) {
          if (place.offset >= this.end) break; // cut off before this tile-part
          log.add('tlm-value', `TLM puts a part of tile ${tile} where there is none; TLM is ignored`, {
            offset: place.offset,
            clause: '15444-1 A.7.1',
          });
          this.tlm = undefined;
          break;
        }
        parts.push({ sot, ordinal: place.ordinal, end: Math.min(place.offset + place.length, this.end) });
      }
      if (this.tlm) {
        this.noteCut(parts, log);
        return parts;
      }
    }
    while (!this.finished && !this.isWhole(tile)) yield* this.hop(window, log);
    return this.found.get(tile) ?? [];
  }

  private noteCut(parts: readonly FoundPart[], log: DiagnosticLog): void {
    const last = parts.at(-1);
    if (last && last.sot.psot !== 0 && last.sot.offset + last.sot.psot > this.end) this.reportCut(last.sot, log);
  }

  private reportCut(sot: Sot, log: DiagnosticLog): void {
    log.add(
      'tile-part-length',
      `the tile-part says ${sot.psot} bytes, the codestream ends ${this.end - sot.offset} later`,
      {
        offset: sot.offset,
        clause: '15444-1 A.4.2',
      },
    );
  }

  /** True once the tile has said how many parts it has, and all of them were found. */
  private isWhole(tile: number): boolean {
    const parts = this.found.get(tile);
    return parts?.some((p) => p.sot.tnsot !== 0 && p.sot.tnsot <= parts.length) ?? false;
  }

  private *hop(window: ReadWindow, log: DiagnosticLog): Reading<void> {
    const sot = yield* this.readSotSafely(window, this.position, log);
    if (sot === undefined) {
      yield* this.endHere(window, log);
      return;
    }
    let end = sot.offset + sot.psot;
    if (sot.psot === 0) {
      end = this.end;
      if (end < Number.MAX_SAFE_INTEGER) {
        const tail = yield* window.need(end - 2, 2);
        if (tail.length === 2 && ((tail[0] << 8) | tail[1]) === M.EOC) end -= 2;
        else log.add('eoc-missing', 'the codestream has no EOC', { offset: this.end, clause: '15444-1 A.4.4' });
      }
      this.finished = true;
    } else if (end > this.end) {
      this.reportCut(sot, log);
      end = this.end;
      this.finished = true;
    }
    const parts = this.found.get(sot.isot) ?? [];
    if (parts.length !== sot.tpsot) {
      log.add('tile-part-order', `tile ${sot.isot}: part ${sot.tpsot} where part ${parts.length} was expected`, {
        offset: sot.offset,
        clause: '15444-1 A.4.2',
      });
    }
    parts.push({ sot, ordinal: this.ordinal++, end });
    this.found.set(sot.isot, parts);
    this.position = end;
  }

  private *readSotSafely(window: ReadWindow, offset: number, log: DiagnosticLog): Reading<Sot | undefined> {
    if (offset >= this.end) return undefined;
    try {
      return yield* readSot(window, offset, this.numTiles);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      log.add(error.code, error.message, error.offset === undefined ? {} : { offset: error.offset });
      return undefined;
    }
  }

  private *endHere(window: ReadWindow, log: DiagnosticLog): Reading<void> {
    this.finished = true;
    const bytes = this.position < this.end ? yield* window.need(this.position, 2) : EMPTY;
    const marker = bytes.length === 2 ? (bytes[0] << 8) | bytes[1] : 0;
    if (marker === M.EOC) return;
    if (bytes.length < 2) {
      log.add('eoc-missing', 'the codestream has no EOC', { offset: this.position, clause: '15444-1 A.4.4' });
      return;
    }
    log.add('marker-missing', `expected SOT or EOC, found 0x${marker.toString(16).padStart(4, '0')}`, {
      offset: this.position,
      clause: '15444-1 A.4.2',
    });
  }
}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** Adds up TLM into places; `undefined` when there is none or it cannot be right. */
function placesFromTlm(
  main: MainHeader,
  numTiles: number,
  end: number,
): Map<number, { offset: number; ordinal: number; length: number }[]> | undefined {
  const segments = [...main.segments.tlm].sort((a, b) => a.index - b.index);
  if (segments.length === 0) return undefined;
  const places = new Map<number, { offset: number; ordinal: number; length: number }[]>();
  let offset = main.end;
  let ordinal = 0;
  for (const { entries } of segments) {
    for (const entry of entries) {
      const tile = entry.tile ?? ordinal; // A.7.1: without Ttlm, one tile-part a tile, in order
      if (tile >= numTiles || entry.length < 14) return undefined;
      const parts = places.get(tile);
      const place = { offset, ordinal, length: entry.length };
      if (parts) parts.push(place);
      else places.set(tile, [place]);
      offset += entry.length;
      ordinal++;
    }
  }
  // a TLM that leaves bytes over does not list every tile-part
  return end < Number.MAX_SAFE_INTEGER && offset + 2 < end ? undefined : places;
}

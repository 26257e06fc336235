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
import { type DiagnosticLog, Jpeg2000Error, placeOf } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import type { ByteRange, Reading } from '../source.ts';

/** A tile-part that has been found; its header may not have been read. */
interface FoundPart {
  readonly sot: Sot;
  readonly ordinal: number;
  readonly end: number;
}

/** The tile-parts of one tile, as far as they have been found. */
interface FoundTile {
  readonly parts: FoundPart[];
  /** The least TNsot that was said, infinite before one is. */
  total: number;
}

/** Where TLM says that a tile-part stands. */
interface Place {
  readonly offset: number;
  readonly ordinal: number;
  readonly length: number;
}

/** TPsot is one byte and 255 is not used (A.4.2). */
const MAX_PARTS_OF_TILE = 255;

/** What is fetched of a tile-part for its header; a header that needs more, as with long PLT, is read on. */
export const HEAD_BYTES = 4096;

/** Tile-parts that are gone through between two moments to pause. */
const PARTS_BETWEEN_PAUSES = 512;

/** All tile-parts of one codestream, found step by step. */
export class TilePartFinder {
  private readonly main: MainHeader;
  private readonly numTiles: number;
  /** End of the codestream, as far as known. */
  private readonly end: number;
  private readonly found = new Map<number, FoundTile>();
  private readonly read = new Map<number, readonly TilePart[]>();
  private position: number;
  private ordinal = 0;
  /** True when there is nothing more to hop to. */
  private finished = false;
  /** From TLM: the places of each tile's parts. */
  private tlm: ReadonlyMap<number, readonly Place[]> | undefined;
  /** True once TLM was held against what can be known without following it. */
  private tlmChecked = false;
  /** Tile-parts gone through since the last moment to pause. */
  private work = 0;

  constructor(main: MainHeader, end: number) {
    this.main = main;
    this.numTiles = numXTiles(main.siz) * numYTiles(main.siz);
    this.end = end;
    this.position = main.end;
  }

  /** The tile-parts of a tile in order, headers read; empty when the codestream has none. */
  *partsOf(tile: number, window: ReadWindow, log: DiagnosticLog): Reading<readonly TilePart[]> {
    const done = this.read.get(tile);
    if (done) return done;
    const parts: TilePart[] = [];
    const located = yield* this.locate(tile, window, log);
    if (located.length > 1) yield* window.fetchAhead(located.map(({ sot, end }) => headOf(sot.offset, end)));
    for (const part of located) {
      yield* this.pace();
      try {
        const numComponents = this.main.siz.components.length;
        parts.push(yield* readTilePart(window, part.sot, part.ordinal, part.end, numComponents, log));
      } catch (error) {
        if (!(error instanceof Jpeg2000Error)) throw error;
        // what stood before it in the tile can still be decoded
        log.add(error.code, `tile ${tile}: ${error.reason}`, { offset: part.sot.offset, ...placeOf(error) });
        break;
      }
    }
    if (parts.length === 0)
      log.add('tile-missing', `tile ${tile} is not in the codestream`, { clause: '15444-1 A.4.2' });
    this.read.set(tile, parts);
    return parts;
  }

  /** Lets go of headers that hold on to bytes, PLT and PPT; they are read again when they are asked for. */
  letGo(tile: number): void {
    const heavy = this.read.get(tile)?.some(({ segments }) => segments.plt.length > 0 || segments.ppt.length > 0);
    if (heavy) this.read.delete(tile);
  }

  /** Fetches the headers of these tiles at once, as far as it is known where they are. */
  *fetchHeaders(tiles: readonly number[], window: ReadWindow, log: DiagnosticLog): Reading<void> {
    yield* this.checkTlm(window, log);
    const heads: ByteRange[] = [];
    for (const tile of tiles) {
      if (this.read.has(tile)) continue;
      for (const { offset, length } of this.tlm?.get(tile) ?? []) heads.push(headOf(offset, offset + length));
      if (this.tlm === undefined && this.isWhole(tile)) {
        for (const { sot, end } of this.found.get(tile)!.parts) heads.push(headOf(sot.offset, end));
      }
    }
    yield* window.fetchAhead(heads);
  }

  /** Finds everything; afterwards {@link all} lists it. */
  *findAll(window: ReadWindow, log: DiagnosticLog): Reading<void> {
    yield* this.checkTlm(window, log);
    this.tlm = undefined;
    while (!this.finished) yield* this.hop(window, log);
  }

  /** The tile-parts found so far, in codestream order. */
  all(): { readonly sot: Sot; readonly end: number }[] {
    return [...this.found.values()].flatMap(({ parts }) => parts).sort((a, b) => a.ordinal - b.ordinal);
  }

  private *locate(tile: number, window: ReadWindow, log: DiagnosticLog): Reading<readonly FoundPart[]> {
    yield* this.checkTlm(window, log);
    if (this.tlm) {
      const parts = yield* this.locateByTlm(tile, this.tlm.get(tile) ?? [], window, log);
      if (parts) {
        this.noteCut(parts, log);
        return parts;
      }
    }
    while (!this.finished && !this.isWhole(tile)) yield* this.hop(window, log);
    return this.found.get(tile)?.parts ?? [];
  }

  /** The parts of a tile where TLM says; `undefined` when they are not there, and TLM is dropped. */
  private *locateByTlm(
    tile: number,
    places: readonly Place[],
    window: ReadWindow,
    log: DiagnosticLog,
  ): Reading<FoundPart[] | undefined> {
    const parts: FoundPart[] = [];
    for (const { offset, ordinal, length } of places) {
      yield* this.pace();
      const sot = yield* this.sotAt(window, offset);
      const right =
        sot !== undefined &&
        !(sot instanceof Jpeg2000Error) &&
        sot.isot === tile &&
        (sot.psot === 0 || sot.psot === length);
      if (!right) {
        if (offset >= this.end) break; // cut off before this tile-part
        this.dropTlm(log, `TLM puts a part of tile ${tile} where there is none`, offset);
        return undefined;
      }
      if (parts.length === MAX_PARTS_OF_TILE) {
        this.reportTooMany(sot, log);
        break;
      }
      parts.push({ sot, ordinal, end: Math.min(offset + length, this.end) });
    }
    return parts;
  }

  /** Adds up TLM, once, and drops it when it cannot be right. */
  private *checkTlm(window: ReadWindow, log: DiagnosticLog): Reading<void> {
    if (this.tlmChecked) return;
    this.tlmChecked = true;
    if (this.main.segments.tlm.length === 0) return;
    const listed = placesFromTlm(this.main, this.numTiles);
    if (listed.problem !== undefined) {
      this.dropTlm(log, listed.problem, this.main.offset);
      return;
    }
    this.tlm = listed.places;
    if (this.end === Number.MAX_SAFE_INTEGER || listed.end + 2 >= this.end) return;
    // a TLM that leaves bytes over does not list every tile-part, unless they come after EOC
    const next = yield* window.need(listed.end, 2);
    if (next.length === 2 && ((next[0] << 8) | next[1]) === M.EOC) return;
    this.dropTlm(log, `the tile-parts in TLM end at byte ${listed.end}, the codestream goes on`, this.main.offset);
  }

  private dropTlm(log: DiagnosticLog, problem: string, offset: number): void {
    this.tlm = undefined;
    log.add('tlm-value', `${problem}; TLM is ignored`, { offset, clause: '15444-1 A.7.1' });
  }

  private *pace(): Reading<void> {
    if (++this.work < PARTS_BETWEEN_PAUSES) return;
    this.work = 0;
    yield [];
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
    const known = this.found.get(tile);
    return known !== undefined && known.total <= known.parts.length;
  }

  private *hop(window: ReadWindow, log: DiagnosticLog): Reading<void> {
    yield* this.pace();
    const position = this.position;
    const sot = yield* this.sotAt(window, position);
    if (this.position !== position || this.finished) return; // another reading came here meanwhile
    if (sot === undefined) {
      yield* this.endHere(window, log);
      return;
    }
    if (sot instanceof Jpeg2000Error) {
      this.finished = true;
      log.add(sot.code, sot.reason, placeOf(sot));
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
    this.position = end;
    this.keep({ sot, ordinal: this.ordinal++, end }, log);
  }

  /** Puts a tile-part to its tile, unless no such tile or part can be. */
  private keep(part: FoundPart, log: DiagnosticLog): void {
    const { offset, isot, tpsot, tnsot } = part.sot;
    if (isot >= this.numTiles) {
      log.add('sot-value', `tile ${isot} of ${this.numTiles}; the tile-part is left out`, {
        offset: offset + 4,
        clause: '15444-1 A.4.2',
      });
      return;
    }
    let known = this.found.get(isot);
    if (known === undefined) {
      known = { parts: [], total: Number.POSITIVE_INFINITY };
      this.found.set(isot, known);
    }
    if (known.parts.length === MAX_PARTS_OF_TILE) {
      this.reportTooMany(part.sot, log);
      return;
    }
    if (known.parts.length !== tpsot) {
      log.add('tile-part-order', `tile ${isot}: part ${tpsot} where part ${known.parts.length} was expected`, {
        offset,
        clause: '15444-1 A.4.2',
      });
    }
    known.parts.push(part);
    if (tnsot !== 0) known.total = Math.min(known.total, tnsot);
  }

  private reportTooMany(sot: Sot, log: DiagnosticLog): void {
    log.add('tile-part-order', `tile ${sot.isot}: a part beyond the ${MAX_PARTS_OF_TILE} possible ones is left out`, {
      offset: sot.offset,
      clause: '15444-1 A.4.2',
    });
  }

  /** SOT, or what is wrong with it; `undefined` when something else stands there. Any tile index is taken. */
  private *sotAt(window: ReadWindow, offset: number): Reading<Sot | Jpeg2000Error | undefined> {
    if (offset >= this.end) return undefined;
    try {
      return yield* readSot(window, offset, Number.POSITIVE_INFINITY);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      return error;
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

/** Where the header of a tile-part at `offset .. end` is. */
function headOf(offset: number, end: number): ByteRange {
  return { offset, length: Math.min(HEAD_BYTES, end - offset) };
}

/** What TLM says as places, and where the last one ends; `problem` when it cannot be right. */
function placesFromTlm(
  main: MainHeader,
  numTiles: number,
): { readonly places: ReadonlyMap<number, readonly Place[]>; readonly end: number; readonly problem?: string } {
  const places = new Map<number, Place[]>();
  let offset = main.end;
  let ordinal = 0;
  for (const { entries } of [...main.segments.tlm].sort((a, b) => a.index - b.index)) {
    for (const { tile = ordinal, length } of entries) {
      // A.7.1: without Ttlm, one tile-part a tile, in order
      if (tile >= numTiles) return { places, end: offset, problem: `TLM names tile ${tile} of ${numTiles}` };
      if (length < 14) return { places, end: offset, problem: `a tile-part of ${length} bytes in TLM cannot be` };
      const parts = places.get(tile);
      const place = { offset, ordinal, length };
      if (parts) parts.push(place);
      else places.set(tile, [place]);
      offset += length;
      ordinal++;
    }
  }
  return { places, end: offset };
}

/**
 * Walks a codestream from tile-part to tile-part (15444-1 A.4.2): order and number, lengths, TLM, EOC, and what comes after it.
 */
import type { MainHeader } from '../codestream/main-header.ts';
import * as M from '../codestream/markers.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import { readSot, type Sot } from '../codestream/tile-part.ts';
import { Jpeg2000Error } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import type { Findings } from './findings.ts';

/** A tile-part and where it ends. */
export interface WalkedPart {
  readonly sot: Sot;
  /** Place among all tile-parts. */
  readonly ordinal: number;
  readonly end: number;
}

/** Tile-parts between two moments to pause. */
const PARTS_BETWEEN_PAUSES = 512;

/** TPsot is one byte, and 255 tile-parts is the most that TNsot can say (A.4.2). */
const MAX_PARTS_OF_TILE = 255;

/** Where a codestream lies. */
export interface Extent {
  readonly start: number;
  /** The end of what is there of it. */
  readonly end: number;
}

/** What the tile-parts of a tile come to, kept as they pass: there can be millions. */
interface PartTally {
  /** Tile-parts so far, with those beyond the possible ones. */
  count: number;
  /** TNsot, where it has been said; 0 tally. */
  said: number;
}

/**
 * The tile-parts of each tile, in codestream order, without those beyond the 255 that can be numbered; what cannot be followed ends
 * the walk with a finding.
 */
export function* walkTileParts(
  main: MainHeader,
  window: ReadWindow,
  { end }: Extent,
  limits: Limits,
  findings: Findings,
): Reading<Map<number, WalkedPart[]>> {
  const numTiles = numXTiles(main.siz) * numYTiles(main.siz);
  const tiles = new Map<number, WalkedPart[]>();
  const tallies = new Map<number, PartTally>();
  const lengths: { tile: number; length: number }[] = [];
  let position = main.end;
  let complete = false;
  for (let ordinal = 0; ; ordinal++) {
    if (ordinal % PARTS_BETWEEN_PAUSES === PARTS_BETWEEN_PAUSES - 1) yield [];
    if (ordinal >= limits.codeBlocks) {
      findings.warning('limit-code-blocks', `more than ${limits.codeBlocks} tile-parts: the rest is not checked`, {
        offset: position,
      });
      break;
    }
    const head = yield* window.need(position, 2);
    if (head.length === 2 && ((head[0] << 8) | head[1]) === M.EOC) {
      checkAfterEoc(position + 2, end, findings);
      complete = true;
      break;
    }
    if (head.length === 0) {
      findings.error('eoc-missing', 'the codestream ends without EOC', { offset: position, clause: '15444-1 A.4.4' });
      complete = true;
      break;
    }
    const part = yield* partAt(position, ordinal, numTiles, window, end, findings);
    if (part === undefined) break;
    const { isot } = part.sot;
    const tally = tallies.get(isot) ?? { count: 0, said: 0 };
    checkSot(part, tally, findings);
    if (tally.count === 0) {
      tallies.set(isot, tally);
      tiles.set(isot, [part]);
    } else if (tally.count < MAX_PARTS_OF_TILE) tiles.get(isot)!.push(part);
    tally.count++;
    lengths.push({ tile: isot, length: part.end - position });
    position = part.end;
    if (part.sot.psot !== 0 && part.sot.offset + part.sot.psot > end) break; // cut off: the finding has been made
  }
  if (complete) checkCompleteness(tiles, tallies, numTiles, main, findings);
  if (main.segments.tlm.length > 0 && complete) checkTlm(main, lengths, findings);
  return tiles;
}

function* partAt(
  position: number,
  ordinal: number,
  numTiles: number,
  window: ReadWindow,
  end: number,
  findings: Findings,
): Reading<WalkedPart | undefined> {
  const clause = '15444-1 A.4.2';
  let sot: Sot | undefined;
  try {
    sot = yield* readSot(window, position, numTiles);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    findings.thrown(error);
    return undefined;
  }
  if (sot === undefined) {
    findings.error('marker-missing', 'expected SOT or EOC: the codestream cannot be followed', {
      offset: position,
      clause,
    });
    return undefined;
  }
  if (sot.psot !== 0) {
    const stop = position + sot.psot;
    if (stop > end) {
      findings.error('tile-part-length', `a tile-part of ${sot.psot} bytes, where ${end - position} are left`, {
        offset: position,
        clause,
      });
    }
    return { sot, ordinal, end: Math.min(stop, end) };
  }
  // Psot 0: to EOC, which must be the last two bytes
  const tail = yield* window.need(end - 2, 2);
  const closed = tail[0] === 0xff && tail[1] === 0xd9 && end - 2 >= position + 14;
  return { sot, ordinal, end: closed ? end - 2 : end };
}

/** TPsot counts from 0, and TNsot is the same wherever it is said. */
function checkSot({ sot }: WalkedPart, tally: PartTally, findings: Findings): void {
  const place = { offset: sot.offset, clause: '15444-1 A.4.2' };
  if (tally.count === MAX_PARTS_OF_TILE) {
    const message = `tile ${sot.isot} has more than ${MAX_PARTS_OF_TILE} parts: those beyond are not checked`;
    findings.error('tile-part-order', message, place);
  } else if (tally.count < MAX_PARTS_OF_TILE && sot.tpsot !== tally.count) {
    findings.error('tile-part-order', `tile ${sot.isot} has part ${sot.tpsot} where ${tally.count} is due`, place);
  }
  if (sot.tnsot !== 0 && tally.said !== 0 && sot.tnsot !== tally.said) {
    findings.error('sot-value', `tile ${sot.isot} has ${tally.said} parts, and then ${sot.tnsot}`, place);
  }
  if (tally.said === 0) tally.said = sot.tnsot;
  if (sot.tnsot !== 0 && sot.tpsot >= sot.tnsot) {
    findings.error('sot-value', `part ${sot.tpsot} of the ${sot.tnsot} of tile ${sot.isot}`, place);
  }
}

function checkCompleteness(
  tiles: ReadonlyMap<number, readonly WalkedPart[]>,
  tallies: ReadonlyMap<number, PartTally>,
  numTiles: number,
  main: MainHeader,
  findings: Findings,
): void {
  const clause = '15444-1 A.4.2';
  if (tiles.size < numTiles) {
    let first = 0;
    while (tiles.has(first)) first++;
    const message = `${numTiles - tiles.size} of ${numTiles} tiles have no tile-part, the first is ${first}`;
    findings.error('tile-missing', message, { offset: main.end, clause });
  }
  for (const [tile, parts] of tiles) {
    const { said, count } = tallies.get(tile)!;
    if (said === 0 || said === count) continue;
    findings.error('tile-part-order', `tile ${tile} has ${count} of ${said} parts`, {
      offset: parts[0].sot.offset,
      clause,
    });
  }
}

/** A.7.1: the lengths of all tile-parts, in codestream order. */
function checkTlm(main: MainHeader, lengths: readonly { tile: number; length: number }[], findings: Findings): void {
  const place = { offset: main.offset, clause: '15444-1 A.7.1' };
  const entries = [...main.segments.tlm].sort((a, b) => a.index - b.index).flatMap((segment) => segment.entries);
  if (entries.length !== lengths.length) {
    findings.error('tlm-value', `TLM lists ${entries.length} tile-parts, there are ${lengths.length}`, place);
  }
  const count = Math.min(entries.length, lengths.length);
  for (let k = 0; k < count; k++) {
    const tile = entries[k].tile ?? k; // without Ttlm every tile has one part, and they come in order
    const { length } = entries[k];
    if (tile === lengths[k].tile && length === lengths[k].length) continue;
    const [said, found] = [`tile ${tile}, ${length} bytes`, `tile ${lengths[k].tile}, ${lengths[k].length} bytes`];
    findings.error('tlm-value', `TLM says of tile-part ${k}: ${said}; it is ${found}`, place);
    return;
  }
}

function checkAfterEoc(after: number, end: number, findings: Findings): void {
  if (end <= after) return;
  findings.warning('eoc-missing', `${end - after} bytes follow EOC`, { offset: after, clause: '15444-1 A.4.4' });
}

/**
 * All boxes of a file as a tree (15444-1 I.4), without their contents.
 *
 * Only headers are read, with a small read-ahead, so listing a file of many gigabytes costs a few reads. Superboxes are
 * opened to a limited depth. A box never reaches beyond the one that holds it, nor beyond the file: lengths that say so
 * are cut with a diagnostic, and so nothing in the tree overlaps.
 */
import { type DiagnosticLog, Jpeg2000Error, malformed, overLimit, placeOf } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { type BoxHeader, contentOffset, readBoxHeader } from './box.ts';
import { boxNameOf } from './box-names.ts';
import type { BoxInfo } from './named-boxes.ts';
import { orderProblems } from './box-order.ts';
import { fieldsBeforeBoxes } from './superboxes.ts';

/** One box of a file, as `readBoxes` finds it. Plain data, which can be kept, sent and compared. */
export interface BoxNode extends BoxInfo {
  /** Bytes of the whole box that the file holds; `undefined` when it goes on to an end that is not known. */
  readonly length: number | undefined;
  /** True when the box says that it goes on to the end of the file (LBox = 0). */
  readonly openEnded?: true;
  /** Bytes that the box says it has, where the file or the box around it holds fewer. */
  readonly claimedLength?: number;
  /** The boxes of a superbox that could be read; absent for other boxes. */
  readonly children?: readonly BoxNode[];
}

/** The boxes of a file. */
export interface BoxTree {
  /** BR of the file type box (15444-1 I.5.2), as `'jp2 '` or `'jpx '`; `undefined` where there is none. */
  readonly brand: string | undefined;
  /** The boxes that are not inside another, in file order; none for a bare codestream. */
  readonly boxes: readonly BoxNode[];
}

/** Superboxes nest no deeper than this in any file that means well; deeper ones are listed without what they hold. */
export const MAX_BOX_DEPTH = 24;

/** How far ahead of a box header the file is read, and how far where small boxes follow each other for long. */
const READ_AHEAD = 4096;
const MOST_READ_AHEAD = 1 << 17;

/** TBox of a box that is all zeros. */
const UNFILLED = '\0\0\0\0';

/** What the walk carries along. */
interface Walk {
  readonly file: ReadWindow;
  readonly log: DiagnosticLog;
  readonly mostBoxes: number;
  numBoxes: number;
}

/**
 * Lists every box of a file. A bare codestream has none.
 *
 * `sizeOf` tells the length of the input as far as it is known by then; a source over HTTP knows it after its first
 * read.
 *
 * @throws {Jpeg2000Error} `not-jpeg2000` for a file without a signature box, `limit-boxes`.
 */
export function* readBoxTree(
  log: DiagnosticLog,
  limits: Pick<Limits, 'boxes'>,
  sizeOf: () => number | undefined,
): Reading<BoxTree> {
  const file = new ReadWindow(READ_AHEAD, sizeOf(), { mostChunk: MOST_READ_AHEAD });
  const start = yield* file.need(0, 12);
  if (start.length >= 2 && start[0] === 0xff && start[1] === 0x4f) return { brand: undefined, boxes: [] };
  checkSignature(start);
  const walk: Walk = { file, log, mostBoxes: limits.boxes, numBoxes: 0 };
  const boxes: BoxNode[] = [];
  const size = sizeOf();
  for (let offset = 0; size === undefined || offset < size; ) {
    const header = yield* nextHeader(walk, offset);
    if (!header) break;
    const box = yield* nodeOf(walk, header, size ?? Number.POSITIVE_INFINITY, 1);
    boxes.push(box);
    if (box.length === undefined) break;
    offset += box.length;
  }
  for (const { code, message, offset, clause } of orderProblems(boxes)) {
    log.add(code, message, { ...(offset === undefined ? {} : { offset }), clause });
  }
  const brand = yield* brandOf(file, boxes);
  const [, second] = boxes.filter(({ type }) => type === 'jp2c');
  if (brand === 'jp2 ' && second) {
    // legal, and probably not meant: no reader of this brand will ever show it
    const message = 'a JP2 file has a second codestream, which its readers ignore';
    log.note('box-duplicate', message, { offset: second.offset, clause: '15444-1 I.5.4' });
  }
  return { brand, boxes };
}

/** The first eight bytes of every file of the family (15444-1 I.5.1). */
function checkSignature(start: Uint8Array): void {
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  if (start.length >= 12 && view.getUint32(0) === 12 && view.getUint32(4) === 0x6a502020) return;
  throw malformed('not-jpeg2000', 'expected a codestream or a signature box, found neither', {
    offset: 0,
    clause: '15444-1 I.5.1',
  });
}

/** A box header; nonsense after the first boxes ends the list with a diagnostic. */
function* nextHeader(walk: Walk, offset: number): Reading<BoxHeader | undefined> {
  count(walk, offset);
  try {
    return yield* readBoxHeader(walk.file, offset);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    walk.log.add(error.code, `the rest of the file is skipped: ${error.reason}`, placeOf(error));
    return undefined;
  }
}

function count(walk: Walk, offset: number): void {
  if (++walk.numBoxes <= walk.mostBoxes) return;
  throw overLimit('limit-boxes', `expected at most ${walk.mostBoxes} boxes, found more`, { offset });
}

/** A box and what it holds; `end` is where the box around it, or the file, ends. */
function* nodeOf(walk: Walk, header: BoxHeader, end: number, depth: number): Reading<BoxNode> {
  const { type, offset, headerLength } = header;
  const room = end - offset;
  const openEnded = header.length === undefined;
  const claimed = header.length ?? room;
  const length = Math.min(claimed, room);
  if (claimed > room || (openEnded && depth > 1)) {
    const found = openEnded ? 'an open end' : `${claimed} bytes`;
    const holder = depth > 1 ? 'its superbox' : 'the file';
    walk.log.add('box-length', `box '${type}' has ${found} where ${holder} has ${room} left`, {
      offset,
      clause: '15444-1 I.4',
    });
  }
  const children = yield* childrenOf(walk, header, offset + length, depth);
  return {
    type,
    name: boxNameOf(type),
    offset,
    headerLength,
    length: Number.isFinite(length) ? length : undefined,
    ...(openEnded ? { openEnded } : {}),
    ...(claimed > length ? { claimedLength: claimed } : {}),
    ...(children ? { children } : {}),
  };
}

/**
 * The boxes of a superbox. One whose contents make no sense is listed without them, since half a list is one that
 * nobody can write back.
 */
function* childrenOf(walk: Walk, box: BoxHeader, end: number, depth: number): Reading<BoxNode[] | undefined> {
  const fields = fieldsBeforeBoxes(box.type);
  if (fields === undefined || end === Number.POSITIVE_INFINITY) return undefined;
  const place = { offset: box.offset, clause: '15444-1 I.4' };
  if (depth >= MAX_BOX_DEPTH) {
    walk.log.add('limit-boxes', `what superbox '${box.type}' holds at depth ${depth} is not listed`, place);
    return undefined;
  }
  const children: BoxNode[] = [];
  let offset = contentOffset(box) + fields;
  if (offset > end) {
    walk.log.add('box-length', `box '${box.type}' ends within its fields`, place);
    return undefined;
  }
  while (offset < end) {
    count(walk, offset);
    let child: BoxHeader | undefined;
    try {
      child = yield* readBoxHeader(walk.file, offset);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      walk.log.add(error.code, `what superbox '${box.type}' holds is not listed: ${error.reason}`, placeOf(error));
      return undefined;
    }
    if (!child || offset + child.headerLength > end) {
      walk.log.add('box-length', `superbox '${box.type}' ends within a box header`, place);
      return undefined;
    }
    // a writer left room for an index and did not come back
    if (child.type === UNFILLED && child.length === undefined) return undefined;
    const node: BoxNode = yield* nodeOf(walk, child, end, depth + 1);
    children.push(node);
    offset += node.length!;
  }
  return children;
}

/** BR of the first file type box. */
function* brandOf(file: ReadWindow, boxes: readonly BoxNode[]): Reading<string | undefined> {
  const box = boxes.find(({ type }) => type === 'ftyp');
  if (!box) return undefined;
  const bytes = yield* file.need(contentOffset(box), 4);
  return bytes.length < 4 ? undefined : String.fromCharCode(...bytes);
}

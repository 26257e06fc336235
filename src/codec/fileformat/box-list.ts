/**
 * What a caller hands in as boxes, looked at before anything is done with it: a list that makes sense, and that has an end.
 *
 * A list may hold itself by mistake, or nest deeper than any reader looks, so depth and number are bounded here, once, and whatever
 * walks the list afterwards need not think of it.
 */
import { overLimit, usage } from '../errors.ts';
import { MAX_BOX_DEPTH } from './box-tree.ts';

/** Looks like any box of an edit; nothing is known of what its fields hold. */
interface Candidate {
  readonly type?: unknown;
  readonly content?: unknown;
  readonly children?: unknown;
  readonly fields?: unknown;
}

/**
 * Checks the shape of a list of boxes.
 *
 * @throws {Jpeg2000Error} `option-value` for what is no list of boxes, or nests deeper than superboxes are read; `limit-boxes`.
 */
export function checkBoxList(list: unknown, mostBoxes: number): void {
  let count = 0;
  const visit = (boxes: unknown, depth: number): void => {
    if (!Array.isArray(boxes)) throw usage('option-value', `expected a list of boxes, found ${nameOf(boxes)}`);
    if (depth > MAX_BOX_DEPTH && boxes.length > 0) {
      throw usage('option-value', `expected superboxes to nest ${MAX_BOX_DEPTH} deep at most, found deeper ones`);
    }
    count += boxes.length;
    if (count > mostBoxes) throw overLimit('limit-boxes', `expected at most ${mostBoxes} boxes, found more`);
    for (const box of boxes) {
      checkBox(box);
      if (box.children !== undefined) visit(box.children, depth + 1);
    }
  };
  visit(list, 1);
}

function checkBox(box: Candidate | null | undefined): void {
  if (typeof box !== 'object' || box === null) throw usage('option-value', `expected a box, found ${nameOf(box)}`);
  const { type, content, fields } = box;
  if (typeof type !== 'string') throw usage('option-value', `expected a box with a type, found ${nameOf(type)}`);
  if ('content' in box && !isContent(content)) {
    throw usage('option-value', `expected bytes or a range of a source in box '${type}', found ${nameOf(content)}`);
  }
  if (fields !== undefined && !(fields instanceof Uint8Array)) {
    throw usage('option-value', `expected bytes as the fields of box '${type}', found ${nameOf(fields)}`);
  }
}

/** Bytes, or a run of bytes of a source. */
function isContent(content: unknown): boolean {
  if (content instanceof Uint8Array) return true;
  if (typeof content !== 'object' || content === null) return false;
  const { source, offset, length } = content as { source?: { read?: unknown }; offset?: unknown; length?: unknown };
  const isPlace = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  return typeof source?.read === 'function' && isPlace(offset) && isPlace(length);
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
}

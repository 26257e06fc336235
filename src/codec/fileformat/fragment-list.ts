/**
 * Where the bytes of a codestream stand when they do not stand in one box: the fragment list box (15444-2 M.11.4) inside
 * a fragment table (M.11.3) or a cross-reference (M.11.5).
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed, overLimit } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, writeBox } from './box.ts';

/** A run of bytes of this file or another. */
export interface Fragment {
  /** OFF: where in that file. */
  readonly offset: number;
  /** LEN. */
  readonly length: number;
  /** DR: 0 for this file, n for the n-th entry of the data reference box. */
  readonly dataReference: number;
}

/** Fragments of a codestream at most: more are nobody's picture. One box has room for 65 535. */
export const MAX_FRAGMENTS = 1 << 18;

const CLAUSE = '15444-2 M.11.4';

/** Fragment list (15444-2 M.11.4): a count, then fourteen bytes for each fragment. */
export function readFragmentList(box: BoxContent): Fragment[] {
  const fields = fieldsOf(box, CLAUSE);
  const count = fields.u16();
  const fragments: Fragment[] = [];
  for (let k = 0; k < count; k++) {
    const offset = fields.u32() * 2 ** 32 + fields.u32();
    fragments.push({ offset, length: fields.u32(), dataReference: fields.u16() });
  }
  return fragments;
}

/** A whole fragment list box. */
export function writeFragmentList(w: ByteWriter, fragments: readonly Fragment[]): void {
  writeBox(w, 'flst', () => {
    w.u16(fragments.length);
    for (const { offset, length, dataReference } of fragments) {
      w.u64(offset);
      w.u32(length);
      w.u16(dataReference);
    }
  });
}

/**
 * The fragments of a fragment table or a cross-reference, all its lists joined and checked. They come from a file that
 * may mean ill, and are added up to a codestream; so no byte may be used twice, not even those of the list itself.
 *
 * @throws {Jpeg2000Error} `fragment` for lists that cannot be, or have too many fragments.
 */
export function readFragments(box: BoxContent, log: DiagnosticLog, size?: number): Fragment[] {
  const fragments: Fragment[] = [];
  const lists = box.type === 'cref' ? box.content.subarray(4) : box.content;
  for (const inner of boxesIn(lists, contentOffset(box) + box.content.length - lists.length, log)) {
    if (inner.type === 'flst') for (const fragment of readFragmentList(inner)) fragments.push(fragment);
    if (fragments.length > MAX_FRAGMENTS) {
      throw overLimit('fragment', `expected at most ${MAX_FRAGMENTS} fragments, found more`, { offset: box.offset });
    }
  }
  checkFragments(fragments, box, log, size);
  return fragments;
}

function checkFragments(fragments: readonly Fragment[], box: BoxContent, log: DiagnosticLog, size?: number): void {
  const place = { offset: box.offset, clause: CLAUSE };
  const wrong = (message: string) => malformed('fragment', message, place);
  if (fragments.length === 0) throw wrong(`expected fragments in box '${box.type}', found none`);
  fragments.forEach(({ offset, length, dataReference }, k) => {
    const end = offset + length;
    const most = dataReference === 0 && size !== undefined ? size : Number.MAX_SAFE_INTEGER;
    if (end <= most) return;
    // only the end of a codestream may be missing, as in any file that was cut short
    if (offset >= most || k < fragments.length - 1) throw wrong(`fragment ${k} ends at byte ${end} of ${most}`);
    log.add('fragment', `the last fragment ends ${end - most} bytes after the file`, place);
  });
  const own = { offset: box.offset, length: box.length, dataReference: 0 };
  const sorted = [own, ...fragments.filter(({ length }) => length > 0)].sort(
    (a, b) => a.dataReference - b.dataReference || a.offset - b.offset,
  );
  sorted.reduce((before, after) => {
    const overlap = before.dataReference === after.dataReference && before.offset + before.length > after.offset;
    if (overlap) throw wrong(`fragments overlap at byte ${after.offset}`);
    return after;
  });
}

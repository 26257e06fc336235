/**
 * Codestreams and layers that move when a file is written with other boxes, and what counts them.
 *
 * Codestreams and layers have no names but their places among their like (15444-2 M.11.6, M.11.7). A number list that is
 * kept is about the same pictures as before, so it gets their new numbers; one whose pictures are all gone goes, too, with
 * the association that it begins. So does a registration, which says which codestreams a layer is made of.
 */
import { type DiagnosticLog, usage } from '../errors.ts';
import { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { contentOffset } from './box.ts';
import type { BoxEdit, NewSuperbox } from './box-edit.ts';
import { isCodestream } from './box-order.ts';
import type { BoxNode } from './box-tree.ts';

/** New numbers by old ones; what is not there is gone. */
type Numbers = ReadonlyMap<number, number>;

/** Bytes of a list that is read; longer ones are nobody's. */
const MOST_BYTES = 1 << 20;

/** The first byte of an entry (15444-2 Table M.43). */
const CODESTREAM = 1;
const LAYER = 2;

/** What the walk carries along. */
interface Renumbering {
  readonly codestreams: Numbers;
  /** `undefined` where they stay what they are. */
  readonly layers: Numbers | undefined;
  readonly file: ReadWindow;
  readonly log: DiagnosticLog;
}

/**
 * The list with numbers put right in boxes that are kept; the very same list where all numbers are what they were.
 *
 * @throws {Jpeg2000Error} `box-reference` for a layer that is kept without a codestream that it is made of.
 */
export function* renumber(
  old: readonly BoxNode[],
  list: readonly BoxEdit[],
  size: number,
  log: DiagnosticLog,
): Reading<readonly BoxEdit[]> {
  const codestreams = numbersOf(old, list, isCodestream);
  const isLayer = (type: string) => type === 'jplh';
  const [hadLayers, hasLayers] = [old, list].map((boxes) => boxes.some(({ type }) => isLayer(type)));
  // without layer headers, codestreams are layers; numbers of a file that gets its first or loses its last one stay
  const layers = hadLayers === hasLayers ? numbersOf(old, list, hadLayers ? isLayer : isCodestream) : undefined;
  const same = (numbers: Numbers | undefined, counts: (type: string) => boolean): boolean =>
    numbers === undefined ||
    (numbers.size === old.filter(({ type }) => counts(type)).length && [...numbers].every(([a, b]) => a === b));
  if (same(codestreams, isCodestream) && same(layers, hadLayers ? isLayer : isCodestream)) return list;
  const state = { codestreams, layers, file: new ReadWindow(1 << 16, size), log };
  return yield* visitAll(list, state);
}

/** Counts kept boxes of a kind in the old list and in the new one. */
function numbersOf(old: readonly BoxNode[], list: readonly BoxEdit[], counts: (type: string) => boolean): Numbers {
  const before = new Map<number, number>();
  for (const { type, offset } of old) if (counts(type)) before.set(offset, before.size);
  const numbers = new Map<number, number>();
  let after = 0;
  for (const box of list) {
    if (!counts(box.type)) continue;
    const number = 'offset' in box ? before.get(box.offset) : undefined;
    if (number !== undefined) numbers.set(number, after);
    after++;
  }
  return numbers;
}

function* visitAll(list: readonly BoxEdit[], state: Renumbering): Reading<readonly BoxEdit[]> {
  const visited: BoxEdit[] = [];
  for (const box of list) {
    const one = yield* visit(box, state);
    if (one) visited.push(one);
  }
  const same = visited.length === list.length && visited.every((box, k) => box === list[k]);
  return same ? list : visited;
}

/** A box with its numbers put right; `undefined` for one that is about nothing any more. */
function* visit(box: BoxEdit, state: Renumbering): Reading<BoxEdit | undefined> {
  if ('content' in box) return box;
  if ('offset' in box && (box.type === 'nlst' || box.type === 'creg')) return yield* rewritten(box, state);
  const { children } = box as NewSuperbox;
  if (!children) return box;
  const visited = yield* visitAll(children, state);
  if (visited === children) return box;
  if (box.type === 'asoc' && children[0].type === 'nlst' && visited[0]?.type !== 'nlst') {
    const place = 'offset' in box ? { offset: box.offset, clause: '15444-2 M.11.12' } : {};
    state.log.note('box-reference', 'an association about pictures that are no longer there is left out', place);
    return undefined;
  }
  return { ...(box as NewSuperbox), children: visited };
}

function* rewritten(box: BoxNode, state: Renumbering): Reading<BoxEdit | undefined> {
  const length = (box.length ?? Number.POSITIVE_INFINITY) - box.headerLength;
  if (length > MOST_BYTES) {
    state.log.add('limit-bytes', `the numbers in box '${box.type}' of ${length} bytes are left as they are`, {
      offset: box.offset,
    });
    return box;
  }
  const bytes = yield* state.file.need(contentOffset(box), length);
  const content = box.type === 'nlst' ? numberList(bytes, state) : registration(bytes, box, state);
  if (content === undefined) return undefined;
  const same = content.length === bytes.length && content.every((byte, k) => byte === bytes[k]);
  return same ? box : { type: box.type, content };
}

/** A number list without the pictures that are gone; `undefined` when none is left (15444-2 M.11.12). */
function numberList(bytes: Uint8Array, { codestreams, layers }: Renumbering): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const kind = view.getUint8(at);
    const numbers = kind === CODESTREAM ? codestreams : kind === LAYER ? layers : undefined;
    const before = view.getUint32(at) % 2 ** 24;
    const after = numbers ? numbers.get(before) : before;
    if (after !== undefined) entries.push(kind * 2 ** 24 + after);
  }
  if (entries.length === 0 && bytes.length >= 4) return undefined;
  const out = new DataView(new ArrayBuffer(4 * entries.length));
  entries.forEach((entry, k) => {
    out.setUint32(4 * k, entry);
  });
  return new Uint8Array(out.buffer);
}

/** A registration with the numbers of its codestreams put right: after the grid, six bytes each (15444-2 M.11.7.7). */
function registration(bytes: Uint8Array, box: BoxNode, { codestreams }: Renumbering): Uint8Array {
  const content = bytes.slice();
  const view = new DataView(content.buffer);
  for (let at = 4; at + 6 <= content.length; at += 6) {
    const number = codestreams.get(view.getUint16(at));
    if (number === undefined) {
      const message = `codestream ${view.getUint16(at)}, which the layer with box 'creg' at byte ${box.offset} is made of`;
      throw usage('box-reference', `${message}, is not kept`);
    }
    view.setUint16(at, number);
  }
  return content;
}

/**
 * Which metadata-bins a `metareq` asks for, and how much of each (15444-9 C.5.2).
 *
 * A request names box types, a bin to start from and a depth. A box that matches is wanted with its header and its contents: all of
 * them, which for a superbox means the bins of what it holds too, as deep as the request goes; so many bytes; or, with `:r`, the
 * headers of everything it holds. Because bins are sent from their beginnings, what is wanted of a bin is one length, which also takes
 * in the headers that lead there. Relevance: `g` are boxes about no particular codestream, `s` and `w` boxes about the codestreams of the
 * view-window, `a` all, which is also what no letter means.
 */
import { JpipError } from '../errors.ts';
import type { MetadataBox as BoxRequest, MetadataRequest, MetadataRequests } from '../request/fields.ts';
import type { BinPart, MetadataBox, SplitFile } from './metadata-bins.ts';

/** What is wanted of one metadata-bin. */
export interface WantedBin {
  readonly id: number;
  /** Bytes from its beginning. */
  readonly length: number;
  /** To be sent before image data. */
  readonly priority: boolean;
}

/** Boxes at the top of a file that every view-window implies, as far as they are about its codestreams (C.5.1). */
const IMPLIED: ReadonlySet<string> = /* @__PURE__ */ new Set(['jP  ', 'ftyp', 'rreq', 'comp', 'jp2h', 'jpch', 'jplh']);

/** Box types that a `metareq` may name altogether; each may walk through the whole file. */
const MOST_BOX_REQUESTS = 256;

/** Looks at boxes for one request: a fraction of a second. */
const MOST_VISITS = 2_000_000;

/** The urgent and all other needs for each bin, as lengths. */
interface Wanted {
  length: number;
  urgent: number;
}

interface Selection {
  readonly split: SplitFile;
  readonly codestreams: ReadonlySet<number> | undefined;
  readonly wanted: Map<number, Wanted>;
  /** Boxes that may still be looked at, once for each wish that reaches them. */
  left: number;
}

/**
 * Selects what is asked for: urgent bins first, then by number. A bin can come twice, first as much of it as is urgent. `codestreams`
 * are those of the view-window; without them every codestream is.
 *
 * @throws {JpipError} `limit-request` for a request of too many box types.
 */
export function selectMetadata(
  split: SplitFile,
  { requests }: MetadataRequests,
  codestreams?: readonly number[],
): WantedBin[] {
  const boxRequests = requests.reduce((sum, { boxes }) => sum + boxes.length, 0);
  if (boxRequests > MOST_BOX_REQUESTS) {
    throw new JpipError(
      'limit',
      'limit-request',
      `metareq names ${boxRequests} box types; the limit is ${MOST_BOX_REQUESTS}`,
      {
        clause: '15444-9 C.5.2',
      },
    );
  }
  const selection: Selection = {
    split,
    codestreams: codestreams && new Set(codestreams),
    wanted: new Map(),
    left: MOST_VISITS,
  };
  for (const request of requests) {
    const root = split.bins[request.root ?? 0];
    if (root) selectIn(selection, root.boxes, request, 0);
  }
  const all = [...selection.wanted].sort(([a], [b]) => a - b);
  const urgent = all.filter(([, wanted]) => wanted.urgent > 0);
  const rest = all.filter(([, wanted]) => wanted.length > wanted.urgent);
  return [
    ...urgent.map(([id, wanted]) => ({ id, length: wanted.urgent, priority: true })),
    ...rest.map(([id, wanted]) => ({ id, length: wanted.length, priority: false })),
  ];
}

/**
 * Selects what a view-window needs besides metadata-bin 0: headers that are too large to stand there, and boxes that they refer to. Most files
 * have none.
 */
export function impliedMetadata(split: SplitFile, codestreams?: readonly number[]): WantedBin[] {
  const selection: Selection = {
    split,
    codestreams: codestreams && new Set(codestreams),
    wanted: new Map(),
    left: MOST_VISITS,
  };
  for (const box of split.bins[0].boxes) {
    const about = box.codestreams === undefined || isRelevant(selection, box, { type: box.type, relevance: 'w' });
    if (IMPLIED.has(box.type) && about) takeContents(selection, box, { type: box.type }, Number.POSITIVE_INFINITY);
  }
  selection.wanted.delete(0);
  return [...selection.wanted].sort(([a], [b]) => a - b).map(([id, { length }]) => ({ id, length, priority: true }));
}

/** Selects among boxes and what they hold; gives whether something was, and whether urgently. */
function selectIn(
  selection: Selection,
  boxes: readonly MetadataBox[],
  request: MetadataRequest,
  depth: number,
): { readonly some: boolean; readonly urgent: boolean } {
  const { boxes: wishes, depth: most = Number.POSITIVE_INFINITY } = request;
  let some = false;
  let urgent = false;
  for (const box of boxes) {
    let here = false;
    let urgentHere = false;
    for (const wish of wishes) {
      visit(selection);
      if ((wish.type !== '*' && wish.type !== box.type) || !isRelevant(selection, box, wish)) continue;
      takeContents(selection, box, wish, most - depth);
      here = true;
      urgentHere ||= wish.priority === true;
    }
    if (box.children && depth < most) {
      const below = selectIn(selection, box.children, request, depth + 1);
      here ||= below.some;
      urgentHere ||= below.urgent;
    }
    if (here) want(selection, box.header, box.header.end, urgentHere);
    some ||= here;
    urgent ||= urgentHere;
  }
  return { some, urgent };
}

function takeContents(selection: Selection, box: MetadataBox, wish: BoxRequest, levels: number): void {
  const { contents, children } = box;
  if (!contents) return;
  const urgent = wish.priority === true;
  if (typeof wish.limit === 'number') {
    const end = Math.min(contents.end, contents.start + wish.limit);
    if (wish.limit > 0) want(selection, contents, end, urgent);
    return;
  }
  if (wish.limit === undefined) want(selection, contents, contents.end, urgent);
  if (levels < 1) return;
  for (const child of children ?? []) {
    visit(selection);
    want(selection, child.header, child.header.end, urgent);
    takeContents(selection, child, wish, levels - 1);
  }
}

/** Counts a look at a box: requests can name every box once for each superbox around it. */
function visit(selection: Selection): void {
  if (--selection.left >= 0) return;
  throw new JpipError('limit', 'limit-request', 'metareq asks for too much of this file', { clause: '15444-9 C.5.2' });
}

function want({ wanted }: Selection, { bin }: BinPart, end: number, urgent: boolean): void {
  const before = wanted.get(bin) ?? { length: 0, urgent: 0 };
  before.length = Math.max(before.length, end);
  if (urgent) before.urgent = Math.max(before.urgent, end);
  wanted.set(bin, before);
}

function isRelevant({ codestreams }: Selection, box: MetadataBox, { relevance }: BoxRequest): boolean {
  if (relevance === undefined || relevance.includes('a')) return true;
  if (box.codestreams === undefined) return relevance.includes('g');
  if (!/[ws]/.test(relevance)) return false;
  return codestreams === undefined || box.codestreams.some((codestream) => codestreams.has(codestream));
}

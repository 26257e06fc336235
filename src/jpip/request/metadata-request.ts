/**
 * `metareq`, the request for metadata (15444-9 C.5.2): which boxes, below which data-bin, how deep, how much of each, and how urgent.
 *
 * A box type stands for itself in four characters, of which `_` is a space; so a type with an underscore in it has no name here.
 */
import type { MetadataBox, MetadataRequest, MetadataRequests } from './fields.ts';
import { type FieldContext, fieldError, formatUint, parseUint, unwritable } from './grammar.ts';

const METAREQ_FIELD: FieldContext = { name: 'metareq', clause: 'C.5.2', code: 'request-field' };

/** `*`, or four characters of which the first is no `*`; then a limit, the relevance and the urgency. */
const BOX = /^(\*|[\x20-\x29\x2b-\x7e\xa0-\xff][\x20-\x7e\xa0-\xff]{3})(?::(\d+|r))?(?:\/([wsga]+))?(!)?$/;
const BOX_TYPE = /^(?:\*|[\x20-\x29\x2b-\x5e\x60-\x7e\xa0-\xff][\x20-\x5e\x60-\x7e\xa0-\xff]{3})$/;
/** What may follow a list of boxes. */
const TAIL = /(?:R(\d+))?(?:D(\d+))?(,(?=\[))?/y;

/**
 * Reads the value of `metareq`.
 *
 * @example
 * ```ts
 * parseMetadataRequests('[xml_;uuid:100!]R0D2!!');
 * ```
 */
export function parseMetadataRequests(text: string, field: FieldContext = METAREQ_FIELD): MetadataRequests {
  const only = text.endsWith('!!');
  const end = only ? text.length - 2 : text.length;
  const requests: MetadataRequest[] = [];
  let at = 0;
  while (at < end) {
    const close = closingBracket(text, at);
    if (text[at] !== '[' || close < 0) throw fieldError(field, 'box types in [ and ]', text.slice(at));
    const boxes = boxTexts(text.slice(at + 1, close)).map((box) => parseBox(box, field));
    TAIL.lastIndex = close + 1;
    const [tail, root, depth] = TAIL.exec(text) as unknown as [string, string | undefined, string | undefined];
    requests.push({
      boxes,
      ...(root === undefined ? {} : { root: parseUint(root, field) }),
      ...(depth === undefined ? {} : { depth: parseUint(depth, field) }),
    });
    at = close + 1 + tail.length;
  }
  if (requests.length === 0) throw fieldError(field, 'box types in [ and ]', text);
  return { requests, ...(only ? { only } : {}) };
}

/** Writes the value of `metareq`. */
export function formatMetadataRequests({ requests, only }: MetadataRequests): string {
  const texts = requests.map(({ boxes, root, depth }) => {
    const list = `[${boxes.map(formatBox).join(';')}]`;
    return (
      list + (root === undefined ? '' : `R${formatUint(root)}`) + (depth === undefined ? '' : `D${formatUint(depth)}`)
    );
  });
  return texts.join(',') + (only ? '!!' : '');
}

/** The bracket that ends a list of boxes: the first one that is not among the four characters of a type. */
function closingBracket(text: string, open: number): number {
  for (let k = open + 1; k < text.length; k = nextBox(text, k)) {
    const end = endOfBox(text, k);
    if (end >= text.length || text[end] === ']') return end < text.length ? end : -1;
  }
  return -1;
}

function nextBox(text: string, at: number): number {
  return endOfBox(text, at) + 1;
}

/** Where the box that begins at `at` ends: at `;` or `]` behind its type. */
function endOfBox(text: string, at: number): number {
  let k = at + (text[at] === '*' ? 1 : 4);
  while (k < text.length && text[k] !== ';' && text[k] !== ']') k++;
  return k;
}

/** The boxes of a list, cut at semicolons that are not among the four characters of a type. */
function boxTexts(list: string): string[] {
  const boxes: string[] = [];
  for (let k = 0; k <= list.length; k = nextBox(list, k)) boxes.push(list.slice(k, endOfBox(list, k)));
  return boxes;
}

function parseBox(text: string, field: FieldContext): MetadataBox {
  const match = BOX.exec(text);
  if (!match) throw fieldError(field, 'a box such as xml_, *, uuid:100 or asoc:r/wg!', text);
  const [, type, limit, relevance, priority] = match;
  return {
    type: type.replaceAll('_', ' '),
    ...(limit === undefined ? {} : { limit: limit === 'r' ? ('headers' as const) : parseUint(limit, field) }),
    ...(relevance === undefined ? {} : { relevance }),
    ...(priority === undefined ? {} : { priority: true }),
  };
}

function formatBox({ type, limit, relevance, priority }: MetadataBox): string {
  if (!BOX_TYPE.test(type))
    throw unwritable(`a box type of four characters without an underscore, or *; found '${type}'`);
  if (relevance !== undefined && !/^[wsga]+$/.test(relevance))
    throw unwritable('letters of w, s, g and a as relevance');
  let text = type.replaceAll(' ', '_');
  if (limit !== undefined) text += limit === 'headers' ? ':r' : `:${formatUint(limit)}`;
  if (relevance !== undefined) text += `/${relevance}`;
  return priority ? `${text}!` : text;
}

/**
 * What a file says beside its pictures, and what it says it about (15444-2 M.11.12, M.11.18).
 *
 * An association box ties the boxes after its first one to that first one. When the first is a number list, the rest
 * belongs to those codestreams and layers; when it is a label, the rest goes by that name; when it is a description of
 * regions, the rest is about them. Associations nest, and what is said of an outer one holds inside, until an inner
 * number list says otherwise. Whatever stands alone is about the whole file; what stands in the header of a codestream or
 * a layer is about that.
 *
 * Only structure is read: texts and data stay where they are until somebody asks for them.
 */
import type { DiagnosticLog } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { type BoxContent, contentOffset, tolerate } from './box.ts';
import { formatUuid, UUID_NAMES, type UuidName } from './box-names.ts';
import type { BoxNode } from './box-tree.ts';
import { readLabel } from './label.ts';
import { type NumberList, readNumberList, readRegions, type RegionDescription } from './number-list.ts';

/** One box of metadata, or an association of several. */
export interface MetadataNode {
  /** The box it stands in: `box.type` is `'xml '`, `'uuid'`, `'lbl '`, `'asoc'`, … */
  readonly box: BoxNode;
  /** What it is about. */
  readonly about: NumberList;
  /** The labels that lead to it, outermost first. */
  readonly labels: readonly string[];
  /** The text of a label box. */
  readonly label?: string;
  /** The UUID of a UUID box, in canonical form, and what it is known to carry. */
  readonly uuid?: string;
  readonly uuidName?: UuidName;
  /** The regions of an ROI description box. */
  readonly regions?: readonly RegionDescription[];
  /** What an association ties together, its number list, label or regions among them. */
  readonly children?: readonly MetadataNode[];
}

const WHOLE_FILE: NumberList = { wholeFile: true, codestreams: [], layers: [] };

/** Boxes at the top of a file that are metadata. */
const METADATA: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...['xml ', 'uuid', 'uinf', 'jp2i'], // 15444-1
  ...['asoc', 'nlst', 'lbl ', 'roid', 'cref', 'bfil', 'mp7b', 'drep', 'gtso', 'chck'], // 15444-2
]);

/** Bytes of a label, a number list or a region description that are read; longer ones are left alone. */
const MOST_SMALL = 1 << 16;

/** Builds the tree from the boxes at the top of a file. */
export function* readMetadataTree(
  boxes: readonly BoxNode[],
  file: ReadWindow,
  log: DiagnosticLog,
  limits: Pick<Limits, 'bytes'>,
): Reading<MetadataNode[]> {
  const reader = { file, log, left: limits.bytes };
  const nodes: MetadataNode[] = [];
  let codestream = 0;
  let layer = 0;
  for (const box of boxes) {
    if (METADATA.has(box.type)) nodes.push(yield* nodeOf(box, WHOLE_FILE, [], reader));
    let about: NumberList | undefined;
    if (box.type === 'jpch') about = { wholeFile: false, codestreams: [codestream++], layers: [] };
    if (box.type === 'jplh') about = { wholeFile: false, codestreams: [], layers: [layer++] };
    for (const inner of about ? (box.children ?? []) : []) {
      if (METADATA.has(inner.type)) nodes.push(yield* nodeOf(inner, about!, [], reader));
    }
  }
  return nodes;
}

/** What reading the tree carries along. */
interface Reader {
  readonly file: ReadWindow;
  readonly log: DiagnosticLog;
  /** Bytes that may still be read. */
  left: number;
}

function* nodeOf(box: BoxNode, about: NumberList, labels: readonly string[], reader: Reader): Reading<MetadataNode> {
  const node = { box, about, labels };
  switch (box.type) {
    case 'lbl ':
      return { ...node, ...(yield* read(box, reader, (content) => ({ label: readLabel(content) }))) };
    case 'roid':
      return { ...node, ...(yield* read(box, reader, (content) => ({ regions: readRegions(content) }))) };
    case 'nlst':
      return { ...node, about: (yield* read(box, reader, readNumberList)) ?? about };
    case 'uuid':
      return { ...node, ...(yield* uuidOf(box, reader)) };
    case 'asoc':
      return { ...node, ...(yield* association(box, about, labels, reader)) };
    default:
      return node;
  }
}

/** The boxes of an association; the first says what the others are about. */
function* association(
  box: BoxNode,
  outer: NumberList,
  outerLabels: readonly string[],
  reader: Reader,
): Reading<Pick<MetadataNode, 'about' | 'labels' | 'children'>> {
  const children: MetadataNode[] = [];
  let about = outer;
  let labels = outerLabels;
  let labelled = false;
  for (const [k, inner] of (box.children ?? []).entries()) {
    const child: MetadataNode = yield* nodeOf(inner, about, labels, reader);
    children.push(child);
    if (k === 0 && inner.type === 'nlst') about = child.about;
    // a label names the whole association; some writers have it second, after the number list
    if (!labelled && k <= 1 && child.label !== undefined) {
      labels = [...labels, child.label];
      labelled = true;
    }
  }
  return { about, labels, children };
}

/** Reads a small box, or reports why it cannot be read. */
function* read<T>(box: BoxNode, reader: Reader, parse: (content: BoxContent) => T): Reading<T | undefined> {
  const length = (box.length ?? 0) - box.headerLength;
  if (box.length === undefined || length > Math.min(MOST_SMALL, reader.left)) {
    reader.log.add('limit-bytes', `box '${box.type}' of ${length} bytes is not read`, { offset: box.offset });
    return undefined;
  }
  reader.left -= length;
  const content = (yield* reader.file.need(contentOffset(box), length)).slice();
  return tolerate(reader.log, { ...box, length: box.length, content }, parse);
}

/** The name of a UUID box; what it carries stays where it is. */
function* uuidOf(box: BoxNode, { file }: Reader): Reading<Pick<MetadataNode, 'uuid' | 'uuidName'>> {
  if ((box.length ?? 0) - box.headerLength < 16) return {};
  const bytes = yield* file.need(contentOffset(box), 16);
  if (bytes.length < 16) return {};
  const uuid = formatUuid(bytes);
  const uuidName = UUID_NAMES[uuid];
  return { uuid, ...(uuidName ? { uuidName } : {}) };
}

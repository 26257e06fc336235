/** What is inside a file, as a tree of boxes, marker segments, tile-parts, resolutions and packets. */
import { type ImageInfo, inspect } from '../src/index.ts';

/** One line of the tree. */
interface Branch {
  readonly label: string;
  readonly note?: string;
  readonly open?: boolean;
  readonly children?: readonly Branch[];
}

/** More tile-parts than this are counted, not listed. */
const MAX_LISTED = 500;

/** Fills an element with the tree of a file. */
export async function showTree(element: HTMLElement, blob: Blob): Promise<void> {
  const info = await inspect(blob, { index: true });
  element.replaceChildren(...branchesOf(info).map(render));
}

function branchesOf(info: ImageInfo): Branch[] {
  const branches: Branch[] = [];
  if (info.boxes.length > 0) branches.push({ label: 'boxes', open: true, children: boxBranches(info.boxes) });
  branches.push({
    label: 'main header',
    children: info.segments.map((s) => ({ label: s.name, note: `${s.length} bytes at ${s.offset}` })),
  });
  const parts = info.tileParts ?? [];
  branches.push({
    label: `${parts.length} tile-parts`,
    children: parts.slice(0, MAX_LISTED).map((part) => ({
      label: `tile ${part.tile}, part ${part.part}`,
      note: `${part.length} bytes at ${part.offset}`,
      children: part.segments.map((s) => ({ label: s.name, note: `${s.length} bytes at ${s.offset}` })),
    })),
  });
  branches.push({ label: `${info.levels + 1} resolutions`, open: true, children: resolutionBranches(info) });
  const { packets } = info;
  if (packets) {
    branches.push({
      label: `${packets.count} packets`,
      children: packets.bytesByLayer.map((bytes, layer) => ({ label: `layer ${layer}`, note: `${bytes} bytes` })),
    });
  }
  for (const comment of info.comments) branches.push({ label: 'comment', note: comment });
  return branches;
}

function boxBranches(boxes: ImageInfo['boxes']): Branch[] {
  return boxes.map((box) => ({
    label: box.type,
    note: `${box.length} bytes at ${box.offset}`,
    open: true,
    children: boxBranches(box.children ?? []),
  }));
}

function resolutionBranches(info: ImageInfo): Branch[] {
  return Array.from({ length: info.levels + 1 }, (_, r) => {
    const scale = 2 ** (info.levels - r);
    const size = (from: number, length: number): number => Math.ceil((from + length) / scale) - Math.ceil(from / scale);
    const bytes = info.packets?.bytesByResolution[r];
    return {
      label: `${size(info.origin.x, info.width)} × ${size(info.origin.y, info.height)}`,
      note: bytes === undefined ? '' : `${bytes} bytes`,
    };
  });
}

function render({ label, note, open, children }: Branch): HTMLElement {
  const line = document.createElement(children && children.length > 0 ? 'summary' : 'div');
  line.textContent = label;
  if (note) {
    const span = document.createElement('span');
    span.className = 'note';
    span.textContent = `  ${note}`;
    line.append(span);
  }
  if (!children || children.length === 0) {
    line.className = 'leaf';
    return line;
  }
  const details = document.createElement('details');
  details.open = open ?? false;
  details.append(line, ...children.map(render));
  return details;
}

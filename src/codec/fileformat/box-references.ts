/**
 * Offsets from the beginning of the file that boxes hold, put right when boxes move.
 *
 * A fragment list says where the pieces of a codestream stand (15444-2 M.11.4), a chunk offset box where the samples of
 * a track do (15444-3, 15444-12), and the index boxes of 15444-9 Annex I point at codestreams, at boxes and at each
 * other. Everything else in these files is relative to a box or a codestream and moves along. Numbers keep their width,
 * so nothing moves because of them.
 */
import { type DiagnosticLog, type ErrorPlace, usage } from '../errors.ts';
import { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import type { KeptBox, KeptRun, OutputPlan } from './box-edit.ts';

/** What became of an offset, or of what it points at. */
type Moved = number | 'gone' | 'outside';

/** The boxes of Annex I: an index that leads nowhere is worth less than none, so it is left out. */
const INDEX_BOXES: ReadonlySet<string> = /* @__PURE__ */ new Set(['cptr', 'fptr', 'iptr', 'prxy']);

/** Whether a box holds offsets from the beginning of the file. */
export function holdsOffsets(type: string): boolean {
  return type === 'flst' || type === 'stco' || type === 'co64' || INDEX_BOXES.has(type);
}

/** Contents of boxes with their offsets put right, and boxes at the top of the file that have to go. */
export interface Corrected {
  /** By the box's old offset. */
  readonly contents: ReadonlyMap<number, Uint8Array>;
  /** Offsets of index boxes at the top of the file that point at what is no longer there. */
  readonly stale: ReadonlySet<number>;
}

/**
 * Reads the contents of every box that holds offsets, and puts those right.
 *
 * @throws {Jpeg2000Error} `box-reference` where a fragment or a sample would be lost, or a number outgrows its field.
 */
export function* correctReferences(plan: OutputPlan, size: number, log: DiagnosticLog): Reading<Corrected> {
  const file = new ReadWindow(1 << 16, size);
  const contents = new Map<number, Uint8Array>();
  const stale = new Set<number>();
  const map = new Relocation(plan, size);
  for (const part of plan.parts) {
    if (part.kind !== 'references') continue;
    const { box, top } = part;
    const bytes = (yield* file.need(box.offset + box.headerLength, part.length)).slice();
    const patch = PATCHES[box.type];
    const complaint = patch(bytes, map);
    contents.set(box.offset, bytes);
    if (complaint === undefined) continue;
    const place: ErrorPlace = { offset: box.offset, clause: CLAUSES[box.type] };
    if (INDEX_BOXES.has(box.type) && complaint !== 'outside') {
      stale.add(top.offset);
      log.note('box-reference', `index box '${top.type}' is left out: ${complaint} is no longer there`, place);
    } else if (complaint === 'outside') {
      log.add('box-reference', `box '${box.type}' points outside the file; the offset is left as it is`, place);
    } else {
      throw usage('box-reference', `${complaint}, which box '${box.type}' at byte ${box.offset} needs, is not kept`);
    }
  }
  return { contents, stale };
}

/** Offsets of all kept index boxes at the top of a file. */
export function indexesOf({ parts }: OutputPlan): ReadonlySet<number> {
  const tops = new Set<number>();
  for (const part of parts) if (part.kind === 'references' && INDEX_BOXES.has(part.box.type)) tops.add(part.top.offset);
  return tops;
}

const CLAUSES: Readonly<Record<string, string>> = {
  flst: '15444-2 M.11.4',
  stco: '15444-12 8.7.5',
  co64: '15444-12 8.7.5',
  cptr: '15444-9 I.3.2.2',
  fptr: '15444-9 I.2.2',
  iptr: '15444-9 I.2.1',
  prxy: '15444-9 I.2.3',
};

/** Changes the numbers in a box's contents; says what is gone, `'outside'` for what never was there. */
type Patch = (bytes: Uint8Array, map: Relocation) => string | undefined;

const PATCHES: Readonly<Record<string, Patch>> = {
  flst: patchFragmentList,
  stco: (bytes, map) => patchChunkOffsets(bytes, map, 4),
  co64: (bytes, map) => patchChunkOffsets(bytes, map, 8),
  // DR, CONT, COFF, CLEN: only data reference 0 is this file
  cptr: (bytes, map) =>
    bytes.length < 20 || u16(bytes, 0) !== 0 ? undefined : patchRange(bytes, 4, map, 'the codestream'),
  fptr: (bytes, map) => (bytes.length < 16 ? undefined : patchRange(bytes, 0, map, 'what it points at')),
  iptr: (bytes, map) => (bytes.length < 16 ? undefined : patchRange(bytes, 0, map, 'the file index')),
  prxy: patchProxy,
};

/** NF, then OFF, LEN and DR of each fragment (15444-2 M.11.4). */
function patchFragmentList(bytes: Uint8Array, map: Relocation): string | undefined {
  let complaint: string | undefined;
  const count = bytes.length < 2 ? 0 : Math.min(u16(bytes, 0), Math.floor((bytes.length - 2) / 14));
  for (let k = 0; k < count; k++) {
    const at = 2 + 14 * k;
    if (u16(bytes, at + 12) !== 0) continue; // in another file
    const moved = map.range(u64(bytes, at), u32(bytes, at + 8));
    if (typeof moved === 'number') setU64(bytes, at, moved);
    else if (moved === 'gone') return `fragment ${k}`;
    else complaint = moved;
  }
  return complaint;
}

/** Version and flags, a count, and an offset for each chunk (15444-12 8.7.5). */
function patchChunkOffsets(bytes: Uint8Array, map: Relocation, width: 4 | 8): string | undefined {
  let complaint: string | undefined;
  const count = bytes.length < 8 ? 0 : Math.min(u32(bytes, 4), Math.floor((bytes.length - 8) / width));
  for (let k = 0; k < count; k++) {
    const at = 8 + width * k;
    const moved = map.range(width === 4 ? u32(bytes, at) : u64(bytes, at), 1);
    if (moved === 'gone') return `chunk ${k}`;
    if (moved === 'outside') {
      complaint = moved;
    } else if (width === 8) {
      setU64(bytes, at, moved);
    } else {
      if (moved >= 2 ** 32) {
        throw usage('box-reference', `chunk ${k} would begin at byte ${moved}, which 'stco' cannot say: use 'co64'`);
      }
      setU32(bytes, at, moved);
    }
  }
  return complaint;
}

/** An offset and a length of 64 bits each, of a box or of bytes; both zero in a box that was never filled in. */
function patchRange(bytes: Uint8Array, at: number, map: Relocation, what: string): string | undefined {
  const [offset, length] = [u64(bytes, at), u64(bytes, at + 8)];
  if (offset === 0 && length === 0) return undefined;
  const box = map.boxAt(offset, length);
  if (box) {
    setU64(bytes, at, box.offset);
    setU64(bytes, at + 8, box.length);
    return undefined;
  }
  const moved = map.range(offset, length);
  if (typeof moved === 'number') setU64(bytes, at, moved);
  return typeof moved === 'number' ? undefined : moved === 'gone' ? what : 'outside';
}

/**
 * OOFF and the header of the box that it stands for, NI, and offset and header of each of its index boxes (15444-9
 * I.2.3). Headers are repeated here, so one that changed has to change here, too, and can only if it is as long.
 */
function patchProxy(bytes: Uint8Array, map: Relocation): string | undefined {
  const ends = { at: 0 };
  const one = (): string | undefined => {
    const { at } = ends;
    if (at + 16 > bytes.length) return 'outside';
    const headerLength = u32(bytes, at + 8) === 1 ? 16 : 8;
    if (at + 8 + headerLength > bytes.length) return 'outside';
    ends.at = at + 8 + headerLength;
    const box = map.boxAt(u64(bytes, at));
    if (!box) return 'a box';
    if (box.header && box.header.length !== headerLength) return 'a box header';
    setU64(bytes, at, box.offset);
    if (box.header) bytes.set(box.header, at + 8);
    return undefined;
  };
  const original = one();
  if (original !== undefined) return original;
  if (ends.at >= bytes.length) return 'outside';
  const count = bytes[ends.at++];
  for (let k = 0; k < count; k++) {
    const complaint = one();
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

/** From old places to new ones. */
class Relocation {
  private readonly runs: readonly KeptRun[];
  private readonly places: OutputPlan['places'];
  private readonly oldEnd: number;

  constructor({ runs, places }: OutputPlan, oldEnd: number) {
    this.runs = runs;
    this.places = places;
    this.oldEnd = oldEnd;
  }

  /** Where a run of bytes went, if it was kept in one piece. */
  range(offset: number, length: number): Moved {
    if (offset + length > this.oldEnd) return 'outside';
    let lo = 0;
    let hi = this.runs.length;
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (this.runs[middle].from <= offset) lo = middle + 1;
      else hi = middle;
    }
    const run = this.runs[lo - 1];
    return run && offset + length <= run.from + run.length ? run.to + offset - run.from : 'gone';
  }

  /** Where the box went that begins at an offset, with that many bytes if that is said, and how long it is now. */
  boxAt(offset: number, length?: number): KeptBox | undefined {
    const box = this.places.get(offset);
    return length === undefined || box?.oldLength === length ? box : undefined;
  }
}

const u16 = (b: Uint8Array, at: number): number => (b[at] << 8) | b[at + 1];
const u32 = (b: Uint8Array, at: number): number => u16(b, at) * 65536 + u16(b, at + 2);
const u64 = (b: Uint8Array, at: number): number => u32(b, at) * 2 ** 32 + u32(b, at + 4);
const setU32 = (b: Uint8Array, at: number, value: number): void => {
  for (let k = 3; k >= 0; k--, value = Math.floor(value / 256)) b[at + k] = value % 256;
};
const setU64 = (b: Uint8Array, at: number, value: number): void => {
  setU32(b, at, Math.floor(value / 2 ** 32));
  setU32(b, at + 4, value % 2 ** 32);
};

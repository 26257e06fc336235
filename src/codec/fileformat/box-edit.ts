/**
 * A file with other boxes than before, worked out before a byte of it is written.
 *
 * The new file is a list: boxes kept from the old one, boxes made new, and superboxes with other boxes inside. Kept
 * boxes are copied byte for byte, header and all, and never looked into; so a codestream of gigabytes costs a copy. What
 * comes out is a list of parts in file order, and for every run of kept bytes where it was and where it will be, from
 * which `box-references` puts right what points into the file.
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import { usage } from '../errors.ts';
import type { ByteRange, RandomAccessSource } from '../source.ts';
import type { BoxNode } from './box-tree.ts';
import { fieldsBeforeBoxes, fieldsFor } from './superboxes.ts';

/** Bytes of any source as the contents of a new box; they are copied when the file is written, never held. */
export interface SourceRange extends ByteRange {
  readonly source: RandomAccessSource;
}

/** A box that is made new from its contents. */
export interface NewBox {
  /** Four characters, spaces kept: `'xml '`. */
  readonly type: string;
  /** What stands after the box header. */
  readonly content: Uint8Array | SourceRange;
}

/** A superbox that is made new from boxes, kept and new ones. */
export interface NewSuperbox {
  /** Four characters: `'asoc'`. */
  readonly type: string;
  readonly children: readonly BoxEdit[];
  /**
   * Bytes between the box header and the first box inside. Default: what the type needs and follows from the number of
   * boxes, mostly nothing; of a superbox that is kept, what it has.
   */
  readonly fields?: Uint8Array;
}

/** A box of the file to be written: one kept from the old file, one with other children, or a new one. */
export type BoxEdit = BoxNode | NewBox | NewSuperbox;

/** Bytes of the new file, in file order. */
export type OutputPart =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly length: number }
  /** Bytes of the old file, or of the source that is named. */
  | { readonly kind: 'copy'; readonly offset: number; readonly length: number; readonly source?: RandomAccessSource }
  /** Contents of a kept box that holds offsets into the file. */
  | { readonly kind: 'references'; readonly box: BoxNode; readonly top: BoxNode; readonly length: number };

/** A run of kept bytes. */
export interface KeptRun {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** Where a box of the old file stands in the new one. */
export interface KeptBox {
  readonly offset: number;
  readonly length: number;
  /** Bytes it had. */
  readonly oldLength: number;
  /** Its header, where that is not what it was. */
  readonly header: Uint8Array | undefined;
}

/** The new file, before anything of it is written. */
export interface OutputPlan {
  readonly parts: readonly OutputPart[];
  /** Bytes of the new file. */
  readonly length: number;
  /** Kept bytes in order of their old places. */
  readonly runs: readonly KeptRun[];
  /** Kept boxes, whole or with other children, by their old offset. */
  readonly places: ReadonlyMap<number, KeptBox>;
}

/** Box headers with LBox alone, and with XLBox (15444-1 I.4). */
const SHORT_HEADER = 8;
const LONG_HEADER = 16;

/** Whether a box holds offsets from the beginning of the file. */
export type HoldsOffsets = (type: string) => boolean;

/**
 * Works out the new file.
 *
 * @throws {Jpeg2000Error} `option-value` for a box that is not of the old file, or that makes no sense.
 */
export function planBoxes(old: readonly BoxNode[], list: readonly BoxEdit[], holdsOffsets: HoldsOffsets): OutputPlan {
  const planner = new Planner(old, holdsOffsets);
  list.forEach((box, k) => {
    planner.add(box, undefined, k === list.length - 1);
  });
  return planner.done();
}

/** Collects parts and places. */
class Planner {
  private readonly parts: OutputPart[] = [];
  private readonly runs: KeptRun[] = [];
  private readonly places = new Map<number, KeptBox>();
  private readonly known = new Map<number, BoxNode>();
  private readonly holdsOffsets: HoldsOffsets;
  private readonly lengths = new Map<BoxEdit, number>();
  private at = 0;

  constructor(old: readonly BoxNode[], holdsOffsets: HoldsOffsets) {
    this.holdsOffsets = holdsOffsets;
    const learn = (boxes: readonly BoxNode[]): void => {
      for (const box of boxes) {
        this.known.set(box.offset, box);
        if (box.children) learn(box.children);
      }
    };
    learn(old);
  }

  done(): OutputPlan {
    const runs = this.runs.sort((a, b) => a.from - b.from);
    for (let k = 1; k < runs.length; k++) {
      if (runs[k].from >= runs[k - 1].from + runs[k - 1].length) continue;
      throw usage(
        'option-value',
        `the bytes at ${runs[k].from} are kept twice: of one box, give a copy as new contents`,
      );
    }
    return { parts: this.parts, length: this.at, runs, places: this.places };
  }

  /** Adds a box; `top` is the kept box at the top of the file that it is inside of, if any. */
  add(box: BoxEdit, top: BoxNode | undefined, last: boolean): void {
    const kept = this.keptOf(box);
    if (kept) {
      this.keep(kept, top ?? kept, last);
      return;
    }
    const start = this.at;
    const header = this.headerOf(box);
    this.bytes(header);
    const origin = 'offset' in box ? this.known.get(box.offset) : undefined;
    if (origin) this.place(origin, start, this.lengthOf(box), header);
    if ('content' in box) {
      if (box.content instanceof Uint8Array) this.bytes(box.content);
      else this.part({ kind: 'copy', ...box.content });
      return;
    }
    const fields = this.fieldsOf(box);
    if (typeof fields === 'number') this.copy(origin!.offset + origin!.headerLength, fields);
    else this.bytes(fields);
    for (const child of box.children ?? []) this.add(child, top ?? origin, false);
  }

  /** The box of the old file that is to stay as it is; `undefined` for one that is new or has other children. */
  private keptOf(box: BoxEdit): BoxNode | undefined {
    if (!('offset' in box)) return undefined;
    const kept = this.known.get(box.offset);
    if (kept?.type !== box.type || kept.length !== box.length) {
      throw usage('option-value', `box '${box.type}' at byte ${box.offset} is not one of this file`);
    }
    if ('content' in box) throw usage('option-value', `box '${box.type}' has both an offset and new contents`);
    return kept === box || this.sameChildren(box.children, kept.children) ? kept : undefined;
  }

  private sameChildren(edited: readonly BoxEdit[] | undefined, kept: readonly BoxNode[] | undefined): boolean {
    if (edited === kept) return true;
    if (edited?.length !== kept?.length) return false;
    return (edited ?? []).every((child, k) => {
      if (!('offset' in child) || child.offset !== kept![k].offset) return false;
      return this.keptOf(child) !== undefined;
    });
  }

  /** Bytes of a box once written. */
  private lengthOf(box: BoxEdit, last = false): number {
    const known = this.lengths.get(box);
    if (known !== undefined) return known;
    const kept = this.keptOf(box);
    let length: number;
    if (kept) {
      length = lengthHeld(kept) - kept.headerLength + this.keptHeader(kept, last).length;
    } else {
      const inside = this.insideOf(box);
      length = inside + headerLengthFor(inside, box);
    }
    this.lengths.set(box, length);
    return length;
  }

  /** Bytes after the header of a box that is new or has other children. */
  private insideOf(box: BoxEdit): number {
    if ('content' in box) return box.content.length;
    const fields = this.fieldsOf(box);
    const head = typeof fields === 'number' ? fields : fields.length;
    return (box.children ?? []).reduce((sum, child) => sum + this.lengthOf(child), head);
  }

  /** Bytes before the boxes inside a superbox, or how many of the kept box's there are. */
  private fieldsOf(box: BoxNode | NewSuperbox): Uint8Array | number {
    if ('fields' in box && box.fields) return box.fields;
    const counted = fieldsFor(box.type, box.children?.length ?? 0);
    if (counted) return counted;
    const own = fieldsBeforeBoxes(box.type);
    if ('offset' in box && own !== undefined) return own;
    if (own === undefined) throw usage('option-value', `box '${box.type}' is no superbox known here: give it contents`);
    throw usage('option-value', `superbox '${box.type}' needs ${own} bytes of fields before its boxes`);
  }

  private headerOf(box: BoxEdit): Uint8Array {
    if (box.type.length !== 4 || /[^\x20-\xff]/.test(box.type)) {
      throw usage('option-value', `expected a box type of four characters, found '${box.type}'`);
    }
    const inside = this.insideOf(box);
    return boxHeader(box.type, inside, headerLengthFor(inside, box) === LONG_HEADER);
  }

  /**
   * The header of a box that stays: its own, given as its length, unless it says "to the end of the file" or claims
   * more than there is where another box follows.
   */
  private keptHeader(box: BoxNode, last: boolean): Uint8Array | { length: number } {
    const unsure = box.openEnded === true || box.claimedLength !== undefined;
    if (!unsure || last) return { length: box.headerLength };
    return boxHeader(box.type, lengthHeld(box) - box.headerLength, box.headerLength === LONG_HEADER);
  }

  private keep(box: BoxNode, top: BoxNode, last: boolean): void {
    const start = this.at;
    const held = lengthHeld(box);
    const header = this.keptHeader(box, last);
    const own = header instanceof Uint8Array ? undefined : header.length;
    if (own === undefined) this.bytes(header as Uint8Array);
    this.place(
      box,
      start,
      held - box.headerLength + header.length,
      own === undefined ? (header as Uint8Array) : undefined,
    );
    if (this.holdsAny(box)) {
      if (own !== undefined) this.copy(box.offset, own);
      if (this.holdsOffsets(box.type)) {
        this.run(box.offset + box.headerLength, held - box.headerLength);
        this.part({ kind: 'references', box, top, length: held - box.headerLength });
        return;
      }
      this.copy(box.offset + box.headerLength, fieldsBeforeBoxes(box.type) ?? 0);
      for (const child of box.children ?? []) this.keep(child, top, true);
      return;
    }
    // children are remembered, too: something may point at them
    const from = box.offset + (own === undefined ? box.headerLength : 0);
    const shift = this.at - from;
    const learn = (children: readonly BoxNode[]): void => {
      for (const child of children) {
        this.place(child, child.offset + shift, lengthHeld(child), undefined);
        learn(child.children ?? []);
      }
    };
    learn(box.children ?? []);
    this.copy(from, box.offset + held - from);
  }

  /** Whether a box or one inside it holds offsets. */
  private holdsAny(box: BoxNode): boolean {
    return this.holdsOffsets(box.type) || (box.children ?? []).some((child) => this.holdsAny(child));
  }

  private place(box: BoxNode, offset: number, length: number, header: Uint8Array | undefined): void {
    this.places.set(box.offset, { offset, length, oldLength: lengthHeld(box), header });
  }

  private bytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.part({ kind: 'bytes', bytes, length: bytes.length });
  }

  private copy(offset: number, length: number): void {
    if (length === 0) return;
    this.run(offset, length);
    const before = this.parts.at(-1);
    if (before?.kind === 'copy' && before.source === undefined && before.offset + before.length === offset) {
      this.parts[this.parts.length - 1] = { ...before, length: before.length + length };
      this.at += length;
    } else {
      this.part({ kind: 'copy', offset, length });
    }
  }

  private run(from: number, length: number): void {
    if (length === 0) return;
    const before = this.runs.at(-1);
    if (before && before.from + before.length === from && before.to + before.length === this.at) {
      this.runs[this.runs.length - 1] = { ...before, length: before.length + length };
    } else {
      this.runs.push({ from, to: this.at, length });
    }
  }

  private part(part: OutputPart): void {
    this.parts.push(part);
    this.at += part.length;
  }
}

/** Bytes of a kept box; one that goes on to an unknown end cannot be planned with. */
function lengthHeld(box: BoxNode): number {
  if (box.length !== undefined) return box.length;
  throw usage('option-value', `box '${box.type}' goes on to an end that is not known: give a source with a size`);
}

/** A superbox that had an XLBox keeps it, so that an edit and its inverse give the same bytes. */
function headerLengthFor(inside: number, box: BoxEdit): number {
  const long = 'headerLength' in box && box.headerLength === LONG_HEADER;
  return long || inside + SHORT_HEADER >= 2 ** 32 ? LONG_HEADER : SHORT_HEADER;
}

/** LBox and TBox, and XLBox for contents of almost 4 GB or more (15444-1 I.4), or with `long`. */
export function boxHeader(type: string, contentLength: number, long = false): Uint8Array {
  const wide = long || contentLength + SHORT_HEADER >= 2 ** 32;
  const w = new ByteWriter(LONG_HEADER);
  w.u32(wide ? 1 : contentLength + SHORT_HEADER);
  w.text(type);
  if (wide) w.u64(contentLength + LONG_HEADER);
  return w.take();
}

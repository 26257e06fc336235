/**
 * The contents of one data-bin as they come in (15444-9 A.1): byte ranges in any order, twice, or overlapping.
 *
 * What counts is the beginning without a gap, since a data-bin is read from its start; ranges beyond it wait until the gap is filled.
 * Bytes that were taken once never change, so views of them stay true. A range that contradicts them is refused as a whole, and so is
 * one that disagrees about where the data-bin ends.
 */

/** What became of a range. */
export interface Added {
  /** Bytes that were not held before. */
  readonly fresh: number;
  /** Why the range was refused; nothing of it was taken then. */
  readonly conflict?: string;
}

/** Bytes behind a gap. */
interface Island {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes from which on a data-bin is expected to go on growing. */
const LONG = 1024;
/** Ranges behind gaps that are kept; a server that scatters more is not believed. */
const MOST_ISLANDS = 256;
const NOTHING = /* @__PURE__ */ new Uint8Array(0);
const NOTHING_NEW: Added = { fresh: 0 };

/** One data-bin, as far as it is held. */
export class BinBytes {
  /** Bytes held from the start of the data-bin without a gap. */
  held = 0;
  /** Bytes of the whole data-bin, once its last byte has been seen. */
  length: number | undefined;
  /** Larger than needed where more is to come. */
  private buffer: Uint8Array = NOTHING;
  /** Behind gaps; ascending, with a gap before each. */
  private islands: Island[] | undefined;

  /** True when every byte is held. */
  get complete(): boolean {
    return this.held === this.length;
  }

  /** Bytes held in all, those behind gaps too. */
  get bytesHeld(): number {
    let sum = this.held;
    for (const { bytes } of this.islands ?? []) sum += bytes.length;
    return sum;
  }

  /** A view of the beginning without a gap. It stays as it is when more comes in. */
  prefix(): Uint8Array {
    return this.buffer.subarray(0, this.held);
  }

  /** Takes the bytes from `offset` on; `last` when the data-bin ends with them. The bytes are copied. */
  add(offset: number, bytes: Uint8Array, last: boolean): Added {
    const end = offset + bytes.length;
    const conflict = this.conflictWith(offset, bytes, last);
    if (conflict !== undefined) return { fresh: 0, conflict };
    if (last) this.length = end;
    if (end <= this.held) return NOTHING_NEW;
    const before = this.bytesHeld;
    if (offset <= this.held) {
      this.append(bytes.subarray(this.held - offset));
      this.joinIslands();
    } else {
      this.addIsland(offset, bytes);
    }
    return { fresh: this.bytesHeld - before };
  }

  private conflictWith(offset: number, bytes: Uint8Array, last: boolean): string | undefined {
    const end = offset + bytes.length;
    if (this.length !== undefined && (end > this.length || (last && end < this.length))) {
      return `bytes ${offset} to ${end}${last ? ' as the last' : ''} of a data-bin that ends at ${this.length}`;
    }
    if (last && end < this.extent()) return `an end at ${end} of a data-bin of which ${this.extent()} bytes are held`;
    if (offset > this.held && (this.islands?.length ?? 0) >= MOST_ISLANDS) {
      return `bytes ${offset} to ${end} behind more than ${MOST_ISLANDS} gaps`;
    }
    const common = Math.min(end, this.held) - offset;
    const differs = (own: Uint8Array, at: number): string | undefined => {
      const from = Math.max(at, offset);
      const to = Math.min(at + own.length, end);
      for (let k = from; k < to; k++) {
        if (own[k - at] !== bytes[k - offset]) return `byte ${k} is ${bytes[k - offset]}, and was ${own[k - at]}`;
      }
      return undefined;
    };
    const found = common > 0 ? differs(this.prefix(), 0) : undefined;
    if (found !== undefined) return found;
    for (const island of this.islands ?? []) {
      const other = differs(island.bytes, island.offset);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** Where the last byte that is held stands. */
  private extent(): number {
    const last = this.islands?.at(-1);
    return last ? last.offset + last.bytes.length : this.held;
  }

  private append(bytes: Uint8Array): void {
    const held = this.held + bytes.length;
    if (held > this.buffer.length) {
      // most data-bins are small and come in one piece or two; only long ones are given room for more
      const more = this.held >= LONG ? Math.ceil(held * 1.5) : held;
      const grown = new Uint8Array(Math.max(held, Math.min(more, this.length ?? more)));
      grown.set(this.prefix());
      this.buffer = grown;
    }
    this.buffer.set(bytes, this.held);
    this.held = held;
  }

  private joinIslands(): void {
    while (this.islands !== undefined && this.islands[0].offset <= this.held) {
      const { offset, bytes } = this.islands[0];
      if (offset + bytes.length > this.held) this.append(bytes.subarray(this.held - offset));
      if (this.islands.length === 1) this.islands = undefined;
      else this.islands.shift();
    }
  }

  private addIsland(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    const islands = this.islands ?? [];
    const touching = islands.filter((island) => island.offset <= end && island.offset + island.bytes.length >= offset);
    const apart = islands.filter((island) => !touching.includes(island));
    const from = Math.min(offset, ...touching.map((island) => island.offset));
    const to = Math.max(end, ...touching.map((island) => island.offset + island.bytes.length));
    const joined = new Uint8Array(to - from);
    for (const island of touching) joined.set(island.bytes, island.offset - from);
    joined.set(bytes, offset - from);
    this.islands = [...apart, { offset: from, bytes: joined }].sort((a, b) => a.offset - b.offset);
  }
}

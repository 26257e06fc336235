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

/** Bytes behind a gap, or behind another island. */
interface Island {
  readonly offset: number;
  /** Larger than needed where it has grown. */
  buffer: Uint8Array;
  length: number;
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
  /** Behind gaps; ascending, none over another. */
  private islands: Island[] | undefined;
  /** Bytes of them. */
  private waiting = 0;

  /** True when every byte is held. */
  get complete(): boolean {
    return this.held === this.length;
  }

  /** Bytes held in all, those behind gaps too. */
  get bytesHeld(): number {
    return this.held + this.waiting;
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
    const differs = (own: Uint8Array, at: number, length: number): string | undefined => {
      const from = Math.max(at, offset);
      const to = Math.min(at + length, end);
      for (let k = from; k < to; k++) {
        if (own[k - at] !== bytes[k - offset]) return `byte ${k} is ${bytes[k - offset]}, and was ${own[k - at]}`;
      }
      return undefined;
    };
    const found = common > 0 ? differs(this.buffer, 0, this.held) : undefined;
    if (found !== undefined) return found;
    for (const island of this.islands ?? []) {
      const other = differs(island.buffer, island.offset, island.length);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** Where the last byte that is held stands. */
  private extent(): number {
    const last = this.islands?.at(-1);
    return last ? last.offset + last.length : this.held;
  }

  private append(bytes: Uint8Array): void {
    const held = this.held + bytes.length;
    if (held > this.buffer.length) {
      this.buffer = grown(this.buffer, this.held, held, this.length);
    }
    this.buffer.set(bytes, this.held);
    this.held = held;
  }

  private joinIslands(): void {
    while (this.islands !== undefined && this.islands[0].offset <= this.held) {
      const { offset, buffer, length } = this.islands[0];
      if (offset + length > this.held) this.append(buffer.subarray(this.held - offset, length));
      this.waiting -= length;
      if (this.islands.length === 1) this.islands = undefined;
      else this.islands.shift();
    }
  }

  /** Keeps those bytes of a range that no island has. */
  private addIsland(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    const missing: { readonly from: number; readonly to: number }[] = [];
    let at = offset;
    for (const island of this.islands ?? []) {
      if (island.offset >= end) break;
      if (island.offset > at) missing.push({ from: at, to: island.offset });
      at = Math.max(at, island.offset + island.length);
    }
    if (at < end) missing.push({ from: at, to: end });
    for (const { from, to } of missing) this.putIsland(from, bytes.subarray(from - offset, to - offset));
  }

  /** Makes an island longer, or a new one: to join two would copy both, and a server may do that to a client byte by byte. */
  private putIsland(offset: number, bytes: Uint8Array): void {
    this.islands ??= [];
    this.waiting += bytes.length;
    const next = this.islands.findIndex((each) => each.offset > offset);
    const at = next < 0 ? this.islands.length : next;
    const island = this.islands[at - 1];
    if (island === undefined || island.offset + island.length < offset) {
      this.islands.splice(at, 0, { offset, buffer: bytes.slice(), length: bytes.length });
      return;
    }
    const length = island.length + bytes.length;
    if (length > island.buffer.length) island.buffer = grown(island.buffer, island.length, length, undefined);
    island.buffer.set(bytes, island.length);
    island.length = length;
  }
}

/** Room for `needed` bytes, the first `held` copied. Most data-bins are small and come in one piece or two; only long ones are given more. */
function grown(buffer: Uint8Array, held: number, needed: number, most: number | undefined): Uint8Array {
  const more = held >= LONG ? Math.ceil(needed * 1.5) : needed;
  const larger = new Uint8Array(Math.max(needed, Math.min(more, most ?? more)));
  larger.set(buffer.subarray(0, held));
  return larger;
}

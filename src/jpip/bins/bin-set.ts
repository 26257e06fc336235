/**
 * What is known to be held of the data-bins of one class of one codestream: whole bins, and beginnings of others.
 *
 * A picture has millions of precincts and a viewer holds them in patches, so whole bins are bits in groups that exist where something
 * is held, and only the few bins that are partly held cost an entry each. A group is one small integer in a map: with thousands of
 * sessions that hold little each, arrays would cost more than what they hold. Statements about all bins (`P*`) turn the meaning of the
 * bits round instead of filling them.
 */

/** How much of a bin is held, as far as it was said: the larger of two beginnings, one in bytes and one in quality layers. */
export interface Held {
  readonly whole: boolean;
  readonly bytes: number;
  readonly layers: number;
}

/** Bins of one group: as many bits as engines hold in a number without a box around it. */
const GROUP = 30;

const WHOLE: Held = { whole: true, bytes: Number.POSITIVE_INFINITY, layers: Number.POSITIVE_INFINITY };

/** A set of bins, each held whole, from its beginning to somewhere, or not at all. */
export class BinSet {
  /** Bits of whole bins; with {@link inverted} those that are not whole. */
  private readonly groups = new Map<number, number>();
  /** True when bins without a bit are whole. */
  private inverted = false;
  /** Beginnings of bins that are not whole, where they differ from what is held of all bins. */
  private readonly bytes = new Beginnings();
  private readonly layers = new Beginnings();

  /** True when nothing at all is held. */
  get isEmpty(): boolean {
    return !this.inverted && this.groups.size === 0 && this.bytes.isEmpty && this.layers.isEmpty;
  }

  /** About how many 32-bit words of memory it takes. */
  get cost(): number {
    return this.numEntries * 12;
  }

  /** Entries that a statement about all bins may have to go through. */
  get numEntries(): number {
    return this.groups.size + this.bytes.size + this.layers.size;
  }

  /** How much of a bin is held. */
  held(id: number): Held {
    if (this.isWhole(id)) return WHOLE;
    return { whole: false, bytes: this.bytes.of(id), layers: this.layers.of(id) };
  }

  /** True when all of a bin is held. */
  isWhole(id: number): boolean {
    const bits = this.groups.get(Math.floor(id / GROUP));
    const marked = bits !== undefined && (bits & (1 << (id % GROUP))) !== 0;
    return marked !== this.inverted;
  }

  /** All of a bin is held. */
  addWhole(id: number): void {
    this.mark(id, !this.inverted);
    this.bytes.forget(id);
    this.layers.forget(id);
  }

  /** At least the first `bytes` bytes of a bin are held. */
  addBytes(id: number, bytes: number): void {
    if (!this.isWhole(id)) this.bytes.raise(id, bytes);
  }

  /** At least the first `layers` quality layers of a bin are held. */
  addLayers(id: number, layers: number): void {
    if (!this.isWhole(id)) this.layers.raise(id, layers);
  }

  /** At most the first `bytes` bytes of a bin are held; by default nothing. */
  cutToBytes(id: number, bytes = 0): void {
    this.bytes.set(id, this.isWhole(id) ? bytes : Math.min(this.bytes.of(id), bytes));
    // layers that were said to be held may be longer than what is left, so they count no more
    this.layers.set(id, 0);
    this.mark(id, this.inverted);
  }

  /** At most the first `layers` quality layers of a bin are held. */
  cutToLayers(id: number, layers: number): void {
    this.layers.set(id, this.isWhole(id) ? layers : Math.min(this.layers.of(id), layers));
    // bytes that were said to be held may be more than those layers have
    this.bytes.set(id, 0);
    this.mark(id, this.inverted);
  }

  /** All bins are held. */
  addAll(): void {
    this.clear();
    this.inverted = true;
  }

  /** At least the first bytes or layers of every bin are held. */
  addToAll({ bytes = 0, layers = 0 }: { readonly bytes?: number; readonly layers?: number }): void {
    this.bytes.raiseAll(bytes);
    this.layers.raiseAll(layers);
  }

  /** Nothing is held any more. */
  clear(): void {
    this.groups.clear();
    this.inverted = false;
    this.bytes.clear();
    this.layers.clear();
  }

  /** At most the first bytes or layers of every bin are held; of bytes and layers, what is not given counts no more. */
  cutAll({ bytes = 0, layers = 0 }: { readonly bytes?: number; readonly layers?: number }): void {
    const marked = [...this.marked()];
    const { inverted } = this;
    this.groups.clear();
    this.inverted = false;
    for (const [beginnings, most] of [
      [this.bytes, bytes],
      [this.layers, layers],
    ] as const) {
      if (inverted) {
        // those with a bit keep what is said of them, all others drop from whole to the bound
        const kept = marked.map((id) => [id, Math.min(beginnings.of(id), most)] as const);
        beginnings.clear(most);
        for (const [id, length] of kept) beginnings.set(id, length);
      } else {
        beginnings.cutAll(most);
        for (const id of marked) beginnings.set(id, most);
      }
    }
  }

  /** Ids of all bins of which something is held, ascending; of a set that holds all, those that are said not to be whole. */
  *entries(): Generator<number> {
    const ids = new Set([...this.marked(), ...this.bytes.ids(), ...this.layers.ids()]);
    for (const id of [...ids].sort((a, b) => a - b)) yield id;
  }

  /** True when bins that are not in {@link entries} are held whole, or in part. */
  get holdsOthers(): boolean {
    return this.inverted || this.bytes.floor > 0 || this.layers.floor > 0;
  }

  private *marked(): Generator<number> {
    for (const [group, bits] of this.groups) {
      for (let rest = bits; rest !== 0; rest &= rest - 1) yield group * GROUP + 31 - Math.clz32(rest & -rest);
    }
  }

  private mark(id: number, bit: boolean): void {
    const group = Math.floor(id / GROUP);
    const before = this.groups.get(group) ?? 0;
    const mask = 1 << (id % GROUP);
    const after = bit ? before | mask : before & ~mask;
    if (after === before) return;
    if (after === 0) this.groups.delete(group);
    else this.groups.set(group, after);
  }
}

/** How much is held from the beginning of bins: a number for all, and others for some. */
class Beginnings {
  floor = 0;
  private readonly lengths = new Map<number, number>();

  get size(): number {
    return this.lengths.size;
  }

  get isEmpty(): boolean {
    if (this.floor > 0) return false;
    for (const length of this.lengths.values()) if (length > 0) return false;
    return true;
  }

  of(id: number): number {
    return this.lengths.get(id) ?? this.floor;
  }

  set(id: number, length: number): void {
    if (length === this.floor) this.lengths.delete(id);
    else this.lengths.set(id, length);
  }

  raise(id: number, length: number): void {
    if (length > this.of(id)) this.lengths.set(id, length);
  }

  raiseAll(length: number): void {
    this.floor = Math.max(this.floor, length);
    for (const [id, own] of this.lengths) this.set(id, Math.max(own, length));
  }

  cutAll(length: number): void {
    this.floor = Math.min(this.floor, length);
    for (const [id, own] of this.lengths) this.set(id, Math.min(own, length));
  }

  /** Forgets what was said of one bin. */
  forget(id: number): void {
    this.lengths.delete(id);
  }

  clear(floor = 0): void {
    this.floor = floor;
    this.lengths.clear();
  }

  ids(): Iterable<number> {
    return this.lengths.keys();
  }
}

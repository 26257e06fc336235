/**
 * What is known to be held of the data-bins of one class of one codestream: whole bins, and beginnings of others.
 *
 * A picture has millions of precincts and a viewer holds them in patches, so whole bins are bits in pages that exist where something
 * is held, and only the few bins that are partly held cost an entry each. Statements about all bins (`P*`) turn the meaning of the bits
 * round instead of filling them.
 */

/** How much of a bin is held, as far as it was said: the larger of two beginnings, one in bytes and one in quality layers. */
export interface Held {
  readonly whole: boolean;
  readonly bytes: number;
  readonly layers: number;
}

/** Bins of one page: 2 ** PAGE_BITS. Small pages suit patches. */
const PAGE_BITS = 8;
const PAGE_WORDS = 1 << (PAGE_BITS - 5);

const NOTHING: Held = { whole: false, bytes: 0, layers: 0 };
const WHOLE: Held = { whole: true, bytes: Number.POSITIVE_INFINITY, layers: Number.POSITIVE_INFINITY };

/** A set of bins, each held whole, from its beginning to somewhere, or not at all. */
export class BinSet {
  /** Bits of whole bins; with {@link inverted} those that are not whole. */
  private pages = new Map<number, Uint32Array>();
  /** True when bins without a bit are whole. */
  private inverted = false;
  /** Beginnings of bins that are not whole; an entry of nothing stands against {@link floor}. */
  private parts = new Map<number, Held>();
  /** What is held of every bin that is neither whole nor in {@link parts}. */
  private floor = NOTHING;

  /** True when nothing at all is held. */
  get isEmpty(): boolean {
    if (this.inverted || this.floor !== NOTHING) return false;
    for (const part of this.parts.values()) if (part.bytes > 0 || part.layers > 0) return false;
    for (const page of this.pages.values()) if (page.some((word) => word !== 0)) return false;
    return true;
  }

  /** Entries that memory is spent on: pages and partly held bins. */
  get cost(): number {
    return this.pages.size * PAGE_WORDS + this.parts.size * 4;
  }

  /** How much of a bin is held. */
  held(id: number): Held {
    if (this.isWhole(id)) return WHOLE;
    return this.parts.get(id) ?? this.floor;
  }

  /** True when all of a bin is held. */
  isWhole(id: number): boolean {
    const page = this.pages.get(pageOf(id));
    const bit = page !== undefined && (page[wordOf(id)] & (1 << (id & 31))) !== 0;
    return bit !== this.inverted;
  }

  /** All of a bin is held. */
  addWhole(id: number): void {
    this.mark(id, !this.inverted);
    this.parts.delete(id);
  }

  /** At least the first `bytes` bytes of a bin are held. */
  addBytes(id: number, bytes: number): void {
    const before = this.held(id);
    if (!before.whole && before.bytes < bytes) this.parts.set(id, { ...before, bytes });
  }

  /** At least the first `layers` quality layers of a bin are held. */
  addLayers(id: number, layers: number): void {
    const before = this.held(id);
    if (!before.whole && before.layers < layers) this.parts.set(id, { ...before, layers });
  }

  /** At most the first `bytes` bytes of a bin are held; by default nothing. */
  cutToBytes(id: number, bytes = 0): void {
    const before = this.held(id);
    // layers that were said to be held may be longer than what is left, so they count no more
    this.cutTo(id, { whole: false, bytes: Math.min(before.bytes, bytes), layers: 0 });
  }

  /** At most the first `layers` quality layers of a bin are held. */
  cutToLayers(id: number, layers: number): void {
    const before = this.held(id);
    // bytes that were said to be held may be more than those layers have
    this.cutTo(id, { whole: false, bytes: 0, layers: Math.min(before.layers, layers) });
  }

  private cutTo(id: number, part: Held): void {
    this.mark(id, this.inverted);
    if (part.bytes === 0 && part.layers === 0 && this.floor === NOTHING) this.parts.delete(id);
    else this.parts.set(id, part);
  }

  /** All bins are held. */
  addAll(): void {
    this.pages.clear();
    this.parts.clear();
    this.inverted = true;
    this.floor = NOTHING;
  }

  /** At least the first bytes or layers of every bin are held. */
  addToAll(least: { readonly bytes?: number; readonly layers?: number }): void {
    const { bytes = 0, layers = 0 } = least;
    const raise = (part: Held): Held => ({
      whole: false,
      bytes: Math.max(part.bytes, bytes),
      layers: Math.max(part.layers, layers),
    });
    for (const [id, part] of this.parts) this.parts.set(id, raise(part));
    this.floor = raise(this.floor);
  }

  /** Nothing is held any more. */
  clear(): void {
    this.pages.clear();
    this.parts.clear();
    this.inverted = false;
    this.floor = NOTHING;
  }

  /** At most the first bytes or layers of every bin are held. */
  cutAll(most: { readonly bytes?: number; readonly layers?: number }): void {
    const { bytes = 0, layers = 0 } = most;
    if (bytes === 0 && layers === 0) {
      this.clear();
      return;
    }
    const cut = (part: Held): Held => ({
      whole: false,
      bytes: bytes > 0 ? Math.min(part.bytes, bytes) : 0,
      layers: layers > 0 ? Math.min(part.layers, layers) : 0,
    });
    if (this.inverted) {
      // those with a bit keep what is said of them, all others drop from whole to the bound
      const kept = new Map<number, Held>();
      for (const id of this.marked()) kept.set(id, cut(this.parts.get(id) ?? this.floor));
      this.pages.clear();
      this.inverted = false;
      this.parts = kept;
      this.floor = cut(WHOLE);
      return;
    }
    const whole = [...this.marked()];
    this.floor = cut(this.floor);
    for (const [id, part] of this.parts) this.parts.set(id, cut(part));
    this.pages.clear();
    for (const id of whole) this.parts.set(id, cut(WHOLE));
  }

  /** Ids of all bins of which something is held, ascending; of a set that holds all, those that are said not to be whole. */
  *entries(): Generator<number> {
    const ids = new Set([...this.marked(), ...this.parts.keys()]);
    for (const id of [...ids].sort((a, b) => a - b)) yield id;
  }

  /** True when bins that are not in {@link entries} are held whole, or in part. */
  get holdsOthers(): boolean {
    return this.inverted || this.floor !== NOTHING;
  }

  private *marked(): Generator<number> {
    for (const [page, words] of this.pages) {
      for (let w = 0; w < PAGE_WORDS; w++) {
        for (let word = words[w]; word !== 0; word &= word - 1) {
          const bit = 31 - Math.clz32(word & -word);
          yield page * (1 << PAGE_BITS) + w * 32 + bit;
        }
      }
    }
  }

  private mark(id: number, bit: boolean): void {
    let page = this.pages.get(pageOf(id));
    if (page === undefined) {
      if (!bit) return;
      page = new Uint32Array(PAGE_WORDS);
      this.pages.set(pageOf(id), page);
    }
    if (bit) page[wordOf(id)] |= 1 << (id & 31);
    else page[wordOf(id)] &= ~(1 << (id & 31));
  }
}

/** Identifiers may be larger than 32 bits. */
function pageOf(id: number): number {
  return Math.floor(id / (1 << PAGE_BITS));
}

function wordOf(id: number): number {
  return (id >>> 5) & (PAGE_WORDS - 1);
}

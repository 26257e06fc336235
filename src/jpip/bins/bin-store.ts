/**
 * What a client holds: the data-bins of a target in memory, bounded, and behind them perhaps a shelf that outlives the program.
 *
 * Data-bins belong to a target with a certain id (tid, 15444-9 C.2.4): when that changes they are all worthless and are cleared. A cache
 * may be shared by any number of sessions. When it grows beyond its bound, data-bins that were used longest ago go first, but none that
 * work going on at the moment has touched.
 */
import { JpipError } from '../errors.ts';
import { BIN_CLASS, type MessageHeader } from '../wire/message.ts';
import { type Added, BinBytes } from './bin-bytes.ts';
import { type BinKey, binClassOf, binName } from './bin-id.ts';
import { modelCodestream } from './cache-model.ts';

/** What is held of one data-bin, from its start. */
export interface StoredBin extends BinKey {
  readonly bytes: Uint8Array;
  /** True when that is all of it. */
  readonly complete: boolean;
}

/** A data-bin that a shelf has, without its bytes. */
export interface ShelvedBin extends BinKey {
  /** Bytes from its start. */
  readonly length: number;
  readonly complete: boolean;
}

/** Where data-bins outlive the program: a folder, or a database of the browser. Made by the stores of `jp2kit/node` and `jp2kit/browser`. */
export interface BinShelf {
  /** What it has of a target; nothing where it does not know it. */
  list(target: string): Promise<{ readonly tid: string; readonly bins: readonly ShelvedBin[] } | undefined>;
  /** Reads data-bins, in the order asked; what is not there (any more) is `undefined`. */
  read(target: string, keys: readonly BinKey[]): Promise<readonly (StoredBin | undefined)[]>;
  /** Puts data-bins in place of what it had of them. What it had of the target under another id goes. */
  write(target: string, tid: string, bins: readonly StoredBin[]): Promise<void>;
  /** Lets go of data-bins; without keys of the whole target. */
  remove(target: string, keys?: readonly BinKey[]): Promise<void>;
  close?(): Promise<void>;
}

/** Options of stores. */
export interface StoreOptions {
  /**
   * Bytes of data-bins of one target that are held in memory, each counted with 200 more for its keeping; beyond that, what was used longest
   * ago goes. All targets together that no image has open get no more than that either. Default 256 MiB.
   */
  readonly cacheBytes?: number;
}

const DEFAULT_CACHE_BYTES = 2 ** 28;
/** Targets that nobody has open and of which something is held. */
const MOST_FREE = 1000;
/** About what a data-bin takes in memory besides its bytes. */
export const BIN_COST = 200;

/** A data-bin in memory, in the list of those that may go, oldest use first. */
export class CachedBin extends BinBytes implements BinKey {
  /** Its codestream (CSn). */
  readonly codestream: number;
  readonly classId: number;
  /** Its in-class identifier. */
  readonly id: number;
  /** The next ones in that list. */
  older: CachedBin | undefined;
  /** The bin that was used next after it. */
  younger: CachedBin | undefined;
  /** The work that touched it last. */
  used = 0;
  /** True when the shelf does not have all of it. */
  dirty = false;
  /** True while nobody has asked for it: it goes before all others. */
  spare = false;

  constructor({ codestream, classId, id }: BinKey) {
    super();
    this.codestream = codestream;
    this.classId = classId;
    this.id = id;
  }
}

/** The data-bins of one target. */
export class BinCache {
  /** The target as its address names it. */
  readonly target: string;
  /** Bytes held at most, as far as nothing that is needed has to go. */
  readonly limit: number;
  /** Id of the target that everything here belongs to, as far as a server has told it. */
  tid: string | undefined;
  /** Grows when something comes in. */
  revision = 0;
  /** Grows when everything goes because the target has changed. */
  generation = 0;
  private readonly classes = new Map<string, Map<number, CachedBin>>();
  private held = 0;
  private count = 0;
  private oldest: CachedBin | undefined;
  private youngest: CachedBin | undefined;
  private readonly works = new Set<number>();
  private lastWork = 0;
  private readonly shelf: BinShelf | undefined;
  private shelved = new Map<string, ShelvedBin>();
  private dirty = new Set<CachedBin>();
  private writing: Promise<void> = Promise.resolve();
  private holders = 0;
  private readonly onFree: () => void;

  constructor(target: string, options: StoreOptions = {}, shelf?: BinShelf, onFree: () => void = () => {}) {
    this.onFree = onFree;
    this.target = target;
    this.limit = options.cacheBytes ?? DEFAULT_CACHE_BYTES;
    if (!(this.limit >= 0)) {
      throw new JpipError('usage', 'option-value', `cacheBytes must be a number from 0, found ${this.limit}`);
    }
    this.shelf = shelf;
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.held;
  }

  /** Data-bins in memory. */
  get size(): number {
    return this.count;
  }

  /** True while nobody has said that it is needed. */
  get isFree(): boolean {
    return this.holders === 0;
  }

  /** Says that it is needed, until what this gives is called. */
  hold(): () => void {
    let held = true;
    this.holders++;
    return () => {
      if (!held) return;
      held = false;
      if (--this.holders === 0) this.onFree();
    };
  }

  /** Learns what the shelf has. One that cannot be read has nothing: there is a server. */
  async restore(): Promise<void> {
    const listed = await this.shelf?.list(this.target).catch(() => undefined);
    if (listed === undefined) return;
    // a shelf knows the empty id for what no server has named
    this.tid = listed.tid === '' ? undefined : listed.tid;
    for (const bin of listed.bins) this.shelved.set(binName(bin), bin);
    this.revision++;
  }

  /** The data-bin, as far as it is in memory. */
  get(key: BinKey): CachedBin | undefined {
    return this.classes.get(className(key))?.get(key.id);
  }

  /** How much of a data-bin is held, in memory or on the shelf. */
  extentOf(key: BinKey): { readonly length: number; readonly complete: boolean } {
    const bin = this.get(key);
    const shelved = this.shelved.size > 0 ? this.shelved.get(binName(key)) : undefined;
    if (bin && (shelved === undefined || bin.held >= shelved.length)) {
      return { length: bin.held, complete: bin.complete };
    }
    return shelved ?? { length: 0, complete: false };
  }

  /** All data-bins in memory. */
  *bins(): Generator<CachedBin> {
    for (const ids of this.classes.values()) yield* ids.values();
  }

  /** Data-bins of one class in memory. */
  *ofClass(codestream: number, classId: number): Generator<CachedBin> {
    const ids = this.classes.get(className({ codestream, classId }));
    if (ids) yield* ids.values();
  }

  /** What is held anywhere of each data-bin. */
  *extents(): Generator<ShelvedBin> {
    for (const bin of this.bins()) {
      const { codestream, classId, id } = bin;
      yield { codestream, classId, id, ...this.extentOf(bin) };
    }
    for (const bin of this.shelved.values()) if (!this.get(bin)) yield bin;
  }

  /**
   * Takes bytes of a data-bin. What contradicts those held is refused. What nobody asked for is `spare`, and kept only as long as there is
   * room for it.
   */
  add({ classId, codestream, id, offset, last }: MessageHeader, body: Uint8Array, spare = false): Added {
    const plain = binClassOf(classId);
    const key = { codestream: modelCodestream(plain, codestream), classId: plain, id };
    const known = this.get(key);
    const bin = known ?? this.insert(key);
    const wasComplete = bin.complete;
    const added = bin.add(offset, body, last);
    this.held += added.fresh;
    if (!spare) this.touch(bin);
    else if (known === undefined && !isLasting(bin)) this.linkFirst(bin);
    if (added.fresh > 0 || bin.complete !== wasComplete) {
      this.revision++;
      this.markDirty(bin);
    }
    if (spare) while (this.cost > this.limit && this.oldest?.spare) this.forget(this.oldest);
    return added;
  }

  /** Says that a data-bin is being used. */
  touch(bin: CachedBin): void {
    bin.used = this.lastWork;
    bin.spare = false;
    if (isLasting(bin) || bin === this.youngest) return;
    this.unlink(bin);
    bin.older = this.youngest;
    if (this.youngest) this.youngest.younger = bin;
    else this.oldest = bin;
    this.youngest = bin;
  }

  /** Forgets a data-bin that turned out to be wrong, on the shelf too. */
  drop(key: BinKey): void {
    const bin = this.get(key);
    if (bin) this.forget(bin);
    if (this.shelved.delete(binName(key))) {
      // where it cannot be removed it is found to be wrong again
      this.later(() => this.shelf!.remove(this.target, [key])).catch(() => {});
    }
  }

  /** Begins work: what it touches does not go until it is over. Gives its number, for {@link leave}. */
  enter(): number {
    this.works.add(++this.lastWork);
    return this.lastWork;
  }

  /** Ends work. */
  leave(work: number): void {
    this.works.delete(work);
    this.trim();
  }

  /** Bytes held and what it takes to keep them. */
  get cost(): number {
    return this.held + this.count * BIN_COST;
  }

  /** Lets data-bins go until no more than `limit` bytes are held, those used longest ago first. */
  trim(limit = this.limit): void {
    const since = this.works.size > 0 ? Math.min(...this.works) : Number.POSITIVE_INFINITY;
    let bin = this.oldest;
    while (this.cost > limit && bin && bin.used < since) {
      const next = bin.younger;
      if (!bin.dirty || bin.spare) this.forget(bin); // those others are on their way to the shelf
      bin = next;
    }
  }

  /** The target has another id now: nothing that is held is true any more. */
  async clear(tid?: string): Promise<void> {
    this.classes.clear();
    this.held = 0;
    this.count = 0;
    this.oldest = undefined;
    this.youngest = undefined;
    this.dirty.clear();
    this.shelved.clear();
    this.tid = tid;
    this.generation++;
    this.revision++;
    await this.later(async () => this.shelf?.remove(this.target));
  }

  /** Brings data-bins from the shelf into memory, where they are not. */
  async bring(keys: Iterable<BinKey>): Promise<void> {
    if (this.shelved.size === 0) return;
    const wanted: BinKey[] = [];
    for (const key of keys) {
      const shelved = this.shelved.get(binName(key));
      if (shelved === undefined || (this.get(key)?.held ?? -1) >= shelved.length) continue;
      wanted.push(shelved);
    }
    if (wanted.length === 0) return;
    const { generation } = this;
    const found = await this.shelf!.read(this.target, wanted).catch(() => []);
    if (generation !== this.generation) return;
    wanted.forEach((key, k) => {
      const stored = found[k];
      if (stored === undefined) {
        this.shelved.delete(binName(key));
        return;
      }
      const bin = this.get(key) ?? this.insert(key);
      this.held += bin.add(0, stored.bytes, stored.complete).fresh;
      this.touch(bin);
    });
  }

  /** Writes what has come in to the shelf. */
  flush(): Promise<void> {
    const { shelf } = this;
    if (shelf === undefined || this.dirty.size === 0) return this.writing;
    const bins = [...this.dirty];
    this.dirty = new Set();
    const { generation, tid = '' } = this;
    return this.later(async () => {
      if (generation !== this.generation) return;
      const stored = bins.map((bin): StoredBin => {
        const { codestream, classId, id, complete } = bin;
        return { codestream, classId, id, bytes: bin.prefix(), complete };
      });
      try {
        await shelf.write(this.target, tid, stored);
      } catch (error) {
        // a shelf without room is not tried again for these: they are in memory only, and may go from there
        for (const bin of bins) if (!this.dirty.has(bin)) bin.dirty = false;
        this.trim();
        throw error;
      }
      if (generation !== this.generation) return;
      stored.forEach(({ bytes, ...key }, k) => {
        this.shelved.set(binName(key), { ...key, length: bytes.length });
        if (!this.dirty.has(bins[k])) bins[k].dirty = false;
      });
      this.trim();
    });
  }

  private insert(key: BinKey): CachedBin {
    const name = className(key);
    let ids = this.classes.get(name);
    if (ids === undefined) {
      ids = new Map();
      this.classes.set(name, ids);
    }
    const bin = new CachedBin(key);
    ids.set(key.id, bin);
    this.count++;
    return bin;
  }

  private forget(bin: CachedBin): void {
    this.classes.get(className(bin))!.delete(bin.id);
    this.held -= bin.bytesHeld;
    this.count--;
    this.dirty.delete(bin);
    this.unlink(bin);
  }

  /** Puts a data-bin where it goes first. */
  private linkFirst(bin: CachedBin): void {
    bin.spare = true;
    bin.younger = this.oldest;
    if (this.oldest) this.oldest.older = bin;
    else this.youngest = bin;
    this.oldest = bin;
  }

  private unlink(bin: CachedBin): void {
    const { older, younger } = bin;
    if (older) older.younger = younger;
    else if (this.oldest === bin) this.oldest = younger;
    if (younger) younger.older = older;
    else if (this.youngest === bin) this.youngest = older;
    bin.older = undefined;
    bin.younger = undefined;
  }

  private markDirty(bin: CachedBin): void {
    if (this.shelf === undefined) return;
    bin.dirty = true;
    this.dirty.add(bin);
  }

  /** One after the other, since a shelf may be slow. A failure reaches who waits, and does not stop the next. */
  private later(work: () => Promise<void>): Promise<void> {
    const run = this.writing.then(work);
    this.writing = run.catch(() => {});
    return run;
  }
}

/** Caches of targets, shared by everyone who is given this store. Made by {@link memoryStore} and the stores of the hosts. */
export class DataBinStore {
  private readonly options: StoreOptions;
  private readonly shelf: BinShelf | undefined;
  /** Those that were opened longest ago first. */
  private readonly caches = new Map<string, Promise<BinCache>>();
  /** The same, as far as they are there. */
  private readonly made = new Map<string, BinCache>();

  constructor(options: StoreOptions = {}, shelf?: BinShelf) {
    this.options = options;
    this.shelf = shelf;
  }

  /** The cache of a target: the same one for everyone who asks. */
  open(target: string): Promise<BinCache> {
    const known = this.caches.get(target);
    const cache = known ?? this.make(target);
    this.caches.delete(target);
    this.caches.set(target, cache);
    if (known === undefined) cache.catch(() => this.caches.delete(target));
    return cache;
  }

  private async make(target: string): Promise<BinCache> {
    const cache = new BinCache(target, this.options, this.shelf, () => this.trim());
    await cache.restore();
    this.made.set(target, cache);
    return cache;
  }

  /** Lets go of what nobody has open until all of that together is no more than one target may have. */
  private trim(): void {
    const free = [...this.caches.keys()].map((target) => this.made.get(target)).filter((cache) => cache?.isFree);
    let cost = 0;
    for (const cache of free) cost += cache!.cost;
    for (const [k, cache] of free.entries()) {
      if (cost <= cache!.limit && free.length - k <= MOST_FREE) return;
      cost -= cache!.cost;
      this.made.delete(cache!.target);
      this.caches.delete(cache!.target);
    }
  }

  /** Writes everything to the shelf, where there is one, and closes it. */
  async close(): Promise<void> {
    for (const cache of this.caches.values()) await (await cache).flush();
    this.caches.clear();
    this.made.clear();
    await this.shelf?.close?.();
  }
}

/**
 * A store in memory, to share data-bins between images of one target.
 *
 * @example
 * ```ts
 * const cache = memoryStore({ cacheBytes: 64 << 20 });
 * const image = await openJpip(url, { cache });
 * ```
 */
export function memoryStore(options: StoreOptions = {}): DataBinStore {
  return new DataBinStore(options);
}

/** The main header and the first metadata-bin are small, and nothing goes without them. */
function isLasting({ classId, id }: BinKey): boolean {
  return classId === BIN_CLASS.mainHeader || (classId === BIN_CLASS.metadata && id === 0);
}

function className({ codestream, classId }: Pick<BinKey, 'codestream' | 'classId'>): string {
  return `${codestream} ${classId}`;
}

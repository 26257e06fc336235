/**
 * Data-bins of JPIP targets in a database of the browser, so that a page that is opened again begins with them, also without a network.
 *
 * There are three tables: targets with their ids, how long each data-bin is, and its bytes. The second is small enough to be read as
 * a whole when a target is opened; the third is read as windows need it.
 */
import type { BinKey } from '../jpip/bins/bin-id.ts';
import {
  type BinShelf,
  DataBinStore,
  type ShelvedBin,
  type StoredBin,
  type StoreOptions,
} from '../jpip/bins/bin-store.ts';

const VERSION = 1;
const TARGETS = 'targets';
const EXTENTS = 'extents';
const BYTES = 'bytes';

/** Options of {@link indexedDbStore}. */
export interface IndexedDbStoreOptions extends StoreOptions {
  /** The databases of the browser; default those of the page. */
  readonly indexedDB?: IDBFactory;
}

/**
 * A store in a database of the browser; it works in pages and workers.
 *
 * @example
 * ```ts
 * const image = await openJpip(url, { cache: indexedDbStore('jpip') });
 * ```
 */
export function indexedDbStore(name: string, options: IndexedDbStoreOptions = {}): DataBinStore {
  return new DataBinStore(options, new IndexedDbShelf(name, options.indexedDB ?? globalThis.indexedDB));
}

class IndexedDbShelf implements BinShelf {
  private readonly name: string;
  private readonly factory: IDBFactory;
  private opened: Promise<IDBDatabase> | undefined;

  constructor(name: string, factory: IDBFactory) {
    this.name = name;
    this.factory = factory;
  }

  async list(target: string): Promise<{ tid: string; bins: ShelvedBin[] } | undefined> {
    const transaction = (await this.database()).transaction([TARGETS, EXTENTS]);
    const about = answerOf<{ tid: string } | undefined>(transaction.objectStore(TARGETS).get(target));
    const bins = answerOf<ShelvedBin[]>(transaction.objectStore(EXTENTS).getAll(allOf(target)));
    const tid = (await about)?.tid;
    return tid === undefined ? undefined : { tid, bins: await bins };
  }

  async read(target: string, keys: readonly BinKey[]): Promise<(StoredBin | undefined)[]> {
    const table = (await this.database()).transaction([BYTES]).objectStore(BYTES);
    return Promise.all(keys.map((key) => answerOf<StoredBin | undefined>(table.get(keyOf(target, key)))));
  }

  async write(target: string, tid: string, bins: readonly StoredBin[]): Promise<void> {
    const transaction = (await this.database()).transaction([TARGETS, EXTENTS, BYTES], 'readwrite');
    const targets = transaction.objectStore(TARGETS);
    const extents = transaction.objectStore(EXTENTS);
    const bytes = transaction.objectStore(BYTES);
    const known = await answerOf<{ tid: string } | undefined>(targets.get(target));
    if (known && known.tid !== tid) {
      extents.delete(allOf(target));
      bytes.delete(allOf(target));
    }
    if (known?.tid !== tid) targets.put({ tid }, target);
    for (const bin of bins) {
      const { codestream, classId, id, complete } = bin;
      const key = keyOf(target, bin);
      extents.put({ codestream, classId, id, complete, length: bin.bytes.length }, key);
      // what is handed in may be a view of something larger, all of which would be stored
      bytes.put({ codestream, classId, id, complete, bytes: bin.bytes.slice() }, key);
    }
    await ended(transaction);
  }

  async remove(target: string, keys?: readonly BinKey[]): Promise<void> {
    const transaction = (await this.database()).transaction([TARGETS, EXTENTS, BYTES], 'readwrite');
    if (keys === undefined) transaction.objectStore(TARGETS).delete(target);
    for (const table of [EXTENTS, BYTES]) {
      if (keys === undefined) transaction.objectStore(table).delete(allOf(target));
      else for (const key of keys) transaction.objectStore(table).delete(keyOf(target, key));
    }
    await ended(transaction);
  }

  async close(): Promise<void> {
    const database = await this.opened;
    this.opened = undefined;
    database?.close();
  }

  private database(): Promise<IDBDatabase> {
    this.opened ??= this.open();
    return this.opened;
  }

  private async open(): Promise<IDBDatabase> {
    try {
      const request = this.factory.open(this.name, VERSION);
      request.onupgradeneeded = () => {
        for (const table of [TARGETS, EXTENTS, BYTES]) request.result.createObjectStore(table);
      };
      const database = await answerOf<IDBDatabase>(request);
      // another page may want to throw the database away
      database.onversionchange = () => database.close();
      return database;
    } catch (error) {
      this.opened = undefined;
      throw error;
    }
  }
}

function keyOf(target: string, { codestream, classId, id }: BinKey): IDBValidKey {
  return [target, codestream, classId, id];
}

/** Every key of a target: arrays are longer than their beginnings, and an array is more than any number. */
function allOf(target: string): IDBKeyRange {
  return IDBKeyRange.bound([target], [target, []]);
}

function answerOf<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error);
  });
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

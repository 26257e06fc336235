/**
 * Other files that a file refers to, opened through the caller and only so.
 *
 * A movie may link to thousands of files, so only a few are kept open: one that is needed again is asked for again.
 */
import { malformed, unsupported } from './errors.ts';
import type { DataReference } from './fileformat/data-references.ts';
import type { AbortSignalLike, ByteRange, RandomAccessSource } from './source.ts';

/**
 * Finds a file that another file refers to, or says that it is not at hand with `undefined`. Whoever wrote the file chose
 * the URL: it may have any scheme and lead anywhere. `safe` is the same as a relative path that stays below where it
 * starts, and `undefined` for all others.
 *
 * The source that comes back is the library's: it is closed when many others have been needed since, and asked for again.
 */
export type ResolveReference = (
  url: string,
  reference: { readonly index: number; readonly safe: string | undefined },
) => RandomAccessSource | undefined | Promise<RandomAccessSource | undefined>;

/** Files that are open at once. */
const MAX_OPEN = 16;

/** A file that was asked for. */
interface Opened {
  readonly source: Promise<RandomAccessSource>;
  /** Reads that have not come back. */
  readers: number;
  /** Another file took its place: it is closed with its last read. */
  evicted: boolean;
}

/** The other files of one file. */
export class SourcePool {
  private readonly references: readonly DataReference[];
  private readonly resolve: ResolveReference | undefined;
  /** By data reference, the one that was used last at the end. */
  private readonly open = new Map<number, Opened>();

  constructor(references: readonly DataReference[], resolve: ResolveReference | undefined) {
    this.references = references;
    this.resolve = resolve;
  }

  /**
   * The file with a data reference, which is opened when it is read.
   *
   * @throws {Jpeg2000Error} `fragment` where there is no such entry, or nobody to find it.
   */
  source(dataReference: number): RandomAccessSource {
    const reference = this.references[dataReference - 1];
    const clause = '15444-2 M.11.2';
    if (!reference) throw malformed('fragment', `there is no data reference ${dataReference}`, { clause });
    if (!this.resolve) {
      throw unsupported('fragment', `fragments lie in '${reference.url}', and no resolver was given`, { clause });
    }
    return { read: (range, options) => this.read(dataReference, range, options ?? {}) };
  }

  /** Closes all files. */
  async close(): Promise<void> {
    const all = [...this.open.values()];
    this.open.clear();
    await Promise.all(all.map((opened) => closeQuietly(opened)));
  }

  private async read(n: number, range: ByteRange, options: { signal?: AbortSignalLike }): Promise<Uint8Array> {
    const opened = this.open.get(n) ?? { source: this.find(n), readers: 0, evicted: false };
    this.open.delete(n);
    this.open.set(n, opened);
    opened.readers++;
    this.evict();
    try {
      return await (await opened.source).read(range, options);
    } finally {
      opened.readers--;
      if (opened.evicted && opened.readers === 0) await closeQuietly(opened);
    }
  }

  private async find(n: number): Promise<RandomAccessSource> {
    const { url, safe } = this.references[n - 1];
    try {
      const source = await this.resolve!(url, { index: n - 1, safe });
      if (source) return source;
      throw unsupported('fragment', `fragments lie in '${url}', which is not at hand`, { clause: '15444-2 M.11.2' });
    } catch (error) {
      this.open.delete(n); // it may be there the next time
      throw error;
    }
  }

  private evict(): void {
    for (const [n, opened] of this.open) {
      if (this.open.size <= MAX_OPEN) return;
      this.open.delete(n);
      opened.evicted = true;
      if (opened.readers === 0) void closeQuietly(opened);
    }
  }
}

/** Closing is a courtesy: what fails then has no one to tell. */
async function closeQuietly({ source }: Opened): Promise<void> {
  try {
    await (await source).close?.();
  } catch {
    // nothing was lost
  }
}

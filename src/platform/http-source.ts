/**
 * A URL as a random-access source, by HTTP range requests (RFC 9110 section 14).
 *
 * What is read is kept in blocks up to a bound; reads that lie close together become one request, and requests run in parallel.
 * A server that ignores ranges sends the whole file, which is then kept.
 * A file that changes between two requests is noticed by its validator or size.
 */
import { Jpeg2000Error, malformed, reasonOf } from '../codec/errors.ts';
import type { AbortSignalLike, ByteRange, RandomAccessSource } from '../codec/source.ts';
import { throwIfAborted } from '../codec/source.ts';

/** The part of `fetch` that is used. */
export type FetchLike = (
  url: string,
  init: { headers: Record<string, string>; signal?: never },
) => Promise<FetchResponseLike>;

/** The part of `Response` that is used. */
export interface FetchResponseLike {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Options of {@link httpSource}. */
export interface HttpSourceOptions {
  /** What makes requests. Default: the global `fetch`. */
  readonly fetch?: FetchLike;
  /** Headers sent with each request, as for authorisation. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Reads are rounded to blocks of this many bytes. Default 8192. */
  readonly blockBytes?: number;
  /** Ranges with at most this many bytes between them become one request. Default 16384. */
  readonly coalesceGapBytes?: number;
  /** Requests at once. Default 6. */
  readonly parallel?: number;
  /** Bytes kept for later reads. Default 32 MiB. */
  readonly cacheBytes?: number;
}

/**
 * A source over a URL: only the ranges that are asked for are requested, in parallel where they lie apart.
 *
 * @throws {Jpeg2000Error} from its reads: `source-read` when a request fails, `source-changed` when the file changed meanwhile.
 * @example
 * ```ts
 * const image = await open(httpSource('https://example.org/map.jp2'));
 * const corner = await image.decode({ region: { x: 0, y: 0, width: 512, height: 512 } });
 * ```
 */
export function httpSource(url: string | { toString(): string }, options: HttpSourceOptions = {}): RandomAccessSource {
  const fetchIt = options.fetch ?? ((address, init) => globalThis.fetch(address, init));
  return new HttpSource(String(url), fetchIt, options);
}

class HttpSource implements RandomAccessSource {
  private knownSize: number | undefined;
  private validator: string | undefined;
  private whole: Uint8Array | undefined;
  private readonly url: string;
  private readonly fetch: FetchLike;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly blockBytes: number;
  private readonly gap: number;
  private readonly parallel: number;
  private readonly cacheBlocks: number;
  /** Block number to bytes, oldest first. */
  private readonly blocks = new Map<number, Uint8Array>();
  private active = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(url: string, fetch: FetchLike, options: HttpSourceOptions) {
    this.url = url;
    this.fetch = fetch;
    this.headers = options.headers ?? {};
    this.blockBytes = Math.max(512, options.blockBytes ?? 8192);
    this.gap = options.coalesceGapBytes ?? 16384;
    this.parallel = Math.max(1, options.parallel ?? 6);
    this.cacheBlocks = Math.max(4, Math.floor((options.cacheBytes ?? 32 * 1024 * 1024) / this.blockBytes));
  }

  get size(): number | undefined {
    return this.knownSize;
  }

  async read(range: ByteRange, options: { signal?: AbortSignalLike } = {}): Promise<Uint8Array> {
    return (await this.readMany([range], options))[0];
  }

  async readMany(ranges: readonly ByteRange[], options: { signal?: AbortSignalLike } = {}): Promise<Uint8Array[]> {
    throwIfAborted(options.signal);
    if (this.whole) return ranges.map((range) => this.whole!.slice(range.offset, range.offset + range.length));
    const held = new Map<number, Uint8Array>();
    const runs = this.missingRuns(ranges, held);
    await Promise.all(runs.map((run) => this.fetchRun(run, held, options.signal)));
    if (this.whole) return ranges.map((range) => this.whole!.slice(range.offset, range.offset + range.length));
    return ranges.map((range) => this.cut(range, held));
  }

  /** Blocks that are not held, joined where little lies between them. What is held is put into `held`. */
  private missingRuns(ranges: readonly ByteRange[], held: Map<number, Uint8Array>): { first: number; last: number }[] {
    const missing = new Set<number>();
    for (const range of ranges) {
      const end = Math.min(range.offset + range.length, this.knownSize ?? Number.POSITIVE_INFINITY);
      const last = Math.ceil(end / this.blockBytes) - 1;
      for (let b = Math.floor(range.offset / this.blockBytes); b <= last; b++) {
        const block = this.blocks.get(b);
        if (block) held.set(b, block);
        else missing.add(b);
      }
    }
    const runs: { first: number; last: number }[] = [];
    for (const b of [...missing].sort((x, y) => x - y)) {
      const run = runs.at(-1);
      if (run && (b - run.last - 1) * this.blockBytes <= this.gap) run.last = b;
      else runs.push({ first: b, last: b });
    }
    return runs;
  }

  private async fetchRun(
    run: { first: number; last: number },
    held: Map<number, Uint8Array>,
    signal: AbortSignalLike | undefined,
  ): Promise<void> {
    const start = run.first * this.blockBytes;
    const bytes = await this.limited(() => this.requestAll(start, (run.last + 1) * this.blockBytes, signal));
    if (this.whole) return;
    for (let b = run.first; b <= run.last; b++) {
      const at = (b - run.first) * this.blockBytes;
      if (at >= bytes.length && b > run.first) break;
      const block = bytes.slice(at, at + this.blockBytes);
      held.set(b, block);
      this.keep(b, block);
    }
  }

  private keep(b: number, block: Uint8Array): void {
    this.blocks.delete(b);
    this.blocks.set(b, block);
    if (this.blocks.size > this.cacheBlocks) this.blocks.delete(this.blocks.keys().next().value!);
  }

  private cut({ offset, length }: ByteRange, held: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const end = Math.min(offset + length, this.knownSize ?? Number.POSITIVE_INFINITY);
    const out = new Uint8Array(Math.max(0, end - offset));
    let filled = 0;
    while (filled < out.length) {
      const b = Math.floor((offset + filled) / this.blockBytes);
      const block = held.get(b);
      const at = offset + filled - b * this.blockBytes;
      if (!block || at >= block.length) break;
      const piece = block.subarray(at, Math.min(block.length, at + out.length - filled));
      out.set(piece, filled);
      filled += piece.length;
    }
    return filled === out.length ? out : out.subarray(0, filled);
  }

  /** At most `parallel` requests at once. */
  private async limited<T>(run: () => Promise<T>): Promise<T> {
    if (this.active < this.parallel) this.active++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await run();
    } finally {
      // whoever waits takes over the place, so that nobody can slip in between
      const next = this.waiting.shift();
      if (next) next();
      else this.active--;
    }
  }

  /** A server may send less than was asked for (RFC 9110 15.3.7); the rest is then asked for again. */
  private async requestAll(start: number, end: number, signal: AbortSignalLike | undefined): Promise<Uint8Array> {
    let bytes = await this.request(start, end, signal);
    while (!this.whole) {
      const at = start + bytes.length;
      const stop = Math.min(end, this.knownSize ?? at);
      if (at >= stop) break;
      const more = await this.request(at, stop, signal);
      const joined = new Uint8Array(bytes.length + more.length);
      joined.set(bytes);
      joined.set(more, bytes.length);
      bytes = joined;
    }
    return bytes;
  }

  private async request(start: number, end: number, signal: AbortSignalLike | undefined): Promise<Uint8Array> {
    throwIfAborted(signal);
    const headers = { ...this.headers, Range: `bytes=${start}-${end - 1}` };
    const init = signal ? { headers, signal: signal as never } : { headers };
    let response: FetchResponseLike;
    let bytes: Uint8Array;
    try {
      response = await this.fetch(this.url, init);
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      throwIfAborted(signal);
      throw malformed('source-read', `requesting bytes ${start} to ${end} failed: ${reasonOf(error)}`, {
        offset: start,
      });
    }
    if (response.status === 416) {
      if (this.knownSize !== undefined && start < this.knownSize) throw changed();
      this.knownSize ??= totalOf(response.headers.get('content-range')) ?? start;
      return new Uint8Array(0);
    }
    if (response.status === 200) {
      this.checkSame(response, bytes.length);
      this.whole = bytes;
      this.knownSize = bytes.length;
      return bytes;
    }
    if (response.status !== 206) {
      throw malformed('source-read', `the server answered ${response.status}`, { offset: start });
    }
    const contentRange = response.headers.get('content-range');
    const total = totalOf(contentRange);
    this.checkSame(response, total);
    // a server need not send all that was asked for, but must not send nothing, more or something else
    const first = /^\s*bytes\s+(\d+)-/.exec(contentRange ?? '')?.[1] ?? start;
    if (bytes.length === 0 || bytes.length > end - start || Number(first) !== start) {
      const message = `${bytes.length} bytes from ${first} came for ${end - start} bytes from ${start}`;
      throw malformed('source-read', message, { offset: start });
    }
    if (total !== undefined) this.knownSize = total;
    else if (bytes.length < end - start) this.knownSize = start + bytes.length;
    return bytes;
  }

  private checkSame(response: FetchResponseLike, size: number | undefined): void {
    const etag = response.headers.get('etag');
    const validator = (etag?.startsWith('W/') ? null : etag) ?? response.headers.get('last-modified') ?? undefined;
    const differs =
      (this.validator !== undefined && validator !== undefined && validator !== this.validator) ||
      (this.knownSize !== undefined && size !== undefined && size !== this.knownSize);
    if (differs) throw changed();
    this.validator ??= validator;
  }
}

function changed(): Error {
  return new Jpeg2000Error('malformed', 'source-changed', 'the file changed while it was being read');
}

/** The complete length in `Content-Range: bytes a-b/total`. */
function totalOf(contentRange: string | null): number | undefined {
  const match = /\/(\d+)\s*$/.exec(contentRange ?? '');
  return match ? Number(match[1]) : undefined;
}

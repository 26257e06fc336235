/**
 * Where bytes come from, and the one seam between synchronous parsing and asynchronous reading.
 *
 * Everything that parses is written once, as a {@link Reading}: a generator that yields the byte ranges it needs next and is
 * resumed with the bytes. {@link readNow} drives it over a buffer, {@link readFrom} over any random-access source. The parser
 * cannot tell which, so there is no second copy of any syntax code for the asynchronous case.
 */
import { Jpeg2000Error, usage } from './errors.ts';
import { type Deadline, type Executor, PAUSE_INTERVAL_MS } from './executor.ts';

/** Bytes in memory, in whatever form the caller has them. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/** A run of bytes of the input. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** The part of `AbortSignal` that is used here, so that no platform type is needed. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** The part of `Blob` that is used here. */
export interface BlobLike {
  readonly size: number;
  slice(start?: number, end?: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Bytes that can be read in any order: a buffer, a file, a blob, a URL. */
export interface RandomAccessSource {
  /** Total number of bytes; `undefined` until it is known. */
  readonly size?: number;
  /** Reads one range. A result shorter than asked means the end of the input. */
  read(range: ByteRange, options?: { signal?: AbortSignalLike }): Promise<Uint8Array>;
  /** Reads several ranges at once, in the order asked. */
  readMany?(ranges: readonly ByteRange[], options?: { signal?: AbortSignalLike }): Promise<Uint8Array[]>;
  /** Gives back whatever the source holds. */
  close?(): void | Promise<void>;
}

/** Anything a picture can be read from. */
export type ImageInput = Bytes | BlobLike | RandomAccessSource;

/**
 * A parser that asks for byte ranges and is given bytes, one `Uint8Array` per range, short only at the end of the input. A parser
 * that works for long without reading asks for no range now and then, as a good moment to pause.
 */
export type Reading<T> = Generator<readonly ByteRange[], T, readonly Uint8Array[]>;

/** Asks for one range inside a {@link Reading}. */
export function* readRange(offset: number, length: number): Reading<Uint8Array> {
  const [bytes] = yield [{ offset, length }];
  return bytes!;
}

/** Runs a parser over bytes in memory; what it gets are views, not copies. */
export function readNow<T>(reading: Reading<T>, bytes: Uint8Array, deadline?: Deadline): T {
  let step = reading.next();
  while (!step.done) {
    deadline?.check();
    step = reading.next(step.value.map((r) => bytes.subarray(r.offset, r.offset + r.length)));
  }
  return step.value;
}

/**
 * Runs a parser over a source. An abort rejects with the signal's reason. Where the parser asks for nothing, which means that it has
 * worked for a while, the executor may give the event loop a turn.
 */
export async function readFrom<T>(
  reading: Reading<T>,
  source: RandomAccessSource,
  signal?: AbortSignalLike,
  executor?: Executor,
  deadline?: Deadline,
): Promise<T> {
  let last = executor?.now() ?? 0;
  let step = reading.next();
  while (!step.done) {
    throwIfAborted(signal);
    deadline?.check();
    if (step.value.length > 0) {
      const bytes = await readRanges(source, step.value, signal);
      throwIfAborted(signal);
      step = reading.next(bytes);
      continue;
    }
    if (executor?.pause && executor.now() - last >= PAUSE_INTERVAL_MS) {
      await executor.pause();
      throwIfAborted(signal);
      last = executor.now();
    }
    step = reading.next([]);
  }
  return step.value;
}

async function readRanges(
  source: RandomAccessSource,
  ranges: readonly ByteRange[],
  signal: AbortSignalLike | undefined,
): Promise<Uint8Array[]> {
  const options = signal ? { signal } : {};
  if (source.readMany && ranges.length > 1) return source.readMany(ranges, options);
  return Promise.all(ranges.map((range) => source.read(range, options)));
}

/** Rejects with the signal's own reason, as the platform does. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason ?? new Error('The operation was aborted');
}

/** A view of the caller's bytes; never a copy. */
export function toUint8Array(bytes: Bytes): Uint8Array {
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Uint8Array(bytes);
}

/** True for bytes in memory, which allow the synchronous road. */
export function isBytes(input: unknown): input is Bytes {
  return (
    ArrayBuffer.isView(input) ||
    input instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer === 'function' && input instanceof SharedArrayBuffer)
  );
}

/** A source over bytes in memory, which can also be read without waiting. */
export class BytesSource implements RandomAccessSource {
  readonly bytes: Uint8Array;

  constructor(bytes: Bytes) {
    this.bytes = toUint8Array(bytes);
  }

  get size(): number {
    return this.bytes.length;
  }

  async read(range: ByteRange): Promise<Uint8Array> {
    return this.bytes.subarray(range.offset, range.offset + range.length);
  }
}

/**
 * A source over bytes in memory.
 *
 * @example
 * ```ts
 * const image = await open(bytesSource(new Uint8Array(buffer)));
 * ```
 */
export function bytesSource(bytes: Bytes): RandomAccessSource {
  return new BytesSource(bytes);
}

/**
 * A source over a `Blob` or `File`; only the ranges that are asked for are read.
 *
 * @example
 * ```ts
 * const image = await open(blobSource(input.files[0]));
 * ```
 */
export function blobSource(blob: BlobLike): RandomAccessSource {
  return {
    size: blob.size,
    async read(range) {
      return new Uint8Array(await blob.slice(range.offset, range.offset + range.length).arrayBuffer());
    },
  };
}

/** The source behind whatever the caller handed in. */
export function sourceOf(input: ImageInput): RandomAccessSource {
  if (isBytes(input)) return new BytesSource(input);
  if (typeof input === 'object' && input !== null) {
    if ('read' in input && typeof input.read === 'function') return input;
    if ('slice' in input && typeof input.slice === 'function') return blobSource(input);
  }
  throw usage('input-type', `expected bytes, a blob or a source with a read method, found ${typeof input}`);
}

/** Turns a failure of a source into a typed error, keeping aborts and our own errors as they are. */
export function sourceError(cause: unknown, range: ByteRange): Error {
  if (cause instanceof Jpeg2000Error) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Jpeg2000Error('malformed', 'source-read', `reading ${range.length} bytes failed: ${reason}`, {
    offset: range.offset,
  });
}

/** A source that counts what is read through it. */
export class MeteredSource implements RandomAccessSource {
  bytes = 0;
  requests = 0;
  private readonly inner: RandomAccessSource;

  constructor(inner: RandomAccessSource) {
    this.inner = inner;
  }

  get size(): number | undefined {
    return this.inner.size;
  }

  async read(range: ByteRange, options?: { signal?: AbortSignalLike }): Promise<Uint8Array> {
    try {
      const bytes = await this.inner.read(range, options);
      this.count(1, bytes.length);
      return bytes;
    } catch (error) {
      throw options?.signal?.aborted ? error : sourceError(error, range);
    }
  }

  async readMany(ranges: readonly ByteRange[], options?: { signal?: AbortSignalLike }): Promise<Uint8Array[]> {
    if (!this.inner.readMany) return Promise.all(ranges.map((range) => this.read(range, options)));
    try {
      const pieces = await this.inner.readMany(ranges, options);
      this.count(
        ranges.length,
        pieces.reduce((sum, piece) => sum + piece.length, 0),
      );
      return pieces;
    } catch (error) {
      throw options?.signal?.aborted ? error : sourceError(error, ranges[0]);
    }
  }

  close(): void | Promise<void> {
    return this.inner.close?.();
  }

  private count(requests: number, bytes: number): void {
    this.requests += requests;
    this.bytes += bytes;
  }
}

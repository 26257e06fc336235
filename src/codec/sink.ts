/**
 * Where the bytes of a file go, and where a writer keeps what it cannot write yet.
 */
import { joinBytes } from './bits/join-bytes.ts';
import { Jpeg2000Error, overLimit } from './errors.ts';

/** Takes the bytes of a file from its beginning. */
export interface ByteSink {
  write(bytes: Uint8Array): void | Promise<void>;
  /** True when the sink is done with the bytes once `write` has settled: their memory is then used again, which saves time. Default false. */
  readonly letsGo?: boolean;
  /** Overwrites bytes written before. Without it there are no lengths of tile-parts (TLM), and the codestream's box has no length. */
  patch?(offset: number, bytes: Uint8Array): void | Promise<void>;
  /** Called once when everything is written. */
  close?(): void | Promise<void>;
  /** Called once when the file will not be finished. */
  abort?(reason: unknown): void | Promise<void>;
}

/** Keeps bytes that are to be read again. */
export interface SpillStore {
  /** Adds to the end. */
  append(bytes: Uint8Array): void | Promise<void>;
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  /** Called once when nothing is needed any more. */
  close?(): void | Promise<void>;
}

/** Bytes that are collected before they are handed on. */
const CHUNK_BYTES = 1 << 18;

/** A sink that is handed large chunks, counts them, and fails with typed errors. */
export class SinkWriter {
  /** Bytes of the file so far. */
  length = 0;
  private readonly sink: ByteSink;
  private chunk = new Uint8Array(CHUNK_BYTES);
  private filled = 0;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** Whether bytes may be changed after they have been written. */
  get letsGo(): boolean {
    return this.sink.letsGo === true;
  }

  get canPatch(): boolean {
    return this.sink.patch !== undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.length += bytes.length;
    if (this.filled + bytes.length > CHUNK_BYTES) await this.flush();
    if (bytes.length > CHUNK_BYTES) {
      await guarded(() => this.sink.write(bytes));
      return;
    }
    this.chunk.set(bytes, this.filled);
    this.filled += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.filled === 0) return;
    const bytes = this.chunk.subarray(0, this.filled);
    // a sink may keep what it is given
    this.chunk = new Uint8Array(CHUNK_BYTES);
    this.filled = 0;
    await guarded(() => this.sink.write(bytes));
  }

  /** Overwrites; everything before has to be flushed. */
  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    await guarded(() => this.sink.patch!(offset, bytes));
  }

  async close(): Promise<void> {
    await this.flush();
    await guarded(() => this.sink.close?.());
  }

  /** Gives the sink up; what goes wrong then is not worth telling, since something else already is. */
  async abort(reason: unknown): Promise<void> {
    try {
      await this.sink.abort?.(reason);
    } catch {
      // the first failure is the one that counts
    }
  }
}

/** Turns whatever a sink or store throws into an error of ours, with the original as its cause. */
export async function guarded<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof Jpeg2000Error) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new Jpeg2000Error('usage', 'sink', `the output failed: ${reason}`);
    error.cause = cause;
    throw error;
  }
}

/** A sink in memory. */
export class MemorySink implements ByteSink {
  /** Bytes so far. */
  length = 0;
  private readonly pieces: Uint8Array[] = [];
  private readonly most: number;

  /** @throws {Jpeg2000Error} from `write`: `limit-bytes` for more than `most` bytes. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.most = most;
  }

  write(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (this.length > this.most) {
      throw overLimit('limit-bytes', `expected at most ${this.most} bytes in memory, found more: use a sink`);
    }
    this.pieces.push(bytes);
  }

  patch(offset: number, bytes: Uint8Array): void {
    let at = 0;
    for (const piece of this.pieces) {
      const from = Math.max(offset, at);
      const to = Math.min(offset + bytes.length, at + piece.length);
      if (to > from) piece.set(bytes.subarray(from - offset, to - offset), from - at);
      at += piece.length;
    }
  }

  /** Everything written. */
  join(): Uint8Array {
    return joinBytes(this.pieces, new Uint8Array(this.length));
  }
}

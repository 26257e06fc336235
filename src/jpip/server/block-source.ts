/**
 * A file as a server reads it: in blocks that are kept for the next request, with one budget for all files.
 *
 * Many clients look at the same part of the same picture, and one client comes back for what lies beside it, so the blocks that were
 * read last answer most reads. Reads that are under way are shared by whoever needs the same block.
 */
import { malformed } from '../../codec/errors.ts';
import { type AbortSignalLike, type ByteRange, type RandomAccessSource, throwIfAborted } from '../../codec/source.ts';
import { JpipError } from '../errors.ts';

/** Bytes of a block. */
const BLOCK_BYTES = 1 << 16;

/** One block that is kept. */
interface Block {
  readonly owner: Map<number, Block>;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Blocks of all files, the one used longest ago first. */
export class BlockBudget {
  private readonly most: number;
  private readonly order = new Set<Block>();
  private held = 0;
  /** Reads of files, and their bytes. */
  reads = 0;
  readBytes = 0;

  constructor(bytes: number) {
    this.most = bytes;
  }

  /** Keeps a block, and lets go of old ones. */
  keep(owner: Map<number, Block>, number: number, bytes: Uint8Array): void {
    const before = owner.get(number);
    if (before) this.drop(before);
    const block = { owner, number, bytes };
    owner.set(number, block);
    this.order.add(block);
    this.held += bytes.length;
    for (const oldest of this.order) {
      if (this.held <= this.most) break;
      this.drop(oldest);
    }
  }

  /** A block was used. */
  touch(block: Block): void {
    this.order.delete(block);
    this.order.add(block);
  }

  /** Lets go of all blocks of a file. */
  forget(owner: Map<number, Block>): void {
    for (const block of [...owner.values()]) this.drop(block);
  }

  private drop(block: Block): void {
    this.order.delete(block);
    block.owner.delete(block.number);
    this.held -= block.bytes.length;
  }
}

/** A source whose blocks are kept. */
export class BlockSource implements RandomAccessSource {
  private readonly inner: RandomAccessSource;
  private readonly budget: BlockBudget;
  private readonly blocks = new Map<number, Block>();
  private readonly underway = new Map<number, Promise<void>>();

  constructor(inner: RandomAccessSource, budget: BlockBudget) {
    this.inner = inner;
    this.budget = budget;
  }

  get size(): number | undefined {
    return this.inner.size;
  }

  async read(range: ByteRange, options: { signal?: AbortSignalLike } = {}): Promise<Uint8Array> {
    return (await this.readMany([range], options))[0];
  }

  async readMany(ranges: readonly ByteRange[], options: { signal?: AbortSignalLike } = {}): Promise<Uint8Array[]> {
    const held = new Map<number, Uint8Array>();
    const waits = this.bring(ranges, held);
    if (waits.length > 0) await Promise.all(waits);
    throwIfAborted(options.signal);
    return ranges.map((range) => this.cut(range, held));
  }

  /**
   * Reads ranges straight to their places in a buffer. Tells how many reads of the file that took, and what came with them.
   *
   * @throws {JpipError} `target-changed` when the file is shorter than a range.
   */
  async readInto(
    buffer: Uint8Array,
    gaps: readonly Gap[],
    options: { signal?: AbortSignalLike } = {},
  ): Promise<{ readonly reads: number; readonly readBytes: number }> {
    const held = new Map<number, Uint8Array>();
    const account = { reads: 0, readBytes: 0 };
    const waits = this.bring(gaps, held, account);
    if (waits.length > 0) await Promise.all(waits);
    throwIfAborted(options.signal);
    for (const { at, offset, length } of gaps) {
      let done = 0;
      while (done < length) {
        const block = Math.floor((offset + done) / BLOCK_BYTES);
        const bytes = held.get(block);
        const from = offset + done - block * BLOCK_BYTES;
        if (bytes === undefined || from >= bytes.length) throw shortened();
        const take = Math.min(bytes.length - from, length - done);
        buffer.set(bytes.subarray(from, from + take), at + done);
        done += take;
      }
    }
    return account;
  }

  /** Puts the blocks of ranges into `held`: at once where they are kept, when the promises are settled where they have to be read. */
  private bring(
    ranges: readonly ByteRange[],
    held: Map<number, Uint8Array>,
    account?: { reads: number; readBytes: number },
  ): Promise<void>[] {
    const waits: Promise<void>[] = [];
    const missing: number[] = [];
    for (const { offset, length } of ranges) {
      const end = Math.min(offset + length, this.size ?? Number.POSITIVE_INFINITY);
      for (let b = Math.floor(offset / BLOCK_BYTES); b * BLOCK_BYTES < end; b++) {
        if (held.has(b)) continue;
        const block = this.blocks.get(b);
        if (block) {
          this.budget.touch(block);
          held.set(b, block.bytes);
        } else {
          held.set(b, EMPTY);
          missing.push(b);
        }
      }
    }
    missing.sort((a, b) => a - b);
    for (let k = 0; k < missing.length; ) {
      const first = missing[k];
      const shared = this.underway.get(first);
      if (shared) {
        waits.push(shared.then(() => this.take(first, held)));
        k++;
        continue;
      }
      let last = first;
      for (k++; missing[k] === last + 1 && !this.underway.has(missing[k]); k++) last = missing[k];
      waits.push(this.fetch(first, last, held, account));
    }
    return waits;
  }

  async close(): Promise<void> {
    this.budget.forget(this.blocks);
    await this.inner.close?.();
  }

  /** A block that someone else has read; it may already have been pushed out again. */
  private async take(block: number, held: Map<number, Uint8Array>): Promise<void> {
    const kept = this.blocks.get(block);
    if (kept) held.set(block, kept.bytes);
    else await this.fetch(block, block, held);
  }

  private async fetch(
    first: number,
    last: number,
    held: Map<number, Uint8Array>,
    account?: { reads: number; readBytes: number },
  ): Promise<void> {
    const offset = first * BLOCK_BYTES;
    const read = async (): Promise<void> => {
      const bytes = await this.inner.read({ offset, length: (last + 1) * BLOCK_BYTES - offset });
      this.budget.reads++;
      this.budget.readBytes += bytes.length;
      if (account) {
        account.reads++;
        account.readBytes += bytes.length;
      }
      for (let b = first; b <= last; b++) {
        const at = (b - first) * BLOCK_BYTES;
        // a block of its own does not keep its neighbours in memory
        const block = first === last ? bytes : bytes.slice(at, at + BLOCK_BYTES);
        held.set(b, block);
        if (block.length === BLOCK_BYTES || this.size !== undefined) this.budget.keep(this.blocks, b, block);
      }
    };
    const reading = read().finally(() => {
      for (let b = first; b <= last; b++) this.underway.delete(b);
    });
    for (let b = first; b <= last; b++) this.underway.set(b, reading);
    await reading;
  }

  private cut({ offset, length }: ByteRange, held: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const first = Math.floor(offset / BLOCK_BYTES);
    const block = held.get(first);
    const at = offset - first * BLOCK_BYTES;
    if (block && at + length <= BLOCK_BYTES) return block.subarray(at, at + length);
    const end = Math.min(offset + length, this.size ?? Number.POSITIVE_INFINITY);
    const out = new Uint8Array(Math.max(0, end - offset));
    let filled = 0;
    while (filled < out.length) {
      const b = Math.floor((offset + filled) / BLOCK_BYTES);
      const bytes = held.get(b);
      const from = offset + filled - b * BLOCK_BYTES;
      if (bytes === undefined || from >= bytes.length) break;
      const piece = bytes.subarray(from, Math.min(bytes.length, from + out.length - filled));
      out.set(piece, filled);
      filled += piece.length;
    }
    return filled === out.length ? out : out.subarray(0, filled);
  }
}

/** A range and where it goes. */
export interface Gap extends ByteRange {
  readonly at: number;
}

/** What a file that has become shorter comes to. */
export function shortened(): JpipError {
  return new JpipError('malformed', 'target-changed', 'the file became shorter while it was being served', {
    status: 500,
  });
}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** Bytes `first .. first + length` of a source as a source of their own (15444-9 C.2.3). */
export function partOfSource(source: RandomAccessSource, first: number, length: number): RandomAccessSource {
  const size = source.size === undefined ? length : Math.min(length, Math.max(0, source.size - first));
  if (!Number.isFinite(size)) throw malformed('source-read', 'a part of a file of unknown length must have an end');
  const move = ({ offset, length: bytes }: ByteRange): ByteRange => ({
    offset: first + offset,
    length: Math.max(0, Math.min(bytes, size - offset)),
  });
  return {
    size,
    read: (range, options) => source.read(move(range), options),
    readMany: (ranges, options) => Promise.all(ranges.map((range) => source.read(move(range), options))),
    close: () => source.close?.(),
  };
}

/**
 * Decoded code-blocks that outlive a decode, so that a window that moves decodes only what is new.
 *
 * A code-block is known by its place and by how much of it was decoded: passes and bytes. Where more of it has come in since, or more
 * quality layers are asked for, it counts as another. What was used longest ago goes first when memory runs out.
 */

import { copyRows } from './strip-memory.ts';

/** A decoded code-block: coefficients as the block coder left them, row major without gaps. */
export interface CachedBlock {
  readonly numPasses: number;
  readonly dataLength: number;
  readonly coefficients: Int32Array;
  /** What the block coder found wrong. */
  readonly findings: number;
}

/** What is left to know of a code-block that has been decoded: where it is, and what it is kept under. */
export interface FinishedBlock {
  readonly at: number;
  readonly width: number;
  readonly height: number;
  readonly key: string;
  readonly numPasses: number;
  readonly dataLength: number;
}

/** Coefficients of a large code-block. */
const PIECE = 4096;
const NOTHING = /* @__PURE__ */ new Int32Array(0);

/** Bytes that an entry takes besides its coefficients, about. */
const OVERHEAD = 200;

/** A bounded store of decoded code-blocks. */
export class BlockCache {
  private readonly entries = new Map<string, CachedBlock>();
  private readonly maxBytes: number;
  /** Bytes held, about. */
  bytes = 0;
  /** What is left of the last piece of memory. */
  private room = NOTHING;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The code-block at a place, if exactly so much of it was decoded before. */
  get(key: string, numPasses: number, dataLength: number): CachedBlock | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.numPasses !== numPasses || entry.dataLength !== dataLength) return undefined;
    // a Map keeps the order of insertion, so the first entry is the one that was used longest ago
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry;
  }

  /** Puts a code-block that was decoded before into a strip; what was wrong with it, or `undefined` when it is not here. */
  lend(
    key: string,
    { width, height, numPasses, dataLength }: Omit<FinishedBlock, 'at' | 'key'>,
    strip: Int32Array,
    at: number,
    stride: number,
  ): number | undefined {
    const entry = this.get(key, numPasses, dataLength);
    if (entry) copyRows(entry.coefficients, 0, width, strip, at, stride, width, height);
    return entry?.findings;
  }

  /** Keeps a code-block out of a strip. */
  keep(block: FinishedBlock, strip: Int32Array, stride: number, findings: number): void {
    const { at, width, height, key, numPasses, dataLength } = block;
    const coefficients = this.take(width * height);
    copyRows(strip, at, stride, coefficients, 0, width, width, height);
    this.set(key, { numPasses, dataLength, coefficients, findings });
  }

  /** Keeps a code-block, in the place of any other state of it. */
  set(key: string, entry: CachedBlock): void {
    this.drop(key);
    const size = entry.coefficients.byteLength + OVERHEAD;
    if (size > this.maxBytes) return;
    this.entries.set(key, entry);
    this.bytes += size;
    while (this.bytes > this.maxBytes) this.drop(this.entries.keys().next().value!);
  }

  /** Memory for a code-block. Small ones share pieces of the size of a large one, since each array of its own costs some microseconds. */
  private take(length: number): Int32Array {
    if (this.room.length < length) this.room = new Int32Array(Math.max(length, PIECE));
    const taken = this.room.subarray(0, length);
    this.room = this.room.subarray(length);
    return taken;
  }

  /** Lets go of everything. */
  clear(): void {
    this.entries.clear();
    this.bytes = 0;
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.bytes -= entry.coefficients.byteLength + OVERHEAD;
  }
}

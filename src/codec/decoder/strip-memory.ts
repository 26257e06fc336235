/**
 * Memory for rows of code-blocks, used again and again.
 *
 * Where a pool of workers shares it, strips are parts of a few large slabs: a batch of code-blocks names one piece of shared memory, and
 * should be able to hold those of many strips.
 */

/** Coefficients of a slab. */
const SLAB_LENGTH = 1 << 20;

/** The memory of one strip. */
export class StripMemory {
  /** Coefficients as block coders leave them. */
  readonly ints: Int32Array;
  /** What the strip is a part of, and where it begins there. */
  readonly slab: Int32Array;
  readonly start: number;

  constructor(slab: Int32Array, start: number, length: number) {
    this.slab = slab;
    this.start = start;
    this.ints = slab.subarray(start, start + length);
  }
}

/** Strips that are used again, by their length. */
export class StripStore {
  private readonly allocateShared: ((length: number) => Int32Array) | undefined;
  private readonly free = new Map<number, StripMemory[]>();
  private slab = new Int32Array(0);
  private used = 0;

  /** With `allocateShared`, strips are parts of slabs of such memory. */
  constructor(allocateShared?: (length: number) => Int32Array) {
    this.allocateShared = allocateShared;
  }

  /** A strip of zeros. */
  take(length: number): StripMemory {
    const memory = this.free.get(length)?.pop();
    if (memory === undefined) return this.make(length);
    memory.ints.fill(0);
    return memory;
  }

  private make(length: number): StripMemory {
    if (this.allocateShared === undefined) return new StripMemory(new Int32Array(length), 0, length);
    if (this.slab.length - this.used < length) {
      this.slab = this.allocateShared(Math.max(length, SLAB_LENGTH)) as Int32Array<ArrayBuffer>;
      this.used = 0;
    }
    const memory = new StripMemory(this.slab, this.used, length);
    this.used += length;
    return memory;
  }

  /** Takes a strip back. */
  give(memory: StripMemory): void {
    const { length } = memory.ints;
    const strips = this.free.get(length);
    if (strips === undefined) this.free.set(length, [memory]);
    else strips.push(memory);
  }
}

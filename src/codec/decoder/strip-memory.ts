/** Memory for rows of code-blocks, used again and again. */

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
  private readonly free = new Map<number, StripMemory[]>();
  private readonly make: (length: number) => StripMemory;

  /** `make` makes a strip of zeros. */
  constructor(make = (length: number) => new StripMemory(new Int32Array(length), 0, length)) {
    this.make = make;
  }

  /** A strip of zeros. */
  take(length: number): StripMemory {
    const memory = this.free.get(length)?.pop();
    if (memory === undefined) return this.make(length);
    memory.ints.fill(0);
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

/** Copies a rectangle of coefficients. */
export function copyRows(
  from: Int32Array,
  fromAt: number,
  fromStride: number,
  to: Int32Array,
  toAt: number,
  toStride: number,
  width: number,
  height: number,
): void {
  // views of rows would take longer than their samples
  for (let y = 0, a = fromAt | 0, b = toAt | 0; y < height; y++, a += fromStride, b += toStride) {
    for (let x = 0; x < width; x++) to[b + x] = from[a + x];
  }
}

/**
 * Tag trees: a two-dimensional array of small numbers, told little by little (15444-1 B.10.2).
 *
 * Every node holds the least value of its four children. Asking "is this leaf less than t?" reads, from the root down, only the
 * bits that are not known from earlier questions: a 0 says "at least one more", a 1 says "exactly this".
 */
import type { PacketBitReader } from '../bits/packet-bit-reader.ts';
import type { PacketBitWriter } from '../bits/packet-bit-writer.ts';

/**
 * Reads until it is known whether the leaf at (x, y) is less than `threshold`. The nodes of the tree end at `end` in `memory`, leaves
 * first and the root last, one number each: twice a lower bound, plus one where it is the value itself. All begin at 0.
 *
 * @returns true when it is; {@link leafValue} then gives the value.
 */
export function isLeafLess(
  bits: PacketBitReader,
  memory: Int32Array,
  end: number,
  width: number,
  height: number,
  x: number,
  y: number,
  threshold: number,
): boolean {
  const longer = width > height ? width : height;
  let level = end;
  let bound = 0; // no node is less than its parent
  let known = 0;
  for (let k = 32 - Math.clz32(longer - 1); k >= 0; k--) {
    const w = ((width - 1) >> k) + 1;
    level -= w * (((height - 1) >> k) + 1);
    const node = level + (y >> k) * w + (x >> k);
    let low = memory[node] >> 1;
    known = memory[node] & 1;
    if (low < bound) low = bound;
    while (known === 0 && low < threshold) {
      if (bits.bit() === 1) known = 1;
      else low++;
    }
    memory[node] = (low << 1) | known;
    bound = low;
  }
  return known === 1 && bound < threshold;
}

/** The value of a leaf for which {@link isLeafLess} was true. */
export function leafValue(
  memory: Int32Array,
  end: number,
  width: number,
  height: number,
  x: number,
  y: number,
): number {
  return memory[end - tagTreeNodes(width, height) + y * width + x] >> 1;
}

/** Nodes of a tag tree, from the leaves to the root. */
export function tagTreeNodes(width: number, height: number): number {
  let nodes = width * height;
  for (let w = width, h = height; w > 1 || h > 1; ) {
    w = (w + 1) >> 1;
    h = (h + 1) >> 1;
    nodes += w * h;
  }
  return nodes;
}

/** The decoding side of a tag tree, with what is known so far. */
export class TagTreeDecoder {
  readonly width: number;
  readonly height: number;
  private readonly memory: Int32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.memory = new Int32Array(tagTreeNodes(width, height));
  }

  /**
   * Reads until it is known whether the leaf at (x, y) is less than `threshold`.
   *
   * @returns true when it is; {@link valueOf} then gives the value.
   */
  isLess(bits: PacketBitReader, x: number, y: number, threshold: number): boolean {
    const { memory, width, height } = this;
    return isLeafLess(bits, memory, memory.length, width, height, x, y, threshold);
  }

  /** The value of a leaf for which {@link isLess} was true. */
  valueOf(x: number, y: number): number {
    return leafValue(this.memory, this.memory.length, this.width, this.height, x, y);
  }
}

/** Value of a leaf that is not known yet, or never will be: larger than any threshold that is asked. */
export const NOT_YET = 0x7fffffff;

/**
 * The encoding side of a tag tree. The value of a leaf may become known late, as the layer of a code-block's first packet does, as
 * long as nothing was told that says otherwise.
 */
export class TagTreeEncoder {
  readonly width: number;
  readonly height: number;
  private readonly depth: number;
  private readonly nodes: number;
  /**
   * Four numbers a node, `nodes` of each kind from `base` on: the value (of a leaf, or the least of four below), what has been told
   * (at least `told >> 1`, and exactly that where the last bit is set), and both as {@link mark} remembers them.
   */
  private readonly memory: Int32Array;
  private readonly base: number;

  /** Many trees can share one memory; each takes {@link tagTreeMemory} numbers from `base` on. */
  constructor(width: number, height: number, memory = new Int32Array(tagTreeMemory(width, height)), base = 0) {
    this.width = width;
    this.height = height;
    let depth = 1;
    for (let w = width, h = height; w > 1 || h > 1; w = (w + 1) >> 1, h = (h + 1) >> 1) depth++;
    this.depth = depth;
    this.nodes = tagTreeMemory(width, height) / 4;
    this.memory = memory;
    this.base = base;
    memory.fill(NOT_YET, base, base + this.nodes);
    memory.fill(NOT_YET, base + 2 * this.nodes, base + 3 * this.nodes);
  }

  /** Gives a leaf its value, which must be less than the one it had; the nodes above follow. */
  setLeaf(x: number, y: number, value: number): void {
    const { memory, depth } = this;
    let level = this.base;
    let w = this.width;
    let h = this.height;
    for (let k = 0; k < depth; k++) {
      const node = level + (y >> k) * w + (x >> k);
      if (memory[node] <= value) return; // and so are all above
      memory[node] = value;
      level += w * h;
      w = (w + 1) >> 1;
      h = (h + 1) >> 1;
    }
  }

  /** Tells whether the leaf at (x, y) is less than `threshold`, with the bits that earlier answers left open. */
  tell(bits: PacketBitWriter, x: number, y: number, threshold: number): void {
    const { memory, nodes } = this;
    let level = this.base + nodes;
    let bound = 0; // no node is less than its parent
    for (let k = this.depth - 1; k >= 0; k--) {
      const w = ((this.width - 1) >> k) + 1;
      level -= w * (((this.height - 1) >> k) + 1);
      const node = level + (y >> k) * w + (x >> k);
      const told = memory[node + nodes];
      let at = told >> 1 < bound ? bound : told >> 1;
      let known = told & 1;
      if (known === 0) {
        const most = memory[node];
        while (at < threshold && at < most) {
          bits.bit(0);
          at++;
        }
        if (at < threshold) {
          bits.bit(1);
          known = 1;
        }
      }
      memory[node + nodes] = (at << 1) | known;
      bound = at;
    }
  }

  /** Remembers everything for {@link rewind}. */
  mark(): void {
    const { memory, base, nodes } = this;
    memory.copyWithin(base + 2 * nodes, base, base + 2 * nodes);
  }

  /** Goes back to the last {@link mark}. */
  rewind(): void {
    const { memory, base, nodes } = this;
    memory.copyWithin(base, base + 2 * nodes, base + 4 * nodes);
  }
}

/** Numbers that a {@link TagTreeEncoder} needs. */
export function tagTreeMemory(width: number, height: number): number {
  return 4 * tagTreeNodes(width, height);
}

/**
 * Tag trees: a two-dimensional array of small numbers, told little by little (15444-1 B.10.2).
 *
 * Every node holds the least value of its four children. Asking "is this leaf less than t?" reads, from the root down, only the
 * bits that are not known from earlier questions: a 0 says "at least one more", a 1 says "exactly this".
 */
import type { PacketBitReader } from '../bits/packet-bit-reader.ts';
import type { PacketBitWriter } from '../bits/packet-bit-writer.ts';

/** The decoding side of a tag tree, with what is known so far. */
export class TagTreeDecoder {
  readonly width: number;
  readonly height: number;
  /** Levels, the root included; 1 for a single leaf. */
  private readonly depth: number;
  /** Where each level begins in the arrays; level 0 is the leaves. */
  private readonly levelStart: Int32Array;
  private readonly levelWidth: Int32Array;
  /** A lower bound of each node; it is the value itself where `known`. */
  private readonly low: Int32Array;
  private readonly known: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    let depth = 1;
    for (let w = width, h = height; w > 1 || h > 1; w = (w + 1) >> 1, h = (h + 1) >> 1) depth++;
    this.depth = depth;
    this.levelStart = new Int32Array(depth);
    this.levelWidth = new Int32Array(depth);
    let nodes = 0;
    for (let k = 0, w = width, h = height; k < depth; k++, w = (w + 1) >> 1, h = (h + 1) >> 1) {
      this.levelStart[k] = nodes;
      this.levelWidth[k] = w;
      nodes += w * h;
    }
    this.low = new Int32Array(nodes);
    this.known = new Uint8Array(nodes);
  }

  /**
   * Reads until it is known whether the leaf at (x, y) is less than `threshold`.
   *
   * @returns true when it is; {@link valueOf} then gives the value.
   */
  isLess(bits: PacketBitReader, x: number, y: number, threshold: number): boolean {
    const { low, known } = this;
    let bound = 0; // no node is less than its parent
    let node = 0;
    for (let k = this.depth - 1; k >= 0; k--) {
      node = this.levelStart[k] + (y >> k) * this.levelWidth[k] + (x >> k);
      if (low[node] < bound) low[node] = bound;
      while (known[node] === 0 && low[node] < threshold) {
        if (bits.bit() === 1) known[node] = 1;
        else low[node]++;
      }
      bound = low[node];
    }
    return known[node] === 1 && low[node] < threshold;
  }

  /** The value of a leaf for which {@link isLess} was true. */
  valueOf(x: number, y: number): number {
    return this.low[y * this.width + x];
  }

  /** An independent copy, for a parser that may have to go back. */
  clone(): TagTreeDecoder {
    const copy = new TagTreeDecoder(this.width, this.height);
    copy.low.set(this.low);
    copy.known.set(this.known);
    return copy;
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
  private readonly levelStart: Int32Array;
  private readonly levelWidth: Int32Array;
  /** The leaves, and above them the least value of each four. */
  private readonly value: Int32Array;
  /** What has been told: each node is at least so much, and exactly so much where `known`. */
  private readonly low: Int32Array;
  private readonly known: Uint8Array;
  /** What {@link mark} remembers. */
  private readonly savedValue: Int32Array;
  private readonly savedLow: Int32Array;
  private readonly savedKnown: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    let depth = 1;
    for (let w = width, h = height; w > 1 || h > 1; w = (w + 1) >> 1, h = (h + 1) >> 1) depth++;
    this.depth = depth;
    this.levelStart = new Int32Array(depth);
    this.levelWidth = new Int32Array(depth);
    let nodes = 0;
    for (let k = 0, w = width, h = height; k < depth; k++, w = (w + 1) >> 1, h = (h + 1) >> 1) {
      this.levelStart[k] = nodes;
      this.levelWidth[k] = w;
      nodes += w * h;
    }
    this.value = new Int32Array(nodes).fill(NOT_YET);
    this.low = new Int32Array(nodes);
    this.known = new Uint8Array(nodes);
    this.savedValue = this.value.slice();
    this.savedLow = new Int32Array(nodes);
    this.savedKnown = new Uint8Array(nodes);
  }

  /** Gives a leaf its value, which must be less than the one it had; the nodes above follow. */
  setLeaf(x: number, y: number, value: number): void {
    for (let k = 0; k < this.depth; k++) {
      const node = this.levelStart[k] + (y >> k) * this.levelWidth[k] + (x >> k);
      if (this.value[node] <= value) return; // and so are all above
      this.value[node] = value;
    }
  }

  /** Tells whether the leaf at (x, y) is less than `threshold`, with the bits that earlier answers left open. */
  tell(bits: PacketBitWriter, x: number, y: number, threshold: number): void {
    const { value, low, known } = this;
    let bound = 0; // no node is less than its parent
    for (let k = this.depth - 1; k >= 0; k--) {
      const node = this.levelStart[k] + (y >> k) * this.levelWidth[k] + (x >> k);
      let at = low[node] < bound ? bound : low[node];
      if (known[node] === 0) {
        const most = value[node];
        while (at < threshold && at < most) {
          bits.bit(0);
          at++;
        }
        if (at < threshold) {
          bits.bit(1);
          known[node] = 1;
        }
      }
      low[node] = at;
      bound = at;
    }
  }

  /** Remembers everything for {@link rewind}. */
  mark(): void {
    this.savedValue.set(this.value);
    this.savedLow.set(this.low);
    this.savedKnown.set(this.known);
  }

  /** Goes back to the last {@link mark}. */
  rewind(): void {
    this.value.set(this.savedValue);
    this.low.set(this.savedLow);
    this.known.set(this.savedKnown);
  }
}

/**
 * Follows packet headers (15444-1 B.10) of many precincts at once: what a header means depends on what the earlier headers of its
 * precinct have said.
 *
 * A codestream in layer order comes back to a precinct only after all others, so the state of every precinct of a tile may be held at
 * once. It therefore is a few numbers in one array: a precinct of three code-blocks takes eighty bytes.
 */
import { floorLog2 } from '../bits/int-math.ts';
import type { PacketBitReader } from '../bits/packet-bit-reader.ts';
import { CLASSIC_STYLES, STYLE_HIGH_THROUGHPUT, STYLE_HT_MIXED } from '../codestream/cod.ts';
import { malformed, unsupported } from '../errors.ts';
import type { PrecinctGeometry } from '../geometry/tile-component.ts';
import { segmentCapacity } from './segments.ts';
import { isLeafLess, leafValue, tagTreeNodes } from './tag-tree.ts';

/** Missing bit-planes beyond this cannot belong to any legal M_b (37 guard and exponent planes plus a region shift of 37). */
const MAX_ZERO_BIT_PLANES = 128;

/** Is told what a packet header says about code-blocks. */
export interface HeaderSink {
  /** A code-block comes in for the first time, with so many missing bit-planes (B.10.5). */
  include(block: number, zeroBitPlanes: number): void;
  /** A code-block gets passes and bytes in its open codeword segment, which may end with them (B.10.6, B.10.7). */
  contribute(block: number, passes: number, length: number, endsSegment: boolean): void;
  /** Where the style allows both kinds of code-blocks, this one is not high-throughput coded (15444-15 B.3). */
  classic(block: number): void;
}

/*
 * The state of a precinct: its size, packets read, style and number of subbands, code-blocks; then each subband's columns and rows of
 * code-blocks; then each code-block's passes and Lblock; then for each subband two tag trees, inclusion and missing bit-planes.
 */
const SIZE = 0;
const PACKETS = 1;
/** Style byte, and the number of subbands from bit 8 on. */
const STYLE = 2;
const BLOCKS = 3;
const BANDS = 4;
/**
 * A code-block: Lblock in the lower six bits, then two bits for its kind, passes so far above them. A subband: columns in the lower 16
 * bits, rows above.
 */
const LBLOCK_MASK = 63;
const KIND_SHIFT = 6;
const KIND_MASK = 3;
const PASSES_SHIFT = 8;

/** Kinds of code-blocks where the style speaks of high throughput: one without a byte so far may still become either. */
const KIND_OPEN = 0;
const KIND_HT = 1;
const KIND_CLASSIC = 2;
/** B.10.7.1: Lblock begins at 3. */
const FIRST_LBLOCK = 3;

const NOTHING = /* @__PURE__ */ new Int32Array(0);

/** The growing states of precincts. */
export class HeaderFollower {
  private memory: Int32Array;
  private used = 0;
  /** Places of states that are not needed any more, by size. */
  private readonly free = new Map<number, number[]>();
  private saved = NOTHING;

  /** `room`: numbers to begin with. */
  constructor(room = 1024) {
    this.memory = new Int32Array(room);
  }

  /** Begins with a precinct. `style` is the code-block style byte, which decides where codeword segments end. */
  open(geometry: PrecinctGeometry, style: number): number {
    const { bands, numBlocks } = geometry;
    const size = stateSize(geometry);
    const at = this.place(size);
    const { memory } = this;
    memory.fill(0, at, at + size);
    memory[at + SIZE] = size;
    memory[at + STYLE] = (style & 255) | (bands.length << 8);
    memory[at + BLOCKS] = numBlocks;
    for (let b = 0; b < bands.length; b++) {
      memory[at + BANDS + b] = bands[b].numBlocksWide | (bands[b].numBlocksHigh << 16);
    }
    const blocks = at + BANDS + bands.length;
    memory.fill(FIRST_LBLOCK, blocks, blocks + numBlocks);
    return at;
  }

  /** Ends with a precinct; its place may be given to another. */
  close(at: number): void {
    const size = this.memory[at + SIZE];
    const places = this.free.get(size);
    if (places) places.push(at);
    else this.free.set(size, [at]);
  }

  /** Forgets all precincts. */
  clear(): void {
    this.used = 0;
    this.free.clear();
  }

  /** Remembers one precinct's state for {@link restore}. */
  save(at: number): void {
    const size = this.memory[at + SIZE];
    if (this.saved.length < size) this.saved = new Int32Array(2 * size);
    this.saved.set(this.memory.subarray(at, at + size));
  }

  /** Goes back to what {@link save} kept last, after a header that was not there to its end. */
  restore(at: number): void {
    this.memory.set(this.saved.subarray(0, this.saved[SIZE]), at);
  }

  /** Code-blocks of a precinct. */
  numBlocks(at: number): number {
    return this.memory[at + BLOCKS];
  }

  /** Packets read of a precinct. */
  numPackets(at: number): number {
    return this.memory[at + PACKETS];
  }

  /**
   * Reads the header of a precinct's next packet, up to and without EPH. After an overrun the state is of no use.
   *
   * @returns bytes of the packet's body.
   */
  readHeader(bits: PacketBitReader, at: number, sink?: HeaderSink): number {
    const { memory } = this;
    let bodyLength = 0;
    if (bits.bit() === 1) {
      const layer = memory[at + PACKETS];
      const style = memory[at + STYLE] & 255;
      const numBands = memory[at + STYLE] >> 8;
      const first = at + BANDS + numBands;
      let block = first;
      let tree = first + memory[at + BLOCKS];
      for (let b = 0; b < numBands; b++) {
        const wide = memory[at + BANDS + b] & 0xffff;
        const high = memory[at + BANDS + b] >> 16;
        const inclusionEnd = tree + tagTreeNodes(wide, high);
        const missingEnd = 2 * inclusionEnd - tree;
        tree = missingEnd;
        for (let y = 0; y < high; y++) {
          for (let x = 0; x < wide; x++, block++) {
            // B.10.4: a tag tree until the code-block's first packet, then one bit a packet
            const before = memory[block] >> PASSES_SHIFT;
            const included =
              before !== 0 ? bits.bit() === 1 : isLeafLess(bits, memory, inclusionEnd, wide, high, x, y, layer + 1);
            if (included) {
              if (before === 0) {
                const planes = readZeroBitPlanes(bits, memory, missingEnd, wide, high, x, y);
                if (sink !== undefined) sink.include(block - first, planes);
              }
              bodyLength += readContribution(bits, memory, block, block - first, style, sink);
              if (bodyLength > 0x7fffffff) {
                throw malformed('packet-length', 'a packet of more than 2 GiB', { clause: '15444-1 B.10.7' });
              }
            }
            if (bits.overrun) return bodyLength;
          }
        }
      }
    }
    bits.align();
    if (!bits.overrun) memory[at + PACKETS]++;
    return bodyLength;
  }

  private place(size: number): number {
    const free = this.free.get(size)?.pop();
    if (free !== undefined) return free;
    const at = this.used;
    this.used += size;
    if (this.used > this.memory.length) {
      const grown = new Int32Array(Math.max(this.used, 2 * this.memory.length));
      grown.set(this.memory);
      this.memory = grown;
    }
    return at;
  }
}

/** Numbers that the state of a precinct takes. */
export function stateSize({ bands, numBlocks }: PrecinctGeometry): number {
  let size = BANDS + bands.length + numBlocks;
  for (const { numBlocksWide, numBlocksHigh } of bands) size += 2 * tagTreeNodes(numBlocksWide, numBlocksHigh);
  return size;
}

/** Passes and lengths of one code-block; the sum of the lengths. */
function readContribution(
  bits: PacketBitReader,
  memory: Int32Array,
  at: number,
  block: number,
  style: number,
  sink: HeaderSink | undefined,
): number {
  let before = memory[at] >> PASSES_SHIFT;
  let kind = (memory[at] >> KIND_SHIFT) & KIND_MASK;
  let lblock = memory[at] & LBLOCK_MASK;
  let sum = 0;
  let passes = readNumPasses(bits);
  while (bits.bit() === 1) {
    if (++lblock > 32) throw malformed('packet-header', 'Lblock exceeds 32', { clause: '15444-1 B.10.7' });
  }
  if (style & STYLE_HIGH_THROUGHPUT && kind === KIND_OPEN) {
    // no byte of this code-block has come before
    const first = readFirstLength(bits, style, before, passes, lblock);
    if (bits.overrun) return sum;
    kind = first.kind;
    if (sink !== undefined) {
      if (kind === KIND_CLASSIC) sink.classic(block);
      sink.contribute(block, first.passes, first.length, kind === KIND_HT);
    }
    sum = first.length;
    before += first.passes;
    passes -= first.passes;
  }
  const rules = kind === KIND_CLASSIC ? style & CLASSIC_STYLES : style;
  // B.10.7.2: one length for each codeword segment that this packet adds to
  while (passes > 0) {
    if (kind === KIND_HT && before % 3 === 0) {
      throw unsupported('capability', 'several HT sets', { clause: '15444-15 B.1' });
    }
    const capacity = segmentCapacity(rules, before);
    const added = Math.min(passes, capacity);
    const length = readLength(bits, lblock + floorLog2(added));
    if (bits.overrun) return sum;
    if (sink !== undefined) sink.contribute(block, added, length, added === capacity);
    sum += length;
    before += added;
    passes -= added;
  }
  memory[at] = (before << PASSES_SHIFT) | (kind << KIND_SHIFT) | lblock;
  return sum;
}

function readLength(bits: PacketBitReader, width: number): number {
  if (width > 32) throw malformed('packet-header', `a length of ${width} bits`, { clause: '15444-1 B.10.7' });
  return bits.bits(width);
}

/**
 * The first length of a contribution to a code-block that had no byte before, where the style speaks of high throughput (15444-15
 * B.3): placeholder passes, which have no bytes, may come before the first HT cleanup pass, and the code-block may be a classic one.
 *
 * The length is read for the passes up to the last one that may be an HT cleanup pass. It is that pass's when it is not 0; where code-
 * blocks may be classic ones, the encoder sees to it that a classic length does not look like that: it has no bit to spare. In all
 * other cases the length is one for all passes, as in Part 1, and has some more bits.
 */
function readFirstLength(
  bits: PacketBitReader,
  style: number,
  before: number,
  passes: number,
  lblock: number,
): { kind: number; passes: number; length: number } {
  const mixed = (style & STYLE_HT_MIXED) !== 0;
  const refinements = (before + passes - 1) % 3;
  const throughCleanup = passes - refinements;
  const widthOfAll = lblock + floorLog2(passes);
  let width = 0;
  let length = 0;
  if (throughCleanup > 0) {
    width = lblock + floorLog2(throughCleanup);
    length = readLength(bits, width);
    if (length > 0 && (!mixed || (lblock > FIRST_LBLOCK && length > 1 && length < 2 ** (width - 1)))) {
      return { kind: KIND_HT, passes: throughCleanup, length };
    }
  }
  length = length * 2 ** (widthOfAll - width) + readLength(bits, widthOfAll - width);
  if (length === 0 || bits.overrun) return { kind: KIND_OPEN, passes, length };
  if (!mixed) throw malformed('packet-header', 'bytes before HT cleanup', { clause: '15444-15 B.3' });
  if (passes > segmentCapacity(style & CLASSIC_STYLES, before)) {
    const message = 'bypass or termination among HT code-blocks';
    throw unsupported('capability', message, { clause: '15444-15 B.3' });
  }
  return { kind: KIND_CLASSIC, passes, length };
}

/** B.10.5: the number of missing bit-planes, from the second tag tree. */
function readZeroBitPlanes(
  bits: PacketBitReader,
  memory: Int32Array,
  end: number,
  wide: number,
  high: number,
  x: number,
  y: number,
): number {
  let threshold = 1;
  while (!isLeafLess(bits, memory, end, wide, high, x, y, threshold)) {
    if (bits.overrun) return 0;
    if (++threshold > MAX_ZERO_BIT_PLANES) {
      throw malformed('packet-header', `more than ${MAX_ZERO_BIT_PLANES} missing bit-planes`, {
        clause: '15444-1 B.10.5',
      });
    }
  }
  return leafValue(memory, end, wide, high, x, y);
}

/** The number of new coding passes, 1 to 164 (Table B.4). */
export function readNumPasses(bits: PacketBitReader): number {
  if (bits.bit() === 0) return 1;
  if (bits.bit() === 0) return 2;
  const two = bits.bits(2);
  if (two < 3) return 3 + two;
  const five = bits.bits(5);
  if (five < 31) return 6 + five;
  return 37 + bits.bits(7);
}

/**
 * Packet headers (15444-1 B.10): which code-blocks a packet adds to, how many coding passes, and how many bytes.
 *
 * {@link PrecinctReader} remembers, from packet to packet of one precinct, what the headers have said so far, and collects the
 * contributions. It does not look at packet bodies.
 */
import { floorLog2 } from '../bits/int-math.ts';
import type { PacketBitReader } from '../bits/packet-bit-reader.ts';
import { malformed } from '../errors.ts';
import type { PrecinctGeometry } from '../geometry/tile-component.ts';
import { segmentCapacity } from './segments.ts';
import { TagTreeDecoder } from './tag-tree.ts';

/** Missing bit-planes beyond this cannot belong to any legal M_b (37 guard and exponent planes plus a region shift of 37). */
const MAX_ZERO_BIT_PLANES = 128;

/** Numbers in one contribution record; see {@link BlockContributions.records}. */
export const RECORD_SIZE = 6;
/** Places in a record. */
export const RECORD_NEXT = 0;
export const RECORD_PACKET = 1;
export const RECORD_SEGMENT = 2;
export const RECORD_PASSES = 3;
export const RECORD_OFFSET = 4;
export const RECORD_LENGTH = 5;

/** What the packets of one precinct hold for each of its code-blocks. */
export interface BlockContributions {
  /** Missing most significant bit-planes, by code-block (P in B.10.5). */
  readonly zeroBitPlanes: Uint8Array;
  /** Coding passes over all packets, by code-block; 0 for one that was never included. */
  readonly numPasses: Uint16Array;
  /** First record of each code-block, -1 for none. */
  readonly first: Int32Array;
  /**
   * The contributions, `RECORD_SIZE` numbers each: index of the code-block's next record or -1, packet (layer), codeword
   * segment within the code-block, coding passes, offset of the bytes in the packet body, number of bytes.
   */
  readonly records: Int32Array;
  readonly numRecords: number;
  /** Packets read. */
  readonly numPackets: number;
}

/** The growing state of one precinct. */
export class PrecinctReader implements BlockContributions {
  readonly zeroBitPlanes: Uint8Array;
  readonly numPasses: Uint16Array;
  readonly first: Int32Array;
  records: Int32Array;
  numRecords = 0;
  numPackets = 0;
  /** Bytes of the body that belongs to the header read last. */
  bodyLength = 0;
  private readonly geometry: PrecinctGeometry;
  private readonly style: number;
  private readonly last: Int32Array;
  private readonly lblock: Uint8Array;
  private readonly inclusion: TagTreeDecoder[];
  private readonly missing: TagTreeDecoder[];
  /** Index of the open codeword segment, by code-block. */
  private readonly segment: Uint16Array;

  private readonly keepRecords: boolean;

  /**
   * `style` is the code-block style byte, which decides where codeword segments end. Without `keepRecords` the headers are only
   * followed to learn how long bodies are.
   */
  constructor(geometry: PrecinctGeometry, style: number, keepRecords = true) {
    const n = geometry.numBlocks;
    this.keepRecords = keepRecords;
    this.geometry = geometry;
    this.style = style;
    this.zeroBitPlanes = new Uint8Array(n);
    this.numPasses = new Uint16Array(n);
    this.first = new Int32Array(n).fill(-1);
    this.last = new Int32Array(n).fill(-1);
    this.lblock = new Uint8Array(n).fill(3); // B.10.7.1: Lblock begins at 3
    this.segment = new Uint16Array(n);
    this.records = new Int32Array(keepRecords ? RECORD_SIZE * n : 0);
    this.inclusion = geometry.bands.map((b) => new TagTreeDecoder(b.numBlocksWide, b.numBlocksHigh));
    this.missing = geometry.bands.map((b) => new TagTreeDecoder(b.numBlocksWide, b.numBlocksHigh));
  }

  /** Code-blocks of the precinct. */
  get numBlocks(): number {
    return this.geometry.numBlocks;
  }

  /** Reads the header of the next packet, up to and without EPH. Sets {@link bodyLength}. */
  readHeader(bits: PacketBitReader): void {
    const layer = this.numPackets;
    this.bodyLength = 0;
    if (bits.bit() === 1) {
      let block = 0;
      for (let b = 0; b < this.geometry.bands.length; b++) {
        const { numBlocksWide, numBlocksHigh } = this.geometry.bands[b];
        for (let y = 0; y < numBlocksHigh; y++) {
          for (let x = 0; x < numBlocksWide; x++, block++) {
            if (this.isIncluded(bits, b, block, x, y, layer)) this.readContribution(bits, b, block, x, y, layer);
            if (bits.overrun) return;
          }
        }
      }
    }
    bits.align();
    if (!bits.overrun) this.numPackets++;
  }

  /** B.10.4: a tag tree until the code-block's first packet, then one bit a packet. */
  private isIncluded(bits: PacketBitReader, band: number, block: number, x: number, y: number, layer: number): boolean {
    if (this.numPasses[block] !== 0) return bits.bit() === 1;
    return this.inclusion[band].isLess(bits, x, y, layer + 1);
  }

  private readContribution(
    bits: PacketBitReader,
    band: number,
    block: number,
    x: number,
    y: number,
    layer: number,
  ): void {
    if (this.numPasses[block] === 0) this.zeroBitPlanes[block] = this.readZeroBitPlanes(bits, band, x, y);
    let passes = readNumPasses(bits);
    while (bits.bit() === 1) {
      if (++this.lblock[block] > 32)
        throw malformed('packet-header', 'Lblock exceeds 32', { clause: '15444-1 B.10.7' });
    }
    // B.10.7.2: one length for each codeword segment that this packet adds to
    while (passes > 0) {
      const capacity = segmentCapacity(this.style, this.numPasses[block]);
      const added = Math.min(passes, capacity);
      const width = this.lblock[block] + floorLog2(added);
      if (width > 32) throw malformed('packet-header', `a length of ${width} bits`, { clause: '15444-1 B.10.7' });
      const length = bits.bits(width);
      if (bits.overrun) return;
      if (this.keepRecords) this.addRecord(block, layer, added, length);
      this.bodyLength += length;
      if (this.bodyLength > 0x7fffffff) {
        throw malformed('packet-length', 'a packet of more than 2 GiB', { clause: '15444-1 B.10.7' });
      }
      this.numPasses[block] += added;
      if (added === capacity) this.segment[block]++;
      passes -= added;
    }
  }

  /** B.10.5: the number of missing bit-planes, from the second tag tree. */
  private readZeroBitPlanes(bits: PacketBitReader, band: number, x: number, y: number): number {
    const tree = this.missing[band];
    let threshold = 1;
    while (!tree.isLess(bits, x, y, threshold)) {
      if (bits.overrun) return 0;
      if (++threshold > MAX_ZERO_BIT_PLANES) {
        throw malformed('packet-header', `more than ${MAX_ZERO_BIT_PLANES} missing bit-planes`, {
          clause: '15444-1 B.10.5',
        });
      }
    }
    return tree.valueOf(x, y);
  }

  private addRecord(block: number, packet: number, passes: number, length: number): void {
    const at = this.numRecords * RECORD_SIZE;
    if (at === this.records.length) {
      const grown = new Int32Array(Math.max(16 * RECORD_SIZE, this.records.length * 2));
      grown.set(this.records);
      this.records = grown;
    }
    const { records } = this;
    records[at + RECORD_NEXT] = -1;
    records[at + RECORD_PACKET] = packet;
    records[at + RECORD_SEGMENT] = this.segment[block];
    records[at + RECORD_PASSES] = passes;
    records[at + RECORD_OFFSET] = this.bodyLength;
    records[at + RECORD_LENGTH] = length;
    const previous = this.last[block];
    if (previous < 0) this.first[block] = this.numRecords;
    else records[previous * RECORD_SIZE + RECORD_NEXT] = this.numRecords;
    this.last[block] = this.numRecords++;
  }

  /** An independent copy, for a parser that may run out of bytes in the middle of a header and come back. */
  clone(): PrecinctReader {
    const copy = new PrecinctReader(this.geometry, this.style, this.keepRecords);
    copy.zeroBitPlanes.set(this.zeroBitPlanes);
    copy.numPasses.set(this.numPasses);
    copy.first.set(this.first);
    copy.last.set(this.last);
    copy.lblock.set(this.lblock);
    copy.segment.set(this.segment);
    copy.records = this.records.slice();
    copy.numRecords = this.numRecords;
    copy.numPackets = this.numPackets;
    for (let b = 0; b < this.inclusion.length; b++) {
      copy.inclusion[b] = this.inclusion[b].clone();
      copy.missing[b] = this.missing[b].clone();
    }
    return copy;
  }
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

/**
 * Packet headers (15444-1 B.10): which code-blocks a packet adds to, how many coding passes, and how many bytes.
 *
 * {@link PrecinctReader} collects what the headers of one precinct say, read by a {@link HeaderFollower}. It does not look at packet
 * bodies.
 */
import type { PacketBitReader } from '../bits/packet-bit-reader.ts';
import { STYLE_HT_MIXED } from '../codestream/cod.ts';
import type { PrecinctGeometry } from '../geometry/tile-component.ts';
import { HeaderFollower, type HeaderSink, stateSize } from './header-follower.ts';

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
  /** Only where the style allows high-throughput and classic code-blocks: 1 for the classic ones. */
  readonly classicBlocks?: Uint8Array | undefined;
}

/** The growing state of one precinct. */
export class PrecinctReader implements BlockContributions, HeaderSink {
  readonly zeroBitPlanes: Uint8Array;
  readonly numPasses: Uint16Array;
  readonly first: Int32Array;
  records: Int32Array;
  numRecords = 0;
  classicBlocks: Uint8Array | undefined;
  /** Bytes of the body that belongs to the header read last. */
  bodyLength = 0;
  /** Code-blocks of the precinct. */
  readonly numBlocks: number;
  private readonly follower: HeaderFollower;
  private readonly state: number;
  /** Twice the last record of each code-block, and one more where it ends its codeword segment; -1 for none. */
  private readonly last: Int32Array;
  /** Packets read. */
  numPackets = 0;
  /** Packet, and offset in its body, of the next contribution. */
  private packet = 0;
  private offset = 0;

  private readonly keepRecords: boolean;

  /**
   * `style` is the code-block style byte, which decides where codeword segments end. Without `keepRecords` the headers are only
   * followed to learn how long bodies are. A `follower` that is handed in must not be cleared as long as headers are read.
   */
  constructor(
    geometry: PrecinctGeometry,
    style: number,
    keepRecords = true,
    follower = new HeaderFollower(stateSize(geometry)),
  ) {
    const n = geometry.numBlocks;
    this.numBlocks = n;
    this.keepRecords = keepRecords;
    this.follower = follower;
    this.state = this.follower.open(geometry, style);
    if (style & STYLE_HT_MIXED) this.classicBlocks = new Uint8Array(n);
    this.zeroBitPlanes = new Uint8Array(n);
    this.numPasses = new Uint16Array(n);
    this.first = new Int32Array(n).fill(-1);
    this.last = new Int32Array(n).fill(-1);
    this.records = new Int32Array(keepRecords ? RECORD_SIZE * n : 0);
  }

  /** Reads the header of the next packet, up to and without EPH. Sets {@link bodyLength}. */
  readHeader(bits: PacketBitReader): void {
    this.packet = this.numPackets;
    this.offset = 0;
    this.bodyLength = this.follower.readHeader(bits, this.state, this.keepRecords ? this : undefined);
    this.numPackets = this.follower.numPackets(this.state);
  }

  /** @internal */
  include(block: number, zeroBitPlanes: number): void {
    this.zeroBitPlanes[block] = zeroBitPlanes;
  }

  /** @internal */
  contribute(block: number, passes: number, length: number, endsSegment: boolean): void {
    this.addRecord(block, passes, length, endsSegment);
    this.numPasses[block] += passes;
    this.offset += length;
  }

  /** @internal */
  classic(block: number): void {
    this.classicBlocks![block] = 1;
  }

  private addRecord(block: number, passes: number, length: number, endsSegment: boolean): void {
    const at = this.numRecords * RECORD_SIZE;
    if (at === this.records.length) {
      const grown = new Int32Array(Math.max(16 * RECORD_SIZE, this.records.length * 2));
      grown.set(this.records);
      this.records = grown;
    }
    const { records } = this;
    const last = this.last[block];
    let segment = 0;
    if (last < 0) this.first[block] = this.numRecords;
    else {
      const previous = (last >> 1) * RECORD_SIZE;
      segment = records[previous + RECORD_SEGMENT] + (last & 1);
      records[previous + RECORD_NEXT] = this.numRecords;
    }
    records[at + RECORD_NEXT] = -1;
    records[at + RECORD_PACKET] = this.packet;
    records[at + RECORD_SEGMENT] = segment;
    records[at + RECORD_PASSES] = passes;
    records[at + RECORD_OFFSET] = this.offset;
    records[at + RECORD_LENGTH] = length;
    this.last[block] = 2 * this.numRecords++ + (endsSegment ? 1 : 0);
  }
}

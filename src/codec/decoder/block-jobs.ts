/**
 * Code-blocks as jobs: everything a block coder needs, gathered from packets (15444-1 B.9, D.4).
 *
 * The coder itself is handed in. The classic and the high-throughput coder know nothing of each other or of this file; both match
 * {@link BlockCoder} by shape, and each code-block goes to the first coder that says it handles the style.
 */
import type { Orientation } from '../geometry/tile-component.ts';
import {
  RECORD_LENGTH,
  RECORD_NEXT,
  RECORD_OFFSET,
  RECORD_PACKET,
  RECORD_PASSES,
  RECORD_SEGMENT,
  RECORD_SIZE,
} from '../tier2/packet-header.ts';
import type { PrecinctBlocks } from '../tier2/read-blocks.ts';

/** One code-block, as a coder sees it. */
export interface CodeBlockData {
  width: number;
  height: number;
  /** 0 LL, 1 HL, 2 LH, 3 HH. */
  subband: Orientation;
  /** Code-block style byte (Table A.19). */
  style: number;
  /** Magnitude bit-planes that are coded: M_b plus any region shift, less the missing ones. */
  bitPlanes: number;
  /** M_b plus any region shift. */
  magnitudeBits?: number;
  numPasses: number;
  /** All codeword segments, one after another; only the first `dataLength` bytes count. */
  data: Uint8Array;
  dataLength: number;
  numSegments: number;
  /** Coding passes and bytes of each segment. */
  segmentPasses: Int32Array;
  segmentLengths: Int32Array;
}

/** Decodes code-blocks; owns its scratch memory. */
export interface BlockDecoder {
  /**
   * Decodes the coefficient in column x of row y into `out[at + y * stride + x]`; writes all of them and nothing between the
   * rows. A coefficient is twice the value, the lowest set bit standing half a step below its last decoded bit-plane.
   * Returns 0, or flags that say what was wrong.
   */
  decode(block: CodeBlockData, out: Int32Array, at: number, stride: number): number;
}

/** A way of coding code-blocks. */
export interface BlockCoder {
  readonly name: string;
  /** True when code-blocks of this style are this coder's. */
  handles(style: number): boolean;
  createDecoder(): BlockDecoder;
}

/** Passes of one code-block cannot exceed this: three a bit-plane, 38 + 37 + 7 bit-planes. */
const MAX_PASSES = 256;

/** A code-block job whose arrays are used again for the next one. */
export class BlockJob implements CodeBlockData {
  width = 0;
  height = 0;
  subband: Orientation = 0;
  style = 0;
  bitPlanes = 0;
  magnitudeBits = 0;
  numPasses = 0;
  data: Uint8Array = new Uint8Array(0);
  dataLength = 0;
  numSegments = 0;
  readonly segmentPasses = new Int32Array(MAX_PASSES);
  readonly segmentLengths = new Int32Array(MAX_PASSES);
  private joined = new Uint8Array(8192);

  /**
   * Gathers passes and bytes of code-block `block` of a precinct, from its first `layers` packets. Stops before a contribution
   * whose bytes are not all there.
   */
  gather(blocks: PrecinctBlocks, block: number, layers: number): void {
    const { first, records } = blocks.contributions;
    this.numPasses = 0;
    this.numSegments = 0;
    this.dataLength = 0;
    let pieces = 0;
    for (let k = first[block]; k >= 0; k = records[k * RECORD_SIZE + RECORD_NEXT]) {
      const at = k * RECORD_SIZE;
      const packet = records[at + RECORD_PACKET];
      const body = blocks.bodies[packet];
      if (packet >= layers || body === undefined) break;
      const offset = records[at + RECORD_OFFSET];
      const length = records[at + RECORD_LENGTH];
      if (offset + length > body.length) break;
      const passes = records[at + RECORD_PASSES];
      if (this.numPasses + passes > MAX_PASSES) break;
      this.addToSegment(records[at + RECORD_SEGMENT], passes, length);
      if (length > 0) {
        // nearly always there is one piece, which needs no copy
        const piece = body.subarray(offset, offset + length);
        if (pieces === 0) this.data = piece;
        else this.append(piece, pieces === 1);
        pieces++;
        this.dataLength += length;
      }
    }
  }

  private addToSegment(segment: number, passes: number, length: number): void {
    if (segment >= this.numSegments) {
      this.numSegments = segment + 1;
      this.segmentPasses[segment] = 0;
      this.segmentLengths[segment] = 0;
    }
    this.segmentPasses[segment] += passes;
    this.segmentLengths[segment] += length;
    this.numPasses += passes;
  }

  private append(piece: Uint8Array, second: boolean): void {
    const need = this.dataLength + piece.length;
    if (need > this.joined.length) {
      const grown = new Uint8Array(Math.max(need, this.joined.length * 2));
      grown.set(this.data.subarray(0, this.dataLength));
      this.joined = grown;
    } else if (second) this.joined.set(this.data.subarray(0, this.dataLength));
    this.joined.set(piece, this.dataLength);
    this.data = this.joined;
  }
}

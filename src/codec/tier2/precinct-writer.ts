/**
 * Packet headers as they are written (15444-1 B.10): the other half of `packet-header`.
 *
 * Rate control writes the same header many times, with more or less in it, to learn how long it gets. So nothing is allocated by
 * {@link PrecinctWriter.writeHeader}, and {@link PrecinctWriter.mark} and {@link PrecinctWriter.rewind} go back and forth.
 */
import { floorLog2 } from '../bits/int-math.ts';
import type { PacketBitWriter } from '../bits/packet-bit-writer.ts';
import type { PrecinctGeometry } from '../geometry/tile-component.ts';
import { TagTreeEncoder, tagTreeMemory } from './tag-tree.ts';

/** In the place of the missing bit-planes of a code-block that no packet ever includes. */
export const NO_VALUE = 255;

/** Coding passes that one packet can add to a code-block (Table B.4). */
const MAX_PASSES = 164;

/** Lblock of the first length of a high-throughput code-block where there may be classic ones. */
const LEAST_HT_LBLOCK = 4;

/** Bits that the header of a packet with nothing in it has room for: it is a byte in any case. */
const EMPTY_PACKET_BITS = 8;

/** What one packet brings; code-blocks are numbered as in {@link PrecinctGeometry}. */
export interface PacketContents {
  /**
   * Index of the first piece of each code-block, with the total at the end: code-block b has the pieces
   * `pieceStart[b] .. pieceStart[b + 1]`, and none when the packet does not include it.
   */
  readonly pieceStart: Int32Array;
  /** Coding passes and bytes of each piece. A piece is what the packet adds to one codeword segment. */
  readonly piecePasses: Int32Array;
  readonly pieceLengths: Int32Array;
}

/** Writes the headers of the packets of one precinct, layer by layer. */
export class PrecinctWriter {
  /** Packets written: the layer of the next one. */
  numPackets = 0;
  private readonly geometry: PrecinctGeometry;
  private readonly zeroBitPlanes: Uint8Array;
  /** By code-block: 1 where a packet has included it; then Lblock; then both as {@link mark} remembers them. */
  private readonly state: Uint8Array;
  private readonly inclusion: TagTreeEncoder[];
  private readonly missing: TagTreeEncoder[];
  /** Bands with code-blocks; 0 where no packet will include any. */
  private readonly numRoots: number;
  /** Code-blocks that some packet has included. */
  private numIncluded = 0;
  /** Layers of which the inclusion trees have told, as long as no code-block is included. */
  private layersTold = 0;
  /** Where kinds may be mixed: 0 for high-throughput code-blocks of which no bytes have come yet. */
  private readonly told: Uint8Array | undefined;
  private savedPackets = 0;
  private savedNumIncluded = 0;
  private savedLayersTold = 0;

  /**
   * `zeroBitPlanes` are the missing most significant bit-planes by code-block, for all that any packet will ever include, and
   * {@link NO_VALUE} for the others. They are not copied. `classicBlocks` is there where the style allows classic and high-throughput
   * code-blocks (15444-15 B.3): 1 for the classic ones. Nothing is rewound then.
   */
  constructor(geometry: PrecinctGeometry, zeroBitPlanes: Uint8Array, classicBlocks?: Uint8Array) {
    const n = geometry.numBlocks;
    this.told = classicBlocks?.slice();
    this.geometry = geometry;
    this.zeroBitPlanes = zeroBitPlanes;
    this.state = new Uint8Array(4 * n);
    this.state.fill(3, n, 2 * n).fill(3, 3 * n); // B.10.7.1: Lblock begins at 3
    this.inclusion = [];
    this.missing = [];
    let numbers = 0;
    for (const { numBlocksWide, numBlocksHigh } of geometry.bands)
      numbers += 2 * tagTreeMemory(numBlocksWide, numBlocksHigh);
    const memory = new Int32Array(numbers);
    let base = 0;
    let block = 0;
    let numRoots = 0;
    for (const { numBlocksWide, numBlocksHigh } of geometry.bands) {
      if (numBlocksWide > 0 && numBlocksHigh > 0) numRoots++;
      const size = tagTreeMemory(numBlocksWide, numBlocksHigh);
      this.inclusion.push(new TagTreeEncoder(numBlocksWide, numBlocksHigh, memory, base));
      const missing = new TagTreeEncoder(numBlocksWide, numBlocksHigh, memory, base + size);
      this.missing.push(missing);
      base += 2 * size;
      for (let y = 0; y < numBlocksHigh; y++) {
        for (let x = 0; x < numBlocksWide; x++, block++) {
          if (zeroBitPlanes[block] !== NO_VALUE) missing.setLeaf(x, y, zeroBitPlanes[block]);
        }
      }
      missing.mark();
    }
    this.numRoots = zeroBitPlanes.some((planes) => planes !== NO_VALUE) ? numRoots : 0;
  }

  /** Writes the header of the next packet, without EPH. That of a packet with nothing in it is one byte. */
  writeHeader(bits: PacketBitWriter, contents: PacketContents): void {
    const { bands, numBlocks } = this.geometry;
    const { pieceStart } = contents;
    const layer = this.numPackets++;
    if (pieceStart[numBlocks] === pieceStart[0]) {
      this.writeEmpty(bits, layer);
      return;
    }
    bits.bit(1);
    let block = 0;
    for (let b = 0; b < bands.length; b++) {
      const { numBlocksWide, numBlocksHigh } = bands[b];
      this.enterNewBlocks(b, block, layer, pieceStart);
      for (let y = 0; y < numBlocksHigh; y++) {
        for (let x = 0; x < numBlocksWide; x++, block++) {
          const adds = pieceStart[block + 1] > pieceStart[block];
          // B.10.4: a tag tree until the code-block's first packet, then one bit a packet
          if (this.state[block] === 1) bits.bit(adds ? 1 : 0);
          else this.inclusion[b].tell(bits, x, y, layer + 1);
          if (adds) this.writeContribution(bits, b, block, x, y, contents);
        }
      }
    }
    bits.align();
  }

  /** Remembers the state before the next packet. */
  mark(): void {
    this.savedPackets = this.numPackets;
    this.savedNumIncluded = this.numIncluded;
    this.savedLayersTold = this.layersTold;
    const half = this.state.length / 2;
    this.state.copyWithin(half, 0, half);
    for (let b = 0; b < this.inclusion.length; b++) {
      this.inclusion[b].mark();
      this.missing[b].mark();
    }
  }

  /** Goes back to the last {@link mark}, or to the beginning when there was none. */
  rewind(): void {
    this.numPackets = this.savedPackets;
    this.numIncluded = this.savedNumIncluded;
    this.layersTold = this.savedLayersTold;
    const half = this.state.length / 2;
    this.state.copyWithin(0, half);
    for (let b = 0; b < this.inclusion.length; b++) {
      this.inclusion[b].rewind();
      this.missing[b].rewind();
    }
  }

  /**
   * B.10.3: a packet with nothing in it is a single 0 bit. But the rest of the byte is free: before any code-block is included, it
   * can tell that all of them come later than this layer, which the first packet that has something in it then need not say.
   */
  private writeEmpty(bits: PacketBitWriter, layer: number): void {
    const free = 1 + this.numRoots * (layer + 1 - this.layersTold) <= EMPTY_PACKET_BITS;
    if (this.numRoots > 0 && this.numIncluded === 0 && free) {
      bits.bit(1);
      for (let b = 0; b < this.inclusion.length; b++) {
        const { numBlocksWide, numBlocksHigh } = this.geometry.bands[b];
        if (numBlocksWide > 0 && numBlocksHigh > 0) this.inclusion[b].tell(bits, 0, 0, layer + 1);
      }
      this.layersTold = layer + 1;
    } else {
      bits.bit(0);
    }
    bits.align();
  }

  /** Tells the inclusion tree of a band which code-blocks this packet is the first to include, before any of them is asked for. */
  private enterNewBlocks(b: number, firstBlock: number, layer: number, pieceStart: Int32Array): void {
    const { numBlocksWide, numBlocksHigh } = this.geometry.bands[b];
    let block = firstBlock;
    for (let y = 0; y < numBlocksHigh; y++) {
      for (let x = 0; x < numBlocksWide; x++, block++) {
        if (this.state[block] === 0 && pieceStart[block + 1] > pieceStart[block]) {
          this.inclusion[b].setLeaf(x, y, layer);
        }
      }
    }
  }

  private writeContribution(
    bits: PacketBitWriter,
    b: number,
    block: number,
    x: number,
    y: number,
    contents: PacketContents,
  ): void {
    if (this.state[block] === 0) {
      const planes = this.zeroBitPlanes[block];
      if (planes === NO_VALUE) throw new Error('a packet includes a code-block that was said never to be included');
      this.state[block] = 1;
      this.numIncluded++;
      this.missing[b].tell(bits, x, y, planes + 1); // B.10.5
    }
    const { pieceStart, piecePasses, pieceLengths } = contents;
    const end = pieceStart[block + 1];
    let passes = 0;
    let lblock = this.state[this.geometry.numBlocks + block];
    for (let k = pieceStart[block]; k < end; k++) {
      passes += piecePasses[k];
      // B.10.7.1: a length takes Lblock + floor(log2(passes)) bits, passes being those of the piece
      let need = bitLength(pieceLengths[k]) - floorLog2(piecePasses[k]);
      if (this.told?.[block] === 0 && pieceLengths[k] > 0) {
        // a bit to spare says that it is no classic one, whose first length has none
        need = Math.max(need + 1, LEAST_HT_LBLOCK);
        this.told[block] = 1;
      }
      if (need > lblock) lblock = need;
    }
    writeNumPasses(bits, passes);
    for (let k = this.state[this.geometry.numBlocks + block]; k < lblock; k++) bits.bit(1);
    bits.bit(0);
    this.state[this.geometry.numBlocks + block] = lblock;
    for (let k = pieceStart[block]; k < end; k++) bits.bits(pieceLengths[k], lblock + floorLog2(piecePasses[k]));
  }
}

/** The number of new coding passes, 1 to 164 (Table B.4). */
export function writeNumPasses(bits: PacketBitWriter, passes: number): void {
  if (passes < 1 || passes > MAX_PASSES) throw new Error(`${passes} coding passes of one code-block in a packet`);
  if (passes === 1) bits.bit(0);
  else if (passes === 2) bits.bits(0b10, 2);
  else if (passes <= 5) bits.bits(0b1100 | (passes - 3), 4);
  else if (passes <= 36) bits.bits(0b1111_00000 | (passes - 6), 9);
  else bits.bits(0b1_1111_1111_0000000 | (passes - 37), 16);
}

/** Bits that a number takes, 0 for 0. */
function bitLength(n: number): number {
  return 32 - Math.clz32(n);
}

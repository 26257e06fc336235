/**
 * From code-blocks back to packets (15444-1 B.9, B.10): the other half of `read-blocks`.
 */
import { PacketBitWriter } from '../bits/packet-bit-writer.ts';
import {
  RECORD_LENGTH,
  RECORD_NEXT,
  RECORD_OFFSET,
  RECORD_PACKET,
  RECORD_PASSES,
  RECORD_SIZE,
} from './packet-header.ts';
import { NO_VALUE, type PacketContents, PrecinctWriter } from './precinct-writer.ts';
import type { PacketView, PrecinctBlocks } from './read-blocks.ts';

/**
 * Writes the packets of one precinct anew, headers apart. Bodies are views of those in `blocks`.
 *
 * There are `numLayers` packets: empty ones follow where `blocks` has fewer, and what it has beyond them is left out. So is what a
 * packet that was cut short does not hold whole.
 */
export function writePackets(blocks: PrecinctBlocks, numLayers: number, eph: boolean): PacketView[] {
  const { geometry, contributions } = blocks;
  const { numBlocks } = geometry;
  const { records } = contributions;
  const zeroBitPlanes = new Uint8Array(numBlocks).fill(NO_VALUE);
  for (let b = 0; b < numBlocks; b++) {
    if (contributions.first[b] >= 0) zeroBitPlanes[b] = contributions.zeroBitPlanes[b];
  }
  const writer = new PrecinctWriter(geometry, zeroBitPlanes, contributions.classicBlocks);
  const bits = new PacketBitWriter();
  const next = contributions.first.slice();
  const contents: PacketContents = {
    pieceStart: new Int32Array(numBlocks + 1),
    piecePasses: new Int32Array(contributions.numRecords),
    pieceLengths: new Int32Array(contributions.numRecords),
  };
  const packets: PacketView[] = [];
  for (let layer = 0; layer < numLayers; layer++) {
    const body = blocks.bodies[layer] ?? NO_BYTES;
    const bodyLength = fillContents(contents, records, next, layer, body.length);
    bits.reset();
    writer.writeHeader(bits, contents);
    packets.push({ header: eph ? withEph(bits) : bits.take(), body: body.subarray(0, bodyLength) });
  }
  return packets;
}

/** Takes the records of one layer off the lists in `next`. Returns the bytes of the body that they fill. */
function fillContents(
  { pieceStart, piecePasses, pieceLengths }: PacketContents,
  records: Int32Array,
  next: Int32Array,
  layer: number,
  held: number,
): number {
  let pieces = 0;
  let bodyLength = 0;
  for (let b = 0; b < next.length; b++) {
    pieceStart[b] = pieces;
    let k = next[b];
    for (; k >= 0 && records[k * RECORD_SIZE + RECORD_PACKET] === layer; k = records[k * RECORD_SIZE + RECORD_NEXT]) {
      const at = k * RECORD_SIZE;
      if (records[at + RECORD_OFFSET] + records[at + RECORD_LENGTH] > held) continue;
      piecePasses[pieces] = records[at + RECORD_PASSES];
      pieceLengths[pieces] = records[at + RECORD_LENGTH];
      bodyLength += pieceLengths[pieces++];
    }
    next[b] = k;
  }
  pieceStart[next.length] = pieces;
  return bodyLength;
}

/** A.8.2: EPH stands right after the header. */
function withEph(bits: PacketBitWriter): Uint8Array {
  const header = new Uint8Array(bits.length + 2);
  header.set(bits.bytes.subarray(0, bits.length));
  header.set(EPH_BYTES, bits.length);
  return header;
}

const EPH_BYTES = /* @__PURE__ */ Uint8Array.of(0xff, 0x92);
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * From packets to code-blocks: the one road between the two (15444-1 B.9, B.10).
 */
import { PacketBitReader } from '../bits/packet-bit-reader.ts';
import { Jpeg2000Error, malformed } from '../errors.ts';
import type { PrecinctGeometry } from '../geometry/tile-component.ts';
import { HeaderFollower } from './header-follower.ts';
import { type BlockContributions, PrecinctReader } from './packet-header.ts';

/**
 * One packet. The header stands in line at the start of `body`, or apart in `header` where it was packed (PPM, PPT). An EPH marker
 * stays with the header; SOP belongs to the arrangement of the codestream and is never here.
 */
export interface PacketView {
  readonly header?: Uint8Array;
  readonly body: Uint8Array;
}

/** What a source holds of one precinct. */
export interface PrecinctHeld {
  /** Whole packets from layer 0 upward, without a gap. */
  readonly packets: readonly PacketView[];
  /** The beginning of the next packet. */
  readonly tail?: PacketView;
  /** True when no further packet exists. */
  readonly complete: boolean;
}

/** Code-blocks of one precinct, and the bytes their records point into. */
export interface PrecinctBlocks {
  readonly geometry: PrecinctGeometry;
  readonly contributions: BlockContributions;
  /** Packet bodies without headers; a record's packet number is the index. The last may be cut short. */
  readonly bodies: readonly Uint8Array[];
  /** Set when a header made no sense; what came before it is good. */
  readonly error: Jpeg2000Error | undefined;
}

/** Reads the packets of one precinct, at most `maxLayers` of them. */
export function readBlocks(
  geometry: PrecinctGeometry,
  style: number,
  held: PrecinctHeld,
  maxLayers: number,
): PrecinctBlocks {
  // one for every precinct of ordinary size: its memory and its map cost more than what it does
  follower ??= new HeaderFollower();
  follower.clear();
  const shared = geometry.numBlocks < MANY_BLOCKS ? follower : undefined;
  const reader = new PrecinctReader(geometry, style, true, shared);
  const bits = new PacketBitReader(EMPTY);
  const bodies: Uint8Array[] = [];
  let error: Jpeg2000Error | undefined;
  const packets = held.packets.length < maxLayers && held.tail ? [...held.packets, held.tail] : held.packets;
  const count = Math.min(packets.length, maxLayers);
  for (let l = 0; l < count; l++) {
    const { header, body } = packets[l];
    const headerBytes = header ?? body;
    bits.reset(headerBytes, 0, headerBytes.length);
    try {
      reader.readHeader(bits);
    } catch (thrown) {
      if (!(thrown instanceof Jpeg2000Error)) throw thrown;
      error = thrown;
      break;
    }
    if (bits.overrun) break;
    const rest = header ? body : body.subarray(skipEph(body, bits.position));
    if (l < held.packets.length && rest.length !== reader.bodyLength) {
      // a whole packet must fit its header; where PLT or PLM lie about lengths it does not
      const message = `a packet body of ${rest.length} bytes, where its header speaks of ${reader.bodyLength}`;
      error = malformed('packet-length', message, { clause: '15444-1 B.9' });
      break;
    }
    bodies.push(rest);
  }
  return { geometry, contributions: reader, bodies, error };
}

let follower: HeaderFollower | undefined;
/** Code-blocks of a precinct whose memory is not kept. */
const MANY_BLOCKS = 4096;

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** The place after EPH, if one stands here (A.8.2). */
export function skipEph(bytes: Uint8Array, position: number): number {
  return bytes[position] === 0xff && bytes[position + 1] === 0x92 ? position + 2 : position;
}

/** Bytes of EPH at the end of a header that stands apart: 0 or 2. Bit stuffing keeps 0xFF92 out of the header itself (B.10.1). */
export function ephBytes(header: Uint8Array): number {
  const end = header.length - 2;
  return end > 0 && header[end] === 0xff && header[end + 1] === 0x92 ? 2 : 0;
}

/** The place after SOP, if one stands here (A.8.1). */
export function skipSop(bytes: Uint8Array, position: number): number {
  return bytes[position] === 0xff && bytes[position + 1] === 0x91 ? position + 6 : position;
}

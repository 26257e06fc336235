/**
 * The packets in a precinct data-bin (15444-9 A.3.2.1): packets of all layers one after another, each header in line before its body.
 *
 * Where a packet ends is only known by reading its header, and all before it. That is also how a data-bin shows that it is not what
 * it says: there are servers that send bytes under the number of another precinct.
 */
import { PacketBitReader } from '../../codec/bits/packet-bit-reader.ts';
import type { Cod } from '../../codec/codestream/cod.ts';
import { Jpeg2000Error } from '../../codec/errors.ts';
import type { PrecinctGeometry } from '../../codec/geometry/tile-component.ts';
import { PrecinctReader } from '../../codec/tier2/packet-header.ts';
import { type PacketView, type PrecinctHeld, ephBytes, skipEph } from '../../codec/tier2/read-blocks.ts';

/** The packets of a precinct, as far as they are held. */
export interface PrecinctPackets {
  /** The bytes that were split. */
  readonly bytes: Uint8Array;
  /** True when the data-bin ends with them. */
  readonly complete: boolean;
  /** Whole packets. */
  readonly count: number;
  /** Two numbers a packet: where its header ends, EPH included, and where its body ends. */
  readonly ends: Uint32Array;
  /** Why the bytes cannot be those of this precinct. */
  readonly damage?: string;
}

/** Splits what is held of a precinct data-bin. `style` is the code-block style byte, `cod` that of the tile. */
export function splitPrecinct(
  geometry: PrecinctGeometry,
  style: number,
  { numLayers, eph }: Pick<Cod, 'numLayers' | 'eph'>,
  bytes: Uint8Array,
  complete: boolean,
): PrecinctPackets {
  const reader = new PrecinctReader(geometry, style, false);
  const bits = new PacketBitReader(bytes);
  const ends: number[] = [];
  let at = 0;
  const result = (damage?: string): PrecinctPackets => ({
    bytes,
    complete,
    count: ends.length / 2,
    ends: Uint32Array.from(ends),
    ...(damage === undefined ? {} : { damage }),
  });
  while (at < bytes.length) {
    const layer = ends.length / 2;
    if (layer === numLayers) return result(`${bytes.length - at} bytes behind the last of ${numLayers} packets`);
    bits.reset(bytes, at, bytes.length);
    try {
      reader.readHeader(bits);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      return result(`the header of packet ${layer} makes no sense: ${error.reason}`);
    }
    // an EPH that should be there may not have come yet (15444-1 A.8.2)
    const cut = bits.overrun || (eph && bits.position + 2 > bytes.length);
    const headerEnd = cut ? bytes.length : skipEph(bytes, bits.position);
    const end = headerEnd + reader.bodyLength;
    if (cut || end > bytes.length) {
      // the rest may still come, unless this is all there is
      return complete ? result(`packet ${layer} goes on after the end of the data-bin`) : result();
    }
    ends.push(headerEnd, end);
    at = end;
  }
  return result();
}

/** True when there are packets of all layers. A data-bin that ends before is of a codestream that was cut. */
export function isWhole({ count }: PrecinctPackets, numLayers: number): boolean {
  return count >= numLayers;
}

/** The packets as views, headers apart. */
export function heldOf(packets: PrecinctPackets, numLayers: number): PrecinctHeld {
  const { bytes, count, ends } = packets;
  const end = count === 0 ? 0 : ends[2 * count - 1];
  const tail = end < bytes.length ? { tail: { body: bytes.subarray(end) } } : {};
  return {
    packets: Array.from({ length: count }, (_, layer) => packetOf(packets, layer)!),
    ...tail,
    complete: isWhole(packets, numLayers),
  };
}

/** One whole packet. */
export function packetOf({ bytes, count, ends }: PrecinctPackets, layer: number): PacketView | undefined {
  if (layer >= count) return undefined;
  const start = layer === 0 ? 0 : ends[2 * layer - 1];
  return { header: bytes.subarray(start, ends[2 * layer]), body: bytes.subarray(ends[2 * layer], ends[2 * layer + 1]) };
}

/** The lengths of the whole packets, as a data-bin stores them. */
export function lengthsOf(packets: PrecinctPackets): { headers: number[]; bodies: number[]; ephs: number[] } {
  const views = Array.from({ length: packets.count }, (_, layer) => packetOf(packets, layer)!);
  const ephs = views.map(({ header }) => ephBytes(header!));
  return {
    headers: views.map(({ header }, k) => header!.length - ephs[k]),
    bodies: views.map(({ body }) => body.length),
    ephs,
  };
}

/**
 * What the header data-bins of a codestream hold (15444-9 A.3.3, A.3.4).
 *
 * Packet headers stand in line in precinct data-bins, so PPM and PPT, which would bring them a second time, are left out; so are TLM,
 * PLM and PLT, which speak of an arrangement that a JPP-stream has not got.
 */
import { ByteWriter } from '../../codec/bits/byte-writer.ts';
import { joinBytes } from '../../codec/bits/join-bytes.ts';
import type { TileHeader } from '../../codec/codestream/coding-parameters.ts';
import type { MainHeader } from '../../codec/codestream/main-header.ts';
import * as M from '../../codec/codestream/markers.ts';
import { writeTileSegments } from '../../codec/codestream/tile-part.ts';

const LEFT_OUT: ReadonlySet<number> = /* @__PURE__ */ new Set([M.TLM, M.PLM, M.PPM]);

/** Segments that clients which know only the first edition's need. */
const ESSENTIAL: ReadonlySet<number> = /* @__PURE__ */ new Set([M.SIZ, M.COD, M.COC, M.QCD, M.QCC, M.RGN, M.COM]);

/**
 * The main header data-bin: SOC and the marker segments of the main header as they are stored. `bytes` are those from SOC to the first
 * SOT. With `plain`, only SIZ, COD, COC, QCD, QCC, RGN and COM stay, for clients that stumble over others.
 */
export function mainHeaderBin(main: MainHeader, bytes: Uint8Array, plain = false): Uint8Array {
  const kept = main.segments.places.filter(({ marker }) => !LEFT_OUT.has(marker) && (!plain || ESSENTIAL.has(marker)));
  return joinBytes([
    bytes.subarray(0, 2),
    ...kept.map(({ offset, length }) => bytes.subarray(offset - main.offset, offset - main.offset + length)),
  ]);
}

/** A tile header data-bin: the marker segments of all the tile's tile-part headers, joined, without SOT and SOD. */
export function tileHeaderBin(main: MainHeader, header: TileHeader): Uint8Array {
  const w = new ByteWriter();
  writeTileSegments(w, header.segments, main.siz.components.length);
  return w.take();
}

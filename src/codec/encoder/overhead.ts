/**
 * What a file needs around its packets, known before any of them is.
 */
import { joinTileHeaders } from '../codestream/coding-parameters.ts';
import { tileGeometry } from '../geometry/tile.ts';
import { writeMainHeader } from '../packets/codestream-writer.ts';
import { packetSequence } from '../tier2/progression.ts';
import { progressionChangesOf } from '../codestream/coding-parameters.ts';
import type { EncodePlan } from './plan.ts';
import type { Overhead } from './rate-control.ts';

/** SOT and SOD. */
const TILE_PART_HEADER = 14;
/** Marker, length and index of a PLT, PLM, PPT or PPM segment. */
const SEGMENT_HEADER = 5;

/** `headBytes` is what stands before the box of the codestream. */
export function overheadOf(plan: EncodePlan, headBytes: number): Overhead {
  const { main, arrangement } = plan;
  const { plt, plm, ppm, ppt, tlm } = arrangement;
  const plain = { ...arrangement, plm: false, ppm: false, tlm: false };
  const tileParts = numTilePartsOf(plan);
  const segments = (plt ? 1 : 0) + (plm ? 1 : 0) + (ppt ? 1 : 0) + (ppm ? 1 : 0);
  let fixed = headBytes + (plan.container === 'jp2' ? 8 : 0) + writeMainHeader(main, plain).bytes.length + 2;
  fixed += tileParts * (TILE_PART_HEADER + segments * SEGMENT_HEADER + (ppm ? 4 : 0) + (plm ? 1 : 0));
  if (tlm) fixed += 6 * tileParts + 6 * Math.ceil((6 * tileParts) / 65526);
  return {
    fixed,
    perPacket: (main.cod.sop ? 6 : 0) + (main.cod.eph ? 2 : 0),
    lengthLists: (plt ? 1 : 0) + (plm ? 1 : 0),
  };
}

function numTilePartsOf(plan: EncodePlan): number {
  const { main, arrangement, numTiles } = plan;
  if (arrangement.tileParts === 'none') return numTiles;
  const by = arrangement.tileParts;
  let parts = 0;
  for (let t = 0; t < numTiles; t++) {
    const header = joinTileHeaders(main, t, []);
    let current = -1;
    let inTile = 0;
    for (const place of packetSequence(tileGeometry(main, header), progressionChangesOf(main, header))) {
      if (place === undefined || place[by] === current) continue;
      current = place[by];
      inTile++;
    }
    parts += Math.max(1, inTile);
  }
  return parts;
}

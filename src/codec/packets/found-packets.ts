/**
 * Where the packets of one tile stand, whoever found them: a search through the codestream (`tile-packets`), or an index of it
 * (`codestream-index`).
 */
import type { TileGeometry } from '../geometry/tile.ts';
import type { ByteRange } from '../source.ts';
import type { LoadOptions, PrecinctLengths, PrecinctPlan } from './precinct-source.ts';

/** One packet's place. */
export interface PacketRange {
  /** Place and bytes of the packet in the tile's data; an SOP marker may still stand at its start where PLT told the place. */
  readonly start: number;
  readonly length: number;
  /** Where the header stands in the packed headers; 0 for one in line. */
  readonly headerStart: number;
  /** Bytes of the header without EPH, packed or in line; 0 where nobody has read it. */
  readonly headerLength: number;
  /** Bytes of EPH after the header: 0 or 2. */
  readonly eph: number;
}

/** A run of bytes in the input. */
export interface DataRun {
  readonly offset: number;
  readonly length: number;
}

/** The packets of a tile, as far as they have been found. */
export interface FoundPackets {
  readonly tile: TileGeometry;
  /** True where it is known where each header ends, and that bodies are as long as headers say. */
  readonly exact: boolean;
  /** The tile-parts' data in order; positions of packets count through all of them as if they were joined. */
  readonly runs: readonly DataRun[];
  /** Packed packet headers (PPM, PPT), joined, or where they stand in the input; neither where headers stand in line. */
  readonly packedHeaders: Uint8Array | undefined;
  readonly headerRuns: readonly DataRun[] | undefined;
  /** The packets found of one precinct in layer order: those of layers `from .. layers`. */
  rangesOf(component: number, resolution: number, precinct: number, layers: number, from?: number): PacketRange[];
  /** The packet of one layer of a precinct, if it was found. */
  rangeOf(component: number, resolution: number, precinct: number, layer: number): PacketRange | undefined;
  /** How long the packets found of one precinct are. Only where {@link exact}. */
  lengthsOf(component: number, resolution: number, precinct: number): PrecinctLengths;
  /** The packet of this precinct that the end of the data cuts off, if it is this precinct that was hit. */
  cutOf(component: number, resolution: number, precinct: number): PacketRange | undefined;
  /** True when a precinct has no packet beyond those found. */
  isWhole(component: number, resolution: number, precinct: number): boolean;
}

/** Knows where packets stand, of all tiles or some, without looking at the codestream. */
export interface PacketIndex {
  /** The packets of a plan, of those tiles that the index knows. */
  load(plan: PrecinctPlan, options?: LoadOptions): Promise<ReadonlyMap<number, FoundPackets>>;
  /** The same without waiting; only where the index is in memory. */
  loadSync(plan: PrecinctPlan): ReadonlyMap<number, FoundPackets>;
}

/** Turns a piece of joined runs into byte ranges of the input. */
export function* rangesIn(runs: readonly DataRun[], start: number, length: number): Generator<ByteRange> {
  let before = 0;
  for (const run of runs) {
    const lo = Math.max(start, before);
    const hi = Math.min(start + length, before + run.length);
    if (hi > lo) yield { offset: run.offset + (lo - before), length: hi - lo };
    before += run.length;
  }
}

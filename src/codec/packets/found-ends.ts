/** How long packets are: what a search has found of a plan. */
import type { TileHeader } from '../codestream/coding-parameters.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type { Diagnostic } from '../errors.ts';
import type { RandomAccessSource } from '../source.ts';
import type { FoundPackets } from './found-packets.ts';
import type { PacketEnds } from './precinct-source.ts';

/** What was found of one tile. */
export interface FoundTile {
  readonly header: TileHeader;
  readonly packets: FoundPackets | undefined;
}

/** Lengths of packets that can also be read, in pieces of any size: see `packet-pieces`. */
export interface FoundEnds extends PacketEnds {
  /** What packets were found in. */
  readonly input: RandomAccessSource;
  /** What was found, by tile. */
  readonly found: ReadonlyMap<number, FoundTile>;
}

/** The ends of packets that were found in an input. */
export function foundEnds(
  main: MainHeader,
  found: ReadonlyMap<number, FoundTile>,
  diagnostics: readonly Diagnostic[],
  input: RandomAccessSource,
): FoundEnds {
  return {
    main,
    diagnostics,
    input,
    found,
    tile: (t) => found.get(t)?.header,
    get: ({ tile, component, resolution, precinct }) =>
      found.get(tile)?.packets?.lengthsOf(component, resolution, precinct),
  };
}

/**
 * The centre of the library: a picture as packets by precinct and layer.
 *
 * An indexed codestream, a JPIP cache and an encoder provide a {@link PrecinctSource}; the decoder, the codestream writer, the
 * JPIP server and the inspector consume one. Neither side knows who is on the other.
 */
import type { TileHeader } from '../codestream/coding-parameters.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type { Diagnostic } from '../errors.ts';
import type { Deadline, Executor } from '../executor.ts';
import type { AbortSignalLike } from '../source.ts';
import type { PacketView, PrecinctHeld } from '../tier2/read-blocks.ts';

/** Names one precinct of a picture. */
export interface PrecinctKey {
  readonly tile: number;
  readonly component: number;
  readonly resolution: number;
  /** Raster index within the resolution level. */
  readonly precinct: number;
}

/** A rectangle of precincts of one resolution level: columns and rows, half-open, counted from the level's first. */
export interface PrecinctRect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The precincts of one component of a tile that are wanted, by resolution level; `undefined` for none. */
export interface ComponentSelection {
  readonly component: number;
  readonly resolutions: readonly (PrecinctRect | undefined)[];
}

/** What is wanted of one tile. Without components only its header is. */
export interface TileSelection {
  readonly tile: number;
  readonly components: readonly ComponentSelection[];
  /** Quality layers wanted, from the first: layers `0 .. layers`, or `fromLayer .. layers`. */
  readonly layers: number;
  /** First quality layer wanted; default 0. Packets of lower layers are found but their bytes are not brought in. */
  readonly fromLayer?: number;
}

/** What is wanted of a picture. */
export type PrecinctPlan = readonly TileSelection[];

/**
 * One revision of what a source holds, synchronous and unchanging.
 *
 * A source that cannot give a precinct, because it is missing or damaged, says so in `diagnostics`.
 */
export interface PrecinctSnapshot {
  /** Grows whenever the source has more to give than before. */
  readonly revision: number;
  readonly main: MainHeader;
  /** The joined tile-part headers of a tile; `undefined` when the source has nothing of it. */
  tile(t: number): TileHeader | undefined;
  /** The packets of a precinct; `undefined` when the source has none. */
  get(key: PrecinctKey): PrecinctHeld | undefined;
  /**
   * One packet that was brought in; `undefined` when the source has not got it whole. `header` is apart (with EPH if stored) where the
   * source knows where it ends.
   */
  packet(key: PrecinctKey, layer: number): PacketView | undefined;
  /** Everything tolerated so far in the picture at large and in the tiles of the plan. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Lengths of the packets of one precinct, layer 0 upward; the three lists are equally long. What is stored of a packet, but for SOP,
 * is the sum of the three.
 */
export interface PrecinctLengths {
  /** Bytes of each packet header, without SOP and without EPH. */
  readonly headers: ArrayLike<number>;
  /** Bytes of each packet body. */
  readonly bodies: ArrayLike<number>;
  /** Bytes of EPH after each header: 0 or 2. */
  readonly ephs: ArrayLike<number>;
  /** True when no further packet exists; false when the data ends before (cut or damaged), or nobody has looked further. */
  readonly complete: boolean;
}

/**
 * Lengths of packets, known without having brought in their bodies. They are exact: headers were read, or a checked index says so; PLT
 * alone is not believed.
 */
export interface PacketEnds {
  readonly main: MainHeader;
  /** The joined tile-part headers of a tile; `undefined` when the source has nothing of it. */
  tile(t: number): TileHeader | undefined;
  /** Whole packets of a precinct. `undefined` when the source has nothing of the tile, or the tile was not in the plan. */
  get(key: PrecinctKey): PrecinctLengths | undefined;
  /** Everything tolerated so far in the picture at large and in the tiles of the plan. */
  readonly diagnostics: readonly Diagnostic[];
}

/** How to load. */
export interface LoadOptions {
  readonly signal?: AbortSignalLike;
  /** Gives the event loop a turn during long searches. */
  readonly executor?: Executor;
  /** Ends searches that take too long. */
  readonly deadline?: Deadline;
}

/** Provider of packets. */
export interface PrecinctSource {
  readonly main: MainHeader;
  /** Brings in everything a plan needs. */
  load(plan: PrecinctPlan, options?: LoadOptions): Promise<PrecinctSnapshot>;
  /** The same without waiting; only where the bytes are in memory. */
  loadSync?(plan: PrecinctPlan, options?: Pick<LoadOptions, 'deadline'>): PrecinctSnapshot;
  /**
   * Finds how long the packets of a plan are, without their bodies. What is loaded of the same precincts afterwards agrees with it.
   */
  packetEnds(plan: PrecinctPlan, options?: LoadOptions): Promise<PacketEnds>;
  /** The same without waiting; only where the bytes are in memory. */
  packetEndsSync?(plan: PrecinctPlan, options?: Pick<LoadOptions, 'deadline'>): PacketEnds;
}

/**
 * What the transcoder asks of block coders, where code-blocks go from one to the other (15444-1 Annex D, 15444-15).
 *
 * Both coders are others' business, and so is how they are joined: it is handed in.
 */
import { STYLE_CAUSAL, STYLE_HIGH_THROUGHPUT } from '../codestream/cod.ts';
import type { Orientation } from '../geometry/tile-component.ts';
import type { PrecinctBlocks } from '../tier2/read-blocks.ts';

/** Block coders of a result. */
export type CoderName = 'classic' | 'ht';

/** A code-block with its new coding passes; without segments, nothing of it could be read. */
export interface RecodedBlock {
  readonly zeroBitPlanes: number;
  /** Layer that brings all of it. */
  readonly layer: number;
  /** Coding passes and bytes by codeword segment; none when there is nothing to include. */
  readonly segments: readonly { readonly passes: number; readonly bytes: Uint8Array }[];
  /** What the decoder found wrong, 0 for nothing. */
  readonly findings: number;
}

/** A code-block's place, and what the headers say of it. */
export interface BlockFacts {
  readonly width: number;
  readonly height: number;
  readonly subband: Orientation;
  /** Code-block style of the source. */
  readonly style: number;
  /** M_b plus region shift. */
  readonly bitPlanes: number;
}

/** Recodes code-blocks one after another. */
export interface BlockRecoder {
  /** Recodes code-block `number` of a precinct from its first `layers` packets; undefined when they bring nothing of it. */
  recode(blocks: PrecinctBlocks, number: number, facts: BlockFacts, layers: number): RecodedBlock | undefined;
}

/** The style byte of a result: of the Part 1 styles only the causal one is left, which both coders have. */
export function recodedStyle(style: number, coder: CoderName): number {
  return (style & STYLE_CAUSAL) | (coder === 'ht' ? STYLE_HIGH_THROUGHPUT : 0);
}

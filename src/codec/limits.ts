/**
 * What a caller is willing to spend on one input. Every limit is checked before memory is allocated or work is begun, so a
 * hostile header of a hundred bytes costs a hundred bytes.
 */
import { choicesOf, thatIs } from './checks.ts';

/** Upper bounds for one operation; a crossing is a `limit` error, never a crash. */
export interface Limits {
  /** Samples in the decoded window, over all components. Default 2^28 (a gigabyte as 32-bit integers). */
  readonly pixels: number;
  /** Compressed bytes held in memory at once. Default 2^31. */
  readonly bytes: number;
  /** Tiles in the tile grid. Default 65 535, the most the standard allows (15444-1 A.5.1). */
  readonly tiles: number;
  /** Components. Default 16 384, the most the standard allows (15444-1 A.5.1). */
  readonly components: number;
  /** Code-blocks and precincts whose state is held at once; also packets, where a picture is encoded or transcoded. Default 2^22. */
  readonly codeBlocks: number;
  /** Boxes of a file, those inside others counted, where all of them are listed. Default 2^18. */
  readonly boxes: number;
  /** Milliseconds of work; `Infinity` by default, since only the caller knows how long a picture may take. */
  readonly time: number;
}

/** The limits that hold where the caller says nothing. */
export const DEFAULT_LIMITS: Limits = {
  pixels: 2 ** 28,
  bytes: 2 ** 31,
  tiles: 65535,
  components: 16384,
  codeBlocks: 2 ** 22,
  boxes: 2 ** 18,
  time: Number.POSITIVE_INFINITY,
};

/** NaN would switch a limit off. */
const LIMIT = /* @__PURE__ */ thatIs('a number from 0', (value) => typeof value === 'number' && value >= 0);

/** What limits must look like in a call. */
export const LIMITS_SHAPE = /* @__PURE__ */ choicesOf(
  /* @__PURE__ */ Object.fromEntries(/* @__PURE__ */ Object.keys(DEFAULT_LIMITS).map((name) => [name, LIMIT])),
);

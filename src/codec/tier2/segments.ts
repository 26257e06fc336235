/**
 * Codeword segments: which coding passes share one terminated run of bytes (15444-1 D.4.2, Tables D.8 and D.9).
 *
 * Without the termination and bypass styles a code-block is one segment. With termination on each pass every pass is one. With
 * bypass alone, the first ten passes are one arithmetically coded segment; from then on significance propagation and magnitude
 * refinement share a raw segment and each cleanup pass is a segment of its own.
 *
 * A high-throughput code-block has two segments (15444-15 B.1): the cleanup pass, and both refinement passes.
 */
import { STYLE_BYPASS, STYLE_HIGH_THROUGHPUT, STYLE_TERMINATE } from '../codestream/cod.ts';

/** No code-block has more passes than this: 38 + 37 + 7 bit-planes at three a plane stay below. */
const UNBOUNDED = 1 << 16;

/** Passes before bypass begins: cleanup of the first bit-plane and three passes of the next three (D.6). */
const PASSES_BEFORE_BYPASS = 10;

/** How many passes the segment that begins with pass `pass` (counted from 0) may hold. */
export function segmentCapacity(style: number, pass: number): number {
  if (style & STYLE_HIGH_THROUGHPUT) return pass % 3 === 0 ? 1 : 3 - (pass % 3);
  if (style & STYLE_TERMINATE) return 1;
  if (style & STYLE_BYPASS) {
    if (pass < PASSES_BEFORE_BYPASS) return PASSES_BEFORE_BYPASS - pass;
    const phase = (pass - PASSES_BEFORE_BYPASS) % 3; // 0 significance, 1 refinement, 2 cleanup
    return phase === 2 ? 1 : 2 - phase;
  }
  return UNBOUNDED;
}

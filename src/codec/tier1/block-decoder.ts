/**
 * The block decoder: codeword segments in, coefficients out (15444-1 Annex D over Annex C).
 *
 * Which passes there are, in which segment each one is, and what may be wrong with them; coding-passes.ts decodes them.
 */
import { passes } from './coding-passes.ts';
import { bitsOfSegment, markerIn } from './mq-feed.ts';

/** A coded block as tier 2 hands it over. */
export interface CodeBlockData {
  /** 1..1024, and at most 4096 coefficients in all (Table A.18). */
  width: number;
  height: number;
  /** 0 LL, 1 HL (horizontally high-pass), 2 LH, 3 HH: the column of Table D.1. */
  subband: 0 | 1 | 2 | 3;
  /** Table A.19: 1 bypass, 2 reset, 4 terminate, 8 vertically causal, 16 predictable termination, 32 segmentation symbols. */
  style: number;
  /** Coded magnitude bit-planes: M_b (and the ROI shift) less the zero bit-planes of the packet header. */
  bitPlanes: number;
  /** M_b (and the ROI shift), where it is known: more is damage. Only high throughput can say more. */
  magnitudeBits?: number;
  /** Coding passes that are present. */
  numPasses: number;
  /** The codeword segments, one after another; only the first `dataLength` bytes are read. */
  data: Uint8Array;
  dataLength: number;
  numSegments: number;
  /** Coding passes of each codeword segment. */
  segmentPasses: Int32Array;
  /** Bytes of each codeword segment. */
  segmentLengths: Int32Array;
}

/** A segmentation symbol was not 1010 (D.5). */
export const FOUND_SEGMENTATION_SYMBOL = 1;
/** A segment did not end as predictable termination makes it end (D.4.2). */
export const FOUND_PREDICTABLE_TERMINATION = 2;
/** More coding passes than the bit-planes have; the excess was ignored. */
export const FOUND_TOO_MANY_PASSES = 4;
/** More than {@link MAX_BIT_PLANES} bit-planes; nothing was decoded. */
export const FOUND_TOO_MANY_BIT_PLANES = 8;
/** A segment holds both raw and arithmetically coded passes; the block was decoded up to there. */
export const FOUND_MIXED_SEGMENT = 16;

/** So many bit-planes and the half bit below them fit the output format. */
export const MAX_BIT_PLANES = 30;

const STYLE_BYPASS = 1;
const STYLE_RESET = 2;
const STYLE_TERMINATE = 4;
const STYLE_CAUSAL = 8;
const STYLE_PREDICTABLE = 16;
const STYLE_SEGMENTATION = 32;

/** A decoder that has read more bits behind the code string than these has not just come to its end. */
const FEW_BITS = 48;

/** Decodes code-blocks one after another, in scratch memory that all decoders share. */
export class ClassicBlockDecoder {
  /**
   * Decodes the coefficient in column x of row y into `out[at + y * stride + x]`; all of them are written, and nothing else.
   * One with magnitude bits `m` down to bit-plane `p` comes out as `±(2m + 1) << p`, that is doubled and with a one below
   * the last decoded bit; an insignificant one as 0.
   *
   * Returns what was wrong as `FOUND_` bits, 0 if nothing. Where a check fails, the answer holds the coding passes up to
   * the last check that held, so all of the block when no check before it did.
   */
  decode(block: CodeBlockData, out: Int32Array, at: number, stride: number): number {
    if (block.width * block.height > 4096 || block.width > 1024 || block.height > 1024) {
      throw new Error(`a code-block of ${block.width} x ${block.height} reached the block decoder`);
    }
    passes.begin(block, (block.style & STYLE_CAUSAL) !== 0, out, at, stride);
    if (block.bitPlanes > MAX_BIT_PLANES) return FOUND_TOO_MANY_BIT_PLANES;
    const legal = block.bitPlanes === 0 ? 0 : 3 * block.bitPlanes - 2;
    let found = block.numPasses > legal ? FOUND_TOO_MANY_PASSES : 0;
    const numPasses = Math.min(block.numPasses, legal);
    found |= this.decodePasses(block, out, numPasses);
    // damage is rare, so going back to the last good state is decoding again up to there
    if (this.verifiedPasses < numPasses) {
      passes.begin(block, (block.style & STYLE_CAUSAL) !== 0, out, at, stride);
      this.decodePasses(block, out, this.verifiedPasses);
    }
    return found;
  }

  /** Passes that `decodePasses` can vouch for: all of them, or those up to the last check that held before one failed. */
  private verifiedPasses = 0;

  private decodePasses(block: CodeBlockData, out: Int32Array, numPasses: number): number {
    const style = block.style;
    const checked = (style & STYLE_SEGMENTATION) !== 0;
    // a check at the end of every pass says more than four bits at the end of some
    const eachTerminated = (style & STYLE_PREDICTABLE) !== 0 && (style & STYLE_TERMINATE) !== 0;
    const data = block.data;
    let start = 0;
    let pass = 0;
    this.verifiedPasses = 0;
    for (let s = 0; s < block.numSegments && pass < numPasses; s++) {
      const stop = Math.min(start + block.segmentLengths[s], block.dataLength);
      const raw = isRaw(pass, style);
      if (raw) passes.raw.start(data, start, stop);
      else passes.startSegment(data, start, stop);
      const last = Math.min(pass + block.segmentPasses[s], numPasses);
      for (; pass < last; pass++) {
        if (isRaw(pass, style) !== raw) {
          this.verifiedPasses = numPasses;
          return FOUND_MIXED_SEGMENT;
        }
        // pass 0 is a cleanup pass: the first plane has no other (D.3)
        const turn = pass + 2;
        const plane = block.bitPlanes - 1 - ((turn / 3) | 0);
        if (turn % 3 === 0) {
          if (raw) passes.propagateRaw(out, plane);
          else passes.propagateSignificance(out, plane);
        } else if (turn % 3 === 1) {
          if (raw) passes.refineRaw(out, plane);
          else passes.refineMagnitude(out, plane);
        } else {
          passes.cleanUp(out, plane);
          if (checked && passes.readSegmentationSymbol() !== 0b1010) {
            const cut = pass + 1 === numPasses && !isTerminated(pass, block) && isAtEnd(data, start, stop);
            if (!cut) return FOUND_SEGMENTATION_SYMBOL;
          }
          if (checked && !eachTerminated) this.verifiedPasses = pass + 1;
        }
        if ((style & STYLE_RESET) !== 0) passes.resetContexts();
      }
      if ((style & STYLE_PREDICTABLE) !== 0 && isTerminated(pass - 1, block)) {
        const good = raw ? passes.raw.endsPredictably() : endsPredictably(data, start, stop);
        if (!good) return FOUND_PREDICTABLE_TERMINATION;
        this.verifiedPasses = pass;
      }
      start = stop;
    }
    this.verifiedPasses = numPasses;
    return 0;
  }
}

/**
 * Whether the decoder has just begun to read the ones behind a segment. Where rate control cut a segment without terminating
 * it, the ones may turn the segmentation symbol, which comes last of all, into another: OpenJPEG makes such streams, and
 * nothing else is wrong with them.
 */
function isAtEnd(data: Uint8Array, start: number, stop: number): boolean {
  const read = passes.bitsUsed() + 15;
  return read > bitsOfSegment(data, start, stop) && isNearEnd(read, data, start, stop);
}

/** Whether so many bits are those of the code string and a few behind it; a marker may have ended it early. */
function isNearEnd(read: number, data: Uint8Array, start: number, stop: number): boolean {
  return read <= bitsOfSegment(data, start, markerIn(data, start, stop)) + FEW_BITS;
}

/**
 * Whether a segment ends as predictable termination ends it (D.4.2). That pushes out the code register down to the weight of
 * A = 0x8000, which is one bit for each renormalisation shift made, fills the last byte with further bits of the register,
 * and drops a final 0xFF. So the length follows from the number of shifts; and since the bits sent are the base of the
 * interval itself, what is left in C comes from the ones behind the end alone.
 */
function endsPredictably(data: Uint8Array, start: number, stop: number): boolean {
  const used = passes.bitsUsed();
  if (stop < start || !isNearEnd(used + 15, data, start, stop)) return false;
  const sent = bitsOfSegment(data, start, stop);
  const withoutLast = start < stop ? bitsOfSegment(data, start, stop - 1) : -1;
  const filling = used <= sent ? sent - used : sent + 8 - used;
  return used > withoutLast && filling >= 0 && passes.codeRegister() < 2 ** (30 - filling);
}

/** The first ten passes are always arithmetically coded; then bypass leaves only the cleanup passes so (Table D.9). */
function isRaw(pass: number, style: number): boolean {
  return (style & STYLE_BYPASS) !== 0 && pass >= 10 && pass % 3 !== 0;
}

/**
 * Whether the encoder is known to have terminated the segment after this pass (D.4.1, Table D.9). The last pass at hand
 * need not be the last pass coded: layers may be missing, or rate control has cut the segment short.
 */
function isTerminated(pass: number, block: CodeBlockData): boolean {
  if ((block.style & STYLE_TERMINATE) !== 0 || pass === 3 * block.bitPlanes - 3) return true;
  return (block.style & STYLE_BYPASS) !== 0 && pass >= 9 && pass % 3 !== 1;
}

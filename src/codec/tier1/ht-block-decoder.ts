/**
 * The high-throughput block decoder: codeword segments in, coefficients out (15444-15 clause 7).
 *
 * A code-block has one HT set: a cleanup pass, which codes all bit-planes down to some plane at once, and up to two passes that refine
 * it by one plane more. Where its place among the passes of a classic code-block would be a later one, three placeholder passes stand
 * for each bit-plane before it.
 */
import { cleanup } from './ht-cleanup.ts';
import { RefinementDecoder } from './ht-refinement.ts';
import { type CodeBlockData, FOUND_TOO_MANY_BIT_PLANES, FOUND_TOO_MANY_PASSES } from './block-decoder.ts';

/** A codeword segment has a length that none can have, or an exponent that exceeds all bit-planes. */
export const FOUND_BAD_SEGMENT = 32;

/** Cleanup passes that decode to this bit-plane or a lower one fit the output format: exponents and planes sum up to 31 at most. */
const MAX_PLANE = 29;
const MAX_SUM = 31;

/** Most bytes of both refinement passes (15444-15 clause 7.1.1). */
const MAX_REFINEMENT_BYTES = 2046;

const STYLE_CAUSAL = 8;

/** Decodes code-blocks one after another. */
export class HtBlockDecoder {
  private readonly refinement = new RefinementDecoder();
  /** A code-block whose width or height is odd is decoded here, where there is room for whole quads. */
  private readonly whole = new Int32Array(2 * 4096 + 2048);

  /** As that of the classic decoder: the same format of coefficients, and `FOUND_` bits in return. */
  decode(block: CodeBlockData, out: Int32Array, at: number, stride: number): number {
    const { width, height } = block;
    if (width * height > 4096 || width > 1024 || height > 1024) {
      throw new Error(`a code-block of ${width} x ${height} reached the block decoder`);
    }
    if (((width | height) & 1) === 0) return this.decodeQuads(block, width, height, out, at, stride);
    const { whole } = this;
    const wide = width + (width & 1);
    const found = this.decodeQuads(block, wide, height + (height & 1), whole, 0, wide);
    for (let y = 0; y < height; y++) {
      const from = y * wide;
      const to = at + y * stride;
      for (let x = 0; x < width; x++) out[to + x] = whole[from + x];
    }
    return found;
  }

  /** Decodes whole quads; `evenWidth` and `evenHeight` are the size of the code-block, rounded up to even numbers. */
  private decodeQuads(
    block: CodeBlockData,
    evenWidth: number,
    evenHeight: number,
    out: Int32Array,
    at: number,
    stride: number,
  ): number {
    const { width, height, data, dataLength, numSegments, segmentPasses, segmentLengths } = block;
    const passes = numSegments > 0 ? segmentPasses[0] : 0;
    const bytes = numSegments > 0 ? Math.min(segmentLengths[0], dataLength) : 0;
    // only placeholders so far
    if (bytes === 0) return this.clear(evenWidth, evenHeight, out, at, stride, 0);
    const plane = block.bitPlanes - 1 - Math.floor((passes - 1) / 3);
    if (plane < 0) return this.clear(evenWidth, evenHeight, out, at, stride, FOUND_TOO_MANY_PASSES);
    if (plane > MAX_PLANE) return this.clear(evenWidth, evenHeight, out, at, stride, FOUND_TOO_MANY_BIT_PLANES);
    // no magnitude has more than M_b bits, and none an exponent beyond those (7.3.8)
    const most = Math.min(MAX_SUM, (block.magnitudeBits ?? MAX_SUM) + 1) - plane;
    if (!cleanup.decode(data, 0, bytes, evenWidth, evenHeight, plane, most, out, at, stride)) {
      return this.clear(evenWidth, evenHeight, out, at, stride, FOUND_BAD_SEGMENT);
    }
    const refinements = numSegments > 1 ? segmentPasses[1] : 0;
    if (refinements === 0) return 0;
    if (plane === 0) return FOUND_TOO_MANY_PASSES;
    const more = Math.min(segmentLengths[1], dataLength - bytes);
    if (more > MAX_REFINEMENT_BYTES) return FOUND_BAD_SEGMENT;
    const { refinement } = this;
    const causal = (block.style & STYLE_CAUSAL) !== 0;
    refinement.begin(width, height, out, at, stride);
    refinement.propagate(data, bytes, more, width, height, causal, plane - 1, out, at, stride);
    if (refinements > 1) refinement.refine(data, bytes, more, width, height, plane - 1, out, at, stride);
    return 0;
  }

  private clear(width: number, height: number, out: Int32Array, at: number, stride: number, found: number): number {
    for (let y = 0; y < height; y++) out.fill(0, at + y * stride, at + y * stride + width);
    return found;
  }
}

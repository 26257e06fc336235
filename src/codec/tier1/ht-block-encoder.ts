/**
 * The high-throughput block encoder: coefficients in, codeword segments out (15444-15 clause 7).
 *
 * A code-block gets one HT set: a cleanup pass, which codes all bit-planes down to some plane at once, and up to two passes that refine
 * it by one plane more.
 */
import type { CodeBlockCoefficients, CodedBlock } from './block-encoder.ts';
import { cleanupWriter } from './ht-cleanup-writer.ts';
import { RefinementWriter } from './ht-refinement-writer.ts';
import { residualOf } from './residual.ts';

/** A code-block to be coded with high throughput. `stopSlope` and `measured` are of no concern: there is nothing to stop at. */
export interface HtCodeBlockCoefficients extends CodeBlockCoefficients {
  /** The bit-plane that the cleanup pass goes down to. Default 0. */
  plane?: number;
  /** Passes that refine it by one plane: 1 is significance propagation, 2 magnitude refinement as well. Needs a plane above 0. Default 0. */
  refinements?: 0 | 1 | 2;
}

/** More bytes than a code-block of 4096 coefficients of 30 bits takes, with room at the end where what is read backward is made. */
const MAX_BYTES = 32768;

/** With one row and one column more, for code-blocks whose width or height is odd. */
const MAX_WHOLE = 2 * 4096 + 2048;

const STYLE_CAUSAL = 8;

/** Encodes code-blocks one after another. */
export class HtBlockEncoder {
  private readonly refinement = new RefinementWriter();
  private readonly whole = new Int32Array(MAX_WHOLE);
  private readonly result: CodedBlock = {
    bitPlanes: 0,
    numPasses: 0,
    data: new Uint8Array(MAX_BYTES),
    dataLength: 0,
    passLengths: new Int32Array(3),
    passDistortions: new Float64Array(3),
    residual: 0,
  };

  /**
   * Codes a block. `bitPlanes` is one more than the plane of the cleanup pass, so that the missing bit-planes of the packet header come
   * out as they should; where nothing is significant in that plane, there are no passes. All of a pass is needed to decode it:
   * `passLengths` are those of the cleanup segment, of the whole up to significance propagation, and of the whole.
   */
  encode(block: HtCodeBlockCoefficients): CodedBlock {
    const { width, height, fractionBits, plane = 0, refinements = 0 } = block;
    if (refinements > 0 && plane === 0) throw new Error('there is no bit-plane below 0 to refine with');
    const { result, refinement } = this;
    const { data, passLengths, passDistortions } = result;
    const shift = Math.min(31, plane + fractionBits);
    const length = this.encodeCleanup(block, shift);
    const weighs = block.distortions !== false;
    result.numPasses = length === 0 ? 0 : 1 + refinements;
    result.bitPlanes = length === 0 ? 0 : plane + 1;
    result.dataLength = length;
    result.residual = residualOf(block, shift - fractionBits);
    passLengths[0] = length;
    passDistortions.fill(0);
    if (length === 0) return result;
    if (weighs) passDistortions[0] = residualOf(block, 31 - fractionBits) - result.residual;
    if (refinements === 0) return result;
    const { coefficients, exact } = block;
    refinement.begin(coefficients, width, height, shift);
    const causal = (block.style & STYLE_CAUSAL) !== 0;
    passLengths[1] = refinement.propagate(coefficients, width, height, shift, causal, data, length);
    passDistortions[1] = refinement.gainOfPropagation(coefficients, width, height, shift, fractionBits, exact);
    if (refinements === 2) {
      passLengths[2] = refinement.refine(coefficients, width, height, shift, data, passLengths[1]);
      passDistortions[2] = refinement.gainOfRefinement(coefficients, width, height, shift, fractionBits, exact);
    }
    result.dataLength = passLengths[refinements];
    result.residual -= passDistortions[1] + passDistortions[2];
    return result;
  }

  private encodeCleanup({ width, height, coefficients }: CodeBlockCoefficients, shift: number): number {
    const { whole } = this;
    const { data } = this.result;
    if (((width | height) & 1) === 0) return cleanupWriter.encode(coefficients, width, height, shift, data);
    const wide = width + (width & 1);
    const high = height + (height & 1);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) whole[y * wide + x] = coefficients[y * width + x];
      if (wide > width) whole[y * wide + width] = 0;
    }
    if (high > height) whole.fill(0, height * wide, high * wide);
    return cleanupWriter.encode(whole, wide, high, shift, data);
  }
}

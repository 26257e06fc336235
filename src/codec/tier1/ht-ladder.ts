/**
 * A high-throughput code-block with places to stop (15444-15 clause 7): one HT set for every bit-plane.
 *
 * A cleanup pass codes all planes at once, so that there is nothing to cut off. Where rate control has to choose, the code-block is coded
 * once for each plane, from the highest down, and the choice is between the results. They count as the passes of a classic code-block
 * do: what a decoder knows after the cleanup pass of a plane, or after the significance propagation or the magnitude refinement of the
 * next one, is about the same in both, so that lengths and distortions mean the same and rate control needs to know no more. Only the
 * bytes of a pass are not a part of those of the next.
 */
import type { CodeBlockCoefficients, CodedBlock } from './block-encoder.ts';
import { HtBlockEncoder, type HtCodeBlockCoefficients } from './ht-block-encoder.ts';

const MAX_BIT_PLANES = 30;

/** So many bit-planes above that of the stop slope are coded, too. */
const PLANES_ABOVE = 2;

/** A set is the last one where it gains less than this part of what its bytes should. */
const POOR = 2 / 3;

/** Encodes code-blocks one after another: once where all is kept, with places to stop where somebody asks what passes are worth. */
export class HtLadderEncoder {
  private readonly refines: boolean;
  private readonly encoder = new HtBlockEncoder();
  private readonly result: CodedBlock = {
    bitPlanes: 0,
    numPasses: 0,
    data: new Uint8Array(1 << 16),
    dataLength: 0,
    passLengths: new Int32Array(3 * MAX_BIT_PLANES - 2),
    passDistortions: new Float64Array(3 * MAX_BIT_PLANES - 2),
    residual: 0,
  };

  /** `refines`: sets have refinement passes, too. */
  constructor(refines: boolean) {
    this.refines = refines;
  }

  /**
   * Codes a block. With `distortions`, the data are one HT set after another; `passLengths` are bytes of the set that a pass belongs to,
   * up to that pass, and sets begin with passes 0, 3, 6… of which the last may be alone. Without refinement the second and third
   * pass of a set have no bytes and no worth.
   */
  encode(block: CodeBlockCoefficients): CodedBlock {
    if (block.distortions === false) return this.encoder.encode(block);
    const { result } = this;
    const { passLengths, passDistortions } = result;
    const { stopSlope } = block;
    const bitPlanes = Math.min(bitPlanesOf(block), highestOf(stopSlope));
    const set: HtCodeBlockCoefficients = { ...block };
    let pass = 0;
    let bytes = 0;
    let left = Number.NaN;
    let before = 0;
    for (let plane = bitPlanes - 1; plane >= 0; plane--) {
      set.plane = plane;
      set.refinements = plane > 0 && this.refines ? 2 : 0;
      const coded = this.encoder.encode(set);
      const { passDistortions: gains } = coded;
      const after = coded.residual + gains[1] + gains[2];
      // the first set is counted from nothing, others from the refinement of the one before
      passDistortions[pass] = pass === 0 ? gains[0] : left - after;
      passLengths[pass] = coded.passLengths[0];
      if (plane > 0) {
        passDistortions[pass + 1] = gains[1];
        passLengths[pass + 1] = coded.passLengths[this.refines ? 1 : 0];
        passDistortions[pass + 2] = gains[2];
        passLengths[pass + 2] = coded.passLengths[this.refines ? 2 : 0];
      }
      this.append(coded, bytes);
      bytes += coded.dataLength;
      left = coded.residual;
      pass += plane > 0 ? 3 : 1;
      const gain = before === 0 ? Number.POSITIVE_INFINITY : gainOf(passDistortions, pass);
      // where everything is kept, a set that happens to be worse than the one before is not the end
      const poor = stopSlope > 0 && gain < POOR * stopSlope * (coded.dataLength - before);
      before = coded.dataLength;
      if (poor) break;
    }
    result.bitPlanes = bitPlanes;
    result.numPasses = pass;
    result.dataLength = bytes;
    result.residual = pass > 0 ? left : this.encoder.encode(block).residual;
    return result;
  }

  private append({ data, dataLength }: CodedBlock, at: number): void {
    const { result } = this;
    if (at + dataLength > result.data.length) {
      const grown = new Uint8Array(2 * (at + dataLength));
      grown.set(result.data.subarray(0, at));
      result.data = grown;
    }
    result.data.set(data.subarray(0, dataLength), at);
  }
}

/** What the passes up to `end` gain over the whole set before them: the last three, or with the last plane one more. */
function gainOf(distortions: Float64Array, end: number): number {
  let sum = 0;
  for (let k = end - 1; k >= Math.max(0, end - 3); k--) sum += distortions[k];
  return sum;
}

/**
 * Bit-planes from which on it is worth looking, where a slope is known that is a little below the one that will be wanted. With a step of
 * 2^p a bit takes away about 0.12 * 4^p of squared error for each sample that is dense with them, and some times as much where few are.
 */
function highestOf(stopSlope: number): number {
  if (stopSlope === 0) return MAX_BIT_PLANES;
  return Math.max(1, Math.ceil(Math.log2(stopSlope) / 2) + PLANES_ABOVE + 1);
}

/** Bit-planes of the largest magnitude. */
function bitPlanesOf({ width, height, coefficients, fractionBits }: CodeBlockCoefficients): number {
  let all = 0;
  for (let k = width * height - 1; k >= 0; k--) {
    const v = coefficients[k];
    all |= (v ^ (v >> 31)) - (v >> 31);
  }
  return 32 - Math.clz32(all >> fractionBits);
}

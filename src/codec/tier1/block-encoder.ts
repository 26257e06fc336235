/**
 * The block encoder: coefficients in, codeword segments out (15444-1 Annex D over Annex C).
 *
 * Which passes there are, where segments end, what each pass is worth and when to stop; encoding-passes.ts lists the decisions of a
 * pass, and mq-writer.ts or raw-writer.ts codes the list.
 */
import { encodingPasses } from './encoding-passes.ts';
import { residualOf } from './residual.ts';

/** A code-block to be coded. */
export interface CodeBlockCoefficients {
  /** 1..1024, and at most 4096 coefficients in all (Table A.18). */
  width: number;
  height: number;
  /** 0 LL, 1 HL (horizontally high-pass), 2 LH, 3 HH: the column of Table D.1. */
  subband: 0 | 1 | 2 | 3;
  /** Table A.19: 1 bypass, 2 reset, 4 terminate, 8 vertically causal, 16 predictable termination, 32 segmentation symbols. */
  style: number;
  /**
   * Row major, `width * height` values. The magnitude that is coded is `|v| >> fractionBits`, at most 30 bits; the bits below
   * only serve to measure distortion.
   */
  coefficients: Int32Array;
  /** 0 for reversible coding. */
  fractionBits: number;
  /** Whether a coefficient that is decoded to the end is exact, or is taken to be in the middle of its interval. */
  exact: boolean;
  /** Stop where the bit-planes to come can hardly gain so much squared error a byte; 0 codes everything. */
  stopSlope: number;
  /**
   * Measure distortion exactly at the end of each bit-plane, for regions of interest: where coefficients lie many bit-planes apart, a
   * rounding of the large ones would hide the small ones.
   */
  measured: boolean;
  /**
   * False where nobody will ask what a pass gains, because all of them are kept: `passDistortions` is all zeros then, which
   * saves 5 to 9 % of an encode (V8 11.3, 2026-12). Needs `stopSlope` 0 and nothing `measured`. Default true.
   */
  distortions?: boolean;
}

/** What came out. The next call of any encoder overwrites it. */
export interface CodedBlock {
  /** Magnitude bit-planes that are coded; 0 if there is nothing but zeros. */
  bitPlanes: number;
  /** `3 * bitPlanes - 2`, or fewer when stopped early; 0 when `bitPlanes` is 0. */
  numPasses: number;
  /** The codeword segments, one after another; only the first `dataLength` bytes count. */
  data: Uint8Array;
  dataLength: number;
  /**
   * By pass: so many bytes are enough to decode the passes up to this one. Never decreasing; where a codeword segment ends, its
   * end; within a segment the shortest length that will do when the decoder continues with ones.
   */
  passLengths: Int32Array;
  /** By pass: how much less the squared error is than without it, in units of a squared quantiser step. May be negative. */
  passDistortions: Float64Array;
  /** The squared error that is left after the last pass, in the same units. */
  residual: number;
}

const MAX_BIT_PLANES = 30;
const MAX_PASSES = 3 * MAX_BIT_PLANES - 2;

const STYLE_BYPASS = 1;
const STYLE_RESET = 2;
const STYLE_TERMINATE = 4;
const STYLE_CAUSAL = 8;
const STYLE_PREDICTABLE = 16;
const STYLE_SEGMENTATION = 32;

/** Encodes code-blocks one after another, in scratch memory that all encoders share. */
export class ClassicBlockEncoder {
  private readonly result: CodedBlock = {
    bitPlanes: 0,
    numPasses: 0,
    data: encodingPasses.data,
    dataLength: 0,
    passLengths: new Int32Array(MAX_PASSES),
    passDistortions: new Float64Array(MAX_PASSES),
    residual: 0,
  };

  /** Codes a block with all its passes, or until they are no longer worth their bytes. */
  encode(block: CodeBlockCoefficients): CodedBlock {
    const { style, stopSlope } = block;
    const result = this.result;
    const gains = result.passDistortions;
    const weighs = block.distortions !== false;
    const { mq, raw } = encodingPasses;
    const bitPlanes = encodingPasses.begin(block, (style & STYLE_CAUSAL) !== 0, weighs);
    mq.resetContexts();
    const predictable = (style & STYLE_PREDICTABLE) !== 0;
    let numPasses = bitPlanes === 0 ? 0 : 3 * bitPlanes - 2;
    let end = 1;
    let segment = 0; // the pass that the segment at work began with
    // each bit-plane is measured once at most
    let measuredPlane = -1;
    let measuredLeft = 0;
    const leftAfter = (plane: number): number => {
      if (plane !== measuredPlane) measuredLeft = residualOf(block, plane);
      measuredPlane = plane;
      return measuredLeft;
    };
    let planeEnd = 8 * end;
    let planeBits = 0;
    let passEnd = planeEnd;
    let cleanupBits = 0;
    let left = block.measured ? residualOf(block, bitPlanes) : 0;
    for (let pass = 0; pass < numPasses; pass++) {
      const bypassed = isRaw(pass, style);
      const writer = bypassed ? raw : mq;
      if (pass === segment) writer.start(end);
      // pass 0 is a cleanup pass: the first plane has no other (D.3)
      const turn = pass + 2;
      const plane = bitPlanes - 1 - ((turn / 3) | 0);
      encodingPasses.lookAt(plane);
      let count = 0;
      if (turn % 3 === 0) count = encodingPasses.propagateSignificance();
      else if (turn % 3 === 1) count = encodingPasses.refineMagnitude();
      else count = encodingPasses.cleanUp((style & STYLE_SEGMENTATION) !== 0);
      encodingPasses.code(count, bypassed);
      gains[pass] = weighs ? gainOf(block, plane, turn % 3 !== 1) : 0;
      if ((style & STYLE_RESET) !== 0) mq.resetContexts();
      writer.mark();
      if (block.measured && turn % 3 === 2) left = measuredGains(block, plane, gains, pass, left);
      if (stopSlope > 0 && turn % 3 !== 1) {
        const bits = 8 * end + writer.bits() - planeEnd;
        if (turn % 3 === 0) {
          passEnd = planeEnd + bits;
          // this is the best pass of its plane; where it is not worth its bytes, and little is left, nothing after it will be
          const poor = 8 * gains[pass] < stopSlope * bits;
          if (poor && 2 * leftAfter(plane + 1) < stopSlope * planeBits) numPasses = pass + 1;
          // or it is the last one that is: a refinement gains a quarter of 4^plane for a bit or a little less; a cleanup pass, like this
          // pass in the next plane, about a quarter of what the one before it gained, for about as many bits
          else if (
            2.5 * 4 ** plane < stopSlope &&
            2.6 * gains[pass] < stopSlope * bits &&
            2.6 * gains[pass - 1] < stopSlope * cleanupBits
          ) {
            numPasses = pass + 1;
          }
        } else {
          // the next plane gains about half of what is left, for more bytes than this one, its best pass half as much again
          const planeGain = gains[pass] + (pass > 0 ? gains[pass - 1] + gains[pass - 2] : 0);
          const poor = 2 * planeGain < stopSlope * bits;
          if (poor && 6 * leftAfter(plane) < stopSlope * bits) numPasses = pass + 1;
          planeEnd += bits;
          planeBits = bits;
          cleanupBits = planeEnd - passEnd;
          passEnd = planeEnd;
        }
      }
      if (endsSegment(pass, numPasses, style)) {
        end = writer.finish(predictable, result.passLengths, segment);
        segment = pass + 1;
      }
    }
    for (let pass = 0; pass < numPasses; pass++) result.passLengths[pass]--; // the byte before the first
    result.bitPlanes = bitPlanes;
    result.numPasses = numPasses;
    // the planes that are complete are measured; a pass or two beyond them are taken at what they gained
    const complete = Math.floor((numPasses + 2) / 3);
    result.residual = leftAfter(bitPlanes - complete);
    for (let pass = Math.max(0, 3 * complete - 2); pass < numPasses; pass++) result.residual -= gains[pass];
    result.dataLength = end - 1;
    return result;
  }
}

/**
 * How much less the squared error is after a pass.
 *
 * A coefficient that is t times 2^plane, t in [1, 2), was taken for 0 and is now taken for 3/2 times 2^plane: the squared error
 * was t² and is (t - 3/2)², the gain is 3t - 9/4. One that was significant before has t in [0, 2) from its lower bits, was
 * taken for 1 and is now taken for 1/2 or 3/2, a gain of |t - 1| - 1/4. Where the last bit-plane makes the value exact instead,
 * 1/4 more. Either way it is a linear function of |t - 1|, which is summed in 64ths: rounded down, so that half a 64th is added where bits were lost. The complement of six bits
 * is one 64th less than what is missing to 1, which counts where none were.
 */
function gainOf({ exact, fractionBits }: CodeBlockCoefficients, plane: number, significance: boolean): number {
  const { count, zeros } = encodingPasses.found;
  const weight = 4 ** plane;
  const bonus = exact && plane === 0 ? 0.25 : 0;
  const cut = plane + fractionBits > 6;
  if (significance) {
    const sum = (encodingPasses.found.sum + (cut ? count / 2 : 0)) / 64;
    return (3 * sum + (0.75 + bonus) * count) * weight;
  }
  const sum = (encodingPasses.found.sum + (cut ? count / 2 : zeros)) / 64;
  return (sum + (bonus - 0.25) * count) * weight;
}

/** Brings the gains of the three passes that end with `pass` to their exact sum; returns the squared error that is left. */
function measuredGains(
  block: CodeBlockCoefficients,
  plane: number,
  gains: Float64Array,
  pass: number,
  before: number,
): number {
  const left = residualOf(block, plane);
  const first = Math.max(0, pass - 2);
  let sum = 0;
  for (let k = first; k <= pass; k++) sum += gains[k];
  const gain = before - left;
  for (let k = first; k <= pass; k++) gains[k] = sum > 0 ? (gains[k] / sum) * gain : k === pass ? gain : 0;
  return left;
}

/** The first ten passes are always arithmetically coded; then bypass leaves only the cleanup passes so (Table D.9). */
function isRaw(pass: number, style: number): boolean {
  return (style & STYLE_BYPASS) !== 0 && pass >= 10 && pass % 3 !== 0;
}

/** Whether a codeword segment ends after this pass (D.4.1, Table D.9). */
function endsSegment(pass: number, numPasses: number, style: number): boolean {
  if (pass === numPasses - 1 || (style & STYLE_TERMINATE) !== 0) return true;
  return (style & STYLE_BYPASS) !== 0 && pass >= 9 && pass % 3 !== 1;
}

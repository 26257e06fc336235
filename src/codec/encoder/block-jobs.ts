/**
 * Code-blocks on their way to a block coder and back: the coder's type, declared by its user (15444-1 Annexes C and D).
 *
 * The coder itself is handed in; the classic coder knows nothing of this file and matches it by shape.
 */
import type { Orientation } from '../geometry/tile-component.ts';

/** One code-block to encode. */
export interface CodeBlockCoefficients {
  width: number;
  height: number;
  /** 0 LL, 1 HL, 2 LH, 3 HH. */
  subband: Orientation;
  /** Code-block style byte (Table A.19). */
  style: number;
  /** Row major, signed; the magnitude that is coded is `|v| >> fractionBits`, what is below serves to measure distortion. */
  coefficients: Int32Array;
  fractionBits: number;
  /** True where a fully decoded coefficient is exact, false where it stands for the middle of its interval. */
  exact: boolean;
  /** Stop where the bit-planes to come can hardly gain so much squared error a byte; 0 codes everything. */
  stopSlope: number;
  /** Measure distortion exactly at the end of each bit-plane. */
  measured: boolean;
  /** False where `passDistortions` will not be looked at; default true. */
  distortions?: boolean;
}

/** What came out; it changes with the next code-block that any encoder codes. */
export interface CodedBlock {
  /** Coded magnitude bit-planes; 0 when there are only zeros. */
  readonly bitPlanes: number;
  readonly numPasses: number;
  /** Codeword segments one after another, `dataLength` bytes. */
  readonly data: Uint8Array;
  readonly dataLength: number;
  /** By pass: bytes from the start of `data` that decode this pass and all before it. */
  readonly passLengths: Int32Array;
  /** By pass: decrease of squared error, in squared quantiser steps. */
  readonly passDistortions: Float64Array;
  /** Squared error after the last pass, in the same units. */
  readonly residual: number;
}

/** Encodes code-blocks, one at a time. */
export interface BlockEncoder {
  encode(block: CodeBlockCoefficients): CodedBlock;
}

/** A way of coding code-blocks. */
export interface EncodingCoder {
  readonly name: string;
  /** True when code-blocks of this style are this coder's; `refinement` as in `EncodeOptions.htRefinement`. */
  handles(style: number, refinement?: boolean): boolean;
  createEncoder(): BlockEncoder;
}

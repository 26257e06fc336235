/**
 * Code-blocks that are coded somewhere else: what the decoder and the encoder ask of a pool of workers, and nothing of how it
 * is made.
 *
 * Code-blocks are independent of each other (15444-1 Annex D), and coding them is most of the work, so they are what is handed out:
 * a batch at a time, as a few flat arrays that a message can carry. A pool gives the same numbers as a coder on the spot.
 */
import type { AbortSignalLike } from './source.ts';

/** Numbers of one code-block in {@link DecodeBatch.params}, in this order. */
export const DECODE_PARAMS = {
  width: 0,
  height: 1,
  /** 0 LL, 1 HL, 2 LH, 3 HH. */
  subband: 2,
  /** Code-block style byte (Table A.19). */
  style: 3,
  bitPlanes: 4,
  numPasses: 5,
  numSegments: 6,
  /** Bytes of this code-block in `data`; those of the code-blocks before it come first. */
  dataLength: 7,
  /** Where the first coefficient goes, and how far apart rows lie there. */
  at: 8,
  stride: 9,
  /** How many numbers there are. */
  count: 10,
} as const;

/** Code-blocks to decode. */
export interface DecodeBatch {
  /** By name, so that a worker can find it: `BlockCoder.name`. */
  readonly coder: string;
  /** {@link DECODE_PARAMS} for each code-block, one after another. */
  readonly params: Int32Array;
  /** Coding passes and bytes of each codeword segment, in turns, of one code-block after another. */
  readonly segments: Int32Array;
  /** The codeword segments. The pool may take its memory away. */
  readonly data: Uint8Array;
  /** Shared memory that coefficients are written into in place; without it the pool makes an array of `length`. */
  readonly out: Int32Array | undefined;
  readonly length: number;
  /** About how much work this is; batches of any size are cut by their maker, this only helps to share them out. */
  readonly cost: number;
}

/** A decoded batch. */
export interface DecodedBatch {
  /** `out`, or the array that the pool made. */
  readonly coefficients: Int32Array;
  /** What `BlockDecoder.decode` returned for each code-block. */
  readonly findings: Int32Array;
}

/** Numbers of one code-block in {@link EncodeBatch.params}, in this order. */
export const ENCODE_PARAMS = {
  width: 0,
  height: 1,
  subband: 2,
  style: 3,
  fractionBits: 4,
  /** 1 where a fully decoded coefficient is exact. */
  exact: 5,
  /** 1 where distortion is measured at the end of each bit-plane. */
  measured: 6,
  /** 1 where somebody asks what passes are worth. */
  distortions: 7,
  count: 8,
} as const;

/** Code-blocks to encode. */
export interface EncodeBatch {
  readonly coder: string;
  /** {@link ENCODE_PARAMS} for each code-block, one after another. */
  readonly params: Int32Array;
  /** Stop slope of each code-block. */
  readonly stopSlopes: Float64Array;
  /** Coefficients of one code-block after another, row major. The pool may take their memory away. */
  readonly coefficients: Int32Array;
  readonly cost: number;
}

/** Numbers of one code-block in {@link EncodedBatch.params}: bit-planes, passes, bytes. */
export const ENCODED_PARAMS = { bitPlanes: 0, numPasses: 1, dataLength: 2, count: 3 } as const;

/** An encoded batch: what `BlockEncoder.encode` said, one code-block after another. */
export interface EncodedBatch {
  readonly params: Int32Array;
  readonly data: Uint8Array;
  readonly passLengths: Int32Array;
  readonly passDistortions: Float64Array;
  /** Squared error after the last pass of each code-block. */
  readonly residuals: Float64Array;
}

/** Somewhere that codes code-blocks. */
export interface BlockPool {
  /** How many batches are worked on at the same time. */
  readonly size: number;
  /** True when `DecodeBatch.out` may be given. */
  readonly sharesMemory: boolean;
  /** Memory that workers can write to; only where {@link sharesMemory}. */
  allocate(length: number): Int32Array;
  /** Rejects with the signal's reason after an abort; a batch that a worker died over is done again by another. */
  decode(batch: DecodeBatch, signal?: AbortSignalLike): Promise<DecodedBatch>;
  encode(batch: EncodeBatch, signal?: AbortSignalLike): Promise<EncodedBatch>;
}

/**
 * Work that is done somewhere else: what the decoder and the encoder ask of a pool of workers, and nothing of how it is made.
 *
 * Code-blocks are independent of each other (15444-1 Annex D), and coding them is most of the work, so they are handed out: a batch
 * at a time, as a few flat arrays that a message can carry. What is left of a decode is then synthesis and storing, and of an encode
 * loading and analysis; they go out in bands of rows: filters reach only a few rows beyond theirs (Annex F). A pool gives the same numbers as
 * a coder on the spot.
 */
import type { SampleArray } from './image.ts';
import type { AbortSignalLike } from './source.ts';
import type { SynthesisShape } from './synthesis-shape.ts';

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
  /** M_b plus region shift. */
  magnitudeBits: 10,
  /** How many numbers there are. */
  count: 11,
} as const;

/** Code-blocks to decode. */
export interface DecodeBatch {
  /** By name, so that a worker can find it: `BlockCoder.name`. */
  readonly coder: string;
  /** {@link DECODE_PARAMS} for each code-block, one after another. */
  readonly params: Int32Array;
  /** Coding passes and bytes of each codeword segment, in turns, of one code-block after another. */
  readonly segments: Int32Array;
  /** The codeword segments. */
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

/** What of each row of code-blocks is wanted, and what its numbers mean. */
export interface StripArea {
  /** Coefficients of a row. */
  readonly stride: number;
  /** The first one of these that is wanted, and how many are. */
  readonly skip: number;
  readonly width: number;
  /** Quantiser step; and where in its interval a coefficient is put (E.1.1.2). */
  readonly step: number;
  readonly reconstruction: number;
}

/** Numbers of one strip in {@link BandSubband.strips}, in this order. */
export const STRIP_PARAMS = {
  /** Rows in subband coordinates. */
  lo: 0,
  hi: 1,
  /** Which of the batch's slabs it is in, and where; -1 for one that is all zeros. */
  slab: 2,
  start: 3,
  count: 4,
} as const;

/** Decoded coefficients of a subband, as far as a band of rows needs them. */
export interface BandSubband {
  readonly area: StripArea;
  /** The first row that is needed, in subband coordinates. */
  readonly y: number;
  /** {@link STRIP_PARAMS} of each row of code-blocks, from the top. */
  readonly strips: readonly number[];
}

/** A component of a band of rows. */
export interface BandComponent {
  readonly shape: SynthesisShape;
  /** By resolution level and orientation; undefined where there is nothing of a subband. */
  readonly subbands: readonly (readonly (BandSubband | undefined)[])[];
  readonly precision: number;
  readonly signed: boolean;
}

/** An array of samples that comes out of a band: those of one component, or of three side by side. */
export interface BandOutput {
  /** Places in {@link Band.components}. */
  readonly components: readonly number[];
  /** The array, in shared memory; or an empty one of the kind that is wanted. */
  readonly samples: SampleArray;
}

/** Some rows of one component, or of three that are transformed (Annex G). */
export interface Band {
  readonly reversible: boolean;
  readonly width: number;
  readonly height: number;
  readonly components: readonly BandComponent[];
  readonly outputs: readonly BandOutput[];
}

/** Bands of rows to synthesise, level-shift and store. */
export interface SynthesisBatch {
  readonly bands: readonly Band[];
  /** Coefficients. */
  readonly slabs: readonly Int32Array[];
  readonly cost: number;
}

/** A synthesised batch: the samples of each output of one band after another. */
export interface SynthesisedBatch {
  readonly samples: readonly SampleArray[];
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

/** Samples of a component, or low-pass samples of the step above, as far as a band needs them. */
export interface BandSource {
  readonly data: SampleArray;
  /** Index of the first one, and how far apart samples and rows are. */
  readonly offset: number;
  readonly strideX: number;
  readonly strideY: number;
  /** What samples are; low-pass samples have no precision, since nothing is shifted any more. */
  readonly precision: number | undefined;
  readonly signed: boolean;
}

/** Some rows of one analysis step of one component, or of three, which are transformed before the first step (Annexes F and G). */
export interface AnalysisBatch {
  readonly sources: readonly BandSource[];
  readonly transform: 'none' | 'rct' | 'ict';
  /** False where there is nothing to filter. */
  readonly filtered: boolean;
  /** Size of each source, and parity of its first column and row. */
  readonly width: number;
  readonly height: number;
  readonly parityX: 0 | 1;
  readonly parityY: 0 | 1;
  /** Of its rows, those that are wanted; the others are margins for the filter. */
  readonly from: number;
  readonly to: number;
  /** Shared memory that they go to, integers for the reversible filter; where each component begins in it, and how far apart rows are. */
  readonly out: Int32Array | Float32Array;
  readonly places: readonly number[];
  readonly stride: number;
  readonly cost: number;
}

/** What became of it; the rest is in `out`. */
export interface AnalysedBatch {
  /** False where a sample is none; then nothing has been written. */
  readonly inRange: boolean;
}

/** Coefficients as analysis leaves them. */
export interface EncodePlanes {
  /** Shared memory; integers are coded as they are. */
  readonly plane: Int32Array | Float32Array;
  /** By code-block: index of its first coefficient, and from a row to the next. */
  readonly places: Int32Array;
  /** By code-block: what its coefficients are multiplied by, `2 ** fractionBits` over the quantiser step. */
  readonly factors: Float64Array;
}

/** Code-blocks to encode. */
export interface EncodeBatch {
  readonly coder: string;
  /** {@link ENCODE_PARAMS} for each code-block, one after another. */
  readonly params: Int32Array;
  /** Stop slope of each code-block. */
  readonly stopSlopes: Float64Array;
  /** Quantised coefficients of one code-block after another, row major. */
  readonly coefficients: Int32Array;
  /** Where code-blocks are to be taken out of instead, and quantised. */
  readonly planes?: EncodePlanes | undefined;
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

/** Somewhere that work is done. */
export interface BlockPool {
  /** How many batches are worked on at the same time. */
  readonly size: number;
  /** Samples from which on a picture is worth sending: smaller ones are done sooner where they are. */
  readonly leastSamples: number;
  /** True when `DecodeBatch.out` may be given. */
  readonly sharesMemory: boolean;
  /** Memory that workers can write to; only where {@link sharesMemory}. */
  allocate(length: number): Int32Array;
  /** Rejects with the signal's reason after an abort; a batch that a worker died over is done again by another. */
  decode(batch: DecodeBatch, signal?: AbortSignalLike): Promise<DecodedBatch>;
  synthesise(batch: SynthesisBatch, signal?: AbortSignalLike): Promise<SynthesisedBatch>;
  /** Only where {@link sharesMemory}. */
  analyse(batch: AnalysisBatch, signal?: AbortSignalLike): Promise<AnalysedBatch>;
  encode(batch: EncodeBatch, signal?: AbortSignalLike): Promise<EncodedBatch>;
}

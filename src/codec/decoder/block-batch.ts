/**
 * Code-blocks of a strip as a batch for a pool of workers, and their coefficients back into the strip.
 */
import { DECODE_PARAMS, type DecodeBatch } from '../block-pool.ts';
import type { BlockJob } from './block-jobs.ts';

/** A code-block of a batch, with what is needed when it comes back. */
export interface BatchedBlock {
  /** Where it goes in the strip. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  /** Its name among all code-blocks of the picture, and how much of it there is. */
  readonly key: string;
  readonly numPasses: number;
  readonly dataLength: number;
}

/** Gathers code-blocks into a batch. */
export class BatchBuilder {
  readonly blocks: BatchedBlock[] = [];
  private readonly params: number[] = [];
  private readonly segments: number[] = [];
  private data = new Uint8Array(1 << 15);
  private dataLength = 0;
  private length = 0;
  private readonly shared: Int32Array | undefined;
  private readonly stride: number;

  /** Coefficients go to `shared`, whose rows are `stride` apart, or without it into an array without gaps. */
  constructor(shared: Int32Array | undefined, stride: number) {
    this.shared = shared;
    this.stride = stride;
  }

  /** Adds a code-block whose place in the strip is `at`. */
  add(job: BlockJob, at: number, key: string): void {
    const { width, height, numPasses, dataLength, numSegments } = job;
    const { params, segments } = this;
    const p = params.length;
    params[p + DECODE_PARAMS.width] = width;
    params[p + DECODE_PARAMS.height] = height;
    params[p + DECODE_PARAMS.subband] = job.subband;
    params[p + DECODE_PARAMS.style] = job.style;
    params[p + DECODE_PARAMS.bitPlanes] = job.bitPlanes;
    params[p + DECODE_PARAMS.numPasses] = numPasses;
    params[p + DECODE_PARAMS.numSegments] = numSegments;
    params[p + DECODE_PARAMS.dataLength] = dataLength;
    params[p + DECODE_PARAMS.at] = this.shared ? at : this.length;
    params[p + DECODE_PARAMS.stride] = this.shared ? this.stride : width;
    for (let s = 0; s < numSegments; s++) segments.push(job.segmentPasses[s], job.segmentLengths[s]);
    this.append(job.data.subarray(0, dataLength));
    this.length += width * height;
    this.blocks.push({ at, width, height, key, numPasses, dataLength });
  }

  private append(bytes: Uint8Array): void {
    const need = this.dataLength + bytes.length;
    if (need > this.data.length) {
      const grown = new Uint8Array(Math.max(need, 2 * this.data.length));
      grown.set(this.data.subarray(0, this.dataLength));
      this.data = grown;
    }
    this.data.set(bytes, this.dataLength);
    this.dataLength = need;
  }

  /** The batch. */
  build(coder: string): DecodeBatch {
    return {
      coder,
      params: Int32Array.from(this.params),
      segments: Int32Array.from(this.segments),
      data: this.data.subarray(0, this.dataLength),
      out: this.shared,
      length: this.shared?.length ?? this.length,
      cost: this.dataLength,
    };
  }
}

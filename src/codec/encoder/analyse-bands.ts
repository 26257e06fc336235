/**
 * Bands of rows through one step of analysis: the other end of `pooled-analysis`, in a worker or wherever a batch comes to (15444-1 Annexes
 * F and G).
 *
 * Rows are made in memory of its own and copied when they are done, so that a batch can be done again while somebody who was given up
 * still writes: both write what is right.
 */
import type { AnalysedBatch, AnalysisBatch } from '../block-pool.ts';
import type { Work } from '../executor.ts';
import type { AnalysisStep } from '../transform/dwt.ts';
import { analyse } from './analysis.ts';
import { loadRows, type TileSamples } from './load.ts';

/** Analyses bands; its memory is used again, so only one batch at a time. */
export class BandAnalyser {
  private ints = new Int32Array(0);
  private floats = new Float32Array(0);

  /** Analyses a band. */
  *make(batch: AnalysisBatch): Work<AnalysedBatch> {
    const { sources, transform, filtered, width, height, parityX, parityY, out, places, stride } = batch;
    const size = width * height;
    const all = this.memoryFor(out, sources.length * size);
    const planes = sources.map((_, c) => all.subarray(c * size, (c + 1) * size));
    const step: AnalysisStep = { at: 0, stride: width, width, height, parityX, parityY };
    // with a second entry, which only says that the first is to be filtered
    const steps = sources.map(() => (filtered ? [step, step] : [step]));
    let inRange = true;
    const load = (y0: number, y1: number): void => {
      const samples = sources.filter((source): source is TileSamples => source.precision !== undefined);
      if (samples.length > 0) inRange = loadRows(samples, transform, all, size, width, y0, y1) === undefined && inRange;
      else {
        for (const [c, { data, offset, strideY }] of sources.entries()) {
          for (let y = y0; y < y1; y++) {
            const from = offset + y * strideY;
            planes[c].set(data.subarray(from, from + width), y * width);
          }
        }
      }
    };
    yield* analyse(steps, planes, 0, load, () => {});
    for (let c = 0; c < planes.length && inRange; c++) {
      for (let y = batch.from; y < batch.to; y++) {
        out.set(planes[c].subarray(y * width, (y + 1) * width), places[c] + (y - batch.from) * stride);
      }
    }
    return { inRange };
  }

  private memoryFor(out: Int32Array | Float32Array, length: number): Int32Array | Float32Array {
    if (out instanceof Int32Array) {
      if (this.ints.length < length) this.ints = new Int32Array(length);
      return this.ints.subarray(0, length);
    }
    if (this.floats.length < length) this.floats = new Float32Array(length);
    return this.floats.subarray(0, length);
  }
}

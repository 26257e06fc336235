/**
 * Bands of rows made from decoded coefficients: the other end of `band-plan`, in a worker or wherever a batch comes to (15444-1 Annexes E, F
 * and G).
 */
import {
  type Band,
  type BandComponent,
  type BandSubband,
  STRIP_PARAMS,
  type SynthesisBatch,
  type SynthesisedBatch,
} from '../block-pool.ts';
import type { Work } from '../executor.ts';
import type { SampleArray } from '../image.ts';
import { type GroupMemory, RowMemory } from '../transform/rows.ts';
import { memoryOf, synthesise } from './component-rows.ts';
import { type StoreTarget, writerOf } from './store.ts';
import { type DecodedStrip, StripRows } from './strip-rows.ts';

/** Samples between two yields: some milliseconds of work. */
const PIECE_SAMPLES = 1 << 17;

/** Makes bands; its memory is used again, so only one batch at a time. */
export class BandMaker {
  private ints = new Int32Array(0);
  private floats = new Float64Array(0);

  /** Makes all bands of a batch. */
  *make({ bands, slabs }: SynthesisBatch): Work<SynthesisedBatch> {
    const samples: SampleArray[] = [];
    for (const band of bands) samples.push(...(yield* this.makeBand(band, slabs)));
    return { samples };
  }

  private *makeBand(band: Band, slabs: readonly Int32Array[]): Work<SampleArray[]> {
    const { width, height, components } = band;
    const memory = this.memoryFor(band);
    const rows = components.map((component) => ({
      samples: synthesise(component.shape, (r, o) => sourceOf(component.subbands[r]?.[o], slabs), memory),
      width,
    }));
    const outputs = outputsOf(band);
    const targets = components.map((component, k) => targetOf(component, k, band, outputs));
    const writer = writerOf(rows, memory, targets);
    const pause = Math.max(1, Math.floor(PIECE_SAMPLES / (width * components.length)));
    for (let y = 0; y < height; y++) {
      for (const { samples } of rows) samples.advance();
      writer.write(y);
      if (y % pause === 0) yield;
    }
    return outputs;
  }

  private memoryFor({ reversible, components }: Band): GroupMemory {
    const length = components.reduce((sum, { shape }) => sum + memoryOf(shape, reversible), 0);
    if (reversible) {
      if (this.ints.length < length) this.ints = new Int32Array(length);
      else this.ints.fill(0, 0, length);
      return new RowMemory(this.ints);
    }
    if (this.floats.length < length) this.floats = new Float64Array(length);
    else this.floats.fill(0, 0, length);
    return new RowMemory(this.floats);
  }
}

function sourceOf(subband: BandSubband | undefined, slabs: readonly Int32Array[]): StripRows | undefined {
  if (subband === undefined) return undefined;
  const { area, y, strips: params } = subband;
  const strips: DecodedStrip[] = [];
  for (let p = 0; p < params.length; p += STRIP_PARAMS.count) {
    const lo = params[p + STRIP_PARAMS.lo];
    const hi = params[p + STRIP_PARAMS.hi];
    const start = params[p + STRIP_PARAMS.start];
    const slab = slabs[params[p + STRIP_PARAMS.slab]];
    const ints = slab?.subarray(start, start + (hi - lo) * area.stride);
    strips.push({ y: { lo, hi }, memory: ints && { ints } });
  }
  return new StripRows(area, strips, y);
}

function outputsOf({ width, height, outputs }: Band): SampleArray[] {
  return outputs.map(({ components, samples }) => {
    const Samples = samples.constructor as new (length: number) => SampleArray;
    return samples.length > 0 ? samples : new Samples(width * height * components.length);
  });
}

function targetOf(
  { precision, signed }: BandComponent,
  component: number,
  { width, outputs }: Band,
  arrays: readonly SampleArray[],
): StoreTarget | undefined {
  const k = outputs.findIndex(({ components }) => components.includes(component));
  if (k < 0) return undefined;
  const { components } = outputs[k];
  const strideX = components.length;
  const offset = components.indexOf(component);
  return { out: arrays[k], offset, strideX, strideY: strideX * width, precision, signed };
}

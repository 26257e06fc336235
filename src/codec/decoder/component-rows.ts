/**
 * Rows of samples of a window of a tile-component, drawn from the rows of its subbands through all levels (15444-1 Annex F).
 */
import { lengthOf } from '../geometry/axis.ts';
import type { ComponentWindow } from '../geometry/window.ts';
import type { SynthesisShape } from '../synthesis-shape.ts';
import { BandRows, type BandSource, type GroupMemory, type RowMemory, type RowSource } from '../transform/rows.ts';
import { type LevelInput, ROWS_HELD_53, ROWS_HELD_97, Synthesis53, Synthesis97 } from '../transform/synthesis.ts';

/** Rows of coefficients for either filter. */
export type SubbandSource = BandSource<Int32Array> & BandSource<Float64Array>;

/** Gives the rows of a subband; undefined where the window has nothing of it, or the file. */
export type SubbandOf = (r: number, orientation: number) => SubbandSource | undefined;

/** Rows of a component before component transform and level shift, and how long they are. */
export interface ComponentRows {
  readonly samples: RowSource;
  readonly width: number;
}

/** The shape of a window. */
export function shapeOf({ x, y, target }: ComponentWindow): SynthesisShape {
  const steps = [];
  for (let r = 1; r <= target; r++) steps.push({ x: x.steps[r], y: y.steps[r] });
  return { numLowest: lengthOf(x.kept[0]), steps };
}

/** How much memory the rows of all levels take. */
export function memoryOf({ numLowest, steps }: SynthesisShape, reversible: boolean): number {
  const rows = reversible ? ROWS_HELD_53 : ROWS_HELD_97;
  return steps.reduce((sum, { x }) => sum + (x.numLow + x.numHigh) * rows, numLowest);
}

/** The rows of the highest level, with memory for the rows of all of them. They are drawn as far as their subbands are there. */
export function synthesise(shape: SynthesisShape, subbandOf: SubbandOf, memory: GroupMemory): RowSource {
  const { samples } = memory;
  return samples instanceof Int32Array
    ? synthesise53(shape, subbandOf, memory as RowMemory<Int32Array>)
    : synthesise97(shape, subbandOf, memory as RowMemory<Float64Array>);
}

function synthesise53(
  { numLowest, steps }: SynthesisShape,
  subbandOf: SubbandOf,
  memory: RowMemory<Int32Array>,
): RowSource {
  let low: RowSource = new BandRows<Int32Array>(subbandOf(0, 0) ?? NO_SUBBAND, numLowest, memory);
  for (const [k, { x, y }] of steps.entries()) low = new Synthesis53(x, y, inputOf(k + 1, low, subbandOf), memory);
  return low;
}

function synthesise97(
  { numLowest, steps }: SynthesisShape,
  subbandOf: SubbandOf,
  memory: RowMemory<Float64Array>,
): RowSource {
  let low: RowSource = new BandRows<Float64Array>(subbandOf(0, 0) ?? NO_SUBBAND, numLowest, memory);
  for (const [k, { x, y }] of steps.entries()) low = new Synthesis97(x, y, inputOf(k + 1, low, subbandOf), memory);
  return low;
}

function inputOf(r: number, low: RowSource, subbandOf: SubbandOf): LevelInput<Int32Array> & LevelInput<Float64Array> {
  const [hl, lh, hh] = [1, 2, 3].map((orientation) => subbandOf(r, orientation) ?? NO_SUBBAND);
  return { low, hl, lh, hh };
}

/** Its rows are all zero, at any scale. */
const NO_SUBBAND = { next: () => false, load() {}, coefficients: /* @__PURE__ */ new Int32Array(0), at: 0, scale: 1 };

/** The shape of a synthesis, which geometry works out, filters follow, and messages to workers carry (15444-1 F.3). */

/** One axis of one synthesis step. A line holds the low-pass samples first, then the high-pass ones. */
export interface AxisStep {
  readonly numLow: number;
  readonly numHigh: number;
  /** Parity of the line's first coordinate: 1 when it begins with a high-pass sample. */
  readonly parity: 0 | 1;
  /** Samples of the synthesised line to drop at its start: margin. */
  readonly skip: number;
  /** Samples to keep after that. */
  readonly count: number;
}

/** All that synthesis has to know of a window of a tile-component. */
export interface SynthesisShape {
  /** Coefficients of a row of the lowest level. */
  readonly numLowest: number;
  /** The steps from level to level, the lowest one first. */
  readonly steps: readonly { readonly x: AxisStep; readonly y: AxisStep }[];
}

/**
 * Rows of samples one after another: the shape in which subbands and resolution levels hand on what they have.
 *
 * All rows of a group of components stand in one array, and say where. One array instead of one for each row makes the vertical steps
 * three times as fast (4.9 to 1.6 ns a sample, V8 11.3, 2026-12): the engine fetches address and length of every array that a loop touches
 * anew in each turn, since a store might have changed them for all it knows.
 *
 * Places and lengths are made integers (`| 0`) where they come in. They come from the geometry, which computes in doubles; the engine
 * keeps them as such in fields, and the loops that get them compute every index in floating point then (ICT to bytes: 12 to 7 ns
 * a pixel, V8 11.3, 2026-12).
 */

/** Rows top to bottom, in memory that its user knows. What it shows holds until the next call of {@link advance}. */
export interface RowSource {
  /** Index of the first sample. */
  readonly at: number;
  /** True when all of the row is zero (and the memory says so too). */
  readonly isZero: boolean;
  /** Goes on to the next row; the first call brings the first. */
  advance(): void;
}

/** Rows of coefficients. */
export interface BandSource<Samples> {
  /** Goes on to the next row; false when it is zero. */
  next(): boolean;
  /** Puts the row, dequantised, into `memory`, from `to` on. */
  load(memory: Samples, to: number): void;
  /** The row as block coders left it, from `coefficients[at]` on; where the value is that times `scale`, and `scale` not 0. */
  readonly coefficients: Int32Array;
  readonly at: number;
  readonly scale: number;
}

/** Memory for rows: a typed array, and how much of it is in use. */
export class RowMemory<Samples extends Int32Array | Float64Array> {
  readonly samples: Samples;
  private used = 0;

  constructor(samples: Samples) {
    this.samples = samples;
  }

  /** Takes room for so many samples, which are zero; returns where it begins. */
  take(length: number): number {
    const at = this.used;
    this.used = (this.used + length) | 0;
    if (this.used > this.samples.length) throw new Error('too little memory for rows');
    return at;
  }

  /** Gives everything back. */
  clear(): void {
    this.samples.fill(0);
    this.used = 0;
  }
}

/** Memory for the rows of components that go side by side: integers where they are reversible, else floats. */
export type GroupMemory = RowMemory<Int32Array> | RowMemory<Float64Array>;

/** The rows of a subband on its own, as those of the lowest level. */
export class BandRows<Samples extends Int32Array | Float64Array> implements RowSource {
  readonly at: number;
  isZero = true;
  private readonly band: BandSource<Samples>;
  private readonly samples: Samples;
  private readonly length: number;

  constructor(band: BandSource<Samples>, length: number, memory: RowMemory<Samples>) {
    this.band = band;
    this.samples = memory.samples;
    this.length = length | 0;
    this.at = memory.take(length);
  }

  advance(): void {
    if (this.band.next()) {
      this.band.load(this.samples, this.at);
      this.isZero = false;
    } else {
      if (!this.isZero) this.samples.fill(0, this.at, this.at + this.length);
      this.isZero = true;
    }
  }
}

/** A row that a synthesis works on. */
export interface Row {
  /** Index of the first sample. */
  readonly at: number;
  /** True when every sample is zero. */
  isZero: boolean;
}

/**
 * Decoded code-blocks of a subband as rows of coefficients, dequantised where they are taken (15444-1 Annex E).
 *
 * A strip is one row of code-blocks, whole ones, so that the block decoder writes straight into it; what a window does not want of it is
 * skipped here. Strips without a coded code-block have no memory.
 */
import type { StripArea } from '../block-pool.ts';
import type { Interval } from '../geometry/axis.ts';
import { dequantiseIrreversible, dequantiseReversible } from '../transform/quantization.ts';
import type { BandSource } from '../transform/rows.ts';

/** One row of code-blocks. */
export interface DecodedStrip {
  /** Rows in subband coordinates. */
  readonly y: Interval;
  /** Coefficients as block coders leave them, row by row; undefined where every one is 0. */
  readonly memory: { readonly ints: Int32Array } | undefined;
}

const NOTHING = /* @__PURE__ */ new Int32Array(0);

/** Gives the rows of strips: integers where the subband is reversible, else floats. */
export class StripRows<S extends DecodedStrip = DecodedStrip>
  implements BandSource<Int32Array>, BandSource<Float64Array>
{
  coefficients: Int32Array = NOTHING;
  at = 0;
  readonly scale: number;
  private readonly area: StripArea;
  /** Strips that are there, the current one first. */
  private readonly strips: S[];
  private readonly letGo: ((strip: S) => void) | undefined;
  /** The next row to give. */
  private y: number;

  /** Gives rows from `y` on. Strips are taken off the list as they are used up. */
  constructor(area: StripArea, strips: S[], y: number, letGo?: (strip: S) => void) {
    this.area = area;
    this.strips = strips;
    this.y = y;
    this.letGo = letGo;
    // doubled coefficients, in the middle of their intervals (see quantization.ts)
    this.scale = area.reconstruction === 0.5 ? area.step / 2 : 0;
  }

  next(): boolean {
    const { strips } = this;
    const y = this.y++;
    while (strips.length > 0 && y >= strips[0].y.hi) {
      const passed = strips.shift()!;
      this.letGo?.(passed);
    }
    const strip = strips[0];
    if (strip === undefined) throw new Error(`row ${y} is not there`);
    if (strip.memory === undefined) return false;
    this.coefficients = strip.memory.ints;
    this.at = ((y - strip.y.lo) * this.area.stride + this.area.skip) | 0;
    return true;
  }

  load(memory: Int32Array | Float64Array, to: number): void {
    const { coefficients, at } = this;
    const { step, reconstruction } = this.area;
    const width = this.area.width | 0;
    if (memory instanceof Int32Array) dequantiseReversible(coefficients, at, memory, to, width, reconstruction);
    else dequantiseIrreversible(coefficients, at, memory, to, width, step, reconstruction);
  }
}
